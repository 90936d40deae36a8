//! The sample library, and how its sentences are told anew.

use anyhow::{Context, Result};
use domain::language::Language;
use splitmix::Random;

use super::vocabulary::Vocabulary;
use crate::exchange::ExchangedStory;

pub const TEXT: &str = include_str!("../../../demo/stories.jsonl");

pub struct Sample {
    pub stories: Vec<ExchangedStory>,
    /// Sentences by language.
    sentences: [Vec<String>; 2],
    given_names: Vec<String>,
}

/// The share of content words that give way to others.
const RENEWED: f64 = 0.8;

impl Sample {
    pub fn read() -> Result<Self> {
        let stories: Vec<ExchangedStory> =
            TEXT.lines().map(serde_json::from_str).collect::<Result<_, _>>().context("demo/stories.jsonl")?;
        let sentences = Language::ALL.map(|language| {
            stories
                .iter()
                .filter(|story| story.language == language)
                .flat_map(|story| [&story.situation, &story.action, &story.outcome])
                .flat_map(|text| sentences(text))
                .map(str::to_owned)
                .collect()
        });
        let mut given_names: Vec<String> =
            stories.iter().filter_map(|story| story.author.split(' ').next().map(str::to_owned)).collect();
        given_names.sort();
        given_names.dedup();
        Ok(Self { stories, sentences, given_names })
    }

    /// Someone who works there: a given name and an initial.
    pub fn author(&self, random: &mut Random) -> String {
        let name = random.choose_by_zipf(&self.given_names);
        let initial = char::from(b'A' + random.below(26) as u8);
        format!("{name} {initial}.")
    }

    /// A text with as many sentences as `model`, times `length`, shaped like sentences of the sample.
    pub fn retell(
        &self,
        model: &str,
        language: Language,
        length: f64,
        vocabulary: &Vocabulary,
        random: &mut Random,
    ) -> String {
        let own: Vec<&str> = sentences(model).collect();
        let wanted = own.len() as f64 * length;
        let count = wanted as usize + usize::from(random.chance(wanted.fract()));
        let mut text = String::new();
        for at in 0..count.max(1) {
            // A short text keeps its own shape; a longer one takes sentences from anywhere.
            let sentence = match own.get(at) {
                Some(sentence) if own.len() == 1 || random.chance(0.3) => sentence,
                _ => random.choose(&self.sentences[language as usize]).as_str(),
            };
            if !text.is_empty() {
                text.push(' ');
            }
            renew(&mut text, sentence, vocabulary, random);
        }
        text
    }
}

/// Sentences with what ends them.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '!', '?'])
        .map(|sentence| sentence.trim_matches([' ', '”', '“', '\'']))
        .filter(|sentence| sentence.chars().filter(|c| c.is_alphabetic()).count() > 2)
}

/// Appends a sentence with other content words and other numbers.
fn renew(text: &mut String, sentence: &str, vocabulary: &Vocabulary, random: &mut Random) {
    let mut rest = sentence;
    while let Some(c) = rest.chars().next() {
        let end = rest
            .find(|other: char| {
                other.is_alphabetic() != c.is_alphabetic() || other.is_numeric() != c.is_numeric()
            })
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        if c.is_numeric() {
            let digits = piece.len() as u32;
            let least = 10u64.pow(digits.min(6) - 1);
            text.push_str(&(least + random.below(9 * least)).to_string());
        } else if vocabulary.is_content(piece) && random.chance(RENEWED) {
            let word = vocabulary.draw(piece, random);
            match (c.is_uppercase(), word.chars().next()) {
                (true, Some(first)) => {
                    text.extend(first.to_uppercase());
                    text.push_str(&word[first.len_utf8()..]);
                }
                _ => text.push_str(&word),
            }
        } else {
            text.push_str(piece);
        }
    }
}
