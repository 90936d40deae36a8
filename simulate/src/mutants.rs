//! Small wrong changes to the engines, to see whether the invariants bite. The engines are functions of what they are
//! given, so each mutant sits between an engine and its store or its wire; production code knows nothing of them.

mod phone;
mod server;

pub use phone::{after, event, heard, reads, torn, writes};
pub use server::{answers, created_beside, known, page, push};

/// Each was written down before it was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The cursor is saved in a transaction of its own, before the records.
    CursorBeforeData,
    /// A story's op is saved in a transaction of its own, after its projection.
    OpAfterProjection,
    /// The server has forgotten the receipts of what it is sent again.
    ReceiptLostOnRetry,
    /// What was told while a push was under way counts as received with it.
    EditInFlightCleared,
    /// The overlay goes with the receipt, before its effect is pulled.
    OverlayDroppedOnReceipt,
    /// Reading from the beginning deletes what the server does not have.
    DeleteByAbsence,
    /// After a restore nothing is offered again.
    NothingOfferedAgain,
    /// A second tab finds an empty library and writes it.
    SecondTabEmpty,
    /// What the server did not take is dropped.
    RejectedDropped,
    /// A device that goes on under another id leaves its unsent ops behind.
    ForkForgets,
    /// Another op under a known number gets the known receipt.
    CloneUnnoticed,
    /// An op that is sent twice is applied twice.
    AppliedTwice,
    /// A higher `seq` can be read before a lower one is committed.
    SeqBeforeCommit,
    /// Those who lose sight of a thing are not told.
    NeverGone,
    /// A page holds everything, whoever asks.
    PageForAnyone,
    /// Nothing is shown again when someone's department or role changes.
    ViewUnchanged,
    /// The first record after a cursor is passed over.
    OffByOne,
    /// A page is absorbed although another tab has read on.
    OvertakenPageTaken,
    /// Changes with an older clock lose.
    ClockDecides,
    /// A deferred op is answered as applied, and not kept.
    DeferredDropped,
    /// A page that takes too much from view is absorbed.
    NeverHalts,
    /// A signed-out device blocks the others.
    FirstBlocksAll,
    /// A receipt from before the server was restored counts.
    OldReceiptCounts,
    /// A page that was cut off at the end of a line is taken as whole.
    CutPageTaken,
    /// Pending ops are laid over nothing when the phone starts over.
    NoOverlayOnReread,
    /// What is settled is forgotten between two pages.
    SettlesMidway,
    /// Whoever signs in reads on where the one before has stopped.
    AnotherOnesCursor,
    /// A page for somebody else is taken.
    AnotherOnesPage,
    /// Whoever cannot read does not ask whether the server was restored.
    RestoreUnheard,
    /// A phone that has halted counts what was taken by itself, and never hears the word that stands behind it.
    WordUnheard,
    /// What only a newer client understands counts as applied.
    UnknownWordTaken,
    /// Whoever reads again takes whatever is said to be gone.
    NeverHaltsOnReread,
    /// What the server had received of attachments is not offered again after a restore.
    ReceiptsKeptOnStartOver,
    /// The same, but only where the restore is heard of by a push, or by a page that was asked for without a cursor.
    RestoreForgetsAttachments,
    /// How far an upload has come is noted whatever the phone has learnt since it asked, also if it has started over.
    NotedDespiteRestart,
    /// Bytes that wait to be sent are let go when there is little room.
    WaitingLetGo,
    /// What goes with a told story goes with its draft.
    ToldDroppedWithDraft,
    /// The phone believes its own count of the chunks it has sent.
    ProgressTrusted,
    /// Trouble with one attachment keeps back all that come after it.
    OneUploadBlocksAll,
    /// The server does not compare the whole with what the story says.
    WholeNotCompared,
    /// The server gives a receipt by what the story says, without a look at whether the bytes are there.
    ServedNotLookedUp,
    /// The server gives the receipt before the story says what is served.
    ReceiptBeforeServed,
    /// What is told is sent once all bytes are.
    TextWaitsForBytes,
    /// The second create of a story is answered and forgotten.
    SecondCreateIgnored,
    /// The second create of a story is put in the place of the first.
    SecondCreateOverwrites,
    /// Only cursors prove that a database went back, and no receipts.
    ReceiptsProveNothing,
    /// A push credential keeps all of its person's rights when they sign out.
    SignedOutKeepsRights,
    /// What somebody who has signed out may not send is refused for good.
    SignedOutRefused,
    /// A push that did not get through is sent again as it was.
    NeverHalved,
    /// A push holds more than it is to hold.
    TakesTooMuch,
    /// Pages are as large as their number of records makes them.
    PageWithoutBytes,
}

impl Mutant {
    pub const ALL: [Self; 51] = [
        Self::CursorBeforeData,
        Self::OpAfterProjection,
        Self::ReceiptLostOnRetry,
        Self::EditInFlightCleared,
        Self::OverlayDroppedOnReceipt,
        Self::DeleteByAbsence,
        Self::NothingOfferedAgain,
        Self::SecondTabEmpty,
        Self::RejectedDropped,
        Self::ForkForgets,
        Self::CloneUnnoticed,
        Self::AppliedTwice,
        Self::SeqBeforeCommit,
        Self::NeverGone,
        Self::PageForAnyone,
        Self::ViewUnchanged,
        Self::OffByOne,
        Self::OvertakenPageTaken,
        Self::ClockDecides,
        Self::DeferredDropped,
        Self::NeverHalts,
        Self::FirstBlocksAll,
        Self::OldReceiptCounts,
        Self::CutPageTaken,
        Self::NoOverlayOnReread,
        Self::SettlesMidway,
        Self::AnotherOnesCursor,
        Self::AnotherOnesPage,
        Self::RestoreUnheard,
        Self::WordUnheard,
        Self::UnknownWordTaken,
        Self::NeverHaltsOnReread,
        Self::ReceiptsKeptOnStartOver,
        Self::RestoreForgetsAttachments,
        Self::NotedDespiteRestart,
        Self::WaitingLetGo,
        Self::ToldDroppedWithDraft,
        Self::ProgressTrusted,
        Self::OneUploadBlocksAll,
        Self::WholeNotCompared,
        Self::ServedNotLookedUp,
        Self::ReceiptBeforeServed,
        Self::TextWaitsForBytes,
        Self::SecondCreateIgnored,
        Self::SecondCreateOverwrites,
        Self::ReceiptsProveNothing,
        Self::SignedOutKeepsRights,
        Self::SignedOutRefused,
        Self::NeverHalved,
        Self::TakesTooMuch,
        Self::PageWithoutBytes,
    ];
}
