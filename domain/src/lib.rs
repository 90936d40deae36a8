//! The rules of Solsken: stories, the changes made to them, how phones and the server agree, and how stories are
//! found. Pure Rust: no IO, no clock, no randomness of its own, no screens.

pub mod access;
pub mod attachment;
pub mod coach;
pub mod conflict;
pub mod draft;
pub mod exchange;
pub mod id;
pub mod label;
pub mod language;
pub mod merge;
pub mod names;
pub mod op;
mod order;
pub mod path;
pub mod person;
pub mod ports;
pub mod query;
pub mod reaction;
pub mod search;
pub mod shelf;
pub mod story;
pub mod suggest;
pub mod sync;
pub mod text;
pub mod thing;
pub mod time;
pub mod view;
pub mod wording;

/// The fields of a thing as JSON. Unknown fields stay in it, so that versions can differ.
pub type Object = serde_json::Map<String, serde_json::Value>;
