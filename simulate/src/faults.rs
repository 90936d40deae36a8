//! What befalls phones and the server once, rather than a message on its way.

use std::collections::BTreeSet;

use domain::{
    id::{DeviceId, Epoch, StoryId},
    op::{Change, Op, OpBytes},
    story::Story,
    sync::{
        phone::{OpRow, Overlay},
        wire::{LEAST_PAGE_BYTES, SigningKey},
    },
    thing::{ThingRef, fields},
    time::Millis,
};
use splitmix::Random;

use crate::{
    handset::{Clock, Crash, Disk, Handset, Line},
    invariants::Broken,
    media::Left,
    people::{self, randomness},
    plan::{Fault, What},
    rounds::Task,
    server::token,
    world::World,
};

const YEAR: i64 = 365 * 86_400_000;
/// Turns for which a straggling answer is held up.
const HELD: u32 = 60;

impl World {
    pub fn befall(&mut self, fault: Fault, phone: usize, random: &mut Random) -> Result<(), Broken> {
        let handset = &mut self.phones[phone];
        match fault {
            Fault::BytesDamaged
            | Fault::UploadKilled
            | Fault::RestoredInUpload
            | Fault::DiesAtFinish
            | Fault::Decayed
            | Fault::NoRoom => self.befall_media(fault, phone, random)?,
            Fault::Offline => handset.online = !handset.online,
            Fault::OneWay => handset.one_way = !handset.one_way,
            Fault::ProxyLimit => self.proxy_passes = Some(400 + random.below(4_000) as usize),
            Fault::SlowLine => {
                let (push, page) =
                    (400 + random.below(4_000), LEAST_PAGE_BYTES as u64 + 1_000 + random.below(2_000));
                handset.line = Some(Line { push: push as usize, page: page as usize });
            }
            Fault::Crash => handset.crash = Some(Crash::of(random)),
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
            Fault::ServerCrash => self.server.crash_next = Some(Crash::of(random)),
            Fault::DiskFull => self.server.full_for = 1 + random.below(4) as u32,
            Fault::Restored => self.restore(random),
            Fault::DatabaseRolledBack => self.roll_back_database(phone, random)?,
            Fault::DraftToldTwice => self.tell_in_both_copies(phone, random)?,
            // Nobody could prove any more that its database went back.
            Fault::KeyLost if self.server.behind => {}
            Fault::KeyLost => {
                self.met.note_fault(fault);
                let mut key = [0; 32];
                key[..10].copy_from_slice(&randomness(random));
                self.server.store.set_key(SigningKey(key));
                self.key_lost = true;
            }
            Fault::Revoked => {
                let owner = handset.owner;
                self.revoked.insert(owner);
            }
            Fault::Poison => self.poison(phone, random),
            Fault::OlderClient => self.tell_from_the_future(phone, random),
            Fault::Storm => self.storm(random)?,
            Fault::Lent => self.lend(phone, random)?,
            Fault::SignedOut => self.sign_out(phone),
            Fault::Shared => self.share(phone, random)?,
            Fault::HandedOver => self.hand_over(phone, random)?,
            Fault::StormAfterRestore => self.storm_after_restore(random)?,
            Fault::Straggler => self.straggle(random)?,
            Fault::RequestLost
            | Fault::AnswerLost
            | Fault::Doubled
            | Fault::Delayed
            | Fault::Truncated
            | Fault::Portal
            | Fault::OlderServer
            | Fault::NewerServer
            | Fault::ChunkAltered => {}
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
        let handset = &mut self.phones[phone];
        handset.disk = disk;
        // The store says who sits here or, if they have signed out, who sat here last.
        let store = &handset.disk.store;
        if let Some(row) = store.devices.values().find(|row| row.current) {
            (handset.owner, handset.device) = (row.person, row.device);
        } else if let Some(reader) = store.library.reader {
            handset.owner = reader;
        }
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
        let original = &mut self.phones[phone];
        let mut twin = Handset::new(original.owner, original.device);
        twin.disk = original.disk.clone();
        twin.keeps_earlier = original.keeps_earlier;
        self.phones.push(twin);
    }

    /// Whoever sits at the two copies does not know of the other.
    fn tell_in_both_copies(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
        let Some(device) = self.phones[phone].current() else { return Ok(()) };
        let twin = self.phones.len();
        self.clone_phone(phone);
        if self.phones.len() == twin {
            return Ok(());
        }
        self.met.note_fault(Fault::DraftToldTwice);
        let draft = StoryId::mint(Millis(self.now), &randomness(random));
        for copy in [phone, twin] {
            // Its tabs may have been killed with what was told before.
            if self.phones[copy].current() == Some(device) {
                self.next_token += 1;
                let now = self.clock(copy);
                let doing = people::tell_draft(&self.phones[copy], draft, now, self.next_token, random);
                self.tell(copy, device, doing)?;
            }
            if random.chance(0.5) {
                self.start_round(copy, random);
                let turns = random.below(30);
                self.turns(turns, random)?;
            }
        }
        Ok(())
    }

    pub fn restore(&mut self, random: &mut Random) {
        self.met.note_fault(Fault::Restored);
        let backup = random.below(self.server.backups.len() as u64) as usize;
        self.restore_from(backup, random);
    }

    pub fn restore_from(&mut self, backup: usize, random: &mut Random) {
        let before = self.server.look().head.epoch;
        let epoch = Epoch::mint_after(before, Millis(self.now), &randomness(random));
        let left = *random.choose(&[Left::All, Left::Backup, Left::Nothing]);
        self.server.restore(backup, epoch, left);
        self.forgive();
    }

    /// What lies nowhere any more cannot be asked for: neither on the server nor on a phone.
    pub fn forgive(&mut self) {
        let mut alive: BTreeSet<u64> =
            self.server.look().ops.values().filter_map(|op| token(&op.bytes)).collect();
        for phone in &self.phones {
            alive.extend(phone.disk.store.ops.values().filter_map(|op| token(op.bytes.as_str())));
        }
        self.told.retain(|told| alive.contains(told));
        // What was handed back to the server before is handed back again by whoever reads it still.
        self.handed.clear();
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
        let story = people::change(What::Delete, &self.phones[phone], Millis(self.now), 0, random);
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

    /// The answer to one tab is held up until another tab has read to the end.
    fn straggle(&mut self, random: &mut Random) -> Result<(), Broken> {
        let waits = |task: &Task| task.is_uploading() || task.is_reading();
        for _ in 0..12 {
            if self.tasks.iter().any(waits) {
                break;
            }
            if self.tasks.is_empty() {
                let phone = random.below(self.phones.len() as u64) as usize;
                self.start_round(phone, random);
            }
            self.turn(random)?;
        }
        let Some(task) = self.tasks.iter_mut().find(|task| waits(task)) else { return Ok(()) };
        let phone = task.phone;
        task.held = HELD;
        self.met.note_fault(Fault::Straggler);
        self.server.commit()?;
        if random.chance(0.4) {
            self.restore(random);
        }
        self.start_round(phone, random);
        self.turns(u64::from(HELD), random)
    }
}
