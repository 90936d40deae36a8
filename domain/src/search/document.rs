//! What is indexed of a story: its fields, and how much a term says in it.
//!
//! BM25F (Zaragoza, Craswell, Taylor, Saria, Robertson: *Microsoft Cambridge at TREC-13*, 2004) adds up the frequencies
//! of a term over the fields of a document, each weighted and set in proportion to the field's length, and then lets
//! the sum saturate. The lengths that a field is compared with are constants here, not averages over the library: so
//! what a term weighs in a story follows from the story alone, is counted once, and is the same on every phone and on
//! the server. It is kept as one of [`LEVELS`] levels.

use super::{
    analyzer::{Analyzer, Role},
    postings::Key,
    vocabulary::{Vocabulary, WordId},
    words::{fold_word, for_each_word},
};
use crate::order::sort_by;
use crate::{
    language::Language,
    names::Names,
    story::{Audience, Part, Status, Story, StoryKind},
};

/// A story as search sees it, with the names of its labels and people.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    pub title: &'a str,
    /// Tags and values.
    pub tags: Vec<&'a str>,
    pub quote: &'a str,
    /// Situation, action, outcome and lesson.
    pub parts: Vec<&'a str>,
    /// Site and department.
    pub places: Vec<&'a str>,
    /// Who told it.
    pub people: Vec<&'a str>,
    pub kind: Option<StoryKind>,
    pub language: Language,
    /// Not everyone may see it: it is found, but the statistics that scores rest on do not know of it.
    pub restricted: bool,
}

impl<'a> Document<'a> {
    /// The document of a story, still without the names of its labels and its author.
    pub fn of(story: &'a Story) -> Self {
        let everyone = story.audience == Audience::Everyone
            && story.status == Status::InLibrary
            && story.deleted_at.is_none();
        Self {
            title: story.text(Part::Title),
            quote: story.text(Part::Quote),
            parts: [Part::Situation, Part::Action, Part::Outcome, Part::Lesson]
                .map(|part| story.text(part))
                .to_vec(),
            kind: Some(story.kind),
            language: story.language,
            restricted: !everyone,
            ..Self::default()
        }
    }
}

impl<'a> Document<'a> {
    /// The document of a story, with the names of its labels and its author. Phone and server index this.
    pub fn named(story: &'a Story, names: &'a Names) -> Self {
        let mut tags: Vec<&str> = Vec::new();
        for name in story.tags.iter().chain(&story.values).filter_map(|id| names.label_name(*id)) {
            // Two labels that were merged are one word, not two.
            if !tags.contains(&name) {
                tags.push(name);
            }
        }
        let places = [story.department, story.site];
        Self {
            tags,
            places: places.into_iter().flatten().filter_map(|id| names.label_name(id)).collect(),
            people: names.person(story.author).into_iter().collect(),
            ..Self::of(story)
        }
    }
}

/// Steps in which the share of a term in a story is kept. A level is one less than its number of steps, 0 to 31.
pub const LEVELS: u32 = 32;

/// A field with its weight and its usual length. Weights in 1/16; lengths in words; `slope` (the *b* of BM25) in 1/16.
struct Field {
    weight: u32,
    length: u32,
    slope: u32,
}

impl Field {
    const fn new(weight: u32, length: u32, slope: u32) -> Self {
        Self { weight, length, slope }
    }
}

const TITLE: Field = Field::new(44, 4, 4);
const TAGS: Field = Field::new(36, 5, 2);
const QUOTE: Field = Field::new(18, 15, 6);
const BODY: Field = Field::new(16, 130, 6);
const PLACES: Field = Field::new(8, 2, 0);
const PEOPLE: Field = Field::new(10, 2, 0);
const KIND: Field = Field::new(10, 3, 0);

/// The *k1* of BM25: how soon saying it again adds nothing. In 1/16.
const SATURATION: u32 = 14;

/// What one whole word in a field of usual length and weight 16/16 adds.
const UNIT: u32 = 1 << 12;

/// The impact of each term of one document.
#[derive(Default)]
pub struct Impacts {
    /// By number of term, all zero between documents; and the terms that have one.
    sums: Vec<u32>,
    touched: Vec<u32>,
    sentence: Vec<WordId>,
    folded: String,
    /// The words of the field being read, with the share of the word that the term is.
    field: Vec<(u32, Role)>,
}

impl Impacts {
    /// Reads a document; calls `each` with the number and the level of every term, in no particular order.
    pub fn read(
        &mut self,
        analyzer: &Analyzer,
        vocabulary: &mut Vocabulary,
        document: &Document<'_>,
        each: &mut dyn FnMut(u32, u32),
    ) {
        let kind = document.kind.map(kind_words).unwrap_or_default();
        let fields: [(&Field, &[&str]); 7] = [
            (&TITLE, &[document.title]),
            (&TAGS, &document.tags),
            (&QUOTE, &[document.quote]),
            (&BODY, &document.parts),
            (&PLACES, &document.places),
            (&PEOPLE, &document.people),
            (&KIND, &[kind]),
        ];
        for (field, texts) in fields {
            let mut words = 0;
            self.field.clear();
            for text in texts {
                words += self.read_text(analyzer, vocabulary, text, document.language);
            }
            self.add_field(field, words);
        }
        for &term in &self.touched {
            each(term, level(std::mem::take(&mut self.sums[term as usize])));
        }
        self.touched.clear();
    }

