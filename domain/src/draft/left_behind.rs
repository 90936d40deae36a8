//! What a page leaves of its drafts for the next one, in a store that answers at once and can keep little: the name of
//! each slot, when a slot may go, and how much may be left.
//!
//! A slot is never rewritten: a later state has a slot of its own, and the earlier one goes once that is there. So no
//! tab can remove what another has just left.

use std::{fmt, str::FromStr};

use crate::id::DraftId;

use super::{Draft, Revision};

/// The name of the slot in which one state of a draft is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    pub draft: DraftId,
    pub revision: Revision,
}

const PREFIX: &str = "left-behind/";

impl Slot {
    /// Slots at most. What finds no room stays on the screen and is not called saved; nothing is removed for it.
    pub const MAX: usize = 32;
    /// UTF-16 units in all slots together: less than half of what the smallest of browsers keeps (about 5 million
    /// bytes), since other small things lie beside them.
    pub const MAX_UNITS: usize = 1_000_000;

    pub fn of(draft: &Draft) -> Self {
        Self { draft: draft.id, revision: draft.revision() }
    }

    /// Whether this slot may go once the state `kept` is durable: then it, or a later state of its page, is kept.
    pub fn is_settled_by(self, kept: Self) -> bool {
        self == kept || self.draft == kept.draft && kept.revision.includes(self.revision)
    }

    /// Whether a state of `units` UTF-16 units may be left beside slots with so many each.
    pub fn has_room(held: &[usize], units: usize) -> bool {
        held.len() < Self::MAX && held.iter().sum::<usize>() + units <= Self::MAX_UNITS
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Revision { writer, stroke } = self.revision;
        write!(f, "{PREFIX}{}/{writer:016x}/{stroke:016x}", self.draft)
    }
}

/// The text names no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSlot;

impl FromStr for Slot {
    type Err = NoSlot;

    fn from_str(text: &str) -> Result<Self, NoSlot> {
        let parts: Vec<&str> = text.strip_prefix(PREFIX).ok_or(NoSlot)?.split('/').collect();
        let [draft, writer, stroke] = parts[..] else { return Err(NoSlot) };
        let number = |text| u64::from_str_radix(text, 16).map_err(|_| NoSlot);
        let revision = Revision { writer: number(writer)?, stroke: number(stroke)? };
        Ok(Self { draft: draft.parse().map_err(|_| NoSlot)?, revision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Millis;

    fn slot(number: u8, writer: u64, stroke: u64) -> Slot {
        Slot { draft: DraftId::mint(Millis(1), &[number; 10]), revision: Revision { writer, stroke } }
    }

    #[test]
    fn a_slots_name_says_which_state_is_in_it() {
        let slot = slot(1, u64::MAX, 3);
        assert_eq!(slot.to_string().parse(), Ok(slot));
        for other in ["last-words", "left-behind/", "left-behind/x/1/2", "stash/words/", &format!("{slot}/1")]
        {
            assert_eq!(other.parse::<Slot>(), Err(NoSlot), "{other}");
        }
    }

    #[test]
    fn a_slot_goes_only_when_its_state_or_a_later_one_of_its_page_is_kept() {
        let left = slot(1, 7, 5);
        assert!(left.is_settled_by(slot(1, 7, 5)) && left.is_settled_by(slot(1, 7, 6)));
        assert!(!left.is_settled_by(slot(1, 7, 4)) && !left.is_settled_by(slot(1, 8, 9)));
        assert!(!left.is_settled_by(slot(2, 7, 5)));
        // Of states without a page nothing is known but that they are the same.
        assert!(slot(1, 0, 0).is_settled_by(slot(1, 0, 0)) && !slot(1, 0, 0).is_settled_by(slot(1, 0, 1)));
    }

    #[test]
    fn slots_are_bounded_in_number_and_size() {
        assert!(Slot::has_room(&[10; Slot::MAX - 1], 10) && !Slot::has_room(&[10; Slot::MAX], 10));
        assert!(Slot::has_room(&[10], Slot::MAX_UNITS - 10) && !Slot::has_room(&[10], Slot::MAX_UNITS - 9));
    }
}
