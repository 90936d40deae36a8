//! What every store owes: held against `domain::sync::memory`, the plainest store that keeps the contract.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agreement;
mod backends;
#[path = "../support/cluster.rs"]
mod cluster;
mod oddities;
mod pushes;
mod rollbacks;
mod searches;
mod writers;

use backends::{Backend, contract};
use domain::{
    id::{Epoch, PersonId, StoryId},
    label::LabelKind,
    person::Role,
    query::Filter,
    sync::{
        ledger::Head,
        memory,
        page::StoredRow,
        wire::{Chain, Cursor, PageHeader, SigningKey, Token},
    },
    thing::ThingKind,
    time::Millis,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestRunner},
};
use pushes::{People, story_id};
use server::store::{Invite, Joined, PageAsk, SecretHash, Store};

const KEY: SigningKey = SigningKey([9; 32]);

fn epoch() -> Epoch {
    Epoch::mint(Millis(1), &[1; 10])
}

contract! {
    pushes_are_applied_as_the_contract_says
    a_cursor_from_another_time_is_noticed
    a_page_with_much_in_it_ends_before_it_is_too_large
    a_phone_is_given_the_newest_stories_and_its_own
    an_invite_is_used_up
    secrets_looked_up_together_each_get_their_own_person
    a_store_survives_being_closed_and_opened
    labels_are_found_by_name
}

async fn pushes_are_applied_as_the_contract_says(backend: Backend) {
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..48 {
        let acts = pushes::acts().new_tree(&mut runner).unwrap().current();
        let (_place, store) = backend.store().await;
        agrees_with_memory(store.as_ref(), &acts).await;
    }
}

async fn agrees_with_memory(store: &dyn Store, acts: &[pushes::Act]) {
    let mut memory = memory::Server::new(Head { epoch: epoch(), seq: 0, chain: Chain::default() }, KEY);
    memory.page_records = 4;
    let mut people = People::new();
    let founding = people.founding();
    assert_eq!(store.push(&founding).await.unwrap(), memory.push(&founding));
    let all = people.pushes(acts);
    for pushes in &all {
        let pushes = pushes.as_slice();
        assert_eq!(store.push(pushes).await.unwrap(), memory.push(pushes), "{pushes:#?}");
        // Sent again, each op is answered as it was the first time.
        assert_eq!(store.push(pushes).await.unwrap(), memory.push(pushes));
        assert_eq!(store.head().await.unwrap(), memory.head);
    }
    // Also what waited then and was done since.
    for pushes in &all {
        assert_eq!(store.push(pushes).await.unwrap(), memory.push(pushes), "{pushes:#?}");
    }
    for person in people.all() {
        let expected = pull_all(&memory, person);
        // Wherever pages end.
        for bytes in [usize::MAX, 1, 700, 3_000] {
            let read = read_all(store, person, bytes).await;
            assert_eq!(read, expected, "what {person} reads in pages of {bytes} bytes");
        }
        counts_what_is_taken(store, &memory, person).await;
        lists_what_is_visible(store, &memory, person).await;
    }
}

/// From wherever a person reads on, store and memory say the same of what goes without a word that it was meant.
async fn counts_what_is_taken(store: &dyn Store, memory: &memory::Server, person: PersonId) {
    let mut token: Option<Token> = None;
    loop {
        let body = memory.pull(person, token.as_ref());
        let header: PageHeader = serde_json::from_str(body.lines().next().unwrap()).unwrap();
        let after = token.as_ref().map(|token| KEY.open_cursor(token).unwrap());
        let page = store
            .page(&PageAsk { person, after, limit: 4, bytes: usize::MAX, stories: u64::MAX })
            .await
            .unwrap();
        assert_eq!(Some(page.unmeant), header.unmeant, "what {person} loses after {after:?}");
        if !header.more {
            return;
        }
        token = Some(header.cursor);
    }
}

