//! The one server: a store behind a seam, and what can befall it.

use std::collections::{HashMap, HashSet};

use domain::{
    attachment::Sha256Hash,
    id::{AttachmentId, DeviceId, Epoch, PersonId},
    sync::{
        ledger::{From, Head, Incoming, Push},
        memory::Server as Memory,
        round::Trouble,
        wire::{Chain, Outcome, PAGE_BYTES, PushAnswer, Receipt, SigningKey, Token},
    },
    thing::ThingKind,
    time::Millis,
};

use crate::{
    handset::{Crash, Handset},
    invariants::{Broken, broken},
    media::{Depot, DiesAt, Left},
    mutants::{self, Mutant},
    plan::Fault,
    report::{Met, PUT_OFF_SIGNED_OUT},
    runs::Setting,
    stores::{Backend, Backup, Process},
};

pub type Ticket = u64;

/// An op by its device, its number there and its hash.
type OpName = (DeviceId, u64, [u8; 32]);

fn op_name(incoming: &Incoming) -> Option<OpName> {
    let (device, device_seq) = incoming.key()?;
    Some((device, device_seq, incoming.hash().0))
}

pub struct Server {
    pub store: Box<dyn Backend>,
    /// How often it was restored.
    pub generation: usize,
    pub epochs: Vec<Epoch>,
    /// By generation and token: the first `seq` at which the library holds that op.
    pub firsts: Vec<HashMap<u64, u64>>,
    pub backups: Vec<(Backup, Depot)>,
    /// The bytes of attachments.
    pub depot: Depot,
    /// It can take or give nothing of them.
    pub media_down: bool,
    pub dies_at: Option<DiesAt>,
    /// Ops by which it has said what it serves.
    pub noted: u32,
    /// By id and hash of an attachment: the last time at which the server gave a receipt for it, and had it.
    pub verified: HashMap<(AttachmentId, Sha256Hash), usize>,
    pub met: Met,
    pub slow_next: bool,
    pub crash_next: Option<Crash>,
    pub full_for: u32,
    pub mutant: Option<Mutant>,
    /// Its database went back, and it has not noticed.
    pub behind: bool,
    /// Its database went back once.
    pub was_behind: bool,
    waiting: Vec<(Ticket, Push)>,
    slow: Option<Slow>,
    answers: HashMap<Ticket, Result<PushAnswer, Trouble>>,
    next_ticket: Ticket,
    /// By generation and op.
    receipts: HashMap<(usize, DeviceId, u64, [u8; 32]), Receipt>,
    /// What it has put off without keeping it, since its person had signed out.
    put_off: HashSet<OpName>,
}

/// A transaction that holds the lock.
struct Slow {
    tickets: Vec<Ticket>,
    pushes: Vec<Push>,
    planned: Option<(Vec<PushAnswer>, domain::sync::ledger::Written)>,
}

impl Server {
    pub fn new(page_records: usize, setting: Setting) -> Self {
        let mutant = setting.mutant;
        let epoch = Epoch::mint(Millis(1), &[1; 10]);
        let head = Head { epoch, seq: 0, chain: Chain::default() };
        let mut model = Memory::new(head, SigningKey([7; 32]));
        model.page_records = page_records;
        Self {
            store: setting.store.open(model),
            generation: 0,
            epochs: vec![epoch],
            firsts: vec![HashMap::new()],
            backups: Vec::new(),
            depot: Depot::default(),
            media_down: false,
            dies_at: None,
            noted: 0,
            verified: HashMap::new(),
            met: Met::default(),
            slow_next: false,
            crash_next: None,
            full_for: 0,
            mutant,
            behind: false,
            was_behind: false,
            waiting: Vec::new(),
            slow: None,
            answers: HashMap::new(),
            next_ticket: 0,
            receipts: HashMap::new(),
            put_off: HashSet::new(),
        }
    }

    pub fn look(&self) -> &Memory {
        self.store.everything()
    }

    /// How often it had been restored, as far as this phone has heard.
    pub fn generation_known_to(&self, phone: &Handset) -> usize {
        let epoch = phone.disk.store.library.epoch;
        self.epochs.iter().position(|known| Some(*known) == epoch).unwrap_or(0)
    }

