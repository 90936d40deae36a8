use domain::time::Millis;
use leptos::prelude::*;

/// A tap that comes sooner after another was meant for what stood there before.
const DOUBLE_TAP_MS: u64 = 600;

/// Tells taps that are meant from the second half of a double tap.
#[derive(Clone, Copy)]
pub struct Taps(StoredValue<Option<Millis>>);

impl Taps {
    pub fn new() -> Self {
        Self(StoredValue::new(None))
    }

    /// Notes a tap, and says whether it is one of its own.
    pub fn is_meant(self, now: Millis) -> bool {
        let meant = self.0.get_value().is_none_or(|before| now.0.abs_diff(before.0) > DOUBLE_TAP_MS);
        if meant {
            self.0.set_value(Some(now));
        }
        meant
    }
}
