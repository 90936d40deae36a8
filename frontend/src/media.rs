//! Photos and voice notes, as the page takes them. What the engine can do in its worker it does; `media.js` does the
//! rest, and is loaded when it is first needed.

use std::time::Duration;

use app::context::Live;
use async_trait::async_trait;
use domain::{
    attachment::{PHOTO_SIDE, THUMB_SIDE, VOICE_SECONDS},
    draft::Draft,
    id::AttachmentId,
    ports::{AttachError, Call, KeepError, Media, MediaChange, Recording, Storage},
};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web::{now, randomness, sleep};
use web_sys::{
    Blob, HtmlInputElement,
    js_sys::{Array, Function, Promise, Reflect},
};

use crate::{ports::Remote, window};

/// Telling waits for photos that are being taken in, which takes a second on most phones, and for the end of a recording,
/// and looks so often whether they are done. What is not done after ten seconds stays in the draft.
const LOOKS: u32 = 400;
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// Bytes that must be free before anything is recorded or photographed.
const ROOM: u64 = 10 * 1024 * 1024;

type Attached = Result<(), AttachError>;

/// Loads `media.js`.
#[derive(Clone)]
pub struct Tools(pub Function);

impl Tools {
    async fn call(&self, name: &str, arguments: &Array) -> Result<JsValue, JsValue> {
        let loading: Promise = self.0.call0(&JsValue::NULL)?.unchecked_into();
        let module = JsFuture::from(loading).await?;
        let function: Function = Reflect::get(&module, &name.into())?.unchecked_into();
        let answer = function.apply(&JsValue::NULL, arguments)?;
        JsFuture::from(Promise::resolve(&answer)).await
    }
}

#[async_trait]
impl Media for Remote {
    async fn add_photos(&self, draft: Draft, field: &str) -> Attached {
        let (remote, draft) = (self.clone(), self.as_given(draft));
        let field = window().document().and_then(|document| document.get_element_by_id(field));
        let adding = async move {
            let Some(field) = field else { return Ok(()) };
            let field: HtmlInputElement = field.unchecked_into();
            let chosen = field.files().map(|files| Array::from(&files)).unwrap_or_default();
            // The same photo can be chosen again, after it was taken out.
            field.set_value("");
            remote.taking().update(|taking| taking + 1);
            let added = remote.add_all(&draft, &chosen).await;
            remote.taking().update(|taking| taking - 1);
            added
        };
        SendWrapper::new(adding).await
    }

    fn can_record(&self) -> bool {
        let has = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).is_ok_and(|it| it.is_truthy());
        has(&window(), "MediaRecorder") && has(&window().navigator(), "mediaDevices")
    }

    async fn record(&self, draft: Draft) -> Attached {
        let (remote, draft) = (self.clone(), self.as_given(draft));
        let recording = async move {
            let recording = remote.live().recording;
            if recording.read_untracked().is_some() {
                return Ok(());
            }
            let id = AttachmentId::mint(now(), &randomness());
            // From the first tap on: whoever taps again means this one.
            recording.set(Some(Recording { id, seconds: 0, level: 0 }));
            remote.silenced().set(false);
            remote.taking().update(|taking| taking + 1);
            let recorded = remote.record_for(draft, id).await;
            remote.taking().update(|taking| taking - 1);
            recording.set(None);
            recorded
        };
        SendWrapper::new(recording).await
    }

    fn stop_recording(&self) {
        if self.live().recording.read_untracked().is_none() {
            return;
        }
        self.silenced().set(true);
        let tools = self.tools();
        leptos::task::spawn_local(async move { drop(tools.call("stop", &Array::new()).await) });
    }

    async fn change(&self, change: MediaChange) -> Attached {
        self.attach(Call::ChangeMedia(change), Array::new()).await
    }
}

