//! `cargo run --release -p xtask -- bench search-native --stories FILE`: what the phone's index costs, on this machine.
//!
//! Every query is typed letter by letter. Natively, that is: in a browser it takes some two times longer, on a slow
//! phone four times longer again.

use std::{
    hint::black_box,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use domain::search::{Analyzer, Index, Query, Synonyms};
use serde::Serialize;

use super::queries::QUERIES;
use crate::{
    exchange::{ExchangedStory, read_lines},
    figures,
};

const SHOWN: usize = 20;

#[derive(Debug, Serialize)]
struct Figures {
    stories: usize,
    analyzer_ms: f64,
    build_ms: f64,
    compact_ms: f64,
    stored_bytes: usize,
    load_ms: f64,
    keystrokes: usize,
    key_p50_ms: f64,
    key_p95_ms: f64,
    key_max_ms: f64,
    slowest: String,
    most_postings: u32,
    step_max_ms: f64,
    edit_ms: f64,
}

#[derive(Args)]
pub struct Search {
    /// Stories in the exchange format.
    #[arg(long)]
    stories: PathBuf,
}

impl Search {
    pub fn run(self) -> Result<()> {
        if cfg!(debug_assertions) {
            eprintln!("this is a debug build: run it with --release for figures that mean something");
        }
        let stories: Vec<ExchangedStory> = read_lines(&self.stories)?;
        let figures = measure(&stories)?;
        println!("{}", serde_json::to_string_pretty(&figures)?);
        println!("{}", figures::write("search-native", &figures)?.display());
        Ok(())
    }
}

fn measure(stories: &[ExchangedStory]) -> Result<Figures> {
    let start = Instant::now();
    let analyzer = Arc::new(Analyzer::default());
    let synonyms = Synonyms::general(&analyzer);
    let analyzer_ms = millis(start.elapsed());

    let start = Instant::now();
    let mut index = Index::new(Arc::clone(&analyzer));
    for (slot, story) in stories.iter().enumerate() {
        index.insert(slot as u32, *story.id.as_bytes(), 1, &story.document());
    }
    index.commit();
    let build_ms = millis(start.elapsed());
    let mut step_max = Duration::ZERO;
    let start = Instant::now();
    loop {
        let step = Instant::now();
        let more = index.step(20_000);
        step_max = step_max.max(step.elapsed());
        if !more {
            break;
        }
    }
    index.compact();
    let compact_ms = millis(start.elapsed());

    let bytes = index.to_bytes();
    let stored_bytes = bytes.len();
    let start = Instant::now();
    let mut index = Index::from_bytes(Arc::clone(&analyzer), bytes)?;
    let load_ms = millis(start.elapsed());

    let mut times: Vec<(f64, &str)> = Vec::new();
    let mut most_postings = 0;
    for query in QUERIES {
        let ends = query.char_indices().map(|(at, c)| at + c.len_utf8());
        for end in ends {
            let start = Instant::now();
            let parsed = Query::parse(&query[..end], &analyzer, &synonyms);
            let hits = index.search(&parsed, SHOWN, |_| true);
            times.push((millis(start.elapsed()), &query[..end]));
            most_postings = most_postings.max(hits.evaluated.postings);
            black_box(hits);
        }
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)].0;

    let start = Instant::now();
    if let Some(story) = stories.first() {
        index.insert(0, *story.id.as_bytes(), 2, &story.document());
        index.commit();
    }
    Ok(Figures {
        stories: stories.len(),
        analyzer_ms,
        build_ms,
        compact_ms,
        stored_bytes,
        load_ms,
        keystrokes: times.len(),
        key_p50_ms: at(0.5),
        key_p95_ms: at(0.95),
        key_max_ms: at(1.0),
        slowest: times.last().map_or_else(String::new, |(_, query)| (*query).to_owned()),
        most_postings,
        step_max_ms: millis(step_max),
        edit_ms: millis(start.elapsed()),
    })
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
