//! `cargo xtask stories --count N [--seed S] [--out FILE]`: stories that nobody told, for tests and measurements.
//!
//! Made from the sample library in `demo/`: its sentences lend their shape, and their content words give way to words
//! drawn by Zipf's law from a vocabulary that begins with the sample's own words and goes on with their inflections and
//! compounds. The same count and seed give the same bytes. No text comes twice, but for short ones in a library so large
//! that there are no others.

mod sample;
mod vocabulary;

use std::{
    collections::HashSet,
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufWriter, Write, stdout},
    path::PathBuf,
};

use anyhow::Result;
use clap::Args;
use domain::{language::Language, time::Day};
use splitmix::Random;
use uuid::Uuid;

use self::{sample::Sample, vocabulary::Vocabulary};
use crate::exchange::ExchangedStory;

#[derive(Args)]
pub struct Tell {
    #[arg(long)]
    pub count: usize,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to write; standard output without it.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

impl Tell {
    pub fn run(self) -> Result<()> {
        let mut out: BufWriter<Box<dyn Write>> = BufWriter::new(match self.out {
            Some(path) => Box::new(File::create(path)?),
            None => Box::new(stdout()),
        });
        for story in Stories::new(self.seed)?.take(self.count) {
            writeln!(out, "{}", story.line())?;
        }
        Ok(out.flush()?)
    }
}

/// An endless library.
pub struct Stories {
    random: Random,
    sample: Sample,
    vocabularies: [Vocabulary; 2],
    /// Hashes of the texts so far.
    told: HashSet<u64>,
    number: u64,
}

/// 2023-11-22T06:00:00Z, when the first of these stories was told.
const FIRST_TOLD: u64 = 1_700_632_800_000;
/// Some 10,000 stories in three years.
const MEAN_MILLIS_BETWEEN: u64 = 9_460_800;

/// By how much situation, action and outcome are longer than in the sample.
const LONGER: f64 = 1.03;

/// How often a text is told otherwise because it was told before. A title of two words has some thousand shapes, and
/// after half a million stories has had them all.
const TRIES: usize = 100;

/// Towns of the chain besides those in the sample, when it has grown.
const TOWNS: [&str; 18] = [
    "Borås",
    "Umeå",
    "Skellefteå",
    "Trollhättan",
    "Växjö",
    "Karlstad",
    "Gävle",
    "Sundsvall",
    "Kalmar",
    "Örebro",
    "Luleå",
    "Falun",
    "Östersund",
    "Halmstad",
    "Västerås",
    "Norrköping",
    "Jönköping",
    "Visby",
];

impl Stories {
    pub fn new(seed: u64) -> Result<Self> {
        let sample = Sample::read()?;
        let vocabularies = Language::ALL.map(|language| Vocabulary::learn(&sample, language));
        Ok(Self { random: Random::new(seed), sample, vocabularies, told: HashSet::new(), number: 0 })
    }

    fn tell(&mut self) -> ExchangedStory {
        let told = FIRST_TOLD + self.number * MEAN_MILLIS_BETWEEN + self.random.below(MEAN_MILLIS_BETWEEN);
        self.number += 1;
        let model = self.random.choose(&self.sample.stories).clone();
        let day = Day::from_days((told / 86_400_000) as i64 - self.random.below(6) as i64);
        ExchangedStory {
            id: v7(told, &mut self.random),
            title: self.unheard(&model.title, model.language, 1.0),
            situation: self.unheard(&model.situation, model.language, LONGER),
            action: self.unheard(&model.action, model.language, LONGER),
            outcome: self.unheard(&model.outcome, model.language, LONGER),
            lesson: self.unheard(&model.lesson, model.language, 1.0),
            quote: self.unheard(&model.quote, model.language, 1.0),
            department: self.random.choose(&self.sample.stories).department.clone(),
            site: self.random.choose_by_zipf(&TOWNS).to_string(),
            tags: self.labels(model.tags.len(), |story| &story.tags),
            values: self.labels(model.values.len(), |story| &story.values),
            occurred_on: day.to_string(),
            author: self.sample.author(&mut self.random),
            kind: model.kind,
            language: model.language,
        }
    }

    /// A text shaped like `model`, some `length` times as long, that was not told before if there is one; none, if
    /// `model` is none.
    fn unheard(&mut self, model: &str, language: Language, length: f64) -> String {
        if model.is_empty() {
            return String::new();
        }
        let vocabulary = &self.vocabularies[language as usize];
        let mut tries = 0..TRIES;
        loop {
            let text = self.sample.retell(model, language, length, vocabulary, &mut self.random);
            let mut hasher = DefaultHasher::new();
            text.to_lowercase().hash(&mut hasher);
            if self.told.insert(hasher.finish()) || tries.next().is_none() {
                return text;
            }
        }
    }

    /// `count` different labels, as often as stories of the sample have them.
    fn labels(&mut self, count: usize, of: impl Fn(&ExchangedStory) -> &Vec<String>) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        for _ in 0..8 * count {
            let story = self.random.choose(&self.sample.stories);
            if labels.len() < count && !of(story).is_empty() {
                let label = self.random.choose(of(story)).clone();
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
        labels
    }
}

impl Iterator for Stories {
    type Item = ExchangedStory;

    fn next(&mut self) -> Option<ExchangedStory> {
        Some(self.tell())
    }
}

fn v7(millis: u64, random: &mut Random) -> Uuid {
    let high = (millis << 16) | 0x7000 | random.below(1 << 12);
    let low = 1 << 63 | random.below(1 << 62);
    Uuid::from_u64_pair(high, low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize, seed: u64) -> Vec<String> {
        Stories::new(seed).unwrap().take(count).map(|story| story.line()).collect()
    }

    #[test]
    fn the_same_seed_tells_the_same_stories() {
        assert_eq!(lines(20, 7), lines(20, 7));
        assert_ne!(lines(20, 7), lines(20, 8));
    }

    #[test]
    fn ids_ascend_and_no_text_comes_twice() {
        let stories: Vec<ExchangedStory> = Stories::new(1).unwrap().take(2_000).collect();
        assert!(stories.windows(2).all(|pair| pair[0].id < pair[1].id));
        let texts: HashSet<&str> = stories.iter().map(|story| story.situation.as_str()).collect();
        assert_eq!(texts.len(), stories.len());
    }

    #[test]
    fn stories_are_as_long_as_people_tell_them() {
        let lines = lines(2_000, 1);
        let mean = lines.iter().map(String::len).sum::<usize>() / lines.len();
        assert!((1_000..1_100).contains(&mean), "{mean} bytes");
    }

    #[test]
    fn they_are_written_as_the_sample_is() {
        let sample = Sample::read().unwrap();
        assert_eq!(sample.stories[0].line(), sample::TEXT.lines().next().unwrap());
    }
}
