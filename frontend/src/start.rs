//! Starts the app: who sits here, what lies here, and everything that calls for a round.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use app::{
    context::{Install, Live, PhonePorts, Ports, Seed},
    document::SEED,
};
use domain::view::Me;
use leptos::{
    mount::{hydrate_body, mount_to_body},
    prelude::*,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventSource, VisibilityState, js_sys::Reflect};

use crate::{
    accounts::{PhoneAccounts, settle_in_again},
    address::{Addresses, here},
    device::{PhoneDevice, chosen_language},
    drafts::{Keeper, PhoneDrafts},
    entropy::window,
    library::PhoneLibrary,
    locale::PhoneLocale,
    outbox::PhoneOutbox,
    phone::{ME, Phone},
    sync::Syncer,
    tabs::Tabs,
    worker::{Workers, ask_for_background_sync, on_message},
};

/// Says that the app answers. The checks wait for it, and so does whoever measures.
const READY: &str = "data-ready";

pub async fn start() {
    let hydrated = root_attribute("data-mount").as_deref() != Some("mount");
    let rendered_for: Option<Me> =
        root_attribute("data-me").and_then(|json| serde_json::from_str(&json).ok());
    // The signals of the whole app live in an owner that is never disposed of.
    let owner = Owner::new_root(None);
    owner.set();
    let live = Live::new(chosen_language(), here(), rendered_for.clone(), seed());
    let addresses = Addresses::new(live);
    let phone = Phone::new(live, Tabs::join());
    let opened = phone.open().await;
    if let Err(error) = &opened {
        leptos::logging::error!("the store cannot be opened: {error}");
        live.storage_failed.set(true);
    }
    let known_here = known_me(&phone).await;
    if !hydrated {
        live.me.set(known_here.clone());
    }
    let syncer = Syncer::new(phone.clone());
    let keeper = Keeper::new(phone.clone());
    let workers = Workers::default();
    let install = Rc::new(RefCell::new(None));
    let ports = ports(&phone, &addresses, &syncer, &keeper, &workers, &install);
    let app = move || {
        provide_context(ports);
        provide_context(live);
        app::App()
    };
    if hydrated {
        hydrate_body(app);
    } else {
        mount_to_body(app);
    }
    std::mem::forget(owner);
    addresses.watch();
    set_root_attribute(READY, "");
    if opened.is_err() {
        return;
    }
    if rendered_for.is_some() && known_here.is_none() {
        settle_in_again(&phone).await;
    }
    phone.open_index().await;
    watch(&phone, &syncer, &keeper, &workers);
    watch_installation(live, install);
    let _ = phone.count_queue().await;
    syncer.poke();
    workers.register(live);
}

fn ports(
    phone: &Rc<Phone>,
    addresses: &Addresses,
    syncer: &Rc<Syncer>,
    keeper: &Rc<Keeper>,
    workers: &Workers,
    install: &Rc<RefCell<Option<JsValue>>>,
) -> Ports {
    let on_phone = PhonePorts {
        drafts: Arc::new(PhoneDrafts::new(keeper.clone())),
        outbox: Arc::new(PhoneOutbox::new(phone.clone(), keeper.clone(), syncer.clone())),
        accounts: Arc::new(PhoneAccounts::new(phone.clone(), syncer.clone())),
        device: Arc::new(PhoneDevice::new(
            phone.clone(),
            addresses.clone(),
            workers.clone(),
            install.clone(),
        )),
    };
    Ports::new(Arc::new(PhoneLibrary::new(phone.clone())), Arc::new(PhoneLocale), Some(on_phone))
}

/// Who has joined on this phone and not signed out.
async fn known_me(phone: &Phone) -> Option<Me> {
    let devices = phone.store.devices().await.ok()?;
    devices.iter().find(|row| row.current)?;
    let json = phone.store.meta(ME).await.ok()??;
    serde_json::from_str(&json).ok()
}

