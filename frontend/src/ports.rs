//! The ports that the engine answers, and what of them the page does itself.

use std::{cell::Cell, pin::Pin, rc::Rc, time::Duration};

use app::context::Live;
use async_trait::async_trait;
use domain::{
    conflict::MetEdit,
    draft::{Draft, Slot},
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
use web::{Timer, now, random, randomness};
use web_sys::js_sys::Array;

use crate::{address, engine::Engine, media::Tools, unkept::Unkept, window};

/// Passes on to the engine what is asked of it.
#[derive(Clone)]
pub struct Remote(SendWrapper<Rc<Inner>>);

struct Inner {
    live: Live,
    engine: Rc<Engine>,
    tools: Tools,
    /// What was given to the engine and is not durable yet.
    unkept: Unkept,
    /// How much is being taken into a draft: photos that were chosen, a recording.
    taking: Cell<u32>,
    /// The recording under way is to end, however far its beginning has come.
    silenced: Cell<bool>,
    joining: Cell<bool>,
}

impl Remote {
    pub fn new(live: Live, engine: Rc<Engine>, tools: Tools) -> Self {
        Self(SendWrapper::new(Rc::new(Inner {
            live,
            engine,
            tools,
            unkept: Unkept::new(u64::from_le_bytes(random())),
            taking: Cell::new(0),
            silenced: Cell::new(false),
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
        let draft = self.0.unkept.next(draft);
        self.0.engine.tell(Call::KeepDraft(draft));
        self.leave_if_slow();
    }

    fn keep_safe(&self) {
        self.leave_unkept();
    }

    async fn discard(&self, id: DraftId) -> Result<(), KeepError> {
        self.0.unkept.discard(id);
        self.kept(Call::DiscardDraft(id)).await
    }

    async fn change(&self, story: StoryId) -> Result<Draft, KeepError> {
        self.kept(Call::ChangeStory(story)).await
    }
}

/// How long the engine may take with a state before it is left for the next page: it may still be loading.
const SLOW: Duration = Duration::from_secs(1);

impl Remote {
    /// A draft as the state that was last given to be kept: what is attached to it or told comes after that.
    pub fn as_given(&self, draft: Draft) -> Draft {
        self.0.unkept.as_given(draft)
    }

    /// The engine has said what became of a state. Whether this page wrote it.
    pub fn was_kept(&self, kept: &KeptDraft) -> bool {
        if kept.outcome.is_ok() {
            self.0.unkept.settle(Slot { draft: kept.draft, revision: kept.revision });
            self.0.unkept.slow.take();
            self.leave_if_slow();
        }
        kept.revision.writer == self.0.unkept.writer
    }

    /// The engine was started anew: what it had not written yet is gone with the one before.
    pub fn keep_again(&self) {
        for draft in self.0.unkept.all() {
            self.0.engine.tell(Call::TakeUpDraft(draft));
        }
    }

    /// The page goes, and the engine with it. What is not kept for sure is left where it can be at once.
    pub fn leave_unkept(&self) {
        self.0.engine.tell(Call::KeepNow);
        self.leave();
    }

    fn leave(&self) {
        for (slot, error) in self.0.unkept.leave() {
            // It is on the screen, and nowhere else.
            let kept = KeptDraft { draft: slot.draft, revision: slot.revision, outcome: Err(error) };
            self.0.live.kept.set(Some(kept));
        }
    }

    fn leave_if_slow(&self) {
        let unkept = &self.0.unkept;
        if unkept.slow.borrow().is_some() || !unkept.has_own() {
            return;
        }
        let remote = self.clone();
        let leave = move || {
            remote.0.unkept.slow.take();
            remote.leave();
        };
        *unkept.slow.borrow_mut() = Some(Timer::after(SLOW, leave));
    }

    /// What pages before this one left goes to the engine, which knows what it has already. Asked before anything else,
    /// so that a draft is loaded with it.
    pub fn take_up_left_behind(&self) {
        for draft in self.0.unkept.take_up() {
            self.0.engine.tell(Call::TakeUpDraft(draft));
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
        let draft = self.as_given(draft.clone());
        let given = Slot::of(&draft);
        let told = self.kept(Call::Tell(draft)).await;
        if told.is_ok() {
            self.0.unkept.told(given);
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
