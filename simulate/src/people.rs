//! What people do on a phone: changes as the screens make them.

use std::collections::BTreeMap;

use domain::{
    Object,
    id::{LabelId, PathId, StoryId, ThingId},
    label::{Label, LabelKind},
    op::{Change, Edit, TextEdit},
    path::Path,
    reaction::{Reaction, ReactionKind},
    story::{Audience, Status, Story},
    sync::phone::{Attachments, Intent},
    text::{Name, StoryText, Title},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use serde_json::json;
use splitmix::Random;

use crate::{
    handset::{Handset, Mine},
    plan::What,
};

const WORDS: [&str; 12] =
    ["kassan", "regn", "hund", "kö", "färg", "skruv", "glad", "kund", "sent", "kaffe", "vagn", "nyckel"];
const PARTS: [&str; 3] = ["situation", "action", "outcome"];
/// Who there is: two members, a curator and an administrator.
pub const PEOPLE: [&str; 4] = ["Elin", "Karin", "Micke", "Vera"];
pub const DEPARTMENTS: [&str; 2] = ["Färg", "Bygg"];

pub fn department(at: u64) -> LabelId {
    LabelId::named(LabelKind::Department, DEPARTMENTS[at as usize % DEPARTMENTS.len()])
}

pub fn randomness(random: &mut Random) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.next_u64().to_le_bytes());
    bytes[8..].copy_from_slice(&random.next_u64().to_le_bytes()[..2]);
    bytes
}

/// A change as a person makes it, and the words in it.
pub struct Doing {
    pub changes: Vec<(ThingRef, Change)>,
    pub mine: Option<(ThingRef, Mine)>,
    /// What becomes of the photos and voice notes that were taken for it.
    pub attachments: Attachments,
}

impl Doing {
    fn of(thing: ThingRef, change: Change) -> Self {
        Self { changes: vec![(thing, change)], mine: None, attachments: Attachments::default() }
    }
}

impl Handset {
    /// What the screen shows of a thing.
    pub fn shown(&self, thing: &ThingRef) -> Option<Object> {
        if let Some(overlay) = self.disk.store.overlays.get(thing) {
            return Some(overlay.state.clone());
        }
        self.held_state(thing)
    }

    fn held_state(&self, thing: &ThingRef) -> Option<Object> {
        let state = self.disk.held.get(thing)?.state.as_ref()?;
        Some(serde_json::from_str(state).expect("a state is an object"))
    }

    pub fn intents(&self, doing: &Doing) -> Vec<Intent> {
        let intent = |(thing, change): &(ThingRef, Change)| {
            let held = self.disk.held.get(thing);
            let base = held.and_then(|held| Some((held.seq, self.held_state(thing)?)));
            Intent { thing: thing.clone(), change: change.clone(), base }
        };
        doing.changes.iter().map(intent).collect()
    }

    fn known(&self, kind: &ThingKind) -> Vec<ThingRef> {
        let reader = self.reader();
        let overlays = self.disk.store.overlays.iter();
        let overlays = overlays.filter(|(thing, overlay)| overlay.is_for(&thing.kind, &reader));
        let overlays = overlays.map(|(thing, _)| thing);
        let held = self.disk.held.iter().filter(|(_, held)| held.state.is_some()).map(|(thing, _)| thing);
        let mut known: Vec<_> = overlays.chain(held).filter(|thing| thing.kind == *kind).cloned().collect();
        known.sort();
        known.dedup();
        known
    }

    fn pick(&self, random: &mut Random, kind: &ThingKind) -> Option<ThingRef> {
        let known = self.known(kind);
        if known.is_empty() {
            return None;
        }
        // The newest more often: that is where people meet.
        let back = random.below(known.len() as u64).min(random.below(known.len() as u64));
        known.get(known.len() - 1 - back as usize).cloned()
    }
}

/// What somebody does on this phone. Where there is nothing to change, they tell something instead.
pub fn doing(what: What, phone: &Handset, now: Millis, token: u64, random: &mut Random) -> Doing {
    change(what, phone, now, token, random).unwrap_or_else(|| tell(phone, now, token, random))
}

/// The change that `what` is on this phone, if there is something to change.
pub fn change(what: What, phone: &Handset, now: Millis, token: u64, random: &mut Random) -> Option<Doing> {
    let story = |random: &mut Random| phone.pick(random, &ThingKind::Story);
    let set = |field: &str, value| {
        Change::Edit(Edit { set: Object::from_iter([(field.to_owned(), value)]), ..Edit::default() })
    };
    Some(match what {
        What::Tell => tell(phone, now, token, random),
        What::Edit => edit(phone, story(random)?, token, random),
        What::Tag => tag(story(random)?, random),
        What::React => react(phone, story(random)?, random),
        What::Delete => Doing::of(story(random)?, Change::Delete),
        What::Restore => Doing::of(story(random)?, Change::Restore),
        What::Move => {
            let all = [Status::InLibrary, Status::Archived, Status::InReview];
            Doing::of(story(random)?, Change::Move { from: *random.choose(&all), to: *random.choose(&all) })
        }
        What::Audience => {
            let all = [Audience::Author, Audience::Department, Audience::Everyone];
            Doing::of(story(random)?, set("audience", json!(random.choose(&all))))
        }
        What::Department => {
            let person = phone.pick(random, &ThingKind::Person)?;
            Doing::of(person, set("department", json!(department(random.next_u64()))))
        }
        What::Role => {
            let person = phone.pick(random, &ThingKind::Person)?;
            Doing::of(person, set("role", json!(random.choose(&["member", "curator"]))))
        }
        What::Resolve => Doing::of(phone.pick(random, &ThingKind::Conflict)?, set("resolved", json!(true))),
        What::Path => path(phone, now, random),
        What::Take | What::Sync | What::Wait | What::Backup | What::Befalls(_) => return None,
    })
}

