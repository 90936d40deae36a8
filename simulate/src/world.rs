//! Phones, people and one server, and everything that is done to them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Object,
    id::{DeviceId, PersonId, StoryId},
    label::{Label, LabelKind},
    op::{Change, Op},
    person::{Person, Role},
    sync::{
        ledger::{From, Incoming, Push, Row},
        phone::Transaction,
    },
    text::Name,
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use serde_json::Value;
use splitmix::Random;

use crate::{
    handset::{Failed, Handset},
    invariants::{Broken, own_words_stand},
    media::{Bringing, bytes_went_after_a_receipt},
    mutants::Mutant,
    people::{self, DEPARTMENTS, Doing, department},
    plan::{Act, Fault, KINDS, OPS, Plan, What},
    readings::Reading,
    report::Met,
    rounds::{Late, Task},
    runs::Setting,
    server::Server,
};

/// 2026, by the server's clock.
const START: i64 = 1_780_000_000_000;

pub struct World {
    pub server: Server,
    pub phones: Vec<Handset>,
    pub tasks: Vec<Task>,
    pub uploads: Vec<Bringing>,
    pub late: Vec<Late>,
    pub readings: Vec<Reading>,
    pub weather: Vec<Fault>,
    pub mutant: Option<Mutant>,
    pub met: Met,
    /// Every word that was told and must not be lost.
    pub told: BTreeSet<u64>,
    /// What stories were told with that only a newer client knows, by whatever copies of a phone told them.
    pub moods: BTreeMap<ThingRef, Vec<Value>>,
    pub revoked: BTreeSet<PersonId>,
    pub now: i64,
    pub server_off: i64,
    pub next_token: u64,
    /// Ops that the server itself has made.
    made: u64,
    /// Whether some op was copied with a profile: both copies may be applied.
    pub cloned: bool,
    /// Words in what the server took up again after a restore.
    pub handed: BTreeSet<u64>,
    /// The largest body that the proxy in front of the server passes, if there is one.
    pub proxy_passes: Option<usize>,
    /// The server has lost its key, and does not know its own marks any more.
    pub key_lost: bool,
    /// The network is whole again, and nothing more goes wrong.
    pub settling: bool,
}

impl World {
    pub fn new(plan: &Plan, setting: Setting) -> Result<Self, Broken> {
        let mutant = setting.mutant;
        let mut world = Self {
            server: Server::new(plan.page_records, setting),
            phones: Vec::new(),
            tasks: Vec::new(),
            uploads: Vec::new(),
            late: Vec::new(),
            readings: Vec::new(),
            weather: plan.weather.clone(),
            mutant,
            met: Met::default(),
            told: BTreeSet::new(),
            moods: BTreeMap::new(),
            revoked: BTreeSet::new(),
            now: START,
            server_off: 0,
            next_token: 0,
            made: 0,
            cloned: false,
            handed: BTreeSet::new(),
            proxy_passes: None,
            key_lost: false,
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
        let Some(state) = self.server.store.memory() else { return };
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
        self.server.crash_next = None;
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
            What::Take => self.take(phone, &mut random)?,
            What::Befalls(fault) => self.befall(fault, phone, &mut random)?,
            what => {
                if let Some(device) = self.phones[phone].current() {
                    self.next_token += 1;
                    let now = self.clock(phone);
                    let doing = people::doing(what, &self.phones[phone], now, self.next_token, &mut random);
                    self.tell(phone, device, doing)?;
                }
            }
        }
        self.late_arrives_sometimes(&mut random)?;
        if random.chance(0.25) {
            self.read_on_somewhere(&mut random);
        }
        let turns = random.below(22);
        self.turns(turns, &mut random)
    }

    /// Somebody with nothing to change, or a phone on which nobody sits: acts and faults that came to nothing are made up
    /// for, so that a seed is as large as it is said to be.
    pub fn make_up_for_what_came_to_nothing(&mut self) -> Result<(), Broken> {
        let mut random = Random::new(self.now as u64);
        for more in 0..OPS as usize * 4 {
            if self.met.ops >= OPS {
                break;
            }
            let phone = more % self.phones.len();
            let owner = self.phones[phone].owner;
            if self.phones[phone].current().is_none() && !self.is_revoked(owner) {
                self.sign_in(phone, owner, &mut random)?;
            }
            self.act(&Act { phone, what: What::Tell, dice: random.next_u64() })?;
        }
        let at_once =
            [Fault::ServerClock, Fault::Clock, Fault::TwoTabs, Fault::Lent, Fault::Poison, Fault::Wiped];
        for fault in at_once {
            if self.all_met().kinds() < KINDS {
                let phone = random.below(self.phones.len() as u64) as usize;
                self.act(&Act { phone, what: What::Befalls(fault), dice: random.next_u64() })?;
            }
        }
        Ok(())
    }

    pub fn all_met(&self) -> Met {
        let mut met = self.met.clone();
        met.add(&self.server.met);
        met
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

    pub fn tell(&mut self, phone: usize, device: DeviceId, doing: Doing) -> Result<(), Broken> {
        let intents = self.phones[phone].intents(&doing);
        for (thing, change) in &doing.changes {
            if let Change::Create(fields) = change
                && let Some(mood) = fields.get("mood")
            {
                self.moods.entry(thing.clone()).or_default().push(mood.clone());
            }
        }
        let now = self.clock(phone);
        if !doing.attachments.told.is_empty() {
            let created = matches!(doing.changes.first(), Some((_, Change::Create(_))));
            self.met.note(if created { "attachment told" } else { "attachment added to a told story" });
        }
        let attachments = doing.attachments;
        let tell = Transaction::Tell { device, intents, draft: None, attachments, now };
        let generation = self.server.generation;
        let saved = self.phones[phone].transact(&tell, false, generation, self.mutant, &mut self.met);
        self.met.ops += if saved.is_ok() { doing.changes.len() as u64 } else { 0 };
        // After a crash the store knows; before anything was said to be saved, the person does.
        if let Some((thing, mine)) = doing.mine
            && (saved.is_ok() || saved == Err(Failed::Crashed) && self.phones[phone].keeps(mine.token))
        {
            self.told.insert(mine.token);
            self.phones[phone].disk.mine.insert(thing, mine);
        }
        if saved == Err(Failed::Crashed) {
            self.close_tabs(phone);
        }
        bytes_went_after_a_receipt(&mut self.phones[phone], &self.server)?;
        own_words_stand(&self.phones[phone], &self.server)
    }
}

fn people_thing() -> StoryId {
    StoryId::mint(Millis(START), &[42; 10])
}
