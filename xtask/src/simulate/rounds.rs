//! Rounds under way: each step of each round is one turn, and whose turn it is, the dice say.

use domain::{
    sync::{
        ledger::{From, Incoming, Push},
        phone::{Done, Page, Transaction},
        round::{Event, Round, Step, Trouble},
        wire::{Reset, Token},
    },
    thing::ThingRef,
    time::Millis,
};

use crate::stories::random::Random;

use super::{
    handset::Failed,
    invariants::{self, Broken},
    mutants,
    people::randomness,
    plan::{Fault, WEATHER_ONE_IN},
    server::Ticket,
    world::World,
};

/// A tab that runs a round.
pub struct Task {
    pub phone: usize,
    round: Round,
    step: Step,
    reply: Option<Reply>,
    /// It was opened while another round was running on this phone.
    second: bool,
}

/// Where an answer is.
enum Reply {
    Pushed(Ticket),
    Page(String),
    Never(Trouble),
}

/// A message that arrives after its sender has given up.
pub enum Late {
    Push(Push),
    Pull,
}

impl Task {
    pub fn is_uploading(&self) -> bool {
        matches!((&self.step, &self.reply), (Step::Push(_), Some(_)))
    }
}

impl World {
    pub fn start_round(&mut self, phone: usize, random: &mut Random) {
        let second = self.tasks.iter().any(|task| task.phone == phone);
        if second {
            self.met.note("two rounds at once");
        }
        let (round, step) = Round::start(self.clock(phone), &randomness(random));
        self.tasks.push(Task { phone, round, step, reply: None, second });
    }

