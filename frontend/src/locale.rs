//! Time and order as `Intl` writes them.

use std::cmp::Ordering;

use domain::{
    language::Language,
    ports::Locale,
    time::{Day, Millis},
};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::js_sys::{Date, Object, Reflect};

pub struct PhoneLocale;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl, js_name = DateTimeFormat)]
    type DateTimeFormat;

    #[wasm_bindgen(constructor, js_namespace = Intl, js_class = DateTimeFormat)]
    fn new(locale: &str, options: &Object) -> DateTimeFormat;

    #[wasm_bindgen(method)]
    fn format(this: &DateTimeFormat, date: &Date) -> String;

    #[wasm_bindgen(js_namespace = Intl, js_name = RelativeTimeFormat)]
    type RelativeTimeFormat;

    #[wasm_bindgen(constructor, js_namespace = Intl, js_class = RelativeTimeFormat)]
    fn new(locale: &str, options: &Object) -> RelativeTimeFormat;

    #[wasm_bindgen(method)]
    fn format(this: &RelativeTimeFormat, value: f64, unit: &str) -> String;

    #[wasm_bindgen(js_namespace = Intl, js_name = Collator)]
    type Collator;

    #[wasm_bindgen(constructor, js_namespace = Intl, js_class = Collator)]
    fn new(locale: &str) -> Collator;

    #[wasm_bindgen(method)]
    fn compare(this: &Collator, one: &str, other: &str) -> f64;
}

/// English as it is written in Europe: day before month, 24 hours.
fn tag(language: Language) -> &'static str {
    match language {
        Language::Sv => "sv-SE",
        Language::En => "en-GB",
    }
}

fn options(pairs: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in pairs {
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options
}

fn format(language: Language, date: &Date, pairs: &[(&str, &str)]) -> String {
    DateTimeFormat::new(tag(language), &options(pairs)).format(date)
}

/// A day of the calendar has no time zone: it is written as it stands.
fn written(day: Day, language: Language, pairs: &[(&str, &str)]) -> String {
    let date = Date::new(&JsValue::from_f64(day.start().0 as f64));
    format(language, &date, &[pairs, &[("timeZone", "UTC")]].concat())
}

fn date(at: Millis) -> Date {
    Date::new(&JsValue::from_f64(at.0 as f64))
}

/// The day of a moment where this phone is.
fn local_day(at: Millis) -> Day {
    let date = date(at);
    let (year, month, day) = (date.get_full_year() as i16, date.get_month() as u8 + 1, date.get_date() as u8);
    Day::new(year, month, day).unwrap_or_else(|_| at.day())
}

impl Locale for PhoneLocale {
    fn now(&self) -> Millis {
        web::now()
    }

    fn today(&self) -> Day {
        local_day(web::now())
    }

    fn day(&self, day: Day, language: Language) -> String {
        written(day, language, &[("day", "numeric"), ("month", "long"), ("year", "numeric")])
    }

    fn weekday(&self, day: Day, language: Language) -> String {
        written(day, language, &[("weekday", "long"), ("day", "numeric"), ("month", "long")]).replace(',', "")
    }

    fn moment(&self, at: Millis, language: Language) -> String {
        let (day, today) = (local_day(at), self.today());
        let time = self.time(at, language);
        match today.days() - day.days() {
            0 => time,
            1 => {
                let relative = RelativeTimeFormat::new(tag(language), &options(&[("numeric", "auto")]));
                format!("{} {time}", relative.format(-1.0, "day"))
            }
            _ if day.year() == today.year() => {
                format!("{} {time}", written(day, language, &[("day", "numeric"), ("month", "short")]))
            }
            _ => written(day, language, &[("day", "numeric"), ("month", "short"), ("year", "numeric")]),
        }
    }

    fn time(&self, at: Millis, language: Language) -> String {
        format(language, &date(at), &[("hour", "2-digit"), ("minute", "2-digit")])
    }

    fn compare(&self, one: &str, other: &str, language: Language) -> Ordering {
        Collator::new(tag(language)).compare(one, other).total_cmp(&0.0)
    }
}
