//! Every word on the screens comes from the catalogues in `app/src/texts`, and each language has its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What looks like a sentence and is none: names of classes, attributes' values, and words that are no language's.
const ALLOWED: [&str; 10] = [
    "Svenska", // The languages by their own names, for those who read nothing else.
    "English",
    "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content",
    "light dark",
    "code-hint code-problem",
    "search__input",
    "button search__clear",
    "icon-button search__clear",
    " · ",
    "ALL holds every part", // An invariant, for developers.
];
/// Names of classes stand together, too: lower case, digits, hyphens, and a component's own words after `__`.
const CLASS: &str = "abcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn no_sentence_stands_outside_the_catalogues() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("app lies in the workspace");
    let mut files = Vec::new();
    for folder in ["app/src", "frontend/src", "frontend/engine/src", "frontend/web/src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 40, "only {} files found", files.len());
    let mut found = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).expect("a source is text");
        let code = without_tests_and_comments(&source);
        let on_screen =
            file.components().any(|part| matches!(part.as_os_str().to_str(), Some("pages" | "ui")));
        for literal in literals(&code) {
            let says_something =
                literal.contains(['å', 'ä', 'ö', 'Å', 'Ä', 'Ö']) || (on_screen && is_sentence(&literal));
            if says_something && !ALLOWED.contains(&literal.as_str()) {
                found.push(format!("{}: {literal:?}", file.strip_prefix(root).unwrap_or(&file).display()));
            }
        }
        if on_screen {
            found.extend(bare_text(&code).map(|text| format!("{}: {text}", file.display())));
        }
    }
    assert!(found.is_empty(), "these belong into app/src/texts:\n{}", found.join("\n"));
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "texts") {
                sources(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn without_tests_and_comments(source: &str) -> String {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What stands between quotation marks, raw strings (drawings) aside.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find('"') {
        if rest[..start].ends_with("r#") {
            rest = rest[start + 1..].split_once("\"#").map_or("", |(_, after)| after);
            continue;
        }
        if rest[..start].ends_with('\'') {
            // The mark itself, as a character.
            rest = &rest[start + 1..];
            continue;
        }
        let mut escaped = false;
        let end = rest[start + 1..].find(|char| {
            let ends = char == '"' && !escaped;
            escaped = char == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { break };
        found.push(rest[start + 1..start + 1 + end].to_owned());
        rest = &rest[start + 1 + end + 1..];
    }
    found
}

/// Two words of letters side by side, that are not names of classes.
fn is_sentence(literal: &str) -> bool {
    let words: Vec<&str> = literal.split(' ').collect();
    let is_word = |word: &&str| {
        word.chars().count() > 1 && word.chars().all(|char| char.is_alphabetic() || ".,!?’".contains(char))
    };
    let is_class = words.iter().all(|word| {
        word.chars().all(|char| CLASS.contains(char)) && (word.contains(['-', '_']) || word.len() < 8)
    });
    words.windows(2).any(|pair| pair.iter().all(is_word)) && !(is_class && literal.contains(['-', '_']))
}

/// Text that stands in a view without quotation marks: `<p>Nothing here</p>`.
fn bare_text(code: &str) -> impl Iterator<Item = &str> {
    code.split('<').filter_map(|part| {
        let (tag, text) = part.split_once('>')?;
        let name = tag.split(|char: char| !char.is_alphanumeric()).next()?;
        let is_tag = ["p", "h1", "h2", "h3", "span", "button", "a", "label", "li", "strong", "summary"]
            .contains(&name);
        let text = text.trim();
        (is_tag && !text.contains(['{', '}', '"', '(', ';']) && text.chars().any(char::is_alphabetic))
            .then_some(text)
    })
}

/// `name: "text",` as it stands in a catalogue.
fn plain_texts(language: &str) -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/texts/{language}.rs"));
    let source = fs::read_to_string(file).expect("there is a catalogue");
    let texts = source.lines().filter_map(|line| {
        let (name, text) = line.strip_prefix("    ")?.split_once(": \"")?;
        Some((name.to_owned(), text.strip_suffix("\",")?.to_owned()))
    });
    texts.collect()
}

/// What is the same in both languages, because it is.
const SAME: [&str; 2] = ["app", "filters"];

#[test]
fn each_language_says_it_in_its_own_words() {
    let (sv, en) = (plain_texts("sv"), plain_texts("en"));
    assert!(sv.len() > 150, "only {} texts found", sv.len());
    for ((name, sv), (same_name, en)) in sv.iter().zip(&en) {
        assert_eq!(name, same_name, "the catalogues stand in one order");
        assert!(!sv.trim().is_empty() && !en.trim().is_empty(), "{name} says nothing");
        assert!(sv != en || SAME.contains(&name.as_str()), "{name} is {sv:?} in both languages");
        assert!(
            !en.contains(['å', 'ä', 'ö', 'Å', 'Ä', 'Ö']) || en.contains("Borås"),
            "{name} is Swedish in English: {en}"
        );
        assert_eq!(sv.ends_with('?'), en.ends_with('?'), "{name} asks in one language only");
    }
}

#[test]
fn the_check_itself_finds_what_it_is_for() {
    assert!(is_sentence("Nothing here yet"));
    assert!(is_sentence("Ingen berättelse"));
    for class in [
        "field__input code-input",
        "icon-button search__clear",
        "story-card skeleton",
        "more ios-steps",
        "chip",
    ] {
        assert!(!is_sentence(class), "{class}");
    }
    assert_eq!(literals(r#"a("b \" c", 'x', "d")"#), [r#"b \" c"#, "d"]);
    assert_eq!(bare_text("<p>Nothing here</p><p>{t.text}</p>").collect::<Vec<_>>(), ["Nothing here"]);
}
