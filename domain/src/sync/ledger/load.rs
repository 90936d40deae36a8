//! What a ledger needs to have loaded before it can decide.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{
    access::Scope,
    id::{DeviceId, LabelId, PersonId, StoryId},
    op::{Change, Op, OpHash},
    thing::{Again, Schema, ThingKind, ThingRef},
};

use super::{Content, Incoming, Ledger, LoggedOp, Push, Row, apply::scopes_affected, conflict_of};
use crate::sync::wire::Receipt;

/// What a store is to load next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub things: BTreeSet<ThingRef>,
    /// Receipts of ops that may have come before.
    pub receipts: BTreeSet<(DeviceId, u64)>,
    /// Whose these devices are.
    pub devices: BTreeSet<DeviceId>,
    /// Deferred ops that wait for these things.
    pub waiting: BTreeSet<ThingRef>,
    /// All things in these scopes, since someone's view of them changes.
    pub scopes: BTreeSet<ScopeNeed>,
}

/// All things that stand in such a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeNeed {
    Department(LabelId),
    /// What curators see and others do not: things for curators, and for any department.
    Curators,
}

impl Needs {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ScopeNeed {
    /// Whether this need is for things that stand in `scope`.
    pub fn holds(self, scope: Scope) -> bool {
        match (self, scope) {
            (Self::Department(one), Scope::Department(other)) => one == other,
            (Self::Curators, Scope::Curators | Scope::Department(_)) => true,
            _ => false,
        }
    }
}

impl Ledger {
    /// What must be loaded before `pushes` can be applied. Asked again after each loading: what an op touches may
    /// follow from what was loaded.
    pub fn missing(&self, pushes: &[Push]) -> Needs {
        let mut needs = Needs::default();
        for push in pushes {
            if let Some(person) = push.from.person() {
                self.need_thing(&mut needs, ThingRef::person(person));
            }
            for incoming in &push.ops {
                self.need_for(&mut needs, incoming);
            }
        }
        // An op that waited may touch more than the op that set it free.
        for logged in self.waiting.values().flatten() {
            self.need_for(&mut needs, &Incoming::read(&logged.bytes));
            self.need_thing(&mut needs, ThingRef::person(logged.actor));
        }
        needs
    }

    fn need_for(&self, needs: &mut Needs, incoming: &Incoming) {
        let Some(envelope) = incoming.envelope() else {
            return;
        };
        let key = (envelope.device, envelope.device_seq);
        if !self.receipts.contains_key(&key) {
            needs.receipts.insert(key);
        }
        if !self.devices.contains_key(&envelope.device) {
            needs.devices.insert(envelope.device);
        }
        self.need_thing(needs, envelope.thing.clone());
        if let Content::Op(op) = &incoming.content {
            self.need_for_op(needs, op);
        }
    }

    fn need_for_op(&self, needs: &mut Needs, op: &Op) {
        let brings = match &op.change {
            Change::Create(_) => Some(op.thing.clone()),
            Change::TakeUp(_) => Some(op.thing.clone()),
            _ => None,
        };
        let keeps_beside = match &op.change {
            // Whether it is there already, another push of the same transaction may decide.
            Change::Create(_) => Schema::of(&op.thing.kind).is_some_and(|kind| kind.again == Again::Merge),
            Change::Edit(edit) => !edit.text.is_empty(),
            change => matches!(change, Change::TakeUp(_)),
        };
        let beside = keeps_beside.then(|| conflict_of((op.device, op.device_seq)));
        if let Some(beside) = &beside {
            self.need_thing(needs, beside.clone());
        }
        let brings = brings.into_iter().chain(beside);
        needs.waiting.extend(brings.filter(|thing| !self.waiting_loaded.contains(thing)));
        match op.thing.kind {
            ThingKind::Story => self.need_thing(needs, ThingRef::tally(op.thing.id.into())),
            ThingKind::Reaction | ThingKind::Showing => {
                for story in self.stories_of(op) {
                    self.need_thing(needs, ThingRef::story(story));
                    self.need_thing(needs, ThingRef::tally(story));
                }
            }
            ThingKind::Person => self.need_scopes(needs, op),
            _ => {}
        }
    }

    /// Someone who changes department or role sees other things than before.
    fn need_scopes(&self, needs: &mut Needs, op: &Op) {
        if let Change::Edit(edit) = &op.change
            && let Some(Some(row)) = self.rows.get(&op.thing)
        {
            let affected = scopes_affected(&row.state, edit);
            needs.scopes.extend(affected.into_iter().filter(|scope| !self.scopes.contains(scope)));
        }
    }

    /// The stories that a reaction or a showing counts for.
    pub(super) fn stories_of(&self, op: &Op) -> Vec<StoryId> {
        let fields = match &op.change {
            Change::Create(fields) => Some(fields),
            Change::TakeUp(taken) => Some(&taken.state),
            _ => self.rows.get(&op.thing).and_then(Option::as_ref).map(|row| &row.state),
        };
        let Some(fields) = fields else { return Vec::new() };
        let story = fields.get("story").and_then(|id| StoryId::deserialize(id).ok());
        let stories: Vec<StoryId> =
            fields.get("stories").and_then(|ids| Vec::deserialize(ids).ok()).unwrap_or_default();
        story.into_iter().chain(stories).collect()
    }

    fn need_thing(&self, needs: &mut Needs, thing: ThingRef) {
        if !self.rows.contains_key(&thing) {
            needs.things.insert(thing);
        }
    }

    /// Takes what the store found for one of `needs.things`, or within one of `needs.scopes`.
    pub fn load_row(&mut self, thing: ThingRef, row: Option<Row>) {
        // What this ledger has changed already is newer than what the store holds.
        if !self.changed.contains(&thing) {
            self.rows.insert(thing, row);
        }
    }

    pub fn load_receipt(&mut self, key: (DeviceId, u64), found: Option<(OpHash, Receipt)>) {
        self.receipts.insert(key, found);
    }

    pub fn load_device(&mut self, device: DeviceId, owner: Option<PersonId>) {
        self.devices.insert(device, owner);
    }

    /// Takes the deferred ops that wait for `thing`.
    pub fn load_waiting(&mut self, thing: ThingRef, ops: Vec<LoggedOp>) {
        for logged in &ops {
            let key = (logged.device, logged.device_seq);
            self.receipts.entry(key).or_insert(Some((logged.hash, logged.receipt.clone())));
        }
        self.waiting_loaded.insert(thing.clone());
        if !ops.is_empty() {
            self.waiting.insert(thing, ops);
        }
    }

    /// Notes that every thing in `scope` has been given to [`Self::load_row`].
    pub fn load_scope(&mut self, scope: ScopeNeed) {
        self.scopes.insert(scope);
    }

    /// The things that stand in `scope`.
    pub(super) fn things_in(&self, scope: ScopeNeed) -> Vec<ThingRef> {
        let standing = |row: &Option<Row>| row.as_ref().is_some_and(|row| scope.holds(row.scope));
        let mut things: Vec<_> =
            self.rows.iter().filter(|(_, row)| standing(row)).map(|(thing, _)| thing.clone()).collect();
        things.sort();
        things
    }
}
