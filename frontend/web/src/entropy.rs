//! The browser's clock and randomness, which `domain` takes as arguments.

use domain::{id::Randomness, time::Millis};
use js_sys::{Date, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The same in a window and in a worker.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill(bytes: &Uint8Array);
}

pub fn now() -> Millis {
    Millis(Date::now() as i64)
}

pub fn randomness() -> Randomness {
    random()
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let array = Uint8Array::new_with_length(N as u32);
    fill(&array);
    array.copy_to(&mut bytes);
    bytes
}
