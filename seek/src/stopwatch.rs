//! Queries as they are typed, each beginning once however many queries it begins.

use std::{collections::BTreeSet, time::Instant};

use anyhow::Result;
use serde::Serialize;

/// Of one after another, in milliseconds.
#[derive(Serialize)]
pub struct Times {
    count: usize,
    p50_ms: f64,
    p95_ms: f64,
    max_ms: f64,
    slowest: String,
}

/// How long `search` takes for whole queries, and for whatever they begin with. All are asked once before, since a
/// server has mostly been asked before.
pub async fn time(
    queries: &[String],
    mut search: impl AsyncFnMut(&str) -> Result<()>,
) -> Result<(Times, Times)> {
    let typed: BTreeSet<&str> = queries.iter().flat_map(|query| beginnings(query)).collect();
    for text in &typed {
        search(text).await?;
    }
    let mut timed = Vec::with_capacity(typed.len());
    for text in typed {
        let start = Instant::now();
        search(text).await?;
        timed.push((start.elapsed().as_secs_f64() * 1_000.0, text));
    }
    let whole = timed.iter().copied().filter(|(_, text)| queries.iter().any(|query| query == text));
    Ok((Times::of(whole.collect()), Times::of(timed)))
}

fn beginnings(query: &str) -> impl Iterator<Item = &str> {
    query.char_indices().map(|(at, c)| &query[..at + c.len_utf8()])
}

impl Times {
    fn of(mut times: Vec<(f64, &str)>) -> Self {
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = |share: f64| {
            let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
            times.get(at).copied().unwrap_or_default()
        };
        let ((p50_ms, _), (p95_ms, _), (max_ms, slowest)) = (at(0.5), at(0.95), at(1.0));
        Self { count: times.len(), p50_ms, p95_ms, max_ms, slowest: slowest.to_owned() }
    }
}
