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
    handback::Earlier,
    phone::{Batch, Done, Page, Survey, Transaction},
    wire::{PushAnswer, Token},
};

/// What the host is to do next.
#[derive(Clone, Debug)]
pub enum Step {
    /// One transaction on the phone; answer with [`Event::Done`].
    Transact(Transaction),
    /// Send this; answer with [`Event::Pushed`].
    Push(Batch),
    /// Ask for the page after this cursor; answer with [`Event::Pulled`]. The server is told of a position of its own
    /// that is further, if one is known.
    Pull { cursor: Option<Token>, known: Option<Token> },
    /// Hand back what was read of the server before it was restored; answer with [`Event::HandedBack`].
    HandBack(Vec<Earlier>),
    /// The round is over.
    Rest(Summary),
}

#[derive(Clone, Debug)]
pub enum Event {
    Done(Done),
    Pushed(Result<PushAnswer, Trouble>),
    Pulled(Result<Page, Trouble>),
    HandedBack(Result<(), Trouble>),
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
    /// The server answered with this status.
    Server(u16),
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
    handing: Vec<Earlier>,
    summary: Summary,
    now: Millis,
    /// Of this the ids are made that devices go on under, should they have to; each is used once.
    randomness: Randomness,
    fresh: DeviceId,
    /// The device at the front was asked for what the server has put off.
    asked_again: bool,
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
            handing: Vec::new(),
            summary: Summary::default(),
            now,
            randomness: *randomness,
            fresh: DeviceId::mint(now, randomness),
            asked_again: false,
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
            Event::Pushed(Err(Trouble::SignedOut | Trouble::Server(400..=499))) if self.is_asking() => {
                self.in_flight = None;
                self.push_or_pull()
            }
            // This device's credential is not good any more; what others told here is still sent.
            Event::Pushed(Err(trouble @ (Trouble::SignedOut | Trouble::Server(400..=499)))) => {
                self.summary.trouble = Some(trouble);
                self.next_device();
                self.push_or_pull()
            }
            // Even where nothing can be sent, there may be something to read.
            Event::Pushed(Err(trouble)) if trouble != Trouble::Unreachable => {
                self.summary.trouble = Some(trouble);
                self.queue.clear();
                self.asked_again = false;
                self.push_or_pull()
            }
            Event::Pushed(Err(trouble)) | Event::Pulled(Err(trouble)) => self.rest(trouble),
            // A server that does not know of this takes nothing back.
            Event::HandedBack(Ok(()) | Err(Trouble::Server(404 | 405))) => {
                Step::Transact(Transaction::HandedBack { earlier: std::mem::take(&mut self.handing) })
            }
            Event::HandedBack(Err(trouble)) => self.rest(trouble),
            Event::StorageFailed => self.rest(Trouble::Storage),
        }
    }

    fn after(&mut self, done: Done) -> Step {
        match done {
            Done::Surveyed(Survey { unsent, signed_in, cursor, receipt, asks }) => {
                self.queue = unsent.into();
                self.asks = asks.into();
                self.asked_again = false;
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
                if std::mem::replace(&mut self.asked_again, true) {
                    self.next_device();
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
            Done::Absorbed { more: false, cursor, earlier } if !earlier.is_empty() => {
                self.cursor = cursor;
                self.handing.clone_from(&earlier);
                Step::HandBack(earlier)
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
            Done::Absorbed { more: false, .. } | Done::Told | Done::SignedIn | Done::Noted => {
                Step::Rest(self.summary)
            }
        }
    }

    fn push_or_pull(&mut self) -> Step {
        match self.queue.front() {
            Some(device) => Step::Transact(Transaction::Take { device: *device, deferred: self.asked_again }),
            None if self.signed_in => self.pull(),
            None => self.ask_or_rest(),
        }
    }

    fn pull(&self) -> Step {
        let known = Token::further(self.cursor.as_ref(), self.receipt.as_ref());
        let known = known.filter(|further| Some(*further) != self.cursor.as_ref()).cloned();
        Step::Pull { cursor: self.cursor.clone(), known }
    }

    fn ask_or_rest(&mut self) -> Step {
        match self.asks.pop_front() {
            Some(ask) if !self.heard => {
                self.in_flight = Some(ask.clone());
                Step::Push(ask)
            }
            _ => Step::Rest(self.summary),
        }
    }

    fn is_asking(&self) -> bool {
        self.in_flight.as_ref().is_some_and(|batch| batch.numbers.is_empty())
    }

    fn next_device(&mut self) {
        self.queue.pop_front();
        self.asked_again = false;
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
        let Batch { device, numbers, starts, .. } = batch;
        if self.asked_again {
            // Once a round; whether it still waits, the next one asks.
            self.next_device();
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
        self.summary.pulled += page.records.len();
        Step::Transact(Transaction::Absorb { page })
    }

    fn rest(&mut self, trouble: Trouble) -> Step {
        self.summary.trouble = Some(trouble);
        Step::Rest(self.summary)
    }
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
