//! The form in which words are compared: lower case, composed letters, å ä ö é kept, other marks taken off.

/// Appends `text` to `out` in lower case. å, ä, ö and é are letters of their own, also when they arrive as a letter
/// and a combining mark; other accents are dropped, and what is neither letter nor digit is left out.
pub fn fold_into(out: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase());
            }
        } else if matches!(c, 'å' | 'ä' | 'ö' | 'é') {
            out.push(c);
        } else if is_mark(c) {
            compose(out, c);
        } else {
            c.to_lowercase().filter(|c| c.is_alphanumeric()).for_each(|c| push_plain(out, c));
        }
    }
}

pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(&mut out, text);
    out
}

/// A letter or a digit of any script.
pub fn is_word_char(c: char) -> bool {
    // The quick answer for Swedish; the table of the standard library for the rest of the world.
    c.is_ascii_alphanumeric() || matches!(c, 'å' | 'ä' | 'ö') || (!c.is_ascii() && c.is_alphanumeric())
}

/// A combining diacritical mark (Unicode block U+0300–036F).
pub fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn push_plain(out: &mut String, c: char) {
    let plain = match c {
        'å' | 'ä' | 'ö' | 'é' => c,
        'æ' => 'ä',
        'ø' => 'ö',
        'à' | 'á' | 'â' | 'ã' => 'a',
        'è' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ç' => 'c',
        'ñ' => 'n',
        'ß' => return out.push_str("ss"),
        _ => c,
    };
    out.push(plain);
}

/// Puts a mark on the last letter of `out`; a mark that makes no letter of ours is dropped.
fn compose(out: &mut String, mark: char) {
    let composed = match (out.chars().next_back(), mark) {
        (Some('a'), '\u{30a}') => 'å',
        (Some('a'), '\u{308}') => 'ä',
        (Some('o'), '\u{308}') => 'ö',
        (Some('e'), '\u{301}') => 'é',
        _ => return,
    };
    out.pop();
    out.push(composed);
}

pub fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'å' | 'ä' | 'ö' | 'é')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swedish_letters_stay_and_other_accents_go() {
        assert_eq!(fold("ÅÄÖ Idé crème Müsli"), "åäöidécrememusli");
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        assert_eq!(fold("A\u{30a}sa a\u{308}r o\u{308}m ide\u{301}"), fold("Åsa är öm idé"));
    }

    #[test]
    fn what_grows_in_lower_case_does_no_harm() {
        assert_eq!(fold("İ"), "i");
        assert_eq!(fold("\u{301}"), "");
    }
}