/// Everything a person reads from the beginning, page by page: kind, id, seq and whether there is a state.
async fn read_all(store: &dyn Store, person: PersonId, bytes: usize) -> Vec<(String, u64, Option<String>)> {
    let mut lines = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let ask = PageAsk { person, after, limit: 4, bytes, stories: u64::MAX };
        let page = store.page(&ask).await.unwrap();
        assert_eq!(page.reset, None, "a cursor fits the store that gave it");
        let size: usize = page.rows.iter().map(|row| row.line_bytes(&page.reader)).sum();
        assert!(page.rows.len() <= 1 || size <= bytes && page.rows.len() <= 4, "{size} bytes of {bytes}");
        for row in &page.rows {
            lines.extend(line(row, &page.reader));
        }
        after = Some(Cursor { epoch: page.head.epoch, seq: page.seq, chain: page.chain });
        if !page.more {
            return lines;
        }
    }
}

fn line(row: &StoredRow, reader: &domain::person::Reader) -> Option<(String, u64, Option<String>)> {
    let record = row.record_for(reader, epoch(), &KEY)?;
    Some((record.thing().to_string(), record.seq, record.state.map(|state| state.get().to_owned())))
}

fn pull_all(memory: &memory::Server, person: PersonId) -> Vec<(String, u64, Option<String>)> {
    let mut lines = Vec::new();
    let mut token: Option<Token> = None;
    loop {
        let body = memory.pull(person, token.as_ref());
        let mut body = body.lines();
        let header: PageHeader = serde_json::from_str(body.next().unwrap()).unwrap();
        for line in body {
            let record: domain::sync::wire::Record = serde_json::from_str(line).unwrap();
            lines.push((
                record.thing().to_string(),
                record.seq,
                record.state.map(|state| state.get().to_owned()),
            ));
        }
        token = Some(header.cursor);
        if !header.more {
            return lines;
        }
    }
}

fn is_listed(row: &domain::sync::ledger::Row) -> bool {
    !row.is_deleted() && row.state.get("status").is_none_or(|status| status == "in_library")
}

/// The derived tables list exactly the stories that the reader may see and that are not deleted.
async fn lists_what_is_visible(store: &dyn Store, memory: &memory::Server, person: PersonId) {
    let reader = memory.reader(person);
    assert_eq!(store.reader(person).await.unwrap(), Some(reader));
    let mut expected: Vec<StoryId> = memory
        .rows
        .iter()
        .filter(|(thing, row)| {
            thing.kind == ThingKind::Story && is_listed(row) && row.scope.admits(row.owner, &reader)
        })
        .map(|(thing, _)| thing.id.into())
        .collect();
    let mut listed = store.newest(&reader, &Filter::default(), 0, 1_000).await.unwrap();
    assert_eq!(store.count(&reader, &Filter::default()).await.unwrap(), listed.len());
    let known = store.stories(&reader, &listed).await.unwrap();
    assert_eq!(known.iter().map(|story| story.id).collect::<Vec<_>>(), listed, "in the order asked for");
    for story in &known {
        let labels = [&story.story.tags[..], &story.story.values].concat();
        for label in labels {
            let filter = Filter { tag: Some(label), ..Filter::default() };
            assert!(store.newest(&reader, &filter, 0, 1_000).await.unwrap().contains(&story.id));
        }
        let tally = memory.rows.get(&domain::thing::ThingRef::tally(story.id));
        let applause = tally.and_then(|row| row.state["applause"].as_u64()).unwrap_or(0);
        assert_eq!(u64::from(story.tally.applause), applause);
    }
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected, "what {person} is shown in lists");
}

async fn a_cursor_from_another_time_is_noticed(backend: Backend) {
    let (_place, store) = backend.store().await;
    let mut people = People::new();
    store.push(&people.founding()).await.unwrap();
    let person = people.all()[0];
    let ask = |after| PageAsk { person, after, limit: 100, bytes: usize::MAX, stories: u64::MAX };
    let page = store.page(&ask(None)).await.unwrap();
    let cursor = Cursor { epoch: page.head.epoch, seq: page.seq, chain: page.chain };
    let reset = async |cursor| store.page(&ask(Some(cursor))).await.unwrap().reset;
    use domain::sync::wire::Reset;
    assert_eq!(reset(cursor).await, None);
    assert_eq!(reset(Cursor { seq: cursor.seq + 1, ..cursor }).await, Some(Reset::Cursor));
    assert_eq!(reset(Cursor { chain: Chain([7; 16]), ..cursor }).await, Some(Reset::Cursor));
    store.begin_epoch(Epoch::mint(Millis(2), &[2; 10])).await.unwrap();
    assert_eq!(reset(cursor).await, Some(Reset::Restored));
}

