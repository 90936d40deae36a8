//! Requests and answers on their way.

use domain::{
    sync::{
        handback::Handing,
        ledger::{Incoming, Push},
        phone::{Batch, Page},
        round::{Event, PageWish, Step, Trouble},
        wire::{Outcome, Receipt, Token},
    },
    time::Millis,
};
use splitmix::Random;

use crate::{
    invariants::{self, Broken, broken},
    mutants,
    plan::{Fault, WEATHER_ONE_IN},
    report::ANSWER_FROM_THE_FUTURE,
    rounds::{Late, Reply, Task},
    server::tokens,
    versions,
    world::World,
};

impl World {
    /// First the request travels, then the answer, each a turn.
    pub fn exchange(&mut self, task: &mut Task, random: &mut Random) -> Result<Option<Event>, Broken> {
        let Some(reply) = task.reply.take() else {
            task.reply = Some(self.send(task, random)?);
            return Ok(None);
        };
        if !matches!(reply, Reply::Never(_)) && self.answer_is_lost(task.phone, random) {
            return Ok(Some(failed(&task.step, Trouble::Timeout)));
        }
        Ok(match reply {
            Reply::Never(trouble) => Some(failed(&task.step, trouble)),
            Reply::Page(body, page) => {
                let Step::Pull(PageWish { cursor, .. }) = &task.step else {
                    unreachable!("a page was asked for")
                };
                match (self.befalls_page(&body, random), page) {
                    (Some(body), _) => Some(self.page_arrives(cursor.clone(), &body)),
                    (None, Some(page)) => Some(Event::Pulled(Ok(page))),
                    (None, None) => Some(Event::Pulled(Err(Trouble::NotSolsken))),
                }
            }
            Reply::HandedBack(tickets) => {
                let taken = tickets.into_iter().try_fold(None, |_, (ticket, words)| {
                    let answer = self.server.answer(ticket).unwrap_or(Err(Trouble::Timeout))?;
                    // What the server has taken up must not be lost once more.
                    let refused = |receipt: &Receipt| matches!(receipt.outcome, Outcome::Rejected(_));
                    let taken = answer.receipts.iter().zip(words).filter(|(receipt, _)| !refused(receipt));
                    self.handed.extend(taken.flat_map(|(_, words)| words));
                    Ok(answer.position)
                });
                Some(Event::HandedBack(taken))
            }
            Reply::Pushed(ticket) => match self.server.answer(ticket) {
                Some(Ok(_)) if self.meets(Fault::Truncated, random) || self.meets(Fault::Portal, random) => {
                    Some(Event::Pushed(Err(Trouble::NotSolsken)))
                }
                Some(Ok(answer)) if self.meets(Fault::NewerServer, random) => {
                    let answer = versions::newer_answer(&answer, random);
                    if answer.receipts.iter().any(|receipt| matches!(receipt.outcome, Outcome::Unknown(_))) {
                        self.met.note(ANSWER_FROM_THE_FUTURE);
                    }
                    Some(Event::Pushed(Ok(answer)))
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

    /// What becomes of a page on its way, if anything does.
    fn befalls_page(&mut self, body: &str, random: &mut Random) -> Option<String> {
        let mut changed = None;
        if self.meets(Fault::Truncated, random) {
            changed = Some(truncated(body, random));
        }
        if self.meets(Fault::Portal, random) {
            changed = Some(PORTAL.to_owned());
        }
        if self.meets(Fault::OlderServer, random) {
            changed = Some(versions::older_page(changed.as_deref().unwrap_or(body)));
        }
        if self.meets(Fault::NewerServer, random) {
            changed = Some(versions::newer_page(changed.as_deref().unwrap_or(body)));
        }
        changed
    }

    pub fn answer_is_lost(&mut self, phone: usize, random: &mut Random) -> bool {
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
                if let Some(trouble) = self.is_stopped(phone, batch)? {
                    return Ok(Reply::Never(trouble));
                }
                self.server.hear([None, batch.known.as_ref()], Millis(self.now))?;
                let row = self.phones[phone].disk.store.devices.get(&batch.device);
                let person = row.map_or(self.phones[phone].owner, |row| row.person);
                if self.is_revoked(person) {
                    self.met.note_fault(Fault::Revoked);
                    return Ok(Reply::Never(Trouble::SignedOut));
                }
                let ops = batch.body.lines().map(Incoming::read).collect();
                let from = self.phones[phone].sender(person);
                let push = Push { from, ops, now: self.server_now() };
                if self.meets(Fault::Delayed, random) {
                    self.late.push(Late::Push(push));
                    return Ok(Reply::Never(Trouble::Timeout));
                }
                if self.meets(Fault::Doubled, random) {
                    self.late.push(Late::Push(push.clone()));
                }
                Ok(Reply::Pushed(self.server.arrive(push, !self.settling && random.chance(0.25))?))
            }
            Step::Pull(PageWish { cursor, known, bytes }) => {
                self.server.hear([cursor.as_ref(), known.as_ref()], Millis(self.now))?;
                let person = self.phones[phone].owner;
                if self.is_revoked(person) {
                    self.met.note_fault(Fault::Revoked);
                    return Ok(Reply::Never(Trouble::SignedOut));
                }
                if self.phones[phone].current().is_none() {
                    return Ok(Reply::Never(Trouble::SignedOut));
                }
                let body = self.server.pull(person, cursor.as_ref(), *bytes);
                let page = Page::parse(cursor.clone(), &body);
                let slow = self.phones[phone].line.is_some_and(|line| body.len() > line.page);
                if slow && page.as_ref().is_some_and(|page| page.records.len() > 1) {
                    self.met.note_fault(Fault::SlowLine);
                    self.met.note("page took too long");
                    return Ok(Reply::Never(Trouble::Timeout));
                }
                if let Some(page) = &page {
                    invariants::page_is_for(&self.phones[phone], &self.server, page)?;
                    invariants::a_page_says_what_is_taken(&self.phones[phone], &self.server, page)?;
                }
                if self.meets(Fault::Delayed, random) {
                    self.late.push(Late::Pull);
                    return Ok(Reply::Never(Trouble::Timeout));
                }
                Ok(Reply::Page(body, page))
            }
            Step::HandBack(Handing { earlier, known }) => {
                self.server.hear([None, known.as_ref()], Millis(self.now))?;
                let person = self.phones[phone].owner;
                if self.is_revoked(person) || self.phones[phone].current().is_none() {
                    return Ok(Reply::Never(Trouble::SignedOut));
                }
                let parts = self.phones[phone].disk.store.hands_back(earlier);
                let mut tickets = Vec::new();
                for (epoch, lines) in parts {
                    let Some(push) = self.server.look().take_up(epoch, &lines, self.server_now()) else {
                        continue;
                    };
                    if !push.ops.is_empty() {
                        self.met.note("record handed back");
                    }
                    let words = push.ops.iter().map(|op| tokens(op.bytes()).collect()).collect();
                    if self.meets(Fault::Doubled, random) {
                        self.late.push(Late::Push(push.clone()));
                    }
                    tickets.push((self.server.arrive(push, false)?, words));
                }
                Ok(Reply::HandedBack(tickets))
            }
            Step::Transact(_) | Step::Rest(_) => unreachable!("only messages are sent"),
        }
    }

    /// Whether a body is too large for what is between this phone and the server. What cannot be made smaller gets
    /// through.
    fn is_stopped(&mut self, phone: usize, batch: &Batch) -> Result<Option<Trouble>, Broken> {
        let size = batch.body.len();
        if batch.numbers.len() <= 1 {
            return Ok(None);
        }
        if size >= PROXIES_PASS {
            return broken("a push is no larger than what proxies pass", || format!("it has {size} bytes"));
        }
        if self.proxy_passes.is_some_and(|most| size > most) {
            self.met.note_fault(Fault::ProxyLimit);
            return Ok(Some(Trouble::TooLarge));
        }
        if self.phones[phone].line.is_some_and(|line| size > line.push) {
            self.met.note_fault(Fault::SlowLine);
            self.met.note("push took too long");
            return Ok(Some(Trouble::Timeout));
        }
        Ok(None)
    }

    /// What was delayed or doubled arrives. Nobody waits for an answer any more.
    pub fn late_arrives(&mut self, random: &mut Random) -> Result<(), Broken> {
        if self.late.is_empty() {
            return Ok(());
        }
        let at = random.below(self.late.len() as u64) as usize;
        let now = self.server_now();
        match self.late.swap_remove(at) {
            Late::Push(push) => {
                self.server.arrive(Push { now, ..push }, !self.settling && random.chance(0.25))?;
            }
            Late::Upload(request) => drop(self.server.receive(&request, now)?),
            Late::Pull => {}
        }
        Ok(())
    }

    /// Whether a message meets this weather.
    pub fn meets(&mut self, weather: Fault, random: &mut Random) -> bool {
        let meets = self.weather.contains(&weather) && random.below(WEATHER_ONE_IN) == 0;
        if meets {
            self.met.note_fault(weather);
        }
        meets
    }
}

/// Bodies of this size are refused somewhere.
const PROXIES_PASS: usize = 1_000_000;

/// What a hotel says before one has paid.
const PORTAL: &str = "<!doctype html>\n<title>Welcome</title>\n";

/// Anywhere, or at the end of a line, where it is hardest to notice.
fn truncated(body: &str, random: &mut Random) -> String {
    let ends: Vec<usize> = if random.chance(0.5) {
        body.match_indices('\n').map(|(at, _)| at + 1).collect()
    } else {
        body.char_indices().map(|(at, _)| at).collect()
    };
    body[..*random.choose(&ends)].to_owned()
}

fn failed(step: &Step, trouble: Trouble) -> Event {
    match step {
        Step::Push(_) => Event::Pushed(Err(trouble)),
        Step::HandBack(_) => Event::HandedBack(Err(trouble)),
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
