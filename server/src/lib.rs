//! The machine's half of Solsken.

pub mod store;
