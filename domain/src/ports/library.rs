//! The library, as one reader may see it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    id::{PathId, StoryId},
    names::Named,
    query::{ListQuery, Listing},
    time::Day,
    view::{Card, Me, PathCard, PathView, StoryView, Version},
};

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

/// Answers from the phone or from the server; a page does not know which.
#[async_trait]
pub trait Library: Send + Sync + 'static {
    /// Who reads. `None` if nobody is signed in.
    async fn me(&self) -> Result<Option<Me>, Unavailable>;

    async fn list(&self, query: &ListQuery) -> Result<Listing, Unavailable>;

    async fn story(&self, id: StoryId) -> Result<Option<StoryView>, Unavailable>;

    /// Up to `limit` stories that are like this one, the most alike first.
    async fn related(&self, id: StoryId, limit: usize) -> Result<Vec<Card>, Unavailable>;

    /// Every text the story ever had, oldest first.
    async fn history(&self, id: StoryId) -> Result<Vec<Version>, Unavailable>;

    /// The reader's own stories, newest first.
    async fn mine(&self) -> Result<Vec<Card>, Unavailable>;

    async fn home(&self, today: Day) -> Result<Home, Unavailable>;

    async fn labels(&self) -> Result<Labels, Unavailable>;

    async fn paths(&self) -> Result<Vec<PathCard>, Unavailable>;

    async fn path(&self, id: PathId) -> Result<Option<PathView>, Unavailable>;
}

/// The first screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    pub me: Option<Me>,
    /// One story a day, the same for everyone.
    pub of_the_day: Option<Card>,
    pub newest: Vec<Card>,
    pub stories: usize,
}

/// All labels that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    pub tags: Vec<Named>,
    pub values: Vec<Named>,
    pub sites: Vec<Named>,
    pub departments: Vec<Named>,
}

impl Labels {
    pub fn of(names: &crate::names::Names) -> Self {
        use crate::label::LabelKind;
        let all = |kind| names.all(kind).collect();
        Self {
            tags: all(LabelKind::Tag),
            values: all(LabelKind::Value),
            sites: all(LabelKind::Site),
            departments: all(LabelKind::Department),
        }
    }
}

/// Which of `stories` stories is the story of the day: one after another, so that none comes back before all have
/// been.
pub fn of_the_day(today: Day, stories: usize) -> Option<usize> {
    // A step that shares no factor with most lengths, so that neighbours in the library are not neighbours in time.
    const STEP: i64 = 7_919;
    let stories = i64::try_from(stories).ok().filter(|stories| *stories > 0)?;
    usize::try_from((today.days() * STEP).rem_euclid(stories)).ok()
}
