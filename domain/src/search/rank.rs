//! From planned lists of postings to stories in order.
//!
//! Every word of a query gives a story at most one contribution, its best. Contributions add up, and a story that has
//! more of what was asked for is put before one that says part of it often. All numbers are whole, so that sums do not
//! depend on the order in which they are made.

use super::{
    plan::Plan,
    postings::Key,
    source::{Request, Source},
};
use crate::order::order;

mod sums;

use sums::{Reading, Sums};

/// Postings that a query reads at most, of stories everyone may see, and again as many of restricted ones. Groups are
/// taken in the order of what a posting in them is worth; a group that does not fit any more is left out whole.
pub const MAX_POSTINGS: u32 = 1 << 18;

/// A document that matches, and how well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scored {
    pub document: u32,
    pub score: u32,
}

/// All documents that match, in no particular order, and how many postings were read.
pub(super) struct Ranked {
    pub documents: Vec<Scored>,
    pub postings: u32,
}

pub(super) fn rank<S: Source>(plan: &Plan<S::List>, source: &S) -> Result<Ranked, S::Error> {
    let mut requests: Vec<Request<'_, S::List>> = Vec::new();
    let mut readings: Vec<Reading> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for list in &plan.lists {
        let Some(Some(found)) = plan.found.get(list.term as usize) else {
            continue;
        };
        for &(key, documents) in &found.groups {
            groups.push(Group {
                request: requests.len() as u32,
                key,
                documents,
                worth: contribution(list.worth, key),
            });
        }
        readings.push(Reading::new(plan, list.alternative, list.worth));
        requests.push(Request { list: &found.list, keys: Vec::new() });
    }
    let (chosen, postings) = choose(&groups);
    for group in groups.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(group, _)| group) {
        requests[group.request as usize].keys.push(group.key);
    }
    let mut sums = Sums::new(source.documents()? as usize);
    let mut current = 0;
    source.read(&requests, &mut |at, key, documents| {
        sums.leave(plan, &readings, current, at);
        current = at;
        sums.add(&readings[at], key, documents);
    })?;
    sums.leave(plan, &readings, current, readings.len());
    Ok(Ranked { documents: sums.scored(plan), postings })
}

/// Some postings of one list that weigh the same.
struct Group {
    request: u32,
    key: Key,
    documents: u32,
    worth: u32,
}

/// Which groups to read, so that not too many postings are read; and how many that are.
fn choose(groups: &[Group]) -> (Vec<bool>, u32) {
    let total: u64 = groups.iter().map(|group| u64::from(group.documents)).sum();
    if total <= u64::from(MAX_POSTINGS) {
        return (vec![true; groups.len()], total as u32);
    }
    let places = order(groups.len(), &mut |a, b| {
        let (a, b) = (&groups[a], &groups[b]);
        b.worth
            .cmp(&a.worth)
            .then_with(|| (a.documents, a.request, a.key).cmp(&(b.documents, b.request, b.key)))
    });
    let mut chosen = vec![false; groups.len()];
    let mut room = [MAX_POSTINGS; 2];
    for place in places {
        let group = &groups[place as usize];
        let room = &mut room[usize::from(group.key.restricted())];
        if group.documents <= *room {
            *room -= group.documents;
            chosen[place as usize] = true;
        }
    }
    (chosen, 2 * MAX_POSTINGS - room[0] - room[1])
}

/// What a posting of a list is worth.
fn contribution(worth: u32, key: Key) -> u32 {
    // 256 · 40 · 256 · 32 at most, kept below 2²⁴.
    (u64::from(worth) * u64::from(key.level() + 1) / 32).min((1 << 24) - 1) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_more_postings_are_chosen_than_fit(
            groups in proptest::collection::vec((0u32..60, 0u8..64, 1u32..400_000, 1u32..1000), 0..120)
        ) {
            let groups: Vec<Group> = groups
                .into_iter()
                .map(|(request, key, documents, worth)| Group {
                    request,
                    key: Key::from_byte(key),
                    documents,
                    worth,
                })
                .collect();
            let (chosen, postings) = choose(&groups);
            let read: u32 = groups
                .iter()
                .zip(&chosen)
                .filter(|(_, chosen)| **chosen)
                .map(|(group, _)| group.documents)
                .sum();
            prop_assert_eq!(read, postings);
            prop_assert!(postings <= 2 * MAX_POSTINGS);
            // A group is only left out where there is too little room for it.
            let left_out = groups.iter().zip(&chosen).filter(|(_, chosen)| !**chosen);
            prop_assert!(left_out.into_iter().all(|(group, _)| group.documents + postings > MAX_POSTINGS));
        }
    }

    #[test]
    fn the_weightiest_groups_are_read_first() {
        let group = |worth, documents| Group { request: 0, key: Key::new(5, false), documents, worth };
        let groups = [group(1, 200_000), group(9, 100_000), group(5, 100_000)];
        assert_eq!(choose(&groups), (vec![false, true, true], 200_000));
    }
}
