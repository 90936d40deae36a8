//! What the browser can do for a person besides keeping and sending.

use std::{cell::RefCell, rc::Rc, time::Duration};

use app::context::Live;
use async_trait::async_trait;
use domain::{
    id::PathId,
    language::Language,
    ports::{Call, Device, Going, Storage},
};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web::sleep;
use web_sys::{
    Blob, Element, HtmlAnchorElement, HtmlElement, KeyboardEvent, ShareData, Url,
    js_sys::{Array, Function, Promise, Reflect},
};

use crate::{address::Addresses, engine::Engine, window, worker::Workers};

pub struct PhoneDevice(SendWrapper<Rc<Inner>>);

struct Inner {
    live: Live,
    engine: Rc<Engine>,
    addresses: Addresses,
    workers: Workers,
    /// The browser's own question whether to install, held back until the person asks for it.
    install: Rc<RefCell<Option<JsValue>>>,
}

impl PhoneDevice {
    pub fn new(
        live: Live,
        engine: Rc<Engine>,
        addresses: Addresses,
        workers: Workers,
        install: Rc<RefCell<Option<JsValue>>>,
    ) -> Self {
        Self(SendWrapper::new(Rc::new(Inner { live, engine, addresses, workers, install })))
    }

    fn live(&self) -> Live {
        self.0.live
    }

    /// What is remembered for whoever is signed in, and for nobody else on this phone.
    fn recall_own(&self, kind: &str, key: &str) -> Option<String> {
        let own = self.own(kind, key)?;
        let earlier = format!("{kind}/{key}");
        recall(&own).or_else(|| {
            // Earlier versions did not say whose it is: it goes to whoever comes to it first, and to nobody after them.
            let text = recall(&earlier)?;
            remember(&own, &text);
            remember(&earlier, "");
            Some(text)
        })
    }

    fn remember_own(&self, kind: &str, key: &str, text: &str) {
        if let Some(own) = self.own(kind, key) {
            remember(&own, text);
        }
    }

    fn own(&self, kind: &str, key: &str) -> Option<String> {
        let me = self.live().me.read_untracked();
        me.as_ref().map(|me| format!("{kind}/{}/{key}", me.reader.person))
    }
}

/// Small things that only this browser needs to remember, and that no transaction depends on. A browser that
/// remembers nothing loses a convenience, no words.
pub fn remembered() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

pub fn recall(key: &str) -> Option<String> {
    remembered()?.get_item(key).ok().flatten()
}

pub fn remember(key: &str, text: &str) {
    if let Some(storage) = remembered() {
        let _ = match text {
            "" => storage.remove_item(key),
            text => storage.set_item(key, text),
        };
    }
}

#[async_trait]
impl Device for PhoneDevice {
    fn go(&self, to: &str, going: Going) {
        self.0.addresses.go(to, going);
    }

    async fn copy(&self, text: &str) -> bool {
        let text = text.to_owned();
        SendWrapper::new(async move { copy(&text).await }).await
    }

    async fn share(&self, title: &str, path: &str) -> bool {
        let origin = window().location().origin().unwrap_or_default();
        let (title, link) = (title.to_owned(), format!("{origin}{path}"));
        SendWrapper::new(async move {
            let navigator = window().navigator();
            if Reflect::has(&navigator, &"share".into()).unwrap_or(false) {
                let data = ShareData::new();
                data.set_title(&title);
                data.set_url(&link);
                // Someone who closes the sheet has seen it; nothing is copied behind their back.
                let _ = JsFuture::from(navigator.share_with_data(&data)).await;
                return false;
            }
            copy(&link).await
        })
        .await
    }

    async fn storage(&self) -> Storage {
        let engine = self.0.engine.clone();
        SendWrapper::new(async move { engine.call(Call::Storage).await.unwrap_or_default() }).await
    }

    async fn persist(&self) -> bool {
        SendWrapper::new(async move {
            let asked = window().navigator().storage().persist();
            let Ok(asked) = asked else { return false };
            JsFuture::from(asked).await.is_ok_and(|answer| answer.is_truthy())
        })
        .await
    }

    fn set_language(&self, language: Language) {
        choose_language(language);
        self.live().language.set(language);
        // The screen is drawn anew, and the choice that had the focus is gone.
        spawn_local(async {
            sleep(Duration::ZERO).await;
            focus("[name=language]:checked");
        });
    }

    fn focus(&self, id: &str) {
        let selector = format!("#{id}");
        spawn_local(async move {
            sleep(Duration::ZERO).await;
            focus(&selector);
        });
    }

    fn show(&self, id: &str, smoothly: bool) {
        self.0.addresses.bring_up(id, smoothly);
    }

    fn update(&self) {
        self.0.workers.take_up();
    }

    async fn install(&self) {
        let held = self.0.install.borrow_mut().take();
        let live = self.live();
        SendWrapper::new(async move {
            let Some(event) = held else { return };
            let prompt = Reflect::get(&event, &"prompt".into())
                .ok()
                .and_then(|prompt| prompt.dyn_into::<Function>().ok());
            if let Some(asked) = prompt.and_then(|prompt| prompt.call0(&event).ok()) {
                let _ = JsFuture::from(Promise::resolve(&asked)).await;
            }
            live.install.set(app::context::Install::No);
        })
        .await;
    }

