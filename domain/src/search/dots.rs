//! Words that were typed without their dots.

/// Letters that are tried with dots; a word with more of them is left as it is.
const MOST: usize = 3;

/// Calls `each` with every word that `word` is without its dots, but for itself: *aldre* may be *äldre* or *åldre*.
pub fn for_each_dotted(word: &str, each: &mut dyn FnMut(&str)) {
    let bare = word.chars().filter(|c| matches!(c, 'a' | 'o')).count();
    if bare <= MOST {
        go_on(word, &mut String::with_capacity(word.len() + MOST), false, each);
    }
}

fn go_on(rest: &str, before: &mut String, changed: bool, each: &mut dyn FnMut(&str)) {
    let Some(letter) = rest.chars().next() else {
        if changed {
            each(before);
        }
        return;
    };
    let length = before.len();
    let dotted: &[char] = match letter {
        'a' => &['å', 'ä'],
        'o' => &['ö'],
        _ => &[],
    };
    for with in [letter].iter().chain(dotted) {
        before.push(*with);
        go_on(&rest[letter.len_utf8()..], before, changed || *with != letter, each);
        before.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_come_back_on_any_of_the_letters() {
        let mut words = Vec::new();
        for_each_dotted("mal o", &mut |word| words.push(word.to_owned()));
        assert_eq!(words, ["mal ö", "mål o", "mål ö", "mäl o", "mäl ö"]);
        for_each_dotted("abrakadabra-banan", &mut |word| panic!("{word} is one of a thousand"));
    }
}
