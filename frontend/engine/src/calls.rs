//! Answers the page's calls.

use std::rc::Rc;

use domain::{
    id::PersonId,
    ports::{Call, KeepError, Request},
};
use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageEvent};

use crate::{
    accounts::Accounts,
    complain,
    drafts::{self, Keeper},
    library,
    media::{Media, Uploads, Voice},
    news,
    outbox::Outbox,
    phone::Phone,
    scope,
    sync::Syncer,
    tabs::Tabs,
};

/// Everything that answers.
struct Engine {
    phone: Rc<Phone>,
    media: Rc<Media>,
    syncer: Rc<Syncer>,
    keeper: Rc<Keeper>,
    outbox: Outbox,
    accounts: Accounts,
}

/// Opens the store and answers from then on.
pub fn listen(early: Vec<JsValue>) {
    let phone = Phone::new(Tabs::join());
    let media = Rc::new(Media::new(phone.clone()));
    let syncer = Syncer::new(phone.clone(), Uploads::new(phone.clone(), media.clone()));
    let keeper = Keeper::new(phone.clone(), media.clone());
    let engine = Rc::new(Engine {
        outbox: Outbox::new(phone.clone(), media.clone(), keeper.clone(), syncer.clone()),
        accounts: Accounts::new(phone.clone(), syncer.clone()),
        phone,
        media,
        syncer,
        keeper,
    });
    // Messages that come while the store is being opened wait in line.
    let (send, receive) = line();
    early.iter().map(Message::of).for_each(&send);
    let heard =
        Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| send(Message::of(&message.data())));
    scope().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
    spawn_local(async move {
        engine.open().await;
        receive(Box::new(move |message| engine.clone().hear(message)));
    });
}

/// What the page says: a call, and the bytes that come along.
struct Message {
    text: String,
    blobs: Vec<Blob>,
}

impl Message {
    /// A text, or a list of a text and what comes with it.
    fn of(data: &JsValue) -> Self {
        match data.dyn_ref::<Array>() {
            Some(parts) => Self {
                text: parts.get(0).as_string().unwrap_or_default(),
                blobs: parts.iter().filter_map(|part| part.dyn_into().ok()).collect(),
            },
            None => Self { text: data.as_string().unwrap_or_default(), blobs: Vec::new() },
        }
    }
}

type Handler = Box<dyn Fn(Message)>;

/// A line in which messages wait until there is somebody who takes them.
fn line() -> (impl Fn(Message), impl FnOnce(Handler)) {
    use std::cell::RefCell;
    let waiting = Rc::new(RefCell::new(Vec::new()));
    let handler: Rc<RefCell<Option<Handler>>> = Rc::default();
    let (queue, taker) = (waiting.clone(), handler.clone());
    let send = move |message| match &*taker.borrow() {
        Some(handler) => handler(message),
        None => queue.borrow_mut().push(message),
    };
    let receive = move |take: Handler| {
        waiting.take().into_iter().for_each(&take);
        *handler.borrow_mut() = Some(take);
    };
    (send, receive)
}

impl Engine {
    async fn open(&self) {
        let opened = self.phone.open().await;
        if let Err(error) = &opened {
            complain(&format!("the store cannot be opened: {error}"));
        }
        let me = self.phone.known_me().await.ok().flatten();
        self.phone.page.opened(me, opened.is_err());
        if opened.is_err() {
            return;
        }
        let _ = self.phone.count_queue().await;
        let phone = self.phone.clone();
        spawn_local(async move { phone.open_index().await });
        let changed = self.phone.clone();
        let changed = move || {
            let phone = changed.clone();
            spawn_local(async move { drop(phone.changed_elsewhere().await) });
        };
        let syncer = self.syncer.clone();
        self.phone.tabs.listen(changed, move || syncer.poke());
        self.syncer.poke();
        self.accounts.end_session();
        if let Ok(drafts) = drafts::ids(&self.phone).await {
            let _ = self.media.sweep(&drafts).await;
        }
    }

    fn hear(self: Rc<Self>, Message { text, blobs }: Message) {
        let Ok(Request { number, person, call }) = serde_json::from_str(&text) else {
            complain("the page said something that the engine does not know");
            return;
        };
        spawn_local(async move {
            let answer = match call.acts_for_person() && self.is_another(person) {
                true => json(&Err::<(), _>(KeepError::NotYours)),
                false => self.answer(call, &blobs).await,
            };
            news::answer(number, answer);
        });
    }

    /// Whether somebody else is signed in than the page knows.
    fn is_another(&self, person: Option<PersonId>) -> bool {
        let reader = self.phone.reader().map(|reader| reader.person);
        matches!((person, reader), (Some(person), Some(reader)) if person != reader)
    }

    async fn answer(&self, call: Call, blobs: &[Blob]) -> String {
        match call {
            Call::Ask(question) => json(&library::answer(&self.phone, &self.media, question).await),
            Call::Drafts => json(&self.keeper.all().await.map_err(KeepError::from)),
            Call::LoadDraft(id) => json(&self.keeper.load(id).await),
            Call::KeepDraft(draft) => json(&self.keeper.keep(draft)),
            Call::TakeUpDraft(draft) => json(&self.keeper.take_up(draft).await),
            Call::KeepNow => json(&self.keeper.save_now()),
            Call::DiscardDraft(id) => json(&self.keeper.discard(id).await),
            Call::ChangeStory(story) => json(&self.keeper.change(story).await),
            Call::Tell(draft) => json(&self.outbox.tell(&draft).await),
            Call::React { story, kind, on } => json(&self.outbox.react(story, kind, on).await),
            Call::SetDeleted { thing, deleted } => json(&self.outbox.set_deleted(thing, deleted).await),
            Call::SavePath { id, form } => json(&self.outbox.save_path(id, form).await),
            Call::SaveWording { id, words } => json(&self.outbox.save_wording(id, words).await),
            Call::Showed { path, story, to } => json(&self.outbox.showed(path, story, to).await),
            Call::Waiting => json(&self.outbox.waiting().await),
            Call::LetGo(waiting) => json(&self.outbox.let_go(&waiting).await),
            Call::SettleMet { story, edit, take } => json(&self.outbox.settle_met(story, &edit, take).await),
            Call::Mend(waiting) => json(&self.outbox.mend(&waiting).await),
            Call::Sync => {
                self.accounts.end_session();
                json(&self.syncer.poke())
            }
            Call::Foreground => {
                self.accounts.end_session();
                json(&self.syncer.foreground())
            }
            Call::LookAtInvite(code) => json(&self.accounts.look_at_invite(&code).await),
            Call::Join(form) => json(&self.accounts.join(&form).await),
            Call::SignOut => json(&self.accounts.sign_out().await.map_err(KeepError::from)),
            Call::SettleIn => json(&self.accounts.settle_in_again().await),
            Call::Storage => json(&self.keeper.storage().await),
            Call::AddPhoto { draft, id, made } => json(&self.media.add_photo(&draft, id, made, blobs).await),
            Call::AddVoice { draft, id, media_type, part, seconds, last } => {
                let voice = Voice { draft, id, media_type, part, seconds, last };
                json(&self.media.add_voice(voice, blobs.first()).await)
            }
            Call::ChangeMedia(change) => json(&self.outbox.change_media(&change).await),
        }
    }
}

fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|error| {
        complain(&error.to_string());
        String::new()
    })
}
