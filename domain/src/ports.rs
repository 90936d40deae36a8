//! What the screens ask for. The phone answers from its own store, the server from its database; a page does not
//! know which.

mod engine;
mod library;
mod locale;
mod media;
mod phone;

pub use engine::{Call, News, Numbered, Request, Said};
pub use library::{Answer, Home, Labels, Library, Question, Unavailable, of_the_day};
pub use locale::Locale;
pub use media::{AttachError, Media, MediaChange, Recording, Unreceived};
pub use phone::{
    Accounts, Attempt, Device, Drafts, Going, InviteView, JoinError, JoinForm, KeepError, KeptDraft, Outbox,
    PathForm, SavedDraft, ShownTo, Storage, Waiting, WaitingState,
};
