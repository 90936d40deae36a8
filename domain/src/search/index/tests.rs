use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::search::{
    evaluate::evaluate,
    query::Query,
    rank::MAX_POSTINGS,
    synonyms::Synonyms,
    testing::{Tables, id, told},
};
use crate::{text::Name, wording::Wording};

static ANALYZER: LazyLock<Arc<Analyzer>> = LazyLock::new(|| Arc::new(Analyzer::default()));
static SYNONYMS: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::general(&ANALYZER));

const WORDS: [&str; 24] = [
    "kund",
    "kunden",
    "arg",
    "kö",
    "kassan",
    "bänkskiva",
    "skivor",
    "tågförsening",
    "försening",
    "grät",
    "gråta",
    "presentkort",
    "kort",
    "leveranserna",
    "för",
    "att",
    "är",
    "och",
    "såg",
    "rabatt",
    "hund",
    "customer",
    "angry",
    "the",
];
const QUERIES: [&str; 14] = [
    "kund",
    "arg kund",
    "försening",
    "bänk skiva",
    "k",
    "pres",
    "leverans",
    "arg för att",
    "tagforsening",
    "kortt",
    "såg hund",
    "angry customer",
    "skiv",
    "rabbat",
];

/// What may happen to an index.
#[derive(Clone, Debug)]
enum Change {
    Insert { slot: u32, text: Vec<usize>, restricted: bool },
    Remove(u32),
    Commit,
    Step(usize),
    Restart,
}

fn change() -> impl Strategy<Value = Change> {
    let text = proptest::collection::vec(0..WORDS.len(), 0..12);
    prop_oneof![
        6 => (0u32..40, text, proptest::bool::weighted(0.1))
            .prop_map(|(slot, text, restricted)| Change::Insert { slot, text, restricted }),
        2 => (0u32..40).prop_map(Change::Remove),
        2 => Just(Change::Commit),
        1 => (1usize..200).prop_map(Change::Step),
        1 => Just(Change::Restart),
    ]
}

fn text(words: &[usize]) -> String {
    let words: Vec<&str> = words.iter().map(|&word| WORDS[word]).collect();
    words.join(" ")
}

fn insert(index: &mut Index, slot: u32, revision: u64, words: &[usize], restricted: bool) {
    let text = text(words);
    let document = Document { restricted, ..told(&text) };
    index.insert(slot, id(slot % 7 * 1000 + slot), revision, &document);
}

fn answers(index: &Index) -> Vec<Vec<Hit>> {
    let ask = |query: &&str| index.search(&Query::parse(query, &ANALYZER, &SYNONYMS), 20, |_| true).hits;
    QUERIES.iter().map(ask).collect()
}

