//! What one asks of the library, and what it answers.

use serde::{Deserialize, Serialize};

use crate::{id::LabelId, label::LabelKind, names::Named, order::sort_by, story::StoryKind, view::Card};

/// A question to the library. Without text: newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub text: String,
    pub filter: Filter,
    /// Cards to skip.
    pub offset: usize,
    /// Cards wanted.
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<StoryKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<LabelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<LabelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<LabelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<LabelId>,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn label(&self, kind: LabelKind) -> Option<LabelId> {
        match kind {
            LabelKind::Tag => self.tag,
            LabelKind::Value => self.value,
            LabelKind::Site => self.site,
            LabelKind::Department => self.department,
        }
    }

    pub fn set_label(&mut self, kind: LabelKind, label: Option<LabelId>) {
        *match kind {
            LabelKind::Tag => &mut self.tag,
            LabelKind::Value => &mut self.value,
            LabelKind::Site => &mut self.site,
            LabelKind::Department => &mut self.department,
        } = label;
    }
}

impl ListQuery {
    /// Cards on one page.
    pub const PAGE: usize = 30;

    pub fn first_page(text: impl Into<String>, filter: Filter) -> Self {
        Self { text: text.into(), filter, offset: 0, limit: Self::PAGE }
    }
}

/// The library's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    pub cards: Vec<Card>,
    /// How many there are in all.
    pub total: usize,
    /// How many there would be without the filter.
    pub unfiltered: usize,
    pub facets: Facets,
    pub searched: Searched,
    /// What was searched for instead, where the words as written met nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
    /// Where nothing was found at all: what comes nearest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<Card>,
}

impl Listing {
    /// Stories that are shown where nothing was found.
    pub const NEAREST: usize = 3;
}

/// What to look for instead where `text` meets nothing: the beginnings of its longest words, the longest first. Whoever
/// asks for *handikapparkering* may be glad of *handikapp*.
pub fn beginnings(text: &str) -> Vec<String> {
    /// Fewer letters begin anything.
    const FEWEST: usize = 3;
    const WORDS: usize = 3;
    let mut words: Vec<Vec<char>> = text.split_whitespace().map(|word| word.chars().collect()).collect();
    words.retain(|word| word.len() > FEWEST);
    sort_by(&mut words, |one, other| other.len().cmp(&one.len()));
    words.truncate(WORDS);
    let shares = [9, 6, 4].into_iter().flat_map(|twelfths| words.iter().map(move |word| (twelfths, word)));
    let cut = |(twelfths, word): (usize, &Vec<char>)| {
        word[..(word.len() * twelfths / 12).max(FEWEST)].iter().collect::<String>()
    };
    let mut beginnings: Vec<String> = shares.map(cut).collect();
    beginnings.dedup();
    beginnings
}

/// Where the answer comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Searched {
    #[default]
    Phone,
    Server,
    /// The phone, which holds only the newest stories.
    NewestOnPhone,
}

/// What one can narrow the answer by, with the number of stories each choice leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facets {
    pub kinds: Vec<(StoryKind, usize)>,
    pub departments: Vec<(Named, usize)>,
    pub sites: Vec<(Named, usize)>,
    pub values: Vec<(Named, usize)>,
    pub tags: Vec<(Named, usize)>,
}

impl Facets {
    pub fn labels_mut(&mut self, kind: LabelKind) -> &mut Vec<(Named, usize)> {
        match kind {
            LabelKind::Tag => &mut self.tags,
            LabelKind::Value => &mut self.values,
            LabelKind::Site => &mut self.sites,
            LabelKind::Department => &mut self.departments,
        }
    }

    pub fn labels(&self, kind: LabelKind) -> &[(Named, usize)] {
        match kind {
            LabelKind::Tag => &self.tags,
            LabelKind::Value => &self.values,
            LabelKind::Site => &self.sites,
            LabelKind::Department => &self.departments,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_the_longest_words_comes_nearest() {
        assert_eq!(
            beginnings("en handikapparkering"),
            ["handikappark", "handikap", "handi"].map(String::from)
        );
        assert_eq!(beginnings("är en"), Vec::<String>::new());
        assert_eq!(beginnings("åäöå"), ["åäö"]);
    }
}
