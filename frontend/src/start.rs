//! Starts the page: who sits here, the engine, and everything that calls for a round.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use app::{
    context::{Install, Live, PhonePorts, Ports, Seed},
    document::SEED,
};
use domain::{
    ports::{Call, News},
    view::Me,
};
use leptos::{
    mount::{hydrate_body, mount_to_body},
    prelude::*,
    task::spawn_local,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web::sleep;
use web_sys::{Event, PageTransitionEvent, VisibilityState, js_sys::Reflect};

use crate::{
    address::{Addresses, here},
    device::{PhoneDevice, chosen_language, recall, remember},
    engine::Engine,
    locale::PhoneLocale,
    media::Tools,
    ports::Remote,
    tasks,
    today::Today,
    window,
    worker::{Workers, ask_for_background_sync, on_message},
};

/// Who was last here, so that a start need not wait for the engine to know whom to greet.
const ME: &str = "me";

/// How the page comes to life, as the document says it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mount {
    /// The server drew it, and it is as it was sent.
    Hydrate,
    /// The server drew it, and it cannot be hydrated: `boot.js` has emptied it.
    Anew,
    /// It is the shell that the service worker keeps.
    Shell,
}

impl Mount {
    fn of_document() -> Self {
        match root_attribute("data-mount").as_deref() {
            Some("mount") => Self::Shell,
            Some("anew") => Self::Anew,
            _ => Self::Hydrate,
        }
    }
}

/// Draws the page. Returns what starts everything else.
pub fn draw(script: String, tools: Tools) -> impl FnOnce() + 'static {
    tasks::start();
    let mount = Mount::of_document();
    let is_shell = mount == Mount::Shell;
    let rendered_for: Option<Me> =
        root_attribute("data-me").and_then(|json| serde_json::from_str(&json).ok());
    let me = if is_shell {
        recall(ME).and_then(|json| serde_json::from_str(&json).ok())
    } else {
        rendered_for.clone()
    };
    // The signals of the whole app live in an owner that is never disposed of.
    let owner = Owner::new_root(None);
    owner.set();
    let language = chosen_language();
    // The shell that the service worker keeps was made in the language of its day.
    set_root_attribute("lang", language.code());
    let live = Live::new(language, here(), me, seed());
    let engine = Engine::new(live, script);
    let remote = Remote::new(live, engine.clone(), tools);
    remote.take_up_left_behind();
    let addresses = Addresses::new(live);
    let workers = Workers::default();
    let install = Rc::new(RefCell::new(None));
    let device = PhoneDevice::new(live, engine.clone(), addresses.clone(), workers.clone(), install.clone());
    let ports = ports(&remote, device);
    let today = Today::new(live);
    if is_shell {
        today.look();
        // Everything comes from the engine: it starts while the page is drawn.
        begin(&engine, &remote, live);
    }
    let app = move || {
        provide_context(ports);
        provide_context(live);
        app::App()
    };
    match mount {
        Mount::Hydrate => hydrate_body(app),
        Mount::Anew | Mount::Shell => mount_to_body(app),
    }
    // What the server drew without knowing the zone is filled in.
    today.look();
    move || {
        std::mem::forget(owner);
        addresses.watch();
        if !is_shell {
            // The page answers already; the engine comes after it, so that the two do not share a weak link.
            begin(&engine, &remote, live);
            if rendered_for.is_some() {
                engine.tell(Call::SettleIn);
            }
        }
        watch(&engine, &remote, &workers, live);
        today.watch();
        watch_installation(live, install);
        workers.register(live);
    }
}

fn ports(remote: &Remote, device: PhoneDevice) -> Ports {
    let on_phone = PhonePorts {
        drafts: Arc::new(remote.clone()),
        outbox: Arc::new(remote.clone()),
        media: Arc::new(remote.clone()),
        accounts: Arc::new(remote.clone()),
        device: Arc::new(device),
    };
    Ports::new(Arc::new(remote.clone()), Arc::new(PhoneLocale), Some(on_phone))
}

fn begin(engine: &Rc<Engine>, remote: &Remote, live: Live) {
    let (from, asking) = (remote.clone(), Rc::default());
    engine.start(move |news| hear(news, live, &from, &asking));
}

