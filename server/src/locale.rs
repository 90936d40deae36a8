//! Dates and order for the first, server-rendered visit. On the phone `Intl` does this.

use std::cmp::Ordering;

use domain::{
    language::Language,
    ports::Locale,
    time::{Day, Millis},
};

use crate::clock;

pub struct ServerLocale;

const MONTHS: [[&str; 12]; 2] = [
    [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
];
/// From the day of the week of 1970-01-01, a Thursday.
const WEEKDAYS: [[&str; 7]; 2] = [
    ["torsdag", "fredag", "lördag", "söndag", "måndag", "tisdag", "onsdag"],
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"],
];

fn month(day: Day, language: Language) -> &'static str {
    MONTHS[language as usize][usize::from(day.month()) - 1]
}

impl Locale for ServerLocale {
    fn now(&self) -> Millis {
        clock::now()
    }

    fn today(&self) -> Day {
        clock::now().day()
    }

    fn day(&self, day: Day, language: Language) -> String {
        format!("{} {} {}", day.day(), month(day, language), day.year())
    }

    fn weekday(&self, day: Day, language: Language) -> String {
        let weekday = WEEKDAYS[language as usize][day.days().rem_euclid(7) as usize];
        format!("{weekday} {} {}", day.day(), month(day, language))
    }

    // The server does not know where the phone is; the day is as exact as it can be.
    fn moment(&self, at: Millis, language: Language) -> String {
        self.day(at.day(), language)
    }

    fn time(&self, at: Millis, language: Language) -> String {
        self.moment(at, language)
    }

    fn compare(&self, one: &str, other: &str, _language: Language) -> Ordering {
        sort_key(one).cmp(&sort_key(other))
    }
}

/// Swedish order: å, ä and ö after z, case aside.
fn sort_key(name: &str) -> Vec<u32> {
    let place = |c: char| match c {
        'å' => u32::from('z') + 1,
        'ä' | 'æ' => u32::from('z') + 2,
        'ö' | 'ø' => u32::from('z') + 3,
        c => u32::from(c),
    };
    name.chars().flat_map(char::to_lowercase).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_say_them() {
        let day: Day = "2026-11-22".parse().unwrap();
        assert_eq!(ServerLocale.day(day, Language::Sv), "22 november 2026");
        assert_eq!(ServerLocale.weekday(day, Language::Sv), "söndag 22 november");
        assert_eq!(ServerLocale.weekday(day, Language::En), "Sunday 22 November");
    }

    #[test]
    fn swedish_letters_come_last_in_swedish_order() {
        let mut names = ["Örebro", "Åmål", "Zinkgruvan", "Ängelholm", "borås", "Arboga"];
        names.sort_by(|one, other| ServerLocale.compare(one, other, Language::Sv));
        assert_eq!(names, ["Arboga", "borås", "Zinkgruvan", "Åmål", "Ängelholm", "Örebro"]);
    }
}
