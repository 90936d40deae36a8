use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{language::Language, story::Part, time::Millis};

const DRAFT: u8 = 1;

fn id(number: u8) -> DraftId {
    DraftId::mint(Millis(1), &[number; 10])
}

fn state(writer: u64, stroke: u64, version: u64, text: &str) -> Draft {
    let mut draft = Draft::begin(id(DRAFT), None, Language::Sv, Millis(1));
    draft.texts.insert(Part::Situation, text.to_owned());
    Draft { writer, stroke, version, ..draft }
}

/// A store as the phone has it. Keeping answers under which id the state, or a later one, is stored.
#[derive(Clone, Debug, Default, PartialEq)]
struct Store(BTreeMap<DraftId, Draft>);

impl Store {
    fn keep(&mut self, given: Draft) -> DraftId {
        self.keep_for(given, None)
    }

    fn keep_for(&mut self, mut given: Draft, reader: Option<PersonId>) -> DraftId {
        for _ in 0..8 {
            let id = given.id;
            match plan(given, self.0.get(&id), reader) {
                Autosave::Stored => return id,
                Autosave::Write(draft) => {
                    self.0.insert(id, *draft);
                    return id;
                }
                Autosave::Apart(draft) => given = *draft,
            }
        }
        panic!("a draft goes apart without end");
    }

    fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<_> = self.0.values().map(|draft| draft.text(Part::Situation)).collect();
        texts.sort_unstable();
        texts
    }
}

#[test]
fn an_older_state_of_the_same_page_never_replaces_a_newer_one() {
    let mut store = Store::default();
    store.keep(state(7, 101, 0, "a"));
    store.keep(state(7, 109, 1, "a b c"));
    // Whatever version it names: it may have been left before or after the page heard of the last one.
    for version in 0..5 {
        store.keep(state(7, 104, version, "a b"));
    }
    assert_eq!(store.texts(), ["a b c"]);
}

#[test]
fn a_state_that_a_later_page_continued_makes_no_draft_of_its_own() {
    let mut store = Store::default();
    store.keep(state(7, 101, 0, "a"));
    store.keep(state(8, 5, 1, "a b"));
    store.keep(state(9, 3, 2, "a b c"));
    store.keep(state(7, 101, 0, "a"));
    store.keep(state(8, 4, 1, "a "));
    assert_eq!(store.texts(), ["a b c"]);
}

#[test]
fn a_draft_that_was_discarded_and_is_had_back_still_continues_earlier_states() {
    let mut store = Store::default();
    store.keep(state(7, 101, 0, "a"));
    store.keep(state(7, 102, 1, "a b"));
    let discarded = store.0.remove(&id(DRAFT)).unwrap();
    store.keep(Draft { version: 0, ..discarded }.written_by(Revision { writer: 8, stroke: 1 }));
    store.keep(state(7, 101, 2, "a"));
    assert_eq!(store.texts(), ["a b"]);
}

#[test]
fn a_later_state_of_a_page_that_another_continued_is_a_draft_of_its_own() {
    let mut store = Store::default();
    store.keep(state(7, 101, 0, "a"));
    store.keep(state(8, 5, 1, "a b"));
    let apart = store.keep(state(7, 102, 1, "a x"));
    assert_ne!(apart, id(DRAFT));
    // The page does not know that yet; what it left is taken up after it.
    assert_eq!(store.keep(state(7, 103, 1, "a x y")), apart);
    assert_eq!(store.keep(state(7, 102, 1, "a x")), apart);
    assert_eq!(store.texts(), ["a b", "a x y"]);
}

#[test]
fn strokes_that_wrap_stay_in_order() {
    let mut store = Store::default();
    store.keep(state(7, u64::MAX, 0, "a"));
    store.keep(state(7, 0, 0, "a b"));
    store.keep(state(7, u64::MAX, 0, "a"));
    assert_eq!(store.texts(), ["a b"]);
}

#[test]
fn states_that_no_page_numbered_go_by_their_version() {
    let mut store = Store::default();
    store.keep(state(0, 0, 0, "a"));
    store.keep(state(0, 0, 1, "a b"));
    assert_eq!(store.texts(), ["a b"]);
    store.keep(state(0, 0, 1, "a c"));
    assert_eq!(store.texts(), ["a b", "a c"]);
}

#[test]
fn a_draft_stays_its_authors_and_nobodys_becomes_the_readers() {
    let (elin, hassan) = (PersonId::named("Elin"), PersonId::named("Hassan"));
    let mut store = Store::default();
    store.keep_for(Draft { person: Some(elin), ..state(7, 1, 0, "a") }, Some(hassan));
    assert_eq!(store.0[&id(DRAFT)].person, Some(elin));
    // A page that was opened before Elin joined goes on without knowing whose it is.
    store.keep_for(state(7, 2, 1, "a b"), Some(hassan));
    assert_eq!(store.0[&id(DRAFT)].person, Some(elin));
    assert!(store.0[&id(DRAFT)].is_for(Some(elin)));
    assert!(!store.0[&id(DRAFT)].is_for(Some(hassan)) && !store.0[&id(DRAFT)].is_for(None));
    let begun = Draft { id: id(2), ..state(7, 3, 0, "c") };
    store.keep_for(begun, Some(hassan));
    assert_eq!(store.0[&id(2)].person, Some(hassan));
    let apart = store.keep_for(Draft { person: Some(hassan), ..state(7, 4, 2, "x") }, Some(hassan));
    assert_eq!((store.0[&apart].person, store.texts()), (Some(hassan), vec!["a b", "c", "x"]));
}

