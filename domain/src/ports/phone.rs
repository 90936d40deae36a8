//! What only a phone can do: keep, send, join, and reach the person.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    conflict::MetEdit,
    draft::{Draft, DraftProblem, Revision},
    id::{DraftId, PathId, StoryId, WordingId},
    language::Language,
    path::Stop,
    person::Role,
    reaction::ReactionKind,
    sync::{round::Trouble, wire::Reason},
    text::Name,
    thing::ThingRef,
    time::Millis,
    view::Me,
};

use super::library::Labels;

/// Why something could not be kept. The text stays on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepError {
    /// This browser's store cannot be opened or written.
    #[error("the store on this device cannot be written")]
    Storage,
    #[error("the device is full")]
    Full,
    #[error("nobody is signed in")]
    SignedOut,
    #[error("the draft cannot be told yet")]
    Draft(DraftProblem),
    /// What was to be changed is not here.
    #[error("it is not on this device")]
    Missing,
    /// It belongs to another person than the one who is signed in. Nothing of it is lost.
    #[error("it belongs to another person")]
    NotYours,
}

/// What became of a draft that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDraft {
    /// The draft that was given to be kept.
    pub draft: DraftId,
    /// In which state.
    pub revision: Revision,
    pub outcome: Result<SavedDraft, KeepError>,
}

/// Where a draft was saved. Its id is another one if another tab had written to it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedDraft {
    pub id: DraftId,
    pub version: u64,
    pub at: Millis,
}

#[async_trait]
pub trait Drafts: Send + Sync + 'static {
    /// A draft with an id of its own, not saved yet.
    fn begin(&self) -> Draft;

    /// This person's drafts, the latest first.
    async fn all(&self) -> Result<Vec<Draft>, KeepError>;

    /// [`KeepError::NotYours`] if it belongs to another person than the one who is signed in.
    async fn load(&self, id: DraftId) -> Result<Option<Draft>, KeepError>;

    /// Takes the draft's latest text. It is durable within 300 ms of the last call, at once when the page is hidden,
    /// and the host then says so (or why it could not). Until then the host leaves it where the next page finds it,
    /// should this one be gone.
    fn keep(&self, draft: Draft);

    /// What was given to be kept is safe at once, also if this page is gone in the next moment: a camera opens.
    fn keep_safe(&self);

    async fn discard(&self, id: DraftId) -> Result<(), KeepError>;

    /// A draft that changes a told story.
    async fn change(&self, story: StoryId) -> Result<Draft, KeepError>;
}

#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Tells what the draft holds, or makes the change that it is. Durable when it returns; the draft is gone then.
    /// Telling the same draft twice tells one story. [`KeepError::NotYours`] if another person wrote it: it stays
    /// theirs.
    async fn tell(&self, draft: &Draft) -> Result<StoryId, KeepError>;

    async fn react(&self, story: StoryId, kind: ReactionKind, on: bool) -> Result<(), KeepError>;

    /// Deletes, softly, or restores.
    async fn set_deleted(&self, thing: ThingRef, deleted: bool) -> Result<(), KeepError>;

    async fn save_path(&self, id: Option<PathId>, form: PathForm) -> Result<PathId, KeepError>;

    /// Notes words that stand for one another, or changes which they are.
    async fn save_wording(&self, id: Option<WordingId>, words: Vec<Name>) -> Result<(), KeepError>;

    /// Notes that a story of a path was shown.
    async fn showed(&self, path: PathId, story: StoryId, to: ShownTo) -> Result<(), KeepError>;

    /// What needs its person, and what waits to be sent; of each, the oldest first.
    async fn waiting(&self) -> Result<Vec<Waiting>, KeepError>;

    /// Lets go of a change that the server did not take.
    async fn let_go(&self, waiting: &Waiting) -> Result<(), KeepError>;

    /// Lets what stands stand, or takes what a change that met another would have said. Either way it has been seen to.
    async fn settle_met(&self, story: StoryId, edit: &MetEdit, take: bool) -> Result<(), KeepError>;

    /// Makes a draft of a change that the server did not take, to be mended and told again.
    async fn mend(&self, waiting: &Waiting) -> Result<DraftId, KeepError>;

    /// Starts a round now.
    fn sync(&self);
}

/// A path as it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathForm {
    pub title: String,
    pub purpose: String,
    pub stops: Vec<Stop>,
}

/// Whom a story was shown to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShownTo {
    /// A room: each time counts.
    Room,
    /// The person of this phone: counts once.
    Myself,
}

