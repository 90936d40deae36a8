//! The shapes of Swedish headwords and the endings they take. No parts of speech: a headword in *-a* may be a noun, a
//! verb or an adjective, and takes the endings of all three.

use std::ops::{BitAnd, BitOr, BitOrAssign};

use crate::search::fold::is_vowel;

/// Shapes of bases, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape(u16);

impl Shape {
    /// Headword in *-a*, without it: kvinn-a, ring-a.
    pub const A: Self = Self(1);
    /// Headword in *-e*, without it: pojk-e, arbet-e, målar-e.
    pub const E: Self = Self(2);
    /// A headword that ends in a consonant: kund, snabb.
    pub const CONSONANT: Self = Self(4);
    /// A headword that ends in another vowel, or whose rest could not be spoken: kö, kvitto, bra.
    pub const VOWEL: Self = Self(8);
    /// Loses the vowel before l, n or r: nyckel, nyckl-.
    pub const SHORTENED: Self = Self(16);
    /// Doubles its m or n: rum, rumm-.
    pub const DOUBLED: Self = Self(32);
    /// Verb in *-nna* or *-mma* before d and t: känna, kän-de.
    pub const UNDOUBLED: Self = Self(64);
    /// Loses its d before t: hård, hår-t; använda, använ-t.
    pub const WITHOUT_D: Self = Self(128);
    /// A form of a word that is kept apart: it takes no endings.
    pub const KEPT_APART: Self = Self(256);
    /// A preposition or the like, as a first part.
    pub const PARTICLE: Self = Self(512);

    /// A headword as it stands, or all of it but its last vowel.
    pub const WHOLE: Self = Self(1 | 2 | 4 | 8);

    /// A rarer shape knows more of a word than a common one: hårt is hård, not hår.
    pub const BY_RANK: [Self; 8] = [
        Self::SHORTENED,
        Self::WITHOUT_D,
        Self::UNDOUBLED,
        Self::DOUBLED,
        Self::A,
        Self::E,
        Self::CONSONANT,
        Self::VOWEL,
    ];

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The rarest of the shapes.
    pub fn rarest(self) -> Option<Self> {
        Self::BY_RANK.into_iter().find(|&shape| self.has(shape))
    }
}

impl BitAnd for Shape {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Shape {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Shape {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The endings that each shape takes. A space at the start stands for the empty ending.
const ENDINGS: [(Shape, &str); 8] = [
    (
        Shape::A,
        " a as an ans at ats ana or ors orna ornas ar ars ade ades ad ads ande andes andet er ers de des te tes t ts d da \
         es s",
    ),
    (Shape::E, "e es en ens et ets ena enas ar ars arna arnas er ers erna ernas n na nas"),
    (
        Shape::CONSONANT,
        " s en ens et ets ar ars arna arnas er ers erna ernas or orna n ns na nas t ts a as e es are ast aste ste re ena",
    ),
    (
        Shape::VOWEL,
        " s n ns r rs rna rnas er ers erna ernas ar arna arnas et ets t ts na nas tt tts tta a are ast aste dde ddes dd \
         dda en ens ende",
    ),
    (Shape::SHORTENED, "ar ars arna arnas er ers erna ernas et ets en ens a are ast aste e or"),
    (Shape::DOUBLED, "en ens et ets ar ars arna arnas er ers erna ernas a are ast aste e"),
    (Shape::UNDOUBLED, " de des t ts d da s"),
    (Shape::WITHOUT_D, "t tt ts tts"),
];

/// Calls `each` for every ending and every shape that takes it.
pub fn for_each_ending(each: &mut dyn FnMut(&'static str, Shape)) {
    for (shape, endings) in ENDINGS {
        for ending in endings.split(' ') {
            each(ending, shape);
        }
    }
}

/// The shapes that take an ending which begins with `start`.
pub fn shapes_with(start: &str) -> Shape {
    let mut shapes = Shape::default();
    for_each_ending(&mut |ending, shape| {
        if ending.starts_with(start) {
            shapes |= shape;
        }
    });
    shapes
}

/// A headword without its final a or e.
pub fn base_of(headword: &str) -> &str {
    match headword.strip_suffix(['a', 'e']) {
        Some(base) if base.chars().any(is_vowel) => base,
        _ => headword,
    }
}

/// Calls `each` for every base of a headword, with its shape.
pub fn for_each_base(headword: &str, each: &mut dyn FnMut(&str, Shape)) {
    let base = base_of(headword);
    let last = headword.chars().next_back().unwrap_or_default();
    let shape = match last {
        'a' if base != headword => Shape::A,
        'e' if base != headword => Shape::E,
        _ if is_vowel(last) => Shape::VOWEL,
        _ => Shape::CONSONANT,
    };
    each(base, shape);
    if shape == Shape::CONSONANT {
        if let Some(short) = shortened(headword) {
            each(&short, Shape::SHORTENED);
        }
        if matches!(last, 'm' | 'n') {
            each(&format!("{headword}{last}"), Shape::DOUBLED);
        }
    }
    if shape == Shape::A && (base.ends_with("nn") || base.ends_with("mm")) {
        each(&base[..base.len() - 1], Shape::UNDOUBLED);
    }
    if let Some(base) = base.strip_suffix('d') {
        each(base, Shape::WITHOUT_D);
    }
}

/// The stem of a headword whose last vowel falls out before an ending: nyckl(ar), vattn(et), somr(ar).
fn shortened(headword: &str) -> Option<String> {
    let tails = ["el", "en", "er", "al", "ar", "on"];
    let tail = tails.into_iter().find(|tail| headword.ends_with(tail))?;
    let stem = &headword[..headword.len() - 2];
    if stem.chars().count() < 3 || stem.ends_with(is_vowel) {
        return None;
    }
    let stem = if stem.ends_with("mm") { &stem[..stem.len() - 1] } else { stem };
    Some(format!("{stem}{}", &tail[1..]))
}

/// The participles and passives that follow from a listed form of an irregular word: from skrivit skriven, skrivet and
/// skrivna; from sålde såld, sålda and såldes.
pub fn forms_of_form(form: &str) -> Vec<String> {
    let (stem, endings): (&str, &[&str]) =
        if let Some(stem) = form.strip_suffix("it").filter(|stem| stem.len() > 2) {
            (stem, &["en", "et", "na", "its"])
        } else if let Some(stem) = form.strip_suffix("de").filter(|stem| stem.len() > 1) {
            (stem, &["d", "da", "des"])
        } else if form.chars().count() > 2 && !form.ends_with('s') {
            (form, &["s"])
        } else {
            (form, &[])
        };
    endings.iter().map(|ending| format!("{stem}{ending}")).collect()
}
