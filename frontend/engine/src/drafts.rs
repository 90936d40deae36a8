//! Drafts: kept within 300 ms of the last keystroke, at once when the page is hidden.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
    time::Duration,
};

use domain::{
    draft::{Draft, Told},
    id::{DraftId, StoryId},
    op::Change,
    ports::{KeepError, KeptDraft, News, SavedDraft, Storage},
    shelf::Shelf,
    story::{Part, Story},
    thing::read,
};
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web::{Timer, now, randomness};
use web_sys::StorageEstimate;

use crate::{
    idb::Mode,
    media::Media,
    phone::Phone,
    scope,
    store::{DRAFTS, StoreError, draft_key, optional, put, rows},
};

/// From the first keystroke that is not safe yet. With the write itself this stays below 300 ms.
const WAIT: Duration = Duration::from_millis(150);

/// Takes what is being written and brings it into the store.
pub struct Keeper {
    phone: Rc<Phone>,
    media: Rc<Media>,
    unsaved: RefCell<Option<Draft>>,
    timer: RefCell<Option<Timer>>,
    writing: Cell<bool>,
    /// Drafts that have been told: what comes late of them is not kept again.
    told: RefCell<HashSet<DraftId>>,
    /// Drafts that went on under another id, and from which version on.
    moved: RefCell<HashMap<DraftId, (u64, DraftId)>>,
}

impl Keeper {
    pub fn new(phone: Rc<Phone>, media: Rc<Media>) -> Rc<Self> {
        Rc::new(Self {
            phone,
            media,
            unsaved: RefCell::default(),
            timer: RefCell::default(),
            writing: Cell::new(false),
            told: RefCell::default(),
            moved: RefCell::default(),
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
            // The page has been told.
            let _ = keeper.bring_in(draft).await;
        });
    }

