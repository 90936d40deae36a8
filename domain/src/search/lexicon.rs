//! What is known of words: Swedish headwords with the endings they take, forms that no rule of endings brings
//! together, and the words that only hold sentences together.
//!
//! The lexicon is part of the build. What it says of a word depends on its texts and on the organisation's own words
//! alone, and [`Lexicon::version`] follows from both, so an index knows when it was made with another one.

use super::{
    fold::fold,
    hash::{FNV_SEED, fnv1a},
    interner::Interner,
    stem::stem_english,
};

mod forms;
mod packed;
mod parts;
mod shape;

use packed::{for_each_packed, pack, packed_len};
pub(super) use parts::{FirstPart, Link};
use shape::{Shape, base_of, for_each_base, for_each_ending, forms_of_form};

const HEADWORD_LIST: &[u8] = include_bytes!("lexicon/words_sv.txt");
static HEADWORDS: [u8; packed_len(HEADWORD_LIST)] = pack(HEADWORD_LIST);
const IRREGULAR_SV: &str = include_str!("lexicon/irregular_sv.txt");
const IRREGULAR_EN: &str = include_str!("lexicon/irregular_en.txt");
const FUNCTION_WORDS: &str = include_str!("lexicon/function_words.txt");

/// First parts of compounds that are prepositions and the like.
const PARTICLES: &str = "av an bak bort efter emot fram från för före genom hem hop i icke in inne isär kvar med mellan \
                         mot ned ner om på sam sär till under upp ur ut ute van vid åter över";

/// Swedish and English as search knows them.
pub struct Lexicon {
    strings: Interner,
    /// What is known of each string.
    known: Vec<Known>,
    /// Terms that do not follow from the strings they are terms of.
    terms: Interner,
    version: u64,
}

/// What is known of a string, whether it is a word, the base of one or an ending.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// How it may go on, as the base of headwords.
    shapes: Shape,
    /// The shapes that take it as an ending.
    ending_of: Shape,
    /// Its term where it does not follow: that of a base that lost a vowel (nyckl, nyckel), or of a form that is kept
    /// apart from others of its base. Terms are counted from 1.
    named: u16,
    /// The term of which it is an irregular form, in Swedish and in English.
    irregular: [u16; 2],
    function: Function,
}

/// The languages in which a word only holds a sentence together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Function {
    pub swedish: bool,
    pub english: bool,
    /// In Swedish, but it is a form of a verb for all that.
    pub inflected: bool,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self::with_words([])
    }
}