impl Remote {
    /// Whoever saves at once has the photos in the story that they have just chosen for it.
    pub async fn all_taken(&self) {
        for _ in 0..LOOKS {
            if self.taking().get() == 0 {
                return;
            }
            sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn add_all(&self, draft: &Draft, chosen: &Array) -> Attached {
        self.has_room().await?;
        let (mut unread, of) = (0, chosen.length());
        for photo in chosen.iter() {
            match self.add_photo(draft, &photo).await {
                Err(AttachError::NotMedia) => unread += 1,
                // Whatever else is the matter stands in the way of the next one, too.
                other => other?,
            }
        }
        match (unread, of) {
            (0, _) => Ok(()),
            (1, 1) => Err(AttachError::NotMedia),
            _ => Err(AttachError::Unread { unread, of }),
        }
    }

    async fn add_photo(&self, draft: &Draft, photo: &JsValue) -> Attached {
        let id = AttachmentId::mint(now(), &randomness());
        let call = |made| Call::AddPhoto { draft: Box::new(draft.clone()), id, made };
        match self.attach(call(None), Array::of1(photo)).await {
            Err(AttachError::NoEncoder) => {}
            other => return other,
        }
        let arguments = Array::of3(photo, &PHOTO_SIDE.into(), &THUMB_SIDE.into());
        let made = self.tools().call("shrink", &arguments).await.map_err(|_| AttachError::NotMedia)?;
        let part = |name: &str| Reflect::get(&made, &name.into()).unwrap_or_default();
        let pixels = |name| part(name).as_f64().unwrap_or_default() as u32;
        self.attach(
            call(Some((pixels("width"), pixels("height")))),
            Array::of2(&part("photo"), &part("thumb")),
        )
        .await
    }

    /// Before anything is begun that could not be kept.
    async fn has_room(&self) -> Attached {
        let storage: Storage = self.call(Call::Storage).await.unwrap_or_default();
        match (storage.used_bytes, storage.quota_bytes) {
            (Some(used), Some(quota)) if quota.saturating_sub(used) < ROOM => {
                Err(AttachError::Keep(KeepError::Full))
            }
            _ => Ok(()),
        }
    }

    async fn record_for(&self, draft: Draft, id: AttachmentId) -> Attached {
        self.has_room().await?;
        if self.silenced().get() {
            return Ok(());
        }
        let live: Live = self.live();
        let remote = self.clone();
        let keep = Closure::<dyn Fn(Blob, String, u32, f64) -> Promise>::new(
            move |part: Blob, media_type: String, number: u32, seconds: f64| {
                // The draft comes with the first part, and is kept with it.
                let draft = (number == 0).then(|| Box::new(draft.clone()));
                let seconds = seconds.round() as u32;
                let call = Call::AddVoice { draft, id, media_type, part: number, seconds, last: false };
                let remote = remote.clone();
                future_to_promise(async move {
                    let kept = remote.attach(call, Array::of1(&part)).await;
                    kept.map(|()| JsValue::UNDEFINED).map_err(|error| told(&error))
                })
            },
        );
        let hear = Closure::<dyn Fn(f64, f64)>::new(move |seconds: f64, level: f64| {
            let (seconds, level) = (seconds as u32, (level * 100.0) as u32);
            live.recording.set(Some(Recording { id, seconds, level }));
        });
        let arguments = Array::of3(&VOICE_SECONDS.into(), keep.as_ref(), hear.as_ref());
        let recorded = self.tools().call("record", &arguments).await;
        let last =
            Call::AddVoice { draft: None, id, media_type: String::new(), part: 0, seconds: 0, last: true };
        match recorded {
            Ok(_) => match self.attach(last, Array::new()).await {
                // It was stopped before anything was said.
                Err(AttachError::Keep(KeepError::Missing)) => Ok(()),
                other => other,
            },
            Err(why) => {
                // What was said until then is kept.
                let _ = self.attach(last, Array::new()).await;
                Err(understood(&why).unwrap_or(AttachError::NoMicrophone))
            }
        }
    }

    /// Something that is to be kept, with what comes along. An engine that does not answer has kept nothing.
    fn attach(&self, call: Call, with: Array) -> impl Future<Output = Attached> + Send + 'static {
        let answer = self.call_with(call, with);
        async move { answer.await.unwrap_or(Err(AttachError::Keep(KeepError::Storage))) }
    }
}

/// An error on its way through JavaScript.
fn told(error: &AttachError) -> JsValue {
    serde_json::to_string(error).unwrap_or_default().into()
}

fn understood(error: &JsValue) -> Option<AttachError> {
    serde_json::from_str(&error.as_string()?).ok()
}
