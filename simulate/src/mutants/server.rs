//! Between the server's half and its store, and what it says.

use domain::{
    id::{PersonId, ThingId},
    op::{Change, Op},
    sync::{
        ledger::{From, Push},
        memory::Server as Memory,
        wire::{Outcome, PageHeader, PushAnswer, Reason, Receipt, Record, Token, page_text},
    },
    thing::{ThingKind, ThingRef},
};

use super::Mutant;
use crate::stores::Backend;

/// The server's transaction.
pub fn push(mutant: Option<Mutant>, store: &mut dyn Backend, pushes: &[Push]) -> Vec<PushAnswer> {
    match mutant {
        Some(Mutant::AppliedTwice) => {
            let state = memory(store);
            for (device, device_seq) in
                pushes.iter().flat_map(|push| push.ops.iter().filter_map(|op| op.key()))
            {
                state.ops.remove(&(device, device_seq));
            }
            store.push(pushes)
        }
        Some(Mutant::ViewUnchanged) => {
            let before = store.everything().rows.clone();
            let answers = store.push(pushes);
            for (thing, row) in &mut memory(store).rows {
                if let Some(old) = before.get(thing)
                    && old.state == row.state
                    && thing.kind != ThingKind::Person
                {
                    *row = old.clone();
                }
            }
            answers
        }
        Some(Mutant::ClockDecides) => by_clock(store, pushes),
        Some(Mutant::SignedOutKeepsRights) => {
            let signed_in = |push: &Push| match push.from {
                From::SignedOut(person) => Push { from: From::Person(person), ..push.clone() },
                _ => push.clone(),
            };
            store.push(&pushes.iter().map(signed_in).collect::<Vec<_>>())
        }
        Some(Mutant::DeferredDropped) => {
            let mut answers = store.push(pushes);
            memory(store).ops.retain(|_, op| op.receipt.outcome != Outcome::Deferred);
            for receipt in answers.iter_mut().flat_map(|answer| &mut answer.receipts) {
                if receipt.outcome == Outcome::Deferred {
                    receipt.outcome = Outcome::Applied;
                }
            }
            answers
        }
        Some(Mutant::CloneUnnoticed) => {
            let mut answers = store.push(pushes);
            for (push, answer) in pushes.iter().zip(&mut answers).filter(|(_, answer)| answer.cloned) {
                let known = store.everything().head.seq;
                let receipt = Receipt { outcome: Outcome::Applied, seq: known, at: push.now };
                answer.receipts.resize(push.ops.len(), receipt);
                answer.cloned = false;
            }
            answers
        }
        Some(mutant @ (Mutant::SecondCreateIgnored | Mutant::SecondCreateOverwrites)) => {
            let mut answers = store.push(pushes);
            let state = memory(store);
            for (push, answer) in pushes.iter().zip(&mut answers) {
                for (at, op) in created_beside(push, answer).collect::<Vec<_>>() {
                    answer.receipts[at].outcome = Outcome::Applied;
                    state.rows.remove(&ThingRef::new(
                        ThingKind::Conflict,
                        ThingId::conflict(op.device, op.device_seq),
                    ));
                    if let (Mutant::SecondCreateOverwrites, Change::Create(given), Some(row)) =
                        (mutant, op.change, state.rows.get_mut(&op.thing))
                    {
                        row.state.extend(given);
                    }
                }
            }
            answers
        }
        _ => store.push(pushes),
    }
}

/// Creates whose texts were kept beside what was created before, with their places in the push.
pub fn created_beside<'a>(push: &'a Push, answer: &'a PushAnswer) -> impl Iterator<Item = (usize, Op)> + 'a {
    let kept = answer.receipts.iter().enumerate();
    let kept = kept.filter(|(_, receipt)| receipt.outcome == Outcome::ConflictKept);
    let op = |at: usize| serde_json::from_str::<Op>(push.ops[at].bytes()).ok();
    kept.filter_map(move |(at, _)| Some((at, op(at)?)))
        .filter(|(_, op)| matches!(op.change, Change::Create(_)))
}

/// What the server hears of where it was: a phone's cursor, and a position that is further.
pub fn known(mutant: Option<Mutant>, known: [Option<&Token>; 2]) -> Vec<&Token> {
    match mutant {
        Some(Mutant::ReceiptsProveNothing) => known[..1].iter().copied().flatten().collect(),
        _ => known.into_iter().flatten().collect(),
    }
}

