//! `cargo xtask eval-search --stories FILE --queries FILE [--on phone|sqlite|postgres]… [--verbose]`: how well search
//! finds what was judged relevant, by class of query; verbosely, by query too.
//!
//! On the phone, that is: with the phone's index, here. On a database: with the server's own store, which takes in the
//! stories as an import does (the crate `seek`).
//!
//! A query is `{"q": "…", "class": "…", "relevant": {"<id>": grade, …}}`. nDCG@10 takes 2^grade − 1 as gain and
//! log₂(rank + 1) as discount (Järvelin, Kekäläinen: *Cumulated gain-based evaluation of IR techniques*, 2002), against
//! the ten best that there are. recall@10 is the share of all relevant stories that are among the first ten.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use domain::search::{Analyzer, Index, Query, Synonyms};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    exchange::{ExchangedStory, read_lines},
    figures,
    seek::Seek,
};

const DEPTH: usize = 10;

#[derive(Debug, Deserialize)]
struct Judged {
    q: String,
    class: String,
    relevant: HashMap<Uuid, u32>,
}

#[derive(Debug, Default, Serialize)]
struct Figures {
    ndcg10: f64,
    recall10: f64,
    #[serde(skip)]
    queries: usize,
}

/// The first [`DEPTH`] stories for each query.
type Found = Vec<Vec<Uuid>>;

#[derive(Args)]
pub struct Eval {
    /// Stories in the exchange format.
    #[arg(long)]
    stories: PathBuf,
    /// Judged queries.
    #[arg(long)]
    queries: PathBuf,
    /// Where to search; more than once for several places.
    #[arg(long, value_enum, default_values = ["phone"])]
    on: Vec<Place>,
    /// Print every query's figures too.
    #[arg(long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Place {
    Phone,
    Sqlite,
    Postgres,
}

impl Eval {
    pub fn run(self) -> Result<()> {
        let stories: Vec<ExchangedStory> = read_lines(&self.stories)?;
        let queries: Vec<Judged> = read_lines(&self.queries)?;
        check(&stories, &queries)?;
        let mut places = BTreeMap::new();
        for on in &self.on {
            let (name, found) = match on {
                Place::Phone => ("phone", on_phone(&stories, &queries)),
                Place::Sqlite => ("sqlite", self.on_server("sqlite")?),
                Place::Postgres => ("postgres", self.on_server("postgres")?),
            };
            println!("on {name}");
            let figures = evaluate(&queries, &found, self.verbose);
            for (class, figures) in &figures {
                println!(
                    "{class:<12} {:>3} queries   nDCG@10 {:.3}   recall@10 {:.3}",
                    figures.queries, figures.ndcg10, figures.recall10
                );
            }
            places.insert(name, figures);
        }
        println!("{}", figures::write("eval-search", &places)?.display());
        Ok(())
    }

    fn on_server(&self, on: &str) -> Result<Found> {
        let Self { stories, queries, .. } = self;
        Seek { task: "find", on, stories, queries, release: false }.run()
    }
}

fn check(stories: &[ExchangedStory], queries: &[Judged]) -> Result<()> {
    if stories.is_empty() || queries.is_empty() {
        bail!("there is nothing to evaluate: no stories or no queries");
    }
    let ids: HashSet<Uuid> = stories.iter().map(|story| story.id).collect();
    for query in queries {
        if query.relevant.is_empty() {
            bail!("«{}» has no relevant story", query.q);
        }
        if let Some(id) = query.relevant.keys().find(|id| !ids.contains(id)) {
            bail!("«{}»: there is no story {id}", query.q);
        }
    }
    Ok(())
}

fn on_phone(stories: &[ExchangedStory], queries: &[Judged]) -> Found {
    let analyzer = Arc::new(Analyzer::default());
    let synonyms = Synonyms::general(&analyzer);
    let mut index = Index::new(Arc::clone(&analyzer));
    for (slot, story) in stories.iter().enumerate() {
        index.insert(slot as u32, *story.id.as_bytes(), 1, &story.document());
    }
    index.compact();
    let find = |judged: &Judged| {
        let query = Query::parse(&judged.q, &analyzer, &synonyms);
        let hits = index.search(&query, DEPTH, |_| true).hits;
        hits.iter().map(|hit| stories[hit.slot as usize].id).collect()
    };
    queries.iter().map(find).collect()
}

fn evaluate(queries: &[Judged], found: &Found, verbose: bool) -> BTreeMap<String, Figures> {
    let mut sums: BTreeMap<String, Figures> = BTreeMap::new();
    for (query, found) in queries.iter().zip(found) {
        let (ndcg, recall) = (ndcg(&query.relevant, found), recall(&query.relevant, found));
        if verbose {
            println!("{:<12} {ndcg:.3} {recall:.3} {}", query.class, query.q);
        }
        for class in [query.class.as_str(), "all"] {
            let sum = sums.entry(class.to_owned()).or_default();
            sum.ndcg10 += ndcg;
            sum.recall10 += recall;
            sum.queries += 1;
        }
    }
    for figures in sums.values_mut() {
        figures.ndcg10 /= figures.queries as f64;
        figures.recall10 /= figures.queries as f64;
    }
    sums
}

fn ndcg(relevant: &HashMap<Uuid, u32>, found: &[Uuid]) -> f64 {
    let mut ideal: Vec<u32> = relevant.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = gain(ideal.into_iter());
    let got = gain(found.iter().map(|id| relevant.get(id).copied().unwrap_or(0)));
    if best > 0.0 { got / best } else { 0.0 }
}

fn gain(grades: impl Iterator<Item = u32>) -> f64 {
    grades
        .take(DEPTH)
        .enumerate()
        .map(|(rank, grade)| (2f64.powi(grade as i32) - 1.0) / (rank as f64 + 2.0).log2())
        .sum()
}

fn recall(relevant: &HashMap<Uuid, u32>, found: &[Uuid]) -> f64 {
    let hits = found.iter().take(DEPTH).filter(|id| relevant.contains_key(id)).count();
    hits as f64 / relevant.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ideal_order_has_gain_one() {
        let ids: Vec<Uuid> = (0..3).map(Uuid::from_u128).collect();
        let relevant = HashMap::from([(ids[0], 3), (ids[1], 1)]);
        assert_eq!(ndcg(&relevant, &ids), 1.0);
        assert_eq!(recall(&relevant, &ids), 1.0);
        let swapped = ndcg(&relevant, &[ids[1], ids[0]]);
        assert!((swapped - (1.0 + 7.0 / 3f64.log2()) / (7.0 + 1.0 / 3f64.log2())).abs() < 1e-12);
        assert_eq!(ndcg(&relevant, &[]), 0.0);
    }

    #[test]
    fn only_the_first_ten_count() {
        let ids: Vec<Uuid> = (0..12).map(Uuid::from_u128).collect();
        let relevant = HashMap::from([(ids[11], 3)]);
        assert_eq!(ndcg(&relevant, &ids), 0.0);
        assert_eq!(recall(&relevant, &ids), 0.0);
    }
}
