//! Tags and reactions of people who did not know of each other: in whatever order they are heard, however they are
//! grouped and however often they are sent, the same comes of it.

use domain::{
    Object,
    id::{DeviceId, Epoch, LabelId, PersonId, StoryId, ThingId},
    label::LabelKind,
    op::{Change, Edit, Op, OpBytes},
    person::{Person, Role},
    reaction::{Reaction, ReactionKind, Tally},
    story::Story,
    sync::{
        ledger::{From, Head, Incoming, Push},
        memory::Server,
        wire::{Chain, SigningKey},
    },
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields, read},
    time::Millis,
};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Does {
    Tags(u8, bool),
    Reacts(usize, bool),
}

/// What each of three people does, in their order.
fn everyone() -> impl Strategy<Value = Vec<Vec<Does>>> {
    let does = prop_oneof![
        (0..2_u8, any::<bool>()).prop_map(|(tag, on)| Does::Tags(tag, on)),
        (0..ReactionKind::ALL.len(), any::<bool>()).prop_map(|(kind, on)| Does::Reacts(kind, on)),
    ];
    prop::collection::vec(prop::collection::vec(does, 0..5), 3)
}

/// In which order, in groups of how many, and which of them come twice.
#[derive(Clone, Debug)]
struct Heard {
    turns: Vec<usize>,
    group: usize,
    again: Vec<bool>,
}

fn heard() -> impl Strategy<Value = Heard> {
    let turns = prop::collection::vec(0..3_usize, 15);
    (turns, 1..5_usize, prop::collection::vec(any::<bool>(), 15)).prop_map(|(turns, group, again)| Heard {
        turns,
        group,
        again,
    })
}

const NAMES: [&str; 3] = ["Elin", "Karin", "Vera"];

fn story() -> StoryId {
    StoryId::mint(Millis(1), &[1; 10])
}

fn tag(number: u8) -> LabelId {
    LabelId::named(LabelKind::Tag, &format!("tagg {number}"))
}

/// A server on which Elin has told a story with one tag, and the `seq` up to which everybody has read.
fn server() -> (Server, u64) {
    let head = Head { epoch: Epoch::mint(Millis(1), &[1; 10]), seq: 0, chain: Chain::default() };
    let mut server = Server::new(head, SigningKey([7; 32]));
    let mut ops = Vec::new();
    for name in NAMES {
        let name_ = Name::new(name).unwrap();
        let person =
            Person { name: name_, role: Role::Curator, site: None, department: None, joined_at: None };
        ops.push((ThingRef::person(PersonId::named(name)), fields(&person)));
    }
    let mut told = Story::blank(PersonId::named("Elin"));
    told.situation = Some(StoryText::new("regn").unwrap());
    told.tags = vec![tag(0)];
    ops.push((ThingRef::story(story()), fields(&told)));
    let device = DeviceId::mint(Millis(0), &[0; 10]);
    let ops = ops.into_iter().zip(1..).map(|((thing, fields), device_seq)| {
        let (at, actor, change) = (Millis(0), PersonId::SYSTEM, Change::Create(fields));
        Incoming::of(Op { device, device_seq, at, actor, thing, base: None, change })
    });
    server.push(&[Push { from: From::System, ops: ops.collect(), now: Millis(1) }]);
    let seq = server.head.seq;
    (server, seq)
}

fn op(who: usize, device_seq: u64, does: Does, base: u64) -> Op {
    let person = PersonId::named(NAMES[who]);
    let (thing, change) = match does {
        Does::Tags(number, on) => {
            let members = Object::from_iter([("tags".into(), serde_json::json!([tag(number)]))]);
            let edit = match on {
                true => Edit { add: members, ..Edit::default() },
                false => Edit { remove: members, ..Edit::default() },
            };
            (ThingRef::story(story()), Change::Edit(edit))
        }
        Does::Reacts(kind, on) => {
            let reaction = ReactionKind::ALL[kind];
            let id = ThingId::reaction(story(), person, reaction.key());
            let reaction = Reaction { story: story(), person, reaction, on };
            (ThingRef { kind: ThingKind::Reaction, id }, Change::Create(fields(&reaction)))
        }
    };
    let device = DeviceId::mint(Millis(1), &[who as u8 + 1; 10]);
    Op { device, device_seq, at: Millis(0), actor: person, thing, base: Some(base), change }
}

/// The tags, the tally and everybody's reactions once all has been heard.
fn comes_of(everyone: &[Vec<Does>], heard: &Heard) -> (Option<serde_json::Value>, Tally, Vec<Object>) {
    let (mut server, base) = server();
    let mut left: Vec<_> = everyone.iter().map(|does| does.iter().copied().zip(1_u64..)).collect();
    let mut order = Vec::new();
    let turns = heard.turns.iter().copied().chain((0..3).flat_map(|who| [who; 5]));
    for who in turns {
        order.extend(left[who].next().map(|(does, number)| (who, op(who, number, does, base))));
    }
    let push = |(who, op): &(usize, Op)| {
        let ops = vec![Incoming::read(OpBytes::of(op).as_str())];
        Push { from: From::Person(PersonId::named(NAMES[*who])), ops, now: Millis(2) }
    };
    let pushes: Vec<Push> = order.iter().map(push).collect();
    for (group, again) in pushes.chunks(heard.group).zip(heard.again.iter().cycle()) {
        server.push(group);
        if *again {
            server.push(group);
        }
    }
    let row = |thing: &ThingRef| server.rows.get(thing).map(|row| row.state.clone()).unwrap_or_default();
    let tally = read(&row(&ThingRef::tally(story()))).unwrap_or_default();
    let reactions = server.rows.iter().filter(|(thing, _)| thing.kind == ThingKind::Reaction);
    let reactions = reactions.map(|(_, row)| row.state.clone()).collect();
    (row(&ThingRef::story(story())).remove("tags"), tally, reactions)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn tags_and_reactions_come_to_the_same_however_they_are_heard(
        everyone in everyone(), one in heard(), other in heard()
    ) {
        prop_assert_eq!(comes_of(&everyone, &one), comes_of(&everyone, &other));
    }
}

/// Karin and Vera both add a tag; Karin has second thoughts. She never saw that Vera had added it too.
#[test]
fn a_tag_that_two_have_added_stays_when_one_takes_it_back() {
    let everyone = vec![vec![], vec![Does::Tags(1, true), Does::Tags(1, false)], vec![Does::Tags(1, true)]];
    for turns in [vec![1, 1, 2], vec![1, 2, 1], vec![2, 1, 1]] {
        let heard = Heard { turns, group: 1, again: vec![false] };
        let (tags, ..) = comes_of(&everyone, &heard);
        let both = {
            let mut both = [tag(0), tag(1)];
            both.sort_by_key(|tag| tag.to_string());
            both
        };
        assert_eq!(tags, Some(serde_json::json!(both)));
    }
}
