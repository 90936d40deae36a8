//! What is told or changed here: ops in the store, and a round to send them.

use std::rc::Rc;

use domain::{
    Object,
    conflict::MetEdit,
    draft::{Draft, edit_between, new_tag, tidy_tags},
    id::{DraftId, LabelId, PathId, ShowingId, StoryId, ThingId, WordingId},
    label::{Label, LabelKind},
    op::{Change, Edit, OpBytes, TextEdit},
    path::{Path, Showing},
    ports::{AttachError, KeepError, MediaChange, PathForm, ShownTo, Waiting, WaitingState},
    reaction::{Reaction, ReactionKind},
    story::{Part, Story, TITLED_BY, suggested_title},
    sync::phone::{Attachments, Intent, Transaction},
    text::{Line, Name, Title},
    thing::{ThingKind, ThingRef, fields, read},
    wording::Wording,
};
use web::{now, randomness};

use crate::{drafts::Keeper, media::Media, phone::Phone, sync::Syncer};

pub struct Outbox {
    phone: Rc<Phone>,
    media: Rc<Media>,
    keeper: Rc<Keeper>,
    syncer: Rc<Syncer>,
}

type Kept<T> = Result<T, KeepError>;

impl Outbox {
    pub fn new(phone: Rc<Phone>, media: Rc<Media>, keeper: Rc<Keeper>, syncer: Rc<Syncer>) -> Self {
        Self { phone, media, keeper, syncer }
    }
}

impl Outbox {
    /// Tells what the draft holds, or makes the change that it is.
    pub async fn tell(&self, draft: &Draft) -> Kept<StoryId> {
        if !self.keeper.may_tell(draft).await.map_err(KeepError::from)? {
            return Err(KeepError::NotYours);
        }
        self.keeper.keep_what_outlives(draft).await.map_err(KeepError::from)?;
        self.keeper.close(draft);
        let told = self.make_story(draft).await;
        if told.is_err() {
            self.keeper.reopen(draft);
        }
        told
    }

    pub async fn react(&self, story: StoryId, kind: ReactionKind, on: bool) -> Kept<()> {
        let person = self.phone.reader().ok_or(KeepError::SignedOut)?.person;
        let reaction = Reaction { story, person, reaction: kind, on };
        let thing = ThingRef { kind: ThingKind::Reaction, id: ThingId::reaction(story, person, kind.key()) };
        self.record(vec![(thing, Change::Create(fields(&reaction)))], None, Attachments::default()).await
    }

    pub async fn set_deleted(&self, thing: ThingRef, deleted: bool) -> Kept<()> {
        let change = if deleted { Change::Delete } else { Change::Restore };
        self.record(vec![(thing, change)], None, Attachments::default()).await
    }

    pub async fn showed(&self, path: PathId, story: StoryId, to: ShownTo) -> Kept<()> {
        let by = self.phone.reader().ok_or(KeepError::SignedOut)?.person;
        let id = match to {
            ShownTo::Room => ShowingId::mint(now(), &randomness()),
            ShownTo::Myself => ShowingId::of_reading(path, story, by),
        };
        let showing = Showing { path, stories: vec![story], by, at: now() };
        let thing = ThingRef::new(ThingKind::Showing, id);
        self.record(vec![(thing, Change::Create(fields(&showing)))], None, Attachments::default()).await
    }

    pub async fn let_go(&self, waiting: &Waiting) -> Kept<()> {
        if let WaitingState::Refused { device, device_seq, .. } = waiting.state {
            let refused = self.phone.store.attention().await.map_err(KeepError::from)?;
            let row = refused.iter().find(|row| (row.device, row.device_seq) == (device, device_seq));
            self.phone.store.let_go(device, device_seq).await.map_err(KeepError::from)?;
            if let Some(op) = row.and_then(|row| row.bytes.op().ok()) {
                self.media.take_back(&op.change, None).await.map_err(KeepError::from)?;
            }
            self.phone.changed_elsewhere().await.map_err(KeepError::from)?;
        }
        Ok(())
    }

