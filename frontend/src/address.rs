//! The address bar: where one is, going on, and going back.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use app::{context::Live, route::Address};
use domain::ports::Going;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web::Timer;
use web_sys::{
    Element, HtmlAnchorElement, HtmlElement, MouseEvent, ScrollRestoration,
    js_sys::{Date, Object, Reflect},
};

use crate::window;

/// Shows the screens of the addresses that are gone to.
#[derive(Clone)]
pub struct Addresses(Rc<Inner>);

struct Inner {
    live: Live,
    /// The address follows typing a little later: Safari takes a hundred changes in half a minute and no more. It does
    /// follow, also while somebody types on: whoever reloads has most of it.
    settling: RefCell<Option<Timer>>,
    /// When it did so last, in milliseconds.
    settled: Cell<f64>,
    /// Where the page is to be scrolled to as soon as it is long enough.
    returning: RefCell<Option<Timer>>,
}

const SETTLE: Duration = Duration::from_millis(400);
/// Where a screen was scrolled to, in the state of its entry in the history.
const SCROLLED: &str = "scrolled";

/// The address of this page.
pub fn here() -> Address {
    let location = window().location();
    let part = |part: Result<String, JsValue>| part.unwrap_or_default();
    Address::of(&format!("{}{}", part(location.pathname()), part(location.search())))
}

impl Addresses {
    pub fn new(live: Live) -> Self {
        Self(Rc::new(Inner {
            live,
            settling: RefCell::default(),
            settled: Cell::default(),
            returning: RefCell::default(),
        }))
    }

    pub fn go(&self, to: &str, going: Going) {
        let inner = &self.0;
        match going {
            Going::InPlace => {
                inner.live.address.set(Address::of(to));
                let to = to.to_owned();
                let since = Duration::from_millis((Date::now() - inner.settled.get()).max(0.0) as u64);
                let settled = self.clone();
                let settle = Timer::after(SETTLE.saturating_sub(since), move || {
                    settled.0.settled.set(Date::now());
                    replace(&to, scrolled());
                });
                *inner.settling.borrow_mut() = Some(settle);
            }
            Going::Onward => {
                self.settle();
                replace_state(scrolled());
                if let Ok(history) = window().history() {
                    let _ = history.push_state_with_url(&JsValue::NULL, "", Some(to));
                }
                self.show(Address::of(to), 0.0);
            }
            Going::Instead => {
                let there = to.to_owned();
                // The screen comes before the address bar.
                let settle = Timer::after(Duration::ZERO, move || replace(&there, 0.0));
                *inner.settling.borrow_mut() = Some(settle);
                self.show(Address::of(to), 0.0);
            }
        }
    }

    /// Writes what is shown into the address bar now, so that "back" leads to it.
    fn settle(&self) {
        if let Some(timer) = self.0.settling.borrow_mut().take() {
            timer.now();
        }
    }

    fn show(&self, address: Address, scrolled: f64) {
        let other_screen = self.0.live.address.read_untracked().path != address.path;
        self.0.live.address.set(address);
        *self.0.returning.borrow_mut() = None;
        if other_screen {
            window().scroll_to_with_x_and_y(0.0, scrolled);
            let inner = self.0.clone();
            let drawn = Timer::after(Duration::ZERO, move || {
                focus_page();
                inner.scroll_when_long_enough(scrolled, RETURNS);
            });
            *self.0.returning.borrow_mut() = Some(drawn);
        }
    }

