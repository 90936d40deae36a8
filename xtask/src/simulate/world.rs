//! Phones, people and one server, and everything that is done to them.

use std::collections::BTreeSet;

use domain::{
    Object,
    id::{DeviceId, Epoch, PersonId, StoryId},
    label::{Label, LabelKind},
    op::{Change, Op, OpBytes},
    person::{Person, Role},
    story::Story,
    sync::{
        ledger::{From, Incoming, Push, Row},
        phone::{DeviceRow, OpRow, Overlay, Transaction},
        wire::SigningKey,
    },
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};

use crate::stories::random::Random;

use super::{
    handset::{Clock, Crash, Disk, Failed, Handset},
    invariants::{Broken, own_words_stand},
    mutants::Mutant,
    people::{self, DEPARTMENTS, Doing, department, randomness},
    plan::{Act, Fault, Plan, What},
    report::Met,
    rounds::{Late, Task},
    server::{Server, token},
};

const YEAR: i64 = 365 * 86_400_000;
/// 2026, by the server's clock.
const START: i64 = 1_780_000_000_000;
const STORM: u64 = 24;

pub struct World {
    pub server: Server,
    pub phones: Vec<Handset>,
    pub tasks: Vec<Task>,
    pub late: Vec<Late>,
    pub weather: Vec<Fault>,
    pub mutant: Option<Mutant>,
    pub met: Met,
    /// Every word that was told and must not be lost.
    pub told: BTreeSet<u64>,
    pub revoked: BTreeSet<PersonId>,
    pub now: i64,
    server_off: i64,
    next_token: u64,
    /// Ops that the server itself has made.
    made: u64,
    /// Whether some op was copied with a profile: both copies may be applied.
    pub cloned: bool,
    /// The network is whole again, and nothing more goes wrong.
    pub settling: bool,
}

impl World {
    pub fn new(plan: &Plan, mutant: Option<Mutant>) -> Result<Self, Broken> {
        let mut world = Self {
            server: Server::new(plan.page_records, mutant),
            phones: Vec::new(),
            tasks: Vec::new(),
            late: Vec::new(),
            weather: plan.weather.clone(),
            mutant,
            met: Met::default(),
            told: BTreeSet::new(),
            revoked: BTreeSet::new(),
            now: START,
            server_off: 0,
            next_token: 0,
            made: 0,
            cloned: false,
            settling: false,
        };
        let mut ops = Vec::new();
        for name in DEPARTMENTS {
            let label = Label::new(Name::new(name).expect("a name"));
            let id = domain::id::LabelId::named(LabelKind::Department, name);
            ops.push((ThingRef::label(LabelKind::Department, id), Change::Create(fields(&label))));
        }
        let people = [
            ("Elin", Role::Member),
            ("Karin", Role::Curator),
            ("Micke", Role::Member),
            ("Vera", Role::Admin),
        ];
        for (at, (name, role)) in people.into_iter().enumerate() {
            let name_ = Name::new(name).expect("a name");
            let department = Some(department(at as u64));
            let person = Person { name: name_, role, site: None, department, joined_at: None };
            ops.push((ThingRef::person(PersonId::named(name)), Change::Create(fields(&person))));
        }
        world.made_by_server(ops)?;
        let future = ThingRef::new(ThingKind::Other("pulse".into()), people_thing());
        world.add_from_the_future(future);
        for at in 0..plan.phones {
            let owner = PersonId::named(["Elin", "Karin", "Micke", "Vera", "Elin"][at]);
            let device = DeviceId::mint(Millis(START), &[at as u8 + 1; 10]);
            let mut phone = Handset::new(owner, device);
            phone.keeps_earlier = plan.acts.iter().any(|act| act.what == What::Befalls(Fault::RollBack));
            world.phones.push(phone);
        }
        world.server.back_up();
        Ok(world)
    }

    /// A newer server has had something that this version cannot read.
    fn add_from_the_future(&mut self, thing: ThingRef) {
        let state = self.server.store.everything_mut();
        state.head.seq += 1;
        let fields = Object::from_iter([("beats".into(), 72.into())]);
        let row = Row {
            seq: state.head.seq,
            state: fields,
            scope: domain::access::Scope::Everyone,
            owner: None,
            narrowed_at: 0,
            meant: false,
        };
        state.rows.insert(thing, row);
    }

