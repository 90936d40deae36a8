//! What the ports share: the store, the shelf, and the signals that tell the screens.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::{
    complain,
    finder::Finder,
    news::Page,
    store::{Changed, Store, StoreError},
    tabs::Tabs,
};
use domain::{
    id::{DeviceId, PersonId, StoryId},
    person::Reader,
    ports::News,
    shelf::{Place, Shelf},
    story::Story,
    sync::{
        phone::{DeviceRow, Done, LibraryRow, Overlay, Transaction},
        upload::{AttachmentRow, UploadState},
        wire::Record,
    },
    thing::ThingRef,
    view::Me,
};
use wasm_bindgen_futures::spawn_local;
use web::Slices;

/// One browser profile, as this tab sees it.
pub struct Phone {
    pub store: Store,
    pub page: Page,
    pub tabs: Tabs,
    pub finder: Finder,
    shelf: RefCell<Shelf>,
    overlays: RefCell<HashMap<ThingRef, Overlay>>,
    row: RefCell<LibraryRow>,
    /// Blocks whose text was read lately.
    texts: RefCell<Recent>,
    /// The block count of the snapshot that lies in the store.
    snapshot_at: Cell<u32>,
    refreshing: Cell<bool>,
    /// Something was written that a refresh under way may not have seen.
    stale: Cell<bool>,
    /// Pages were put on the shelf that nobody has been shown yet.
    taken_up: Cell<bool>,
    /// How often something was laid on the shelf as it was written.
    laid: Cell<u64>,
    /// The device that writes and its person, where that is known: who tells shall not wait until it has been looked up.
    current: Cell<Option<(DeviceId, PersonId)>>,
    /// The store has been read: what is not on the shelf is not on this phone.
    opened: Cell<bool>,
}

pub const ME: &str = "me";
const SHELF: &str = "shelf";
/// Blocks read at once when the shelf is brought up to date.
const AT_ONCE: u32 = 16;
/// A new snapshot is worth its writing once so many blocks lie beyond the old one.
const SNAPSHOT_BLOCKS: u32 = 12;

impl Phone {
    pub fn new(tabs: Tabs) -> Rc<Self> {
        Rc::new(Self {
            store: Store::default(),
            page: Page::default(),
            tabs,
            finder: Finder::new(),
            shelf: RefCell::default(),
            overlays: RefCell::default(),
            row: RefCell::default(),
            texts: RefCell::default(),
            snapshot_at: Cell::new(0),
            refreshing: Cell::new(false),
            stale: Cell::new(false),
            taken_up: Cell::new(false),
            laid: Cell::new(0),
            current: Cell::new(None),
            opened: Cell::new(false),
        })
    }

    /// Loads the directory as the last visit left it, then whatever has come since.
    pub async fn open(self: &Rc<Self>) -> Result<(), StoreError> {
        let row = self.store.library().await?;
        let snapshot = self.store.snapshot(&shelf_of(&row)).await?;
        *self.row.borrow_mut() = row;
        if let Some(shelf) = snapshot.and_then(|bytes| Shelf::from_bytes(&bytes)) {
            self.snapshot_at.set(shelf.next_block());
            *self.shelf.borrow_mut() = shelf;
        }
        self.refresh().await?;
        self.opened.set(true);
        Ok(())
    }

    /// Whether the store was opened. Until then the shelf is empty because nobody knows what is on it.
    pub fn is_open(&self) -> bool {
        self.opened.get()
    }

    /// Carries out a step of the engine and shows what it changed. What a person told or changed answers as soon as it
    /// is kept and on the shelf; the rest follows.
    pub async fn transact(self: &Rc<Self>, transaction: &Transaction) -> Result<Done, StoreError> {
        let changed = self.store.transact(transaction).await?;
        self.note_devices(&changed.devices);
        if matches!(transaction, Transaction::Tell { .. }) {
            self.lay(&changed.overlays);
            let phone = self.clone();
            spawn_local(async move {
                // Whoever looks at the queue next reads it again.
                drop(phone.count_queue().await);
                phone.tabs.tell_changed();
            });
            return Ok(changed.done);
        }
        let touched = changed.touches_library();
        let more = self.take_up(&changed);
        if touched && !more {
            self.refresh().await?;
        }
        if changed.queue {
            self.count_queue().await?;
        }
        if touched || changed.queue {
            self.tabs.tell_changed();
        }
        Ok(changed.done)
    }

