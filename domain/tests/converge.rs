//! Several phones and a server, with messages lost, doubled and answered late: all agree in the end, nothing is lost
//! and nothing is done twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Object,
    id::{DeviceId, Epoch, PersonId, StoryId, ThingId},
    label::{Label, LabelKind},
    op::{Change, Edit, Op, TextEdit},
    person::{Person, Role},
    reaction::{Reaction, ReactionKind},
    story::Story,
    sync::{
        ledger::{From, Head, Incoming, Push},
        memory::{Phone, Server},
        phone::{DeviceRow, Done, Intent, Page, Transaction},
        round::{Event, Round, Step, Trouble},
        wire::{Chain, Outcome, PushAnswer, SigningKey},
    },
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields, read},
    time::Millis,
};
use proptest::prelude::*;

/// What one person does, or what befalls a message.
#[derive(Clone, Debug)]
enum Act {
    Tell { phone: usize, text: String },
    Edit { phone: usize, story: usize, text: String },
    Tag { phone: usize, story: usize, tag: usize, on: bool },
    React { phone: usize, story: usize, on: bool },
    Delete { phone: usize, story: usize },
    Sync { phone: usize, luck: Vec<Luck> },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Luck {
    Arrives,
    RequestLost,
    AnswerLost,
    Doubled,
}

fn act() -> impl Strategy<Value = Act> {
    let phone = 0..4_usize;
    let story = 0..6_usize;
    let text = "[a-e]{1,2}( [a-e]{1,2}){0,4}";
    let luck = prop::sample::select(vec![Luck::Arrives, Luck::RequestLost, Luck::AnswerLost, Luck::Doubled]);
    prop_oneof![
        2 => (phone.clone(), text).prop_map(|(phone, text)| Act::Tell { phone, text }),
        2 => (phone.clone(), story.clone(), text).prop_map(|(phone, story, text)| Act::Edit { phone, story, text }),
        2 => (phone.clone(), story.clone(), 0..3_usize, any::<bool>())
            .prop_map(|(phone, story, tag, on)| Act::Tag { phone, story, tag, on }),
        1 => (phone.clone(), story.clone(), any::<bool>()).prop_map(|(phone, story, on)| Act::React { phone, story, on }),
        1 => (phone.clone(), story).prop_map(|(phone, story)| Act::Delete { phone, story }),
        4 => (phone, prop::collection::vec(luck, 0..6)).prop_map(|(phone, luck)| Act::Sync { phone, luck }),
    ]
}

struct World {
    server: Server,
    phones: Vec<(PersonId, DeviceId, Phone)>,
    told: Vec<StoryId>,
    /// Every text anyone ever told, with the op that told it.
    texts: Vec<String>,
    covered: Vec<BTreeSet<(DeviceId, u64)>>,
    /// The server was set back to an earlier day.
    restored: bool,
    now: i64,
    chance: u8,
}

impl World {
    fn new() -> Self {
        let epoch = Epoch::mint(Millis(1), &[1; 10]);
        let head = Head { epoch, seq: 0, chain: Chain::default() };
        let mut server = Server::new(head, SigningKey([7; 32]));
        server.page_records = 3;
        let mut world = Self {
            server,
            phones: Vec::new(),
            told: Vec::new(),
            texts: Vec::new(),
            covered: vec![BTreeSet::new(); 5],
            restored: false,
            now: 1_000,
            chance: 0,
        };
        // Two phones of one person, one of a colleague, one of a curator.
        for (name, role) in [
            ("Elin", Role::Member),
            ("Elin", Role::Member),
            ("Micke", Role::Member),
            ("Karin", Role::Curator),
        ] {
            world.join(name, role);
        }
        world
    }

    fn join(&mut self, name: &str, role: Role) {
        let person = PersonId::named(name);
        let joined =
            Person { name: Name::new(name).unwrap(), role, site: None, department: None, joined_at: None };
        let op = Op {
            device: DeviceId::mint(Millis(0), &[0; 10]),
            device_seq: self.phones.len() as u64 + 1,
            at: Millis(self.now),
            actor: PersonId::SYSTEM,
            thing: ThingRef::person(person),
            base: None,
            change: Change::Create(fields(&joined)),
        };
        self.server.push(&[Push { from: From::System, ops: vec![Incoming::of(op)], now: Millis(self.now) }]);
        let device = DeviceId::mint(Millis(self.now), &[self.phones.len() as u8 + 1; 10]);
        let mut phone = Phone::default();
        phone.devices.insert(device, DeviceRow::new(device, person, None));
        self.phones.push((person, device, phone));
    }

