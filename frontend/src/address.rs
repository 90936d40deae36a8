//! The address bar: where one is, going on, and going back.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use app::{
    context::Live,
    route::{Address, Route},
};
use domain::ports::Going;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web::Timer;
use web_sys::{Element, HtmlAnchorElement, HtmlElement, MouseEvent, ScrollRestoration, js_sys::Date};

use crate::{
    arrival::{self, Arrivals, Place, scroll_position},
    double_tap::DoubleTaps,
    history::Entry,
    window,
};

/// Shows the screens of the addresses that are gone to.
#[derive(Clone)]
pub struct Addresses(Rc<Inner>);

struct Inner {
    live: Live,
    /// The entry of the history that is shown.
    entry: RefCell<Entry>,
    /// The address follows typing a little later: Safari takes a hundred changes in half a minute and no more. It does
    /// follow, also while somebody types on: whoever reloads has most of it.
    settling: RefCell<Option<Timer>>,
    /// When it did so last, in milliseconds.
    settled: Cell<f64>,
    arrivals: Arrivals,
    /// The browser is on its way to an earlier entry.
    returning: RefCell<Option<Returning>>,
    double_taps: DoubleTaps,
}

struct Returning {
    to: Route,
    /// Shows the screen here when the browser has no such entry any more.
    _instead: Timer,
}

const SETTLE: Duration = Duration::from_millis(400);
/// The browser goes back within a few milliseconds, or not at all.
const RETURN: Duration = Duration::from_secs(1);
/// On a link: it leads back to where one came from, and to its address only where one did not.
const LEADS_BACK: &str = "data-back";

/// The address of this page.
pub fn here() -> Address {
    Address::of(&here_as_text())
}

fn here_as_text() -> String {
    let location = window().location();
    let part = |part: Result<String, JsValue>| part.unwrap_or_default();
    format!("{}{}", part(location.pathname()), part(location.search()))
}

impl Addresses {
    pub fn new(live: Live) -> Self {
        Self(Rc::new(Inner {
            live,
            entry: RefCell::new(Entry::current()),
            settling: RefCell::default(),
            settled: Cell::default(),
            arrivals: Arrivals::default(),
            returning: RefCell::default(),
            double_taps: DoubleTaps::default(),
        }))
    }

    pub fn go(&self, to: &str, going: Going) {
        match going {
            Going::InPlace => self.follow(to),
            Going::Onward => {
                self.settle();
                self.0.leave(Some(to));
                let next = self.0.entry.borrow().next(here_as_text());
                next.push(to);
                self.show(Address::of(to), next, false);
            }
            Going::Instead => {
                let entry = Entry { scrolled: 0.0, link: None, ..self.0.entry.borrow().clone() };
                let (there, written) = (to.to_owned(), entry.clone());
                // The screen comes before the address bar.
                let settle = Timer::after(Duration::ZERO, move || written.replace(Some(&there)));
                *self.0.settling.borrow_mut() = Some(settle);
                self.show(Address::of(to), entry, false);
            }
            Going::Back => self.back(to),
        }
    }

    /// Lets the address follow what is done on the screen.
    fn follow(&self, to: &str) {
        let inner = &self.0;
        inner.live.address.set(Address::of(to));
        let to = to.to_owned();
        let since = Duration::from_millis((Date::now() - inner.settled.get()).max(0.0) as u64);
        let settled = self.clone();
        let settle = Timer::after(SETTLE.saturating_sub(since), move || {
            settled.0.settled.set(Date::now());
            settled.0.write(Some(&to));
        });
        *inner.settling.borrow_mut() = Some(settle);
    }

    /// Writes what is shown into the address bar now, so that "back" leads to it.
    fn settle(&self) {
        let timer = self.0.settling.borrow_mut().take();
        if let Some(timer) = timer {
            timer.now();
        }
    }

    /// Goes back in the history to where this screen was come to from. Where nothing of ours comes before it, the
    /// screen above it takes its place.
    fn back(&self, above: &str) {
        if self.0.returning.borrow().is_some() {
            return;
        }
        self.settle();
        let Some((steps, to)) = self.0.way_back() else { return self.go(above, Going::Instead) };
        self.0.leave(None);
        let (instead, above) = (self.clone(), above.to_owned());
        let instead = Timer::after(RETURN, move || {
            *instead.0.returning.borrow_mut() = None;
            instead.go(&above, Going::Instead);
        });
        *self.0.returning.borrow_mut() = Some(Returning { to, _instead: instead });
        if let Ok(history) = window().history() {
            let _ = history.go_with_delta(-steps);
        }
    }

