//! The machine's half of Solsken: HTTP, stores, accounts, and the commands of the `solsken` binary.

pub mod address;
pub mod backup;
pub mod clock;
pub mod commands;
pub mod config;
pub mod credentials;
pub mod http;
pub mod last_position;
pub mod library;
mod locale;
pub mod media;
mod people;
pub mod pull;
mod returning;
mod search;
pub mod secrets;
pub mod site;
pub mod store;
pub mod writer;