    /// One step of one round.
    pub fn turn(&mut self, random: &mut Random) -> Result<(), Broken> {
        if self.tasks.is_empty() {
            return Ok(());
        }
        let at = random.below(self.tasks.len() as u64) as usize;
        let mut task = self.tasks.swap_remove(at);
        let event = match task.step.clone() {
            Step::Rest(summary) => {
                if summary.trouble == Some(Trouble::Halted) {
                    self.met.note("pull halted");
                } else if summary.trouble.is_some() {
                    self.met.note("round ended in trouble");
                }
                if std::mem::take(&mut self.phones[task.phone].poked) && summary.trouble.is_none() {
                    self.start_round(task.phone, random);
                }
                return Ok(());
            }
            Step::Transact(transaction) => match self.transact(task.phone, &transaction, task.second)? {
                Ok(done) => Some(Event::Done(done)),
                // The tab is gone, and with it the round.
                Err(Failed::Crashed) => {
                    self.close_tabs(task.phone);
                    return Ok(());
                }
                Err(_) => Some(Event::StorageFailed),
            },
            Step::Push(_) | Step::Pull(_) => self.exchange(&mut task, random)?,
        };
        if let Some(event) = event {
            task.step = task.round.next(mutants::event(self.mutant, event));
        }
        self.tasks.push(task);
        Ok(())
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
        let held = handset.disk.held.iter().filter(|(_, held)| held.state.is_some());
        let before: Vec<ThingRef> = match transaction {
            Transaction::Absorb { page } if page.records.len() > 20 => {
                held.map(|(thing, _)| thing.clone()).collect()
            }
            _ => Vec::new(),
        };
        let done = handset.transact(transaction, second, generation, self.mutant, &mut self.met);
        let handset = &self.phones[phone];
        if !matches!(transaction, Transaction::Survey | Transaction::Take { .. }) {
            invariants::own_words_stand(handset, &self.server)?;
        }
        if matches!(transaction, Transaction::Absorb { .. }) {
            invariants::cursor_is_covered(handset, &self.server)?;
            if !before.is_empty() {
                invariants::not_too_much_is_taken(&before, transaction, handset)?;
            }
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
                if page.asked != store.library.cursor {
                    self.met.note("page already overtaken");
                }
                if page.records.iter().any(|record| record.state.is_none()) {
                    self.met.note("thing gone from view");
                }
                if page.records.iter().any(|record| record.kind.key() == "pulse") {
                    self.met.note("kind from the future pulled");
                }
            }
            Transaction::StartOver { page } => self.met.note(match page.header.reset {
                Some(Reset::Restored) => "started over: restored",
                _ => "started over: cursor",
            }),
            Transaction::Fork { .. } => self.met.note("fork"),
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

    /// First the request travels, then the answer, each a turn.
    fn exchange(&mut self, task: &mut Task, random: &mut Random) -> Result<Option<Event>, Broken> {
        let Some(reply) = task.reply.take() else {
            task.reply = Some(self.send(task, random)?);
            return Ok(None);
        };
        if !matches!(reply, Reply::Never(_)) && self.answer_is_lost(task.phone, random) {
            return Ok(Some(failed(&task.step, Trouble::Timeout)));
        }
        Ok(match reply {
            Reply::Never(trouble) => Some(failed(&task.step, trouble)),
            Reply::Page(mut body) => {
                if self.meets(Fault::Truncated, random) {
                    // At the end of a line, where it is hardest to notice.
                    let ends: Vec<usize> = body.match_indices('\n').map(|(at, _)| at + 1).collect();
                    body.truncate(*random.choose(&ends));
                }
                let Step::Pull(cursor) = &task.step else { unreachable!("a page was asked for") };
                Some(self.page_arrives(cursor.clone(), &body))
            }
            Reply::Pushed(ticket) => match self.server.answer(ticket) {
                Some(Ok(_)) if self.meets(Fault::Truncated, random) => {
                    Some(Event::Pushed(Err(Trouble::NotSolsken)))
                }
                Some(answer) => Some(Event::Pushed(answer)),
                None if self.server.is_waiting(ticket) && random.chance(0.7) => {
                    if random.chance(0.4) {
                        self.server.commit()?;
                    }
                    task.reply = Some(Reply::Pushed(ticket));
                    None
                }
                None => Some(Event::Pushed(Err(Trouble::Timeout))),
            },
        })
    }

    fn answer_is_lost(&mut self, phone: usize, random: &mut Random) -> bool {
        if self.phones[phone].one_way {
            self.met.note_fault(Fault::OneWay);
            return true;
        }
        self.meets(Fault::AnswerLost, random)
    }

    fn page_arrives(&self, asked: Option<Token>, body: &str) -> Event {
        let page = match Page::parse(asked.clone(), body) {
            None if self.mutant == Some(mutants::Mutant::CutPageTaken) => parse_cut(asked, body),
            page => page,
        };
        Event::Pulled(page.ok_or(Trouble::NotSolsken))
    }

    fn send(&mut self, task: &Task, random: &mut Random) -> Result<Reply, Broken> {
        let phone = task.phone;
        if !self.phones[phone].online {
            self.met.note_fault(Fault::Offline);
            return Ok(Reply::Never(Trouble::Unreachable));
        }
        if self.meets(Fault::RequestLost, random) {
            return Ok(Reply::Never(Trouble::Unreachable));
        }
        match &task.step {
            Step::Push(batch) => {
                let row = self.phones[phone].disk.store.devices.get(&batch.device);
                let person = row.map_or(self.phones[phone].owner, |row| row.person);
                if self.is_revoked(person) {
                    self.met.note_fault(Fault::Revoked);
                    return Ok(Reply::Never(Trouble::SignedOut));
                }
                let ops = batch.body.lines().map(Incoming::read).collect();
                let push = Push { from: From::Person(person), ops, now: self.server_now() };
                if self.meets(Fault::Delayed, random) {
                    self.late.push(Late::Push(push));
                    return Ok(Reply::Never(Trouble::Timeout));
                }
                if self.meets(Fault::Doubled, random) {
                    self.late.push(Late::Push(push.clone()));
                }
                Ok(Reply::Pushed(self.server.arrive(push, !self.settling && random.chance(0.25))?))
            }
            Step::Pull(cursor) => {
                let person = self.phones[phone].owner;
                if self.is_revoked(person) {
                    self.met.note_fault(Fault::Revoked);
                    return Ok(Reply::Never(Trouble::SignedOut));
                }
                let body = self.server.pull(person, cursor.as_ref());
                if let Some(page) = Page::parse(cursor.clone(), &body) {
                    invariants::page_is_for(&self.phones[phone], &self.server, &page)?;
                }
                if self.meets(Fault::Delayed, random) {
                    self.late.push(Late::Pull);
                    return Ok(Reply::Never(Trouble::Timeout));
                }
                Ok(Reply::Page(body))
            }
            Step::Transact(_) | Step::Rest(_) => unreachable!("only messages are sent"),
        }
    }

    /// What was delayed or doubled arrives. Nobody waits for an answer any more.
    pub fn late_arrives(&mut self, random: &mut Random) -> Result<(), Broken> {
        if self.late.is_empty() {
            return Ok(());
        }
        let at = random.below(self.late.len() as u64) as usize;
        if let Late::Push(push) = self.late.swap_remove(at) {
            let now = self.server_now();
            self.server.arrive(Push { now, ..push }, !self.settling && random.chance(0.25))?;
        }
        Ok(())
    }

    /// Whether a message meets this weather.
    fn meets(&mut self, weather: Fault, random: &mut Random) -> bool {
        let meets = self.weather.contains(&weather) && random.below(WEATHER_ONE_IN) == 0;
        if meets {
            self.met.note_fault(weather);
        }
        meets
    }

    pub fn close_tabs(&mut self, phone: usize) {
        self.tasks.retain(|task| task.phone != phone);
        self.phones[phone].poked = false;
    }

    pub fn clock(&self, phone: usize) -> Millis {
        match self.phones[phone].clock {
            super::handset::Clock::Off(millis) => Millis(self.now + millis),
            super::handset::Clock::Stands(at) => Millis(at),
        }
    }
}

fn failed(step: &Step, trouble: Trouble) -> Event {
    match step {
        Step::Push(_) => Event::Pushed(Err(trouble)),
        _ => Event::Pulled(Err(trouble)),
    }
}

/// A page as it was read before pages said how long they are.
fn parse_cut(asked: Option<Token>, body: &str) -> Option<Page> {
    let (header, lines) = body.split_once('\n')?;
    let header: domain::sync::wire::PageHeader = serde_json::from_str(header).ok()?;
    let header = domain::sync::wire::PageHeader { records: None, ..header };
    Page::parse(asked, &format!("{}\n{lines}", serde_json::to_string(&header).ok()?))
}
