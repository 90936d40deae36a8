//! Phones and a server in one place, and a network that loses, doubles and delays.

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
        handback::{Forks, Handing},
        ledger::{From, Head, Incoming, Push},
        memory::{Phone, Server},
        phone::{Batch, DeviceRow, Done, Intent, Page, Transaction},
        round::{Event, PageWish, Round, Step, Trouble},
        wire::{Chain, Outcome, PushAnswer, SigningKey, Token},
    },
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use proptest::prelude::*;

/// What one person does, or what befalls a message.
#[derive(Clone, Debug)]
pub enum Act {
    Tell { phone: usize, text: String },
    Edit { phone: usize, story: usize, text: String },
    Tag { phone: usize, story: usize, tag: usize, on: bool },
    React { phone: usize, story: usize, on: bool },
    Delete { phone: usize, story: usize },
    Sync { phone: usize, luck: Vec<Luck> },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Luck {
    Arrives,
    RequestLost,
    AnswerLost,
    Doubled,
}

pub fn act() -> impl Strategy<Value = Act> {
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

pub struct World {
    pub server: Server,
    pub phones: Vec<(PersonId, DeviceId, Phone)>,
    pub told: Vec<StoryId>,
    /// Every text anyone ever told, with the op that told it.
    pub texts: Vec<String>,
    pub covered: Vec<BTreeSet<(DeviceId, u64)>>,
    /// The server was set back to an earlier day.
    pub restored: bool,
    pub now: i64,
    pub chance: u8,
    /// Phones whose session the server does not know any more.
    pub may_not_read: BTreeSet<usize>,
    /// The server does not say yet what a pull takes from view.
    pub older_server: bool,
    /// The server answers in words that nobody here knows.
    pub newer_server: bool,
    pub line: Line,
    /// Ops that the server itself has made.
    made: u64,
}

/// What is between the phones and the server.
#[derive(Clone, Default)]
pub struct Line {
    /// Larger bodies are refused, or take too long.
    pub most_pushed: Option<(usize, Trouble)>,
    /// Larger pages take too long.
    pub most_pulled: Option<usize>,
    /// Bodies with these words are refused, whatever their size.
    pub refuses: Option<(&'static str, Trouble)>,
    /// The size of every body that was sent, and of every page that was asked for.
    pub pushed: Vec<usize>,
    pub pulled: Vec<usize>,
}

impl Line {
    fn passes(&mut self, batch: &Batch) -> Result<(), Trouble> {
        self.pushed.push(batch.body.len());
        if let Some((most, trouble)) = self.most_pushed
            && batch.body.len() > most
        {
            return Err(trouble);
        }
        match self.refuses {
            Some((words, trouble)) if batch.body.contains(words) => Err(trouble),
            _ => Ok(()),
        }
    }
}

impl World {
    pub fn new() -> Self {
        let epoch = Epoch::mint(Millis(1), &[1; 10]);
        let head = Head { epoch, seq: 0, chain: Chain::default() };
        let mut server = Server::new(head, SigningKey([7; 32]));
        server.page_records = 3;
        let mut world = Self {
            server,
            phones: Vec::new(),
            told: Vec::new(),
            texts: Vec::new(),
            covered: vec![BTreeSet::new(); 6],
            restored: false,
            now: 1_000,
            chance: 0,
            may_not_read: BTreeSet::new(),
            older_server: false,
            newer_server: false,
            line: Line::default(),
            made: 0,
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

    pub fn join(&mut self, name: &str, role: Role) {
        let person = PersonId::named(name);
        let joined =
            Person { name: Name::new(name).unwrap(), role, site: None, department: None, joined_at: None };
        self.made_by_server(vec![(ThingRef::person(person), Change::Create(fields(&joined)))]);
        let device = DeviceId::mint(Millis(self.now), &[self.phones.len() as u8 + 1; 10]);
        let mut phone = Phone::default();
        phone.devices.insert(device, DeviceRow::new(device, person, None));
        self.phones.push((person, device, phone));
    }

    pub fn made_by_server(&mut self, changes: Vec<(ThingRef, Change)>) {
        let device = DeviceId::mint(Millis(0), &[8; 10]);
        let ops = changes.into_iter().map(|(thing, change)| {
            self.made += 1;
            let (at, actor) = (Millis(self.now), PersonId::SYSTEM);
            Incoming::of(Op { device, device_seq: self.made, at, actor, thing, base: None, change })
        });
        let push = Push { from: From::System, ops: ops.collect(), now: Millis(self.now) };
        self.server.push(&[push]);
        self.now += 10;
    }

    pub fn sign_in(&mut self, phone: usize, name: &str) {
        self.now += 10;
        let person = PersonId::named(name);
        let fresh = DeviceId::mint(Millis(self.now), &self.randomness());
        let sign_in = Transaction::SignIn { device: DeviceRow::new(fresh, person, None) };
        assert_eq!(self.phones[phone].2.transact(&sign_in), Ok(Done::SignedIn));
        (self.phones[phone].0, self.phones[phone].1) = (person, fresh);
    }

    pub fn sign_out(&mut self, phone: usize) {
        self.phones[phone].2.devices.values_mut().for_each(|row| row.current = false);
    }

    /// The server goes on from a backup that was made just now.
    pub fn restore(&mut self) {
        self.server.forks.add(self.server.head);
        self.server.head.epoch = Epoch::mint(Millis(self.now), &self.randomness());
        self.restored = true;
    }

    pub fn randomness(&mut self) -> [u8; 10] {
        self.chance = self.chance.wrapping_add(1);
        [self.chance; 10]
    }

    pub fn tell(&mut self, phone: usize, thing: ThingRef, change: Change) {
        self.now += 10;
        let (_, device, phone) = &mut self.phones[phone];
        let shown = phone.shown();
        let base = shown.get(&thing).cloned().map(|state| (phone.library.seq, state));
        let intents = vec![Intent { thing, change, base }];
        let told = Transaction::Tell {
            device: *device,
            intents,
            draft: None,
            attachments: Default::default(),
            now: Millis(self.now),
        };
        assert_eq!(phone.transact(&told), Ok(Done::Told));
    }

    pub fn act(&mut self, act: &Act) {
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

    pub fn known(&self, phone: usize, story: usize) -> Option<(ThingRef, Object)> {
        let thing = ThingRef::story(*self.told.get(story)?);
        let state = self.phones[phone].2.shown().remove(&thing)?;
        Some((thing, state))
    }

    /// One round; each request meets the luck that is its turn, and arrives when there is none left.
    pub fn sync(&mut self, phone: usize, luck: &[Luck]) -> Option<Trouble> {
        self.now += 10;
        let now = Millis(self.now);
        let mut luck = luck.iter().copied();
        let (mut round, mut step) = Round::start(now, &self.randomness());
        let (person, device, store) = &mut self.phones[phone];
        for _ in 0..1_000 {
            let event = match step {
                Step::Transact(Transaction::StartOver { .. })
                    if !self.restored && self.server.forks == Forks::default() =>
                {
                    panic!("a cursor fits the server that signed it")
                }
                Step::Transact(transaction) => match store.transact(&transaction) {
                    Ok(done) => {
                        own_words_stand(store, &self.server, &mut self.covered[phone]);
                        Event::Done(done)
                    }
                    Err(error) => panic!("{error}"),
                },
                Step::Push(batch) => 'push: {
                    if let Err(trouble) = self.line.passes(&batch) {
                        break 'push Event::Pushed(Err(trouble));
                    }
                    let ops = batch.body.lines().map(Incoming::read).collect();
                    let push = Push { from: sender(store, batch.device), ops, now };
                    let mut send = || -> PushAnswer {
                        hear(&mut self.server, [batch.known.as_ref(), None], now);
                        let answer = self.server.push(std::slice::from_ref(&push)).remove(0);
                        let mut answer = answer.signed(&self.server.key);
                        if self.older_server {
                            answer.position = None;
                        }
                        for receipt in answer.receipts.iter_mut().filter(|_| self.newer_server) {
                            let postponed = serde_json::json!({ "postponed": { "until": "full moon" } });
                            (receipt.outcome, receipt.seq) = (Outcome::Unknown(postponed), 0);
                        }
                        answer
                    };
                    Event::Pushed(meet(luck.next(), &mut send))
                }
                Step::HandBack(Handing { earlier, known }) => {
                    let mut send = || {
                        hear(&mut self.server, [None, known.as_ref()], now);
                        for (epoch, lines) in store.hands_back(&earlier) {
                            let push = self.server.take_up(epoch, &lines, now);
                            self.server.push(push.as_slice());
                        }
                        Some(self.server.key.sign_cursor(&self.server.head.into()))
                    };
                    Event::HandedBack(meet(luck.next(), &mut send))
                }
                Step::Pull(_) if self.may_not_read.contains(&phone) => Event::Pulled(Err(Trouble::SignedOut)),
                Step::Pull(PageWish { cursor, known, bytes }) => 'pull: {
                    hear(&mut self.server, [cursor.as_ref(), known.as_ref()], now);
                    let bytes = bytes.unwrap_or(self.server.page_bytes);
                    let body = self.server.pull_within(*person, cursor.as_ref(), bytes);
                    self.line.pulled.push(body.len());
                    if self.line.most_pulled.is_some_and(|most| body.len() > most) {
                        break 'pull Event::Pulled(Err(Trouble::Timeout));
                    }
                    let mut send = || {
                        hear(&mut self.server, [cursor.as_ref(), known.as_ref()], now);
                        let body = self.server.pull_within(*person, cursor.as_ref(), bytes);
                        let mut page = Page::parse(cursor.clone(), &body).expect("the server's own page");
                        if self.older_server {
                            page.header.unmeant = None;
                        }
                        page
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
    pub fn visible(&self, phone: usize) -> BTreeMap<ThingRef, Object> {
        let reader = self.server.reader(self.phones[phone].0);
        let rows = self.server.rows.iter().filter(|(_, row)| row.scope.admits(row.owner, &reader));
        rows.map(|(thing, row)| (thing.clone(), row.state.clone())).collect()
    }

    pub fn settle(&mut self) {
        for _ in 0..3 {
            for phone in 0..self.phones.len() {
                assert_eq!(self.sync(phone, &[]), None, "the network is whole again");
            }
        }
    }

    pub fn check(&self) {
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

/// The server hears what a phone knows of it, and looks whether its database went back in time.
fn hear(server: &mut Server, tokens: [Option<&Token>; 2], now: Millis) {
    let tokens: Vec<&Token> = tokens.into_iter().flatten().collect();
    server.begin_epoch_if_rolled_back(&tokens, Epoch::mint(now, &[server.head.seq as u8; 10]));
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

/// As whom the server takes what this device pushes: the browser sends the session of whoever sits here along.
fn sender(store: &Phone, device: DeviceId) -> From {
    let person = store.devices[&device].person;
    let signed_in = store.devices.values().any(|row| row.current && row.person == person);
    if signed_in { From::Person(person) } else { From::SignedOut(person) }
}
