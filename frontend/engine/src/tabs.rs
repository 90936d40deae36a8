//! Several tabs on one store: they tell each other of changes and of the server's news, and one syncs at a time.

use std::{rc::Rc, time::Duration};

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, BroadcastChannel, MessageEvent};

use crate::scope;

/// Where the tabs of this browser profile talk.
#[derive(Clone)]
pub struct Tabs(Option<Rc<BroadcastChannel>>);

const CHANGED: &str = "changed";
const NEWS: &str = "news";

impl Tabs {
    /// A browser without the channel has tabs that learn of each other's changes at their next round.
    pub fn join() -> Self {
        Self(BroadcastChannel::new("solsken").ok().map(Rc::new))
    }

    pub fn tell_changed(&self) {
        self.tell(CHANGED);
    }

    /// Passes on that the server has something new.
    pub fn tell_news(&self) {
        self.tell(NEWS);
    }

    fn tell(&self, what: &str) {
        if let Some(channel) = &self.0 {
            let _ = channel.post_message(&what.into());
        }
    }

    /// Calls `changed` whenever another tab has written, and `news` whenever it has heard of something new.
    pub fn listen(&self, changed: impl Fn() + 'static, news: impl Fn() + 'static) {
        let Some(channel) = &self.0 else { return };
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            match message.data().as_string().as_deref() {
                Some(CHANGED) => changed(),
                Some(NEWS) => news(),
                _ => {}
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
    }
}

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`, which web-sys holds back as unstable.
    type Locks;

    #[wasm_bindgen(method, catch)]
    fn request(this: &Locks, name: &str, options: &Object, work: &Function) -> Result<Promise, JsValue>;
}

/// How long one tab waits for another. A tab that was suspended keeps its locks without end; nothing that is done under
/// a lock is wrong without it, only done twice.
const PATIENCE: Duration = Duration::from_secs(60);

/// Does `work` while no other tab does work of this name, or once that has taken too long. Where there are no locks, it
/// is simply done.
pub async fn alone<T: 'static>(name: &str, work: impl Future<Output = T>) -> T {
    let signal = AbortSignal::timeout_with_u32(PATIENCE.as_millis() as u32);
    let held = hold(name, &option("signal", &signal)).await;
    let done = work.await;
    if let Some(held) = held {
        held.release();
    }
    done
}

/// Waits for the lock, however long that takes. `None` where there are no locks.
pub async fn wait_for(name: &str) -> Option<Held> {
    hold(name, &Object::new()).await
}

/// Takes the lock from whoever has it.
pub async fn take(name: &str) -> Option<Held> {
    hold(name, &option("steal", &JsValue::TRUE)).await
}

/// A lock that this tab has.
pub struct Held {
    release: Function,
    over: Promise,
}

impl Held {
    pub fn release(&self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }

    /// Comes to its end once the lock is released, or another tab has taken it.
    pub fn over(&self) -> impl Future<Output = ()> + use<> {
        let over = JsFuture::from(self.over.clone());
        async move { drop(over.await) }
    }
}

fn option(name: &str, value: &JsValue) -> Object {
    let options = Object::new();
    let _ = Reflect::set(&options, &name.into(), value);
    options
}

async fn hold(name: &str, options: &Object) -> Option<Held> {
    let locks = Reflect::get(&scope().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
    let locks: Locks = locks.unchecked_into();
    let (until, release) = promise();
    let (wait, granted) = promise();
    let work = Closure::once_into_js(move |_lock: JsValue| -> Promise {
        let _ = granted.call0(&JsValue::UNDEFINED);
        until
    });
    let over = locks.request(name, options, work.unchecked_ref()).ok()?;
    // Given up, the request ends before the lock was granted.
    JsFuture::from(Promise::race(&Array::of2(&wait, &over))).await.ok()?;
    Some(Held { release, over })
}

/// A promise, and what resolves it.
fn promise() -> (Promise, Function) {
    let mut resolver = None;
    let promise = Promise::new(&mut |resolve, _| resolver = Some(resolve));
    (promise, resolver.expect("a promise calls its executor at once"))
}
