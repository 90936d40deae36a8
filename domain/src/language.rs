use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language in which stories are told and screens are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    Sv,
    En,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Sv, Self::En];

    /// The BCP 47 tag.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sv => "sv",
            Self::En => "en",
        }
    }

    /// The first language of an `Accept-Language` header, or of `navigator.languages`, that we speak.
    pub fn preferred(tags: &str) -> Self {
        tags.split(',')
            .filter_map(|tag| tag.split([';', '-']).next())
            .find_map(|tag| tag.trim().parse().ok())
            .unwrap_or_default()
    }
}

impl FromStr for Language {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code)).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_we_speak_is_preferred() {
        assert_eq!(Language::preferred("fi-FI, en-GB;q=0.8, sv;q=0.5"), Language::En);
        assert_eq!(Language::preferred("de"), Language::Sv);
        assert_eq!(Language::preferred(""), Language::Sv);
    }
}
