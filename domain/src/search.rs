//! Finding stories: one analyzer, one ranking, for the phone and for the server.
//!
//! ```text
//! Document ─ Analyzer ─▶ terms with keys ─▶ kept by a Source (the phone's Index, or a database)
//! text ─ Query::parse ─▶ Query ─ evaluate ─▶ Evaluated ─ top ─▶ hits; Highlighter marks why
//! ```
//!
//! **Terms.** A word is found under its headword's term, or under its Snowball stem if the lexicon does not know it; a
//! compound also under its parts. What is stored for a story depends on its text, on [`ANALYZER_VERSION`] and on the
//! lexicon alone ([`Analyzer::version`]), never on other stories.
//!
//! **Weights.** How much a term weighs in a story (BM25F over its fields) is settled when the story is indexed and kept as
//! one of 32 levels in a [`Key`]. How rare a term is comes in when someone asks; the statistics know only of stories that
//! everyone may see, so they do not depend on who asks, and restricted stories do not show through.
//!
//! **Order.** Scores are whole numbers; of equal ones the greater id, and so the newer story, comes first.
//!
//! # What a database has to keep
//!
//! Under a number for each story, dense from 0 or 1 (its row), what [`postings_of`] says of its document: pairs of a term
//! and a [`Key`] (one byte; the level, and whether the story is restricted). Some 120 pairs for a story of 1 KB.
//!
//! - For every term and key the numbers of the stories that have it. Blocks of [`encode_documents`] take one to two bytes
//!   each; rows of their own take twenty to forty.
//! - For every term and key how many stories that is. With it, [`Source::find`] need not look at postings.
//! - For every story its id, to put equals in order, and what filters ask for.
//! - How many stories everyone may see.
//! - [`Analyzer::version`]. Where it differs, all stories are indexed anew.
//!
//! # What a query fetches
//!
//! [`evaluate()`] asks a [`Source`], in bulk:
//!
//! | call | at most |
//! | --- | --- |
//! | `stories`, `documents`, `read` | once each |
//! | `find` | [`MAX_TERMS`] terms in all; once for the query and up to twice for each of [`MAX_WORDS`] words |
//! | `completions` | once, for [`MAX_COMPLETIONS`] terms |
//! | `near` | twice for each word, for [`MAX_NEAR`] terms; a [`TermList`] answers it without the database |
//! | postings | [`MAX_POSTINGS`] of stories everyone may see and as many of restricted ones, from [`MAX_LISTS`] lists |
//! | `newest_first` | once for each group of equals that is shown |
//!
//! Postings are read in groups of one term and key. If they are too many, groups are taken in the order of what a posting
//! in them is worth, and one that does not fit is left out whole. The choice rests on the counts alone, which are the same
//! wherever the same stories are; so are the stories found and their order, by construction.
//!
//! Restricted stories that the one who asks may not see must not come out of `find` and `read`: keep them apart by
//! audience.

mod alternatives;
mod analyzer;
mod buffer;
mod compound;
mod derive;
mod dictionary;
mod document;
mod dots;
mod evaluate;
mod fold;
mod hash;
mod highlight;
mod index;
mod interner;
mod lexicon;
mod live;
mod merge;
mod near;
mod phrases;
mod plan;
mod postings;
mod query;
mod rank;
mod rarity;
mod related;
mod segment;
mod slips;
mod source;
mod stem;
mod synonyms;
mod term_list;
#[cfg(test)]
mod testing;
mod vocabulary;
mod words;

pub use alternatives::MAX_TERMS;
pub use analyzer::{ANALYZER_VERSION, Analyzer, Role, Term};
pub use document::{Document, DocumentReader, postings_of};
pub use evaluate::{Correction, Evaluated, evaluate};
pub use highlight::{Highlighter, Snippet};
pub use index::{Hit, Hits, Index, LoadError, fingerprint};
pub use lexicon::{Function, Lexicon};
pub use near::Near;
pub use plan::{MAX_COMPLETIONS, MAX_LISTS, MAX_NEAR};
pub use postings::{Key, decode_documents, encode_documents};
pub use query::{MAX_WORDS, Query};
pub use rank::{MAX_POSTINGS, Scored};
pub use related::related;
pub use segment::Entry;
pub use source::{AllFound, Found, Request, Source};
pub use synonyms::Synonyms;
pub use term_list::TermList;
