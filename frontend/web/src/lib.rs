//! What page and engine both use of the browser: clock, randomness, timers.

#![cfg(target_arch = "wasm32")]

mod entropy;
mod timer;

pub use entropy::{now, random, randomness};
pub use timer::{Slices, Timer, sleep};