async fn a_page_with_much_in_it_ends_before_it_is_too_large(backend: Backend) {
    let (_place, store) = backend.store().await;
    let mut people = People::new();
    store.push(&people.founding()).await.unwrap();
    let person = people.all()[0];
    for number in 0..120 {
        store.push(&people.pushes(&[pushes::Act::Tell { who: 1, story: number }])[0]).await.unwrap();
    }
    let all = read_all(store.as_ref(), person, usize::MAX).await;
    assert!(all.len() > 120, "more than is read before it is known how large rows are");
    for bytes in [10_000, 30_000, 1_000_000] {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let ask = PageAsk { person, after, limit: 500, bytes, stories: u64::MAX };
            let page = store.page(&ask).await.unwrap();
            let size: usize = page.rows.iter().map(|row| row.line_bytes(&page.reader)).sum();
            let row = size / page.rows.len();
            assert!(size <= bytes, "{size} of {bytes} bytes");
            assert!(!page.more || size > bytes - 4 * row, "no smaller than it has to be: {size} of {bytes}");
            read.extend(page.rows.iter().filter_map(|row| line(row, &page.reader)));
            after = Some(Cursor { epoch: page.head.epoch, seq: page.seq, chain: page.chain });
            if !page.more {
                break;
            }
        }
        assert_eq!(read, all, "pages of {bytes} bytes");
    }
}

async fn a_phone_is_given_the_newest_stories_and_its_own(backend: Backend) {
    let (_place, store) = backend.store().await;
    let mut people = People::new();
    store.push(&people.founding()).await.unwrap();
    let [elin, micke] = [people.all()[0], people.all()[1]];
    for number in 0..20 {
        let teller = if number < 2 { 0 } else { 1 };
        store.push(&people.pushes(&[pushes::Act::Tell { who: teller, story: number }])[0]).await.unwrap();
    }
    let ask = |person| PageAsk { person, after: None, limit: 1_000, bytes: usize::MAX, stories: 5 };
    let stories = async |person| {
        let page = store.page(&ask(person)).await.unwrap();
        assert_eq!(page.stories, 20);
        page.rows.iter().filter(|row| row.thing.kind == ThingKind::Story).count()
    };
    assert_eq!(stories(elin).await, 7, "the five newest and her own two");
    assert_eq!(stories(micke).await, 18, "the five newest, which are his own, and the rest of his own");
}

fn secret(n: u8) -> SecretHash {
    SecretHash([n; 32])
}

/// For one curator, until 100.
fn invite() -> Invite {
    Invite {
        id: uuid::Uuid::from_u128(1),
        code: secret(1),
        link: secret(2),
        role: Role::Curator,
        uses_left: 1,
        expires_at: Millis(100),
        created_at: Millis(0),
    }
}

/// Elin joins, on a device with this number.
fn joining(n: u8) -> Joined {
    Joined {
        person: PersonId::named("Elin"),
        device: domain::id::DeviceId::mint(Millis(1), &[n; 10]),
        session: secret(10 + n),
        push_token: secret(20 + n),
        at: Millis(50),
    }
}

async fn an_invite_is_used_up(backend: Backend) {
    let (_place, store) = backend.store().await;
    let invite = invite();
    store.add_invite(&invite).await.unwrap();
    for by in [1, 2] {
        let found = store.find_invite(&secret(by), Millis(99)).await.unwrap().unwrap();
        assert_eq!((found.id, found.role), (invite.id, Role::Curator));
    }
    assert!(store.find_invite(&secret(1), Millis(100)).await.unwrap().is_none(), "expired");
    assert!(store.find_invite(&secret(3), Millis(1)).await.unwrap().is_none(), "unknown");
    assert!(store.join(invite.id, &joining(1)).await.unwrap());
    assert!(!store.join(invite.id, &joining(2)).await.unwrap(), "used up");
    assert_eq!(store.person_of_session(&secret(11)).await.unwrap(), Some(PersonId::named("Elin")));
    assert_eq!(store.person_of_session(&secret(12)).await.unwrap(), None, "nothing is left of a failed join");
    store.end_session(&secret(11), Millis(9)).await.unwrap();
    assert_eq!(store.person_of_session(&secret(11)).await.unwrap(), None);
    let pushes_for = store.people_of_push_tokens(&[secret(21), secret(22), secret(21)]).await.unwrap();
    let elin = [(secret(21), PersonId::named("Elin"))].into();
    assert_eq!(pushes_for, elin, "signing out leaves the way for unsent work");
}

