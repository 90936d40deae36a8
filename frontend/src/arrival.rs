//! Where a screen is scrolled to and what has the focus on it, once it is drawn.
//!
//! A screen may be drawn in several steps, the last of them when the store has answered. Each step is heard of before
//! it is painted (a mutation observer runs ahead of the next frame), so that no frame shows the wrong place. It ends as
//! soon as the place is reached or the person does something.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use wasm_bindgen::{JsCast, closure::Closure};
use web::Timer;
use web_sys::{
    Document, Element, FocusOptions, HtmlElement, MutationObserver, MutationObserverInit, ScrollBehavior,
    ScrollToOptions,
};

use crate::window;

/// The place on a screen that is gone to.
pub struct Place {
    /// In CSS pixels.
    pub scrolled: f64,
    /// The address of the link that gets the focus, if it is there.
    pub link: Option<String>,
    /// What is shown is about to be replaced, and with it the control that was used.
    pub is_new_screen: bool,
}

/// Takes the person to a place. The latest one counts.
#[derive(Clone, Default)]
pub struct Arrivals(Rc<RefCell<Option<Arrival>>>);

struct Arrival {
    observer: MutationObserver,
    _heard: Closure<dyn FnMut()>,
    /// For a screen of which nothing is drawn anew.
    _later: Timer,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl Arrivals {
    pub fn begin(&self, place: Place) {
        self.end();
        let Some(body) = document().and_then(|document| document.body()) else { return };
        if place.is_new_screen {
            leave_control();
        }
        let (scrolled, focused) = (Cell::new(false), Cell::new(false));
        // Until the screen is drawn, the one before it may still be there in part: nothing is reached yet.
        let arrive = Rc::new(move |is_drawn: bool| {
            let Some(page) = page() else { return };
            if !scrolled.get() {
                scroll(place.scrolled, ScrollBehavior::Instant);
                scrolled.set(is_drawn && scroll_position() + 1.0 >= place.scrolled);
            }
            if is_drawn && !focused.get() {
                focused.set(focus(&page, place.link.as_deref()));
            }
        });
        let is_drawn = Rc::new(Cell::new(false));
        let later = Timer::after(Duration::ZERO, {
            let (arrive, is_drawn) = (arrive.clone(), is_drawn.clone());
            move || {
                is_drawn.set(true);
                arrive(true);
            }
        });
        let heard = Closure::<dyn FnMut()>::new(move || arrive(is_drawn.get()));
        let Ok(observer) = MutationObserver::new(heard.as_ref().unchecked_ref()) else { return };
        let what = MutationObserverInit::new();
        what.set_child_list(true);
        what.set_subtree(true);
        let _ = observer.observe_with_options(&body, &what);
        *self.0.borrow_mut() = Some(Arrival { observer, _heard: heard, _later: later });
    }

    /// The person has gone on by themselves.
    pub fn end(&self) {
        *self.0.borrow_mut() = None;
    }
}

/// A link or button that has been used is done with, even where the next screen is drawn with the same element.
fn leave_control() {
    let focused = document().and_then(|document| document.active_element());
    if let Some(control) = focused.filter(|focused| matches!(focused.tag_name().as_str(), "A" | "BUTTON")) {
        let _ = control.unchecked_ref::<HtmlElement>().blur();
    }
}

/// Keyboard and screen reader start at the new page, not at the link that is gone: at the link that was followed from
/// here, at the heading where it can have the focus, else at the page. `false` if there may be something better later.
fn focus(page: &Element, link: Option<&str>) -> bool {
    let focused = document().and_then(|document| document.active_element());
    // A field that has asked for the focus keeps it.
    if focused.is_some_and(|focused| focused.tag_name() != "BODY" && focused != *page) {
        return true;
    }
    let found = |selector: &str| page.query_selector(selector).ok().flatten();
    // What could end the selector's string does not stand in an address of ours.
    let link = link.filter(|link| !link.contains(['"', '\\']));
    let better = match link {
        Some(link) => found(&format!("a[href=\"{link}\"]")),
        None => found("h1[tabindex]"),
    };
    focus_on(better.as_ref().unwrap_or(page));
    better.is_some()
}

/// Brings the element with this id to the top of what is seen, but for its scroll margin, and puts the focus on it.
pub fn show(id: String, smoothly: bool) {
    let arrive = Closure::once_into_js(move || {
        let Some(element) = document().and_then(|document| document.get_element_by_id(&id)) else { return };
        focus_on(&element);
        let top = element.get_bounding_client_rect().top() + scroll_position() - scroll_margin(&element);
        let behavior = match smoothly && !is_motion_reduced() {
            true => ScrollBehavior::Smooth,
            false => ScrollBehavior::Instant,
        };
        scroll(top, behavior);
    });
    // What is to be shown is drawn by then, and not yet painted.
    let _ = window().request_animation_frame(arrive.unchecked_ref());
}

pub fn scroll_position() -> f64 {
    window().scroll_y().unwrap_or(0.0)
}

fn scroll(to: f64, behavior: ScrollBehavior) {
    let how = ScrollToOptions::new();
    how.set_top(to);
    how.set_behavior(behavior);
    window().scroll_to_with_scroll_to_options(&how);
}

fn focus_on(element: &Element) {
    let how = FocusOptions::new();
    how.set_prevent_scroll(true);
    let _ = element.unchecked_ref::<HtmlElement>().focus_with_options(&how);
}

fn scroll_margin(element: &Element) -> f64 {
    let style = window().get_computed_style(element).ok().flatten();
    let margin = style.and_then(|style| style.get_property_value("scroll-margin-top").ok());
    margin.and_then(|margin| margin.trim_end_matches("px").parse().ok()).unwrap_or(0.0)
}

fn is_motion_reduced() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
    query.is_some_and(|query| query.matches())
}

fn document() -> Option<Document> {
    window().document()
}

fn page() -> Option<Element> {
    document()?.get_element_by_id("page")
}
