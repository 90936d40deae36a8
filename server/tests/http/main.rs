//! What the server owes to whoever speaks HTTP to it: the real router over a real SQLite file, in process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod attachments;
mod guard;
mod house;
mod joining;
mod library;
mod pages;
mod restoring;
mod rolling_back;
mod signed_out;
mod syncing;