async fn secrets_looked_up_together_each_get_their_own_person(backend: Backend) {
    let (_place, store) = backend.store().await;
    let person = |n: u8| PersonId::named(&format!("Gäst {n}"));
    let people = 1..=5_u8;
    for n in people.clone() {
        let joined = Joined { person: person(n), ..joining(n) };
        store.add_device(joined.device, joined.person, &joined.push_token, joined.at).await.unwrap();
        assert!(store.add_session(&joined.session, joined.person, joined.at).await.unwrap());
    }
    // A second device of the first; its session has ended.
    let again = Joined { person: person(1), ..joining(6) };
    store.add_device(again.device, again.person, &again.push_token, again.at).await.unwrap();
    store.add_session(&again.session, again.person, again.at).await.unwrap();
    store.end_session(&again.session, Millis(60)).await.unwrap();
    let unknown = [secret(99), secret(0), secret(255)];
    let forward: Vec<u8> = people.collect();
    let backward: Vec<u8> = forward.iter().rev().copied().collect();
    for order in [&forward[..], &backward, &[3, 1, 5], &[4], &[2, 2, 1, 2]] {
        let shown = |first: u8| {
            let known = order.iter().map(move |n| secret(first + n));
            unknown[..1].iter().copied().chain(known).chain(unknown[1..].iter().copied()).collect::<Vec<_>>()
        };
        let expected = |first: u8| order.iter().map(|n| (secret(first + n), person(*n))).collect();
        assert_eq!(store.people_of_push_tokens(&shown(20)).await.unwrap(), expected(20), "{order:?}");
        assert_eq!(store.people_of_sessions(&shown(10)).await.unwrap(), expected(10), "{order:?}");
    }
    let pushes_for = store.people_of_push_tokens(&[secret(26), secret(22)]).await.unwrap();
    assert_eq!(pushes_for, [(secret(26), person(1)), (secret(22), person(2))].into());
    let signed_in = store.people_of_sessions(&[secret(16), secret(12)]).await.unwrap();
    assert_eq!(signed_in, [(secret(12), person(2))].into(), "one of them has ended");
    assert_eq!(store.people_of_push_tokens(&unknown).await.unwrap(), Default::default());
    // A session is no credential, nor the other way round.
    assert_eq!(store.people_of_push_tokens(&[secret(11)]).await.unwrap(), Default::default());
    assert_eq!(store.people_of_sessions(&[secret(21)]).await.unwrap(), Default::default());
}

async fn a_store_survives_being_closed_and_opened(backend: Backend) {
    let (place, store) = backend.store().await;
    let mut people = People::new();
    store.push(&people.founding()).await.unwrap();
    let tell = people.pushes(&[pushes::Act::Tell { who: 0, story: 0 }]);
    let answer = store.push(&tell[0]).await.unwrap();
    let head = store.head().await.unwrap();
    store.close().await;
    let store = place.open_with(Epoch::mint(Millis(9), &[9; 10]), None).await.unwrap();
    assert_eq!(store.head().await.unwrap(), head, "and its epoch stays");
    assert_eq!(store.push(&tell[0]).await.unwrap(), answer);
    let history = store.history(&domain::thing::ThingRef::story(story_id(0))).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].bytes, people.last_bytes());
}

async fn labels_are_found_by_name(backend: Backend) {
    let (_place, store) = backend.store().await;
    let mut people = People::new();
    store.push(&people.founding()).await.unwrap();
    for pushes in people.pushes(&[
        pushes::Act::Tell { who: 0, story: 0 },
        pushes::Act::Tag { who: 0, story: 0, tag: 1, on: true },
    ]) {
        store.push(&pushes).await.unwrap();
    }
    let names = store.names(&people.all()).await.unwrap();
    assert!(names.called(LabelKind::Tag, "tagg 1").is_some());
    assert_eq!(names.person(people.all()[0]), Some("Elin"));
}