    fn memory(&mut self) -> &mut Memory {
        self.store.memory().expect("mutants run on the memory store")
    }

    /// A push arrives. Whether it is written at once or shares the next one's commit, the dice say.
    pub fn arrive(&mut self, push: Push, wait: bool) -> Result<Ticket, Broken> {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        if self.full_for > 0 {
            self.full_for -= 1;
            self.met.note_fault(Fault::DiskFull);
            self.answers.insert(ticket, Err(Trouble::Server(507)));
        } else if self.slow.is_some() && self.mutant != Some(Mutant::SeqBeforeCommit) {
            self.met.note("busy");
            self.answers.insert(ticket, Err(Trouble::Server(503)));
        } else if std::mem::take(&mut self.slow_next) {
            self.met.note_fault(Fault::SlowTransaction);
            let pushes = vec![push];
            let planned = (self.mutant == Some(Mutant::SeqBeforeCommit)).then(|| {
                let planned = self.look().plan(&pushes);
                self.memory().head.seq += 40;
                planned
            });
            self.slow = Some(Slow { tickets: vec![ticket], pushes, planned });
        } else {
            self.waiting.push((ticket, push));
            if !wait {
                self.commit()?;
            }
        }
        Ok(ticket)
    }

    /// Writes what waits, all in one transaction.
    pub fn commit(&mut self) -> Result<(), Broken> {
        let (tickets, pushes): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting).into_iter().unzip();
        if pushes.is_empty() {
            return Ok(());
        }
        if pushes.len() > 1 {
            self.met.note("pushes sharing a commit");
        }
        let crash = self.crash_next.take();
        if crash != Some(Crash::BeforeCommit) {
            self.write(&tickets, &pushes, None)?;
        }
        if crash.is_some() {
            self.met.note_fault(Fault::ServerCrash);
            self.answers.extend(tickets.into_iter().map(|ticket| (ticket, Err(Trouble::Unreachable))));
        }
        Ok(())
    }

    /// The slow transaction comes to its end.
    pub fn finish_slow(&mut self) -> Result<(), Broken> {
        match self.slow.take() {
            Some(Slow { tickets, pushes, planned }) => self.write(&tickets, &pushes, planned),
            None => Ok(()),
        }
    }

    fn write(
        &mut self,
        tickets: &[Ticket],
        pushes: &[Push],
        planned: Option<(Vec<PushAnswer>, domain::sync::ledger::Written)>,
    ) -> Result<(), Broken> {
        if self.behind {
            self.hear([None, None], pushes[0].now)?;
        }
        let before = self.look().head.seq;
        let decided = self.decided_otherwise(pushes);
        let deferred = self.deferred();
        let mut answers = match planned {
            Some((answers, written)) => {
                let head = self.look().head;
                self.memory().write(written);
                self.memory().head = head;
                answers
            }
            None => mutants::push(self.mutant, self.store.as_mut(), pushes),
        };
        if self.deferred() < deferred {
            self.met.note("deferred op set free");
        }
        mutants::answers(self.mutant, pushes, &mut answers);
        for (push, answer) in pushes.iter().zip(&answers) {
            let beside = |receipt: &Receipt| receipt.outcome == Outcome::ConflictKept;
            if push.from == From::System && answer.receipts.iter().any(beside) {
                self.met.note("handed back beside what was written since");
            }
            if mutants::created_beside(push, answer).next().is_some() {
                self.met.note("both texts of a draft kept");
            }
            self.check_receipts(push, answer, &decided)?;
        }
        self.note_firsts(before);
        let key = self.look().key.clone();
        let signed = answers.into_iter().map(|answer| Ok(answer.signed(&key)));
        self.answers.extend(tickets.iter().copied().zip(signed));
        Ok(())
    }

    /// The ops of somebody signed out that the log holds already, or takes with a session in this very batch: these pushes
    /// do not decide them.
    fn decided_otherwise(&self, pushes: &[Push]) -> HashSet<OpName> {
        let (signed_out, with_session): (Vec<_>, Vec<_>) =
            pushes.iter().partition(|push| matches!(push.from, From::SignedOut(_)));
        if signed_out.is_empty() {
            return HashSet::new();
        }
        let names = |pushes: Vec<&Push>| -> HashSet<OpName> {
            pushes.iter().flat_map(|push| &push.ops).filter_map(op_name).collect()
        };
        let beside = names(with_session);
        let held =
            |name: &OpName| self.look().ops.get(&(name.0, name.1)).is_some_and(|op| op.hash.0 == name.2);
        names(signed_out).into_iter().filter(|name| beside.contains(name) || held(name)).collect()
    }

    fn deferred(&self) -> usize {
        self.look().ops.values().filter(|op| op.receipt.outcome == Outcome::Deferred).count()
    }

    fn check_receipts(
        &mut self,
        push: &Push,
        answer: &PushAnswer,
        decided: &HashSet<OpName>,
    ) -> Result<(), Broken> {
        if answer.cloned {
            self.met.note("clone noticed");
        }
        for (incoming, receipt) in push.ops.iter().zip(&answer.receipts) {
            self.met.note(outcome_path(&receipt.outcome));
            self.check_signed_out(push, incoming, receipt, decided)?;
            let Some((device, device_seq, hash)) = op_name(incoming) else { continue };
            let key = (self.generation, device, device_seq, hash);
            if let Some(first) = self.receipts.get(&key) {
                self.met.note("receipt repeated");
                let settled = !matches!(first.outcome, Outcome::Deferred | Outcome::Rejected(_));
                if settled && first != receipt {
                    return broken("an op is applied at most once", || {
                        format!("{device}/{device_seq} was answered {first:?}, and then {receipt:?}")
                    });
                }
            }
            self.receipts.insert(key, receipt.clone());
        }
        Ok(())
    }

    /// Of somebody who has signed out, nothing is decided but their own stories and new tags. The rest is put off, and not
    /// kept.
    fn check_signed_out(
        &mut self,
        push: &Push,
        incoming: &Incoming,
        receipt: &Receipt,
        decided: &HashSet<OpName>,
    ) -> Result<(), Broken> {
        let Some(key) = op_name(incoming) else { return Ok(()) };
        let kept = self.look().ops.get(&(key.0, key.1)).filter(|op| op.hash.0 == key.2).cloned();
        let signed_out = match push.from {
            From::SignedOut(person) => Some(person),
            From::Person(_) | From::System => None,
        };
        let Some(kept) = kept else {
            if signed_out.is_some() && receipt.outcome == Outcome::Deferred {
                self.met.note(PUT_OFF_SIGNED_OUT);
                self.put_off.insert(key);
            }
            return Ok(());
        };
        let was_put_off = self.put_off.remove(&key);
        let Some(person) = signed_out else {
            if was_put_off {
                self.met.note("op decided once its person was back");
            }
            return Ok(());
        };
        let decided_now = receipt.seq > 0 && !decided.contains(&key);
        let thing = &kept.thing;
        let owner = self.look().rows.get(thing).and_then(|row| row.owner);
        let is_theirs =
            thing.kind == ThingKind::Tag || thing.kind == ThingKind::Story && owner == Some(person);
        if decided_now && !is_theirs {
            return broken("whoever has signed out sends their own stories and nothing else", || {
                format!("{} was {:?}", kept.bytes, receipt.outcome)
            });
        }
        Ok(())
    }

    fn note_firsts(&mut self, before: u64) {
        let mut last = before;
        let state = self.store.everything();
        let firsts = &mut self.firsts[self.generation];
        for (seq, key) in state.log.range(before + 1..) {
            if let Some(op) = state.ops.get(key) {
                // What is handed back holds what many have told.
                let told: Vec<u64> = match op.actor {
                    PersonId::SYSTEM => tokens(&op.bytes).collect(),
                    _ => token(&op.bytes).into_iter().collect(),
                };
                for token in told {
                    // A database that went back may get the same op again under a lower number.
                    let first = firsts.entry(token).or_insert(last + 1);
                    *first = (*first).min(last + 1);
                }
            }
            last = *seq;
        }
    }

    /// The answer to a push, if the server has come to it.
    pub fn answer(&mut self, ticket: Ticket) -> Option<Result<PushAnswer, Trouble>> {
        self.answers.remove(&ticket)
    }

    pub fn is_waiting(&self, ticket: Ticket) -> bool {
        self.waiting.iter().any(|(waiting, _)| *waiting == ticket)
            || self.slow.as_ref().is_some_and(|slow| slow.tickets.contains(&ticket))
    }

    /// A page of no more than `bytes`, or than the server likes.
    pub fn pull(&mut self, person: PersonId, cursor: Option<&Token>, bytes: Option<usize>) -> String {
        let bytes = match self.mutant {
            Some(Mutant::PageWithoutBytes) => usize::MAX,
            _ => bytes.unwrap_or(PAGE_BYTES),
        };
        let body = self.store.pull(person, cursor, bytes);
        mutants::page(self.mutant, self.look(), person, cursor, body)
    }

    /// Hears where it is known to have been, before it says anything else.
    pub fn hear(&mut self, known: [Option<&Token>; 2], now: Millis) -> Result<(), Broken> {
        let known = mutants::known(self.mutant, known);
        let count = self.epochs.len() as u8;
        let mut randomness = [0; 10];
        randomness[9] = count;
        let epoch = Epoch::mint_after(self.look().head.epoch, now, &randomness);
        if !self.store.hear(&known, epoch) {
            return Ok(());
        }
        if !std::mem::take(&mut self.behind) {
            return broken("a rollback is noticed only where there was one", || format!("by {known:?}"));
        }
        self.met.note("rollback noticed");
        self.generation += 1;
        self.epochs.push(epoch);
        self.firsts.push(HashMap::new());
        self.note_firsts(0);
        Ok(())
    }

    /// Goes back to a backup under the same epoch, with what is `left` of the bytes of attachments.
    pub fn roll_back(&mut self, backup: usize, process: Process, left: Left) {
        let (store, depot) = &self.backups[backup];
        self.store.roll_back(store, process);
        self.depot.restore(depot, left);
        (self.behind, self.was_behind) = (true, true);
        let generation = self.generation;
        self.receipts.retain(|(of, ..), _| *of != generation);
        self.waiting.clear();
        self.slow = None;
        // The backup may have what was put off since.
        self.put_off.clear();
        self.note_firsts(0);
    }

    pub fn back_up(&mut self) {
        let backup = self.store.back_up();
        self.backups.push((backup, self.depot.back_up()));
    }

    /// Goes back to a backup, under a new epoch, with what is `left` of the bytes of attachments.
    pub fn restore(&mut self, backup: usize, epoch: Epoch, left: Left) {
        let (store, depot) = &self.backups[backup];
        self.store.restore(store, epoch);
        self.depot.restore(depot, left);
        self.met.note(match left {
            Left::All => "restored beside the bytes",
            Left::Backup => "restored with older bytes",
            Left::Nothing => "restored without bytes",
        });
        self.behind = false;
        self.generation += 1;
        self.epochs.push(epoch);
        self.firsts.push(HashMap::new());
        // Whoever waited for an answer waits in vain.
        self.waiting.clear();
        self.slow = None;
        // The backup may have what was put off since.
        self.put_off.clear();
        self.note_firsts(0);
    }
}

fn outcome_path(outcome: &Outcome) -> &'static str {
    use domain::sync::wire::Reason;
    match outcome {
        Outcome::Applied | Outcome::Erased => "op applied",
        Outcome::Merged => "op merged",
        Outcome::ConflictKept => "both texts kept",
        Outcome::Deferred | Outcome::Unknown(_) => "op deferred",
        Outcome::Rejected(Reason::Malformed) => "op rejected: malformed",
        Outcome::Rejected(Reason::TooLarge) => "op rejected: too large",
        Outcome::Rejected(Reason::NotAllowed | Reason::NotYours) => "op rejected: not allowed",
        Outcome::Rejected(Reason::MovedOn) => "op rejected: moved on",
        Outcome::Rejected(_) => "op rejected: invalid",
    }
}

/// The word that stands in one op's text and in no earlier one: the highest `q…` in it.
pub fn token(bytes: &str) -> Option<u64> {
    tokens(bytes).max()
}

/// Every `q…` in a text.
pub fn tokens(bytes: &str) -> impl Iterator<Item = u64> {
    let words = bytes.split(" q").skip(1);
    let number = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    words.filter_map(number)
}