    pub fn made_by_server(&mut self, changes: Vec<(ThingRef, Change)>) -> Result<(), Broken> {
        let device = DeviceId::mint(Millis(START), &[0; 10]);
        let ops = changes.into_iter().map(|(thing, change)| {
            self.made += 1;
            let at = Millis(self.now);
            Incoming::of(Op {
                device,
                device_seq: self.made,
                at,
                actor: PersonId::SYSTEM,
                thing,
                base: None,
                change,
            })
        });
        let push = Push { from: From::System, ops: ops.collect(), now: Millis(self.now) };
        self.server.finish_slow()?;
        self.server.full_for = 0;
        self.server.crash_next = false;
        self.server.slow_next = false;
        self.server.arrive(push, false)?;
        Ok(())
    }

    pub fn server_now(&self) -> Millis {
        Millis(self.now + self.server_off)
    }

    pub fn is_revoked(&self, person: PersonId) -> bool {
        self.revoked.contains(&person)
    }

    pub fn act(&mut self, act: &Act) -> Result<(), Broken> {
        let mut random = Random::new(act.dice);
        self.now += 1 + random.below(100_000) as i64;
        let phone = act.phone % self.phones.len();
        match act.what {
            What::Sync => {
                if self.tasks.iter().any(|task| task.phone == phone) {
                    self.phones[phone].poked = true;
                } else {
                    self.start_round(phone, &mut random);
                }
            }
            What::Wait => {
                self.server.finish_slow()?;
                self.late_arrives(&mut random)?;
                self.turns(30, &mut random)?;
            }
            What::Backup => self.server.back_up(),
            What::Befalls(fault) => self.befall(fault, phone, &mut random)?,
            what => {
                self.next_token += 1;
                let now = self.clock(phone);
                let doing = people::doing(what, &self.phones[phone], now, self.next_token, &mut random);
                if let Some(doing) = doing
                    && let Some(device) = self.phones[phone].current()
                {
                    self.tell(phone, device, doing)?;
                }
            }
        }
        self.late_arrives_sometimes(&mut random)?;
        let turns = random.below(22);
        self.turns(turns, &mut random)
    }

    fn late_arrives_sometimes(&mut self, random: &mut Random) -> Result<(), Broken> {
        if random.chance(0.2) { self.late_arrives(random) } else { Ok(()) }
    }

    pub fn turns(&mut self, count: u64, random: &mut Random) -> Result<(), Broken> {
        for _ in 0..count {
            self.turn(random)?;
        }
        Ok(())
    }

    fn tell(&mut self, phone: usize, device: DeviceId, doing: Doing) -> Result<(), Broken> {
        let intents = self.phones[phone].intents(&doing);
        let now = self.clock(phone);
        let tell = Transaction::Tell { device, intents, draft: None, now };
        let generation = self.server.generation;
        let saved = self.phones[phone].transact(&tell, false, generation, self.mutant, &mut self.met);
        let kept = |token: u64| {
            let ops = &self.phones[phone].disk.store.ops;
            ops.values().any(|op| super::server::token(op.bytes.as_str()) == Some(token))
        };
        // After a crash the store knows; before anything was said to be saved, the person does.
        if let Some((thing, mine)) = doing.mine
            && (saved.is_ok() || saved == Err(Failed::Crashed) && kept(mine.token))
        {
            self.told.insert(mine.token);
            self.phones[phone].disk.mine.insert(thing, mine);
        }
        if saved == Err(Failed::Crashed) {
            self.close_tabs(phone);
        }
        own_words_stand(&self.phones[phone], &self.server)
    }

