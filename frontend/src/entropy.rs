//! The browser's clock and randomness, which `domain` takes as arguments.

use domain::{id::Randomness, time::Millis};
use web_sys::js_sys::Uint8Array;

pub fn now() -> Millis {
    Millis(web_sys::js_sys::Date::now() as i64)
}

pub fn randomness() -> Randomness {
    random()
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let array = Uint8Array::new_with_length(N as u32);
    let filled = window().crypto().and_then(|crypto| crypto.get_random_values_with_array_buffer_view(&array));
    if filled.is_ok() {
        array.copy_to(&mut bytes);
    }
    bytes
}

pub fn window() -> web_sys::Window {
    web_sys::window().expect("Solsken runs in a window")
}