fn settle(index: &mut Index) {
    index.commit();
    while index.step(50) {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn any_way_to_the_same_stories_gives_the_same_index(changes in proptest::collection::vec(change(), 1..60)) {
        let mut index = Index::new(Arc::clone(&ANALYZER));
        let mut stories: std::collections::BTreeMap<u32, (u64, Vec<usize>, bool)> = Default::default();
        for (revision, change) in (1u64..).zip(changes) {
            match change {
                Change::Insert { slot, text, restricted } => {
                    insert(&mut index, slot, revision, &text, restricted);
                    stories.insert(slot, (revision, text, restricted));
                }
                Change::Remove(slot) => prop_assert_eq!(index.remove(slot), stories.remove(&slot).is_some()),
                Change::Commit => index.commit(),
                Change::Step(budget) => drop(index.step(budget)),
                Change::Restart => {
                    index.commit();
                    index = Index::from_bytes(Arc::clone(&ANALYZER), index.to_bytes()).unwrap();
                }
            }
        }
        let mut fresh = Index::new(Arc::clone(&ANALYZER));
        for (&slot, (revision, text, restricted)) in &stories {
            insert(&mut fresh, slot, *revision, text, *restricted);
        }
        fresh.compact();
        prop_assert_eq!(fingerprint(index.entries()), fingerprint(fresh.entries()));
        settle(&mut index);
        prop_assert_eq!(answers(&index), answers(&fresh), "settled but not merged");
        index.compact();
        prop_assert_eq!(answers(&index), answers(&fresh));
        prop_assert!(index.to_bytes() == fresh.to_bytes(), "the same bytes");
    }

    #[test]
    fn tables_answer_as_the_index_does(
        texts in proptest::collection::vec((proptest::collection::vec(0..WORDS.len(), 0..12), proptest::bool::weighted(0.1)), 0..40)
    ) {
        let mut index = Index::new(Arc::clone(&ANALYZER));
        let mut tables = Tables::default();
        // The tables take the stories in another order, so that they number them otherwise.
        for (slot, (words, restricted)) in (0u32..).zip(&texts) {
            insert(&mut index, slot, 1, words, *restricted);
        }
        for (slot, (words, restricted)) in texts.iter().enumerate().rev() {
            let slot = slot as u32;
            let text = text(words);
            let document = Document { restricted: *restricted, ..told(&text) };
            tables.insert(&ANALYZER, id(slot % 7 * 1000 + slot), &document);
        }
        index.commit();
        for query in QUERIES {
            let query = Query::parse(query, &ANALYZER, &SYNONYMS);
            let phone = index.search(&query, 20, |_| true).hits;
            let evaluated = evaluate(&tables, &ANALYZER, &query).unwrap();
            let (server, _) = evaluated.top(&tables, 20, &mut |_| true).unwrap();
            let phone: Vec<([u8; 16], u32)> =
                phone.iter().map(|hit| (id(hit.slot % 7 * 1000 + hit.slot), hit.score)).collect();
            let server: Vec<([u8; 16], u32)> =
                server.iter().map(|scored| (tables.id(scored.document), scored.score)).collect();
            prop_assert_eq!(phone, server);
            prop_assert_eq!(tables.read.take(), u64::from(evaluated.postings));
        }
    }

    #[test]
    fn no_query_panics_or_reads_too_much(query in "\\PC{0,60}", more in any::<String>()) {
        let mut index = Index::new(Arc::clone(&ANALYZER));
        for slot in 0..30 {
            let words: Vec<usize> = (0..9).map(|at| (slot as usize * 5 + at * at) % WORDS.len()).collect();
            insert(&mut index, slot, 1, &words, slot % 5 == 0);
        }
        index.commit();
        for text in [query.clone(), more, query.replace(' ', "-"), WORDS.join(&query)] {
            let hits = index.search(&Query::parse(&text, &ANALYZER, &SYNONYMS), 10, |_| true);
            prop_assert!(hits.evaluated.postings <= 2 * MAX_POSTINGS);
        }
    }

    #[test]
    fn damaged_bytes_are_refused(at in 0usize..4000, bit in 0u8..8, cut in 0usize..4000) {
        let mut index = Index::new(Arc::clone(&ANALYZER));
        for slot in 0..6 {
            insert(&mut index, slot, 1, &[slot as usize, 3, 4, 5], false);
        }
        index.commit();
        let bytes = index.to_bytes();
        let mut flipped = bytes.clone();
        flipped[at % bytes.len()] ^= 1 << bit;
        prop_assert!(Index::from_bytes(Arc::clone(&ANALYZER), flipped).is_err());
        let cut = bytes[..cut % bytes.len()].to_vec();
        prop_assert!(Index::from_bytes(Arc::clone(&ANALYZER), cut).is_err());
    }
}

#[test]
fn a_stored_index_of_another_lexicon_is_refused() {
    let other = Arc::new(Analyzer::new(crate::search::Lexicon::with_words(["bruttanipa"])));
    let mut index = Index::new(Arc::clone(&ANALYZER));
    insert(&mut index, 1, 1, &[1, 2], false);
    index.commit();
    let refused = Index::from_bytes(other, index.to_bytes());
    assert_eq!(refused.err(), Some(LoadError::OtherVersion));
}

#[test]
fn restricted_stories_do_not_show_through_scores() {
    let mut open = Index::new(Arc::clone(&ANALYZER));
    insert(&mut open, 1, 1, &[0, 2], false);
    insert(&mut open, 2, 1, &[0, 3], false);
    open.commit();
    let scores = answers(&open);
    for slot in 10..20 {
        insert(&mut open, slot, 1, &[2, 2, 3], true);
    }
    open.commit();
    let visible = |hits: Vec<Hit>| hits.into_iter().filter(|hit| hit.slot < 10).collect::<Vec<_>>();
    assert_eq!(answers(&open).into_iter().map(visible).collect::<Vec<_>>(), scores);
}

#[test]
fn an_added_story_is_found_and_a_removed_one_is_not() {
    let mut index = Index::new(Arc::clone(&ANALYZER));
    insert(&mut index, 1, 1, &[9], false);
    index.commit();
    let find = |index: &Index| index.search(&Query::parse("gråter", &ANALYZER, &SYNONYMS), 5, |_| true).total;
    assert_eq!(find(&index), 1);
    assert!(index.remove(1));
    assert_eq!(find(&index), 0);
    assert!(!index.remove(1));
}

#[test]
fn equals_come_newest_first_and_filters_count() {
    let mut index = Index::new(Arc::clone(&ANALYZER));
    for slot in 0..5 {
        insert(&mut index, slot, 1, &[0], false);
    }
    index.commit();
    let query = Query::parse("kund", &ANALYZER, &SYNONYMS);
    let hits = index.search(&query, 3, |slot| slot != 4);
    assert_eq!(hits.hits.iter().map(|hit| hit.slot).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(hits.total, 4);
    let mut all = index.matching(&hits.evaluated);
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4]);
}

