//! What the page has given to the engine to be kept and is not durable yet: states of its own drafts, and those that
//! pages before it left.

use std::cell::{Cell, RefCell};

use domain::{
    draft::{Draft, Revision, Slot},
    id::DraftId,
    ports::KeepError,
};
use web::Timer;

use crate::left_behind;

pub struct Unkept {
    /// This page, among those that write to drafts.
    pub writer: u64,
    /// The number of the last state that it wrote. Counts from the page's own number, which is as good as any.
    stroke: Cell<u64>,
    /// The latest state of each draft and page.
    states: RefCell<Vec<Draft>>,
    /// Leaves the page's own states, should the engine be slow.
    pub slow: RefCell<Option<Timer>>,
}

impl Unkept {
    pub fn new(writer: u64) -> Self {
        Self { writer, stroke: Cell::new(writer), states: RefCell::default(), slow: RefCell::default() }
    }

    fn revision(&self) -> Revision {
        Revision { writer: self.writer, stroke: self.stroke.get() }
    }

    /// The page's next state.
    pub fn next(&self, draft: Draft) -> Draft {
        self.stroke.set(self.stroke.get().wrapping_add(1));
        let draft = self.as_given(draft);
        self.note(draft.clone());
        draft
    }

    pub fn as_given(&self, draft: Draft) -> Draft {
        draft.written_by(self.revision())
    }

    fn note(&self, draft: Draft) {
        let mut states = self.states.borrow_mut();
        states.retain(|known| (known.id, known.writer) != (draft.id, draft.writer));
        states.push(draft);
    }

    pub fn all(&self) -> Vec<Draft> {
        self.states.borrow().clone()
    }

    pub fn has_own(&self) -> bool {
        self.states.borrow().iter().any(|draft| draft.writer == self.writer)
    }

    /// What pages before this one left, from now on in the care of this one.
    pub fn take_up(&self) -> Vec<Draft> {
        let left = left_behind::all().into_iter().map(|left| left.draft);
        let others: Vec<Draft> = left.filter(|draft| draft.writer != self.writer).collect();
        others.iter().for_each(|draft| self.note(draft.clone()));
        others
    }

    /// A draft is told as this page last gave it: what it wrote of it meanwhile went with the sheet.
    pub fn told(&self, given: Slot) {
        let is_own = |slot: Slot| slot.draft == given.draft && slot.revision.writer == given.revision.writer;
        self.states.borrow_mut().retain(|draft| !is_own(Slot::of(draft)));
        let left = left_behind::all().into_iter().filter(|left| is_own(Slot::of(&left.draft)));
        left.for_each(|left| left.remove());
    }

    /// A state is durable.
    pub fn settle(&self, kept: Slot) {
        self.states.borrow_mut().retain(|draft| !Slot::of(draft).is_settled_by(kept));
        left_behind::settle(kept);
    }

    /// What was left of a draft that is discarded would make it a draft again at the next start.
    pub fn discard(&self, id: DraftId) {
        self.states.borrow_mut().retain(|draft| draft.id != id);
        left_behind::all().into_iter().filter(|left| left.draft.id == id).for_each(|left| left.remove());
    }

    /// Leaves this page's own states for the next; those of others have been left already. Answers what found no room.
    pub fn leave(&self) -> Vec<(Slot, KeepError)> {
        let states = self.states.borrow();
        let own = states.iter().filter(|draft| draft.writer == self.writer);
        own.filter_map(|draft| Some((Slot::of(draft), left_behind::leave(draft).err()?))).collect()
    }
}