    fn progress(&self, path: PathId) -> usize {
        self.recall_own("progress", &path.to_string()).and_then(|stops| stops.parse().ok()).unwrap_or(0)
    }

    fn set_progress(&self, path: PathId, stops: usize) {
        if stops > self.progress(path) {
            self.remember_own("progress", &path.to_string(), &stops.to_string());
        }
    }

    fn stash(&self, key: &str, text: &str) {
        self.remember_own("stash", key, text);
    }

    fn stashed(&self, key: &str) -> Option<String> {
        self.recall_own("stash", key)
    }

    fn keys(&self, press: Box<dyn Fn(&str) -> bool + Send + Sync>) -> Box<dyn Send + Sync> {
        let heard = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let key = event.key();
            let on_button =
                event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|element| {
                    matches!(element.tag_name().as_str(), "BUTTON" | "A" | "INPUT" | "TEXTAREA" | "SELECT")
                });
            let answers_for_itself = on_button && matches!(key.as_str(), " " | "Enter");
            if !answers_for_itself && (scrolls_on(&key) || (!event.repeat() && press(&key))) {
                event.prevent_default();
            }
        });
        let _ = window().add_event_listener_with_callback("keydown", heard.as_ref().unchecked_ref());
        Box::new(SendWrapper::new(Listening(heard)))
    }

    fn show_dialog(&self, id: &str) {
        let found = window().document().and_then(|document| document.get_element_by_id(id));
        let show = found.as_ref().and_then(|dialog| Reflect::get(dialog, &"showModal".into()).ok());
        if let (Some(dialog), Some(show)) = (found, show.and_then(|show| show.dyn_into::<Function>().ok())) {
            // One that is open already stays open.
            let _ = show.call0(&dialog);
        }
    }

    fn save_file(&self, name: &str, text: &str) {
        let parts = Array::of1(&text.into());
        let hand_over = || -> Result<(), JsValue> {
            let blob = Blob::new_with_str_sequence(&parts)?;
            let url = Url::create_object_url_with_blob(&blob)?;
            let document = window().document().ok_or(JsValue::NULL)?;
            let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
            link.set_href(&url);
            link.set_download(name);
            link.unchecked_ref::<HtmlElement>().click();
            Url::revoke_object_url(&url)
        };
        if hand_over().is_err() {
            leptos::logging::warn!("the browser takes no files");
        }
    }
}

/// Scrolls the page where it scrolls by itself, under a bar that stays: by the keys that scroll, and by those of a
/// remote control, which go on (and back) only from its end.
fn scrolls_on(key: &str) -> bool {
    /// How much of what is seen moves on, so that the eye finds its line again.
    const STEPS: [(&str, f64); 4] =
        [("ArrowDown", 0.25), ("ArrowUp", -0.25), ("PageDown", 0.8), ("PageUp", -0.8)];
    let Some((_, step)) = STEPS.into_iter().find(|(known, _)| *known == key) else { return false };
    let Some(page) = window().document().and_then(|document| document.get_element_by_id("page")) else {
        return false;
    };
    let (at, seen) = (page.scroll_top(), page.client_height());
    let end = page.scroll_height() - seen;
    let to = (at + (step * f64::from(seen)) as i32).clamp(0, end.max(0));
    // A pixel may be lost to rounding.
    let moves = (to - at).abs() > 1;
    if moves {
        page.set_scroll_top(to);
    }
    moves
}

/// Listens until it is dropped.
struct Listening(Closure<dyn Fn(KeyboardEvent)>);

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = window().remove_event_listener_with_callback("keydown", self.0.as_ref().unchecked_ref());
    }
}

async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Without HTTPS there is no clipboard to write to.
    if !Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object()) {
        return false;
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}

fn focus(selector: &str) {
    let found = window().document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        let _ = element.unchecked_ref::<HtmlElement>().focus();
    }
}

const LANGUAGE: &str = "solsken-language";

/// In a cookie, so that the server's first page speaks it too.
fn choose_language(language: Language) {
    let cookie = format!("{LANGUAGE}={}; Path=/; Max-Age=34560000; SameSite=Lax", language.code());
    if let Some(document) = window().document() {
        let _ = Reflect::set(&document, &"cookie".into(), &cookie.into());
        if let Some(root) = document.document_element() {
            let _ = root.set_attribute("lang", language.code());
        }
    }
}

/// What the person chose here, else what the browser prefers.
pub fn chosen_language() -> Language {
    let cookies = window().document().and_then(|document| Reflect::get(&document, &"cookie".into()).ok());
    let cookies = cookies.and_then(|cookies| cookies.as_string()).unwrap_or_default();
    let chosen = cookies
        .split(';')
        .find_map(|pair| pair.trim().strip_prefix(LANGUAGE)?.strip_prefix('=')?.parse().ok());
    chosen.unwrap_or_else(|| {
        let tags: Vec<String> =
            window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect();
        Language::preferred(&tags.join(","))
    })
}
