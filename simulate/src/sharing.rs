//! Several people on one phone.

use domain::{
    id::{DeviceId, PersonId},
    sync::phone::{DeviceRow, Transaction},
    time::Millis,
};
use splitmix::Random;

use crate::{
    invariants::Broken,
    people::{self, PEOPLE, randomness},
    plan::{Fault, What},
    world::World,
};

impl World {
    /// Somebody else tells on this phone, and goes before it is sent.
    pub fn lend(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
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
        let mut doing = people::doing(What::Tell, &self.phones[phone], now, self.next_token, random);
        self.phones[phone].owner = owner;
        // What the guest keeps to themselves need not stay on this screen.
        let mine = doing.mine.take();
        self.tell(phone, device, doing)?;
        if let Some((_, mine)) = mine
            && self.phones[phone].keeps(mine.token)
        {
            self.told.insert(mine.token);
        }
        Ok(())
    }

    pub fn sign_out(&mut self, phone: usize) {
        self.met.note_fault(Fault::SignedOut);
        self.phones[phone].disk.store.devices.values_mut().for_each(|row| row.current = false);
    }

    /// Another person signs in, or whoever sat here before.
    pub fn share(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
        let person = PersonId::named(PEOPLE[random.below(4) as usize]);
        if self.is_revoked(person) {
            return Ok(());
        }
        self.met.note_fault(Fault::Shared);
        self.sign_in(phone, person, random)
    }

    /// Somebody signs in, asks for the first page of their library, and before it is here somebody else signs in.
    pub fn hand_over(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
        let from = random.below(4) as usize;
        let to = (from + 1 + random.below(3) as usize) % 4;
        let [from, to] = [from, to].map(|at| PersonId::named(PEOPLE[at]));
        if self.is_revoked(from) || self.is_revoked(to) {
            return Ok(());
        }
        self.sign_in(phone, from, random)?;
        self.start_round(phone, random);
        let waits = |world: &Self| {
            let mut tasks = world.tasks.iter().filter(|task| task.phone == phone);
            tasks.any(|task| task.is_reading() && task.reads_from_the_beginning())
        };
        for _ in 0..40 {
            if waits(self) {
                self.met.note_fault(Fault::HandedOver);
                return self.sign_in(phone, to, random);
            }
            self.turn(random)?;
        }
        Ok(())
    }

    pub fn sign_in(&mut self, phone: usize, person: PersonId, random: &mut Random) -> Result<(), Broken> {
        let device = DeviceRow::new(DeviceId::mint(Millis(self.now), &randomness(random)), person, None);
        let sign_in = Transaction::SignIn { device: device.clone() };
        let before = self.phones[phone].disk.store.library.handovers;
        let signed_in = self.transact(phone, &sign_in, false)?;
        let handset = &mut self.phones[phone];
        if signed_in.is_err() && !handset.disk.store.devices.contains_key(&device.device) {
            return Ok(());
        }
        (handset.owner, handset.device) = (person, device.device);
        if handset.disk.store.library.handovers > before {
            self.met.note("library emptied for somebody else");
        }
        Ok(())
    }
}
