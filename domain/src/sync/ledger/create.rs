//! Creating a thing, for the first time and again.
//!
//! A draft's id becomes its story's. Two copies of a browser profile may both hold the draft and tell it with different
//! words: the first create stands, and what only the second one says must not be lost. What is created again with the
//! same content (offered again after a restore, renumbered by a clone) changes nothing.

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Object,
    access::Actor,
    id::PersonId,
    op::{Edit, Op},
    sync::wire::{Hex, Outcome, Reason},
    thing::{Again, Schema, ThingKind, member_name},
    time::{Day, Millis},
};

use super::{
    Ledger,
    apply::{Declined, IMPORTED, SERVED, check},
    edit::{ADDED, Edited, Lost, edit},
};

impl Ledger {
    pub(super) fn create(
        &mut self,
        actor: &Actor,
        op: &Op,
        schema: &Schema,
        given: &Object,
        now: Millis,
    ) -> Result<Outcome, Declined> {
        let mut state = match self.row(&op.thing) {
            Some(_) if schema.again == Again::Keep => return Ok(Outcome::Applied),
            Some(_) if schema.again == Again::Merge => {
                return self.create_again(actor, op, schema, given, now);
            }
            // A register is about one thing for ever. What follows from the op is counted there, and only there.
            Some(row) if schema.fixed.iter().any(|field| given.get(*field) != row.state.get(*field)) => {
                return Err(Declined::Rejected(Reason::Invalid));
            }
            Some(row) => {
                let mut state = row.state.clone();
                let given = given.iter().filter(|(field, _)| !schema.is_fixed(field));
                state.extend(given.map(|(field, value)| (field.clone(), value.clone())));
                state
            }
            None => given.clone(),
        };
        state.retain(|_, value| !value.is_null());
        state.remove("deleted_at");
        state.remove(CREATED_AS);
        if op.thing.kind == ThingKind::Story {
            arrive(actor, &mut state, now);
        }
        check(op, &state)?;
        self.put(&op.thing, state, false);
        Ok(Outcome::Applied)
    }

    /// Adds what another create of the same thing says: members to its sets, fields that it lacks, and texts that differ
    /// beside it. The server itself creates nothing again: an import compares first, and the sample library leaves what
    /// is there.
    fn create_again(
        &mut self,
        actor: &Actor,
        op: &Op,
        schema: &Schema,
        given: &Object,
        now: Millis,
    ) -> Result<Outcome, Declined> {
        let row = self.row(&op.thing).expect("create saw it");
        let mut known = created_as(schema, &row.state);
        let digest = content_digest(schema, given);
        let stands = content_digest(schema, &row.state);
        if op.actor == PersonId::SYSTEM || digest == stands || known.contains(&digest) {
            return Ok(Outcome::Applied);
        }
        let mut told = given.clone();
        told.retain(|_, value| !value.is_null());
        if op.thing.kind == ThingKind::Story {
            arrive(actor, &mut told, now);
        }
        check(op, &told)?;
        let members = |field: &&&str| **field != SERVED && told.contains_key(**field);
        let sets = schema.sets.iter().filter(members);
        let add = sets.map(|field| ((*field).to_owned(), told[*field].clone())).collect();
        let change = Edit { add, ..Edit::default() };
        let Edited { mut state, .. } = edit(&row.state, schema, &change, op, self.head.seq + 1)
            .ok_or(Declined::Rejected(Reason::Invalid))?;
        // Also what only a newer version knows.
        for (field, value) in told.iter().filter(|(field, _)| is_register(schema, field)) {
            state.entry(field.clone()).or_insert_with(|| value.clone());
        }
        known.push(digest);
        let from = known.len().saturating_sub(CREATES);
        state.insert(CREATED_AS.into(), known[from..].into());
        check(op, &state)?;
        let lost = lost_texts(schema, &row.state, &told);
        self.put(&op.thing, state, false);
        if lost.is_empty() {
            return Ok(Outcome::Merged);
        }
        self.keep_beside(op, lost, now);
        Ok(Outcome::ConflictKept)
    }
}

/// Where a thing remembers with which contents it was created, once it says something else: what phones offer again
/// after a restore is then known, also where a colleague's phone has handed the thing back as it was in the end.
pub(super) const CREATED_AS: &str = "created_as";

/// Contents that are remembered, at most: as many as there may be copies of a browser profile that hold one draft.
const CREATES: usize = 8;

fn is_register(schema: &Schema, field: &str) -> bool {
    let kept_by_the_server = schema.is_fixed(field) || [ADDED, CREATED_AS].contains(&field);
    !kept_by_the_server && !schema.is_text(field) && !schema.is_set(field)
}

/// The digests of the contents with which a thing in this state was created.
fn created_as(schema: &Schema, state: &Object) -> Vec<String> {
    let noted = state.get(CREATED_AS).and_then(|noted| Vec::deserialize(noted).ok());
    noted.unwrap_or_else(|| vec![content_digest(schema, state)])
}

/// Notes in the state after an edit with which content the thing was created, at the first edit that changes that.
pub(super) fn note_creation(schema: &Schema, before: &Object, after: &mut Object) {
    if schema.again == Again::Merge
        && !before.contains_key(CREATED_AS)
        && content_digest(schema, before) != content_digest(schema, after)
    {
        after.insert(CREATED_AS.into(), created_as(schema, before).into());
    }
}

/// What a person has put into a thing that must not be lost: 64 bits of SHA-256 over its texts and the names of its
/// sets' members, in hexadecimal. Nobody gains by a collision: only a thing's own author creates it again.
fn content_digest(schema: &Schema, state: &Object) -> String {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    };
    for field in schema.text {
        add(state.get(*field).and_then(Value::as_str).unwrap_or_default());
    }
    for field in schema.sets.iter().filter(|field| **field != SERVED) {
        let members = state.get(*field).and_then(Value::as_array);
        let mut names: Vec<&str> = members.into_iter().flatten().filter_map(member_name).collect();
        names.sort_unstable();
        names.dedup();
        add(field);
        names.into_iter().for_each(&mut add);
    }
    Hex(&digest.finalize()[..8]).to_string()
}

/// Texts that what stands does not have.
pub(super) fn lost_texts(schema: &Schema, stands: &Object, taken: &Object) -> Lost {
    let text = |state: &Object, field: &str| -> String {
        state.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut lost = Lost::new();
    for field in schema.text {
        let (kept, other) = (text(stands, field), text(taken, field));
        if !other.trim().is_empty() && kept != other {
            lost.insert((*field).to_owned(), serde_json::json!({ "kept": kept, "lost": other }));
        }
    }
    lost
}

/// What the server notes on a story as it arrives.
fn arrive(actor: &Actor, state: &mut Object, now: Millis) {
    let imported = *actor == Actor::System;
    let happened = state.get("occurred_on").and_then(|day| Day::deserialize(day).ok());
    let published = match happened {
        Some(day) if imported => day.start().min(now),
        _ => now,
    };
    state.insert("received_at".into(), Value::from(now.0));
    state.insert("published_at".into(), Value::from(published.0));
    if !imported {
        state.remove(IMPORTED);
        state.remove(SERVED);
        state.remove("status");
    }
}
