//! What must hold after every step.

use std::fmt;

use domain::{
    Object,
    op::{Change, Op},
    sync::{
        ledger::Row,
        phone::{LibraryRow, OpRow, Page},
    },
    thing::{ThingKind, ThingRef},
};

use crate::{
    handset::{Handset, Mine},
    server::{Server, token},
};

/// An invariant that did not hold.
#[derive(Clone, Debug)]
pub struct Broken {
    pub invariant: &'static str,
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

pub fn broken<T>(invariant: &'static str, what: impl FnOnce() -> String) -> Result<T, Broken> {
    Err(Broken { invariant, what: what() })
}

/// Until the library on the phone holds what one wrote, the phone shows it as one wrote it.
pub fn own_words_stand(phone: &Handset, server: &Server) -> Result<(), Broken> {
    for (thing, mine) in phone.disk.mine.iter().filter(|(_, mine)| mine.person == phone.owner) {
        let holds = |generation: usize, seq: u64| {
            server.firsts[generation].get(&mine.token).is_some_and(|first| *first <= seq)
        };
        let held = phone.disk.held.get(thing);
        if held.is_some_and(|held| holds(held.generation, held.seq)) {
            continue;
        }
        // Where others had handed back already what was made of it, one's own op found nothing left to do.
        let read = |generation: usize| phone.disk.read.get(&generation).copied().unwrap_or(0);
        if held.is_some_and(|held| held.generation > 0 && holds(held.generation, read(held.generation))) {
            continue;
        }
        if held.is_some_and(|held| held.state.is_none() && held.generation > 0)
            && waits_unseen(phone, thing, mine)
        {
            continue;
        }
        let overlay = phone.disk.store.overlays.get(thing);
        // Where the library went to somebody else, what it held lies under the overlay; so it does where a newer client
        // left the overlay, which this one leaves as it is.
        let left_alone = open_ops(phone, thing).any(|op| op.bytes.op().is_err());
        let base = overlay.and_then(|overlay| overlay.base.as_ref()).filter(|_| held.is_none() || left_alone);
        // It may have been read before a restore of which this phone has heard since.
        let known = server.generation_known_to(phone);
        if base.is_some_and(|(seq, _)| (0..=known).any(|generation| holds(generation, *seq))) {
            continue;
        }
        let shows = |state: &Object| state.get(mine.field).and_then(|text| text.as_str()) == Some(&mine.text);
        if !overlay.is_some_and(|overlay| shows(&overlay.state)) {
            return broken("one's own words never vanish while pending", || {
                let shown = overlay.map(|overlay| overlay.state.get(mine.field));
                let held = held.map(|held| (held.seq, held.generation, held.state.is_some()));
                format!("{thing}: {mine:?} was told, the overlay shows {shown:?}, held {held:?}")
            });
        }
    }
    Ok(())
}

/// Whether words that are offered again to a server that was restored wait for its answer where nobody sees them: they
/// were written at another's thing, which that server does not show to whoever sits here, so that there is nothing to lay
/// them over, also where it was told on this phone and whoever told it has handed it over. They are kept, and either
/// come to be part of the thing or need their person.
fn waits_unseen(phone: &Handset, thing: &ThingRef, mine: &Mine) -> bool {
    let told = |op: Op| op.actor == phone.owner && matches!(op.change, Change::Create(_));
    let told_here = |op: &OpRow| op.bytes.op().is_ok_and(told);
    open_ops(phone, thing).any(|op| token(op.bytes.as_str()) == Some(mine.token))
        && !open_ops(phone, thing).any(told_here)
}

fn open_ops<'a>(phone: &'a Handset, thing: &'a ThingRef) -> impl Iterator<Item = &'a OpRow> {
    let store = &phone.disk.store;
    let open = |op: &&OpRow| op.thing == *thing && store.devices[&op.device].is_open(op.device_seq);
    store.ops.values().filter(open)
}

/// What was read is never replaced by something older.
pub fn nothing_went_back(phone: &Handset) -> Result<(), Broken> {
    match &phone.went_back {
        Some(thing) => {
            broken("a library never goes back in time", || format!("{thing} was replaced by an older one"))
        }
        None => Ok(()),
    }
}

/// Whatever lies at or before the cursor is on the phone.
pub fn cursor_is_covered(phone: &Handset, server: &Server) -> Result<(), Broken> {
    let library = &phone.disk.store.library;
    let state = server.look();
    // Whoever signs in begins with an empty library.
    if library.reader.is_some_and(|reader| reader != phone.owner) {
        return broken("a library is read by whoever sits there", || {
            format!("{:?} has read it", library.reader)
        });
    }
    // A phone may hold what a database lacks that went back.
    if library.cursor.is_none() || library.epoch != Some(state.head.epoch) || server.behind {
        return Ok(());
    }
    let reader = state.reader(phone.owner);
    let admits = |row: &Row| row.scope.admits(row.owner, &reader);
    for (thing, row) in state.rows.iter().filter(|(_, row)| row.seq <= library.seq) {
        let held = phone.disk.held.get(thing);
        if admits(row) && held.is_none_or(|held| held.state.is_none() || held.seq != row.seq) {
            return broken("a cursor never runs ahead of what is applied", || {
                let held = held.map(|held| held.seq);
                format!("{thing} has seq {}, the cursor {}, the phone holds {held:?}", row.seq, library.seq)
            });
        }
        if !admits(row) && server.generation == 0 && held.is_some_and(|held| held.state.is_some()) {
            return broken("what one may no longer see is gone", || {
                format!("{thing} (seq {}) is on the phone, cursor {}", row.seq, library.seq)
            });
        }
    }
    Ok(())
}

/// Nothing reaches someone who may not see it.
pub fn page_is_for(phone: &Handset, server: &Server, page: &Page) -> Result<(), Broken> {
    let state = server.look();
    let reader = state.reader(phone.owner);
    for record in page.records.iter().filter(|record| record.state.is_some()) {
        let thing = record.thing();
        let admitted = state.rows.get(&thing).is_some_and(|row| row.scope.admits(row.owner, &reader));
        if !admitted {
            return broken("nothing reaches someone who may not see it", || {
                format!("{thing} was sent to {:?}", phone.owner)
            });
        }
    }
    Ok(())
}

/// A page says at least of those stories that are taken which the phone still holds.
pub fn a_page_says_what_is_taken(phone: &Handset, server: &Server, page: &Page) -> Result<(), Broken> {
    let (state, library) = (server.look(), &phone.disk.store.library);
    if page.header.reset.is_some() || library.epoch != Some(page.header.epoch) || page.asked != library.cursor
    {
        return Ok(());
    }
    let reader = state.reader(phone.owner);
    let holds = |thing: &ThingRef| phone.disk.held.get(thing).is_some_and(|held| held.state.is_some());
    let taken = state.rows.iter().filter(|(thing, row)| {
        thing.kind == ThingKind::Story
            && row.narrowed_at > library.seq
            && !row.meant
            && !row.scope.admits(row.owner, &reader)
            && holds(thing)
    });
    let (taken, said) = (taken.count() as u64, page.header.unmeant);
    if said.is_some_and(|said| said >= taken) {
        return Ok(());
    }
    broken(MEANT, || format!("{taken} stories will go without a word, the page speaks of {said:?}"))
}

const MEANT: &str = "much is taken from view only when it was meant";

/// A pull takes much from view only when there is a word that it was meant, also one that reads again after a restore. Where
/// the server has said beforehand how much it takes, no page of it is absorbed.
pub fn not_too_much_is_taken(before: &LibraryRow, page: &Page, phone: &Handset) -> Result<(), Broken> {
    let much = |taken: u64| before.complete && taken > 20 && taken * 10 > before.stories;
    let taken = phone.taken as u64;
    if much(taken) {
        return broken(MEANT, || format!("{taken} stories have gone without a word"));
    }
    let after = &phone.disk.store.library;
    let absorbed = after.cursor.as_ref() == Some(&page.header.cursor) && after.cursor != before.cursor;
    let said = page.header.unmeant.unwrap_or(0);
    if absorbed && !before.reads_again() && much(said) {
        return broken(MEANT, || {
            format!("a page is taken of a pull that takes {said} stories without a word")
        });
    }
    Ok(())
}
