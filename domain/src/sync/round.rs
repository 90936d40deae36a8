//! One round of push and pull, and when to try again.
//!
//! A round pushes everything that has no receipt, for every device row in this browser profile, then pulls the library to
//! its end. It holds nothing that matters: a tab that dies in the middle of a round loses no more than the round.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    id::{DeviceId, Randomness},
    time::Millis,
};

use super::{
    handback::Handing,
    phone::{Batch, Done, Page, Survey, Transaction},
    sizes::Sizes,
    wire::{BODY_BYTES, LEAST_PAGE_BYTES, PAGE_BYTES, PushAnswer, Token},
};

/// What the host is to do next.
#[derive(Clone, Debug)]
pub enum Step {
    /// One transaction on the phone; answer with [`Event::Done`].
    Transact(Transaction),
    /// Send this; answer with [`Event::Pushed`].
    Push(Batch),
    /// Ask for a page; answer with [`Event::Pulled`].
    Pull(PageWish),
    /// Hand back what was read of the server before it was restored; answer with [`Event::HandedBack`].
    HandBack(Handing),
    /// The round is over.
    Rest(Summary),
}

/// The page that a phone asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageWish {
    /// What it has read so far.
    pub cursor: Option<Token>,
    /// The furthest position at which this phone knows the server to have been, where that is beyond the cursor.
    pub known: Option<Token>,
    /// How many bytes it is to hold at most, before compression. `None`: as many as the server likes.
    pub bytes: Option<usize>,
}

#[derive(Clone, Debug)]
pub enum Event {
    Done(Done),
    Pushed(Result<PushAnswer, Trouble>),
    Pulled(Result<Page, Trouble>),
    /// The server's position once it had taken up everything, if it said that.
    HandedBack(Result<Option<Token>, Trouble>),
    /// A transaction did not come to its end.
    StorageFailed,
}

/// Why a round came to nothing, in terms that can be told to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// No answer: no network, or the server is away.
    Unreachable,
    Timeout,
    /// An answer began and broke off.
    CutOff,
    /// The server refused with this status, or something in front of it says that it is away (5xx).
    Server(u16),
    /// Whatever is in front of the server refuses a body of this size (413).
    TooLarge,
    /// Something answered, but not Solsken: a captive portal, a proxy.
    NotSolsken,
    /// The server does not know this session any more.
    SignedOut,
    /// The phone's own store failed.
    Storage,
    /// The server wants to take away much at once; that waits until an administrator has said that it was meant.
    Halted,
}

/// What a round has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub pushed: usize,
    pub pulled: usize,
    pub trouble: Option<Trouble>,
}

/// A round under way.
#[derive(Debug)]
pub struct Round {
    queue: VecDeque<DeviceId>,
    cursor: Option<Token>,
    /// The server's position at the latest receipt.
    receipt: Option<Token>,
    signed_in: bool,
    in_flight: Option<Batch>,
    /// What is being handed back.
    handing: Handing,
    /// Something was handed back in this round: what the phone has not noted of that waits for the next one.
    has_handed_back: bool,
    summary: Summary,
    now: Millis,
    /// Of this the ids are made that devices go on under, should they have to; each is used once.
    randomness: Randomness,
    fresh: DeviceId,
    /// The device at the front has nothing else left: it asks for what the server has put off, after this number.
    deferred_after: Option<u64>,
    sizes: Sizes,
    /// The largest body of ops that the server had put off and that got through. `None` once any body was too large.
    asked_again: Option<usize>,
    /// As the phone's store has them.
    noted_sizes: Sizes,
    /// What to do once the sizes are noted.
    after_note: Option<Step>,
    /// How often the phone has started over in this round: a server that always resets cannot keep it busy.
    started_over: u8,
    /// Empty pushes by which a phone that cannot read hears of a restore.
    asks: VecDeque<Batch>,
    /// A push was answered in this round, so there is no need to ask.
    heard: bool,
}

/// Once for whoever signed in since, once for a server that was restored.
const STARTS_IN_A_ROUND: u8 = 2;

