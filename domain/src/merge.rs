//! Three-way merge of texts, word by word.
//!
//! `diffy` merges lines, so each word and each run of space becomes a line of its own. A word is what people change
//! in a sentence; merging by character would invent words nobody wrote.

/// What became of an edit when the text had changed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMerge {
    /// The text to keep: nothing of either edit is missing.
    Clean(String),
    /// Both edits touched the same words.
    Overlap,
}

/// Merges the edit `from` → `to` into `current`, which started from `from` too.
pub fn merge_text(from: &str, current: &str, to: &str) -> TextMerge {
    if current == from || current == to {
        return TextMerge::Clean(to.to_owned());
    }
    if to == from {
        return TextMerge::Clean(current.to_owned());
    }
    match diffy::merge(&split(from), &split(current), &split(to)) {
        Ok(merged) => TextMerge::Clean(join(&merged)),
        Err(_) => TextMerge::Overlap,
    }
}

/// One word or one run of white space a line. Real line breaks, and the escape itself, are escaped.
fn split(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() * 2);
    let mut previous = None;
    for c in text.chars() {
        let space = c.is_whitespace();
        if previous.is_some_and(|previous| previous != space) {
            lines.push('\n');
        }
        previous = Some(space);
        match c {
            '\n' => lines.push_str("\\n"),
            '\r' => lines.push_str("\\r"),
            '\\' => lines.push_str("\\\\"),
            c => lines.push(c),
        }
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines
}

fn join(lines: &str) -> String {
    let mut text = String::with_capacity(lines.len());
    let mut chars = lines.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' => {}
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(escaped) => text.push(escaped),
                None => text.push('\\'),
            },
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edits_to_different_words_are_both_kept() {
        assert_eq!(
            merge_text(
                "Det kom en våt hund in.",
                "Det kom en våt liten hund in.",
                "I regnet kom en våt hund in."
            ),
            TextMerge::Clean("I regnet kom en våt liten hund in.".into())
        );
    }

    #[test]
    fn edits_to_the_same_word_overlap() {
        assert_eq!(merge_text("en hund", "en katt", "en häst"), TextMerge::Overlap);
    }

    #[test]
    fn line_breaks_and_backslashes_survive() {
        let from = "rad ett\n\nrad \\n två\r\n";
        assert_eq!(join(&split(from)), from);
        assert_eq!(
            merge_text(from, &format!("{from}slut"), &format!("början {from}")),
            TextMerge::Clean(format!("början {from}slut"))
        );
    }

    proptest! {
        #[test]
        fn splitting_loses_nothing(text in any::<String>()) {
            prop_assert_eq!(join(&split(&text)), text);
        }

        #[test]
        fn an_edit_alone_is_taken_as_it_is(from in "[a-c \n]{0,12}", to in "[a-c \n]{0,12}") {
            prop_assert_eq!(merge_text(&from, &from, &to), TextMerge::Clean(to.clone()));
            prop_assert_eq!(merge_text(&from, &to, &from), TextMerge::Clean(to));
        }

        #[test]
        fn a_clean_merge_does_not_depend_on_who_came_first(
            from in "[a-d ]{0,16}", one in "[a-d ]{0,16}", other in "[a-d ]{0,16}",
        ) {
            prop_assert_eq!(merge_text(&from, &one, &other), merge_text(&from, &other, &one));
        }
    }
}