    /// The browser shows another entry of the history.
    fn returned(&self) {
        *self.0.settling.borrow_mut() = None;
        let returning = self.0.returning.borrow_mut().take();
        let there = here();
        let lost = returning.filter(|returning| Route::of(&there.path) != returning.to);
        self.show(there, Entry::current(), true);
        // What lay there when this entry was made has been replaced since.
        if let Some(lost) = lost {
            self.go(&lost.to.to_string(), Going::Instead);
        }
    }

    fn show(&self, address: Address, entry: Entry, comes_back: bool) {
        let live = self.0.live;
        let is_new_screen = live.address.read_untracked().path != address.path;
        let place = Place { scrolled: entry.scrolled, link: entry.link.clone(), is_new_screen };
        *self.0.entry.borrow_mut() = entry;
        if is_new_screen || comes_back {
            self.0.arrivals.begin(place);
            self.0.double_taps.screen_changed();
        }
        live.comes_back.set_value(comes_back);
        self.0.say_way_back(Route::of(&address.path));
        live.address.set(address);
    }

    /// Follows links of ours without loading a page, and the browser's "back" and "forward".
    pub fn watch(&self) {
        if let Ok(history) = window().history() {
            let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
        }
        self.0.double_taps.watch();
        let addresses = self.clone();
        listen("click", move |event: MouseEvent| addresses.clicked(&event));
        let addresses = self.clone();
        listen("popstate", move |_: web_sys::Event| addresses.returned());
        let inner = self.0.clone();
        listen("pagehide", move |_: web_sys::Event| inner.leave(None));
        self.watch_person();
        let (live, first) = (self.0.live, self.0.entry.borrow().clone());
        self.0.say_way_back(Route::of(&live.address.read_untracked().path));
        if first.scrolled > 0.0 {
            self.0.arrivals.begin(Place { scrolled: first.scrolled, link: first.link, is_new_screen: false });
        }
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

    /// Brings something that has come up on the screen to the top of what is seen, and puts the focus on it.
    pub fn bring_up(&self, id: &str, smoothly: bool) {
        self.0.double_taps.screen_changed();
        self.0.arrivals.end();
        arrival::show(id.to_owned(), smoothly);
    }

    fn clicked(&self, event: &MouseEvent) {
        self.0.arrivals.end();
        let Some((to, going)) = followed(event) else { return };
        event.prevent_default();
        self.go(&to, going);
    }

    /// Who does something is not taken anywhere any more; and focus that the app moves is shown to the keyboard alone.
    fn watch_person(&self) {
        const POINTER: &str = "data-pointer";
        let root = || window().document().and_then(|document| document.document_element());
        listen("pointerdown", move |_: web_sys::Event| {
            let _ = root().map(|root| root.set_attribute(POINTER, ""));
        });
        let arrivals = self.0.arrivals.clone();
        listen("keydown", move |_: web_sys::Event| {
            arrivals.end();
            let _ = root().map(|root| root.remove_attribute(POINTER));
        });
        for scrolling in ["wheel", "touchmove"] {
            let arrivals = self.0.arrivals.clone();
            listen(scrolling, move |_: web_sys::Event| arrivals.end());
        }
    }
}

impl Inner {
    /// Writes down how far the screen is scrolled, and which link is followed from it, before it is left.
    fn leave(&self, link: Option<&str>) {
        if let Some(link) = link {
            self.entry.borrow_mut().link = Some(link.to_owned());
        }
        self.write(None);
    }

    fn write(&self, address: Option<&str>) {
        self.entry.borrow_mut().scrolled = scroll_position();
        self.entry.borrow().replace(address);
    }

    /// How many steps back in the history the screen is that this one leads back to, and which that is.
    fn way_back(&self) -> Option<(i32, Route)> {
        let here = Route::of(&self.live.address.read_untracked().path);
        self.way_back_from(here)
    }

    fn way_back_from(&self, here: Route) -> Option<(i32, Route)> {
        let entry = self.entry.borrow();
        let routes = entry.trail.iter().rev().map(|address| Route::of(&Address::of(address).path));
        (1..).zip(routes).find(|(_, earlier)| here.leads_back_to(*earlier))
    }

    fn say_way_back(&self, here: Route) {
        let way = self.way_back_from(here).map(|(_, route)| route);
        if *self.live.way_back.read_untracked() != way {
            self.live.way_back.set(way);
        }
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

/// The address of the link that was clicked and how it is gone to, if it is for us to follow.
fn followed(event: &MouseEvent) -> Option<(String, Going)> {
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
    let going = if link.has_attribute(LEADS_BACK) { Going::Back } else { Going::Onward };
    (ours && !elsewhere && !within_page && !to_server)
        .then(|| (format!("{}{}", link.pathname(), link.search()), going))
}

fn listen<E: wasm_bindgen::convert::FromWasmAbi + 'static>(event: &str, heard: impl Fn(E) + 'static) {
    let heard = Closure::<dyn Fn(E)>::new(heard);
    let _ = window().add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
    heard.forget();
}
