//! Whole libraries, read by several phones at once.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use domain::sync::wire::PageHeader;

use crate::{http::Connection, phone::Phone, serve::Served};

/// Phones that read at the same time.
const READERS: usize = 8;

pub struct Pulled {
    /// Records a second, as they are.
    pub plain: f64,
    /// Compressed, as browsers ask for them.
    pub compressed: f64,
}

pub async fn measure(served: &Served, phones: &[Phone]) -> Result<Pulled> {
    let phone = phones.first().context("nobody reads")?;
    let (paths, records) = walk(served, &phone.session).await?;
    let mut speeds = [0.0; 2];
    for (speed, accepts) in speeds.iter_mut().zip(["", "accept-encoding: gzip, br\r\n"]) {
        let start = Instant::now();
        let mut reading = tokio::task::JoinSet::new();
        for _ in 0..READERS {
            let headers = format!("{}{accepts}", phone.session);
            let (paths, mut connection) = (paths.clone(), Connection::to(served.address).await?);
            reading.spawn(async move {
                for path in paths {
                    let answer = connection.ask("GET", &path, &headers, "").await?;
                    if answer.status != 200 {
                        bail!("a pull answers {}", answer.status);
                    }
                }
                Ok(())
            });
        }
        while let Some(read) = reading.join_next().await {
            read??;
        }
        *speed = (READERS * records) as f64 / start.elapsed().as_secs_f64();
    }
    Ok(Pulled { plain: speeds[0], compressed: speeds[1] })
}

/// The address of every page, and how many records there are on all of them.
async fn walk(served: &Served, session: &str) -> Result<(Vec<String>, usize)> {
    let mut connection = Connection::to(served.address).await?;
    let (mut paths, mut records) = (vec!["/api/v1/sync/pull".to_owned()], 0);
    loop {
        let answer = connection.ask("GET", &paths[paths.len() - 1], session, "").await?;
        let header = answer.body.split(|byte| *byte == b'\n').next().context("an empty page")?;
        let header: PageHeader = serde_json::from_slice(header)?;
        records += header.records.unwrap_or(0) as usize;
        if !header.more {
            return Ok((paths, records));
        }
        paths.push(format!("/api/v1/sync/pull?cursor={}", header.cursor.0));
    }
}