    fn befall(&mut self, fault: Fault, phone: usize, random: &mut Random) -> Result<(), Broken> {
        let handset = &mut self.phones[phone];
        match fault {
            Fault::Offline => handset.online = !handset.online,
            Fault::OneWay => handset.one_way = !handset.one_way,
            Fault::Crash => {
                handset.crash =
                    Some(if random.chance(0.5) { Crash::BeforeCommit } else { Crash::AfterCommit });
            }
            Fault::Quota => handset.quota = 1 + random.below(4) as u32,
            Fault::Clock => {
                self.met.note_fault(fault);
                handset.clock = match random.below(3) {
                    0 => Clock::Off(YEAR),
                    1 => Clock::Off(-YEAR - random.below(1_000_000) as i64),
                    _ => Clock::Stands(self.now),
                };
            }
            Fault::ServerClock => {
                self.met.note_fault(fault);
                self.server_off -= random.below(86_400_000) as i64;
            }
            Fault::TwoTabs => {
                self.met.note_fault(fault);
                self.start_round(phone, random);
                self.start_round(phone, random);
            }
            Fault::Killed => {
                if self.tasks.is_empty() {
                    self.start_round(phone, random);
                }
                // In the middle of an upload, if there is one.
                for _ in 0..12 {
                    if self.tasks.iter().any(Task::is_uploading) {
                        break;
                    }
                    self.turn(random)?;
                }
                if let Some(phone) = self.tasks.iter().find(|task| task.is_uploading()).map(|task| task.phone)
                {
                    self.met.note_fault(fault);
                    self.close_tabs(phone);
                }
            }
            Fault::RollBack => self.roll_back(phone, random),
            Fault::Wiped => self.wipe(phone, random),
            Fault::Cloned => self.clone_phone(phone),
            Fault::SlowTransaction => self.server.slow_next = true,
            Fault::ServerCrash => self.server.crash_next = true,
            Fault::DiskFull => self.server.full_for = 1 + random.below(4) as u32,
            Fault::Restored => self.restore(random),
            Fault::KeyLost => {
                self.met.note_fault(fault);
                let mut key = [0; 32];
                key[..10].copy_from_slice(&randomness(random));
                self.server.store.everything_mut().key = SigningKey(key);
            }
            Fault::Revoked => {
                let owner = handset.owner;
                self.revoked.insert(owner);
            }
            Fault::Poison => self.poison(phone, random),
            Fault::OlderClient => self.tell_from_the_future(phone, random),
            Fault::Storm => self.storm(random)?,
            Fault::Lent => self.lend(phone, random)?,
            Fault::RequestLost | Fault::AnswerLost | Fault::Doubled | Fault::Delayed | Fault::Truncated => {}
        }
        Ok(())
    }

    fn roll_back(&mut self, phone: usize, random: &mut Random) {
        let earlier = &mut self.phones[phone].earlier;
        if earlier.is_empty() {
            return;
        }
        self.met.note_fault(Fault::RollBack);
        let at = random.below(earlier.len() as u64) as usize;
        let disk = earlier.swap_remove(at);
        earlier.clear();
        self.phones[phone].disk = disk;
        self.close_tabs(phone);
        self.cloned = true;
        self.forgive();
    }

    fn wipe(&mut self, phone: usize, random: &mut Random) {
        self.met.note_fault(Fault::Wiped);
        self.close_tabs(phone);
        let owner = self.phones[phone].owner;
        let mut fresh = Handset::new(owner, DeviceId::mint(Millis(self.now), &randomness(random)));
        fresh.keeps_earlier = self.phones[phone].keeps_earlier;
        self.phones[phone] = fresh;
        self.forgive();
    }

    fn clone_phone(&mut self, phone: usize) {
        if self.phones.len() >= 7 {
            return;
        }
        self.met.note_fault(Fault::Cloned);
        self.cloned = true;
        let original = &self.phones[phone];
        let mut twin = Handset::new(original.owner, original.device);
        twin.disk = original.disk.clone();
        twin.keeps_earlier = original.keeps_earlier;
        self.phones.push(twin);
    }

    fn restore(&mut self, random: &mut Random) {
        self.met.note_fault(Fault::Restored);
        let backup = random.below(self.server.backups.len() as u64) as usize;
        let epoch = Epoch::mint(Millis(self.now), &randomness(random));
        self.server.restore(backup, epoch);
        self.forgive();
    }

    /// What lies nowhere any more cannot be asked for: neither on the server nor on a phone.
    fn forgive(&mut self) {
        let mut alive: BTreeSet<u64> =
            self.server.look().ops.values().filter_map(|op| token(&op.bytes)).collect();
        for phone in &self.phones {
            alive.extend(phone.disk.store.ops.values().filter_map(|op| token(op.bytes.as_str())));
        }
        self.told.retain(|told| alive.contains(told));
    }

    /// An op that no server takes, as a broken client would leave it.
    fn poison(&mut self, phone: usize, random: &mut Random) {
        let Some(device) = self.phones[phone].current() else { return };
        self.met.note_fault(Fault::Poison);
        let Disk { store, .. } = &mut self.phones[phone].disk;
        let row = store.devices.get_mut(&device).expect("the current device has a row");
        let thing = ThingRef::story(StoryId::mint(Millis(self.now), &randomness(random)));
        let op = |change| Op {
            device,
            device_seq: row.next,
            at: Millis(self.now),
            actor: row.person,
            thing: thing.clone(),
            base: None,
            change,
        };
        let text = match random.below(16) {
            0 => {
                let mut story = fields(&Story::blank(row.person));
                story.insert("situation".into(), "å".repeat(domain::sync::wire::OP_BYTES / 2).into());
                OpBytes::of(&op(Change::Create(story))).as_str().to_owned()
            }
            1..=7 => OpBytes::of(&op(Change::Create(fields(&Story::blank(row.person))))).as_str().to_owned(),
            _ => r#"{"poison":true}"#.to_owned(),
        };
        let bytes = OpBytes::from_text(text).expect("JSON");
        let op = OpRow { device, device_seq: row.next, thing, at: Millis(self.now), bytes, rejected: None };
        row.next += 1;
        store.ops.insert((op.device, op.device_seq), op);
    }

