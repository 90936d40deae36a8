//! Drafts: kept within 300 ms of the last keystroke, at once when the page is hidden. Which state is kept when several
//! arrive is decided by `domain::draft::plan`; here it is carried out on the store.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::Duration,
};

use domain::{
    draft::{Autosave, AutosaveQueue, Draft, Told, plan},
    id::{DraftId, PersonId, StoryId},
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
    queue: RefCell<AutosaveQueue>,
    timer: RefCell<Option<Timer>>,
    writing: Cell<bool>,
    /// Drafts that are told or discarded, and whose later states are not kept any more: those of one page, or all.
    closed: RefCell<HashMap<DraftId, Option<u64>>>,
}

impl Keeper {
    pub fn new(phone: Rc<Phone>, media: Rc<Media>) -> Rc<Self> {
        Rc::new(Self {
            phone,
            media,
            queue: RefCell::default(),
            timer: RefCell::default(),
            writing: Cell::new(false),
            closed: RefCell::default(),
        })
    }

    pub fn keep(self: &Rc<Self>, draft: Draft) {
        let closed = self.closed.borrow().get(&draft.id).copied();
        if closed.is_some_and(|writer| writer.is_none_or(|writer| writer == draft.writer)) {
            return;
        }
        if let Err(refused) = self.queue.borrow_mut().push(draft) {
            return self.report(&refused, Err(KeepError::Full));
        }
        if self.timer.borrow().is_none() && !self.writing.get() {
            let keeper = self.clone();
            *self.timer.borrow_mut() = Some(Timer::after(WAIT, move || keeper.save()));
        }
    }

    /// A state that an earlier page left. If that page told it and did not live to hear so, it is no draft any more.
    pub async fn take_up(self: &Rc<Self>, draft: Draft) {
        match self.is_told(&draft).await {
            true => {
                let saved = SavedDraft { id: draft.id, version: draft.version, at: draft.saved_at };
                self.report(&draft, Ok(saved));
            }
            false => self.keep(draft),
        }
    }

    async fn is_told(&self, draft: &Draft) -> bool {
        let story = draft.of.as_ref().map_or(StoryId::from_uuid(draft.id.uuid()), |told| told.id);
        if self.phone.with_shelf(|shelf| shelf.place(story)).is_none() {
            return false;
        }
        let told = self.phone.story(story).await.ok().flatten();
        told.is_some_and(|story| draft.is_told_by(&story)) && matches!(self.stored(draft.id).await, Ok(None))
    }

    fn save(self: &Rc<Self>) {
        *self.timer.borrow_mut() = None;
        let Some(draft) = self.queue.borrow_mut().pop() else { return };
        self.writing.set(true);
        let keeper = self.clone();
        spawn_local(async move {
            // The page has been told.
            let _ = keeper.bring_in(draft).await;
        });
    }

    /// Writes, tells the page what became of it, and goes on with what waits.
    async fn bring_in(self: &Rc<Self>, draft: Draft) -> Result<SavedDraft, KeepError> {
        self.writing.set(true);
        let outcome = self.write(draft.clone()).await.map_err(KeepError::from);
        self.writing.set(false);
        self.report(&draft, outcome);
        if !self.queue.borrow().is_empty() {
            self.save();
        }
        outcome
    }

    fn report(&self, draft: &Draft, outcome: Result<SavedDraft, KeepError>) {
        let kept = KeptDraft { draft: draft.id, revision: draft.revision(), outcome };
        self.phone.page.tell(News::Kept(kept));
    }

    async fn write(&self, mut draft: Draft) -> Result<SavedDraft, StoreError> {
        let reader = self.reader();
        let tx = self.phone.store.begin(&[DRAFTS], Mode::Write).await?;
        loop {
            let stored: Option<Draft> = optional(&tx.get(DRAFTS, &draft_key(draft.id))?.value().await?)?;
            match (plan(draft, stored.as_ref(), reader), stored) {
                (Autosave::Apart(apart), _) => draft = *apart,
                (Autosave::Write(planned), _) => {
                    let planned = Draft { saved_at: now(), ..*planned };
                    put(&tx, DRAFTS, &planned.id.to_string(), &planned)?;
                    tx.complete().await?;
                    return Ok(saved(&planned));
                }
                (Autosave::Stored, Some(stored)) => return Ok(saved(&stored)),
                (Autosave::Stored, None) => return Err(StoreError::Row("nothing is stored".into())),
            }
        }
    }

