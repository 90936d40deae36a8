//! Which headword a word is a form of. The longest base that is known decides.

use super::{
    Lexicon,
    shape::{Shape, shapes_with},
};

/// How nouns are made of verbs and adjectives: the suffix, the shapes it is put on, and the endings of the noun, where a
/// space at the start stands for none.
const DERIVED: [(&str, Shape, &str); 5] = [
    ("ning", Shape::A, " s en ens ar ars arna arnas"),
    ("ing", Shape::A, " s en ens ar ars arna arnas"),
    ("ar", Shape::A, "e es en ens na nas"),
    ("els", Shape::A, "e es en ens er ers erna ernas"),
    ("het", Shape::CONSONANT, " s en ens er ers erna ernas"),
];

/// Letters of the longest ending.
const MAX_ENDING: usize = 5;

impl Lexicon {
    /// The term of an inflected form of a headword, if it is one.
    pub fn headword(&self, word: &str) -> Option<String> {
        if let Some(term) = self.kept_apart(word) {
            return Some(term.to_owned());
        }
        self.agent(word)
            .or_else(|| cuts(word).find_map(|(base, ending)| self.based(base, ending)))
            .or_else(|| self.derived(word))
    }

    /// Terms of which a word that is still being typed may be a form: *flicko* is on its way to *flickor*. Known
    /// headwords, and whatever remains when the start of an ending is taken off.
    pub fn unfinished(&self, word: &str) -> Vec<String> {
        let mut terms = Vec::new();
        for (base, start) in cuts(word).skip(1) {
            let shapes = shapes_with(start);
            if shapes == Shape::default() || base.len() < 3 {
                continue;
            }
            let known = self.known(base).map_or(Shape::default(), |known| known.shapes & shapes);
            terms.push(match known.rarest() {
                Some(shape) => self.term(base, shape),
                None => base.to_owned(),
            });
        }
        terms
    }

    /// The term of a base with an ending that it takes.
    fn based(&self, base: &str, ending: &str) -> Option<String> {
        let known = self.known(base)?.shapes;
        let shape = (known & self.known(ending)?.ending_of).rarest()?;
        // Where a verb is made of the noun it shares its term: cyklade is cykel, lagrade is lager.
        let shape = if known.has(Shape::SHORTENED) { Shape::SHORTENED } else { shape };
        Some(self.term(base, shape))
    }

    /// The term of a base of one shape: the headword without its final a or e.
    pub(super) fn term(&self, base: &str, shape: Shape) -> String {
        let mut term = base.to_owned();
        match shape {
            Shape::SHORTENED => {
                let named = self.known(base).and_then(|known| self.numbered(known.named));
                return named.unwrap_or(base).to_owned();
            }
            Shape::DOUBLED => drop(term.pop()),
            Shape::UNDOUBLED => term.extend(base.chars().next_back()),
            Shape::WITHOUT_D => term.push('d'),
            _ => {}
        }
        term
    }

    /// The term of one who does: *köpare* is no comparative of *köp*.
    fn agent(&self, word: &str) -> Option<String> {
        let noun = ["e", "es", "en", "ens"]
            .into_iter()
            .find_map(|ending| word.strip_suffix(ending).filter(|noun| noun.ends_with("ar")))?;
        self.is_derived(noun, "e").then(|| noun.to_owned())
    }

    fn derived(&self, word: &str) -> Option<String> {
        cuts(word).find(|(noun, ending)| self.is_derived(noun, ending)).map(|(noun, _)| noun.to_owned())
    }

    /// Whether `noun` is made of a known word and takes `ending`.
    pub(super) fn is_derived(&self, noun: &str, ending: &str) -> bool {
        DERIVED.iter().any(|(suffix, shapes, endings)| {
            let base = noun.strip_suffix(suffix).filter(|base| base.len() > 2);
            base.is_some_and(|base| {
                endings.split(' ').any(|of| of == ending)
                    && self.known(base).is_some_and(|known| known.shapes.has(*shapes))
            })
        })
    }
}

/// Every base and ending that `word` may be cut into, the longest base first.
fn cuts(word: &str) -> impl Iterator<Item = (&str, &str)> {
    word.char_indices()
        .map(|(at, _)| at)
        .chain([word.len()])
        .rev()
        .take(MAX_ENDING + 1)
        .filter(|&at| at >= 2)
        .map(|at| word.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(lexicon: &Lexicon, words: &str) {
        let mut words = words.split(' ');
        let first = words.next().unwrap();
        let term = lexicon.headword(first);
        assert!(term.is_some(), "{first}");
        for word in words {
            assert_eq!(lexicon.headword(word), term, "{word}");
        }
    }

    #[test]
    fn the_forms_of_a_headword_have_one_term() {
        let lexicon = Lexicon::default();
        same(&lexicon, "leverans leveransen leveranser leveranserna leveransernas");
        same(&lexicon, "ringa ringer ringde ringt ring ringande");
        same(&lexicon, "hyvel hyveln hyvlar hyvlarna");
        same(&lexicon, "arg arga argt argare argast");
        same(&lexicon, "vatten vattnet vattnets");
        same(&lexicon, "rum rummet rummen rummens");
        same(&lexicon, "känna känner kände känt kända");
        same(&lexicon, "hård hårt hårda hårdare");
        same(&lexicon, "kö kön köer köerna");
        same(&lexicon, "kvitto kvittot kvitton kvittona");
        same(&lexicon, "gammal gammalt gamla");
        same(&lexicon, "försening förseningen förseningar förseningarna");
        same(&lexicon, "köpare köparen köparens");
    }

    #[test]
    fn words_that_only_look_alike_are_kept_apart() {
        let lexicon = Lexicon::default();
        for (one, other) in
            [("lager", "lagar"), ("papper", "papp"), ("svart", "svar"), ("vind", "vin"), ("kasse", "kassa")]
        {
            assert_ne!(lexicon.headword(one), lexicon.headword(other), "{one}");
        }
    }

    #[test]
    fn a_word_being_typed_is_known_before_its_ending_is_whole() {
        let lexicon = Lexicon::default();
        assert!(lexicon.unfinished("flicko").contains(&"flick".to_owned()));
        assert!(lexicon.unfinished("presentern").contains(&"present".to_owned()));
    }
}
