//! What no phone of ours sends is kept or refused, and holds nothing up: not even where a database could not hold it.

use domain::{
    id::{DeviceId, PersonId},
    sync::{
        ledger::{From, Head, Incoming, Push},
        memory,
        wire::{Chain, Outcome, Reason},
    },
    time::Millis,
};
use serde_json::{Value, json};

use crate::{
    KEY,
    backends::{Backend, contract},
    epoch,
    pushes::{People, story_id},
    searches::found,
};

contract! {
    what_is_odd_holds_nothing_up
    a_word_without_an_end_is_found
}

/// Elin's op with this number.
fn op(number: u64, kind: &str, change: Value) -> Push {
    let line = json!({
        "device": DeviceId::mint(Millis(1), &[1; 10]),
        "device_seq": number,
        "at": 1,
        "actor": PersonId::named("Elin"),
        "thing": { "kind": kind, "id": story_id(number as u8) },
        "change": change,
    });
    let from = From::Person(PersonId::named("Elin"));
    Push { from, ops: vec![Incoming::read(&line.to_string())], now: Millis(20_000) }
}

fn told(situation: &str) -> Value {
    json!({ "create": { "kind": "colleague", "situation": situation, "author": PersonId::named("Elin") } })
}

async fn what_is_odd_holds_nothing_up(backend: Backend) {
    let (_place, store) = backend.store().await;
    let mut memory = memory::Server::new(Head { epoch: epoch(), seq: 0, chain: Chain::default() }, KEY);
    let founding = People::new().founding();
    assert_eq!(store.push(&founding).await.unwrap(), memory.push(&founding));
    let mut unknown_fields = told("En nolla");
    unknown_fields["create"]["se\u{0}dan"] = json!({ "a\u{0}": ["\u{0}", 1e300, u64::MAX] });
    let mut unknown_kind = told("En sort");
    unknown_kind["create"]["kind"] = json!("mirakel\u{0}");
    let refused = Outcome::Rejected(Reason::Malformed);
    let odd = [
        (op(1, "story", told("En \u{0} nolla")), None),
        (op(2, "story", unknown_fields), None),
        (op(3, "story", unknown_kind), None),
        (op(4, "sto\u{0}ry", told("En sak")), Some(refused.clone())),
        (op(5, &"saga".repeat(1_000), told("En sak")), Some(refused.clone())),
        (op(6, &"saga".repeat(25), told("En sak")), None),
        (op(7, "", told("En sak")), None),
    ];
    for (push, expected) in odd {
        let push = [push];
        let answers = store.push(&push).await.unwrap();
        assert_eq!(answers, memory.push(&push), "{push:?}");
        if let Some(expected) = expected {
            assert_eq!(answers[0].receipts[0].outcome, expected, "{push:?}");
        }
    }
    let last = [op(8, "story", told("Och så en vanlig"))];
    let answers = store.push(&last).await.unwrap();
    assert_eq!(answers, memory.push(&last));
    assert_eq!(answers[0].receipts[0].outcome, Outcome::Applied);
}

/// The next of a row of letters that never repeats itself.
fn letter(state: &mut u64, _at: i32) -> Option<char> {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    Some(char::from(b'a' + (*state >> 33) as u8 % 26))
}

async fn a_word_without_an_end_is_found(backend: Backend) {
    let place = backend.place().await;
    // None pending, so that the database is asked.
    let store = place.open_with(epoch(), Some(0)).await.unwrap();
    store.push(&People::new().founding()).await.unwrap();
    // Letters in no order, which no index can make shorter.
    let long: String = (0..4_000).scan(1_u64, letter).collect();
    store.push(&[op(1, "story", told(&format!("Hon skrev {long}")))]).await.unwrap();
    let reader = store.reader(PersonId::named("Elin")).await.unwrap().unwrap();
    for beginning in [20, 99, 100, 101, 250] {
        assert_eq!(found(&store, reader, &long[..beginning]).await, [story_id(1)], "{beginning} characters");
    }
    let another = format!("{}å", &long[..150]);
    assert_eq!(found(&store, reader, &another).await, [], "what goes on otherwise");
}