    /// Lets what stands stand, or takes what a change that met another would have said.
    pub async fn settle_met(&self, id: StoryId, met: &MetEdit, take: bool) -> Kept<()> {
        let story = self.phone.story(id).await.map_err(KeepError::from)?.ok_or(KeepError::Missing)?;
        let mut changes = Vec::new();
        if take {
            let text = |(part, text): &(Part, String)| {
                let from = story.text(*part).to_owned();
                (part.key().to_owned(), TextEdit { from, to: text.clone() })
            };
            let edit = Edit { text: met.texts.iter().map(text).collect(), ..Edit::default() };
            changes.push((ThingRef::story(id), Change::Edit(edit)));
        }
        let set = Object::from_iter([("resolved".to_owned(), true.into())]);
        let seen = Change::Edit(Edit { set, ..Edit::default() });
        changes.push((ThingRef { kind: ThingKind::Conflict, id: met.id }, seen));
        self.record(changes, None, Attachments::default()).await
    }

    /// A draft of what the server did not take. Only once that is kept, the refused change goes.
    pub async fn mend(&self, waiting: &Waiting) -> Kept<DraftId> {
        let refused = self.phone.store.attention().await.map_err(KeepError::from)?;
        let WaitingState::Refused { device, device_seq, .. } = waiting.state else {
            return Err(KeepError::Missing);
        };
        let row = refused.iter().find(|row| (row.device, row.device_seq) == (device, device_seq));
        let change = row.and_then(|row| row.bytes.op().ok()).ok_or(KeepError::Missing)?.change;
        let draft = self.keeper.mended(waiting.thing.id.into(), change.clone()).await?;
        self.media.take_back(&change, Some(draft)).await.map_err(KeepError::from)?;
        self.let_go(waiting).await?;
        Ok(draft)
    }

    /// Ops and projections in one durable step; then a round to send them.
    async fn record(
        &self,
        changes: Vec<(ThingRef, Change)>,
        draft: Option<&Draft>,
        attachments: Attachments,
    ) -> Kept<()> {
        let current = self.phone.current_device().await.map_err(KeepError::from)?;
        let (device, person) = current.ok_or(KeepError::SignedOut)?;
        if self.phone.reader().is_some_and(|reader| reader.person != person) {
            // Another tab has signed in somebody else, and this one is just hearing of it.
            return Err(KeepError::NotYours);
        }
        let mut intents = Vec::with_capacity(changes.len());
        for (thing, change) in changes {
            let base = self.phone.base(&thing).await.map_err(KeepError::from)?;
            intents.push(Intent { thing, change, base });
        }
        let draft = draft.map(|draft| draft.id);
        let tell = Transaction::Tell { device, intents, draft, attachments, now: now() };
        self.phone.transact(&tell).await.map_err(KeepError::from)?;
        self.syncer.poke();
        Ok(())
    }

    async fn make_story(&self, draft: &Draft) -> Kept<StoryId> {
        let author = self.phone.reader().ok_or(KeepError::SignedOut)?.person;
        let (mut changes, tags) = self.tags(draft);
        let story = draft.story(author, tags, now()).map_err(KeepError::Draft)?;
        let taken = self.media.to_tell(draft).await.map_err(KeepError::from)?;
        let id = draft.of.as_ref().map_or(StoryId::from_uuid(draft.id.uuid()), |told| told.id);
        let (dropped, told): (Vec<_>, Vec<_>) =
            taken.iter().map(|attachment| attachment.id).partition(|id| draft.dropped.contains(id));
        let told = told.into_iter().map(|attachment| (attachment, id)).collect();
        let attachments = Attachments { told, dropped };
        let story = Story { attachments: draft.attachments(taken), ..story };
        match &draft.of {
            // The draft's id becomes the story's: telling the same draft again tells nothing new.
            None => {
                // A photo that took its time may have brought the draft back after it was told: then it changes what
                // was told. What another copy of this browser profile made of the draft is not changed: the server
                // keeps both.
                let known = match self.phone.story(id).await.map_err(KeepError::from)? {
                    Some(known) if self.has_told(id).await? => Some(known),
                    _ => None,
                };
                let change = match known {
                    Some(known) => {
                        let mut after = Story { author: known.author, ..story };
                        let more = std::mem::take(&mut after.attachments);
                        after.attachments.clone_from(&known.attachments);
                        after
                            .attachments
                            .extend(more.into_iter().filter(|one| known.attachment(one.id).is_none()));
                        after.served.clone_from(&known.served);
                        Change::Edit(edit_between(&known, &after))
                    }
                    None => Change::Create(fields(&story)),
                };
                // A second tap changes nothing.
                if change != Change::Edit(Edit::default()) {
                    changes.push((ThingRef::story(id), change));
                }
                self.record(changes, Some(draft), attachments).await?;
                Ok(id)
            }
            Some(told) => {
                let after = Story { author: told.story.author, ..story };
                let edit = edit_between(&told.story, &after);
                changes.push((ThingRef::story(told.id), Change::Edit(edit)));
                self.record(changes, Some(draft), attachments).await?;
                Ok(told.id)
            }
        }
    }

