//! Tags suggested from the text, on the phone.

use crate::{label::same_name, names::Named};

/// Tags suggested at once.
const AT_MOST: usize = 5;

/// Known tags whose every word the text mentions, in some form; those that are mentioned first come first.
pub fn tags<'a>(text: &str, known: &'a [Named], chosen: &[String]) -> Vec<&'a str> {
    let words: Vec<String> = words(text).collect();
    let mut found: Vec<(usize, &str)> = known
        .iter()
        .filter(|tag| !chosen.iter().any(|chosen| same_name(chosen) == same_name(&tag.name)))
        .filter_map(|tag| Some((mentioned(&words, &tag.name)?, tag.name.as_str())))
        .collect();
    found.sort();
    found.into_iter().map(|(_, name)| name).take(AT_MOST).collect()
}

/// Where the last of a tag's words is first met.
fn mentioned(text: &[String], tag: &str) -> Option<usize> {
    let mut last = None;
    for word in words(tag) {
        let at = text.iter().position(|told| is_form_of(told, &word))?;
        last = last.max(Some(at));
    }
    last
}

/// Whether `told` is `word` in some form: what differs is an ending of at most four letters. What begins like a very
/// short word is mostly another one (*kö*, *köra*), so there it is one letter (*kön*).
fn is_form_of(told: &str, word: &str) -> bool {
    const BEGINNING: usize = 3;
    let same = told.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
    let (told, word) = (told.chars().count(), word.chars().count());
    let ending = if word < BEGINNING { 1 } else { 4 };
    let stem = if word > 4 { word - 1 } else { word };
    same >= stem && told.saturating_sub(same) <= ending
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::LabelId, label::LabelKind};

    #[test]
    fn a_tag_is_suggested_when_the_text_mentions_it_in_some_form() {
        let known: Vec<Named> = ["kvitto", "barn", "lång kö", "ursäkt", "presentkort"]
            .map(|name| Named { id: LabelId::named(LabelKind::Tag, name), name: name.into() })
            .into();
        let text = "Det var en lång lång kö och barnen grät. Hon hade tappat kvittot.";
        assert_eq!(tags(text, &known, &[]), ["lång kö", "barn", "kvitto"]);
        assert_eq!(tags(text, &known, &["Barn".into()]), ["lång kö", "kvitto"]);
        assert_eq!(tags("", &known, &[]), [""; 0]);
    }

    #[test]
    fn a_short_tag_is_not_found_in_the_beginning_of_another_word() {
        let known = [Named { id: LabelId::named(LabelKind::Tag, "kö"), name: "kö".into() }];
        assert_eq!(tags("Vi fick köra hem den.", &known, &[]), [""; 0]);
        assert_eq!(tags("Kön ringlade.", &known, &[]), ["kö"]);
    }
}
