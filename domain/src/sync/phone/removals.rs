//! Much is taken from view only when it was meant.

use std::collections::BTreeSet;

use crate::{
    id::ThingId,
    sync::wire::Record,
    thing::{ThingKind, ThingRef},
};

use super::{LibraryRow, Page, PhoneError};

/// A pull that takes more stories than this from view, and more than a tenth, waits for a word from the server.
const TAKEN_WITHOUT_A_WORD: u64 = 20;

/// Stories that the pull has taken from view without a word, up to this page and with it; none if that is too many.
///
/// The server sees further than this page: what an administrator has said since was meant does not count, also where
/// that word comes with a page behind this one. Only while a phone reads again it has to count by itself, since the
/// server does not know what it had lost before.
pub(super) fn taken(
    library: &LibraryRow,
    page: &Page,
    held: &BTreeSet<ThingRef>,
) -> Option<BTreeSet<ThingId>> {
    let (mut taken, now) = (taken_before(library, page), taken_now(library, page, held));
    let to_come = match page.header.unmeant {
        Some(unmeant) if !library.reads_again() => unmeant,
        _ => now.len() as u64,
    };
    let all = taken.len() as u64 + to_come;
    let too_many = library.complete && all > TAKEN_WITHOUT_A_WORD && all * 10 > library.stories;
    taken.extend(now);
    (!too_many).then_some(taken)
}

/// Stories that this page takes from view without a word that it was meant.
pub(super) fn taken_without_a_word(page: &Page) -> impl Iterator<Item = ThingRef> {
    gone(page).filter(|record| !record.meant).map(Record::thing)
}

fn gone(page: &Page) -> impl Iterator<Item = &Record> {
    page.records.iter().filter(|record| record.kind == ThingKind::Story && record.state.is_none())
}

/// Stories that earlier pages of the pull took from view without a word that it was meant. A word that comes with this
/// page counts for them.
fn taken_before(library: &LibraryRow, page: &Page) -> BTreeSet<ThingId> {
    let mut taken = library.taken_stories.clone();
    for record in gone(page).filter(|record| record.meant) {
        taken.remove(&record.id);
    }
    taken
}

/// Those that this page takes. A phone that reads for the first time has none to lose, and one that reads again only what
/// it still shows.
fn taken_now(library: &LibraryRow, page: &Page, held: &BTreeSet<ThingRef>) -> BTreeSet<ThingId> {
    let known = |thing: &ThingRef| library.complete && (!library.reads_again() || held.contains(thing));
    taken_without_a_word(page).filter(known).map(|thing| thing.id).collect()
}

/// Notes in `held` which of `things` a library shows once it has been read up to this block. Blocks are read in order.
pub fn holding(
    things: &BTreeSet<ThingRef>,
    held: &mut BTreeSet<ThingRef>,
    lines: &str,
) -> Result<(), PhoneError> {
    for line in lines.lines() {
        let record: Record = serde_json::from_str(line).map_err(|_| PhoneError::Unreadable)?;
        let thing = record.thing();
        match record.state {
            Some(_) if things.contains(&thing) => drop(held.insert(thing)),
            Some(_) => {}
            None => drop(held.remove(&thing)),
        }
    }
    Ok(())
}
