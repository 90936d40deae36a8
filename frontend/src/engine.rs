//! The engine, as the page sees it: a worker that is called and that has news.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use app::context::Live;
use domain::ports::{Call, News, Numbered, Request, Said};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web::Timer;
use web_sys::{
    MessageEvent, Worker, WorkerOptions, WorkerType,
    js_sys::{Array, Function, Promise},
};

/// What is done with news.
type Hear = Box<dyn Fn(News)>;

pub struct Engine {
    live: Live,
    /// Where the engine's script lies.
    script: String,
    worker: RefCell<Option<Worker>>,
    next: Cell<u32>,
    /// Calls that have no answer yet: what was asked, and who waits.
    open: RefCell<BTreeMap<u32, (JsValue, Function)>>,
    hear: RefCell<Option<Hear>>,
    restart: RefCell<Option<Timer>>,
}

/// An engine that broke is started again, but not without a pause.
const PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    pub fn new(live: Live, script: String) -> Rc<Self> {
        Rc::new(Self {
            live,
            script,
            worker: RefCell::default(),
            next: Cell::new(0),
            open: RefCell::default(),
            hear: RefCell::default(),
            restart: RefCell::default(),
        })
    }

    /// Starts the worker. What was asked before is asked now.
    pub fn start(self: &Rc<Self>, hear: impl Fn(News) + 'static) {
        *self.hear.borrow_mut() = Some(Box::new(hear));
        self.spawn();
    }

    fn spawn(self: &Rc<Self>) {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let Ok(worker) = Worker::new_with_options(&self.script, &options) else {
            self.live.storage_failed.set(true);
            return;
        };
        let engine = self.clone();
        let said = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            if let Some(text) = message.data().as_string() {
                engine.hear(&text);
            }
        });
        worker.set_onmessage(Some(said.into_js_value().unchecked_ref()));
        let engine = self.clone();
        let broke = Closure::<dyn Fn()>::new(move || {
            engine.stop();
            let again = engine.clone();
            *engine.restart.borrow_mut() = Some(Timer::after(PAUSE, move || again.spawn()));
        });
        worker.set_onerror(Some(broke.into_js_value().unchecked_ref()));
        for (message, _) in self.open.borrow().values() {
            let _ = worker.post_message(message);
        }
        *self.worker.borrow_mut() = Some(worker);
    }

    /// Ends the worker, whatever it is at. What it has not answered is asked again once it goes on.
    pub fn stop(&self) {
        *self.restart.borrow_mut() = None;
        if let Some(worker) = self.worker.borrow_mut().take() {
            worker.terminate();
        }
    }

    /// Starts the worker anew after `stop`.
    pub fn go_on(self: &Rc<Self>) {
        if self.worker.borrow().is_none() {
            self.spawn();
        }
    }

    fn hear(&self, text: &str) {
        match serde_json::from_str(text) {
            Ok(Said::Answer(Numbered { number, message })) => {
                if let Some((_, answer)) = self.open.borrow_mut().remove(&number) {
                    let _ = answer.call1(&JsValue::UNDEFINED, &message.into());
                }
            }
            Ok(Said::News(news)) => {
                if let Some(hear) = &*self.hear.borrow() {
                    hear(news);
                }
            }
            Err(error) => leptos::logging::error!("the engine said something odd: {error}"),
        }
    }

    /// Asks, and waits for the answer, whose type stands at the call. An engine that breaks on the way is asked again
    /// once it is back: every call may come twice.
    pub async fn call<T: DeserializeOwned>(&self, call: Call) -> Option<T> {
        serde_json::from_str(&self.ask(call, Array::new()).await?).ok()
    }

    /// Asks, with bytes that come along. The answer in its JSON: so this is compiled once, and not for each answer.
    pub async fn ask(&self, call: Call, with: Array) -> Option<String> {
        JsFuture::from(self.post(call, &with)).await.ok()?.as_string()
    }

    /// Asks without waiting.
    pub fn tell(&self, call: Call) {
        drop(self.post(call, &Array::new()));
    }

    fn post(&self, call: Call, with: &Array) -> Promise {
        let number = self.next.get();
        self.next.set(number + 1);
        let person = self.live.me.read_untracked().as_ref().map(|me| me.reader.person);
        let text = serde_json::to_string(&Request { number, person, call }).unwrap_or_default();
        let text = JsValue::from(text);
        let message = if with.length() == 0 { text } else { Array::of1(&text).concat(with).into() };
        if let Some(worker) = &*self.worker.borrow() {
            let _ = worker.post_message(&message);
        }
        Promise::new(&mut |resolve, _| {
            self.open.borrow_mut().insert(number, (message.clone(), resolve));
        })
    }
}
