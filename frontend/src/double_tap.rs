//! The second half of a double tap was meant for what stood there before: where the first half has changed the screen,
//! it neither presses what has come up in its place nor takes the focus there.
//!
//! Time is that of the finger (`timeStamp`), as a slow phone hears of it later; the clock on the wall has no part in it.
//! A click of the keyboard or of a screen reader (`detail` 0) is always meant.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::MouseEvent;

use crate::window;

/// In milliseconds.
const SOON: f64 = 600.0;
/// A finger's width, in CSS pixels.
const NEAR: i32 = 48;

#[derive(Clone, Default)]
pub struct DoubleTaps(Rc<Inner>);

#[derive(Default)]
struct Inner {
    /// When and where the last click was that was meant.
    last: Cell<Option<(f64, i32, i32)>>,
    /// Something else has been shown since.
    has_changed: Cell<bool>,
}

impl DoubleTaps {
    /// What is shown now is not what was tapped.
    pub fn screen_changed(&self) {
        self.0.has_changed.set(true);
    }

    pub fn watch(&self) {
        let inner = self.0.clone();
        listen_first("mousedown", move |event| match inner.is_rest(event) {
            true => event.prevent_default(), // The focus stays where it was put.
            false => inner.has_changed.set(false),
        });
        let inner = self.0.clone();
        listen_first("click", move |event| match inner.is_rest(event) {
            true => {
                event.prevent_default();
                event.stop_immediate_propagation();
            }
            false if event.detail() > 0 => inner.last.set(Some(tap(event))),
            false => {}
        });
    }
}

impl Inner {
    fn is_rest(&self, event: &MouseEvent) -> bool {
        let (now, x, y) = tap(event);
        let is_near = |(before, at_x, at_y): (f64, i32, i32)| {
            now - before <= SOON && (x - at_x).abs() <= NEAR && (y - at_y).abs() <= NEAR
        };
        event.detail() > 0 && self.has_changed.get() && self.last.get().is_some_and(is_near)
    }
}

fn tap(event: &MouseEvent) -> (f64, i32, i32) {
    (event.time_stamp(), event.client_x(), event.client_y())
}

/// Hears an event before whatever it is for.
fn listen_first(event: &str, heard: impl Fn(&MouseEvent) + 'static) {
    let heard = Closure::<dyn Fn(MouseEvent)>::new(move |event: MouseEvent| heard(&event));
    let function = heard.as_ref().unchecked_ref();
    let _ = window().add_event_listener_with_callback_and_bool(event, function, true);
    heard.forget();
}
