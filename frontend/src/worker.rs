//! The service worker: registered once, asked to take up a new build only when the person says so.

use std::{cell::RefCell, rc::Rc, time::Duration};

use app::context::Live;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web::sleep;
use web_sys::{ServiceWorkerRegistration, ServiceWorkerState, js_sys::Reflect};

use crate::window;

/// How often a build that waits is told to take over, at most, and how far apart.
const WORDS: u32 = 5;
const BETWEEN_WORDS: Duration = Duration::from_secs(1);
/// How old a page is, in milliseconds, that has all its files, as far as we have seen. While the worker in charge still
/// hands them out, Chromium may take the word for another to take over, and then never act upon it.
const SETTLED_MS: f64 = 3_000.0;

#[derive(Clone, Default)]
pub struct Workers(Rc<RefCell<Option<ServiceWorkerRegistration>>>);

impl Workers {
    /// Registers the worker, and notes when a new build waits. A browser without workers, or a page without HTTPS,
    /// works as long as the network does.
    pub fn register(&self, live: Live) {
        let navigator = window().navigator();
        if !Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
            return;
        }
        let workers = self.clone();
        spawn_local(async move {
            let container = window().navigator().service_worker();
            let registered = JsFuture::from(container.register("/sw.js")).await;
            let Ok(registration) = registered.and_then(|value| value.dyn_into::<ServiceWorkerRegistration>())
            else {
                leptos::logging::warn!("no service worker: Solsken will not start without a network");
                return;
            };
            *workers.0.borrow_mut() = Some(registration.clone());
            let note = move |registration: &ServiceWorkerRegistration| {
                // The first build of all has nobody to wait for.
                let replaces = window().navigator().service_worker().controller().is_some();
                live.update.set(replaces && registration.waiting().is_some());
            };
            note(&registration);
            watch(registration, note);
        });
    }

    /// Takes up the build that waits, and loads the page anew once it is in charge.
    pub fn take_up(&self) {
        let reload = || drop(window().location().reload());
        let container = window().navigator().service_worker();
        container.set_oncontrollerchange(Some(Closure::once_into_js(reload).unchecked_ref()));
        let workers = self.clone();
        spawn_local(async move {
            let age_ms = window().performance().map_or(SETTLED_MS, |performance| performance.now());
            sleep(Duration::from_millis((SETTLED_MS - age_ms).max(0.0) as u64)).await;
            // Now and then Chromium does not act upon the first word.
            for _ in 0..WORDS {
                let waiting = workers.0.borrow().as_ref().and_then(ServiceWorkerRegistration::waiting);
                // None waits if another tab took it up: it is in charge already.
                let Some(waiting) = waiting else { return reload() };
                let _ = waiting.post_message(&"take-up".into());
                sleep(BETWEEN_WORDS).await;
            }
            // With this page goes what the worker in charge may still have to do for it.
            reload();
        });
    }

    /// Asks the server whether there is a new build.
    pub fn look_for_update(&self) {
        if let Some(registration) = self.0.borrow().as_ref()
            && let Ok(looked) = registration.update()
        {
            spawn_local(async move { drop(JsFuture::from(looked).await) });
        }
    }
}

/// Calls `note` whenever a worker of this registration has changed its state.
fn watch(
    registration: ServiceWorkerRegistration,
    note: impl Fn(&ServiceWorkerRegistration) + Copy + 'static,
) {
    let registered = registration.clone();
    let found = Closure::<dyn Fn()>::new(move || {
        let Some(installing) = registered.installing() else { return };
        let (registration, worker) = (registered.clone(), installing.clone());
        let changed = Closure::<dyn Fn()>::new(move || {
            if worker.state() == ServiceWorkerState::Installed {
                note(&registration);
            }
        });
        installing.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
        changed.forget();
    });
    registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
    found.forget();
}

/// What a worker or the browser says to this page.
pub fn on_message(heard: impl Fn(&str) + 'static) {
    let navigator = window().navigator();
    if !Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        return;
    }
    let heard = Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |message: web_sys::MessageEvent| {
        if let Some(text) = message.data().as_string() {
            heard(&text);
        }
    });
    navigator.service_worker().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
}

/// Asks for a background sync, where there is such a thing.
pub fn ask_for_background_sync(workers: &Workers) {
    let Some(registration) = workers.0.borrow().clone() else { return };
    let Ok(manager) = Reflect::get(&registration, &"sync".into()) else { return };
    if let Ok(register) =
        Reflect::get(&manager, &"register".into()).and_then(|f| f.dyn_into::<web_sys::js_sys::Function>())
    {
        let _ = register.call1(&manager, &JsValue::from_str("outbox"));
    }
}
