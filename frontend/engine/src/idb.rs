//! IndexedDB, as little of it as we use: one database, transactions with strict durability, promises as futures.
//!
//! Our own and not a wrapper crate: none of them asks for durability, which has been relaxed by default in Chromium
//! since 121.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures_channel::oneshot;
use js_sys::{Array, Object, Promise, Reflect};
use thiserror::Error;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DomException, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction,
};

use crate::scope;

#[derive(Clone, Debug, Error)]
pub enum IdbError {
    /// The browser has no store for us, or does not open it.
    #[error("the store cannot be opened: {0}")]
    Closed(String),
    /// There is no room left.
    #[error("the store is full")]
    Full,
    #[error("the store failed: {0}")]
    Failed(String),
}

impl From<JsValue> for IdbError {
    fn from(value: JsValue) -> Self {
        let Some(error) = value.dyn_ref::<DomException>() else { return Self::Failed(format!("{value:?}")) };
        let text = format!("{}: {}", error.name(), error.message());
        match error.name().as_str() {
            "QuotaExceededError" => Self::Full,
            // Safari loses the connection to its storage process now and then; opening it again helps.
            "InvalidStateError" | "UnknownError" | "SecurityError" | "NotFoundError" => Self::Closed(text),
            _ => Self::Failed(text),
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// `IDBDatabase`, with the options of `transaction` that web-sys holds back as unstable.
    #[wasm_bindgen(extends = IdbDatabase)]
    #[derive(Clone)]
    type DatabaseWithOptions;

    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction_with_options(
        this: &DatabaseWithOptions,
        stores: &Array,
        mode: &str,
        options: &Object,
    ) -> Result<IdbTransaction, JsValue>;
}

/// An open database: a few connections to it, each of which carries one transaction at a time.
///
/// A page may go at any moment, and its worker with it. WebKit gives a connection of such a worker back only if none of
/// its transactions is just being committed; what else that connection had asked for stays in line without anybody who
/// could end it, and holds up all who come later, in other pages and after a reload, until the browser is killed
/// (WebKit bug 324094). A connection with a single transaction has nothing else in line.
pub struct Db(Rc<Connections>);

struct Connections {
    name: &'static str,
    version: u32,
    upgrade: Upgrade,
    /// How many there are, at least one.
    count: Cell<usize>,
    idle: RefCell<Vec<DatabaseWithOptions>>,
    /// Who waits for the next one that is free.
    waiting: RefCell<Option<oneshot::Sender<DatabaseWithOptions>>>,
    /// Falls silent once the transaction that was asked for last has begun.
    last: RefCell<Option<oneshot::Receiver<()>>>,
}

/// Makes what an older version (0: none) lacks.
pub type Upgrade = fn(&IdbDatabase, u32);

/// Enough for what the engine does side by side: a round, a draft, a snapshot, and what the page asks for.
const CONNECTIONS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Read,
    /// Durable before it is called complete.
    Write,
}

impl Db {
    pub async fn open(name: &'static str, version: u32, upgrade: Upgrade) -> Result<Self, IdbError> {
        let first = connect(name, version, upgrade).await?;
        let (count, idle) = (Cell::new(1), RefCell::new(vec![first]));
        let (waiting, last) = (RefCell::default(), RefCell::default());
        Ok(Self(Rc::new(Connections { name, version, upgrade, count, idle, waiting, last })))
    }

    /// Transactions begin in the order in which they are asked for: what is written of a draft does not come after the
    /// telling that ends it.
    pub async fn begin(&self, stores: &[&str], mode: Mode) -> Result<Tx, IdbError> {
        let (_begun, last) = oneshot::channel();
        let before = self.0.last.replace(Some(last));
        if let Some(before) = before {
            // Nothing is ever sent: it is over when its sender is gone.
            let _ = before.await;
        }
        let connection = self.0.take().await?;
        match begin(&connection, stores, mode) {
            Ok(tx) => {
                let (connections, ended) = (self.0.clone(), tx.done.clone());
                spawn_local(async move {
                    let _ = JsFuture::from(ended).await;
                    connections.give_back(connection);
                });
                Ok(tx)
            }
            Err(error) => {
                // Whoever is next learns by it, too.
                self.0.give_back(connection);
                Err(error)
            }
        }
    }
}

impl Connections {
    /// One at a time takes.
    async fn take(self: &Rc<Self>) -> Result<DatabaseWithOptions, IdbError> {
        let idle = self.idle.borrow_mut().pop();
        if let Some(idle) = idle {
            return Ok(idle);
        }
        let (give, given) = oneshot::channel();
        *self.waiting.borrow_mut() = Some(give);
        if self.count.get() < CONNECTIONS {
            self.count.set(self.count.get() + 1);
            let connections = self.clone();
            spawn_local(async move { connections.add().await });
        }
        given.await.map_err(|_| IdbError::Closed("nobody gives a connection".into()))
    }

    /// One more. Where there is none to be had, those that there are will do.
    async fn add(&self) {
        match connect(self.name, self.version, self.upgrade).await {
            Ok(connection) => self.give_back(connection),
            Err(_) => self.count.set(self.count.get() - 1),
        }
    }