    /// Puts the terms of a text into `field` and counts its words.
    fn read_text(
        &mut self,
        analyzer: &Analyzer,
        vocabulary: &mut Vocabulary,
        text: &str,
        language: Language,
    ) -> u32 {
        let mut words = 0;
        for_each_word(text, &mut |word| {
            words += u32::from(!word.joined);
            self.folded.clear();
            fold_word(&mut self.folded, &text[word.range]);
            if !self.folded.is_empty() {
                self.sentence.push(vocabulary.word(analyzer, &self.folded));
            }
            if word.ends_sentence {
                self.read_sentence(analyzer, vocabulary, language);
            }
        });
        self.read_sentence(analyzer, vocabulary, language);
        words
    }

    /// A sentence in the other language is read in both.
    fn read_sentence(&mut self, analyzer: &Analyzer, vocabulary: &mut Vocabulary, language: Language) {
        let other = spoken(vocabulary, &self.sentence, language);
        for word in self.sentence.drain(..) {
            let terms = vocabulary.terms(analyzer, word, language);
            let own = self.field.len();
            self.field.extend_from_slice(terms);
            if let Some(other) = other {
                for &(term, role) in vocabulary.terms(analyzer, word, other) {
                    if self.field[own..].iter().all(|&(known, _)| known != term) {
                        self.field.push((term, role));
                    }
                }
            }
        }
    }

    fn add_field(&mut self, field: &Field, words: u32) {
        // Σ weight · share / ((1 − b) + b · words / length), in 1/UNIT.
        let proportion = (16 - field.slope) * field.length + field.slope * words;
        let whole = UNIT * field.weight * field.length / proportion.max(1);
        for &(term, role) in &self.field {
            let share = match role {
                Role::Whole => 16,
                Role::Head => 9,
                Role::Modifier => 7,
            };
            let at = term as usize;
            if at >= self.sums.len() {
                self.sums.resize(2 * at + 64, 0);
            }
            if self.sums[at] == 0 {
                self.touched.push(term);
            }
            self.sums[at] = (self.sums[at] + whole * share / 16).clamp(1, 1 << 24);
        }
    }
}

/// What has to be stored of a document: every term of it, with its key. Terms ascend.
pub fn postings_of(analyzer: &Analyzer, document: &Document<'_>) -> Vec<(String, Key)> {
    DocumentReader::default().postings(analyzer, document)
}

/// Reads one document after another, and knows the words again that it has met.
#[derive(Default)]
pub struct DocumentReader {
    vocabulary: Vocabulary,
    impacts: Impacts,
}

impl DocumentReader {
    /// As [`postings_of`].
    pub fn postings(&mut self, analyzer: &Analyzer, document: &Document<'_>) -> Vec<(String, Key)> {
        if self.vocabulary.is_full() {
            *self = Self::default();
        }
        let mut postings: Vec<(u32, Key)> = Vec::new();
        self.impacts.read(analyzer, &mut self.vocabulary, document, &mut |term, level| {
            postings.push((term, Key::new(level, document.restricted)));
        });
        let name = |term| self.vocabulary.name(term).to_owned();
        let mut named: Vec<(String, Key)> =
            postings.into_iter().map(|(term, key)| (name(term), key)).collect();
        sort_by(&mut named, |a, b| a.0.cmp(&b.0));
        named
    }
}

/// x / (x + k1), in steps.
fn level(sum: u32) -> u32 {
    let k1 = UNIT * SATURATION / 16;
    (sum * LEVELS / (sum + k1)).min(LEVELS - 1)
}

/// The language of a sentence, if the words that hold it together tell that it is not the story's.
fn spoken(vocabulary: &Vocabulary, words: &[WordId], told: Language) -> Option<Language> {
    let (mut swedish, mut english) = (0, 0);
    for &word in words {
        let function = vocabulary.function(word);
        swedish += u32::from(function.swedish && !function.english);
        english += u32::from(function.english && !function.swedish);
    }
    match told {
        Language::Sv if english > 1 && english > swedish => Some(Language::En),
        Language::En if swedish > 1 && swedish > english => Some(Language::Sv),
        _ => None,
    }
}

/// What stories of a kind are called and told about, so that they are found by it.
const fn kind_words(kind: StoryKind) -> &'static str {
    match kind {
        StoryKind::Turnaround => "vändning missnöjd kund turnaround unhappy customer",
        StoryKind::BeyondExpectations => "över förväntan extra beyond expectations",
        StoryKind::HeroOfTheDay => "dagens hjälte erkänna misstag fel hero mistake",
        StoryKind::Colleague => "kollega kollegor colleague",
        StoryKind::CustomerWords => "kundens ord beröm customer words praise",
        StoryKind::Other => "",
    }
}
