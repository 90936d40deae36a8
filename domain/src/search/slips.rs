//! Words that are one typing error away.
//!
//! Terms have no endings, so comparing a word with terms ([`super::near`]) cannot tell an error within an ending from
//! another word: *kokadw* is far from *koka*, and nothing is near *tuaght*, whose term is *teach*. Undoing every likely
//! error and looking up what comes out finds both.

use super::near::typing::{ERROR, SLIP, are_neighbours, sound_alike};

/// Letters from the end that are tried; errors before them are found by comparing with terms.
const TRIED: usize = 8;
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzåäöé";

/// Calls `each` with every word that may have been meant where `word` was typed, and with what that error costs: two
/// letters changed places, a neighbouring key was hit or one that sounds alike, a letter is missing or too much. The
/// same word may come more than once.
pub fn for_each_slip(word: &str, each: &mut dyn FnMut(&str, u8)) {
    let typed: Vec<char> = word.chars().collect();
    let mut meant = String::with_capacity(word.len() + 2);
    let mut call = |letters: &mut dyn Iterator<Item = char>, cost| {
        meant.clear();
        meant.extend(letters);
        each(&meant, cost);
    };
    for at in typed.len().saturating_sub(TRIED)..=typed.len() {
        let (before, rest) = typed.split_at(at);
        let before = || before.iter().copied();
        if let [first, second, after @ ..] = rest
            && first != second
        {
            call(&mut before().chain([*second, *first]).chain(after.iter().copied()), SLIP);
        }
        if let [first, after @ ..] = rest {
            let after = || after.iter().copied();
            let doubled = before().next_back() == Some(*first);
            call(&mut before().chain(after()), if doubled { SLIP } else { ERROR });
            for letter in LETTERS.chars().filter(|&c| are_neighbours(*first, c) || sound_alike(*first, c)) {
                call(&mut before().chain([letter]).chain(after()), SLIP);
            }
        }
        for letter in LETTERS.chars() {
            let doubled = before().next_back() == Some(letter);
            call(
                &mut before().chain([letter]).chain(rest.iter().copied()),
                if doubled { SLIP } else { ERROR },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(typed: &str, meant: &str) -> Option<u8> {
        let mut least = None;
        for_each_slip(typed, &mut |word, cost| {
            if word == meant {
                least = Some(least.map_or(cost, |least: u8| least.min(cost)));
            }
        });
        least
    }

    #[test]
    fn one_error_is_undone_wherever_it_is() {
        assert_eq!(cost("kokadw", "kokade"), Some(SLIP), "a neighbouring key");
        assert_eq!(cost("tuaght", "taught"), Some(SLIP), "transposed");
        assert_eq!(cost("hunit", "hunnit"), Some(SLIP), "once instead of twice");
        assert_eq!(cost("pumppen", "pumpen"), Some(SLIP), "twice instead of once");
        assert_eq!(cost("öonen", "öronen"), Some(ERROR), "a letter missing");
        assert_eq!(cost("ryggemn", "ryggen"), Some(ERROR), "a letter too much");
        assert_eq!(cost("öonem", "öronen"), None, "two errors");
    }

    #[test]
    fn only_the_end_of_a_long_word_is_tried() {
        assert_eq!(cost("försäkringsbolagte", "försäkringsbolaget"), Some(SLIP));
        assert_eq!(cost("frösäkringsbolaget", "försäkringsbolaget"), None);
        let mut calls = 0;
        for_each_slip(&"ab".repeat(100), &mut |_, _| calls += 1);
        assert!(calls < 500, "{calls}");
    }
}