    fn give_back(&self, connection: DatabaseWithOptions) {
        let waiting = self.waiting.borrow_mut().take();
        let left = match waiting {
            Some(waiting) => waiting.send(connection).err(),
            None => Some(connection),
        };
        self.idle.borrow_mut().extend(left);
    }
}

async fn connect(name: &str, version: u32, upgrade: Upgrade) -> Result<DatabaseWithOptions, IdbError> {
    let closed = |error: JsValue| IdbError::Closed(IdbError::from(error).to_string());
    let factory = scope().indexed_db().map_err(closed)?;
    let factory = factory.ok_or_else(|| IdbError::Closed("this browser has no IndexedDB here".into()))?;
    let request = factory.open_with_u32(name, version).map_err(closed)?;
    let for_upgrade = request.clone();
    let upgrade = Closure::once(move |event: web_sys::IdbVersionChangeEvent| {
        if let Ok(db) = for_upgrade.result() {
            upgrade(db.unchecked_ref(), event.old_version() as u32);
        }
    });
    request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    let db: DatabaseWithOptions = opened(&request).await.map_err(closed)?.unchecked_into();
    // Another tab that brings a newer version must not have to wait for this one.
    let closing = db.clone();
    let close = Closure::once_into_js(move || closing.close());
    db.set_onversionchange(Some(close.unchecked_ref()));
    Ok(db)
}

fn begin(connection: &DatabaseWithOptions, stores: &[&str], mode: Mode) -> Result<Tx, IdbError> {
    let names: Array = stores.iter().map(|name| JsValue::from_str(name)).collect();
    let options = Object::new();
    let word = match mode {
        Mode::Read => "readonly",
        Mode::Write => {
            Reflect::set(&options, &"durability".into(), &"strict".into())?;
            "readwrite"
        }
    };
    let tx = connection.transaction_with_options(&names, word, &options)?;
    let done = completion(&tx);
    Ok(Tx { tx, done })
}

async fn opened(request: &IdbOpenDbRequest) -> Result<JsValue, JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
        request.set_onblocked(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => request.result(),
        Err(event) => Err(request.error().ok().flatten().map_or(event, Into::into)),
    }
}

/// Settles when the transaction does. Made at once, since a transaction may complete before anyone waits for it.
fn completion(tx: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve, reject| {
        tx.set_oncomplete(Some(&resolve));
        tx.set_onabort(Some(&reject));
    })
}

/// A transaction. Nothing but its own requests may be awaited while it runs, or it ends by itself.
pub struct Tx {
    tx: IdbTransaction,
    done: Promise,
}

impl Tx {
    fn store(&self, name: &str) -> Result<IdbObjectStore, IdbError> {
        Ok(self.tx.object_store(name)?)
    }

    /// The value under `key`; `undefined` if there is none.
    pub fn get(&self, store: &str, key: &JsValue) -> Result<Answer, IdbError> {
        Ok(Answer::of(&self.store(store)?.get(key)?))
    }

    /// All values, or those in a range of keys, in the order of their keys.
    pub fn all(&self, store: &str, range: Option<&IdbKeyRange>) -> Result<Answer, IdbError> {
        let store = self.store(store)?;
        let request = match range {
            Some(range) => store.get_all_with_key(range)?,
            None => store.get_all()?,
        };
        Ok(Answer::of(&request))
    }

    /// At most `limit` of the values in a range of keys.
    pub fn some(&self, store: &str, range: &IdbKeyRange, limit: u32) -> Result<Answer, IdbError> {
        Ok(Answer::of(&self.store(store)?.get_all_with_key_and_limit(range, limit)?))
    }

    pub fn put(&self, store: &str, key: &JsValue, value: &JsValue) -> Result<(), IdbError> {
        self.store(store)?.put_with_key(value, key)?;
        Ok(())
    }

    pub fn delete(&self, store: &str, key: &JsValue) -> Result<(), IdbError> {
        self.store(store)?.delete(key)?;
        Ok(())
    }

    pub fn clear(&self, store: &str) -> Result<(), IdbError> {
        self.store(store)?.clear()?;
        Ok(())
    }

    /// Waits until everything is written. Only then may a screen say so.
    pub async fn complete(self) -> Result<(), IdbError> {
        match JsFuture::from(self.done).await {
            Ok(_) => Ok(()),
            Err(event) => Err(self.tx.error().map_or(event, Into::into).into()),
        }
    }
}

/// A request's answer to come. Requests of one transaction may be under way together.
pub struct Answer(IdbRequest, Promise);

impl Answer {
    fn of(request: &IdbRequest) -> Self {
        let promise = Promise::new(&mut |resolve, reject| {
            request.set_onsuccess(Some(&resolve));
            request.set_onerror(Some(&reject));
        });
        Self(request.clone(), promise)
    }

    pub async fn value(self) -> Result<JsValue, IdbError> {
        match JsFuture::from(self.1).await {
            Ok(_) => Ok(self.0.result()?),
            Err(event) => Err(self.0.error().ok().flatten().map_or(event, Into::into).into()),
        }
    }

    pub async fn values(self) -> Result<Array, IdbError> {
        Ok(self.value().await?.unchecked_into())
    }
}

/// Keys from `from` to `to`, both included.
pub fn between(from: &JsValue, to: &JsValue) -> Result<IdbKeyRange, IdbError> {
    Ok(IdbKeyRange::bound(from, to)?)
}
