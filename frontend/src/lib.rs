//! The page: what is on the screen, the address bar, and whatever only a window can do. Everything that is kept, sent
//! or found is the engine's, in its worker.

#![cfg(target_arch = "wasm32")]

mod address;
mod device;
mod engine;
mod left_behind;
mod locale;
mod media;
mod ports;
mod start;
mod unkept;
mod worker;

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::js_sys::Function;

/// Brings the page to life. Called by `boot.js` once the wasm is there; `engine` is the address of the engine's script,
/// and `media` loads what is needed for the microphone.
#[wasm_bindgen]
pub fn hydrate(engine: String, media: Function) {
    wasm_bindgen_futures::spawn_local(start::start(engine, media::Tools(media)));
}

fn window() -> web_sys::Window {
    web_sys::window().expect("a page has a window")
}