    /// Writes, tells the page what became of it, and goes on with what has come meanwhile.
    async fn bring_in(self: &Rc<Self>, draft: Draft) -> Result<SavedDraft, KeepError> {
        self.writing.set(true);
        let (given, stroke) = (draft.id, draft.stroke);
        let outcome = self.write(draft).await.map_err(KeepError::from);
        self.writing.set(false);
        if let Ok(saved) = outcome {
            self.follow(given, saved);
        }
        self.phone.page.tell(News::Kept(KeptDraft { draft: given, stroke, outcome }));
        if self.unsaved.borrow().is_some() {
            self.save();
        }
        outcome
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
        let moved = self.moved.borrow().get(&draft.id).copied();
        if let Some((_, id)) = moved.filter(|(version, _)| draft.version <= *version) {
            draft.id = id;
        }
        let stored: Option<Draft> = optional(&tx.get(DRAFTS, &draft_key(draft.id))?.value().await?)?;
        if let Some(stored) = stored.filter(|stored| stored.version > draft.version) {
            if stored.says_the_same(&draft) {
                // It came twice: the page could not know that it had been kept.
                return Ok(SavedDraft { id: stored.id, version: stored.version, at: stored.saved_at });
            }
            if stored.writer == draft.writer {
                // Whoever types faster than the page hears of what is kept still names the version before.
                draft.version = stored.version;
            } else {
                // Another tab has written to this draft. Both texts are kept.
                let id = DraftId::mint(now(), &randomness());
                self.moved.borrow_mut().insert(draft.id, (draft.version, id));
                (draft.id, draft.version) = (id, 0);
            }
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

impl Keeper {
    /// This person's drafts, the latest first.
    pub async fn all(&self) -> Result<Vec<Draft>, StoreError> {
        let person = self.phone.reader().map(|reader| reader.person);
        let mut drafts = all(&self.phone).await?;
        drafts.retain(|draft| draft.person == person);
        let mut shown = Vec::new();
        for draft in drafts {
            if self.is_worth_keeping(&draft).await {
                shown.push(draft);
            }
        }
        let mut drafts = shown;
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.saved_at));
        Ok(drafts)
    }

    /// A photo alone is worth going on with, too.
    async fn is_worth_keeping(&self, draft: &Draft) -> bool {
        !draft.is_blank() || self.media.has_any(draft.id).await
    }

    pub async fn load(self: &Rc<Self>, id: DraftId) -> Result<Option<Draft>, StoreError> {
        // What the page before this one left may still be on its way to the store.
        let unsaved = self.unsaved.borrow_mut().take_if(|draft| draft.id == id);
        let id = match unsaved {
            Some(draft) => match self.bring_in(draft.clone()).await {
                Ok(saved) => saved.id,
                Err(_) => return Ok(Some(draft)),
            },
            None => id,
        };
        let tx = self.phone.store.begin(&[DRAFTS], Mode::Read).await?;
        optional(&tx.get(DRAFTS, &draft_key(id))?.value().await?)
    }

    pub async fn discard(&self, id: DraftId) -> Result<(), StoreError> {
        self.told(id);
        let tx = self.phone.store.begin(&[DRAFTS], Mode::Write).await?;
        tx.delete(DRAFTS, &draft_key(id))?;
        let discarded = tx.complete().await;
        // Whoever regrets it keeps the same draft again.
        self.not_told(id);
        Ok(discarded?)
    }

    /// A draft that changes a told story.
    pub async fn change(&self, story: StoryId) -> Result<Draft, KeepError> {
        let phone = &self.phone;
        let reader = phone.reader().ok_or(KeepError::SignedOut)?;
        let told = phone.story(story).await.map_err(KeepError::from)?.ok_or(KeepError::Missing)?;
        let tags = phone.with_shelf(|shelf| shelf.names().labels(&told.tags));
        let tags = tags.into_iter().map(|tag| tag.name).collect();
        let told = Told { id: story, story: told, tags };
        let draft = Draft::change(DraftId::mint(now(), &randomness()), reader.person, told, now());
        self.write(draft.clone()).await.map_err(KeepError::from)?;
        Ok(Draft { version: 1, ..draft })
    }

    /// A draft of a change that the server did not take: of the story as it is here, with the words that were refused.
    pub async fn mended(&self, story: StoryId, change: Change) -> Result<DraftId, KeepError> {
        let person = self.phone.reader().ok_or(KeepError::SignedOut)?.person;
        let mut draft = match change {
            Change::Create(fields) => {
                let story = read::<Story>(&fields).map_err(|_| KeepError::Missing)?;
                let tags = self.phone.with_shelf(|shelf| shelf.names().labels(&story.tags));
                let tags = tags.into_iter().map(|tag| tag.name).collect();
                let told = Told { id: StoryId::mint(now(), &randomness()), story, tags };
                // It is told anew, under an id of its own.
                let id = DraftId::mint(now(), &randomness());
                Draft { of: None, ..Draft::change(id, person, told, now()) }
            }
            Change::Edit(edit) => {
                let mut draft = self.change(story).await?;
                let refused = |part: &Part| edit.text.get(part.key()).map(|text| (*part, text.to.clone()));
                draft.texts.extend(Part::ALL.iter().filter_map(refused));
                draft
            }
            _ => return Err(KeepError::Missing),
        };
        draft.version = self.write(draft.clone()).await.map_err(KeepError::from)?.version;
        Ok(draft.id)
    }

    /// How the browser keeps what is here.
    pub async fn storage(&self) -> Storage {
        let manager = scope().navigator().storage();
        let answer = async |asked: Result<Promise, JsValue>| JsFuture::from(asked.ok()?).await.ok();
        let persisted = answer(manager.persisted()).await.is_some_and(|answer| answer.is_truthy());
        let (used_bytes, quota_bytes) = estimate().await;
        let mut drafts = 0;
        for draft in all(&self.phone).await.unwrap_or_default() {
            drafts += usize::from(self.is_worth_keeping(&draft).await);
        }
        Storage {
            persisted,
            used_bytes,
            quota_bytes,
            stories: self.phone.with_shelf(Shelf::count),
            // Whoever's they are.
            drafts,
        }
    }
}

/// Bytes that are used and that there are, as far as the browser says.
pub async fn estimate() -> (Option<u64>, Option<u64>) {
    let Ok(asked) = scope().navigator().storage().estimate() else { return (None, None) };
    let Ok(estimate) = JsFuture::from(asked).await else { return (None, None) };
    let estimate: StorageEstimate = estimate.unchecked_into();
    let bytes = |number: Option<f64>| number.map(|number| number as u64);
    (bytes(estimate.get_usage()), bytes(estimate.get_quota()))
}

/// Whose they ever are.
pub async fn ids(phone: &Phone) -> Result<Vec<DraftId>, StoreError> {
    Ok(all(phone).await?.into_iter().map(|draft| draft.id).collect())
}

async fn all(phone: &Phone) -> Result<Vec<Draft>, StoreError> {
    let tx = phone.store.begin(&[DRAFTS], Mode::Read).await?;
    rows(tx.all(DRAFTS, None)?.values().await?)
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