    async fn has_told(&self, id: StoryId) -> Kept<bool> {
        self.phone.store.has_created(&ThingRef::story(id)).await.map_err(KeepError::from)
    }

    /// The ids of the draft's tags, and the ops that make those that are new.
    fn tags(&self, draft: &Draft) -> (Vec<(ThingRef, Change)>, Vec<LabelId>) {
        let mut made = Vec::new();
        let mut ids = Vec::new();
        for name in tidy_tags(&draft.tags) {
            let known = self.phone.with_shelf(|shelf| shelf.names().called(LabelKind::Tag, &name));
            let id = known.unwrap_or_else(|| new_tag(&name));
            if known.is_none()
                && let Ok(name) = Name::new(name)
            {
                let label = fields(&Label::new(name));
                made.push((ThingRef::label(LabelKind::Tag, id), Change::Create(label)));
            }
            ids.push(id);
        }
        (made, ids)
    }

    pub async fn save_path(&self, id: Option<PathId>, form: PathForm) -> Kept<PathId> {
        let author = self.phone.reader().ok_or(KeepError::SignedOut)?.person;
        let title = Title::new(form.title.trim()).map_err(|_| KeepError::Missing)?;
        let purpose = Line::optional(form.purpose.trim()).map_err(|_| KeepError::Missing)?;
        let before = id.and_then(|id| self.phone.with_shelf(|shelf| shelf.path(id).cloned()));
        let id = id.unwrap_or_else(|| PathId::mint(now(), &randomness()));
        let change = match before {
            None => {
                let stops = form.stops;
                let path = Path { title, purpose, stops, author, departments: Vec::new(), deleted_at: None };
                Change::Create(fields(&path))
            }
            Some(before) => Change::Edit(path_edit(&before, &title, purpose.as_ref(), &form)),
        };
        self.record(vec![(ThingRef::path(id), change)], None, Attachments::default()).await?;
        Ok(id)
    }

    pub async fn save_wording(&self, id: Option<WordingId>, words: Vec<Name>) -> Kept<()> {
        let known = self.phone.with_shelf(|shelf| shelf.wordings().clone());
        if known.values().any(|wording| wording.says_as_much_as(&words)) {
            return Ok(());
        }
        let before = id.and_then(|id| known.get(&id).cloned());
        let id = id.unwrap_or_else(|| WordingId::mint(now(), &randomness()));
        let thing = ThingRef::new(ThingKind::Wording, id);
        let change = match before {
            None => Change::Create(fields(&Wording { words, deleted_at: None })),
            Some(before) => Change::Edit(wording_edit(&before.words, &words)),
        };
        self.record(vec![(thing, change)], None, Attachments::default()).await
    }

    pub async fn change_media(&self, change: &MediaChange) -> Result<(), AttachError> {
        if let Some((story, leaves, id)) = self.media.change(change).await? {
            let attachments = Attachments { told: Vec::new(), dropped: vec![id] };
            self.record(vec![(story, leaves)], None, attachments).await?;
        }
        self.phone.count_queue().await?;
        self.syncer.poke();
        Ok(())
    }

    pub async fn waiting(&self) -> Kept<Vec<Waiting>> {
        let refused = self.phone.store.attention().await.map_err(KeepError::from)?;
        let unsent = self.phone.store.unsent().await.map_err(KeepError::from)?;
        let mut all: Vec<Waiting> = Vec::new();
        for row in refused {
            let (device, device_seq, reason) = (row.device, row.device_seq, row.reason);
            let state = WaitingState::Refused { device, device_seq, reason };
            all.push(self.item(&row.thing, &row.bytes, row.at, state));
        }
        all.extend(self.met().await?);
        for op in unsent {
            // Several changes to one thing are one thing that waits.
            if !all.iter().any(|item| item.thing == op.thing && item.state == WaitingState::Unsent) {
                all.push(self.item(&op.thing, &op.bytes, op.at, WaitingState::Unsent));
            }
        }
        Ok(all)
    }

