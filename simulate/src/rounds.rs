//! Rounds under way: each step of each round is one turn, and whose turn it is, the dice say.

use domain::{
    sync::{
        ledger::Push,
        phone::{Done, Page, Transaction},
        round::{Event, PageWish, Round, Step, Trouble},
        wire::Reset,
    },
    time::Millis,
};
use splitmix::Random;

use crate::{
    handset::Failed,
    invariants::{self, Broken},
    media::{Request, bytes_went_after_a_receipt, received_is_what_the_server_has},
    mutants,
    people::randomness,
    report::FROM_THE_FUTURE,
    server::Ticket,
    world::World,
};

/// A tab that runs a round.
pub struct Task {
    pub phone: usize,
    round: Round,
    pub step: Step,
    pub reply: Option<Reply>,
    /// It was opened while another round was running on this phone.
    second: bool,
    /// Turns that its answer still takes.
    pub held: u32,
}

/// Where an answer is.
pub enum Reply {
    Pushed(Ticket),
    /// Each part of what is handed back, with the words in each of its ops.
    HandedBack(Vec<(Ticket, Vec<Vec<u64>>)>),
    /// As it travels, and as it is read if nothing befalls it.
    Page(String, Option<Page>),
    Never(Trouble),
}

/// A message that arrives after its sender has given up.
pub enum Late {
    Push(Push),
    Pull,
    Upload(Request),
}

impl Task {
    pub fn is_uploading(&self) -> bool {
        matches!((&self.step, &self.reply), (Step::Push(_), Some(_)))
    }

    pub fn is_reading(&self) -> bool {
        matches!((&self.step, &self.reply), (Step::Pull { .. }, Some(_)))
    }

    pub fn reads_from_the_beginning(&self) -> bool {
        matches!(self.step, Step::Pull(PageWish { cursor: None, .. }))
    }
}

impl World {
    pub fn start_round(&mut self, phone: usize, random: &mut Random) {
        let second = self.tasks.iter().any(|task| task.phone == phone);
        if second {
            self.met.note("two rounds at once");
        }
        if self.mutant == Some(mutants::Mutant::TextWaitsForBytes) && self.brings(phone) {
            return self.start_uploads(phone, random);
        }
        let (round, step) = Round::start(self.clock(phone), &randomness(random));
        self.tasks.push(Task { phone, round, step, reply: None, second, held: 0 });
    }

    /// One step of one round, or of a worker that brings attachments.
    pub fn turn(&mut self, random: &mut Random) -> Result<(), Broken> {
        if !self.uploads.is_empty() && (self.tasks.is_empty() || random.chance(0.4)) {
            return self.upload_turn(random);
        }
        self.round_turn(random)
    }

    pub fn round_turns(&mut self, count: u64, random: &mut Random) -> Result<(), Broken> {
        (0..count).try_for_each(|_| self.round_turn(random))
    }

    fn round_turn(&mut self, random: &mut Random) -> Result<(), Broken> {
        if self.tasks.is_empty() {
            return Ok(());
        }
        let at = self.whose_turn(random);
        let mut task = self.tasks.swap_remove(at);
        let event = match &task.step {
            Step::Rest(summary) => {
                if summary.trouble == Some(Trouble::Halted) {
                    self.met.note("pull halted");
                } else if summary.trouble.is_some() {
                    self.met.note("round ended in trouble");
                }
                let away = [Trouble::Unreachable, Trouble::Timeout, Trouble::NotSolsken];
                if summary.trouble.is_none_or(|trouble| !away.contains(&trouble)) {
                    // After the texts, which never wait for it.
                    self.start_uploads(task.phone, random);
                }
                if std::mem::take(&mut self.phones[task.phone].poked) && summary.trouble.is_none() {
                    self.start_round(task.phone, random);
                }
                return Ok(());
            }
            Step::Transact(transaction) => match self.transact(task.phone, transaction, task.second)? {
                Ok(done) => Some(Event::Done(done)),
                // The tab is gone, and with it the round.
                Err(Failed::Crashed) => {
                    self.close_tabs(task.phone);
                    return Ok(());
                }
                Err(_) => Some(Event::StorageFailed),
            },
            Step::Push(_) | Step::Pull { .. } | Step::HandBack(_) => self.exchange(&mut task, random)?,
        };
        if let Some(event) = event {
            task.step = task.round.next(mutants::event(self.mutant, event));
        }
        self.tasks.push(task);
        Ok(())
    }

