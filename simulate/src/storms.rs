//! Many stories that are deleted at once, and nobody has said yet that it was meant.

use domain::{
    id::{DeviceId, PersonId, StoryId},
    op::{Change, Op},
    story::Story,
    sync::ledger::{From, Incoming, Push},
    text::StoryText,
    thing::{ThingRef, fields},
    time::Millis,
};
use splitmix::Random;

use crate::{invariants::Broken, people::randomness, plan::Fault, world::World};

/// More than a phone lets go without a word.
const STORM: u64 = 24;

impl World {
    /// Many stories arrive, are read by whoever reads, and are deleted by a curator.
    pub fn storm(&mut self, random: &mut Random) -> Result<(), Broken> {
        self.met.note_fault(Fault::Storm);
        let stories = self.many_stories(random)?;
        self.delete_all(&stories, random)
    }

    /// The same, but between the two the server is restored: the deletions get numbers that the phones had read before.
    pub fn storm_after_restore(&mut self, random: &mut Random) -> Result<(), Broken> {
        self.met.note_fault(Fault::StormAfterRestore);
        let stories = self.many_stories(random)?;
        self.server.back_up();
        self.restore_from(self.server.backups.len() - 1, random);
        self.delete_all(&stories, random)
    }

    fn many_stories(&mut self, random: &mut Random) -> Result<Vec<ThingRef>, Broken> {
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
        Ok(ids)
    }

    fn delete_all(&mut self, stories: &[ThingRef], random: &mut Random) -> Result<(), Broken> {
        let karin = PersonId::named("Karin");
        let device = DeviceId::mint(Millis(self.now), &randomness(random));
        let ops = stories.iter().zip(1..).map(|(thing, device_seq)| {
            let (at, thing) = (Millis(self.now), thing.clone());
            let change = Change::Delete;
            Incoming::of(Op { device, device_seq, at, actor: karin, thing, base: None, change })
        });
        let push = Push { from: From::Person(karin), ops: ops.collect(), now: self.server_now() };
        self.server.arrive(push, false)?;
        Ok(())
    }
}
