//! All phones at once.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Result;
use domain::exchange::ExchangeStory;
use tokio::task::{AbortHandle, JoinSet, LocalSet};

use crate::{http::Connection, phone::Phone, serve::Served};

/// How often of a hundred a phone tells a story, and how often it edits one; else it reacts to one.
const TELLS: u32 = 70;
const EDITS: u32 = 15;

pub struct Written {
    pub ops: usize,
    pub seconds: f64,
    /// From the moment at which an op is sent until its receipt is there, ascending.
    pub took: Vec<Duration>,
}

pub async fn join(served: &Served, clients: usize) -> Result<Vec<Phone>> {
    let secret = served.invite(clients)?;
    let mut phones = Vec::with_capacity(clients);
    for number in 1..=clients {
        phones.push(Phone::join(served, &secret, number).await?);
    }
    Ok(phones)
}

/// Connections on which the server says that there is news, as each phone in the foreground holds one.
pub struct Listening(Vec<AbortHandle>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

pub async fn listen(served: &Served, phones: &[Phone]) -> Result<Listening> {
    let mut listening = Listening(Vec::new());
    for phone in phones {
        let connection = Connection::to(served.address).await?;
        let hears = connection.listen("/api/v1/sync/news", &phone.session).await?;
        listening.0.push(tokio::spawn(hears).abort_handle());
    }
    Ok(listening)
}

/// Tells every story once, and edits and reacts meanwhile.
pub async fn write(phones: &mut Vec<Phone>, stories: &[ExchangeStory]) -> Result<Written> {
    phones[0].make_tags(stories).await?;
    let stories: Rc<[ExchangeStory]> = stories.into();
    let next = Rc::new(Cell::new(0));
    let start = Instant::now();
    let local = LocalSet::new();
    let mut working = JoinSet::new();
    for phone in phones.drain(..) {
        working.spawn_local_on(work(phone, stories.clone(), next.clone()), &local);
    }
    let (mut took, mut back) = (Vec::new(), Vec::new());
    local
        .run_until(async {
            while let Some(done) = working.join_next().await {
                let (phone, times) = done??;
                back.push(phone);
                took.extend(times);
            }
            anyhow::Ok(())
        })
        .await?;
    let seconds = start.elapsed().as_secs_f64();
    *phones = back;
    took.sort_unstable();
    Ok(Written { ops: took.len(), seconds, took })
}

async fn work(
    mut phone: Phone,
    stories: Rc<[ExchangeStory]>,
    next: Rc<Cell<usize>>,
) -> Result<(Phone, Vec<Duration>)> {
    let mut took = Vec::new();
    loop {
        let start = Instant::now();
        let done = match fastrand::u32(..100) {
            chance if chance < TELLS => {
                let Some(story) = stories.get(next.replace(next.get() + 1)) else { break };
                phone.tell(story).await?;
                true
            }
            chance if chance < TELLS + EDITS => phone.edit().await?,
            _ => phone.react().await?,
        };
        if done {
            took.push(start.elapsed());
        }
    }
    Ok((phone, took))
}
