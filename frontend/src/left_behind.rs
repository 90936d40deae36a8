//! Slots in which pages leave states of drafts for the next one, in local storage: what is written there is there when
//! the call returns, also if the page is gone in the next moment. The rules are `domain::draft::Slot`'s.

use domain::{
    draft::{Draft, Slot},
    ports::KeepError,
};
use web_sys::Storage;

use crate::device::remembered;

/// The one slot of earlier versions.
const LAST_WORDS: &str = "last-words";

/// A state that was left, and the key under which it lies.
pub struct LeftBehind {
    key: String,
    pub draft: Draft,
}

/// Everything that can be read. What cannot, a newer version has left, and it stays for that.
pub fn all() -> Vec<LeftBehind> {
    let Some(storage) = remembered() else { return Vec::new() };
    let left = |key: String| Some(LeftBehind { draft: read(&storage, &key)?, key });
    keys(&storage).into_iter().filter_map(left).collect()
}

/// Leaves a state, and removes the earlier ones of its page that it takes the place of.
pub fn leave(draft: &Draft) -> Result<(), KeepError> {
    let storage = remembered().ok_or(KeepError::Storage)?;
    let (slot, key) = (Slot::of(draft), Slot::of(draft).to_string());
    if storage.get_item(&key).ok().flatten().is_some() {
        return Ok(());
    }
    let json = serde_json::to_string(draft).map_err(|_| KeepError::Storage)?;
    let units = |text: &str| text.encode_utf16().count();
    let held = |key: String| storage.get_item(&key).ok().flatten().map(|json| units(&json));
    let settled = |key: &String| key.parse::<Slot>().is_ok_and(|known| known.is_settled_by(slot));
    let (replaced, others): (Vec<_>, Vec<_>) = keys(&storage).into_iter().partition(settled);
    let others: Vec<usize> = others.into_iter().filter_map(held).collect();
    if !Slot::has_room(&others, units(&json)) {
        return Err(KeepError::Full);
    }
    storage.set_item(&key, &json).map_err(|_| KeepError::Full)?;
    for key in replaced {
        let _ = storage.remove_item(&key);
    }
    Ok(())
}

/// Removes what needs not be taken up any more, now that `kept` is durable.
pub fn settle(kept: Slot) {
    let Some(storage) = remembered() else { return };
    let settled = |key: &String| match key.parse::<Slot>() {
        Ok(slot) => slot.is_settled_by(kept),
        Err(_) => read(&storage, key).is_some_and(|draft| Slot::of(&draft).is_settled_by(kept)),
    };
    for key in keys(&storage).into_iter().filter(settled) {
        let _ = storage.remove_item(&key);
    }
}

impl LeftBehind {
    /// It need not be taken up: its draft is told or discarded.
    pub fn remove(&self) {
        if let Some(storage) = remembered() {
            let _ = storage.remove_item(&self.key);
        }
    }
}

fn read(storage: &Storage, key: &str) -> Option<Draft> {
    serde_json::from_str(&storage.get_item(key).ok()??).ok()
}

fn keys(storage: &Storage) -> Vec<String> {
    let all = (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
    all.filter(|key| key == LAST_WORDS || key.parse::<Slot>().is_ok()).collect()
}