fn memory(store: &mut dyn Backend) -> &mut Memory {
    store.memory().expect("mutants run on the memory store")
}

/// Ops whose clock is behind that of the last op on the same thing are answered and forgotten.
fn by_clock(store: &mut dyn Backend, pushes: &[Push]) -> Vec<PushAnswer> {
    let state = store.everything();
    let at = |bytes: &str| -> Option<(ThingRef, i64)> {
        let op: domain::op::Op = serde_json::from_str(bytes).ok()?;
        Some((op.thing, op.at.0))
    };
    let latest = |thing: &ThingRef| {
        let ops = state.ops.values().filter(|op| op.thing == *thing && op.receipt.seq > 0);
        ops.filter_map(|op| at(&op.bytes)).map(|(_, at)| at).max().unwrap_or(i64::MIN)
    };
    let late = |op: &domain::sync::ledger::Incoming| {
        at(op.bytes()).is_some_and(|(thing, at)| thing.kind == ThingKind::Story && at < latest(&thing))
    };
    let receipt = Receipt { outcome: Outcome::Applied, seq: state.head.seq, at: pushes[0].now };
    let keeps: Vec<Vec<bool>> =
        pushes.iter().map(|push| push.ops.iter().map(|op| !late(op)).collect()).collect();
    let mut kept = pushes.to_vec();
    for (push, keeps) in kept.iter_mut().zip(&keeps) {
        let mut keep = keeps.iter();
        push.ops.retain(|_| *keep.next().expect("one for each"));
    }
    let mut answers = store.push(&kept);
    for (answer, keeps) in answers.iter_mut().zip(&keeps) {
        let mut given = std::mem::take(&mut answer.receipts).into_iter();
        for keep in keeps {
            match if *keep { given.next() } else { Some(receipt.clone()) } {
                Some(receipt) => answer.receipts.push(receipt),
                None => break,
            }
        }
    }
    answers
}

/// What the server says to pushes.
pub fn answers(mutant: Option<Mutant>, pushes: &[Push], answers: &mut [PushAnswer]) {
    if mutant == Some(Mutant::SignedOutRefused) {
        return refuse_signed_out(pushes, answers);
    }
    if mutant == Some(Mutant::ReceiptLostOnRetry) {
        for (push, answer) in pushes.iter().zip(answers) {
            for receipt in answer.receipts.iter_mut().filter(|receipt| receipt.at != push.now) {
                *receipt = Receipt { outcome: Outcome::Rejected(Reason::Other), seq: 0, at: push.now };
            }
        }
    }
}

/// Answers as refused what is put off of somebody who has signed out.
fn refuse_signed_out(pushes: &[Push], answers: &mut [PushAnswer]) {
    let signed_out = |(push, _): &(&Push, &mut PushAnswer)| matches!(push.from, From::SignedOut(_));
    for (_, answer) in pushes.iter().zip(answers).filter(signed_out) {
        for receipt in answer.receipts.iter_mut().filter(|receipt| receipt.outcome == Outcome::Deferred) {
            receipt.outcome = Outcome::Rejected(Reason::NotAllowed);
        }
    }
}

/// A page on its way.
pub fn page(
    mutant: Option<Mutant>,
    state: &Memory,
    person: PersonId,
    cursor: Option<&Token>,
    body: String,
) -> String {
    let Some(mutant) = mutant else { return body };
    let Some((header, lines)) = body.split_once('\n') else { return body };
    let header: PageHeader = serde_json::from_str(header).expect("the server's own header");
    let mut records: Vec<Record> =
        lines.lines().map(|line| serde_json::from_str(line).expect("the server's own record")).collect();
    match mutant {
        Mutant::NeverGone => records.retain(|record| record.state.is_some()),
        Mutant::OffByOne if cursor.is_some() && records.len() > 1 => {
            records.remove(0);
        }
        Mutant::PageForAnyone => {
            let curator = state.rows.keys().filter(|thing| thing.kind == ThingKind::Person);
            let all = curator.map(|thing| PersonId::from(thing.id)).filter(|id| *id != person);
            for other in all {
                let body = state.pull(other, cursor);
                let lines = body.lines().skip(1).filter_map(|line| serde_json::from_str(line).ok());
                for record in lines.collect::<Vec<Record>>() {
                    if record.seq <= header.seq && records.iter().all(|known| known.thing() != record.thing())
                    {
                        records.push(record);
                    }
                }
            }
        }
        _ => return body,
    }
    page_text(&header, records)
}