    /// The page is about to be hidden or to go.
    pub fn save_now(self: &Rc<Self>) {
        if self.queue.borrow().is_empty() {
            return;
        }
        *self.timer.borrow_mut() = None;
        self.save();
    }

    /// The draft is about to be told: what is on its way of it from the page that tells it is not kept any more.
    pub fn close(&self, draft: &Draft) {
        self.closed.borrow_mut().insert(draft.id, Some(draft.writer));
        self.queue.borrow_mut().take(draft.id, Some(draft.writer));
    }

    /// What another page has gone on with of a draft that is about to be told stays, as a draft of its own. Before the
    /// draft goes: whoever dies in between has it twice.
    pub async fn keep_what_outlives(&self, told: &Draft) -> Result<(), StoreError> {
        match self.stored(told.id).await?.filter(|stored| stored.outlives(told)) {
            Some(stored) => self.write(stored.apart()).await.map(drop),
            None => Ok(()),
        }
    }

    /// It could not be told after all, and is kept as it was to be told.
    pub fn reopen(self: &Rc<Self>, draft: &Draft) {
        self.closed.borrow_mut().remove(&draft.id);
        self.keep(draft.clone());
    }

    fn reader(&self) -> Option<PersonId> {
        self.phone.reader().map(|reader| reader.person)
    }

    async fn stored(&self, id: DraftId) -> Result<Option<Draft>, StoreError> {
        let tx = self.phone.store.begin(&[DRAFTS], Mode::Read).await?;
        optional(&tx.get(DRAFTS, &draft_key(id))?.value().await?)
    }

    /// Whether whoever is signed in may tell it, whatever the page that shows it knows of its person.
    pub async fn may_tell(&self, draft: &Draft) -> Result<bool, StoreError> {
        let (reader, stored) = (self.reader(), self.stored(draft.id).await?);
        Ok(draft.is_for(reader) && stored.is_none_or(|stored| stored.is_for(reader)))
    }
}

fn saved(draft: &Draft) -> SavedDraft {
    SavedDraft { id: draft.id, version: draft.version, at: draft.saved_at }
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

    pub async fn load(self: &Rc<Self>, mut id: DraftId) -> Result<Option<Draft>, KeepError> {
        // What the page before this one left may still be on its way to the store.
        let waiting = self.queue.borrow_mut().take(id, None);
        let mut unkept = None;
        for draft in waiting {
            match self.bring_in(draft.clone()).await {
                Ok(saved) => id = saved.id,
                Err(_) => unkept = Some(draft),
            }
        }
        let found = match unkept {
            Some(draft) => Some(draft),
            None => self.stored(id).await.map_err(KeepError::from)?,
        };
        match found {
            Some(draft) if !draft.is_for(self.reader()) => Err(KeepError::NotYours),
            found => Ok(found),
        }
    }

    pub async fn discard(&self, id: DraftId) -> Result<(), KeepError> {
        self.closed.borrow_mut().insert(id, None);
        self.queue.borrow_mut().take(id, None);
        let discarded = self.delete(id).await;
        // Whoever regrets it keeps the same draft again.
        self.closed.borrow_mut().remove(&id);
        discarded
    }

    async fn delete(&self, id: DraftId) -> Result<(), KeepError> {
        let tx = self.phone.store.begin(&[DRAFTS], Mode::Write).await.map_err(KeepError::from)?;
        let (reader, key) = (self.reader(), draft_key(id));
        let delete = async {
            let stored: Option<Draft> = optional(&tx.get(DRAFTS, &key)?.value().await?)?;
            let may = stored.is_none_or(|stored| stored.is_for(reader));
            if may {
                tx.delete(DRAFTS, &key)?;
            }
            tx.complete().await?;
            Ok::<_, StoreError>(may)
        };
        match delete.await.map_err(KeepError::from)? {
            true => Ok(()),
            false => Err(KeepError::NotYours),
        }
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
