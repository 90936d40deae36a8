//! What an earlier version wrote down and sent, byte for byte. It is never written anew: phones run old clients for
//! weeks, and what lies on them was written by whichever client they had then. A change of what travels or is kept gets
//! a folder of its own beside the old ones: `SOLSKEN_RECORD=v2 cargo test -p domain --test converge recorded`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use domain::{
    op::Change,
    sync::{
        ledger::{From, Incoming, Push},
        memory::Phone,
        phone::{Done, Page, Transaction},
        wire::{BODY_BYTES, Outcome, PushAnswer, Token},
    },
    thing::ThingRef,
    time::Millis,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::world::{Act, World};

const VERSIONS: [&str; 4] = ["v1", "v2", "v3", "v4"];

/// When the recorded phone pushes, by the server's clock.
const PUSHED_AT: Millis = Millis(900_000);

struct Recording(PathBuf);

impl Recording {
    fn of(version: &str) -> Self {
        Self(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(version))
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> T {
        serde_json::from_str(&self.text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn rows<T: DeserializeOwned>(&self, name: &str) -> Vec<T> {
        let row = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
        self.text(name).lines().map(row).collect()
    }

    /// The server as it stood before the recorded push: its log, applied by this version.
    fn server(&self) -> World {
        let mut world = World::new();
        for line in self.text("log.jsonl").lines() {
            let incoming = Incoming::read(line);
            let actor = serde_json::from_str::<domain::op::Envelope>(line).unwrap().actor;
            let push = Push { from: From::Person(actor), ops: vec![incoming], now: Millis(500_000) };
            world.server.push(&[push]);
        }
        world
    }

    /// The phone as it lay on the disk before that push, read by this version.
    fn phone(&self) -> Phone {
        let mut phone = Phone { library: self.json("phone/library.json"), ..Phone::default() };
        phone.devices =
            keyed(self.rows("phone/devices.jsonl"), |row: &domain::sync::phone::DeviceRow| row.device);
        phone.ops = keyed(self.rows("phone/ops.jsonl"), |row: &domain::sync::phone::OpRow| {
            (row.device, row.device_seq)
        });
        phone.overlays = self.rows::<(ThingRef, _)>("phone/overlays.jsonl").into_iter().collect();
        for (number, lines) in self.rows("phone/blocks.jsonl") {
            phone.blocks.insert(number, domain::sync::phone::Block { number, lines });
        }
        phone
    }
}

fn lines<T: Serialize>(rows: impl IntoIterator<Item = T>) -> String {
    rows.into_iter().map(|row| serde_json::to_string(&row).unwrap() + "\n").collect()
}

fn keyed<K: Ord, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

fn take(phone: &mut Phone) -> domain::sync::phone::Batch {
    let device = *phone.devices.keys().next().unwrap();
    let Ok(Done::Took(Some(batch))) =
        phone.transact(&Transaction::Take { device, deferred: None, bytes: BODY_BYTES })
    else {
        panic!("there is something to send");
    };
    batch
}

fn receive(phone: &mut Phone, answer: PushAnswer) {
    let batch = take(phone);
    let received = Transaction::Receive {
        device: batch.device,
        numbers: batch.numbers.clone(),
        starts: batch.starts,
        answer,
    };
    assert_eq!(phone.transact(&received), Ok(Done::Received { cloned: false }));
}

fn shown(phone: &Phone) -> BTreeMap<String, Value> {
    phone.shown().into_iter().map(|(thing, state)| (thing.to_string(), Value::Object(state))).collect()
}

/// The pages of a pull, each with the cursor that was sent for it.
type Pages = Vec<(Option<Token>, String)>;

fn absorb(phone: &mut Phone, pages: &Pages) {
    for (asked, body) in pages {
        let page = Page::parse(asked.clone(), body).expect("a page");
        assert!(matches!(phone.transact(&Transaction::Absorb { page }), Ok(Done::Absorbed { .. })));
    }
}

#[test]
fn a_new_server_understands_what_an_old_phone_has_queued() {
    for recording in VERSIONS.map(Recording::of) {
        let mut world = recording.server();
        let answer: PushAnswer = recording.json("answer.json");
        let ops: Vec<Incoming> = recording.text("push.jsonl").lines().map(Incoming::read).collect();
        let person = world.phones[0].0;
        let push = Push { from: From::Person(person), ops, now: PUSHED_AT };
        let now = world.server.push(&[push]).remove(0);
        let outcomes = |answer: &PushAnswer| {
            answer.receipts.iter().map(|receipt| receipt.outcome.clone()).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(&now), outcomes(&answer));
        assert!(outcomes(&now).contains(&Outcome::ConflictKept), "the recording has something of everything");
        let seen: BTreeMap<String, Value> = world
            .visible(0)
            .into_iter()
            .map(|(thing, state)| (thing.to_string(), Value::Object(state)))
            .collect();
        let then: BTreeMap<String, Value> = recording.json("shown.json");
        for (thing, state) in then.iter().filter(|(thing, _)| thing.starts_with("story/")) {
            for field in ["situation", "tags", "author"] {
                assert_eq!(seen[thing].get(field), state.get(field), "{thing} {field}");
            }
        }
        assert_eq!(seen.keys().collect::<Vec<_>>(), then.keys().collect::<Vec<_>>());
    }
}

#[test]
fn a_new_phone_reads_what_an_old_one_kept_and_what_an_old_server_says() {
    for recording in VERSIONS.map(Recording::of) {
        let mut phone = recording.phone();
        assert_eq!(
            take(&mut phone).body,
            recording.text("push.jsonl"),
            "queued ops are sent as they were written"
        );
        receive(&mut phone, recording.json("answer.json"));
        absorb(&mut phone, &recording.json("pages.json"));
        assert_eq!(shown(&phone), recording.json::<BTreeMap<String, Value>>("shown.json"));
        assert!(phone.overlays.is_empty());
    }
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    for recording in VERSIONS.map(Recording::of) {
        let mut phone = recording.phone();
        receive(&mut phone, serde_json::from_value(with_more(recording.json("answer.json"))).unwrap());
        let pages: Pages = recording.json("pages.json");
        let more = |body: &str| {
            let lines = body
                .lines()
                .map(|line| with_more_around(serde_json::from_str(line).unwrap()).to_string() + "\n");
            lines.collect::<String>()
        };
        let pages = pages.into_iter().map(|(asked, body)| (asked, more(&body))).collect();
        absorb(&mut phone, &pages);
        assert_eq!(shown(&phone), recording.json::<BTreeMap<String, Value>>("shown.json"));
    }
}

/// The same with fields that nobody knows, at every depth. What is said of an op is one word or another, and has no
/// fields.
fn with_more(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let more = |(name, value): (String, Value)| {
                let value = if name == "outcome" { value } else { with_more(value) };
                (name, value)
            };
            let mut fields: serde_json::Map<_, _> = fields.into_iter().map(more).collect();
            fields.insert("from_the_future".into(), serde_json::json!({ "mood": ["glad", 7, null] }));
            Value::Object(fields)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(with_more).collect()),
        value => value,
    }
}

/// A line of a page with more around the state, which is kept as it is.
fn with_more_around(line: Value) -> Value {
    let state = line.get("state").cloned();
    let mut line = with_more(line);
    if let (Some(state), Value::Object(fields)) = (state, &mut line) {
        fields.insert("state".into(), state);
    }
    line
}

#[test]
fn what_this_version_says_is_recorded() {
    let said = said_now();
    if let Ok(version) = std::env::var("SOLSKEN_RECORD") {
        let Recording(folder) = Recording::of(&version);
        for (name, text) in &said {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let newest = Recording::of(VERSIONS[VERSIONS.len() - 1]);
    for (name, text) in said {
        assert_eq!(
            text,
            newest.text(name),
            "{name} is not as the newest recording has it: record another version"
        );
    }
}

/// The files of a recording: a world in which something of everything has happened, and a phone with something of
/// everything still to send.
fn said_now() -> BTreeMap<&'static str, String> {
    let mut world = World::new();
    let tell = |phone, text: &str| Act::Tell { phone, text: text.to_owned() };
    let edit = |phone, story, text: &str| Act::Edit { phone, story, text: text.to_owned() };
    for act in [
        tell(0, "Kunden grät vid disken."),
        tell(2, "Åskan gick och vi stod i mörkret med tolv kunder."),
        tell(3, "En kollega lämnade tillbaka plånboken."),
        Act::Tag { phone: 2, story: 1, tag: 1, on: true },
        Act::React { phone: 3, story: 0, on: true },
    ] {
        world.act(&act);
    }
    world.settle();
    // What the phone queues, while somebody else changes the same words.
    for act in [
        tell(0, "Färgen blev fel, och \"rätt\" blev det först på tredje försöket.\nVi bjöd på fika."),
        edit(0, 0, "Kunden grät av glädje vid disken."),
        // This one is refused: it is Micke's story.
        edit(0, 1, "Åskan gick och vi stod i mörkret med fjorton kunder."),
        Act::Tag { phone: 0, story: 0, tag: 2, on: true },
        Act::Tag { phone: 0, story: 0, tag: 2, on: false },
        Act::React { phone: 0, story: 2, on: true },
        Act::Delete { phone: 0, story: 0 },
    ] {
        world.act(&act);
    }
    world.tell(0, ThingRef::story(world.told[0]), Change::Restore);
    world.act(&edit(3, 0, "Kunden grät av skratt vid disken."));
    world.sync(3, &[]);

    let mut logged: Vec<_> =
        world.server.ops.values().filter(|op| op.actor != domain::id::PersonId::SYSTEM).collect();
    logged.sort_by_key(|op| op.receipt.seq);
    let mut said = BTreeMap::new();
    said.insert("log.jsonl", logged.iter().map(|op| op.bytes.clone() + "\n").collect());
    let (person, _, phone) = &mut world.phones[0];
    said.insert("phone/library.json", lines([&phone.library]));
    said.insert("phone/devices.jsonl", lines(phone.devices.values()));
    said.insert("phone/ops.jsonl", lines(phone.ops.values()));
    said.insert("phone/overlays.jsonl", lines(&phone.overlays));
    said.insert("phone/blocks.jsonl", lines(phone.blocks.values().map(|block| (block.number, &block.lines))));

    let batch = take(phone);
    let ops = batch.body.lines().map(Incoming::read).collect();
    said.insert("push.jsonl", batch.body);
    let push = Push { from: From::Person(*person), ops, now: PUSHED_AT };
    let answer = world.server.push(&[push]).remove(0).signed(&world.server.key);
    said.insert("answer.json", lines([&answer]));
    receive(phone, answer);
    let mut pages: Pages = Vec::new();
    loop {
        let asked = phone.library.cursor.clone();
        let body = world.server.pull(*person, asked.as_ref());
        pages.push((asked.clone(), body.clone()));
        let page = Page::parse(asked, &body).unwrap();
        let Ok(Done::Absorbed { more, .. }) = phone.transact(&Transaction::Absorb { page }) else { panic!() };
        if !more {
            break;
        }
    }
    said.insert("pages.json", lines([&pages]));
    said.insert("shown.json", lines([shown(phone)]));
    said
}
