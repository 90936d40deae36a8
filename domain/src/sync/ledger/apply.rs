//! What one op does to the things it touches.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Object,
    access::{Actor, may},
    id::{Epoch, LabelId, StoryId, ThingId},
    label::Label,
    op::{Change, Edit, Op, TakenUp},
    path::{Path, Showing},
    person::{Person, Role},
    reaction::{Reaction, Tally},
    story::{Audience, Status, Story},
    thing::{Schema, ThingKind, ThingRef, fields, read},
    time::Millis,
    wording::Wording,
};

use super::{
    Ledger, Row, ScopeNeed, TAKEN_UP, Waits, conflict_of,
    create::{lost_texts, note_creation},
    edit::{Lost, edit},
};
use crate::sync::wire::{Outcome, Reason};

/// Why an op had no effect.
pub(super) enum Declined {
    Rejected(Reason),
    Erased,
    Waits(Waits),
}

impl Ledger {
    pub(super) fn apply(&mut self, actor: &Actor, op: &Op, now: Millis) -> Result<Outcome, Declined> {
        let Some(schema) = Schema::of(&op.thing.kind) else {
            return Err(Declined::Waits(Waits::ForAnUpdate));
        };
        self.can_be_done(actor, op)?;
        let before = self.row(&op.thing).map(|row| row.state.clone());
        let outcome = match &op.change {
            Change::Create(given) => self.create(actor, op, &schema, given, now),
            Change::Edit(change) => self.edit(actor, op, &schema, change, now),
            Change::Move { from, to } => self.move_on(op, *from, *to),
            Change::Delete => self.mark_deleted(actor, op, Some(now)),
            Change::Restore => self.mark_deleted(actor, op, None),
            Change::TakeUp(taken) => self.take_up(op, &schema, taken, now),
        }?;
        self.follow_up(op, before);
        Ok(outcome)
    }

    /// Whether what the op needs is there, and whether its actor may do it.
    fn can_be_done(&self, actor: &Actor, op: &Op) -> Result<(), Declined> {
        let row = self.row(&op.thing);
        if row.is_some_and(|row| row.state.is_empty()) {
            return Err(Declined::Erased);
        }
        if row.is_none() && !matches!(op.change, Change::Create(_) | Change::TakeUp(_)) {
            return Err(Declined::Waits(Waits::For(op.thing.clone())));
        }
        if op.thing.kind == ThingKind::Reaction {
            self.can_be_reacted_to(actor, op)?;
        }
        if may(actor, &op.thing, row.map(|row| &row.state), &op.change) {
            Ok(())
        } else {
            Err(Declined::Rejected(Reason::NotAllowed))
        }
    }

    fn can_be_reacted_to(&self, actor: &Actor, op: &Op) -> Result<(), Declined> {
        for story in self.stories_of(op) {
            let thing = ThingRef::story(story);
            let Some(row) = self.row(&thing) else {
                return Err(Declined::Waits(Waits::For(thing)));
            };
            if let Actor::Person(reader) = actor
                && !row.scope.admits(row.owner, reader)
            {
                return Err(Declined::Rejected(Reason::NotAllowed));
            }
        }
        Ok(())
    }

    fn edit(
        &mut self,
        actor: &Actor,
        op: &Op,
        schema: &Schema,
        change: &Edit,
        now: Millis,
    ) -> Result<Outcome, Declined> {
        let row = self.row(&op.thing).expect("can_be_done saw it");
        let deleted = row.is_deleted();
        let mut change = change.clone();
        if *actor != Actor::System {
            change.set.remove(IMPORTED);
            change.add.remove(SERVED);
            change.remove.remove(SERVED);
        }
        // That bytes have come says nothing of whether an earlier change was meant.
        let meant = *actor == Actor::System && !change.add.contains_key(SERVED);
        let mut edited = edit(&row.state, schema, &change, op, self.head.seq + 1)
            .ok_or(Declined::Rejected(Reason::Invalid))?;
        note_creation(schema, &row.state, &mut edited.state);
        hide_what_was_taken_out(&mut edited.state);
        check(op, &edited.state)?;
        self.put(&op.thing, edited.state, meant);
        if !edited.lost.is_empty() {
            self.keep_beside(op, edited.lost, now);
            return Ok(Outcome::ConflictKept);
        }
        Ok(if edited.merged || deleted { Outcome::Merged } else { Outcome::Applied })
    }

