//! Under which terms the sample stories are found, as this version of the analyzer says. Indexes on phones and servers
//! are kept until that version changes: whoever changes a term without it leaves both in use. Recorded anew with
//! `SOLSKEN_RECORD=1 cargo test --package domain --test analyzed`.

use std::{env, fs, path::Path};

use domain::search::{Analyzer, Document, postings_of};
use serde_json::Value;

const STORIES: &str = include_str!("../../demo/stories.jsonl");
const PARTS: [&str; 4] = ["situation", "action", "outcome", "lesson"];

/// The version in hexadecimal on the first line; then a line a story: its title, and `term:level` in the order of terms.
fn analyzed(analyzer: &Analyzer) -> String {
    let mut text = format!("{:016x}\n", analyzer.version());
    for line in STORIES.lines() {
        let story: Value = serde_json::from_str(line).expect("a sample story is JSON");
        let field = |name: &str| story[name].as_str().unwrap_or_default();
        let document = Document {
            title: field("title"),
            quote: field("quote"),
            parts: PARTS.map(field).to_vec(),
            ..Document::default()
        };
        let postings = postings_of(analyzer, &document);
        let terms: Vec<String> =
            postings.iter().map(|(term, key)| format!("{term}:{}", key.level())).collect();
        text += &format!("{}\t{}\n", field("title"), terms.join(" "));
    }
    text
}

#[test]
fn terms_change_only_with_the_version_of_the_analyzer() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/analyzed.tsv");
    let now = analyzed(&Analyzer::default());
    let before = fs::read_to_string(&golden).unwrap_or_default();
    if now.lines().next() == before.lines().next() {
        for (now, before) in now.lines().zip(before.lines()) {
            assert_eq!(now, before, "other terms than before: raise ANALYZER_VERSION, and record them");
        }
    } else if env::var_os("SOLSKEN_RECORD").is_some() {
        fs::write(&golden, &now).expect("the golden file can be written");
    }
    let recorded = fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        now == recorded,
        "another version of the analyzer than that of the golden file: record its terms"
    );
}
