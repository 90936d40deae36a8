//! What an entry of the browser's history remembers besides its address: how far its screen was scrolled, which link
//! was followed from it, and which entries of ours come before it.
//!
//! It lies in the entry's own state, so that it outlives a reload and is not shared with another tab. An entry that was
//! not made by this app (a link from elsewhere, a new tab) has none, and nothing before it is known.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Object, Reflect};

use crate::window;

const SCROLLED: &str = "scrolled";
const TRAIL: &str = "trail";
const LINK: &str = "link";

/// The entries before this one that are remembered. Whoever went further goes back by the browser.
const MAX_TRAIL: usize = 50;

#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// In CSS pixels.
    pub scrolled: f64,
    /// The addresses of our entries before this one, the nearest last.
    pub trail: Vec<String>,
    /// The address of the link that was followed from here last.
    pub link: Option<String>,
}

impl Entry {
    /// The entry that is shown.
    pub fn current() -> Self {
        let state = window().history().and_then(|history| history.state()).unwrap_or_default();
        let of = |name: &str| Reflect::get(&state, &name.into()).unwrap_or_default();
        let trail = of(TRAIL).dyn_into::<Array>().unwrap_or_default();
        Self {
            scrolled: of(SCROLLED).as_f64().unwrap_or(0.0),
            trail: trail.iter().filter_map(|address| address.as_string()).collect(),
            link: of(LINK).as_string(),
        }
    }

    /// The entry that follows this one, which has this address.
    pub fn next(&self, address: String) -> Self {
        let mut trail = self.trail.clone();
        trail.push(address);
        let surplus = trail.len().saturating_sub(MAX_TRAIL);
        trail.drain(..surplus);
        Self { trail, ..Self::default() }
    }

    /// Adds an entry to the history.
    pub fn push(&self, address: &str) {
        if let Ok(history) = window().history() {
            let _ = history.push_state_with_url(&self.state(), "", Some(address));
        }
    }

    /// Writes this over the entry that is shown; without an address that stays as it is.
    pub fn replace(&self, address: Option<&str>) {
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&self.state(), "", address);
        }
    }

    fn state(&self) -> JsValue {
        let state = Object::new();
        let set = |name: &str, value: &JsValue| Reflect::set(&state, &name.into(), value);
        let trail: Array = self.trail.iter().map(|address| JsValue::from_str(address)).collect();
        let _ = set(SCROLLED, &self.scrolled.into());
        let _ = set(TRAIL, &trail);
        if let Some(link) = &self.link {
            let _ = set(LINK, &link.as_str().into());
        }
        state.into()
    }
}