    /// Anyone's whose answer is not held up; if all are, the first comes through.
    fn whose_turn(&mut self, random: &mut Random) -> usize {
        for task in &mut self.tasks {
            task.held = task.held.saturating_sub(1);
        }
        let free: Vec<usize> = (0..self.tasks.len()).filter(|at| self.tasks[*at].held == 0).collect();
        match free.is_empty() {
            true => 0,
            false => *random.choose(&free),
        }
    }

    pub fn transact(
        &mut self,
        phone: usize,
        transaction: &Transaction,
        second: bool,
    ) -> Result<Result<Done, Failed>, Broken> {
        let generation = match transaction {
            Transaction::Absorb { page } | Transaction::StartOver { page } => {
                let epochs = &self.server.epochs;
                epochs.iter().position(|epoch| *epoch == page.header.epoch).unwrap_or(0)
            }
            _ => self.server.generation,
        };
        self.note_paths(phone, transaction);
        let handset = &mut self.phones[phone];
        let before = handset.disk.store.library.clone();
        let received = handset.received();
        let done = handset.transact(transaction, second, generation, self.mutant, &mut self.met);
        match done {
            Ok(Done::NotOurs) => self.met.note("page for somebody else"),
            Ok(Done::StartedOver) if matches!(transaction, Transaction::Receive { .. }) => {
                self.met.note("started over: heard from a push");
            }
            _ => {}
        }
        let handset = &self.phones[phone];
        if !matches!(transaction, Transaction::Survey | Transaction::Take { .. }) {
            invariants::own_words_stand(handset, &self.server)?;
        }
        if done == Ok(Done::StartedOver) && received > self.phones[phone].received() {
            self.met.note("attachment offered again");
        }
        let changes_attachments = !matches!(transaction, Transaction::Survey | Transaction::Take { .. });
        if changes_attachments && !self.phones[phone].disk.store.attachments.is_empty() {
            received_is_what_the_server_has(&self.phones[phone], &self.server)?;
        }
        bytes_went_after_a_receipt(&mut self.phones[phone], &self.server)?;
        let handset = &self.phones[phone];
        if let Transaction::Absorb { page } = transaction {
            invariants::not_too_much_is_taken(&before, page, handset)?;
            invariants::cursor_is_covered(handset, &self.server)?;
            invariants::nothing_went_back(handset)?;
        }
        Ok(done)
    }

    fn note_paths(&mut self, phone: usize, transaction: &Transaction) {
        let store = &self.phones[phone].disk.store;
        match transaction {
            Transaction::Absorb { page } => {
                if page.header.more {
                    self.met.note("page with more to come");
                }
                if store.library.reads_again() && !transaction.wants().held.is_empty() {
                    self.met.note("counted again what is gone");
                }
                if page.asked != store.library.cursor {
                    self.met.note("page already overtaken");
                }
                if page.records.iter().any(|record| record.state.is_none()) {
                    self.met.note("thing gone from view");
                }
                if page.records.iter().any(|record| record.kind.key() == "pulse") {
                    self.met.note(FROM_THE_FUTURE);
                }
            }
            Transaction::StartOver { page } => self.met.note(match page.header.reset {
                Some(Reset::Restored) => "started over: restored",
                _ => "started over: cursor",
            }),
            Transaction::Fork { .. } => self.met.note("fork"),
            Transaction::Receive { numbers, .. } if numbers.is_empty() => {
                self.met.note("asked whether the server was restored");
            }
            Transaction::Receive { device, numbers, .. } => {
                if store.devices.get(device).is_some_and(|row| row.person != self.phones[phone].owner) {
                    self.met.note("ops of someone who left pushed");
                }
                let started_over = store.library.starts > 0;
                if started_over && numbers.first() == Some(&1) {
                    self.met.note("op offered again");
                }
            }
            _ => {}
        }
    }

    pub fn close_tabs(&mut self, phone: usize) {
        self.tasks.retain(|task| task.phone != phone);
        self.uploads.retain(|bringing| bringing.phone != phone);
        self.phones[phone].poked = false;
    }

    pub fn clock(&self, phone: usize) -> Millis {
        match self.phones[phone].clock {
            crate::handset::Clock::Off(millis) => Millis(self.now + millis),
            crate::handset::Clock::Stands(at) => Millis(at),
        }
    }
}
