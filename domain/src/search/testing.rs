//! What the tests of this folder share: small documents, and a source as plain as can be.

use std::{cell::Cell, collections::BTreeMap, convert::Infallible};

use super::{
    analyzer::Analyzer,
    document::{Document, postings_of},
    near::Near,
    postings::Key,
    source::{AllFound, Found, Request, Source},
};

/// A document that is all body.
pub fn told(text: &str) -> Document<'_> {
    Document { parts: vec![text], ..Document::default() }
}

pub fn id(number: u32) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// Keeps postings in maps, as a database would in tables, and numbers documents in an order of its own.
#[derive(Default)]
pub struct Tables {
    ids: Vec<([u8; 16], bool)>,
    postings: BTreeMap<String, BTreeMap<Key, Vec<u32>>>,
    /// Postings that were read.
    pub read: Cell<u64>,
}

impl Tables {
    pub fn insert(&mut self, analyzer: &Analyzer, id: [u8; 16], document: &Document<'_>) {
        let number = self.ids.len() as u32;
        self.ids.push((id, document.restricted));
        for (term, key) in postings_of(analyzer, document) {
            let keys = self.postings.entry(term).or_default();
            keys.entry(key).or_default().push(number);
        }
    }

    pub fn id(&self, document: u32) -> [u8; 16] {
        self.ids[document as usize].0
    }

    fn frequency(&self, term: &str) -> usize {
        let keys = self.postings[term].iter();
        keys.filter(|(key, _)| !key.restricted()).map(|(_, documents)| documents.len()).sum()
    }
}

impl Source for Tables {
    type Error = Infallible;
    type List = String;

    fn stories(&self) -> Result<u32, Infallible> {
        Ok(self.ids.iter().filter(|(_, restricted)| !restricted).count() as u32)
    }

    fn documents(&self) -> Result<u32, Infallible> {
        Ok(self.ids.len() as u32)
    }

    fn find(&self, terms: &[&str]) -> Result<AllFound<String>, Infallible> {
        let find = |term: &&str| {
            let keys = self.postings.get(*term)?;
            Some(Found {
                list: (*term).to_owned(),
                groups: keys.iter().map(|(&key, documents)| (key, documents.len() as u32)).collect(),
            })
        };
        Ok(terms.iter().map(find).collect())
    }

    fn completions(&self, prefix: &str, limit: usize) -> Result<Vec<String>, Infallible> {
        let mut terms: Vec<&String> = self.postings.keys().filter(|term| term.starts_with(prefix)).collect();
        terms.retain(|term| self.frequency(term) > 0);
        terms.sort_by_key(|term| std::cmp::Reverse(self.frequency(term)));
        Ok(terms.into_iter().take(limit).cloned().collect())
    }

    fn near(&self, word: &Near, limit: usize) -> Result<Vec<(String, u32)>, Infallible> {
        let mut near: Vec<(u32, &String)> = Vec::new();
        for term in self.postings.keys().filter(|term| self.frequency(term) > 0) {
            near.extend(word.cost(term).filter(|&cost| cost > 0).map(|cost| (cost, term)));
        }
        near.sort();
        Ok(near.into_iter().take(limit).map(|(cost, term)| (term.clone(), cost)).collect())
    }

    fn read(
        &self,
        requests: &[Request<'_, String>],
        each: &mut dyn FnMut(usize, Key, &[u32]),
    ) -> Result<(), Infallible> {
        for (at, request) in requests.iter().enumerate() {
            for key in &request.keys {
                let documents = &self.postings[request.list][key];
                self.read.set(self.read.get() + documents.len() as u64);
                each(at, *key, documents);
            }
        }
        Ok(())
    }

    fn newest_first(&self, documents: &mut Vec<u32>, limit: usize) -> Result<(), Infallible> {
        documents.sort_by_key(|&document| std::cmp::Reverse(self.id(document)));
        documents.truncate(limit);
        Ok(())
    }
}
