//! Several tabs on one store: they tell each other of changes, and one syncs at a time.

use std::rc::Rc;

use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::scope;

/// Where the tabs of this browser profile talk.
#[derive(Clone)]
pub struct Tabs(Option<Rc<BroadcastChannel>>);

const CHANGED: &str = "changed";

impl Tabs {
    /// A browser without the channel has tabs that learn of each other's changes at their next round.
    pub fn join() -> Self {
        Self(BroadcastChannel::new("solsken").ok().map(Rc::new))
    }

    pub fn tell_changed(&self) {
        if let Some(channel) = &self.0 {
            let _ = channel.post_message(&CHANGED.into());
        }
    }

    /// Calls `changed` whenever another tab has written.
    pub fn listen(&self, changed: impl Fn() + 'static) {
        let Some(channel) = &self.0 else { return };
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            if message.data().as_string().as_deref() == Some(CHANGED) {
                changed();
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
    fn request(this: &Locks, name: &str, work: &JsValue) -> Result<Promise, JsValue>;
}

/// Does `work` while no other tab does work of this name. Where there are no locks, it is simply done.
pub async fn alone<T: 'static>(name: &str, work: impl Future<Output = T>) -> T {
    let held = hold(name).await;
    let done = work.await;
    if let Some(release) = held {
        release();
    }
    done
}

/// Waits for the lock; the answer gives it back.
async fn hold(name: &str) -> Option<impl FnOnce()> {
    let locks = Reflect::get(&scope().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
    let locks: Locks = locks.unchecked_into();
    let mut release = None;
    let until = Promise::new(&mut |resolve, _| release = Some(resolve));
    let release = release?;
    let mut granted = None;
    let wait = Promise::new(&mut |resolve, _| granted = Some(resolve));
    let granted = granted?;
    let work = Closure::once_into_js(move |_lock: JsValue| -> Promise {
        let _ = granted.call0(&JsValue::UNDEFINED);
        until
    });
    let all = locks.request(name, &work).ok()?;
    // Whether and when the lock ends concerns nobody here.
    let _ = future_to_promise(async move { JsFuture::from(all).await });
    JsFuture::from(wait).await.ok()?;
    Some(move || drop(release.call0(&JsValue::UNDEFINED)))
}
