//! Words made of the same root: *reklamation* and *reklamera*, *försening* and *försenad*, *allergi* and *allergisk*.

/// Suffixes that stand in for one another at the end of a term. Terms of verbs have lost their *-a* already, so that
/// a bare suffix is a verb's.
const FAMILIES: [&[&str]; 7] = [
    &["er", "ation", "ering", "erad", "ator"],
    &["", "ning", "ing", "ar", "and", "else"],
    &["", "het"],
    &["i", "isk", "iker"],
    &["ens", "ent"],
    &["", "lig"],
    &["", "ig", "ighet"],
];

/// A root shorter than this says too little.
const MIN_ROOT: usize = 4;

/// Calls `each` for terms of words that may be made of the same root as `term`. Most do not exist.
pub fn for_each_related(term: &str, each: &mut dyn FnMut(&str)) {
    for family in FAMILIES {
        for suffix in family {
            let Some(root) = term.strip_suffix(suffix).filter(|root| root.len() >= MIN_ROOT) else {
                continue;
            };
            for other in family.iter().filter(|other| *other != suffix) {
                each(&format!("{root}{other}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(term: &str) -> Vec<String> {
        let mut related = Vec::new();
        for_each_related(term, &mut |term| related.push(term.to_owned()));
        related
    }

    #[test]
    fn nouns_and_verbs_of_one_root_are_related() {
        assert!(related("reklamation").contains(&"reklamer".to_owned()));
        assert!(related("försening").contains(&"försen".to_owned()));
        assert!(related("allergi").contains(&"allergisk".to_owned()));
        assert!(related("ärlighet").contains(&"ärlig".to_owned()));
    }

    #[test]
    fn short_roots_are_left_alone() {
        assert_eq!(related("is"), Vec::<String>::new());
    }
}
