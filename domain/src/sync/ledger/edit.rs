//! How an edit changes the fields of a thing: texts merge, sets add before they remove, the rest are registers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Object,
    id::DeviceId,
    merge::{TextMerge, merge_text},
    op::{Edit, Op},
    story::Part,
    thing::{Schema, member_name},
};

use super::create::CREATED_AS;

/// Field by field, the text that stands and the text that met it: `{"title": {"kept": …, "lost": …}}`.
pub(super) type Lost = Object;

pub(super) struct Edited {
    pub state: Object,
    /// Somebody else's change was there before, and both stand.
    pub merged: bool,
    pub lost: Lost,
}

/// Applies `change` to a copy of `state`, whose next `seq` is `seq`. `None` if the edit is not sound.
pub(super) fn edit(state: &Object, schema: &Schema, change: &Edit, op: &Op, seq: u64) -> Option<Edited> {
    let mut edited = Edited { state: state.clone(), merged: false, lost: Lost::new() };
    for (field, text) in &change.text {
        if schema.is_text(field) {
            edited.set_text(field, &text.from, &text.to);
        }
    }
    for (field, value) in &change.set {
        let kept_by_the_server = [ADDED, CREATED_AS].contains(&field.as_str());
        if schema.is_fixed(field) || schema.is_text(field) || schema.is_set(field) || kept_by_the_server {
            continue;
        }
        match value {
            Value::Null => edited.state.remove(field),
            value => edited.state.insert(field.clone(), value.clone()),
        };
    }
    for (field, members) in &change.add {
        if schema.is_set(field) {
            edited.add(field, members.as_array()?, op, seq);
        }
    }
    for (field, members) in &change.remove {
        if schema.is_set(field) {
            edited.remove(field, members.as_array()?, op);
        }
    }
    Some(edited)
}

impl Edited {
    fn set_text(&mut self, field: &str, from: &str, to: &str) {
        let current = self.state.get(field).and_then(Value::as_str).unwrap_or_default();
        match merge_text(from, current, to) {
            TextMerge::Clean(text) if fits(field, &text) => {
                self.merged |= current != from && current != to;
                if text.trim().is_empty() {
                    self.state.remove(field);
                } else {
                    self.state.insert(field.into(), Value::String(text));
                }
            }
            _ => {
                let both = Object::from_iter([
                    ("kept".into(), Value::from(current)),
                    ("lost".into(), Value::from(to)),
                ]);
                self.lost.insert(field.into(), Value::Object(both));
            }
        }
    }

    fn add(&mut self, field: &str, members: &[Value], op: &Op, seq: u64) {
        let mut set = self.members(field);
        let mut added = self.added(field);
        for member in members {
            let Some(name) = member_name(member) else { continue };
            if !set.iter().any(|known| member_name(known) == Some(name)) {
                set.push(member.clone());
            }
            let others = added.remove(name).map(Added::each).into_iter().flatten();
            let others = others.filter(|added| !added.is_known_to(op)).collect();
            added.insert(name.to_owned(), Added { seq, by: op.device, with: others });
        }
        self.store(field, set, added);
    }

    /// Takes members out, except those that someone else added without this device knowing: additions win.
    fn remove(&mut self, field: &str, members: &[Value], op: &Op) {
        let mut set = self.members(field);
        let mut added = self.added(field);
        for name in members.iter().filter_map(member_name) {
            let additions = added.remove(name).map(Added::each).into_iter().flatten();
            match Added::of(additions.filter(|added| !added.is_known_to(op))) {
                Some(unknown) => drop(added.insert(name.to_owned(), unknown)),
                None => set.retain(|known| member_name(known) != Some(name)),
            }
        }
        self.store(field, set, added);
    }

    fn members(&self, field: &str) -> Vec<Value> {
        self.state.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn added(&self, field: &str) -> Additions {
        self.state
            .get(ADDED)
            .and_then(|all| all.get(field))
            .and_then(|added| Additions::deserialize(added).ok())
            .unwrap_or_default()
    }

    fn store(&mut self, field: &str, mut set: Vec<Value>, added: Additions) {
        // Sorted, so that the order in which two phones are heard leaves no trace.
        set.sort_by(|one, other| member_name(one).cmp(&member_name(other)));
        if set.is_empty() {
            self.state.remove(field);
        } else {
            self.state.insert(field.into(), Value::from(set));
        }
        let all = self.state.entry(ADDED).or_insert_with(|| Value::Object(Object::new()));
        if let (Value::Object(all), Ok(added)) = (all, serde_json::to_value(added)) {
            all.insert(field.into(), added);
        }
    }
}

/// Where a thing remembers who added what to its sets.
pub(super) const ADDED: &str = "added";

type Additions = BTreeMap<String, Added>;

/// Who added a member, and whoever else did without knowing of it.
#[derive(Serialize, Deserialize)]
struct Added {
    seq: u64,
    by: DeviceId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    with: Vec<Added>,
}

impl Added {
    fn each(self) -> impl Iterator<Item = Self> {
        let Self { seq, by, with } = self;
        with.into_iter().chain([Self { seq, by, with: Vec::new() }])
    }

    fn of(additions: impl Iterator<Item = Self>) -> Option<Self> {
        let mut with: Vec<Self> = additions.collect();
        let last = with.pop()?;
        Some(Self { with, ..last })
    }

    /// Whether the device knew of it when it told `op`: its own, or one that it had read.
    fn is_known_to(&self, op: &Op) -> bool {
        self.by == op.device || self.seq <= op.base.unwrap_or(0)
    }
}

/// Two texts that fit may merge into one that does not.
fn fits(field: &str, text: &str) -> bool {
    let max = Part::ALL.into_iter().find(|part| part.key() == field).map_or(usize::MAX, Part::max_chars);
    text.chars().count() <= max
}