/// Shows what the engine says.
fn hear(news: News, live: Live, remote: &Remote, asking: &Rc<Cell<bool>>) {
    match news {
        News::Opened { me, storage_failed } => {
            remote.keep_again();
            live.storage_failed.set(storage_failed);
            if storage_failed {
                // The server's page was asked for what is here, too, and knew nothing of what waits.
                live.version.update(|version| *version += 1);
            }
            // A store that does not open, or knows nobody, does not turn out whom the server has just greeted.
            let greeted_by_server = root_attribute("data-me").is_some();
            if !storage_failed && (me.is_some() || !greeted_by_server) {
                set_me(live, me);
            }
        }
        News::Me(me) => {
            if !remote.is_joining() {
                set_me(live, me);
            }
        }
        News::Library => look_again(live, asking),
        News::Queue { unsent, needs_you } => {
            live.unsent.set(unsent);
            live.needs_you.set(needs_you);
        }
        News::Syncing(syncing) => live.syncing.set(syncing),
        News::Attempt(attempt) => live.attempt.set(Some(attempt)),
        News::Online(online) => {
            if live.online.get_untracked() != online {
                live.online.set(online);
            }
        }
        News::Media => live.media.update(|media| *media += 1),
        News::Kept(kept) => {
            match remote.was_kept(&kept) {
                true => live.kept.set(Some(kept)),
                // There may be a draft more; the one on the screen is what it was.
                false => look_again(live, asking),
            }
        }
    }
}

/// Asks anew for what is shown: once for a burst of news, and not before what came with them is on the screen.
fn look_again(live: Live, asking: &Rc<Cell<bool>>) {
    if asking.replace(true) {
        return;
    }
    let asking = asking.clone();
    spawn_local(async move {
        sleep(Duration::ZERO).await;
        asking.set(false);
        live.version.update(|version| *version += 1);
    });
}

fn set_me(live: Live, me: Option<Me>) {
    if *live.me.read_untracked() != me {
        live.me.set(me);
    }
}

/// Everything that calls for a round, or for a draft to be safe at once.
fn watch(engine: &Rc<Engine>, remote: &Remote, workers: &Workers, live: Live) {
    Effect::new(move |_| {
        let json = live.me.read().as_ref().and_then(|me| serde_json::to_string(me).ok());
        remember(ME, &json.unwrap_or_default());
    });
    let poke = engine.clone();
    on_window("online", move || poke.tell(Call::Sync));
    on_window("offline", move || live.online.set(false));
    let (poke, keep, look) = (engine.clone(), remote.clone(), workers.clone());
    on_document("visibilitychange", move || match visibility() {
        Some(VisibilityState::Visible) => {
            poke.tell(Call::Foreground);
            look.look_for_update();
        }
        _ => keep.leave_unkept(),
    });
    let (keep, background, unsent, pause) = (remote.clone(), workers.clone(), live.unsent, engine.clone());
    on_page("pagehide", move |comes_back| {
        keep.leave_unkept();
        if unsent.get_untracked() > 0 {
            ask_for_background_sync(&background);
        }
        // A page that is laid aside for "back" is frozen as it is, its worker with it. In WebKit an open transaction
        // and the lock are frozen too, and the next page waits for them without end.
        if comes_back {
            pause.stop();
        }
    });
    let (go_on, keep) = (engine.clone(), remote.clone());
    on_page("pageshow", move |came_back| {
        if came_back {
            go_on.go_on();
            keep.take_up_left_behind();
        }
    });
    let poke = engine.clone();
    on_message(move |text| {
        if text == "sync" {
            poke.tell(Call::Sync);
        }
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
    let offered = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        event.prevent_default();
        *held.borrow_mut() = Some(event.into());
        live.install.set(Install::Offered);
    });
    let _ =
        window().add_event_listener_with_callback("beforeinstallprompt", offered.as_ref().unchecked_ref());
    offered.forget();
    on_window("appinstalled", move || live.install.set(Install::Installed));
}

pub fn on_window(event: &str, run: impl Fn() + 'static) {
    let run = Closure::<dyn Fn()>::new(run);
    let _ = window().add_event_listener_with_callback(event, run.as_ref().unchecked_ref());
    run.forget();
}

/// Going or coming of the page; `run` hears whether it is, or was, laid aside as it is.
fn on_page(event: &str, run: impl Fn(bool) + 'static) {
    let run =
        Closure::<dyn Fn(PageTransitionEvent)>::new(move |event: PageTransitionEvent| run(event.persisted()));
    let _ = window().add_event_listener_with_callback(event, run.as_ref().unchecked_ref());
    run.forget();
}

pub fn on_document(event: &str, run: impl Fn() + 'static) {
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
