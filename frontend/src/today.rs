//! Which day it is where the phone is, also when the page stays open over midnight or the phone is carried into another
//! zone.

use std::{cell::RefCell, rc::Rc, time::Duration};

use app::context::Live;
use domain::ports::Locale;
use leptos::prelude::*;
use web::Timer;
use web_sys::js_sys::Date;

use crate::{
    locale::PhoneLocale,
    start::{on_document, on_window},
};

#[derive(Clone)]
pub struct Today {
    live: Live,
    midnight: Rc<RefCell<Option<Timer>>>,
}

impl Today {
    pub fn new(live: Live) -> Self {
        Self { live, midnight: Rc::default() }
    }

    /// Looks at the calendar. What depends on the day is drawn anew if it is another one.
    pub fn look(&self) {
        let today = Some(PhoneLocale.today());
        if self.live.today.get_untracked() != today {
            self.live.today.set(today);
        }
    }

    /// Goes on looking: at midnight, and whenever the page is seen again, for a phone that sleeps runs no timers.
    pub fn watch(&self) {
        self.wait_for_midnight();
        let again = self.clone();
        on_document("visibilitychange", move || again.wait_for_midnight());
        let again = self.clone();
        on_window("pageshow", move || again.wait_for_midnight());
    }

    fn wait_for_midnight(&self) {
        self.look();
        let again = self.clone();
        let midnight = Timer::after(until_midnight(), move || again.wait_for_midnight());
        *self.midnight.borrow_mut() = Some(midnight);
    }
}

/// At least a second: where clocks are set forward at midnight, it never comes to be nothing for ever.
fn until_midnight() -> Duration {
    let now = Date::new_0();
    let (year, month, day) = (now.get_full_year(), now.get_month() as i32, now.get_date() as i32);
    let next = Date::new_with_year_month_day(year, month, day + 1);
    Duration::from_millis((next.get_time() - now.get_time()).max(1_000.0) as u64)
}