fn words(random: &mut Random) -> String {
    let count = 1 + random.below(4);
    (0..count).map(|_| *random.choose(&WORDS)).collect::<Vec<_>>().join(" ")
}

fn tell(phone: &Handset, now: Millis, token: u64, random: &mut Random) -> Doing {
    let draft = StoryId::mint(now, &randomness(random));
    tell_draft(phone, draft, now, token, random)
}

/// Tells the draft with this id, or one for which something was taken.
pub fn tell_draft(phone: &Handset, draft: StoryId, now: Millis, token: u64, random: &mut Random) -> Doing {
    let mut story = Story::blank(phone.owner);
    let text = format!("{} q{token} slut", words(random));
    story.situation = Some(StoryText::new(text.clone()).expect("words are text"));
    story.department = Some(department(random.next_u64()));
    story.audience =
        *random.choose(&[Audience::Everyone, Audience::Everyone, Audience::Department, Audience::Author]);
    story.told_at = Some(now);
    let (id, attachments) = phone.with_what_was_taken(&mut story, draft, random);
    let thing = ThingRef::story(id);
    let mut state = fields(&story);
    if random.chance(0.2) {
        // From a newer client.
        state.insert("mood".into(), json!({ "b": token, "a": [1, null] }));
    }
    let mine = Mine { person: phone.owner, token, field: "situation", text };
    let changes = vec![(thing.clone(), Change::Create(state))];
    Doing { changes, mine: Some((thing, mine)), attachments }
}

fn edit(phone: &Handset, thing: ThingRef, token: u64, random: &mut Random) -> Doing {
    let field = *random.choose(&PARTS);
    let state = phone.shown(&thing).unwrap_or_default();
    let from = state.get(field).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    let mut to: Vec<String> = from.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let at = random.below(to.len() as u64 + 1) as usize;
    if at < to.len() && random.chance(0.4) {
        to.remove(at);
    }
    to.insert(at.min(to.len()), format!("{} q{token}", words(random)));
    let to = to.join(" ");
    let text = BTreeMap::from([(field.to_owned(), TextEdit { from, to: to.clone() })]);
    let mut edit = Edit { text, ..Edit::default() };
    let adds = random.chance(0.3);
    let attachments = if adds { phone.add_what_was_taken(&thing, &mut edit) } else { Default::default() };
    let mine = Mine { person: phone.owner, token, field, text: to };
    Doing { changes: vec![(thing.clone(), Change::Edit(edit))], mine: Some((thing, mine)), attachments }
}

fn tag(thing: ThingRef, random: &mut Random) -> Doing {
    let name = format!("tagg {}", random.below(3));
    let id = LabelId::named(LabelKind::Tag, &name);
    let label = fields(&Label::new(Name::new(name).expect("a name")));
    let members = Object::from_iter([("tags".into(), json!([id]))]);
    let edit = match random.chance(0.6) {
        true => Edit { add: members, ..Edit::default() },
        false => Edit { remove: members, ..Edit::default() },
    };
    let label = (ThingRef::label(LabelKind::Tag, id), Change::Create(label));
    Doing {
        changes: vec![label, (thing, Change::Edit(edit))],
        mine: None,
        attachments: Attachments::default(),
    }
}

fn react(phone: &Handset, thing: ThingRef, random: &mut Random) -> Doing {
    let story = StoryId::from(thing.id);
    let kind = *random.choose(&ReactionKind::ALL);
    let reaction = Reaction { story, person: phone.owner, reaction: kind, on: random.chance(0.7) };
    let id = ThingId::reaction(story, phone.owner, kind.key());
    Doing::of(ThingRef { kind: ThingKind::Reaction, id }, Change::Create(fields(&reaction)))
}

fn path(phone: &Handset, now: Millis, random: &mut Random) -> Doing {
    if let Some(path) = phone.pick(random, &ThingKind::Path)
        && random.chance(0.6)
    {
        let state = phone.shown(&path).unwrap_or_default();
        let from = state.get("title").and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        let to = format!("{from} {}", words(random));
        let text = BTreeMap::from([("title".to_owned(), TextEdit { from, to })]);
        return Doing::of(path, Change::Edit(Edit { text, ..Edit::default() }));
    }
    let path = Path {
        title: Title::new(words(random)).expect("words are a title"),
        purpose: None,
        stops: Vec::new(),
        author: phone.owner,
        departments: Vec::new(),
        deleted_at: None,
    };
    Doing::of(ThingRef::path(PathId::mint(now, &randomness(random))), Change::Create(fields(&path)))
}
