//! The ports that the engine answers, and what of them the page does itself.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
};

use app::context::Live;
use async_trait::async_trait;
use domain::{
    conflict::MetEdit,
    draft::Draft,
    id::{DraftId, PathId, StoryId, WordingId},
    ports::{
        Accounts, Answer, Call, Drafts, InviteView, JoinError, JoinForm, KeepError, KeptDraft, Library,
        Media, Outbox, PathForm, Question, ShownTo, Unavailable, Waiting,
    },
    reaction::ReactionKind,
    text::Name,
    thing::ThingRef,
    view::Me,
};
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use serde::de::DeserializeOwned;
use web::{now, random, randomness};
use web_sys::js_sys::Array;

use crate::{address, device, engine::Engine, media::Tools, window};

/// Passes on to the engine what is asked of it.
#[derive(Clone)]
pub struct Remote(SendWrapper<Rc<Inner>>);

struct Inner {
    live: Live,
    engine: Rc<Engine>,
    tools: Tools,
    /// The draft that was last given to the engine, until it says that it is kept.
    unkept: RefCell<Option<Draft>>,
    /// How much is being taken into a draft: photos that were chosen, a recording.
    taking: Cell<u32>,
    /// The recording under way is to end, however far its beginning has come.
    silenced: Cell<bool>,
    /// This page, among those that write to a draft.
    writer: u64,
    /// The number of the last state of a draft that it wrote.
    stroke: Cell<u64>,
    joining: Cell<bool>,
}

impl Remote {
    pub fn new(live: Live, engine: Rc<Engine>, tools: Tools) -> Self {
        let (unkept, writer) = (RefCell::default(), u64::from_le_bytes(random()));
        Self(SendWrapper::new(Rc::new(Inner {
            live,
            engine,
            tools,
            unkept,
            taking: Cell::new(0),
            silenced: Cell::new(false),
            writer,
            stroke: Cell::new(writer),
            joining: Cell::new(false),
        })))
    }

    /// Browser futures stay on their one thread; the ports ask for `Send`.
    pub fn call<T: DeserializeOwned + 'static>(
        &self,
        call: Call,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        self.call_with(call, Array::new())
    }

    /// The same, with bytes that come along. Boxed before the answer has a type, which there are many of.
    pub fn call_with<T: DeserializeOwned + 'static>(
        &self,
        call: Call,
        with: Array,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let answer = self.ask_with(call, with);
        async move { serde_json::from_str(&answer.await?).ok() }
    }

    fn ask_with(&self, call: Call, with: Array) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> {
        let engine = self.0.engine.clone();
        Box::pin(SendWrapper::new(async move { engine.ask(call, with).await }))
    }

    pub fn tools(&self) -> Tools {
        self.0.tools.clone()
    }

    /// How much is being taken into a draft: photos that were chosen, a recording.
    pub fn taking(&self) -> &Cell<u32> {
        &self.0.taking
    }

    /// Whether the recording under way is to end.
    pub fn silenced(&self) -> &Cell<bool> {
        &self.0.silenced
    }

    pub fn live(&self) -> Live {
        self.0.live
    }

    /// Something that is to be kept. An engine that does not answer has kept nothing.
    async fn kept<T: DeserializeOwned + 'static>(&self, call: Call) -> Result<T, KeepError> {
        self.call(call).await.unwrap_or(Err(KeepError::Storage))
    }
}

#[async_trait]
impl Library for Remote {
    async fn ask(&self, question: Question) -> Result<Answer, Unavailable> {
        self.call(Call::Ask(question)).await.unwrap_or(Err(Unavailable::Storage))
    }
}

#[async_trait]
impl Drafts for Remote {
    fn begin(&self) -> Draft {
        let live = self.0.live;
        let person = live.me.read_untracked().as_ref().map(|me| me.reader.person);
        Draft::begin(DraftId::mint(now(), &randomness()), person, live.language.get_untracked(), now())
    }

    async fn all(&self) -> Result<Vec<Draft>, KeepError> {
        self.kept(Call::Drafts).await
    }

    async fn load(&self, id: DraftId) -> Result<Option<Draft>, KeepError> {
        self.kept(Call::LoadDraft(id)).await
    }

    fn keep(&self, draft: Draft) {
        // Every page counts from a number of its own: what becomes of one's words is not taken for another's.
        self.0.stroke.set(self.0.stroke.get().wrapping_add(1));
        self.pass_on(Draft { writer: self.0.writer, stroke: self.0.stroke.get(), ..draft });
    }

    fn keep_safe(&self) {
        self.leave_last_words();
    }

    async fn discard(&self, id: DraftId) -> Result<(), KeepError> {
        self.forget(id);
        self.take_back_last_words(id);
        self.kept(Call::DiscardDraft(id)).await
    }

    async fn change(&self, story: StoryId) -> Result<Draft, KeepError> {
        self.kept(Call::ChangeStory(story)).await
    }
}

/// Where the page leaves a draft that the engine may not have kept when the page goes.
const LAST_WORDS: &str = "last-words";

fn last_words() -> Option<Draft> {
    device::recall(LAST_WORDS).and_then(|json| serde_json::from_str(&json).ok())
}