    /// A newer client left an op of a kind that this one does not know.
    fn tell_from_the_future(&mut self, phone: usize, random: &mut Random) {
        let Some(device) = self.phones[phone].current() else { return };
        let story = people::doing(What::Delete, &self.phones[phone], Millis(self.now), 0, random);
        let Some((thing, _)) = story.and_then(|doing| doing.changes.into_iter().next()) else { return };
        self.met.note_fault(Fault::OlderClient);
        let state = self.phones[phone].shown(&thing).unwrap_or_default();
        let base = self.phones[phone].disk.held.get(&thing).map(|held| (held.seq, state.clone()));
        let store = &mut self.phones[phone].disk.store;
        let row = store.devices.get_mut(&device).expect("the current device has a row");
        let text = format!(
            r#"{{"device":"{device}","device_seq":{},"at":1,"actor":"{}","thing":{},"change":{{"levitate":3}}}}"#,
            row.next,
            row.person,
            serde_json::to_string(&thing).expect("a thing has a name"),
        );
        let op = OpRow {
            device,
            device_seq: row.next,
            thing: thing.clone(),
            at: Millis(self.now),
            bytes: OpBytes::from_text(text).expect("JSON"),
            rejected: None,
        };
        store.overlays.insert(thing, Overlay { base, state, device, last: row.next, received_at: None });
        row.next += 1;
        store.ops.insert((op.device, op.device_seq), op);
    }

    /// Many stories arrive, are read by whoever reads, and are deleted by a curator.
    fn storm(&mut self, random: &mut Random) -> Result<(), Broken> {
        self.met.note_fault(Fault::Storm);
        let ids: Vec<_> = (0..STORM)
            .map(|_| ThingRef::story(StoryId::mint(Millis(self.now), &randomness(random))))
            .collect();
        let mut story = Story::blank(PersonId::SYSTEM);
        story.situation = Some(StoryText::new("regn").expect("a text"));
        let create = |thing: &ThingRef| (thing.clone(), Change::Create(fields(&story)));
        self.made_by_server(ids.iter().map(create).collect())?;
        let reader = random.below(self.phones.len() as u64) as usize;
        self.start_round(reader, random);
        self.turns(60, random)?;
        let karin = PersonId::named("Karin");
        let device = DeviceId::mint(Millis(self.now), &randomness(random));
        let ops = ids.iter().zip(1..).map(|(thing, device_seq)| {
            let (at, thing) = (Millis(self.now), thing.clone());
            Incoming::of(Op {
                device,
                device_seq,
                at,
                actor: karin,
                thing,
                base: None,
                change: Change::Delete,
            })
        });
        let push = Push { from: From::Person(karin), ops: ops.collect(), now: self.server_now() };
        self.server.arrive(push, false)?;
        Ok(())
    }

    /// Somebody else tells on this phone, and goes before it is sent.
    fn lend(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
        let guest = PersonId::named(if self.phones[phone].owner == PersonId::named("Micke") {
            "Elin"
        } else {
            "Micke"
        });
        self.met.note_fault(Fault::Lent);
        let device = DeviceId::mint(Millis(self.now), &randomness(random));
        let row = DeviceRow { current: false, ..DeviceRow::new(device, guest, None) };
        self.phones[phone].disk.store.devices.insert(device, row);
        self.next_token += 1;
        let owner = std::mem::replace(&mut self.phones[phone].owner, guest);
        let now = self.clock(phone);
        let doing = people::doing(What::Tell, &self.phones[phone], now, self.next_token, random);
        self.phones[phone].owner = owner;
        match doing {
            // What the guest keeps to themselves need not stay on this screen.
            Some(mut doing) => {
                let mine = doing.mine.take();
                self.tell(phone, device, doing)?;
                let kept = |token: u64| {
                    let ops = &self.phones[phone].disk.store.ops;
                    ops.values().any(|op| super::server::token(op.bytes.as_str()) == Some(token))
                };
                if let Some((_, mine)) = mine
                    && kept(mine.token)
                {
                    self.told.insert(mine.token);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn people_thing() -> StoryId {
    StoryId::mint(Millis(START), &[42; 10])
}
