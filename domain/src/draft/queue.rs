//! The states of drafts that wait to be written.

use std::collections::VecDeque;

use crate::id::DraftId;

use super::Draft;

/// What waits to be written, in the order in which it was first handed over. Of each draft and page only the latest
/// state waits: a state of another page is never replaced.
#[derive(Debug, Default)]
pub struct AutosaveQueue(VecDeque<Draft>);

impl AutosaveQueue {
    /// States that wait at most: far more than one person begins before the first is written, so that only a store
    /// that never answers meets it.
    pub const MAX: usize = 64;

    /// Hands a state over. It comes back if there are too many: whoever asked has it still.
    pub fn push(&mut self, draft: Draft) -> Result<(), Box<Draft>> {
        let is_full = self.0.len() >= Self::MAX;
        let same = |known: &&mut Draft| known.id == draft.id && known.writer == draft.writer;
        match self.0.iter_mut().find(same) {
            Some(known) if known.revision().is_after(draft.revision()) => {}
            Some(known) => *known = draft,
            None if is_full => return Err(Box::new(draft)),
            None => self.0.push_back(draft),
        }
        Ok(())
    }

    pub fn pop(&mut self) -> Option<Draft> {
        self.0.pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out everything that waits of a draft, in order; by `writer` alone, if one is named.
    pub fn take(&mut self, id: DraftId, writer: Option<u64>) -> Vec<Draft> {
        let is_meant = |draft: &Draft| draft.id == id && writer.is_none_or(|writer| draft.writer == writer);
        let (taken, left): (Vec<_>, Vec<_>) = self.0.drain(..).partition(is_meant);
        self.0 = left.into();
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{language::Language, time::Millis};

    fn state(number: u8, writer: u64, stroke: u64) -> Draft {
        let id = DraftId::mint(Millis(1), &[number; 10]);
        Draft { writer, stroke, ..Draft::begin(id, None, Language::Sv, Millis(1)) }
    }

    fn drained(mut queue: AutosaveQueue) -> Vec<Draft> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn a_state_replaces_only_an_earlier_one_of_the_same_draft_and_page() {
        let mut queue = AutosaveQueue::default();
        for draft in [state(1, 7, 1), state(2, 7, 2), state(1, 8, 1), state(1, 7, 4), state(1, 7, 3)] {
            queue.push(draft).unwrap();
        }
        assert_eq!(drained(queue), [state(1, 7, 4), state(2, 7, 2), state(1, 8, 1)]);
    }

    #[test]
    fn what_is_taken_out_of_a_draft_leaves_the_others_in_order() {
        let mut queue = AutosaveQueue::default();
        for draft in [state(1, 7, 1), state(2, 7, 2), state(1, 8, 1), state(3, 7, 3)] {
            queue.push(draft).unwrap();
        }
        assert_eq!(queue.take(state(1, 0, 0).id, Some(8)), [state(1, 8, 1)]);
        assert_eq!(queue.take(state(1, 0, 0).id, None), [state(1, 7, 1)]);
        assert_eq!(drained(queue), [state(2, 7, 2), state(3, 7, 3)]);
    }

    #[test]
    fn a_full_queue_hands_a_new_state_back_and_still_takes_a_later_one() {
        let mut queue = AutosaveQueue::default();
        for number in 0..AutosaveQueue::MAX {
            queue.push(state(number as u8, 7, 1)).unwrap();
        }
        assert_eq!(queue.push(state(200, 7, 1)), Err(Box::new(state(200, 7, 1))));
        assert_eq!(queue.push(state(3, 7, 2)), Ok(()));
    }
}
