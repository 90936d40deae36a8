use std::cmp::Ordering;

use crate::{
    language::Language,
    time::{Day, Millis},
};

/// Time and order as people write them here. `Intl` on the phone; the server has a plain answer for the first visit.
pub trait Locale: Send + Sync + 'static {
    fn now(&self) -> Millis;

    /// The day where this screen is.
    fn today(&self) -> Day;

    /// `21 november 2025`
    fn day(&self, day: Day, language: Language) -> String;

    /// `lördag 21 november`
    fn weekday(&self, day: Day, language: Language) -> String;

    /// `14:34` today, `i går 16:02`, `7 okt 16:02`, with the year if it is another one.
    fn moment(&self, at: Millis, language: Language) -> String;

    /// `14:34`
    fn time(&self, at: Millis, language: Language) -> String;

    fn compare(&self, one: &str, other: &str, language: Language) -> Ordering;
}
