//! What stands after the name of a task: `--name value`, and words.

use std::{collections::BTreeMap, str::FromStr};

#[derive(Debug, Default)]
pub struct Args {
    options: BTreeMap<String, String>,
    words: Vec<String>,
}

impl Args {
    pub fn new(args: impl Iterator<Item = String>) -> Self {
        let mut parsed = Self::default();
        let mut args = args.peekable();
        while let Some(arg) = args.next() {
            match arg.strip_prefix("--") {
                None => parsed.words.push(arg),
                Some(option) => {
                    let (name, value) = match option.split_once('=') {
                        Some((name, value)) => (name.to_owned(), value.to_owned()),
                        None => (option.to_owned(), args.next().unwrap_or_default()),
                    };
                    parsed.options.insert(name, value);
                }
            }
        }
        parsed
    }

    /// The value of an option, read as `T`.
    pub fn option<T: FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        self.options
            .get(name)
            .map(|value| value.parse().map_err(|_| format!("--{name} cannot be «{value}»")))
            .transpose()
    }

    pub fn required<T: FromStr>(&self, name: &str) -> Result<T, String> {
        self.option(name)?.ok_or_else(|| format!("--{name} is missing"))
    }

    /// The only word that is no option.
    pub fn word(&self) -> Option<&str> {
        self.words.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn options_take_the_next_word_or_what_follows_the_equals_sign() {
        let args = args("--count 7 file --seed=3");
        assert_eq!(args.required::<u64>("count"), Ok(7));
        assert_eq!(args.option::<u64>("seed"), Ok(Some(3)));
        assert_eq!(args.option::<u64>("other"), Ok(None));
        assert_eq!(args.word(), Some("file"));
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        let error = args("--count many").required::<u64>("count").unwrap_err();
        assert_eq!(error, "--count cannot be «many»");
        assert!(args("x").required::<u64>("count").is_err());
    }
}