    fn randomness(&mut self) -> [u8; 10] {
        self.chance = self.chance.wrapping_add(1);
        [self.chance; 10]
    }

    fn tell(&mut self, phone: usize, thing: ThingRef, change: Change) {
        self.now += 10;
        let (_, device, phone) = &mut self.phones[phone];
        let shown = phone.shown();
        let base = shown.get(&thing).cloned().map(|state| (phone.library.seq, state));
        let intents = vec![Intent { thing, change, base }];
        let told = Transaction::Tell { device: *device, intents, draft: None, now: Millis(self.now) };
        assert_eq!(phone.transact(&told), Ok(Done::Told));
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Tell { phone, text } => {
                let id = StoryId::mint(Millis(self.now), &self.randomness());
                let mut story = Story::blank(self.phones[*phone].0);
                story.situation = Some(StoryText::new(text.clone()).unwrap());
                self.told.push(id);
                self.texts.push(text.clone());
                self.tell(*phone, ThingRef::story(id), Change::Create(fields(&story)));
            }
            Act::Edit { phone, story, text } => {
                if let Some((thing, state)) = self.known(*phone, *story) {
                    let from =
                        state.get("situation").and_then(|text| text.as_str()).unwrap_or_default().to_owned();
                    let text_edit = TextEdit { from, to: text.clone() };
                    let edit =
                        Edit { text: BTreeMap::from([("situation".into(), text_edit)]), ..Edit::default() };
                    self.texts.push(text.clone());
                    self.tell(*phone, thing, Change::Edit(edit));
                }
            }
            Act::Tag { phone, story, tag, on } => {
                if let Some((thing, _)) = self.known(*phone, *story) {
                    let tag = domain::id::LabelId::named(LabelKind::Tag, &format!("tag {tag}"));
                    let label = Label::new(Name::new("tag").unwrap());
                    self.tell(*phone, ThingRef::label(LabelKind::Tag, tag), Change::Create(fields(&label)));
                    let members = Object::from_iter([("tags".into(), serde_json::json!([tag]))]);
                    let edit = match on {
                        true => Edit { add: members, ..Edit::default() },
                        false => Edit { remove: members, ..Edit::default() },
                    };
                    self.tell(*phone, thing, Change::Edit(edit));
                }
            }
            Act::React { phone, story, on } => {
                if let Some((thing, _)) = self.known(*phone, *story) {
                    let (story, person) = (StoryId::from(thing.id), self.phones[*phone].0);
                    let reaction = Reaction { story, person, reaction: ReactionKind::Applause, on: *on };
                    let id = ThingId::reaction(story, person, ReactionKind::Applause.key());
                    let thing = ThingRef { kind: ThingKind::Reaction, id };
                    self.tell(*phone, thing, Change::Create(fields(&reaction)));
                }
            }
            Act::Delete { phone, story } => {
                if let Some((thing, _)) = self.known(*phone, *story) {
                    self.tell(*phone, thing, Change::Delete);
                }
            }
            Act::Sync { phone, luck } => {
                self.sync(*phone, luck);
            }
        }
    }

    fn known(&self, phone: usize, story: usize) -> Option<(ThingRef, Object)> {
        let thing = ThingRef::story(*self.told.get(story)?);
        let state = self.phones[phone].2.shown().remove(&thing)?;
        Some((thing, state))
    }

    /// One round; each request meets the luck that is its turn, and arrives when there is none left.
    fn sync(&mut self, phone: usize, luck: &[Luck]) -> Option<Trouble> {
        self.now += 10;
        let now = Millis(self.now);
        let mut luck = luck.iter().copied();
        let (mut round, mut step) = Round::start(now, &self.randomness());
        let (person, device, store) = &mut self.phones[phone];
        for _ in 0..1_000 {
            let event = match step {
                Step::Transact(Transaction::StartOver { .. }) if !self.restored => {
                    panic!("a cursor fits the server that signed it")
                }
                Step::Transact(transaction) => match store.transact(&transaction) {
                    Ok(done) => {
                        own_words_stand(store, &self.server, &mut self.covered[phone]);
                        Event::Done(done)
                    }
                    Err(error) => panic!("{error}"),
                },
                Step::Push(batch) => {
                    let ops = batch.body.lines().map(Incoming::read).collect();
                    let push = Push { from: From::Person(*person), ops, now };
                    let mut send =
                        || -> PushAnswer { self.server.push(std::slice::from_ref(&push)).remove(0) };
                    Event::Pushed(meet(luck.next(), &mut send))
                }
                Step::Pull(cursor) => {
                    let mut send = || {
                        let body = self.server.pull(*person, cursor.as_ref());
                        Page::parse(cursor.clone(), &body).expect("the server's own page")
                    };
                    Event::Pulled(meet(luck.next(), &mut send))
                }
                Step::Rest(summary) => {
                    if let Some(row) = store.devices.values().find(|row| row.current) {
                        *device = row.device;
                    }
                    return summary.trouble;
                }
            };
            step = round.next(event);
        }
        panic!("a round comes to its end");
    }

