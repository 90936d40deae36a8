//! Moments and days. There is no clock here: time comes in as an argument.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

const MILLIS_A_DAY: i64 = 86_400_000;

impl Millis {
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The day of this moment in UTC.
    pub fn day(self) -> Day {
        Day::from_days(self.0.div_euclid(MILLIS_A_DAY))
    }
}

/// A day in the Gregorian calendar, between the years 0 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    year: i16,
    month: u8,
    day: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not a day written as 2026-11-22")]
pub struct NotADay;

impl Day {
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, NotADay> {
        let fits = (0..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day);
        if fits { Ok(Self { year, month, day }) } else { Err(NotADay) }
    }

    pub fn year(self) -> i16 {
        self.year
    }

    /// 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// 1 to 31.
    pub fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01 (Hinnant, *chrono-compatible low-level date algorithms*, `days_from_civil`).
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The inverse of [`Self::days`] (`civil_from_days`); days outside the calendar are held at its ends.
    pub fn from_days(days: i64) -> Self {
        let shifted = days.clamp(-719_528, 2_932_896) + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
        let month = (month_from_march + if month_from_march < 10 { 3 } else { -9 }) as u8;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as i16;
        Self { year, month, day }
    }

    /// Midnight UTC at the start of this day.
    pub fn start(self) -> Millis {
        Millis(self.days() * MILLIS_A_DAY)
    }
}

fn days_in(year: i16, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let digits = |range: std::ops::Range<usize>| {
            let part = text.get(range).ok_or(NotADay)?;
            if part.bytes().all(|b| b.is_ascii_digit()) {
                part.parse().map_err(|_| NotADay)
            } else {
                Err(NotADay)
            }
        };
        if text.len() != 10 || text.as_bytes()[4] != b'-' || text.as_bytes()[7] != b'-' {
            return Err(NotADay);
        }
        let (year, month, day): (i16, i16, i16) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
        Self::new(year, month as u8, day as u8)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Day {
    type Error = NotADay;

    fn try_from(text: String) -> Result<Self, NotADay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "26-01-01",
            "2026/01/01",
            "2026-1-01",
            "",
            "+026-01-01",
            "åååå-01",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
        assert!("2024-02-29".parse::<Day>().is_ok());
    }

    #[test]
    fn the_epoch_is_day_zero() {
        assert_eq!("1970-01-01".parse::<Day>().unwrap().days(), 0);
        assert_eq!(Millis(-1).day().to_string(), "1969-12-31");
        assert_eq!(Millis(1_795_305_600_000).day().to_string(), "2026-11-22");
    }

    proptest! {
        #[test]
        fn a_day_survives_its_number(days in -719_528_i64..2_932_896) {
            let day = Day::from_days(days);
            prop_assert_eq!(day.days(), days);
            prop_assert_eq!(day.to_string().parse::<Day>(), Ok(day));
        }
    }
}
