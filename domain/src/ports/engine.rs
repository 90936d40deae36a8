//! What the page and the engine in its worker say to each other, as JSON.
//!
//! The engine keeps, sends and finds; the page shows. They share nothing but these messages, so that no work of the
//! engine holds up a finger on the screen.

use serde::{Deserialize, Serialize};

use crate::{
    conflict::MetEdit,
    draft::Draft,
    id::{AttachmentId, DraftId, PathId, PersonId, StoryId, WordingId},
    reaction::ReactionKind,
    text::Name,
    thing::ThingRef,
    view::Me,
};

use super::{Attempt, JoinForm, KeptDraft, MediaChange, PathForm, Question, ShownTo, Waiting};

/// What the page asks of the engine. Behind each stands the type of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `Result<Answer, Unavailable>`
    Ask(Question),
    /// `Result<Vec<Draft>, KeepError>`
    Drafts,
    /// `Result<Option<Draft>, KeepError>`
    LoadDraft(DraftId),
    /// `()`; what became of it comes as [`News::Kept`].
    KeepDraft(Draft),
    /// The same of a state that a page before this one left.
    TakeUpDraft(Draft),
    /// `()`; what was given to be kept is kept now.
    KeepNow,
    /// `Result<(), KeepError>`
    DiscardDraft(DraftId),
    /// `Result<Draft, KeepError>`
    ChangeStory(StoryId),
    /// `Result<StoryId, KeepError>`
    Tell(Draft),
    /// `Result<(), KeepError>`
    React { story: StoryId, kind: ReactionKind, on: bool },
    /// `Result<(), KeepError>`
    SetDeleted { thing: ThingRef, deleted: bool },
    /// `Result<PathId, KeepError>`
    SavePath { id: Option<PathId>, form: PathForm },
    /// `Result<(), KeepError>`
    SaveWording { id: Option<WordingId>, words: Vec<Name> },
    /// `Result<(), KeepError>`
    Showed { path: PathId, story: StoryId, to: ShownTo },
    /// `Result<Vec<Waiting>, KeepError>`
    Waiting,
    /// `Result<(), KeepError>`
    LetGo(Waiting),
    /// `Result<(), KeepError>`
    SettleMet { story: StoryId, edit: MetEdit, take: bool },
    /// `Result<DraftId, KeepError>`
    Mend(Waiting),
    /// `()`; a round starts now.
    Sync,
    /// The page has come to the foreground: a round, and it listens to the server rather than another tab.
    Foreground,
    /// `Result<InviteView, JoinError>`
    LookAtInvite(String),
    /// `Result<Me, JoinError>`
    Join(JoinForm),
    /// `Result<(), KeepError>`
    SignOut,
    /// `()`; the page was rendered for somebody of whom this store may know nothing.
    SettleIn,
    /// `Storage`
    Storage,
    /// `Result<(), AttachError>`; the photo comes along. Where the page has encoded it (`made`: its width and height in
    /// pixels), a thumbnail comes after it.
    AddPhoto { draft: Box<Draft>, id: AttachmentId, made: Option<(u32, u32)> },
    /// `Result<(), AttachError>`; with the part of a recording, if there is one. The first comes with its draft.
    AddVoice {
        draft: Option<Box<Draft>>,
        id: AttachmentId,
        media_type: String,
        part: u32,
        seconds: u32,
        last: bool,
    },
    /// `Result<(), AttachError>`
    ChangeMedia(MediaChange),
}

impl Call {
    /// Whether it changes something in the name of whoever is signed in. Then it is refused with
    /// [`KeepError::NotYours`](super::KeepError::NotYours) if another person is by now. What belongs to a draft names
    /// its person itself.
    pub fn acts_for_person(&self) -> bool {
        matches!(
            self,
            Self::ChangeStory(_)
                | Self::Tell(_)
                | Self::React { .. }
                | Self::SetDeleted { .. }
                | Self::SavePath { .. }
                | Self::SaveWording { .. }
                | Self::Showed { .. }
                | Self::LetGo(_)
                | Self::SettleMet { .. }
                | Self::Mend(_)
                | Self::SignOut
        )
    }
}

/// A call as the page makes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// By which its answer is known.
    pub number: u32,
    /// Who was signed in as far as the page knew: it may be an old window.
    pub person: Option<PersonId>,
    pub call: Call,
}

/// An answer with the number of its call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered<T> {
    pub number: u32,
    pub message: T,
}

/// What the engine says: the answer to a call, in its JSON, or something new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Answer(Numbered<String>),
    News(News),
}

/// What goes on in the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// The store is open, and this is who has joined here; or it cannot be opened.
    Opened {
        me: Option<Me>,
        storage_failed: bool,
    },
    Me(Option<Me>),
    /// What the library shows may have changed.
    Library,
    Queue {
        unsent: usize,
        needs_you: usize,
    },
    Syncing(bool),
    Attempt(Attempt),
    /// Whether the server could be reached when last tried.
    Online(bool),
    Kept(KeptDraft),
    /// An upload has come further, or something was attached.
    Media,
}
