//! Many writers at once, as several servers on one database would be.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    id::{DeviceId, PersonId, StoryId},
    op::{Change, Op},
    story::Story,
    sync::{
        ledger::{From, Incoming, Push},
        wire::{Cursor, Outcome},
    },
    text::StoryText,
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use server::store::{PageAsk, Store, StoreError};
use tokio::sync::watch;

use crate::{
    backends::{Backend, contract},
    invite, joining,
    pushes::People,
};

contract! {
    while_one_writes_the_others_wait_and_are_told_to_come_again
    no_reader_skips_what_many_write
    of_many_who_use_an_invite_at_once_only_one_joins
}

const WRITERS: u8 = 4;
const STORIES_EACH: u8 = 25;

fn story(writer: u8, number: u8) -> StoryId {
    StoryId::mint(Millis(i64::from(writer)), &[number; 10])
}

/// One story, told by Elin on a device of its own for each writer.
fn tell(writer: u8, number: u8) -> Vec<Push> {
    let elin = PersonId::named("Elin");
    let told = Story { situation: StoryText::new("Det regnade").ok(), ..Story::blank(elin) };
    let op = Op {
        device: DeviceId::mint(Millis(1), &[100 + writer; 10]),
        device_seq: u64::from(number) + 1,
        at: Millis(1),
        actor: elin,
        thing: ThingRef::story(story(writer, number)),
        base: None,
        change: Change::Create(fields(&told)),
    };
    vec![Push { from: From::Person(elin), ops: vec![Incoming::of(op)], now: Millis(20_000) }]
}

async fn while_one_writes_the_others_wait_and_are_told_to_come_again(backend: Backend) {
    let (place, store) = backend.store().await;
    store.push(&People::new().founding()).await.unwrap();
    let before = store.head().await.unwrap();
    let mut other = place.connect().await;
    other.run("BEGIN").await;
    other.run("UPDATE meta SET value = '1000' WHERE key = 'seq'").await;
    let refused = store.push(&tell(0, 0)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Busy(_)), "{refused:?}");
    assert_eq!(
        store.head().await.unwrap(),
        before,
        "who reads is not kept waiting, nor shown what may not come"
    );
    other.run("ROLLBACK").await;
    let answers = store.push(&tell(0, 0)).await.unwrap();
    assert_eq!(answers[0].receipts[0].seq, before.seq + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cut_its_connections_is_written_to_again() {
    let (place, store) = Backend::Postgres.store().await;
    store.push(&People::new().founding()).await.unwrap();
    let all_but_this = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    place.connect().await.run(all_but_this).await;
    let answers = loop {
        match store.push(&tell(0, 0)).await {
            Err(StoreError::Busy(_)) => {}
            answers => break answers.unwrap(),
        }
    };
    assert_eq!(answers[0].receipts[0].outcome, Outcome::Applied);
    assert_eq!(store.head().await.unwrap().seq, answers[0].receipts[0].seq);
}

async fn no_reader_skips_what_many_write(backend: Backend) {
    let (place, store) = backend.store().await;
    store.push(&People::new().founding()).await.unwrap();
    let (writing, written) = watch::channel(());
    let mut readers = Vec::new();
    for _ in 0..2 {
        readers.push(tokio::spawn(follow(place.open().await, written.clone())));
    }
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        writers.push(tokio::spawn(write(place.open().await, writer)));
    }
    let mut given: Vec<u64> = Vec::new();
    for writer in writers {
        given.extend(writer.await.unwrap());
    }
    drop(writing);
    given.sort();
    let stories = usize::from(WRITERS) * usize::from(STORIES_EACH);
    assert!(given.len() == stories && given.windows(2).all(|pair| pair[0] < pair[1]), "{given:?}");
    let all: BTreeSet<StoryId> =
        (0..WRITERS).flat_map(|writer| (0..STORIES_EACH).map(move |number| story(writer, number))).collect();
    for reader in readers {
        let read = reader.await.unwrap();
        assert_eq!(read.len(), all.len(), "each story once");
        assert_eq!(read.into_iter().collect::<BTreeSet<_>>(), all);
    }
}

/// The seqs of its stories. Comes again as a phone does when the server is busy.
async fn write(store: Arc<dyn Store>, writer: u8) -> Vec<u64> {
    let mut seqs = Vec::new();
    for number in 0..STORIES_EACH {
        let answers = loop {
            match store.push(&tell(writer, number)).await {
                Err(StoreError::Busy(_)) => {}
                answers => break answers.unwrap(),
            }
        };
        let receipt = &answers[0].receipts[0];
        assert_eq!(receipt.outcome, Outcome::Applied);
        let mut reader = store.history(&ThingRef::story(story(writer, number))).await.unwrap();
        assert_eq!(reader.pop().unwrap().receipt, *receipt, "what has a receipt is on disk");
        seqs.push(receipt.seq);
    }
    seqs
}

/// The stories that a phone is given while others write, from cursor to cursor, and once more when they are done.
async fn follow(store: Arc<dyn Store>, mut writing: watch::Receiver<()>) -> Vec<StoryId> {
    let (person, mut after, mut read) = (PersonId::named("Micke"), None::<Cursor>, Vec::new());
    loop {
        let done = writing.has_changed().is_err();
        loop {
            let ask = PageAsk { person, after, limit: 3, bytes: usize::MAX, stories: u64::MAX };
            let page = store.page(&ask).await.unwrap();
            assert_eq!(page.reset, None, "a cursor fits the store that gave it");
            let stories = page.rows.iter().filter(|row| row.thing.kind == ThingKind::Story);
            read.extend(stories.map(|row| StoryId::from(row.thing.id)));
            after = Some(Cursor { epoch: page.head.epoch, seq: page.seq, chain: page.chain });
            if !page.more {
                break;
            }
        }
        if done {
            return read;
        }
        tokio::task::yield_now().await;
        writing.mark_unchanged();
    }
}

async fn of_many_who_use_an_invite_at_once_only_one_joins(backend: Backend) {
    let (place, store) = backend.store().await;
    store.add_invite(&invite()).await.unwrap();
    let mut all = Vec::new();
    for n in 0..WRITERS {
        let store = place.open().await;
        all.push(tokio::spawn(async move { store.join(invite().id, &joining(n)).await.unwrap() }));
    }
    let mut joined = 0;
    for one in all {
        joined += usize::from(one.await.unwrap());
    }
    assert_eq!(joined, 1);
}
