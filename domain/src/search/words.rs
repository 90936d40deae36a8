//! Where the words of a text are. A simple form of the word boundaries of Unicode (UAX #29), enough for scripts that
//! put space between words: a word is a run of letters or of digits.

use std::ops::Range;

use super::fold::{fold_into, is_mark, is_word_char};

/// A word of a text and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub range: Range<usize>,
    /// Made of the pieces just before it, which a hyphen or a change between letters and digits holds together:
    /// «e-post» is the words *e*, *post* and *epost*.
    pub joined: bool,
    /// It ends a sentence, or a quotation.
    pub ends_sentence: bool,
}

/// Pieces that are still joined to one word; a longer chain is not a word anyone looks for.
const MAX_JOINED: usize = 4;

/// Calls `each` for every word of `text`, in order.
pub fn for_each_word(text: &str, each: &mut dyn FnMut(Word)) {
    let mut at = 0;
    while let Some(start) = next_start(text, at) {
        let (mut first, mut pieces) = (start, 0);
        loop {
            let end = piece_end(text, first);
            pieces += 1;
            let next = chained(text, end);
            let whole = pieces > 1 && pieces <= MAX_JOINED && next.is_none();
            let ends_sentence = next.is_none() && ends_sentence(text, end);
            each(Word { range: first..end, joined: false, ends_sentence: ends_sentence && !whole });
            at = end;
            let Some(next) = next else {
                if whole {
                    each(Word { range: start..end, joined: true, ends_sentence });
                }
                break;
            };
            first = next;
        }
    }
}

/// The words of a text with their folded forms. A possessive 's is not part of a word; a price or a number is one
/// word however it is grouped («2 700» is 2700, «1.90» is 1,90).
pub fn folded_words(text: &str) -> Vec<(Word, String)> {
    let mut words = Vec::new();
    for_each_word(text, &mut |word| {
        let mut folded = String::new();
        fold_word(&mut folded, &text[word.range.clone()]);
        if !folded.is_empty() {
            words.push((word, folded));
        }
    });
    words
}

/// Appends the folded form of the word `word` to `out`.
pub fn fold_word(out: &mut String, word: &str) {
    let is_number = word.bytes().all(|b| b.is_ascii_digit() || !b.is_ascii_alphanumeric())
        && word.bytes().any(|b| b.is_ascii_digit());
    if is_number {
        for c in word.chars() {
            match c {
                '0'..='9' => out.push(c),
                '.' | ',' | ':' => out.push(','),
                _ => {}
            }
        }
        return;
    }
    fold_into(out, word);
}

fn next_start(text: &str, from: usize) -> Option<usize> {
    text[from..].char_indices().find(|&(_, c)| is_word_char(c)).map(|(at, _)| from + at)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// The end of the run of letters, or of digits, that starts at `start`.
fn piece_end(text: &str, start: usize) -> usize {
    let digits = text[start..].starts_with(is_digit);
    for (at, c) in text[start..].char_indices() {
        let here = start + at;
        let goes_on = if digits {
            is_digit(c) || joins_digits(text, start, here, c)
        } else {
            (is_word_char(c) && !is_digit(c)) || is_mark(c) || joins_letters(text, here, c)
        };
        if !goes_on {
            return here;
        }
    }
    text.len()
}

/// Whether the separator `c` at `at` holds digits together: a decimal sign, or the space between thousands.
fn joins_digits(text: &str, start: usize, at: usize, c: char) -> bool {
    let (before, after) = (&text[start..at], &text[at + c.len_utf8()..]);
    match c {
        '.' | ',' | ':' => after.starts_with(is_digit),
        _ if is_thousands_space(c) => {
            let group = before.bytes().rev().take_while(u8::is_ascii_digit).count();
            let first = group == before.len();
            let next = after.bytes().take_while(u8::is_ascii_digit).count();
            next == 3 && (group == 3 || (first && group < 3))
        }
        _ => false,
    }
}

fn is_thousands_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// Whether the apostrophe `c` at `at` stands inside a word («don't»). A possessive 's ends the word instead.
fn joins_letters(text: &str, at: usize, c: char) -> bool {
    if c != '\'' && c != '’' {
        return false;
    }
    let mut after = text[at + c.len_utf8()..].chars();
    let first = after.next();
    let possessive = matches!(first, Some('s' | 'S')) && !after.next().is_some_and(is_word_char);
    first.is_some_and(char::is_alphabetic) && !possessive
}

/// Where the next piece of the same word starts, if `end` is followed by one.
fn chained(text: &str, end: usize) -> Option<usize> {
    let mut after = text[end..].chars();
    let c = after.next()?;
    if is_word_char(c) {
        return Some(end);
    }
    let hyphen = matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{ad}');
    (hyphen && after.next().is_some_and(is_word_char)).then(|| end + c.len_utf8())
}

fn ends_sentence(text: &str, end: usize) -> bool {
    text[end..]
        .chars()
        .take_while(|&c| !is_word_char(c))
        .any(|c| matches!(c, '.' | '!' | '?' | '\n' | '”' | '"' | ':' | '«' | '»' | '“'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        folded_words(text).into_iter().map(|(_, folded)| folded).collect()
    }

    #[test]
    fn words_are_runs_of_letters() {
        assert_eq!(words("”Hej, är du där?” sa hon."), ["hej", "är", "du", "där", "sa", "hon"]);
        assert_eq!(words("…—!"), Vec::<String>::new());
        assert_eq!(words("кот 猫"), ["кот", "猫"]);
    }

    #[test]
    fn pieces_of_a_hyphenated_word_stand_alone_and_together() {
        assert_eq!(words("e-post"), ["e", "post", "epost"]);
        assert_eq!(words("en 25-cm-rulle"), ["en", "25", "cm", "rulle", "25cmrulle"]);
        assert_eq!(words("SNÖ25 45x195"), ["snö", "25", "snö25", "45", "x", "195", "45x195"]);
        assert_eq!(words("på- och av"), ["på", "och", "av"]);
    }

    #[test]
    fn a_price_is_one_word_however_it_is_grouped() {
        assert_eq!(words("2 700 spänn, 1\u{a0}190 kr"), ["2700", "spänn", "1190", "kr"]);
        assert_eq!(words("18.90 eller 18,90"), ["18,90", "eller", "18,90"]);
        assert_eq!(words("kl. 9.30."), ["kl", "9,30"]);
        assert_eq!(words("4 4000"), ["4", "4000"]);
    }

    #[test]
    fn a_possessive_is_the_word_itself() {
        assert_eq!(words("TOM'S dog’s don't"), ["tom", "s", "dog", "s", "dont"]);
    }

    #[test]
    fn ranges_are_where_the_words_stand() {
        let text = "Å – x-y!";
        for (word, folded) in folded_words(text) {
            let mut again = String::new();
            fold_word(&mut again, &text[word.range]);
            assert_eq!(again, folded);
        }
    }
}
