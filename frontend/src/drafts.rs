//! Drafts: kept within 300 ms of the last keystroke, at once when the page is hidden.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    draft::{Draft, Told},
    id::{DraftId, StoryId},
    ports::{Drafts, KeepError, KeptDraft, SavedDraft},
};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen_futures::spawn_local;

use crate::{
    entropy::{now, randomness},
    idb::Mode,
    phone::Phone,
    store::{DRAFTS, StoreError, draft_key, optional, put, rows},
    timer::Timer,
};

/// From the first keystroke that is not safe yet. With the write itself this stays below 300 ms.
const WAIT: Duration = Duration::from_millis(150);

/// Takes what is being written and brings it into the store.
pub struct Keeper {
    phone: Rc<Phone>,
    unsaved: RefCell<Option<Draft>>,
    timer: RefCell<Option<Timer>>,
    writing: Cell<bool>,
    /// Drafts that have been told: what comes late of them is not kept again.
    told: RefCell<HashSet<DraftId>>,
}

impl Keeper {
    pub fn new(phone: Rc<Phone>) -> Rc<Self> {
        Rc::new(Self {
            phone,
            unsaved: RefCell::default(),
            timer: RefCell::default(),
            writing: Cell::new(false),
            told: RefCell::default(),
        })
    }

    pub fn keep(self: &Rc<Self>, draft: Draft) {
        if self.told.borrow().contains(&draft.id) {
            return;
        }
        *self.unsaved.borrow_mut() = Some(draft);
        if self.timer.borrow().is_none() && !self.writing.get() {
            let keeper = self.clone();
            *self.timer.borrow_mut() = Some(Timer::after(WAIT, move || keeper.save()));
        }
    }

    fn save(self: &Rc<Self>) {
        *self.timer.borrow_mut() = None;
        let Some(draft) = self.unsaved.borrow_mut().take() else { return };
        self.writing.set(true);
        let keeper = self.clone();
        spawn_local(async move {
            let given = draft.id;
            let outcome = keeper.write(draft).await.map_err(KeepError::from);
            keeper.writing.set(false);
            if let Ok(saved) = outcome {
                keeper.follow(given, saved);
            }
            keeper.phone.live.kept.set(Some(KeptDraft { draft: given, outcome }));
            if keeper.unsaved.borrow().is_some() {
                keeper.save();
            }
        });
    }

    /// What was typed meanwhile goes on from where the draft was saved.
    fn follow(&self, given: DraftId, saved: SavedDraft) {
        if let Some(draft) = self.unsaved.borrow_mut().as_mut()
            && draft.id == given
        {
            (draft.id, draft.version) = (saved.id, saved.version);
        }
    }

    async fn write(&self, mut draft: Draft) -> Result<SavedDraft, StoreError> {
        let tx = self.phone.store.begin(&[DRAFTS], Mode::Write).await?;
        let stored: Option<Draft> = optional(&tx.get(DRAFTS, &draft_key(draft.id))?.value().await?)?;
        if stored.is_some_and(|stored| stored.version > draft.version) {
            // Another tab has written to this draft. Both texts are kept.
            draft.id = DraftId::mint(now(), &randomness());
            draft.version = 0;
        }
        draft.version += 1;
        draft.saved_at = now();
        put(&tx, DRAFTS, &draft.id.to_string(), &draft)?;
        tx.complete().await?;
        Ok(SavedDraft { id: draft.id, version: draft.version, at: draft.saved_at })
    }

    /// The page is about to be hidden or to go: no time to look whether another tab has written.
    pub fn save_now(self: &Rc<Self>) {
        if self.unsaved.borrow().is_none() {
            return;
        }
        *self.timer.borrow_mut() = None;
        self.save();
    }

    /// The draft is about to be told: what is on its way of it is not kept any more.
    pub fn told(&self, id: DraftId) {
        self.told.borrow_mut().insert(id);
        self.unsaved.borrow_mut().take_if(|draft| draft.id == id);
    }

    /// It could not be told after all.
    pub fn not_told(&self, id: DraftId) {
        self.told.borrow_mut().remove(&id);
    }
}

