//! Finding stories: words, terms and how they are kept.

// Put to use by the index and the query.
#![allow(dead_code)]

mod analyzer;
mod buffer;
mod compound;
mod dictionary;
mod document;
mod fold;
mod hash;
mod interner;
mod lexicon;
mod live;
mod merge;
mod order;
mod postings;
mod segment;
mod stem;
mod vocabulary;
mod words;

pub use analyzer::{ANALYZER_VERSION, Analyzer, Role, Term};
pub use document::{Document, postings_of};
pub use lexicon::{Function, Lexicon};
pub use postings::{Key, decode_documents, encode_documents};
pub use segment::Entry;
