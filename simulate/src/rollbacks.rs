//! The server's database goes back in time under the same epoch, behind everybody's back.

use splitmix::Random;

use crate::{invariants::Broken, media::Left, plan::Fault, stores::Process, world::World};

impl World {
    /// Back to any backup of this epoch, or to how it lay just before a phone sent what it had told and got its
    /// receipts. Sometimes nobody sits at that phone afterwards.
    pub fn roll_back_database(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
        if self.key_lost {
            // A server that does not know its own mark believes nobody.
            return Ok(());
        }
        if random.chance(0.6) {
            self.server.back_up();
            self.start_round(phone, random);
            let turns = random.below(25);
            self.turns(turns, random)?;
        }
        let epoch = self.server.look().head.epoch;
        let backups = self.server.backups.iter().enumerate();
        let of_this_epoch: Vec<usize> =
            backups.filter(|(_, (backup, _))| backup.epoch() == epoch).map(|(at, _)| at).collect();
        if of_this_epoch.is_empty() {
            return Ok(());
        }
        self.met.note_fault(Fault::DatabaseRolledBack);
        let backup = match random.chance(0.6) {
            true => of_this_epoch[of_this_epoch.len() - 1],
            false => *random.choose(&of_this_epoch),
        };
        let process = *random.choose(&[Process::GoesOn, Process::BeginsAnew, Process::BeginsAnew]);
        // That bytes are lost and nothing else, no position says.
        let left = *random.choose(&[Left::All, Left::Backup]);
        self.server.roll_back(backup, process, left);
        self.forgive();
        if random.chance(0.2) {
            self.sign_out(phone);
        }
        Ok(())
    }
}
