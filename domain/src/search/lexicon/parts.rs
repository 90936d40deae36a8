//! What a word is called as a part of a compound that is not its last.

use super::{Lexicon, shape::Shape};

/// A part of a compound that is not its last.
pub(in crate::search) struct FirstPart {
    pub term: String,
    pub link: Link,
}

/// How a part is held to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::search) enum Link {
    /// The part is a particle (in-, upp-, över-), which says nothing by itself.
    Particle,
    None,
    Common,
    Rare,
}

impl Lexicon {
    /// What a first part of a compound is called, if `part` can be one: the headword as it is or without its final
    /// vowel, and one of the letters that link parts (Svenska Akademiens språklära, § 22: *s, e, o, a, u*).
    pub(in crate::search) fn first_part(&self, part: &str) -> Option<FirstPart> {
        let (term, link) = self.unlinked(part).or_else(|| self.linked(part))?;
        Some(FirstPart { term, link })
    }

    fn unlinked(&self, part: &str) -> Option<(String, Link)> {
        if let Some(known) = self.known(part) {
            if known.shapes.has(Shape::PARTICLE) {
                return Some((part.to_owned(), Link::Particle));
            }
            if known.shapes.has(Shape::KEPT_APART) {
                return Some((self.numbered(known.named)?.to_owned(), Link::None));
            }
            if known.shapes.has(Shape::WHOLE | Shape::UNDOUBLED) {
                return Some((self.part_term(part, known.shapes), Link::None));
            }
        }
        let agent = part.ends_with("ar") && self.is_derived(part, "e");
        agent.then(|| (part.to_owned(), Link::None))
    }

    fn linked(&self, part: &str) -> Option<(String, Link)> {
        let (at, letter) = part.char_indices().next_back()?;
        let base = &part[..at];
        let (shapes, link) = match letter {
            's' => (Shape::E | Shape::CONSONANT | Shape::VOWEL | Shape::UNDOUBLED, Link::Common),
            'a' => (Shape::A | Shape::CONSONANT, Link::Rare),
            'e' => (Shape::E | Shape::CONSONANT, Link::Rare),
            'o' | 'u' => (Shape::A, Link::Rare),
            _ => return None,
        };
        if let Some(known) = self.known(base).filter(|known| known.shapes.has(shapes)) {
            return Some((self.part_term(base, known.shapes), link));
        }
        let derived = (letter == 's' && self.is_derived(base, ""))
            || (matches!(letter, 's' | 'e') && self.is_derived(base, "e"));
        derived.then(|| (base.to_owned(), Link::Common))
    }

    /// The term of a base without an ending: *blom* in *blomkruka* is *blomma*.
    fn part_term(&self, base: &str, shapes: Shape) -> String {
        if shapes.has(Shape::WHOLE) { base.to_owned() } else { self.term(base, Shape::UNDOUBLED) }
    }
}
