//! The phone's index of everything on its shelf: loaded at the start, kept up in slices, left for the next start.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use domain::{
    id::{StoryId, WordingId},
    ports::News,
    query::{Facets, ListQuery},
    search::{Analyzer, Document, Evaluated, Highlighter, Hits, Index, Query, Synonyms},
    shelf::{Indexable, Place, Shelf},
    story::Story,
    view::Marker,
    wording::Wording,
};
use wasm_bindgen_futures::spawn_local;
use web::{Slices, sleep};

use crate::{complain, phone::Phone, store::StoreError};

type Wordings = BTreeMap<WordingId, Wording>;

pub struct Finder {
    analyzer: Arc<Analyzer>,
    /// With what the organisation itself says, as it was last seen.
    synonyms: RefCell<(Wordings, Synonyms)>,
    index: RefCell<Index>,
    /// What the index holds for each slot: the story's revision.
    known: RefCell<Vec<Option<u64>>>,
    highlighter: RefCell<Highlighter>,
    /// What the last visit left has been taken up.
    loaded: Cell<bool>,
    /// The index is being kept up.
    busy: Cell<bool>,
    /// Stories that went into the index since it was last left in the store.
    unsaved: Cell<usize>,
}

/// What a search met.
pub struct Found {
    /// The page that was asked for, the best first.
    pub ids: Vec<StoryId>,
    pub total: usize,
    pub unfiltered: usize,
    pub facets: Facets,
    evaluated: Evaluated,
}

const INDEX: &str = "index";
/// Postings that the index puts in order in one go: some milliseconds on a slow phone.
const STEP: usize = 4_000;
/// Stories that are found after each other while many come: often enough to be useful, seldom enough to be cheap.
const COMMIT: usize = 500;
const OPENING: Duration = Duration::from_millis(10);
/// So many stories are worth writing the index for; fewer are quickly indexed again.
const WORTH_SAVING: usize = 50;

impl Finder {
    pub fn new() -> Self {
        let analyzer = Arc::new(Analyzer::default());
        Self {
            synonyms: RefCell::new((Wordings::new(), Synonyms::general(&analyzer))),
            index: RefCell::new(Index::new(analyzer.clone())),
            analyzer,
            known: RefCell::default(),
            highlighter: RefCell::default(),
            loaded: Cell::new(false),
            busy: Cell::new(false),
            unsaved: Cell::new(0),
        }
    }

    /// Takes up what the last visit left. An index of another version, or damaged, is built anew.
    fn load(&self, bytes: Vec<u8>, shelf: &Shelf) {
        let Ok(mut index) = Index::from_bytes(self.analyzer.clone(), bytes) else { return };
        let mut known = vec![None; shelf.slots() as usize];
        let entries: Vec<_> = index.entries().collect();
        for entry in entries {
            match shelf.story_at(entry.slot) {
                Some(id) if *id.uuid().as_bytes() == entry.id => {
                    known[entry.slot as usize] = Some(entry.revision);
                }
                _ => drop(index.remove(entry.slot)),
            }
        }
        *self.index.borrow_mut() = index;
        *self.known.borrow_mut() = known;
    }

    /// Forgets everything: the shelf that it was made of is another one now.
    pub fn forget(&self) {
        *self.index.borrow_mut() = Index::new(self.analyzer.clone());
        self.known.borrow_mut().clear();
        self.unsaved.set(0);
    }

    pub fn search(&self, shelf: &Shelf, query: &ListQuery) -> Found {
        let index = self.index.borrow();
        self.hear_of(shelf.wordings());
        let parsed = Query::parse(&query.text, &self.analyzer, &self.synonyms.borrow().1);
        let passes = shelf.passing(&query.filter);
        let Hits { hits, total, evaluated } = index.search(&parsed, query.offset + query.limit, passes);
        let (unfiltered, facets) = shelf.falling(&index.matching(&evaluated), &query.filter);
        let page = hits.iter().skip(query.offset).filter_map(|hit| shelf.story_at(hit.slot));
        Found { ids: page.collect(), total, unfiltered, facets, evaluated }
    }

    /// Takes up what the organisation says, if that is new.
    fn hear_of(&self, wordings: &Wordings) {
        let mut synonyms = self.synonyms.borrow_mut();
        if synonyms.0 != *wordings {
            let all = Synonyms::general(&self.analyzer).with_own(&self.analyzer, wordings.values());
            *synonyms = (wordings.clone(), all);
        }
    }