    /// Puts the pages of a pull on the shelf as they were written, without reading them back. Says whether more of them
    /// follow and nothing else was changed: then what is shown of the library, and the index, wait for the last one.
    fn take_up(&self, changed: &Changed) -> bool {
        let Done::Absorbed { more, .. } = changed.done else { return false };
        let mut shelf = self.shelf.borrow_mut();
        let (Some(row), Some(first)) = (&changed.library, changed.blocks.first()) else { return false };
        let follows = first.number == shelf.next_block() && row.handovers == self.row.borrow().handovers;
        if self.refreshing.get() || !follows {
            return false;
        }
        for block in &changed.blocks {
            shelf.absorb(block.number, &block.lines);
        }
        *self.row.borrow_mut() = row.clone();
        let waits = more && changed.overlays.is_empty();
        self.taken_up.set(waits);
        waits
    }

    /// Shows what a pull brought that broke off.
    pub async fn show_taken_up(self: &Rc<Self>) {
        if self.taken_up.get()
            && let Err(error) = self.refresh().await
        {
            complain(&format!("what was pulled is not shown: {error}"));
        }
    }

    fn note_devices(&self, written: &[DeviceRow]) {
        for row in written {
            if row.current {
                self.current.set(Some((row.device, row.person)));
            } else if self.current.get().is_some_and(|(device, _)| device == row.device) {
                self.current.set(None);
            }
        }
    }

    /// The device that writes here, and whose it is; none if nobody has joined.
    pub async fn current_device(&self) -> Result<Option<(DeviceId, PersonId)>, StoreError> {
        if self.current.get().is_none() {
            let devices = self.store.devices().await?;
            self.current.set(devices.iter().find(|row| row.current).map(|row| (row.device, row.person)));
        }
        Ok(self.current.get())
    }