/// Everything that calls for a round, or for a draft to be safe at once.
fn watch(phone: &Rc<Phone>, syncer: &Rc<Syncer>, keeper: &Rc<Keeper>, workers: &Workers) {
    let live = phone.live;
    let poke = syncer.clone();
    on_window("online", move || poke.poke());
    on_window("offline", move || live.online.set(false));
    let (poke, keep, look) = (syncer.clone(), keeper.clone(), workers.clone());
    on_document("visibilitychange", move || match visibility() {
        Some(VisibilityState::Visible) => {
            poke.poke();
            look.look_for_update();
        }
        _ => keep.save_now(),
    });
    let (keep, background, unsent) = (keeper.clone(), workers.clone(), live.unsent);
    on_window("pagehide", move || {
        keep.save_now();
        if unsent.get_untracked() > 0 {
            ask_for_background_sync(&background);
        }
    });
    let changed = phone.clone();
    phone.tabs.listen(move || {
        let phone = changed.clone();
        spawn_local(async move { drop(phone.changed_elsewhere().await) });
    });
    let poke = syncer.clone();
    on_message(move |text| {
        if text == "sync" {
            poke.poke();
        }
    });
    listen_for_news(live, syncer.clone());
}

/// The server says when there is something new; the browser comes back by itself after a break.
fn listen_for_news(live: Live, syncer: Rc<Syncer>) {
    let source: RefCell<Option<EventSource>> = RefCell::new(None);
    Effect::new(move |_| {
        let wanted = live.me.read().is_some() && live.online.get();
        if !wanted {
            if let Some(source) = source.borrow_mut().take() {
                source.close();
            }
            return;
        }
        if source.borrow().is_some() {
            return;
        }
        let Ok(opened) = EventSource::new("/api/v1/sync/news") else { return };
        let poke = syncer.clone();
        let heard = Closure::<dyn Fn()>::new(move || poke.poke());
        opened.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        *source.borrow_mut() = Some(opened);
    });
}

fn watch_installation(live: Live, held: Rc<RefCell<Option<JsValue>>>) {
    let standalone = window()
        .match_media("(display-mode: standalone)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    let navigator = window().navigator();
    let on_ios_home_screen = Reflect::get(&navigator, &"standalone".into()).ok();
    if standalone || on_ios_home_screen.as_ref().is_some_and(JsValue::is_truthy) {
        live.install.set(Install::Installed);
        return;
    }
    // Only Safari on iOS knows `navigator.standalone`, and it asks nobody.
    if on_ios_home_screen.is_some_and(|known| known.as_bool() == Some(false)) {
        live.install.set(Install::Ios);
    }
    let offered = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        event.prevent_default();
        *held.borrow_mut() = Some(event.into());
        live.install.set(Install::Offered);
    });
    let _ =
        window().add_event_listener_with_callback("beforeinstallprompt", offered.as_ref().unchecked_ref());
    offered.forget();
    on_window("appinstalled", move || live.install.set(Install::Installed));
}

fn on_window(event: &str, run: impl Fn() + 'static) {
    let run = Closure::<dyn Fn()>::new(run);
    let _ = window().add_event_listener_with_callback(event, run.as_ref().unchecked_ref());
    run.forget();
}

fn on_document(event: &str, run: impl Fn() + 'static) {
    let run = Closure::<dyn Fn()>::new(run);
    if let Some(document) = window().document() {
        let _ = document.add_event_listener_with_callback(event, run.as_ref().unchecked_ref());
    }
    run.forget();
}

fn visibility() -> Option<VisibilityState> {
    window().document().map(|document| document.visibility_state())
}

fn root_attribute(name: &str) -> Option<String> {
    window().document()?.document_element()?.get_attribute(name)
}

/// What the server has answered in the page itself.
fn seed() -> Option<Seed> {
    let json = window().document()?.get_element_by_id(SEED)?.text_content()?;
    serde_json::from_str(&json).ok()
}

fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = window().document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute(name, value);
    }
}