pub struct PhoneDrafts(SendWrapper<Rc<Keeper>>);

impl PhoneDrafts {
    pub fn new(keeper: Rc<Keeper>) -> Self {
        Self(SendWrapper::new(keeper))
    }

    fn phone(&self) -> Rc<Phone> {
        self.0.phone.clone()
    }
}

#[async_trait]
impl Drafts for PhoneDrafts {
    fn begin(&self) -> Draft {
        let person = self.0.phone.reader().map(|reader| reader.person);
        let language = self.0.phone.live.language.get_untracked();
        Draft::begin(DraftId::mint(now(), &randomness()), person, language, now())
    }

    async fn all(&self) -> Result<Vec<Draft>, KeepError> {
        let phone = self.phone();
        SendWrapper::new(async move {
            let person = phone.reader().map(|reader| reader.person);
            let mut drafts = all(&phone).await.map_err(KeepError::from)?;
            drafts.retain(|draft| draft.person == person && !draft.is_blank());
            drafts.sort_by_key(|draft| std::cmp::Reverse(draft.saved_at));
            Ok(drafts)
        })
        .await
    }

    async fn load(&self, id: DraftId) -> Result<Option<Draft>, KeepError> {
        let phone = self.phone();
        SendWrapper::new(async move { load(&phone, id).await.map_err(KeepError::from) }).await
    }

    fn keep(&self, draft: Draft) {
        self.0.keep(draft);
    }

    async fn discard(&self, id: DraftId) -> Result<(), KeepError> {
        let phone = self.phone();
        SendWrapper::new(async move {
            let discard = async {
                let tx = phone.store.begin(&[DRAFTS], Mode::Write).await?;
                tx.delete(DRAFTS, &draft_key(id))?;
                Ok(tx.complete().await?)
            };
            discard.await.map_err(|error: StoreError| KeepError::from(error))
        })
        .await
    }

    async fn change(&self, story: StoryId) -> Result<Draft, KeepError> {
        let keeper = (*self.0).clone();
        SendWrapper::new(async move {
            let phone = &keeper.phone;
            let reader = phone.reader().ok_or(KeepError::SignedOut)?;
            let told = phone.story(story).await.map_err(KeepError::from)?.ok_or(KeepError::Missing)?;
            let tags = phone.with_shelf(|shelf| shelf.names().labels(&told.tags));
            let tags = tags.into_iter().map(|tag| tag.name).collect();
            let told = Told { id: story, story: told, tags };
            let draft = Draft::change(DraftId::mint(now(), &randomness()), reader.person, told, now());
            keeper.write(draft.clone()).await.map_err(KeepError::from)?;
            Ok(Draft { version: 1, ..draft })
        })
        .await
    }
}

async fn all(phone: &Phone) -> Result<Vec<Draft>, StoreError> {
    let tx = phone.store.begin(&[DRAFTS], Mode::Read).await?;
    rows(tx.all(DRAFTS, None)?.values().await?)
}

async fn load(phone: &Phone, id: DraftId) -> Result<Option<Draft>, StoreError> {
    let tx = phone.store.begin(&[DRAFTS], Mode::Read).await?;
    optional(&tx.get(DRAFTS, &draft_key(id))?.value().await?)
}

/// How many drafts lie here, whoever's they are.
pub async fn count(phone: &Phone) -> usize {
    all(phone).await.map_or(0, |drafts| drafts.iter().filter(|draft| !draft.is_blank()).count())
}

/// Drafts that were begun before joining become those of whoever joins.
pub async fn adopt(phone: &Phone, person: domain::id::PersonId) -> Result<(), StoreError> {
    let orphans = all(phone).await?.into_iter().filter(|draft| draft.person.is_none());
    let tx = phone.store.begin(&[DRAFTS], Mode::Write).await?;
    for draft in orphans {
        let adopted = Draft { person: Some(person), ..draft };
        put(&tx, DRAFTS, &adopted.id.to_string(), &adopted)?;
    }
    Ok(tx.complete().await?)
}