impl Round {
    pub fn start(now: Millis, randomness: &Randomness) -> (Self, Step) {
        let round = Self {
            queue: VecDeque::new(),
            cursor: None,
            receipt: None,
            signed_in: false,
            in_flight: None,
            handing: Handing::default(),
            has_handed_back: false,
            summary: Summary::default(),
            now,
            randomness: *randomness,
            fresh: DeviceId::mint(now, randomness),
            deferred_after: None,
            sizes: Sizes::default(),
            asked_again: Some(0),
            noted_sizes: Sizes::default(),
            after_note: None,
            started_over: 0,
            asks: VecDeque::new(),
            heard: false,
        };
        (round, Step::Transact(Transaction::Survey))
    }

    pub fn next(&mut self, event: Event) -> Step {
        match event {
            Event::Done(done) => self.after(done),
            Event::Pushed(Ok(answer)) => self.pushed(answer),
            Event::Pulled(Ok(page)) => self.pulled(page),
            // Nobody here may read any more. What was sent from here may be missing all the same.
            Event::Pulled(Err(trouble @ Trouble::SignedOut)) => {
                self.summary.trouble = Some(trouble);
                self.signed_in = false;
                self.push_or_pull()
            }
            Event::Pushed(Err(Trouble::Unreachable)) => self.rest(Trouble::Unreachable),
            Event::Pushed(Err(trouble)) => self.not_pushed(trouble),
            Event::Pulled(Err(trouble)) => {
                if may_be_too_large(trouble) {
                    let size = self.sizes.page.within(PAGE_BYTES);
                    self.sizes.page = self.sizes.page.halved(size, LEAST_PAGE_BYTES);
                }
                self.rest(trouble)
            }
            // A server that does not know of this takes nothing back.
            Event::HandedBack(Err(Trouble::Server(404 | 405))) => self.handed_back(None),
            Event::HandedBack(Ok(position)) => self.handed_back(position),
            Event::HandedBack(Err(trouble)) => self.rest(trouble),
            Event::StorageFailed => self.rest(Trouble::Storage),
        }
    }

    fn after(&mut self, done: Done) -> Step {
        match done {
            Done::Surveyed(Survey { unsent, signed_in, cursor, receipt, asks, sizes }) => {
                self.queue = unsent.into();
                self.asks = asks.into();
                self.deferred_after = None;
                (self.sizes, self.noted_sizes) = (sizes, sizes);
                self.signed_in = signed_in;
                self.cursor = cursor;
                self.receipt = receipt;
                self.push_or_pull()
            }
            Done::Took(Some(batch)) => {
                self.in_flight = Some(batch.clone());
                Step::Push(batch)
            }
            Done::Took(None) => {
                match self.deferred_after {
                    Some(_) => self.next_device(),
                    None => self.deferred_after = Some(0),
                }
                self.push_or_pull()
            }
            Done::Received { cloned: true } => match self.queue.front() {
                Some(device) => Step::Transact(Transaction::Fork { device: *device, fresh: self.fresh }),
                None => self.push_or_pull(),
            },
            Done::Forked => {
                if let Some(front) = self.queue.front_mut() {
                    *front = self.fresh;
                }
                self.randomness[9] = self.randomness[9].wrapping_add(1);
                self.fresh = DeviceId::mint(self.now, &self.randomness);
                self.push_or_pull()
            }
            Done::Absorbed { more: true, cursor, .. } => {
                self.cursor = cursor;
                self.pull()
            }
            Done::Absorbed { more: false, cursor, earlier }
                if !earlier.is_empty() && !std::mem::replace(&mut self.has_handed_back, true) =>
            {
                self.cursor = cursor;
                self.handing = Handing { earlier, known: self.furthest().cloned() };
                Step::HandBack(self.handing.clone())
            }
            // What the server has taken up, it now shows.
            Done::HandedBack => self.pull(),
            Done::Halted => self.rest(Trouble::Halted),
            Done::NotOurs => self.rest(Trouble::SignedOut),
            Done::StartedOver if self.started_over == STARTS_IN_A_ROUND => self.rest(Trouble::NotSolsken),
            Done::StartedOver => {
                self.started_over += 1;
                Step::Transact(Transaction::Survey)
            }
            Done::Received { cloned: false } => self.push_or_pull(),
            Done::Noted => self.after_note.take().unwrap_or(Step::Rest(self.summary)),
            Done::Absorbed { more: false, .. } | Done::Told | Done::SignedIn => self.end(),
        }
    }