impl Lexicon {
    /// The lexicon of this build with an organisation's own words added: products, places, what people say there.
    pub fn with_words<'a>(own: impl IntoIterator<Item = &'a str>) -> Self {
        let mut lexicon = Self {
            strings: Interner::default(),
            known: Vec::new(),
            terms: Interner::default(),
            version: fnv1a(FNV_SEED, &HEADWORDS),
        };
        for text in [IRREGULAR_SV, IRREGULAR_EN, FUNCTION_WORDS] {
            lexicon.version = fnv1a(lexicon.version, text.as_bytes());
        }
        for_each_packed(&HEADWORDS, |word| lexicon.add(word));
        // Whatever the order and the spelling in which they come, the same words make the same version.
        let mut sum = 0u64;
        for word in own.into_iter().map(fold).filter(|word| word.len() > 1) {
            lexicon.add(&word);
            sum = sum.wrapping_add(fnv1a(FNV_SEED, word.as_bytes()));
        }
        lexicon.version = fnv1a(lexicon.version, &sum.to_le_bytes());
        lexicon.read_rest();
        lexicon
    }

    /// Changes with every change of what the lexicon says.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The term of an irregular Swedish form: *grät* is *gråta*, *böcker* is *bok*.
    pub fn irregular_swedish(&self, word: &str) -> Option<&str> {
        self.numbered(self.known(word)?.irregular[0])
    }

    /// The term of an irregular English form: *mice* is *mouse*.
    pub fn irregular_english(&self, word: &str) -> Option<&str> {
        self.numbered(self.known(word)?.irregular[1])
    }

    /// The term of a word that is kept apart from others of its base: *varor* is *vara*, and *var* is not.
    pub fn kept_apart(&self, word: &str) -> Option<&str> {
        let known = self.known(word)?;
        known.shapes.has(Shape::KEPT_APART).then(|| self.numbered(known.named))?
    }

    pub fn function(&self, word: &str) -> Function {
        self.known(word).map_or(Function::default(), |known| known.function)
    }

    /// Whether `tail` is an ending of some Swedish or English word.
    pub fn is_ending(&self, tail: &str) -> bool {
        let swedish = self.known(tail).is_some_and(|known| known.ending_of != Shape::default());
        swedish || matches!(tail, "ed" | "ing" | "ly" | "ies")
    }

    fn known(&self, string: &str) -> Option<&Known> {
        let number = self.strings.find(string)?;
        self.known.get(number as usize)
    }

    fn entry(&mut self, string: &str) -> &mut Known {
        let (number, new) = self.strings.intern(string);
        if new {
            self.known.push(Known::default());
        }
        &mut self.known[number as usize]
    }

    /// The number of a term, from 1. There is room for some 65,000.
    fn number(&mut self, term: &str) -> u16 {
        let (number, _) = self.terms.intern(term);
        u16::try_from(number + 1).unwrap_or(0)
    }

    fn numbered(&self, number: u16) -> Option<&str> {
        let number = u32::from(number).checked_sub(1)?;
        Some(self.terms.get(number))
    }

    fn add(&mut self, headword: &str) {
        for_each_base(headword, &mut |base, shape| {
            let named = if shape == Shape::SHORTENED { self.number(headword) } else { 0 };
            let known = self.entry(base);
            known.shapes |= shape;
            if known.named == 0 {
                known.named = named;
            }
        });
    }

    fn read_rest(&mut self) {
        for_each_ending(&mut |ending, shape| self.entry(ending).ending_of |= shape);
        for particle in PARTICLES.split(' ') {
            self.entry(particle).shapes |= Shape::PARTICLE;
        }
        for line in entries(IRREGULAR_SV) {
            self.read_irregular_swedish(line);
        }
        for line in entries(IRREGULAR_EN) {
            let (headword, forms) = line.split_once(' ').unwrap_or((line, ""));
            let term = self.number(&stem_english(headword));
            for form in forms.split(' ') {
                self.entry(form).irregular[1] = term;
            }
        }
        let mark: [fn(&mut Function); 3] = [
            |function| function.swedish = true,
            |function| function.english = true,
            |function| (function.swedish, function.inflected) = (true, true),
        ];
        for (line, mark) in entries(FUNCTION_WORDS).zip(mark) {
            for word in line.split(' ') {
                mark(&mut self.entry(word).function);
            }
        }
    }

    fn read_irregular_swedish(&mut self, line: &str) {
        let (headword, forms) = line.split_once(' ').unwrap_or((line, ""));
        if let Some(apart) = headword.strip_prefix('=') {
            let term = self.number(apart);
            for form in forms.split(' ').chain([apart]).filter(|form| !form.is_empty()) {
                let known = self.entry(form);
                known.shapes |= Shape::KEPT_APART;
                known.named = term;
            }
            return;
        }
        let term = self.number(base_of(headword));
        for form in forms.split(' ') {
            self.add_irregular(form, term);
            for form in forms_of_form(form) {
                // A form that looks like a headword is one: *kunde* makes no *kund*.
                let headword =
                    self.known(&form).is_some_and(|known| known.shapes.has(Shape::CONSONANT | Shape::A));
                if !headword {
                    self.add_irregular(&form, term);
                }
            }
        }
    }

    fn add_irregular(&mut self, form: &str, term: u16) {
        let irregular = &mut self.entry(form).irregular[0];
        if *irregular == 0 {
            *irregular = term;
        }
    }
}

fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headwords_ascend_and_are_in_lower_case() {
        let words: Vec<&str> = std::str::from_utf8(HEADWORD_LIST).unwrap().lines().collect();
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(words.iter().all(|word| fold(word) == **word));
        let mut packed = Vec::new();
        for_each_packed(&HEADWORDS, |word| packed.push(word.to_owned()));
        assert_eq!(packed, words);
    }

    #[test]
    fn own_words_make_another_version_in_any_order() {
        let own = |words: [&str; 2]| Lexicon::with_words(words).version();
        assert_ne!(own(["fnurpel", "skraff"]), Lexicon::default().version());
        assert_eq!(own(["fnurpel", "skraff"]), own(["Skraff", "fnurpel"]));
    }

    #[test]
    fn an_own_word_is_inflected_like_any_other() {
        let lexicon = Lexicon::with_words(["Fnurpel"]);
        assert_eq!(lexicon.headword("fnurplarna").as_deref(), Some("fnurpel"));
    }

    #[test]
    fn irregular_forms_lead_to_their_words() {
        let lexicon = Lexicon::default();
        for (form, term) in
            [("grät", "gråt"), ("böcker", "bok"), ("skriven", "skriv"), ("sålda", "sälj"), ("sämst", "dålig")]
        {
            assert_eq!(lexicon.irregular_swedish(form), Some(term), "{form}");
        }
        assert_eq!(lexicon.irregular_english("mice"), Some("mous"));
        assert_eq!(lexicon.irregular_swedish("kund"), None, "no form of kunna");
    }
}
