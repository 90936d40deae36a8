//! `cargo xtask eval-faq FILE`: whether the right answer to a question is found among all answers of the file.
//!
//! The format is that of SweFAQ 2.0 (Språkbanken Text, SuperLim): `{"question", "candidate_answers", "label"}` a line,
//! where the label is the place of the right answer. The documents are all different candidate answers.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use anyhow::{Context, Result, bail};
use clap::Args;
use domain::search::{Analyzer, Document, Index, Query, Synonyms};
use serde::{Deserialize, Serialize};

use crate::{exchange::read_lines, figures};

const DEPTH: usize = 10;

#[derive(Debug, Deserialize)]
struct Faq {
    question: String,
    candidate_answers: Vec<String>,
    label: usize,
}

/// Mean reciprocal rank of the right answer within the first ten, and the share of questions where it is first.
#[derive(Debug, Serialize)]
struct Figures {
    mrr10: f64,
    acc1: f64,
}

#[derive(Args)]
pub struct Eval {
    file: PathBuf,
}

impl Eval {
    pub fn run(self) -> Result<()> {
        let faqs: Vec<Faq> = read_lines(&self.file)?;
        if faqs.is_empty() {
            bail!("{} holds no question", self.file.display());
        }
        let figures = evaluate(&faqs)?;
        println!("{} questions   MRR@10 {:.3}   accuracy@1 {:.3}", faqs.len(), figures.mrr10, figures.acc1);
        println!("{}", figures::write("eval-faq", &figures)?.display());
        Ok(())
    }
}

fn evaluate(faqs: &[Faq]) -> Result<Figures> {
    let analyzer = Arc::new(Analyzer::default());
    let synonyms = Synonyms::general(&analyzer);
    let mut index = Index::new(Arc::clone(&analyzer));
    let mut slots: HashMap<&str, u32> = HashMap::new();
    for answer in faqs.iter().flat_map(|faq| &faq.candidate_answers) {
        let next = slots.len() as u32;
        slots.entry(answer).or_insert_with(|| {
            let document = Document { parts: vec![answer], ..Document::default() };
            index.insert(next, u128::from(next).to_be_bytes(), 1, &document);
            next
        });
    }
    index.compact();
    let (mut reciprocal, mut first) = (0.0, 0);
    for faq in faqs {
        let right = faq
            .candidate_answers
            .get(faq.label)
            .with_context(|| format!("«{}» has no answer number {}", faq.question, faq.label))?;
        let query = Query::parse(&faq.question, &analyzer, &synonyms);
        let hits = index.search(&query, DEPTH, |_| true).hits;
        if let Some(rank) = hits.iter().position(|hit| hit.slot == slots[right.as_str()]) {
            reciprocal += 1.0 / (rank + 1) as f64;
            first += usize::from(rank == 0);
        }
    }
    Ok(Figures { mrr10: reciprocal / faqs.len() as f64, acc1: first as f64 / faqs.len() as f64 })
}