    /// Stories with two texts, for whoever may choose between them.
    async fn met(&self) -> Kept<Vec<Waiting>> {
        let Some(reader) = self.phone.reader() else { return Ok(Vec::new()) };
        let mut met = Vec::new();
        for id in self.phone.with_shelf(|shelf| shelf.met_stories(reader.person)) {
            let story = self.phone.story(id).await.map_err(KeepError::from)?;
            let may_choose = |story: &Story| story.author == reader.person || reader.role.curates();
            let Some(story) = story.filter(|story| story.deleted_at.is_none() && may_choose(story)) else {
                continue;
            };
            if let Some(edit) = self.phone.with_shelf(|shelf| shelf.met_edits(id, &story)).pop() {
                let (thing, title) = (ThingRef::story(id), story.heading());
                met.push(Waiting {
                    thing,
                    title,
                    at: edit.at,
                    state: WaitingState::Met,
                    words: String::new(),
                });
            }
        }
        met.sort_by_key(|item| item.at);
        Ok(met)
    }

    fn item(
        &self,
        thing: &ThingRef,
        bytes: &OpBytes,
        at: domain::time::Millis,
        state: WaitingState,
    ) -> Waiting {
        let projected = self.phone.overlay(thing).map(|overlay| overlay.state);
        let told = match bytes.op().map(|op| op.change) {
            Ok(Change::Create(fields)) => fields,
            Ok(Change::Edit(edit)) => {
                edit.text.into_iter().map(|(field, text)| (field, text.to.into())).collect()
            }
            _ => Object::new(),
        };
        let title = projected.as_ref().or(Some(&told)).and_then(title_of).unwrap_or_default();
        Waiting { thing: thing.clone(), title, at, state, words: words_of(&told) }
    }
}

/// What is put in and what is taken out: two who add words at the same time both have them.
fn wording_edit(before: &[Name], after: &[Name]) -> Edit {
    let without = |some: &[Name], others: &[Name]| -> Object {
        let left: Vec<&Name> = some.iter().filter(|word| !others.contains(word)).collect();
        let set =
            (!left.is_empty()).then(|| ("words".to_owned(), serde_json::to_value(left).unwrap_or_default()));
        set.into_iter().collect()
    };
    Edit { add: without(after, before), remove: without(before, after), ..Edit::default() }
}

fn title_of(state: &Object) -> Option<String> {
    let text = |field: &str| state.get(field).and_then(|text| text.as_str()).map(str::to_owned);
    let words = || read::<Wording>(state).ok().map(|wording| wording.line());
    let story = read::<Story>(state).ok().map(|story| story.heading());
    story.or_else(|| text("title")).or_else(|| text("name")).or_else(words)
}

/// All text in a change, for copying out. A title that was made of the first words says nothing beside them.
fn words_of(fields: &Object) -> String {
    let text = |part: Part| fields.get(part.key()).and_then(|text| text.as_str()).unwrap_or_default();
    let first = suggested_title(TITLED_BY.map(text));
    let says_more = |part: &Part| *part != Part::Title || text(Part::Title) != first;
    let parts = Part::ALL.into_iter().filter(says_more).map(text).filter(|text| !text.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

fn path_edit(before: &Path, title: &Title, purpose: Option<&Line>, form: &PathForm) -> Edit {
    let mut edit = Edit::default();
    let mut text = |field: &str, from: &str, to: &str| {
        if from != to {
            edit.text.insert(field.to_owned(), TextEdit { from: from.to_owned(), to: to.to_owned() });
        }
    };
    text("title", before.title.as_str(), title.as_str());
    let line = |line: Option<&Line>| line.map(|line| line.as_str().to_owned()).unwrap_or_default();
    text("purpose", &line(before.purpose.as_ref()), &line(purpose));
    if before.stops != form.stops {
        edit.set.insert("stops".to_owned(), serde_json::to_value(&form.stops).unwrap_or_default());
    }
    edit
}
