//! Text that people write, with its rules in its type.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text cannot be taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextError {
    #[error("is blank")]
    Blank,
    #[error("has {chars} characters, {max} at most")]
    TooLong { chars: usize, max: usize },
    /// U+0000 cannot be stored by every database.
    #[error("has a character that cannot be stored (U+0000)")]
    Nul,
}

/// Text that is never blank and never longer than `MAX` characters (Unicode scalar values).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bounded<const MAX: usize>(String);

/// One part of a story: situation, action, outcome, lesson or quote.
pub type StoryText = Bounded<10_000>;
/// What a story or a path is called.
pub type Title = Bounded<200>;
/// What a tag, a value, a site, a department or a person is called.
pub type Name = Bounded<80>;
/// A question for the room, or a path's purpose.
pub type Line = Bounded<1_000>;

impl<const MAX: usize> Bounded<MAX> {
    pub const MAX_CHARS: usize = MAX;

    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.chars().all(is_invisible) {
            return Err(TextError::Blank);
        }
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        let chars = text.chars().count();
        if chars > MAX {
            return Err(TextError::TooLong { chars, max: MAX });
        }
        Ok(Self(text))
    }

    /// As [`Self::new`], with blank text taken as none.
    pub fn optional(text: impl Into<String>) -> Result<Option<Self>, TextError> {
        match Self::new(text) {
            Ok(text) => Ok(Some(text)),
            Err(TextError::Blank) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character shows nothing by itself: white space, and what Unicode calls default-ignorable
/// (DerivedCoreProperties.txt 16.0), with the blank of Braille.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

impl<const MAX: usize> TryFrom<String> for Bounded<MAX> {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<Bounded<MAX>> for String {
    fn from(text: Bounded<MAX>) -> String {
        text.0
    }
}

impl<const MAX: usize> AsRef<str> for Bounded<MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_blank() {
        assert_eq!(StoryText::new(" \n\t"), Err(TextError::Blank));
        assert_eq!(StoryText::optional(" "), Ok(None));
        assert_eq!(Name::new("\u{200b}\u{2060} \u{3164}"), Err(TextError::Blank), "nobody sees it");
        assert!(Name::new("👩\u{200d}🌾").is_ok());
    }

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert!(Bounded::<3>::new("åäö").is_ok());
        assert_eq!(Bounded::<3>::new("åäö!"), Err(TextError::TooLong { chars: 4, max: 3 }));
    }

    #[test]
    fn the_rule_holds_for_what_is_read_from_json() {
        assert!(serde_json::from_str::<StoryText>(r#""  ""#).is_err());
        assert!(serde_json::from_str::<StoryText>(r#""a\u0000b""#).is_err());
        let text: StoryText = serde_json::from_str(r#"" hej ""#).unwrap();
        assert_eq!(text.as_str(), " hej ", "text is kept as it was written");
    }
}