    fn push_or_pull(&mut self) -> Step {
        match self.queue.front() {
            Some(device) => Step::Transact(Transaction::Take {
                device: *device,
                deferred: self.deferred_after,
                bytes: self.sizes.push.within(BODY_BYTES),
            }),
            None if self.signed_in => self.pull(),
            None => self.ask_or_rest(),
        }
    }

    fn ask_or_rest(&mut self) -> Step {
        match self.asks.pop_front() {
            Some(ask) if !self.heard => {
                self.in_flight = Some(ask.clone());
                Step::Push(ask)
            }
            _ => self.end(),
        }
    }

    fn furthest(&self) -> Option<&Token> {
        Token::further(self.cursor.as_ref(), self.receipt.as_ref())
    }

    fn handed_back(&mut self, position: Option<Token>) -> Step {
        self.receipt = Token::further(self.receipt.as_ref(), position.as_ref()).cloned();
        Step::Transact(Transaction::HandedBack { handing: std::mem::take(&mut self.handing), position })
    }

    fn pull(&self) -> Step {
        let bytes = self.sizes.page.is_learnt().then(|| self.sizes.page.within(PAGE_BYTES));
        let known = self.furthest();
        let known = known.filter(|further| Some(*further) != self.cursor.as_ref()).cloned();
        Step::Pull(PageWish { cursor: self.cursor.clone(), known, bytes })
    }

    /// Even where nothing can be sent, there may be something to read.
    fn not_pushed(&mut self, trouble: Trouble) -> Step {
        let batch = self.in_flight.take();
        let alone = batch.as_ref().is_some_and(|batch| batch.numbers.len() == 1);
        let last = batch.as_ref().and_then(|batch| batch.numbers.last().copied());
        if let Some(batch) = batch.filter(|_| last.is_some() && may_be_too_large(trouble)) {
            self.sizes.push = self.sizes.push.halved(batch.body.len(), 0);
            self.asked_again = None;
        }
        match trouble {
            // An ask was refused: the next device asks.
            Trouble::SignedOut | Trouble::Server(400..=499) if last.is_none() => {}
            // Half of it is sent at once: this answer costs no time.
            Trouble::TooLarge if !alone => {}
            // It cannot be made smaller. It stays in the queue, and whoever looks at the queue is told.
            Trouble::TooLarge if self.deferred_after.is_some() => {
                self.summary.trouble = Some(trouble);
                self.deferred_after = last;
            }
            // This device's credential is not good any more, or its next op does not get through: what others told here
            // is still sent.
            Trouble::SignedOut | Trouble::Server(400..=499) | Trouble::TooLarge => {
                self.summary.trouble = Some(trouble);
                self.next_device();
            }
            _ if alone && may_be_too_large(trouble) => {
                self.summary.trouble = Some(trouble);
                self.next_device();
            }
            _ => {
                self.summary.trouble = Some(trouble);
                self.queue.clear();
                self.deferred_after = None;
            }
        }
        let next = self.push_or_pull();
        self.noted(next)
    }

    /// Notes what was learnt about sizes before the next step: a tab that dies then has not learnt it in vain.
    fn noted(&mut self, next: Step) -> Step {
        if self.sizes == self.noted_sizes {
            return next;
        }
        self.noted_sizes = self.sizes;
        self.after_note = Some(next);
        Step::Transact(Transaction::NoteSizes { sizes: self.sizes })
    }

    fn next_device(&mut self) {
        self.queue.pop_front();
        self.deferred_after = None;
    }

