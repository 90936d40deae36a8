//! Several phones and a server, with messages lost, doubled and answered late: all agree in the end, nothing is lost
//! and nothing is done twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod attachments;
mod created_twice;
mod examples;
mod handback;
mod laws;
mod recorded;
mod removals;
mod rolled_back;
mod shared;
mod signed_out;
mod sizes;
mod world;

use domain::{
    reaction::Reaction,
    thing::{ThingRef, read},
};
use proptest::prelude::*;

use world::{World, act};

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
