//! Words by rank: those of the sample by how often they come, then what can be made of them.

use std::collections::HashMap;

use domain::{language::Language, search::Lexicon};
use splitmix::Random;

use super::sample::Sample;

pub struct Vocabulary {
    language: Language,
    lexicon: Lexicon,
    /// Content words of the sample, the commonest first.
    words: Vec<String>,
    /// Those of them that new words are made of.
    stems: Vec<String>,
}

/// Words that there are; the rarest are met once in some million.
const SIZE: usize = 150_000;
/// Zipf's law as Mandelbrot has it, 1 / (rank + SHIFT).
const SHIFT: f64 = 12.0;
/// The share of words that the sample does not have. With it, 10,000 stories have some 40,000 different words, half of
/// them once.
const MADE: f64 = 0.12;

impl Vocabulary {
    pub fn learn(sample: &Sample, language: Language) -> Self {
        let mut vocabulary =
            Self { language, lexicon: Lexicon::default(), words: Vec::new(), stems: Vec::new() };
        let mut counts: HashMap<String, usize> = HashMap::new();
        for story in sample.stories.iter().filter(|story| story.language == language) {
            for text in [&story.situation, &story.action, &story.outcome, &story.quote] {
                for word in text.split(|c: char| !c.is_alphabetic()) {
                    // Names stay where they are.
                    if vocabulary.is_content(word) && word.chars().all(char::is_lowercase) {
                        *counts.entry(word.to_owned()).or_default() += 1;
                    }
                }
            }
        }
        let mut words: Vec<(usize, String)> = counts.into_iter().map(|(word, count)| (count, word)).collect();
        words.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        vocabulary.words = words.into_iter().map(|(_, word)| word).collect();
        vocabulary.stems = vocabulary
            .words
            .iter()
            .filter(|word| (3..=9).contains(&word.chars().count()) && vocabulary.is_stem(word))
            .cloned()
            .collect();
        vocabulary
    }

    /// Whether a word says something by itself.
    pub fn is_content(&self, word: &str) -> bool {
        let function = self.lexicon.function(&word.to_lowercase());
        word.chars().count() > 2 && !function.swedish && !function.english
    }

    /// Whether a word can be inflected as it stands.
    fn is_stem(&self, word: &str) -> bool {
        match self.language {
            Language::Sv => self.lexicon.headword(word).as_deref() == Some(word),
            Language::En => !word.ends_with(['e', 's', 'y']) && !word.ends_with("ed"),
        }
    }

    /// A word for the place of `model`: of the same ending, where that is to be had.
    pub fn draw(&self, model: &str, random: &mut Random) -> String {
        let mut word = self.at_rank(random);
        for _ in 0..3 {
            if same_ending(&word, model) {
                break;
            }
            word = self.at_rank(random);
        }
        word
    }

    fn at_rank(&self, random: &mut Random) -> String {
        let (known, shift) = (self.words.len() as f64, SHIFT);
        let (least, end) = if random.chance(MADE) { (known, SIZE as f64) } else { (0.0, known) };
        let ratio = (end + shift) / (least + shift);
        let rank = ((least + shift) * ratio.powf(random.fraction()) - shift) as usize;
        match self.words.get(rank) {
            Some(word) => word.clone(),
            None => self.made(rank),
        }
    }

    /// The word of a rank beyond the sample: an inflection of one stem, or a compound of two.
    fn made(&self, rank: usize) -> String {
        let mut random = Random::new(rank as u64 * 2 + self.language as u64);
        let head = random.choose_by_zipf(&self.stems);
        let endings: &[&str] = match self.language {
            Language::Sv => &["", "en", "et", "ar", "er", "arna", "erna", "s", "a"],
            Language::En => &["", "s", "ed", "ing", "er", "ly"],
        };
        let ending = random.choose(endings);
        if random.chance(0.25) {
            return format!("{head}{ending}");
        }
        let modifier = random.choose_by_zipf(&self.stems);
        let link = if random.chance(0.3) { "s" } else { "" };
        format!("{modifier}{link}{head}{ending}")
    }
}

fn same_ending(word: &str, model: &str) -> bool {
    word.chars().next_back() == model.chars().next_back()
}