    fn pushed(&mut self, answer: PushAnswer) -> Step {
        let Some(batch) = self.in_flight.take() else {
            return self.push_or_pull();
        };
        let nothing_said = answer.receipts.is_empty() && !answer.cloned && !batch.numbers.is_empty();
        if answer.receipts.len() > batch.numbers.len() || nothing_said {
            return self.rest(Trouble::NotSolsken);
        }
        self.heard = true;
        self.receipt = Token::further(self.receipt.as_ref(), answer.position.as_ref()).cloned();
        self.summary.pushed += answer.receipts.len();
        let size = batch.body.len();
        if self.deferred_after.is_none() {
            self.sizes.push = self.sizes.push.grown(size, BODY_BYTES);
        } else {
            self.asked_again = self.asked_again.map(|largest| largest.max(size));
        }
        let Batch { device, numbers, starts, .. } = batch;
        if self.deferred_after.is_some() {
            // Each once a round; whether it still waits, the next one asks.
            let heard = answer.receipts.len() + usize::from(answer.cloned);
            self.deferred_after = numbers.get(heard.saturating_sub(1)).copied();
        }
        Step::Transact(Transaction::Receive { device, numbers, starts, answer })
    }

    fn pulled(&mut self, page: Page) -> Step {
        if page.header.reset.is_some() {
            if self.started_over == STARTS_IN_A_ROUND {
                return self.rest(Trouble::NotSolsken);
            }
            return Step::Transact(Transaction::StartOver { page });
        }
        self.receipt = Token::further(self.receipt.as_ref(), page.header.position.as_ref()).cloned();
        self.summary.pulled += page.records.len();
        self.sizes.page = self.sizes.page.grown(page.lines.len(), PAGE_BYTES);
        Step::Transact(Transaction::Absorb { page })
    }

    fn rest(&mut self, trouble: Trouble) -> Step {
        self.summary.trouble = Some(trouble);
        self.end()
    }

    /// What the server goes on putting off is sent again in each round. If that raised the limit at once, it would undo
    /// what an earlier round has learnt from a body that comes after it, and that body would fail in every round. So it
    /// counts once nothing else can fail, and only if nothing has.
    fn end(&mut self) -> Step {
        if let Some(size) = self.asked_again.take() {
            self.sizes.push = self.sizes.push.grown(size, BODY_BYTES);
        }
        self.noted(Step::Rest(self.summary))
    }
}

/// Whether a smaller message might have got through. A page of something else in the place of the server's answer counts:
/// filters in front of servers refuse bodies for what is in them, and the smaller the body, the fewer ops that holds up.
const fn may_be_too_large(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Timeout | Trouble::CutOff | Trouble::TooLarge | Trouble::NotSolsken)
}

/// When to try again by oneself. Every other trigger (a save, the network's return, the foreground, a button, the
/// server's nudge) starts a round at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    failures: u32,
}

impl Pace {
    const FIRST_MS: i64 = 2_000;
    /// No longer than between rounds that went well: whoever watches a story wait sees it go soon after all works again.
    const LONGEST_MS: i64 = Self::IDLE_MS;
    /// Between rounds that went well: the server nudges when there is news, this is for when it cannot.
    const IDLE_MS: i64 = 60_000;

    /// Milliseconds until the next round. `chance` from 0 to 255 spreads phones that failed together over half the
    /// wait.
    pub fn after(&mut self, summary: &Summary, chance: u8) -> i64 {
        if summary.trouble.is_none() {
            self.failures = 0;
            return Self::IDLE_MS;
        }
        let wait = (Self::FIRST_MS << self.failures.min(16)).min(Self::LONGEST_MS);
        self.failures += 1;
        wait / 2 + wait / 2 * i64::from(chance) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_start_over_after_a_good_round() {
        let mut pace = Pace::default();
        let bad = Summary { trouble: Some(Trouble::Unreachable), ..Summary::default() };
        let waits: Vec<_> = (0..12).map(|_| pace.after(&bad, 255)).collect();
        assert_eq!(waits[..3], [2_000, 4_000, 8_000]);
        assert_eq!(waits.last(), Some(&60_000));
        assert_eq!(pace.after(&Summary::default(), 0), 60_000);
        assert_eq!(pace.after(&bad, 0), 1_000);
    }
}
