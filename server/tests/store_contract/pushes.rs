//! Ops as phones would push them: by three people, sound and unsound.

use std::collections::HashMap;

use domain::{
    Object,
    id::{DeviceId, LabelId, PersonId, StoryId, ThingId},
    label::{Label, LabelKind},
    op::{Change, Edit, Op, OpBytes, TextEdit},
    person::{Person, Role},
    reaction::{Reaction, ReactionKind},
    story::{Audience, Status, Story},
    sync::ledger::{From, Incoming, Push},
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Act {
    Tell { who: usize, story: u8 },
    Edit { who: usize, story: u8, from: u8, to: u8 },
    Audience { who: usize, story: u8, audience: Audience, department: Option<u8> },
    Tag { who: usize, story: u8, tag: u8, on: bool },
    React { who: usize, story: u8, on: bool },
    Delete { who: usize, story: u8 },
    Restore { who: usize, story: u8 },
    Archive { who: usize, story: u8 },
    Department { who: usize, department: u8 },
    Role { who: usize, curator: bool },
    Future { who: usize },
    Broken { who: usize },
}

pub fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = 0..3_usize;
    let story = 0..4_u8;
    let audience = prop::sample::select(vec![Audience::Author, Audience::Department, Audience::Everyone]);
    let department = prop::option::of(0..2_u8);
    let act = prop_oneof![
        3 => (who.clone(), story.clone()).prop_map(|(who, story)| Act::Tell { who, story }),
        2 => (who.clone(), story.clone(), 0..3_u8, 0..3_u8)
            .prop_map(|(who, story, from, to)| Act::Edit { who, story, from, to }),
        3 => (who.clone(), story.clone(), audience, department)
            .prop_map(|(who, story, audience, department)| Act::Audience { who, story, audience, department }),
        2 => (who.clone(), story.clone(), 0..3_u8, any::<bool>())
            .prop_map(|(who, story, tag, on)| Act::Tag { who, story, tag, on }),
        2 => (who.clone(), story.clone(), any::<bool>()).prop_map(|(who, story, on)| Act::React { who, story, on }),
        1 => (who.clone(), story.clone()).prop_map(|(who, story)| Act::Delete { who, story }),
        1 => (who.clone(), story.clone()).prop_map(|(who, story)| Act::Restore { who, story }),
        1 => (who.clone(), story).prop_map(|(who, story)| Act::Archive { who, story }),
        2 => (who.clone(), 0..2_u8).prop_map(|(who, department)| Act::Department { who, department }),
        1 => (who.clone(), any::<bool>()).prop_map(|(who, curator)| Act::Role { who, curator }),
        1 => who.clone().prop_map(|who| Act::Future { who }),
        1 => who.prop_map(|who| Act::Broken { who }),
    ];
    prop::collection::vec(act, 1..30)
}

pub fn story_id(story: u8) -> StoryId {
    StoryId::mint(Millis(1_000 + i64::from(story)), &[story; 10])
}

fn department(number: u8) -> LabelId {
    LabelId::named(LabelKind::Department, &format!("avdelning {number}"))
}

pub struct People {
    seqs: HashMap<usize, u64>,
    now: i64,
    last: String,
}

const NAMES: [&str; 3] = ["Elin", "Micke", "Karin"];

impl People {
    pub fn new() -> Self {
        Self { seqs: HashMap::new(), now: 10_000, last: String::new() }
    }

    pub fn all(&self) -> Vec<PersonId> {
        NAMES.map(PersonId::named).to_vec()
    }

    pub fn last_bytes(&self) -> &str {
        &self.last
    }

    /// The server notes three people: two members and an administrator.
    pub fn founding(&mut self) -> Vec<Push> {
        let ops = NAMES.iter().enumerate().map(|(index, name)| {
            let person = Person {
                name: Name::new(*name).unwrap(),
                role: if index == 2 { Role::Admin } else { Role::Member },
                site: None,
                department: Some(department(index as u8 % 2)),
                joined_at: None,
            };
            Incoming::of(Op {
                device: DeviceId::mint(Millis(0), &[0; 10]),
                device_seq: index as u64 + 1,
                at: Millis(0),
                actor: PersonId::SYSTEM,
                thing: ThingRef::person(PersonId::named(name)),
                base: None,
                change: Change::Create(fields(&person)),
            })
        });
        vec![Push { from: From::System, ops: ops.collect(), now: Millis(self.now) }]
    }

    /// One transaction's pushes for each act, sometimes two at once.
    pub fn pushes(&mut self, acts: &[Act]) -> Vec<Vec<Push>> {
        acts.chunks(2).map(|acts| acts.iter().map(|act| self.push(act)).collect()).collect()
    }