    /// Nobody writes here any more.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        let ended = self.store.sign_out().await;
        self.current.set(None);
        ended
    }

    /// Another tab has changed the store.
    pub async fn changed_elsewhere(self: &Rc<Self>) -> Result<(), StoreError> {
        self.current.set(None);
        self.refresh().await?;
        let me = self.known_me().await?;
        if me.as_ref().map(|me| me.id) != self.page.with_me(|me| me.map(|me| me.id)) {
            // Somebody has joined or signed out there: nobody stays signed in here.
            self.page.set_me(me);
        }
        self.count_queue().await
    }

    /// Who has joined on this phone and not signed out.
    pub async fn known_me(&self) -> Result<Option<Me>, StoreError> {
        if self.current_device().await?.is_none() {
            return Ok(None);
        }
        let json = self.store.meta(ME).await?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Brings the shelf up to what lies in the store.
    pub async fn refresh(self: &Rc<Self>) -> Result<(), StoreError> {
        self.stale.set(true);
        if self.refreshing.replace(true) {
            // The one under way has begun before this was written: it goes on with it.
            return Ok(());
        }
        let mut refreshed = Ok(());
        while refreshed.is_ok() && self.stale.replace(false) {
            refreshed = self.read_on().await;
        }
        self.refreshing.set(false);
        refreshed
    }

    async fn read_on(self: &Rc<Self>) -> Result<(), StoreError> {
        let row = self.store.library().await?;
        if row.handovers != self.row.borrow().handovers {
            self.forget_library();
        }
        let mut slices = Slices::begin();
        loop {
            let next = self.shelf.borrow().next_block();
            if next >= row.next_block {
                break;
            }
            for (number, bytes) in self.store.blocks_from(next, AT_ONCE).await? {
                let lines = String::from_utf8_lossy(&bytes);
                self.shelf.borrow_mut().absorb(number, &lines);
                slices.pause().await;
            }
            if self.shelf.borrow().next_block() == next {
                // A block is missing: the row was ahead of what is there. Reading starts over.
                return Err(StoreError::Row(format!("block {next} is missing")));
            }
        }
        *self.row.borrow_mut() = row;
        self.lay_overlays().await?;
        self.changed();
        Ok(())
    }

    /// Another person reads here now: what was read for the one before is not theirs to see.
    fn forget_library(&self) {
        *self.shelf.borrow_mut() = Shelf::default();
        self.overlays.borrow_mut().clear();
        self.texts.borrow_mut().0.clear();
        self.snapshot_at.set(0);
        self.finder.forget();
    }

    /// What the library shows may have changed.
    fn changed(self: &Rc<Self>) {
        self.taken_up.set(false);
        self.page.tell(News::Library);
        self.keep_index_up();
    }

    /// Lays what was just written on the shelf, without reading it back.
    fn lay(self: &Rc<Self>, written: &[(ThingRef, Option<Overlay>)]) {
        self.laid.set(self.laid.get() + 1);
        let (mut shelf, mut overlays) = (self.shelf.borrow_mut(), self.overlays.borrow_mut());
        let reader = self.reader();
        for (thing, overlay) in written {
            let is_for =
                |overlay: &&Overlay| reader.as_ref().is_none_or(|reader| overlay.is_for(&thing.kind, reader));
            let overlay = overlay.as_ref().filter(is_for);
            shelf.set_overlay(thing, overlay.map(|overlay| (&overlay.state, overlay.received_at)));
            match overlay {
                Some(overlay) => overlays.insert(thing.clone(), overlay.clone()),
                None => overlays.remove(thing),
            };
        }
        drop((shelf, overlays));
        self.changed();
    }

    async fn lay_overlays(&self) -> Result<(), StoreError> {
        let (stored, refused) = loop {
            let laid = self.laid.get();
            let mut stored: HashMap<ThingRef, Overlay> = self.store.overlays().await?.into_iter().collect();
            if let Some(reader) = self.reader() {
                stored.retain(|thing, overlay| overlay.is_for(&thing.kind, &reader));
            }
            let refused = self.store.attention().await?;
            if laid == self.laid.get() {
                break (stored, refused);
            }
            // Something was told while this was read: what was read may be without it.
        };
        let mut shelf = self.shelf.borrow_mut();
        for thing in shelf.overlaid() {
            if !stored.contains_key(&thing) {
                shelf.set_overlay(&thing, None);
            }
        }
        for (thing, overlay) in &stored {
            if self.overlays.borrow().get(thing) != Some(overlay) {
                shelf.set_overlay(thing, Some((&overlay.state, overlay.received_at)));
            }
        }
        shelf.set_refused(refused.iter().map(|row| (row.thing.id, row.reason)));
        drop(shelf);
        *self.overlays.borrow_mut() = stored;
        Ok(())
    }

    pub async fn count_queue(&self) -> Result<(), StoreError> {
        // Several changes to one thing are one thing that waits.
        let unsent = self.store.unsent().await?;
        let unsent: HashSet<&ThingRef> = unsent.iter().map(|op| &op.thing).collect();
        let needs_you = self.store.attention().await?.len();
        // Nothing is all sent while a photo waits.
        let open = self.unreceived_attachments().await?;
        let refused = open.iter().filter(|row| matches!(row.state, UploadState::Refused(_))).count();
        let waiting = open.len() - refused;
        self.page.tell(News::Queue { unsent: unsent.len() + waiting, needs_you: needs_you + refused });
        Ok(())
    }

    /// What the server has not received of what was told here. Left out is what it will not ask for any more, since its
    /// story was deleted or it was taken out of it, perhaps on another phone; and what was refused of somebody else's.
    pub async fn unreceived_attachments(&self) -> Result<Vec<AttachmentRow>, StoreError> {
        let mut rows = self.store.attachments().await?;
        rows.retain(|row| matches!(row.state, UploadState::Waiting { .. } | UploadState::Refused(_)));
        if rows.is_empty() {
            return Ok(rows);
        }
        let reader = self.reader().map(|reader| reader.person);
        let unsent: HashSet<ThingRef> = self.store.unsent().await?.into_iter().map(|op| op.thing).collect();
        let mut open = Vec::new();
        for row in rows {
            let Some(id) = row.story else { continue };
            let waits = match self.story(id).await? {
                // Whoever sits here may not see what another has told: it waits as long as it was not refused.
                _ if row.person != reader => matches!(row.state, UploadState::Waiting { .. }),
                Some(story) => story.deleted_at.is_none() && story.attachment(row.attachment.id).is_some(),
                None => unsent.contains(&ThingRef::story(id)),
            };
            if waits {
                open.push(row);
            }
        }
        Ok(open)
    }

    /// Leaves the directory for the next start to find, if it has grown enough.
    pub async fn leave_snapshot(&self) -> Result<(), StoreError> {
        let next = self.shelf.borrow().next_block();
        if next < self.snapshot_at.get() + SNAPSHOT_BLOCKS {
            return Ok(());
        }
        let bytes = self.shelf.borrow().to_bytes();
        let name = shelf_of(&self.row.borrow());
        self.store.save_snapshot(&name, &bytes).await?;
        self.snapshot_at.set(next);
        Ok(())
    }

    pub fn with_shelf<T>(&self, look: impl FnOnce(&Shelf) -> T) -> T {
        look(&self.shelf.borrow())
    }

    pub fn with_shelf_mut<T>(&self, change: impl FnOnce(&mut Shelf) -> T) -> T {
        change(&mut self.shelf.borrow_mut())
    }

    pub fn row(&self) -> LibraryRow {
        self.row.borrow().clone()
    }

    /// Whether everything this person may see lies on this phone, or at least all that a phone is given.
    pub fn is_complete(&self) -> bool {
        self.row.borrow().complete
    }

    pub fn reader(&self) -> Option<Reader> {
        self.page.with_me(|me| me.map(|me| me.reader))
    }

    pub fn overlay(&self, thing: &ThingRef) -> Option<Overlay> {
        self.overlays.borrow().get(thing).cloned()
    }

    /// What the server last said of a thing, with its `seq`, for an edit to start from.
    pub async fn base(&self, thing: &ThingRef) -> Result<Option<(u64, domain::Object)>, StoreError> {
        use domain::thing::ThingKind;
        if thing.kind != ThingKind::Story {
            return Ok(self.with_shelf(|shelf| shelf.base_of(thing)).map(|state| (self.row().seq, state)));
        }
        match self.with_shelf(|shelf| shelf.place(thing.id.into())) {
            Some(place @ Place::Block { .. }) => {
                let record = self.record(place).await?;
                let state = record.state.and_then(|state| serde_json::from_str(state.get()).ok());
                Ok(state.map(|state| (record.seq, state)))
            }
            _ => Ok(None),
        }
    }

    /// The story as this phone shows it.
    pub async fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        match self.with_shelf(|shelf| shelf.place(id)) {
            None => Ok(None),
            Some(Place::Overlay) => {
                let overlay = self.overlay(&ThingRef::story(id));
                Ok(overlay.and_then(|overlay| domain::thing::read(&overlay.state).ok()))
            }
            Some(place) => {
                let record = self.record(place).await?;
                Ok(record.state.and_then(|state| serde_json::from_str(state.get()).ok()))
            }
        }
    }

    async fn record(&self, place: Place) -> Result<Record, StoreError> {
        let Place::Block { number, start, len } = place else {
            return Err(StoreError::Row("an overlay is no record".into()));
        };
        let known = self.texts.borrow_mut().get(number);
        let text = match known {
            Some(text) => text,
            None => {
                let missing = || StoreError::Row(format!("block {number} is missing"));
                let bytes: Rc<[u8]> = self.store.block(number).await?.ok_or_else(missing)?.into();
                self.texts.borrow_mut().put(number, bytes.clone());
                bytes
            }
        };
        let (start, end) = (start as usize, (start + len) as usize);
        let line = text.get(start..end).ok_or_else(|| StoreError::Row(format!("block {number} is short")))?;
        let line = std::str::from_utf8(line).map_err(|error| StoreError::Row(error.to_string()))?;
        serde_json::from_str(line).map_err(|error| StoreError::Row(error.to_string()))
    }

    /// Who sits here, as the library now knows them.
    pub fn me_now(&self) -> Option<Me> {
        let me = self.page.me()?;
        let thing = ThingRef::person(me.id);
        let person = self
            .with_shelf(|shelf| shelf.base_of(&thing))
            .and_then(|state| domain::thing::read(&state).ok())?;
        Some(self.with_shelf(|shelf| Me::of(me.id, &person, shelf.names())))
    }
}

/// The name under which the directory is left. A tab that has not heard yet that another person reads here must not
/// leave them the shelf of the one before.
fn shelf_of(row: &LibraryRow) -> String {
    match row.handovers {
        0 => SHELF.to_owned(),
        handovers => format!("{SHELF} {handovers}"),
    }
}

impl Changed {
    fn touches_library(&self) -> bool {
        let done = matches!(self.done, Done::Absorbed { .. } | Done::SignedIn | Done::StartedOver);
        !self.blocks.is_empty() || !self.overlays.is_empty() || done
    }
}

/// The last few blocks that were read: a list shows neighbours.
#[derive(Default)]
struct Recent(Vec<(u32, Rc<[u8]>)>);

const RECENT: usize = 64;

impl Recent {
    fn get(&mut self, number: u32) -> Option<Rc<[u8]>> {
        let at = self.0.iter().position(|(known, _)| *known == number)?;
        let found = self.0.remove(at);
        self.0.push(found.clone());
        Some(found.1)
    }

    fn put(&mut self, number: u32, bytes: Rc<[u8]>) {
        if self.0.len() == RECENT {
            self.0.remove(0);
        }
        self.0.push((number, bytes));
    }
}