#[test]
fn related_stories_share_what_tells_most() {
    let mut index = Index::new(Arc::clone(&ANALYZER));
    let texts = ["hunden fick rabatt", "en hund i kassan", "bänkskiva", "rabatt på hund", "och att för"];
    for (slot, text) in (0u32..).zip(texts) {
        index.insert(slot, id(slot), 1, &told(text));
    }
    index.commit();
    let related = index.related(0, &told(texts[0]), 2);
    assert_eq!(related.iter().map(|hit| hit.slot).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn the_organisations_own_words_are_found_in_compounds_and_are_no_typing_errors() {
    let wording = |words: &[&str]| Wording {
        words: words.iter().map(|word| Name::new(*word).unwrap()).collect(),
        deleted_at: None,
    };
    let own = [wording(&["SLK"]), wording(&["Pruttan", "kundvagn"]), wording(&["Zorro"])];
    let synonyms = Synonyms::general(&ANALYZER).with_own(&ANALYZER, &own);
    let mut index = Index::new(Arc::clone(&ANALYZER));
    let texts = ["mitt slkkort var slut", "en slkzorro rullade", "pruttan stod i regnet", "en sorg", "slk"];
    for (slot, text) in (0u32..).zip(texts) {
        index.insert(slot, id(slot), 1, &told(text));
    }
    index.commit();
    let find = |text: &str, synonyms: &Synonyms| -> Vec<u32> {
        let hits = index.search(&Query::parse(text, &ANALYZER, synonyms), 9, |_| true).hits;
        hits.iter().map(|hit| hit.slot).collect()
    };
    assert_eq!(find("slk ", &synonyms), [4, 1, 0], "whole before compound");
    assert_eq!(find("kort ", &synonyms), [0]);
    assert_eq!(find("kort ", &SYNONYMS), [] as [u32; 0], "unknown, it is no part of anything");
    assert_eq!(find("zorro ", &synonyms), [1]);
    assert_eq!(find("kundvagnen ", &synonyms), [2]);
    assert_eq!(find("pruttan ", &synonyms), [2]);
}

#[test]
fn a_word_is_found_on_the_way_to_its_form_mistyped_in_a_form_and_without_its_dots() {
    let mut index = Index::new(Arc::clone(&ANALYZER));
    let stories = [
        "Fönstret gick sönder.",
        "Her wedding cake fell.",
        "Ett klagomål kom per brev.",
        "En äldre man bar en noshörning.",
        "Kunden skrattade.",
        "Kanske kunde vi ha stängt.",
        "Hans reklamation blev godkänd.",
        "Han kokade gröt och hann skrika.",
        "She had taught the conversation class.",
    ];
    for (slot, text) in (0..).zip(stories) {
        index.insert(slot, [slot as u8; 16], 1, &told(text));
    }
    index.commit();
    let first = |text: &str| {
        let found = index.search(&Query::parse(text, &ANALYZER, &SYNONYMS), 5, |_| true);
        found.hits.iter().map(|hit| hit.slot).collect::<Vec<_>>()
    };
    for (typed, meant) in
        [("föstret", 0), ("kokadw ", 7), ("skrrek ", 7), ("tuaght ", 8), ("convrsations ", 8)]
    {
        assert_eq!(first(typed), [meant], "{typed}");
    }
    for typed in ["wedd", "weddi", "weddin", "wedding"] {
        assert_eq!(first(typed), [1], "{typed}");
    }
    assert_eq!(first("klagomal"), [2, 6], "and what means the same");
    assert_eq!(first("aldre"), [3]);
    for typed in ["noshör", "noshörn", "noshörni", "noshörnin"] {
        assert_eq!(first(typed), [3], "{typed}");
    }
    assert!(first("kunde").contains(&4), "kunde is on its way to kunden");
    assert_eq!(first("kunde ")[0], 5, "and a word of its own");
}
