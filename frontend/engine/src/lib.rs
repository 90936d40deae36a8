//! Solsken's engine, in a worker of the page: keeps what is told in IndexedDB, syncs it, and finds it again.
//!
//! The page asks it with `domain::ports::Call` and hears from it with `domain::ports::Said`; nothing here touches the
//! screen, and nothing here can hold it up.

#![cfg(target_arch = "wasm32")]

mod accounts;
mod calls;
mod drafts;
mod finder;
mod idb;
mod library;
mod media;
mod net;
mod news;
mod outbox;
mod phone;
mod server_news;
mod store;
mod sync;
mod tabs;

use js_sys::Array;
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use web_sys::DedicatedWorkerGlobalScope;

/// Starts the engine. `early` holds the messages that came while it was being loaded.
#[wasm_bindgen]
pub fn run(early: Array) {
    calls::listen(early.iter().collect());
}

/// The worker's own global object.
fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Something that only a developer can mend.
fn complain(text: &str) {
    web_sys::console::error_1(&text.into());
}
