//! How a thing looks on this phone once its own open ops are replayed over the server's state. Merging is the
//! server's business: here, what a person wrote is what they see until the server has answered.

use serde_json::Value;

use crate::{
    Object,
    op::{Change, Edit, Op},
    thing::member_name,
};

/// The state after `op`, as the phone shows it.
pub fn project(before: Option<&Object>, op: &Op) -> Object {
    let mut state = before.cloned().unwrap_or_default();
    match &op.change {
        Change::Create(fields) => state.extend(fields.clone()),
        Change::Edit(edit) => project_edit(&mut state, edit),
        Change::Move { to, .. } => {
            state.insert("status".into(), serde_json::json!(to));
        }
        Change::Delete => {
            state.insert("deleted_at".into(), Value::from(op.at.0));
        }
        Change::TakeUp(taken) => state.clone_from(&taken.state),
        Change::Restore => {
            state.remove("deleted_at");
        }
    }
    state
}

fn project_edit(state: &mut Object, edit: &Edit) {
    for (field, text) in &edit.text {
        if text.to.trim().is_empty() {
            state.remove(field);
        } else {
            state.insert(field.clone(), Value::from(text.to.as_str()));
        }
    }
    for (field, value) in &edit.set {
        match value {
            Value::Null => state.remove(field),
            value => state.insert(field.clone(), value.clone()),
        };
    }
    for (field, members) in &edit.add {
        change_members(state, field, members, |set, member| {
            if !set.iter().any(|known| is_same(known, member)) {
                set.push(member.clone());
            }
        });
    }
    for (field, members) in &edit.remove {
        change_members(state, field, members, |set, member| set.retain(|known| !is_same(known, member)));
    }
}

fn is_same(known: &Value, member: &Value) -> bool {
    known == member || member_name(known).is_some_and(|name| member_name(member) == Some(name))
}

fn change_members(
    state: &mut Object,
    field: &str,
    members: &Value,
    mut change: impl FnMut(&mut Vec<Value>, &Value),
) {
    let mut set = state.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    for member in members.as_array().into_iter().flatten() {
        change(&mut set, member);
    }
    if set.is_empty() {
        state.remove(field);
    } else {
        state.insert(field.into(), Value::Array(set));
    }
}
