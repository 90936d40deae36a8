//! The library, as one reader may see it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    id::{AttachmentId, DraftId, LabelId, PathId, StoryId},
    label::LabelKind,
    names::{Named, Names},
    query::{ListQuery, Listing},
    time::Day,
    view::{Card, MediaView, PathCard, PathView, StoryView, Version},
    wording::Worded,
};

use super::Unreceived;

/// Answers from the phone or from the server; a page does not know which.
///
/// One question at a time, as a value: so the same question can be asked of the phone, sent to the server, and be the
/// source of what a page shows, without a type of its own for each.
#[async_trait]
pub trait Library: Send + Sync + 'static {
    async fn ask(&self, question: Question) -> Result<Answer, Unavailable>;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    List(ListQuery),
    Story(StoryId),
    /// Stories that are like this one, the most alike first.
    Related(StoryId, usize),
    /// Every text the story ever had, oldest first.
    History(StoryId),
    /// The reader's own stories, newest first.
    Mine,
    Home(Day),
    Labels,
    Paths,
    Path(PathId),
    /// The organisation's own words.
    Wordings,
    /// What was taken for a draft, in the order in which it was.
    Attached(DraftId),
    /// What the server has not received of the reader's attachments.
    Unreceived,
    /// Where this browser finds the bytes of an attachment: of a told story, or of a draft.
    Media {
        story: Option<StoryId>,
        id: AttachmentId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Listing(Listing),
    Story(Option<Box<StoryView>>),
    Cards(Vec<Card>),
    History(Vec<Version>),
    Home(Home),
    Labels(Labels),
    Paths(Vec<PathCard>),
    Path(Option<PathView>),
    Wordings(Vec<Worded>),
    Attached(Vec<MediaView>),
    Unreceived(Vec<Unreceived>),
    Address(String),
}

macro_rules! answers {
    ($($variant:ident -> $answer:ty)+) => {$(
        impl TryFrom<Answer> for $answer {
            type Error = Unavailable;

            /// A library that answers another question than was asked is broken.
            fn try_from(answer: Answer) -> Result<Self, Unavailable> {
                match answer {
                    Answer::$variant(answer) => Ok(answer),
                    _ => Err(Unavailable::Broken),
                }
            }
        }

        impl From<$answer> for Answer {
            fn from(answer: $answer) -> Self {
                Self::$variant(answer)
            }
        }
    )+};
}

answers! {
    Listing -> Listing
    Story -> Option<Box<StoryView>>
    Cards -> Vec<Card>
    History -> Vec<Version>
    Home -> Home
    Labels -> Labels
    Paths -> Vec<PathCard>
    Path -> Option<PathView>
    Wordings -> Vec<Worded>
    Attached -> Vec<MediaView>
    Unreceived -> Vec<Unreceived>
    Address -> String
}

/// Why the library did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// It is not on this phone, and the server cannot be reached.
    #[error("the server cannot be reached")]
    Unreachable,
    #[error("nobody is signed in")]
    SignedOut,
    /// This browser's store cannot be opened or read. Never the same as an empty library.
    #[error("the store on this device cannot be read")]
    Storage,
    #[error("something went wrong")]
    Broken,
}

/// The first screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// One story a day, the same for everyone.
    pub of_the_day: Option<Card>,
    pub newest: Vec<Card>,
}

/// Labels that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    pub tags: Vec<Named>,
    pub values: Vec<Named>,
    pub sites: Vec<Named>,
    pub departments: Vec<Named>,
}

impl Labels {
    pub fn of(names: &Names) -> Self {
        let all = |kind| names.all(kind).collect();
        Self {
            tags: all(LabelKind::Tag),
            values: all(LabelKind::Value),
            sites: all(LabelKind::Site),
            departments: all(LabelKind::Department),
        }
    }

    /// The same with only the tags that `shown` lets through. A tag belongs to the whole organisation, so that all call
    /// a thing by the same name; one that only other people's stories have may tell more of them than they do.
    pub fn with_tags(mut self, shown: impl Fn(LabelId) -> bool) -> Self {
        self.tags.retain(|tag| shown(tag.id));
        self
    }
}

/// Which story, newest first, is the story of the day: one after another, so that none comes back before all have been.
/// Of `stories` there were `before` when the day began; only those count, so that it stays the same all day, whatever is
/// told meanwhile.
pub fn of_the_day(today: Day, stories: usize, before: usize) -> Option<usize> {
    // A step that shares no factor with most lengths, so that neighbours in the library are not neighbours in time.
    const STEP: i64 = 7_919;
    let of = if before == 0 { stories } else { before };
    let length = i64::try_from(of).ok().filter(|length| *length > 0)?;
    let place = usize::try_from((today.days() * STEP).rem_euclid(length)).ok()?;
    Some(stories.saturating_sub(of) + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_of_the_day_stays_while_others_are_told() {
        let today: Day = "2026-11-22".parse().unwrap();
        let from_the_end = |stories| stories - of_the_day(today, stories, 96).unwrap();
        assert!((96..200).all(|stories| from_the_end(stories) == from_the_end(96)));
        assert_eq!(of_the_day(today, 0, 0), None);
        assert_eq!(of_the_day(today, 1, 0), Some(0), "a library that began today has one, too");
    }

    #[test]
    fn no_story_comes_back_before_all_have_been() {
        let first: Day = "2026-11-22".parse().unwrap();
        let days = (0..10).map(|n| Day::from_days(first.days() + n));
        let mut places: Vec<_> = days.filter_map(|day| of_the_day(day, 10, 10)).collect();
        places.sort_unstable();
        assert_eq!(places, (0..10).collect::<Vec<_>>());
    }
}