impl Remote {
    fn pass_on(&self, draft: Draft) {
        *self.0.unkept.borrow_mut() = Some(draft.clone());
        self.0.engine.tell(Call::KeepDraft(draft));
    }

    /// The engine has said what became of a draft. What was typed while it wrote is not kept yet.
    pub fn was_kept(&self, kept: &KeptDraft) {
        if kept.outcome.is_ok() {
            self.0.unkept.borrow_mut().take_if(|draft| draft.stroke == kept.stroke);
        }
    }

    fn forget(&self, id: DraftId) {
        self.0.unkept.borrow_mut().take_if(|draft| draft.id == id);
    }

    /// What was left of a draft that is told or thrown away would make it a draft again at the next start.
    fn take_back_last_words(&self, id: DraftId) {
        if last_words().is_some_and(|draft| draft.id == id) {
            device::remember(LAST_WORDS, "");
        }
    }

    pub fn keep_now(&self) {
        self.0.engine.tell(Call::KeepNow);
    }

    /// The page goes, and the engine with it. What it has not kept for sure is left where it can be at once.
    pub fn leave_last_words(&self) {
        self.keep_now();
        if let Some(draft) = &*self.0.unkept.borrow() {
            device::remember(LAST_WORDS, &serde_json::to_string(draft).unwrap_or_default());
        }
    }

    /// What the page before this one left goes to the engine, which knows what it has already.
    pub fn take_up_last_words(&self) {
        let left = last_words();
        device::remember(LAST_WORDS, "");
        if let Some(draft) = left {
            // As the page before this one wrote it.
            self.pass_on(draft);
        }
    }
}

#[async_trait]
impl Outbox for Remote {
    async fn tell(&self, draft: &Draft) -> Result<StoryId, KeepError> {
        // The keyboard goes while the engine writes: letting a field go costs a weak phone as long as the writing does.
        spawn_local(async { address::leave_field() });
        self.stop_recording();
        SendWrapper::new(self.all_taken()).await;
        let told = self.kept(Call::Tell(draft.clone())).await;
        if told.is_ok() {
            self.forget(draft.id);
            self.take_back_last_words(draft.id);
        }
        told
    }

    async fn react(&self, story: StoryId, kind: ReactionKind, on: bool) -> Result<(), KeepError> {
        self.kept(Call::React { story, kind, on }).await
    }

    async fn set_deleted(&self, thing: ThingRef, deleted: bool) -> Result<(), KeepError> {
        self.kept(Call::SetDeleted { thing, deleted }).await
    }

    async fn save_path(&self, id: Option<PathId>, form: PathForm) -> Result<PathId, KeepError> {
        self.kept(Call::SavePath { id, form }).await
    }

    async fn save_wording(&self, id: Option<WordingId>, words: Vec<Name>) -> Result<(), KeepError> {
        self.kept(Call::SaveWording { id, words }).await
    }

    async fn showed(&self, path: PathId, story: StoryId, to: ShownTo) -> Result<(), KeepError> {
        self.kept(Call::Showed { path, story, to }).await
    }

    async fn waiting(&self) -> Result<Vec<Waiting>, KeepError> {
        self.kept(Call::Waiting).await
    }

    async fn let_go(&self, waiting: &Waiting) -> Result<(), KeepError> {
        self.kept(Call::LetGo(waiting.clone())).await
    }

    async fn settle_met(&self, story: StoryId, edit: &MetEdit, take: bool) -> Result<(), KeepError> {
        self.kept(Call::SettleMet { story, edit: edit.clone(), take }).await
    }

    async fn mend(&self, waiting: &Waiting) -> Result<DraftId, KeepError> {
        self.kept(Call::Mend(waiting.clone())).await
    }

    fn sync(&self) {
        self.0.engine.tell(Call::Sync);
    }
}

#[async_trait]
impl Accounts for Remote {
    fn invite_in_address(&self) -> Option<String> {
        let location = window().location();
        let secret = location.hash().ok()?.trim_start_matches('#').to_owned();
        if secret.len() < 6 || location.pathname().ok()? != app::route::Route::Join.to_string() {
            return None;
        }
        // It must not stay in the history of a phone that others use.
        let path = location.pathname().ok()? + &location.search().ok()?;
        let history = window().history().ok()?;
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
        Some(secret)
    }

    async fn look_at_invite(&self, code: &str) -> Result<InviteView, JoinError> {
        self.call(Call::LookAtInvite(code.to_owned())).await.unwrap_or(Err(JoinError::Broken))
    }

    async fn join(&self, form: &JoinForm) -> Result<Me, JoinError> {
        // The page itself goes on once it has the answer, not when the engine has the news.
        self.0.joining.set(true);
        let joined = self.call(Call::Join(form.clone())).await.unwrap_or(Err(JoinError::Broken));
        self.0.joining.set(false);
        joined
    }

    async fn sign_out(&self) -> Result<(), KeepError> {
        self.kept(Call::SignOut).await
    }
}

impl Remote {
    /// Whether somebody is just joining here.
    pub fn is_joining(&self) -> bool {
        self.0.joining.get()
    }
}