    /// Shows on cards why a search met them.
    pub fn mark<T>(&self, found: &Found, mark: impl FnOnce(&mut Marker<'_>) -> T) -> T {
        let mut highlighter = self.highlighter.borrow_mut();
        mark(&mut Marker {
            analyzer: &self.analyzer,
            highlighter: &mut highlighter,
            evaluated: &found.evaluated,
        })
    }

    /// Stories that are like this one, the most alike first.
    pub fn related(&self, shelf: &Shelf, id: StoryId, story: &Story, limit: usize) -> Vec<StoryId> {
        let Some(slot) = shelf.slot_of(id) else { return Vec::new() };
        let document = Document::named(story, shelf.names());
        let hits = self.index.borrow().related(slot, &document, limit);
        hits.into_iter().filter_map(|hit| shelf.story_at(hit.slot)).collect()
    }

    fn holds(&self, slot: u32, wanted: Option<&Indexable>) -> bool {
        let known = self.known.borrow().get(slot as usize).copied().flatten();
        known == wanted.map(|wanted| wanted.revision)
    }

    fn know(&self, slot: u32, revision: Option<u64>) {
        let mut known = self.known.borrow_mut();
        let slot = slot as usize;
        if known.len() <= slot {
            known.resize(slot + 1, None);
        }
        known[slot] = revision;
    }

    fn insert(&self, slot: u32, wanted: &Indexable, document: &Document<'_>) {
        let id = *wanted.id.uuid().as_bytes();
        self.index.borrow_mut().insert(slot, id, wanted.revision, document);
        self.know(slot, Some(wanted.revision));
        self.unsaved.set(self.unsaved.get() + 1);
    }

    fn remove(&self, slot: u32) {
        self.index.borrow_mut().remove(slot);
        self.know(slot, None);
    }
}

impl Phone {
    /// Takes up the index that the last visit left, and keeps it up from then on.
    pub async fn open_index(self: &Rc<Self>) {
        match self.store.snapshot(INDEX).await {
            Ok(Some(bytes)) => self.with_shelf(|shelf| self.finder.load(bytes, shelf)),
            Ok(None) => {}
            Err(error) => complain(&format!("the index is built anew: {error}")),
        }
        // The first search of all fills memory that every later one uses.
        let warm_up = ListQuery { text: "solsken i".into(), limit: 1, ..ListQuery::default() };
        self.with_shelf(|shelf| drop(self.finder.search(shelf, &warm_up)));
        self.finder.loaded.set(true);
        self.keep_index_up();
    }

    /// Whoever searches before the index is there waits for it rather than finding nothing.
    pub async fn index_opened(&self) {
        while !self.finder.loaded.get() {
            sleep(OPENING).await;
        }
    }

    /// Brings the index up to the shelf, behind everything that somebody waits for.
    pub fn keep_index_up(self: &Rc<Self>) {
        if !self.finder.loaded.get() || self.finder.busy.replace(true) {
            return;
        }
        let phone = self.clone();
        spawn_local(async move {
            let kept_up = phone.index_what_changed().await;
            phone.finder.busy.set(false);
            if let Err(error) = kept_up {
                complain(&format!("the index cannot be kept up: {error}"));
            }
        });
    }

    async fn index_what_changed(&self) -> Result<(), StoreError> {
        loop {
            let slots = self.unindexed_slots();
            if slots.is_empty() {
                break;
            }
            if self.index_slots(slots).await? {
                // A list of what was found may find more now.
                self.page.tell(News::Library);
            }
        }
        let mut slices = Slices::begin();
        while self.finder.index.borrow_mut().step(STEP) {
            slices.pause().await;
        }
        if self.finder.unsaved.get() >= WORTH_SAVING {
            self.finder.unsaved.set(0);
            let bytes = self.finder.index.borrow().to_bytes();
            self.store.save_snapshot(INDEX, &bytes).await?;
        }
        Ok(())
    }

    /// Which slots to look at. After a label got another name, all.
    fn unindexed_slots(&self) -> Vec<u32> {
        let unindexed = self.with_shelf_mut(Shelf::take_unindexed);
        if unindexed.names {
            return (0..self.with_shelf(Shelf::slots)).collect();
        }
        unindexed.slots
    }

    async fn index_slots(&self, slots: Vec<u32>) -> Result<bool, StoreError> {
        let mut slices = Slices::begin();
        let mut wanted = Vec::new();
        let mut changed = 0_usize;
        for slot in slots {
            let indexable = self.with_shelf(|shelf| shelf.indexable(slot));
            match indexable {
                _ if self.finder.holds(slot, indexable.as_ref()) => {}
                Some(indexable) => wanted.push((slot, indexable)),
                None => {
                    self.finder.remove(slot);
                    changed += 1;
                }
            }
            slices.pause().await;
        }
        // Neighbours lie in the same block, which is read once.
        wanted.sort_by_key(|(_, indexable)| match indexable.place {
            Place::Block { number, start, .. } => (number, start),
            Place::Overlay => (u32::MAX, 0),
        });
        for (slot, indexable) in wanted {
            if let Some(story) = self.story(indexable.id).await? {
                self.with_shelf(|shelf| {
                    self.finder.insert(slot, &indexable, &Document::named(&story, shelf.names()));
                });
                changed += 1;
            }
            if changed.is_multiple_of(COMMIT) {
                self.finder.index.borrow_mut().commit();
            }
            slices.pause().await;
        }
        self.finder.index.borrow_mut().commit();
        // Whatever else waits goes first.
        sleep(Duration::ZERO).await;
        Ok(changed > 0)
    }
}
