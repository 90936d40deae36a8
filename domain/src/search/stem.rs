//! The Snowball stemmers (Porter, <https://snowballstem.org>), for words that the lexicon does not know.

use rust_stemmers::{Algorithm, Stemmer};

/// Swedish Snowball, with forms brought together that it keeps apart: the definite *-et* of neuters (as Snowball has
/// done since 3.0), *-ans* and *-anserna* (ambulans), and a doubled *m* (program, programmet).
pub fn stem_swedish(word: &str) -> String {
    let word = without_definite(word);
    let mut stem = Stemmer::create(Algorithm::Swedish).stem(word).into_owned();
    if stem.len() > 4 && (stem.ends_with("ns") || stem.ends_with("mm")) {
        stem.pop();
    }
    stem
}

/// Neuters of which *-et* is a part end in *-itet*, *-het* or are short.
fn without_definite(word: &str) -> &str {
    let bare = word.strip_suffix('s').unwrap_or(word);
    match bare.strip_suffix("et") {
        Some(rest) if rest.len() > 4 && !rest.ends_with("it") && !rest.ends_with('h') => rest,
        _ => word,
    }
}

pub fn stem_english(word: &str) -> String {
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_snowball_keeps_apart_meet() {
        assert_eq!(stem_swedish("ambulans"), stem_swedish("ambulanserna"));
        assert_eq!(stem_swedish("krusidullprogrammet"), stem_swedish("krusidullprogram"));
    }
}
