//! The phone's search as the engine has it (`frontend/engine/src/finder.rs`), built as the engine is built.

#![cfg(target_arch = "wasm32")]

use std::sync::Arc;

use domain::{
    exchange::ExchangeStory,
    search::{Analyzer, Document, Index, Query, Synonyms},
};
use wasm_bindgen::{JsError, prelude::wasm_bindgen};

/// As the engine has them.
const STEP: usize = 4_000;
const COMMIT: u32 = 500;

#[wasm_bindgen]
pub struct Search {
    analyzer: Arc<Analyzer>,
    synonyms: Synonyms,
    index: Index,
    next: u32,
}

#[wasm_bindgen]
impl Search {
    /// Reads the lexicon.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "it is made by JavaScript")]
    pub fn new() -> Self {
        let analyzer = Arc::new(Analyzer::default());
        Self {
            synonyms: Synonyms::general(&analyzer),
            index: Index::new(Arc::clone(&analyzer)),
            analyzer,
            next: 0,
        }
    }

    /// Takes in stories in the exchange format, one a line.
    pub fn add(&mut self, lines: &str) -> Result<(), JsError> {
        for line in lines.lines() {
            let story = ExchangeStory::from_line(line)?;
            self.index.insert(self.next, *story.id.uuid().as_bytes(), 1, &document(&story));
            self.next += 1;
            if self.next.is_multiple_of(COMMIT) {
                self.index.commit();
            }
        }
        Ok(())
    }

    /// Puts the index in order, as the engine does when nobody waits for it. Returns in how many steps.
    pub fn settle(&mut self) -> u32 {
        self.index.commit();
        let mut steps = 0;
        while self.index.step(STEP) {
            steps += 1;
        }
        steps
    }

    /// What is stored for the next start.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.index.to_bytes()
    }

    /// Takes up what was stored.
    pub fn load(&mut self, bytes: Vec<u8>) -> Result<(), JsError> {
        self.index = Index::from_bytes(Arc::clone(&self.analyzer), bytes)?;
        Ok(())
    }

    /// The places of the `limit` best stories.
    pub fn search(&self, text: &str, limit: usize) -> Vec<u32> {
        let query = Query::parse(text, &self.analyzer, &self.synonyms);
        let found = self.index.search(&query, limit, |_| true);
        found.hits.iter().map(|hit| hit.slot).collect()
    }
}

fn document(story: &ExchangeStory) -> Document<'_> {
    let parts = [&story.situation, &story.action, &story.outcome, &story.lesson];
    Document {
        title: story.title.as_ref().map_or("", |title| title.as_str()),
        tags: story.tags.iter().chain(&story.values).map(|name| name.as_str()).collect(),
        quote: story.quote.as_ref().map_or("", |quote| quote.as_str()),
        parts: parts.map(|part| part.as_ref().map_or("", |part| part.as_str())).to_vec(),
        places: story.department.iter().chain(&story.site).map(|name| name.as_str()).collect(),
        people: vec![story.author.as_str()],
        kind: Some(story.kind),
        language: story.language,
        restricted: false,
    }
}