    /// Keeps the texts that met another edit as a thing of their own, for the author and the curators; for the author
    /// alone, if the thing or the op says so.
    pub(super) fn keep_beside(&mut self, op: &Op, lost: Lost, now: Millis) {
        let thing = conflict_of((op.device, op.device_seq));
        if self.row(&thing).is_some() {
            // Somebody has handed it back already, and perhaps seen to it.
            return;
        }
        let by = Value::from(op.actor.to_string());
        let stands = self.row(&op.thing).map(|row| &row.state);
        let author = stands.and_then(|state| state.get("author").cloned());
        let given = match &op.change {
            Change::Create(given) => Some(given),
            Change::TakeUp(taken) => Some(&taken.state),
            _ => None,
        };
        let is_private = stands.into_iter().chain(given).any(is_for_author_alone);
        let mut state = Object::from_iter([
            ("about".into(), Value::from(op.thing.to_string())),
            ("author".into(), author.unwrap_or_else(|| by.clone())),
            ("by".into(), by),
            ("texts".into(), Value::Object(lost)),
            ("at".into(), Value::from(now.0)),
            ("resolved".into(), Value::Bool(false)),
        ]);
        if is_private {
            state.insert("audience".into(), serde_json::json!(Audience::Author));
        }
        self.put(&thing, state, false);
    }

    /// Takes up what a thing was like before a restore. What has been written to it since stands, and texts that differ
    /// from it are kept beside; of what several phones hand back, the youngest counts.
    fn take_up(
        &mut self,
        op: &Op,
        schema: &Schema,
        taken: &TakenUp,
        now: Millis,
    ) -> Result<Outcome, Declined> {
        check(op, &taken.state)?;
        let stands = match self.row(&op.thing) {
            None => None,
            // What somebody may see has been settled since.
            Some(_) if op.thing.kind == ThingKind::Person => return Ok(Outcome::Applied),
            // A library may have been restored because too much was deleted.
            Some(_) if taken.state.get("deleted_at").is_some_and(|at| !at.is_null()) => {
                return Ok(Outcome::Applied);
            }
            Some(row) => match taken_up(row) {
                // By another numbering, nobody can say which is the younger.
                Some((epoch, seq)) if epoch == taken.epoch => Some(seq),
                None if row.seq <= taken.whole && taken.seq > taken.whole => Some(row.seq),
                _ => {
                    let lost = lost_texts(schema, &row.state, &taken.state);
                    if lost.is_empty() {
                        return Ok(Outcome::Applied);
                    }
                    self.keep_beside(op, lost, now);
                    return Ok(Outcome::ConflictKept);
                }
            },
        };
        if stands.is_none_or(|stands| stands < taken.seq) {
            self.put(&op.thing, taken.state.clone(), false);
            self.note_taken_up(&op.thing, taken);
        }
        Ok(Outcome::Applied)
    }

    fn move_on(&mut self, op: &Op, from: Status, to: Status) -> Result<Outcome, Declined> {
        let row = self.row(&op.thing).expect("can_be_done saw it");
        let story: Story = read(&row.state).map_err(|_| Declined::Rejected(Reason::Invalid))?;
        if story.status != from && story.status != to {
            return Err(Declined::Rejected(Reason::MovedOn));
        }
        let mut state = row.state.clone();
        state.insert("status".into(), serde_json::json!(to));
        self.put(&op.thing, state, false);
        Ok(Outcome::Applied)
    }

    fn mark_deleted(&mut self, actor: &Actor, op: &Op, at: Option<Millis>) -> Result<Outcome, Declined> {
        let mut state = self.row(&op.thing).expect("can_be_done saw it").state.clone();
        match at {
            Some(at) => {
                state.entry("deleted_at").or_insert(Value::from(at.0));
            }
            None => {
                state.remove("deleted_at");
            }
        }
        let meant = match actor {
            Actor::System => true,
            Actor::Person(reader) => reader.role == Role::Admin,
        };
        self.put(&op.thing, state, meant);
        Ok(Outcome::Applied)
    }

    /// What follows elsewhere from a change that was made.
    fn follow_up(&mut self, op: &Op, before: Option<Object>) {
        match op.thing.kind {
            ThingKind::Story => self.let_tally_follow(op),
            ThingKind::Reaction => self.count_reaction(op, before),
            ThingKind::Showing if before.is_none() => self.count_showing(op),
            ThingKind::Person => self.let_view_follow(op, before),
            _ => {}
        }
    }

    /// A tally is seen by those who see its story, so it moves when the story's scope does.
    fn let_tally_follow(&mut self, op: &Op) {
        let tally = ThingRef::tally(op.thing.id.into());
        let story_scope = self.row(&op.thing).map(|row| row.scope);
        if let Some(row) = self.row(&tally)
            && Some(row.scope) != story_scope
        {
            let state = row.state.clone();
            self.put(&tally, state, false);
        }
    }

    fn count_reaction(&mut self, op: &Op, before: Option<Object>) {
        let after = self.row(&op.thing).and_then(|row| read::<Reaction>(&row.state).ok());
        let was_on = before.and_then(|state| read::<Reaction>(&state).ok()).is_some_and(|before| before.on);
        if let Some(after) = after
            && after.on != was_on
        {
            self.recount(after.story, |tally| tally.count(after.reaction, after.on));
        }
    }

