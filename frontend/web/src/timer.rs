//! Timers, and letting the screen draw between two pieces of work.

use std::time::Duration;

use js_sys::{Date, Function, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// The same in a window and in a worker.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(run: &Function, millis: i32) -> i32;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: i32);
}

/// A timer that is stopped when it is dropped.
pub struct Timer {
    id: i32,
    run: Closure<dyn FnMut()>,
}

impl Timer {
    pub fn after(wait: Duration, run: impl FnOnce() + 'static) -> Self {
        let run = Closure::once(run);
        let function: &Function = run.as_ref().unchecked_ref();
        let id = set_timeout(function, millis(wait));
        Self { id, run }
    }

    /// Does at once what was to be done later.
    pub fn now(self) {
        let function: &Function = self.run.as_ref().unchecked_ref();
        let _ = function.call0(&JsValue::UNDEFINED);
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(self.id);
    }
}

pub async fn sleep(wait: Duration) {
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, millis(wait));
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

fn millis(wait: Duration) -> i32 {
    i32::try_from(wait.as_millis()).unwrap_or(i32::MAX)
}

/// Work that is done in slices, so that the screen is never held up for long.
pub struct Slices {
    since: f64,
}

/// Half a frame at most: at four times slowdown still far below what is felt.
const SLICE_MS: f64 = 8.0;

impl Slices {
    pub fn begin() -> Self {
        Self { since: Date::now() }
    }

    /// Lets the browser draw if this slice has been long enough.
    pub async fn pause(&mut self) {
        if Date::now() - self.since >= SLICE_MS {
            sleep(Duration::ZERO).await;
            self.since = Date::now();
        }
    }
}
