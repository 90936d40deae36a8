//! What is read from files.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, Result, ensure};
use domain::exchange::ExchangeStory;
use serde::Deserialize;
use server::commands::import;

/// Stories that are read and told together: a million of them are no burden then.
const TOGETHER: usize = 10_000;

#[derive(Deserialize)]
struct Line {
    q: String,
}

pub fn read_queries(path: &Path) -> Result<Vec<String>> {
    let lines = BufReader::new(open(path)?).lines();
    lines
        .map(|line| line.map_err(anyhow::Error::from))
        .filter(|line| line.as_ref().map_or(true, |line| !line.trim().is_empty()))
        .map(|line| Ok(serde_json::from_str::<Line>(&line?)?.q))
        .collect()
}

/// Gives the stories of a file to `tell`, many at a time; returns how many there were.
pub async fn for_many(
    path: &Path,
    mut tell: impl AsyncFnMut(&[ExchangeStory]) -> Result<()>,
) -> Result<usize> {
    let mut lines = BufReader::new(open(path)?).split(b'\n');
    let mut told = 0;
    loop {
        let mut bytes = Vec::new();
        for line in lines.by_ref().take(TOGETHER) {
            bytes.extend(line?);
            bytes.push(b'\n');
        }
        if bytes.is_empty() {
            return Ok(told);
        }
        let (stories, bad) = import::read_lines(&bytes);
        ensure!(bad.is_empty(), "{}: {bad:?}", path.display());
        tell(&stories).await?;
        told += stories.len();
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| path.display().to_string())
}