    fn count_showing(&mut self, op: &Op) {
        let mut stories = self.stories_of(op);
        stories.sort();
        stories.dedup();
        for story in stories {
            if self.row(&ThingRef::story(story)).is_some() {
                self.recount(story, |tally| tally.shown = tally.shown.saturating_add(1));
            }
        }
    }

    fn recount(&mut self, story: StoryId, count: impl FnOnce(&mut Tally)) {
        let thing = ThingRef::tally(story);
        let mut state = self.row(&thing).map(|row| row.state.clone()).unwrap_or_default();
        let mut tally: Tally = read(&state).unwrap_or_default();
        count(&mut tally);
        state.extend(fields(&tally));
        self.put(&thing, state, false);
    }

    /// Shows again whatever someone sees or loses by changing department or role.
    fn let_view_follow(&mut self, op: &Op, before: Option<Object>) {
        if let (Some(before), Change::Edit(edit)) = (before, &op.change) {
            for scope in scopes_affected(&before, edit) {
                for thing in self.things_in(scope) {
                    self.show_again(&thing);
                }
            }
        }
    }
}

fn is_for_author_alone(state: &Object) -> bool {
    state.get("audience").and_then(|audience| Audience::deserialize(audience).ok()) == Some(Audience::Author)
}

impl Row {
    /// Whether the database cannot have had this record of the thing, although it lies before the fork: whoever has had
    /// a record has this one or a younger one now.
    pub(super) fn lacks(&self, taken: &TakenUp) -> bool {
        let stands =
            taken_up(self).filter(|(epoch, _)| *epoch == taken.epoch).map_or(self.seq, |(_, seq)| seq);
        stands < taken.seq
    }
}

/// Which record of the time before a restore the row was made of, if nobody has changed it since.
fn taken_up(row: &Row) -> Option<(Epoch, u64)> {
    Deserialize::deserialize(row.state.get(TAKEN_UP)?).ok()
}

/// Fields of an import that we do not know. An export gives them back, so nobody else may write them.
pub(super) const IMPORTED: &str = "extra";
/// What the server has of a story's attachments, which it alone can know.
pub(super) const SERVED: &str = "served";

/// Who takes a photo out of a story means that nobody sees it any more: not even small. That its bytes are with the
/// server stays known, for whoever takes it in again.
fn hide_what_was_taken_out(state: &mut Object) {
    let id = |member: &Value| member.get("id").cloned();
    let Some(Value::Array(mut served)) = state.remove(SERVED) else { return };
    let listed = state.get("attachments").and_then(Value::as_array);
    let there: Vec<Value> = listed.into_iter().flatten().filter_map(id).collect();
    for gone in served.iter_mut().filter(|served| id(served).is_none_or(|id| !there.contains(&id))) {
        gone.as_object_mut().map(|gone| gone.remove("thumb"));
    }
    state.insert(SERVED.to_owned(), Value::Array(served));
}

/// Whether the fields are those of such a thing.
pub(super) fn check(op: &Op, state: &Object) -> Result<(), Declined> {
    let sound = match op.thing.kind {
        ThingKind::Story => read::<Story>(state)
            .is_ok_and(|story| story.tells() && story.labels_fit() && story.attachments_fit()),
        ThingKind::Tag | ThingKind::Value | ThingKind::Site | ThingKind::Department => {
            read::<Label>(state).is_ok()
        }
        ThingKind::Person => read::<Person>(state).is_ok(),
        ThingKind::Path => read::<Path>(state).is_ok_and(|path| path.stops.len() <= Path::MAX_STOPS),
        ThingKind::Showing => {
            read::<Showing>(state).is_ok_and(|showing| showing.stories.len() <= Path::MAX_STOPS)
        }
        ThingKind::Reaction => read::<Reaction>(state).is_ok_and(|reaction| {
            op.thing.id == ThingId::reaction(reaction.story, reaction.person, reaction.reaction.key())
        }),
        ThingKind::Wording => read::<Wording>(state).is_ok_and(|wording| wording.fits()),
        ThingKind::Conflict => true,
        ThingKind::Tally | ThingKind::Other(_) => false,
    };
    if sound { Ok(()) } else { Err(Declined::Rejected(Reason::Invalid)) }
}

/// Which things someone sees or loses when this edit of a person is made.
pub(super) fn scopes_affected(person: &Object, edit: &Edit) -> Vec<ScopeNeed> {
    let department = |value: &Value| LabelId::deserialize(value).ok().map(ScopeNeed::Department);
    let mut scopes = Vec::new();
    if let Some(to) = edit.set.get("department")
        && Some(to) != person.get("department")
    {
        scopes.extend(person.get("department").and_then(department));
        scopes.extend(department(to));
    }
    if edit.set.get("role").is_some_and(|to| Some(to) != person.get("role")) {
        scopes.push(ScopeNeed::Curators);
    }
    scopes
}