#[test]
fn ancestors_are_bounded_and_the_latest_stay() {
    let mut store = Store::default();
    for page in 1..40 {
        store.keep(state(page, 1, page - 1, &page.to_string()));
    }
    let ancestors = &store.0[&id(DRAFT)].ancestors;
    assert_eq!(ancestors.len(), Draft::MAX_ANCESTORS);
    assert_eq!(ancestors.last(), Some(&Revision { writer: 38, stroke: 1 }));
}

/// What is stored under the id of a draft that is told, as it lies there after `writer` has gone on with `before`.
fn gone_on(before: &Draft, writer: u64, stroke: u64, text: &str) -> Draft {
    match plan(state(writer, stroke, before.version, text), Some(before), None) {
        Autosave::Write(written) => *written,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_draft_that_is_told_takes_along_what_its_own_page_wrote_and_nothing_that_another_one_did() {
    let Autosave::Write(first) = plan(state(1, 1, 0, "a"), None, None) else { panic!("nothing is stored") };
    // The page tells what is stored, a later state than that, or what an earlier page wrote and it has read.
    assert!(!first.outlives(&first));
    assert!(!first.outlives(&state(1, 2, first.version, "a b")));
    assert!(!first.outlives(&state(2, 7, first.version, "a b")));
    // Another page, or another tab of the same draft, has gone on since the page that tells has read it.
    let second = gone_on(&first, 2, 5, "a c");
    assert!(second.outlives(&first));
    assert!(second.outlives(&state(1, 2, first.version, "a b")));
    // A later state of the page itself, should one come in between.
    assert!(gone_on(&first, 1, 3, "a d").outlives(&first));
    assert!(!second.outlives(&Draft { texts: second.texts.clone(), ..(*first).clone() }), "the same words");
    assert!(!gone_on(&first, 2, 5, "").outlives(&first), "nothing that anyone would miss");
}

proptest! {
    /// Later is an order among all states that one page can hand over, wherever it begins to count.
    #[test]
    fn later_is_a_total_order_within_a_page(start: u64, writer in 1..u64::MAX, counts: [u32; 3]) {
        let [a, b, c] = counts.map(|count| Revision { writer, stroke: start.wrapping_add(u64::from(count)) });
        prop_assert_eq!(a.is_after(b), counts[0] > counts[1]);
        prop_assert!(!(a.is_after(b) && b.is_after(a)));
        prop_assert!(!(a.is_after(b) && b.is_after(c)) || a.is_after(c));
        prop_assert_eq!(a.includes(b), counts[0] >= counts[1]);
        let other = Revision { writer: writer.wrapping_add(1), ..a };
        prop_assert!(!other.is_after(b) && !other.includes(b));
    }

    /// Pages one after the other, each of which loads the draft, writes on, and leaves some of its states; what
    /// was left arrives whenever it does, as often as it does. The last state is kept, and nothing else is.
    #[test]
    fn whatever_is_left_by_pages_one_after_the_other_the_last_state_is_kept(
        start: u64,
        pages in prop::collection::vec(1usize..6, 1..8),
        arrivals in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..40),
    ) {
        let mut store = Store::default();
        let (mut left, mut text) = (Vec::<Draft>::new(), String::new());
        let mut arrivals = arrivals.into_iter();
        for (page, states) in pages.iter().enumerate() {
            let shown = store.0.get(&id(DRAFT)).map_or(0, |draft| draft.version);
            for stroke in 0..*states {
                text.push('x');
                let given = state(page as u64 + 1, start.wrapping_add(stroke as u64), shown, &text);
                left.push(given.clone());
                store.keep(given);
                if let Some((which, _)) = arrivals.next() {
                    store.keep(which.get(&left).clone());
                }
            }
        }
        for (which, _) in arrivals {
            store.keep(which.get(&left).clone());
        }
        prop_assert_eq!(store.texts(), [text.as_str()]);
    }

    /// Two pages with the same draft before them: the last words of each are kept, whatever arrives late or twice.
    #[test]
    fn whatever_two_pages_write_at_once_the_last_state_of_each_is_kept(
        order in prop::collection::vec(any::<bool>(), 1..30),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut store = Store::default();
        store.keep(state(1, 1, 0, "a"));
        let (mut left, mut texts) = (Vec::new(), BTreeMap::new());
        for (stroke, first) in order.into_iter().enumerate() {
            let page = if first { 2 } else { 3 };
            let text = format!("a {page} {stroke}");
            let given = state(page, stroke as u64, 1, &text);
            texts.insert(page, text);
            left.push(given.clone());
            store.keep(given);
        }
        for which in again {
            store.keep(which.get(&left).clone());
        }
        let texts: Vec<_> = texts.values().map(String::as_str).collect();
        prop_assert_eq!(store.texts(), texts);
    }
}