/// One thing with changes that the server has not taken yet, or of which it has kept two texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub thing: ThingRef,
    /// What it is called.
    pub title: String,
    pub at: Millis,
    pub state: WaitingState,
    /// The words in it, for copying out.
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitingState {
    Unsent,
    /// The server did not take it.
    Refused {
        device: crate::id::DeviceId,
        device_seq: u64,
        reason: Reason,
    },
    /// Two changes met in this story, and somebody is to look at both texts.
    Met,
}

/// The last attempt to sync, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Millis,
    pub trouble: Option<Trouble>,
    /// When the next one starts by itself.
    pub next_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinError {
    /// No invite has this code, or it is used up or too old. Which of these, nobody is told.
    #[error("no such invite")]
    NoSuchInvite,
    #[error("too many wrong codes; wait a while")]
    SlowDown,
    #[error("the name is missing")]
    NoName,
    #[error("a name is too long")]
    TooLong,
    /// The page's address is not the one that the server expects phones at.
    #[error("this page has another address than the server")]
    WrongAddress,
    #[error("the server cannot be reached")]
    Unreachable,
    /// This browser cannot keep anything.
    #[error("the store on this device cannot be written")]
    Storage,
    #[error("something went wrong")]
    Broken,
}

/// What an invite opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteView {
    pub role: Role,
    pub labels: Labels,
}

/// What someone says of themselves when joining. Site and department by name: they may be new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinForm {
    pub code: String,
    pub name: String,
    pub site: String,
    pub department: String,
    pub language: Language,
}

#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// The secret that an invite's link carries behind its `#`, taken out of the address.
    fn invite_in_address(&self) -> Option<String>;

    async fn look_at_invite(&self, code: &str) -> Result<InviteView, JoinError>;

    async fn join(&self, form: &JoinForm) -> Result<Me, JoinError>;

    /// Ends the session on this phone. What waits to be sent is still sent.
    async fn sign_out(&self) -> Result<(), KeepError>;
}

/// How the browser keeps what is here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// The browser has promised not to clear it by itself.
    pub persisted: bool,
    pub used_bytes: Option<u64>,
    pub quota_bytes: Option<u64>,
    pub stories: usize,
    pub drafts: usize,
}

/// How one goes from a screen to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// "Back" leads here again.
    Onward,
    /// The present screen is not come back to.
    Instead,
    /// To the earlier screen of the history that this one leads back to; as `Instead` where there is none.
    Back,
    /// The address follows what is done on the screen, which stays as it is.
    InPlace,
}

#[async_trait]
pub trait Device: Send + Sync + 'static {
    /// Shows the screen at an address of ours.
    fn go(&self, to: &str, going: Going);

    async fn copy(&self, text: &str) -> bool;

    /// Opens the phone's own way of sharing, or copies the link where there is none. `true` if it was copied.
    async fn share(&self, title: &str, path: &str) -> bool;

    async fn storage(&self) -> Storage;

    /// Asks the browser to keep what is here for good.
    async fn persist(&self) -> bool;

    /// Puts the keyboard's focus on the element with this id, once what is to be drawn is drawn.
    fn focus(&self, id: &str);

    /// Brings the element with this id to the top of what is seen and puts the focus on it, once it is drawn.
    /// `smoothly` moves there, unless the person wants little motion.
    fn show(&self, id: &str, smoothly: bool);

    /// Remembers the language for this browser.
    fn set_language(&self, language: Language);

    /// Takes up a new version that waits. The page is loaded anew.
    fn update(&self);

    /// Opens the browser's own question whether to install.
    async fn install(&self);

    /// How many stops of a path the person of this phone has been to.
    fn progress(&self, path: PathId) -> usize;

    fn set_progress(&self, path: PathId, stops: usize);

    /// Text that is being written and is no draft, kept for whoever is signed in until it is taken back. Empty text
    /// lets it go.
    fn stash(&self, key: &str, text: &str);

    fn stashed(&self, key: &str) -> Option<String>;

    /// Hears keys and clickers wherever the focus is, until the answer is dropped. `press` says whether it took the
    /// key. A button that has the focus keeps Enter and space for itself.
    fn keys(&self, press: Box<dyn Fn(&str) -> bool + Send + Sync>) -> Box<dyn Send + Sync>;

    /// Shows the dialog with this id over everything else.
    fn show_dialog(&self, id: &str);

    /// Hands the person a file.
    fn save_file(&self, name: &str, text: &str);
}
