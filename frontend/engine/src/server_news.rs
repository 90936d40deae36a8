//! Listens for the server's word that there is something to pull, in one tab of a browser profile at a time, which passes
//! it on to the others.
//!
//! A stream of news is a connection that stays open, and over HTTP/1.1 a browser has six to a server: with six tabs
//! that listen there is none left to push by. The tab that has the lock listens. When it closes, breaks or is laid aside,
//! the browser gives the lock to the next that waits. Nothing else is done under this lock, and nothing waits for it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::EventSource;

use crate::tabs::{self, Held, Tabs};

const LOCK: &str = "solsken-news";
const PATH: &str = "/api/v1/sync/news";

pub struct ServerNews {
    tabs: Tabs,
    /// What is done about news, here.
    heard: Box<dyn Fn()>,
    stream: RefCell<Option<EventSource>>,
    /// The lock, while this tab listens.
    held: RefCell<Option<Held>>,
    /// The lock is asked for.
    taking: Cell<bool>,
    /// Another tab listens, and this one is to go on when that is gone.
    waiting: Cell<bool>,
    /// The server has refused the stream: it is asked again after the next round that goes well.
    refused: Cell<bool>,
}

impl ServerNews {
    pub fn new(tabs: Tabs, heard: impl Fn() + 'static) -> Rc<Self> {
        Rc::new(Self {
            tabs,
            heard: Box::new(heard),
            stream: RefCell::default(),
            held: RefCell::default(),
            taking: Cell::new(false),
            waiting: Cell::new(false),
            refused: Cell::new(false),
        })
    }

    /// A round went well, so the server knows who this is. A tab that has just been opened listens in the place of
    /// the others: it is in front of its person, and the browser may have suspended those.
    pub fn listen(self: &Rc<Self>) {
        if !self.is_open() && !self.waiting.get() {
            self.take_over();
        }
    }

    /// This tab has come to the foreground. If another listens, it may be suspended.
    pub fn foreground(self: &Rc<Self>) {
        if self.waiting.get() {
            self.take_over();
        }
    }

    fn take_over(self: &Rc<Self>) {
        if self.held.borrow().is_some() || self.taking.replace(true) {
            return;
        }
        let news = self.clone();
        spawn_local(async move {
            let held = tabs::take(LOCK).await;
            news.taking.set(false);
            news.listen_while(held).await;
        });
    }

    /// Listens until another tab has taken the lock, and again when that is gone. Without locks, each tab for itself.
    async fn listen_while(self: &Rc<Self>, mut held: Option<Held>) {
        loop {
            self.refused.set(false);
            self.open();
            let Some(lock) = held else { return };
            let over = lock.over();
            *self.held.borrow_mut() = Some(lock);
            over.await;
            *self.held.borrow_mut() = None;
            self.close();
            if self.refused.get() || self.waiting.replace(true) {
                return;
            }
            held = tabs::wait_for(LOCK).await;
            self.waiting.set(false);
            // While nobody listened there may have been news.
            (self.heard)();
        }
    }

    fn is_open(&self) -> bool {
        self.stream.borrow().as_ref().is_some_and(|stream| stream.ready_state() != EventSource::CLOSED)
    }

    /// The browser comes back by itself after a break, but not after a refusal.
    fn open(self: &Rc<Self>) {
        let Ok(stream) = EventSource::new(PATH) else { return };
        let news = self.clone();
        let heard = Closure::<dyn Fn()>::new(move || {
            news.tabs.tell_news();
            (news.heard)();
        });
        stream.set_onmessage(Some(heard.into_js_value().unchecked_ref()));
        let news = Rc::downgrade(self);
        let failed = Closure::<dyn Fn()>::new(move || {
            if let Some(news) = news.upgrade().filter(|news| !news.is_open()) {
                news.refused.set(true);
                news.held.borrow().iter().for_each(Held::release);
            }
        });
        stream.set_onerror(Some(failed.into_js_value().unchecked_ref()));
        *self.stream.borrow_mut() = Some(stream);
    }

    fn close(&self) {
        if let Some(stream) = self.stream.borrow_mut().take() {
            stream.close();
        }
    }
}
