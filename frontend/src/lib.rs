//! The browser's half of Solsken: keeps what is told in IndexedDB, syncs it, and starts the app.

#![cfg(target_arch = "wasm32")]

mod accounts;
mod address;
mod device;
mod drafts;
mod entropy;
mod finder;
mod idb;
mod library;
mod locale;
mod net;
mod outbox;
mod phone;
mod start;
mod store;
mod sync;
mod tabs;
mod timer;
mod worker;

use wasm_bindgen::prelude::wasm_bindgen;

/// Brings the page to life. Called by `boot.js` once the wasm is there.
#[wasm_bindgen]
pub fn hydrate() {
    wasm_bindgen_futures::spawn_local(start::start());
}
