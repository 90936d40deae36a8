//! Timers, and letting the screen draw between two pieces of work.

use std::time::Duration;

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::js_sys::{Function, Promise};

use crate::entropy::window;

/// A timer that is stopped when it is dropped.
pub struct Timer {
    id: i32,
    run: Closure<dyn FnMut()>,
}

impl Timer {
    pub fn after(wait: Duration, run: impl FnOnce() + 'static) -> Self {
        let run = Closure::once(run);
        let function: &Function = run.as_ref().unchecked_ref();
        let millis = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let id =
            window().set_timeout_with_callback_and_timeout_and_arguments_0(function, millis).unwrap_or(0);
        Self { id, run }
    }

    /// Does at once what was to be done later.
    pub fn now(self) {
        let function: &Function = self.run.as_ref().unchecked_ref();
        let _ = function.call0(&wasm_bindgen::JsValue::UNDEFINED);
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        window().clear_timeout_with_handle(self.id);
    }
}

pub async fn sleep(wait: Duration) {
    let promise = Promise::new(&mut |resolve, _| {
        let millis = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let set = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        if set.is_err() {
            let _ = resolve.call0(&wasm_bindgen::JsValue::UNDEFINED);
        }
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// Work that is done in slices, so that the screen is never held up for long.
pub struct Slices {
    since: f64,
}

/// Half a frame at most: at four times slowdown still far below what is felt.
const SLICE_MS: f64 = 8.0;

impl Slices {
    pub fn new() -> Self {
        Self { since: web_sys::js_sys::Date::now() }
    }

    /// Lets the browser draw if this slice has been long enough.
    pub async fn pause(&mut self) {
        if web_sys::js_sys::Date::now() - self.since >= SLICE_MS {
            sleep(Duration::ZERO).await;
            self.since = web_sys::js_sys::Date::now();
        }
    }
}
