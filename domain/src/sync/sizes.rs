//! How large a push or a page may be on this phone's line: as large as the wire allows until one does not get through,
//! then half of that, and larger again as they do.
//!
//! A body fails as a whole: the same one sent again fails again, for ever. Bytes are all that is counted. Half of the
//! bytes is about half of the ops, and an op that is larger than the limit is still sent, alone.

use serde::{Deserialize, Serialize};

/// A limit in bytes that one phone has learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SizeLimit {
    /// `None`: as much as the wire allows.
    bytes: Option<u32>,
    /// The size of the last body that failed, until one of that size gets through. Below it the limit grows slowly.
    failed: u32,
}

impl SizeLimit {
    /// The limit, where the wire allows `most`.
    pub fn within(self, most: usize) -> usize {
        self.bytes.map_or(most, |bytes| most.min(bytes as usize))
    }

    pub fn is_learnt(self) -> bool {
        self.bytes.is_some()
    }

    /// After a body of `size` bytes did not get through. The limit does not fall below `least`.
    pub fn halved(self, size: usize, least: usize) -> Self {
        let half = self.within(size / 2).max(least);
        Self { bytes: Some(small(half)), failed: small(size) }
    }

    /// After a body of `size` bytes got through, where the wire allows `most`. Twice as much comes next, or an eighth
    /// more where twice as much has just failed.
    pub fn grown(self, size: usize, most: usize) -> Self {
        let Some(bytes) = self.bytes else { return self };
        let size = small(size);
        if size <= bytes / 2 {
            // It was not the limit that kept it small, so it says nothing about larger ones.
            return self;
        }
        let failed = if size >= self.failed { 0 } else { self.failed };
        let base = bytes.max(size);
        let step = if failed == 0 || base.saturating_mul(2) < failed / 4 * 3 { base } else { base / 8 + 1 };
        let next = base.saturating_add(step);
        match next as usize >= most {
            true => Self::default(),
            false => Self { bytes: Some(next), failed },
        }
    }
}

/// What a phone has learnt about its line, in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sizes {
    pub push: SizeLimit,
    pub page: SizeLimit,
}

impl Sizes {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn small(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 900_000;

    /// Sends full bodies over a line that passes `passes` bytes at most; how many tries failed.
    fn failures(limit: &mut SizeLimit, passes: usize, tries: usize) -> usize {
        let mut failed = 0;
        for _ in 0..tries {
            let size = limit.within(MOST);
            *limit = if size > passes {
                failed += 1;
                limit.halved(size, 0)
            } else {
                limit.grown(size, MOST)
            };
        }
        failed
    }

    #[test]
    fn a_limit_halves_until_a_body_gets_through_and_then_fails_seldom() {
        let mut limit = SizeLimit::default();
        assert_eq!(failures(&mut limit, 100_000, 4), 4, "900, 450, 225 and 112 KB");
        assert!(limit.within(MOST) <= 100_000);
        assert!(failures(&mut limit, 100_000, 60) <= 10, "about one try in seven");
    }

    #[test]
    fn a_line_that_was_dead_for_a_night_is_as_fast_as_before_after_a_few_pushes() {
        let mut limit = SizeLimit::default();
        failures(&mut limit, 0, 500);
        assert_eq!(limit.within(MOST), 0, "one op at a time");
        // The single op that failed last gets through: the size was not to blame.
        limit = limit.grown(1_000, MOST);
        assert_eq!(failures(&mut limit, MOST, 12), 0);
        assert_eq!(limit, SizeLimit::default());
    }

    #[test]
    fn a_small_body_that_gets_through_says_nothing_of_large_ones() {
        let limit = SizeLimit::default().halved(400_000, 0);
        assert_eq!(limit.grown(1_000, MOST), limit);
        assert!(limit.grown(150_000, MOST).within(MOST) > 200_000);
    }

    #[test]
    fn a_limit_does_not_fall_below_its_floor() {
        let mut limit = SizeLimit::default();
        for _ in 0..40 {
            limit = limit.halved(limit.within(MOST), 8_192);
        }
        assert_eq!(limit.within(MOST), 8_192);
    }

    proptest! {
        #[test]
        fn whatever_gets_through_or_not_a_limit_stays_within_what_the_wire_allows(
            sizes in prop::collection::vec((any::<bool>(), 0_usize..2 * MOST), 0..40)
        ) {
            let mut limit = SizeLimit::default();
            for (through, size) in sizes {
                limit = if through { limit.grown(size, MOST) } else { limit.halved(size, 0) };
                prop_assert!(limit.within(MOST) <= MOST);
                prop_assert!(through || limit.within(MOST) <= size / 2, "the next one is half as large");
            }
        }
    }
}
