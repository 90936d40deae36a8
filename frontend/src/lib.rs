//! The page: what is on the screen, the address bar, and whatever only a window can do. Everything that is kept, sent
//! or found is the engine's, in its worker.

#![cfg(target_arch = "wasm32")]

mod address;
mod arrival;
mod device;
mod double_tap;
mod engine;
mod history;
mod left_behind;
mod locale;
mod media;
mod ports;
mod start;
mod tasks;
mod today;
mod unkept;
mod worker;

use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::js_sys::Function;

/// Draws the page. Called by `boot.js` once the wasm is there; `engine` is the address of the engine's script, and `media`
/// loads what is needed for the microphone. Returns a function without arguments that starts everything else.
///
/// An instance that traps before that function is called can be given up: no engine, no listener of the window and no
/// timer that goes on is there yet.
#[wasm_bindgen]
pub fn draw(engine: String, media: Function) -> JsValue {
    Closure::once_into_js(start::draw(engine, media::Tools(media)))
}

/// Runs no more tasks of this instance, which has trapped: what is left of them would take an invite's secret or what was
/// shared out of the address, for nobody.
#[wasm_bindgen(js_name = giveUp)]
pub fn give_up() {
    tasks::give_up();
}

fn window() -> web_sys::Window {
    web_sys::window().expect("a page has a window")
}
