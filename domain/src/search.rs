//! Finding stories: from a word to the terms under which it is found.

// Put to use by the index and the query.
#![allow(dead_code)]

mod analyzer;
mod compound;
mod fold;
mod hash;
mod interner;
mod lexicon;
mod stem;
mod vocabulary;
mod words;

pub use analyzer::{ANALYZER_VERSION, Analyzer, Role, Term};
pub use lexicon::{Function, Lexicon};