    /// Follows links of ours without loading a page, and the browser's "back" and "forward".
    pub fn watch(&self) {
        if let Ok(history) = window().history() {
            let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
        }
        let addresses = self.clone();
        listen("click", move |event: MouseEvent| {
            if let Some(to) = followed(&event) {
                event.prevent_default();
                addresses.go(&to, Going::Onward);
            }
        });
        let addresses = self.clone();
        listen("popstate", move |_: web_sys::Event| {
            *addresses.0.settling.borrow_mut() = None;
            addresses.show(here(), remembered());
        });
        listen("pagehide", move |_: web_sys::Event| replace_state(scrolled()));
        let (live, first) = (self.0.live, remembered());
        self.0.clone().scroll_when_long_enough(first, RETURNS);
        // The title is for the window's frame, which costs a weak phone more than the screen: the screen comes first.
        let drawn = RefCell::new(None);
        Effect::new(move |_| {
            let title = live.full_title();
            *drawn.borrow_mut() = Some(Timer::after(Duration::ZERO, move || {
                if let Some(document) = window().document() {
                    document.set_title(&title);
                }
            }));
        });
    }
}

/// How often the page is looked at until it is long enough to be scrolled as it was.
const RETURNS: u32 = 12;
const RETURN: Duration = Duration::from_millis(40);

impl Inner {
    /// A list that comes from the store is there a little later than its screen.
    fn scroll_when_long_enough(self: Rc<Self>, to: f64, left: u32) {
        if to <= 0.0 {
            return;
        }
        window().scroll_to_with_x_and_y(0.0, to);
        if left > 0 && scrolled() + 1.0 < to {
            let inner = self.clone();
            let again = Timer::after(RETURN, move || inner.scroll_when_long_enough(to, left - 1));
            *self.returning.borrow_mut() = Some(again);
        }
    }
}

/// Keyboard and screen reader start at the new page, not at the link that is gone.
fn focus_page() {
    let Some(document) = window().document() else { return };
    // A field that has asked for the focus keeps it.
    let taken = document.active_element().is_some_and(|focused| focused.tag_name() != "BODY");
    if let (false, Some(page)) = (taken, document.get_element_by_id("page")) {
        let _ = page.unchecked_ref::<HtmlElement>().focus_with_options(&without_scrolling());
    }
}

/// Nothing is typed any more.
pub fn leave_field() {
    let focused = window().document().and_then(|document| document.active_element());
    if let Some(field) = focused.filter(|focused| matches!(focused.tag_name().as_str(), "TEXTAREA" | "INPUT"))
    {
        let _ = field.unchecked_ref::<HtmlElement>().blur();
    }
}

fn without_scrolling() -> web_sys::FocusOptions {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    options
}

/// The address of the link that was clicked, if it is for us to follow.
fn followed(event: &MouseEvent) -> Option<String> {
    let for_the_browser =
        event.default_prevented() || event.button() != 0 || event.ctrl_key() || event.meta_key();
    if for_the_browser || event.shift_key() || event.alt_key() {
        return None;
    }
    let clicked: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = clicked.closest("a[href]").ok()??.dyn_into().ok()?;
    let elsewhere = !link.target().is_empty() || link.has_attribute("download");
    let ours = window().location().origin().is_ok_and(|origin| origin == link.origin());
    let within_page = !link.hash().is_empty();
    let to_server = link.pathname().starts_with("/api/");
    (ours && !elsewhere && !within_page && !to_server)
        .then(|| format!("{}{}", link.pathname(), link.search()))
}

fn scrolled() -> f64 {
    window().scroll_y().unwrap_or(0.0)
}

fn remembered() -> f64 {
    let state = window().history().and_then(|history| history.state());
    let scrolled = state.and_then(|state| Reflect::get(&state, &SCROLLED.into()));
    scrolled.ok().and_then(|scrolled| scrolled.as_f64()).unwrap_or(0.0)
}

fn state(scrolled: f64) -> JsValue {
    let state = Object::new();
    let _ = Reflect::set(&state, &SCROLLED.into(), &scrolled.into());
    state.into()
}

fn replace_state(scrolled: f64) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state(&state(scrolled), "");
    }
}

fn replace(to: &str, scrolled: f64) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&state(scrolled), "", Some(to));
    }
}

fn listen<E: wasm_bindgen::convert::FromWasmAbi + 'static>(event: &str, heard: impl Fn(E) + 'static) {
    let heard = Closure::<dyn Fn(E)>::new(heard);
    let _ = window().add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
    heard.forget();
}