    /// What the server shows `phone`'s person.
    fn visible(&self, phone: usize) -> BTreeMap<ThingRef, Object> {
        let reader = self.server.reader(self.phones[phone].0);
        let rows = self.server.rows.iter().filter(|(_, row)| row.scope.admits(row.owner, &reader));
        rows.map(|(thing, row)| (thing.clone(), row.state.clone())).collect()
    }

    fn settle(&mut self) {
        for _ in 0..3 {
            for phone in 0..self.phones.len() {
                assert_eq!(self.sync(phone, &[]), None, "the network is whole again");
            }
        }
    }

    fn check(&self) {
        for (index, (_, _, phone)) in self.phones.iter().enumerate() {
            assert_eq!(phone.shown(), self.visible(index), "phone {index} shows what the server lets it see");
            assert!(phone.overlays.is_empty(), "nothing is pending any more");
            for op in phone.ops.values() {
                let logged = self.server.ops.get(&(op.device, op.device_seq)).expect("every op was received");
                assert_eq!(logged.bytes, op.bytes.as_str(), "byte for byte");
                let rejected = matches!(logged.receipt.outcome, Outcome::Rejected(_));
                assert_eq!(rejected, op.rejected.is_some(), "what was not taken is known here");
            }
        }
        for text in &self.texts {
            let quoted = serde_json::to_string(text).unwrap();
            assert!(self.server.ops.values().any(|op| op.bytes.contains(&quoted)), "{text} is in the log");
        }
        let mut seqs: Vec<_> =
            self.server.ops.values().map(|op| op.receipt.seq).filter(|seq| *seq > 0).collect();
        seqs.sort_unstable();
        assert!(seqs.iter().all(|seq| *seq <= self.server.head.seq));
    }
}

/// Until the library holds their effect, the phone shows one's own words as one wrote them. `covered` remembers the
/// ops whose effect the library has come to hold.
fn own_words_stand(phone: &Phone, server: &Server, covered: &mut BTreeSet<(DeviceId, u64)>) {
    let shown = phone.shown();
    let mut last = BTreeMap::new();
    for (key, op) in phone.ops.iter().filter(|(_, op)| op.rejected.is_none()) {
        let received = server.ops.get(key).map_or(u64::MAX, |op| op.receipt.seq);
        if op.device_seq <= phone.devices[&op.device].acked && received <= phone.library.seq {
            covered.insert(*key);
        }
        let text = match op.bytes.op().unwrap().change {
            Change::Create(fields) => fields.get("situation").cloned(),
            Change::Edit(edit) => edit.text.get("situation").map(|text| text.to.clone().into()),
            _ => None,
        };
        if let Some(text) = text {
            last.insert(op.thing.clone(), (*key, text));
        }
    }
    for (thing, (key, text)) in last {
        let shows = shown.get(&thing).and_then(|state| state.get("situation"));
        assert!(
            covered.contains(&key) || shows == Some(&text),
            "{thing}: {text} was told, {shows:?} is shown"
        );
    }
}