    fn push(&mut self, act: &Act) -> Push {
        self.now += 1;
        let (who, changes) = changes(act);
        let ops = changes
            .into_iter()
            .map(|(thing, change)| Incoming::read(&self.line(who, thing, change)))
            .collect();
        Push { from: From::Person(PersonId::named(NAMES[who])), ops, now: Millis(self.now) }
    }

    fn line(&mut self, who: usize, thing: ThingRef, change: Result<Change, &str>) -> String {
        let seq = self.seqs.entry(who).or_insert(0);
        *seq += 1;
        let op = Op {
            device: DeviceId::mint(Millis(1), &[who as u8 + 1; 10]),
            device_seq: *seq,
            at: Millis(self.now),
            actor: PersonId::named(NAMES[who]),
            thing,
            base: None,
            change: change.clone().unwrap_or(Change::Delete),
        };
        let line = OpBytes::of(&op).as_str().to_owned();
        self.last = match change {
            Ok(_) => line,
            Err(odd) => line.replace(r#""delete""#, odd),
        };
        self.last.clone()
    }
}

type Changes = Vec<(ThingRef, Result<Change, &'static str>)>;

fn changes(act: &Act) -> (usize, Changes) {
    let story = |story: u8| ThingRef::story(story_id(story));
    let one = |thing, change| vec![(thing, Ok(change))];
    let set = |field: &str, value: serde_json::Value| Edit {
        set: Object::from_iter([(field.to_owned(), value)]),
        ..Edit::default()
    };
    match act {
        Act::Tell { who, story: number } => {
            let mut told = Story::blank(PersonId::named(NAMES[*who]));
            told.situation = Some(StoryText::new("ord 0 och ord 0").unwrap());
            told.department = Some(department(0));
            (*who, one(story(*number), Change::Create(fields(&told))))
        }
        Act::Edit { who, story: number, from, to } => {
            let text = |n: u8| format!("ord {n} och ord 0");
            let edit = TextEdit { from: text(*from), to: text(*to) };
            let edit = Edit { text: [("situation".to_owned(), edit)].into(), ..Edit::default() };
            (*who, one(story(*number), Change::Edit(edit)))
        }
        Act::Audience { who, story: number, audience, department: place } => {
            let mut edit = set("audience", serde_json::json!(audience));
            edit.set.insert("department".into(), serde_json::json!(place.map(department)));
            (*who, one(story(*number), Change::Edit(edit)))
        }
        Act::Tag { who, story: number, tag, on } => {
            let name = format!("tagg {tag}");
            let id = LabelId::named(LabelKind::Tag, &name);
            let members = Object::from_iter([("tags".to_owned(), serde_json::json!([id]))]);
            let edit = match on {
                true => Edit { add: members, ..Edit::default() },
                false => Edit { remove: members, ..Edit::default() },
            };
            let label = fields(&Label::new(Name::new(name).unwrap()));
            let label = (ThingRef::label(LabelKind::Tag, id), Ok(Change::Create(label)));
            (*who, vec![label, (story(*number), Ok(Change::Edit(edit)))])
        }
        Act::React { who, story: number, on } => {
            let (story, person) = (story_id(*number), PersonId::named(NAMES[*who]));
            let reaction = Reaction { story, person, reaction: ReactionKind::Applause, on: *on };
            let id = ThingId::reaction(story, person, ReactionKind::Applause.key());
            (*who, one(ThingRef { kind: ThingKind::Reaction, id }, Change::Create(fields(&reaction))))
        }
        Act::Delete { who, story: number } => (*who, one(story(*number), Change::Delete)),
        Act::Restore { who, story: number } => (*who, one(story(*number), Change::Restore)),
        Act::Archive { who, story: number } => {
            (*who, one(story(*number), Change::Move { from: Status::InLibrary, to: Status::Archived }))
        }
        Act::Department { who, department: place } => {
            let me = ThingRef::person(PersonId::named(NAMES[*who]));
            (*who, one(me, Change::Edit(set("department", serde_json::json!(department(*place))))))
        }
        Act::Role { who, curator } => {
            let role = if *curator { Role::Curator } else { Role::Member };
            let micke = ThingRef::person(PersonId::named("Micke"));
            (*who, one(micke, Change::Edit(set("role", serde_json::json!(role)))))
        }
        Act::Future { who } => (*who, vec![(story(0), Err(r#"{"levitate":3}"#))]),
        Act::Broken { who } => (*who, vec![(story(0), Err("}{"))]),
    }
}