fn meet<T>(luck: Option<Luck>, send: &mut impl FnMut() -> T) -> Result<T, Trouble> {
    match luck.unwrap_or(Luck::Arrives) {
        Luck::Arrives => Ok(send()),
        Luck::RequestLost => Err(Trouble::Unreachable),
        Luck::AnswerLost => {
            send();
            Err(Trouble::Timeout)
        }
        Luck::Doubled => {
            send();
            Ok(send())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn everyone_agrees_once_the_network_is_whole(acts in prop::collection::vec(act(), 1..60)) {
        let mut world = World::new();
        for act in &acts {
            world.act(act);
        }
        world.settle();
        world.check();
    }

    #[test]
    fn reactions_are_counted_once(acts in prop::collection::vec(act(), 1..60)) {
        let mut world = World::new();
        for act in &acts {
            world.act(act);
        }
        world.settle();
        for story in &world.told {
            let on = world.server.rows.values()
                .filter_map(|row| read::<Reaction>(&row.state).ok())
                .filter(|reaction| reaction.story == *story && reaction.on)
                .count();
            let tally = world.server.rows.get(&ThingRef::tally(*story));
            let counted = tally.and_then(|row| row.state.get("applause")).and_then(|count| count.as_u64()).unwrap_or(0);
            prop_assert_eq!(counted, on as u64);
        }
    }
}

#[test]
fn overlapping_edits_keep_both_texts() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a b".into() });
    world.settle();
    world.act(&Act::Edit { phone: 0, story: 0, text: "a c".into() });
    world.act(&Act::Edit { phone: 3, story: 0, text: "a d".into() });
    world.sync(0, &[]);
    world.settle();
    world.check();
    let conflict = world.server.rows.iter().find(|(thing, _)| thing.kind == ThingKind::Conflict).unwrap().1;
    assert_eq!(conflict.state["texts"]["situation"], serde_json::json!({ "kept": "a c", "lost": "a d" }));
    assert_eq!(conflict.owner, Some(PersonId::named("Elin")), "the author is told");
}

#[test]
fn adding_a_tag_wins_over_removing_it_elsewhere() {
    for order in [[0, 3], [3, 0]] {
        let mut world = World::new();
        world.act(&Act::Tell { phone: 0, text: "a".into() });
        world.settle();
        world.act(&Act::Tag { phone: 0, story: 0, tag: 1, on: true });
        world.act(&Act::Tag { phone: 3, story: 0, tag: 1, on: false });
        for phone in order {
            world.sync(phone, &[]);
        }
        world.settle();
        let story = &world.server.rows[&ThingRef::story(world.told[0])];
        assert_eq!(story.state["tags"].as_array().unwrap().len(), 1);
        // Someone who has seen the tag can take it away.
        world.act(&Act::Tag { phone: 3, story: 0, tag: 1, on: false });
        world.settle();
        assert_eq!(world.server.rows[&ThingRef::story(world.told[0])].state.get("tags"), None);
    }
}

#[test]
fn a_cloned_profile_loses_nothing() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a".into() });
    let twin = world.phones[0].clone();
    world.phones.push(twin);
    world.act(&Act::Tell { phone: 0, text: "b".into() });
    world.act(&Act::Tell { phone: 4, text: "c".into() });
    world.settle();
    world.check();
    assert_eq!(world.visible(2).keys().filter(|thing| thing.kind == ThingKind::Story).count(), 3);
}

#[test]
fn an_edit_waits_for_the_story_it_is_about() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a b".into() });
    let whole = world.server.clone();
    world.settle();
    world.act(&Act::Edit { phone: 3, story: 0, text: "a b c".into() });
    // The server is set back to before it heard of the story; the curator's phone speaks first.
    world.server = whole;
    world.restored = true;
    world.sync(3, &[]);
    assert!(world.server.ops.values().any(|op| op.receipt.outcome == Outcome::Deferred));
    world.settle();
    let story = &world.server.rows[&ThingRef::story(world.told[0])];
    assert_eq!(story.state["situation"], "a b c");
    world.check();
}

#[test]
fn a_change_of_a_kind_from_the_future_is_kept_and_does_not_block() {
    let mut world = World::new();
    let (person, device, _) = world.phones[0];
    let line = format!(
        r#"{{"device":"{device}","device_seq":1,"at":1,"actor":"{person}","thing":{{"kind":"pulse","id":"{}"}},"change":{{"levitate":3}}}}"#,
        StoryId::mint(Millis(1), &[1; 10]),
    );
    let push = Push { from: From::Person(person), ops: vec![Incoming::read(&line)], now: Millis(1) };
    let answer = world.server.push(&[push]).remove(0);
    assert_eq!(answer.receipts[0].outcome, Outcome::Deferred);
    assert_eq!(world.server.ops[&(device, 1)].bytes, line);
}

#[test]
fn nobody_pushes_in_another_name() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a".into() });
    let bytes = world.phones[0].2.ops.values().next().unwrap().bytes.clone();
    let micke = world.phones[2].0;
    let push = Push { from: From::Person(micke), ops: vec![Incoming::read(bytes.as_str())], now: Millis(1) };
    let answer = world.server.push(&[push]).remove(0);
    assert_eq!(answer.receipts[0].outcome, Outcome::Rejected(domain::sync::wire::Reason::NotYours));
    world.settle();
    world.check();
}
