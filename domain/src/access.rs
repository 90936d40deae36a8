//! Who may see what, and who may change it. The server's checks, the store's queries and the tests all start here.

use serde::{Deserialize, Serialize};

use crate::{
    Object,
    id::{LabelId, PersonId},
    label::Label,
    op::Change,
    person::{Reader, Role},
    story::{Audience, Status, Story},
    thing::{ThingKind, ThingRef, read},
};

/// Who may see a thing, its owner and the curators apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Everyone,
    /// Those who work in this department; the owner and curators too.
    Department(LabelId),
    /// The owner and the curators.
    Curators,
    /// The owner alone, administrators included among those who cannot.
    Owner,
}

impl Scope {
    pub fn admits(self, owner: Option<PersonId>, reader: &Reader) -> bool {
        if owner == Some(reader.person) {
            return true;
        }
        match self {
            Self::Everyone => true,
            Self::Department(department) => reader.role.curates() || reader.department == Some(department),
            Self::Curators => reader.role.curates(),
            Self::Owner => false,
        }
    }

    /// Whether everyone whom `other` admits is admitted here too. Where not, somebody lost sight of the thing and
    /// is to be told that it is gone.
    pub fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::Everyone, _) | (_, Self::Owner) => true,
            (Self::Department(_) | Self::Curators, Self::Curators) => true,
            (Self::Department(one), Self::Department(other)) => one == other,
            _ => false,
        }
    }
}

/// Scope and owner of a thing in this state.
pub fn scope_of(kind: &ThingKind, state: &Object) -> (Scope, Option<PersonId>) {
    let person = |field: &str| state.get(field).and_then(|id| PersonId::deserialize(id).ok());
    let deleted = state.get("deleted_at").is_some_and(|at| !at.is_null());
    let owner = match kind {
        ThingKind::Story | ThingKind::Path | ThingKind::Conflict => person("author"),
        ThingKind::Reaction => person("person"),
        ThingKind::Showing => person("by"),
        _ => None,
    };
    let scope = match kind {
        _ if deleted => Scope::Curators,
        ThingKind::Story => read::<Story>(state).map_or(Scope::Curators, |story| story_scope(&story)),
        ThingKind::Reaction => Scope::Owner,
        // One of the two texts is for its author alone.
        ThingKind::Conflict if state.get("audience").is_some() => Scope::Owner,
        ThingKind::Showing | ThingKind::Conflict => Scope::Curators,
        _ => Scope::Everyone,
    };
    (scope, owner)
}

fn story_scope(story: &Story) -> Scope {
    match (story.status, story.audience, story.department) {
        (Status::InReview | Status::Archived, ..) => Scope::Curators,
        (Status::InLibrary, Audience::Everyone, _) => Scope::Everyone,
        (Status::InLibrary, Audience::Department, Some(department)) => Scope::Department(department),
        (Status::InLibrary, Audience::Department, None) => Scope::Curators,
        (Status::InLibrary, Audience::Author, _) => Scope::Owner,
    }
}

/// Someone who changes things: a person, or the server itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Person(Reader),
    System,
}

impl Actor {
    fn person(&self) -> PersonId {
        match self {
            Self::Person(reader) => reader.person,
            Self::System => PersonId::SYSTEM,
        }
    }

    fn sees(&self, kind: &ThingKind, state: &Object) -> bool {
        let (scope, owner) = scope_of(kind, state);
        match self {
            Self::Person(reader) => scope.admits(owner, reader),
            Self::System => true,
        }
    }

    fn role(&self) -> Role {
        match self {
            Self::Person(reader) => reader.role,
            Self::System => Role::Admin,
        }
    }
}

/// Whether `actor` may make `change` to `thing`, which is now in the state `now` (if it is there).
pub fn may(actor: &Actor, thing: &ThingRef, now: Option<&Object>, change: &Change) -> bool {
    if *actor == Actor::System {
        return true;
    }
    if matches!(change, Change::TakeUp(_)) {
        // Only the server knows what it once said.
        return false;
    }
    let owns = |state: &Object| scope_of(&thing.kind, state).1 == Some(actor.person());
    let curates = actor.role().curates();
    // Who cannot see a thing does not change it either, also if they remember its id.
    let arranges = |state: &Object| curates && actor.sees(&thing.kind, state);
    match (&thing.kind, change) {
        // What one tells or makes is one's own.
        (
            ThingKind::Story | ThingKind::Path | ThingKind::Showing | ThingKind::Reaction,
            Change::Create(fields),
        ) => owns(fields) && now.is_none_or(owns),
        (ThingKind::Story, Change::Move { .. }) => now.is_some_and(arranges),
        (ThingKind::Story | ThingKind::Path | ThingKind::Conflict, _) => {
            now.is_some_and(|state| owns(state) || arranges(state))
        }
        (ThingKind::Reaction, Change::Edit(_)) => now.is_some_and(owns),
        (ThingKind::Tag, Change::Create(_)) => true,
        (
            ThingKind::Tag | ThingKind::Value | ThingKind::Site | ThingKind::Department | ThingKind::Wording,
            _,
        ) => curates,
        (ThingKind::Person, Change::Edit(edit)) => {
            let own = PersonId::from(thing.id) == actor.person() && !edit.set.contains_key("role");
            own || actor.role() == Role::Admin
        }
        _ => false,
    }
}

/// Whether a push credential alone, without a session of `person`, may carry `change`: their own stories, and the new
/// tags that such a story names. The credential stays on a shared phone after sign-out, where the next person can read
/// it, so that it carries nothing else, whatever their role. What it may carry is still subject to [`may`].
///
/// Kinds and changes are listed one by one: a new one does not compile until somebody has decided.
pub fn may_signed_out(person: PersonId, thing: &ThingRef, now: Option<&Object>, change: &Change) -> bool {
    let owns = |state: &Object| scope_of(&thing.kind, state).1 == Some(person);
    match (&thing.kind, change) {
        (ThingKind::Story, Change::Create(fields)) => owns(fields) && now.is_none_or(owns),
        (ThingKind::Story, Change::Edit(_) | Change::Delete | Change::Restore) => now.is_some_and(owns),
        // The status of a story is for curators to decide.
        (ThingKind::Story, Change::Move { .. } | Change::TakeUp(_)) => false,
        // With aliases it would rename other tags, and merged it would take their place.
        (ThingKind::Tag, Change::Create(fields)) => {
            read::<Label>(fields).is_ok_and(|label| label.aliases.is_empty() && label.merged_into.is_none())
        }
        (
            ThingKind::Tag,
            Change::Edit(_) | Change::Move { .. } | Change::Delete | Change::Restore | Change::TakeUp(_),
        ) => false,
        (
            ThingKind::Value
            | ThingKind::Site
            | ThingKind::Department
            | ThingKind::Person
            | ThingKind::Path
            | ThingKind::Showing
            | ThingKind::Reaction
            | ThingKind::Wording
            | ThingKind::Tally
            | ThingKind::Conflict
            | ThingKind::Other(_),
            _,
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::StoryId, label::LabelKind, op::Edit, thing::fields, time::Millis};

    fn reader(name: &str, role: Role, department: Option<&str>) -> Reader {
        Reader {
            person: PersonId::named(name),
            role,
            department: department.map(|name| LabelId::named(LabelKind::Department, name)),
        }
    }

    #[test]
    fn a_story_for_the_department_is_seen_there_and_by_its_author_and_curators() {
        let mut story = Story::blank(PersonId::named("Elin"));
        story.audience = Audience::Department;
        story.department = Some(LabelId::named(LabelKind::Department, "Färg"));
        let (scope, owner) = scope_of(&ThingKind::Story, &fields(&story));
        let sees = |who| scope.admits(owner, &who);
        assert!(sees(reader("Elin", Role::Member, None)));
        assert!(sees(reader("Sara", Role::Member, Some("Färg"))));
        assert!(sees(reader("Karin", Role::Curator, None)));
        assert!(!sees(reader("Micke", Role::Member, Some("Bygg"))));
    }

    #[test]
    fn nobody_sees_what_is_for_its_author_alone() {
        let mut story = Story::blank(PersonId::named("Elin"));
        story.audience = Audience::Author;
        let (scope, owner) = scope_of(&ThingKind::Story, &fields(&story));
        assert!(!scope.admits(owner, &reader("Admin", Role::Admin, None)));
    }

    #[test]
    fn nobody_tells_in_another_name() {
        let elin = Actor::Person(reader("Elin", Role::Admin, None));
        let story = fields(&Story::blank(PersonId::named("Micke")));
        let thing = ThingRef::story(StoryId::mint(Millis(1), &[1; 10]));
        assert!(!may(&elin, &thing, None, &Change::Create(story)));
    }

    #[test]
    fn a_curator_changes_what_others_told_but_not_what_they_kept_to_themselves() {
        let curator = Actor::Person(reader("Karin", Role::Admin, None));
        let thing = ThingRef::story(StoryId::mint(Millis(1), &[1; 10]));
        let mut story = Story::blank(PersonId::named("Elin"));
        let archive = Change::Move { from: Status::InLibrary, to: Status::Archived };
        for change in [Change::Edit(Edit::default()), Change::Delete, archive] {
            story.audience = Audience::Everyone;
            assert!(may(&curator, &thing, Some(&fields(&story)), &change));
            story.audience = Audience::Author;
            assert!(!may(&curator, &thing, Some(&fields(&story)), &change));
        }
    }

    #[test]
    fn nobody_gives_themselves_a_role() {
        let elin = reader("Elin", Role::Curator, None);
        let change = |field: &str| {
            Change::Edit(Edit { set: Object::from_iter([(field.into(), "admin".into())]), ..Edit::default() })
        };
        let me = ThingRef::person(elin.person);
        assert!(may(&Actor::Person(elin), &me, None, &change("name")));
        assert!(!may(&Actor::Person(elin), &me, None, &change("role")));
    }

    /// Every kind of change, a created thing with `state`.
    fn changes(state: &Object) -> [(&'static str, Change); 6] {
        let taken = crate::op::TakenUp {
            epoch: crate::id::Epoch::mint(Millis(1), &[1; 10]),
            seq: 1,
            whole: 0,
            state: state.clone(),
        };
        let moved = Change::Move { from: Status::InLibrary, to: Status::Archived };
        [
            ("create", Change::Create(state.clone())),
            ("edit", Change::Edit(Edit::default())),
            ("move", moved),
            ("delete", Change::Delete),
            ("restore", Change::Restore),
            ("take up", Change::TakeUp(taken)),
        ]
    }

    /// A thing of any kind that is as much `owner`'s as one can be.
    fn owned_by(owner: PersonId) -> Object {
        let owner = serde_json::json!(owner);
        let owners = ["author", "person", "by"].map(|field| (field.to_owned(), owner.clone()));
        Object::from_iter(owners.into_iter().chain([("name".to_owned(), "Regn".into())]))
    }

    #[test]
    fn signed_out_actor_may_change_own_stories_and_create_tags_and_nothing_else_of_any_kind() {
        let elin = PersonId::named("Elin");
        let (own, others) = (owned_by(elin), owned_by(PersonId::named("Micke")));
        let mut allowed = Vec::new();
        for kind in ThingKind::KNOWN.into_iter().chain([ThingKind::Other("pulse".into())]) {
            // Of a person, the thing's id says whose it is.
            let thing = ThingRef::new(kind, elin);
            for (whose, now, given) in [
                ("new", None, &own),
                ("own", Some(&own), &own),
                ("new in another name", None, &others),
                ("another's", Some(&others), &others),
                ("another's as own", Some(&others), &own),
            ] {
                for (what, change) in changes(given) {
                    if may_signed_out(elin, &thing, now, &change) {
                        allowed.push(format!("{whose} {}: {what}", thing.kind.key()));
                    }
                }
            }
        }
        // Tags are nobody's own.
        let tags = ["new", "own", "new in another name", "another's", "another's as own"];
        let expected = ["new story: create", "own story: create", "own story: edit", "own story: delete"];
        let expected = expected.into_iter().chain(["own story: restore"]).map(str::to_owned);
        assert_eq!(
            allowed,
            expected.chain(tags.map(|whose| format!("{whose} tag: create"))).collect::<Vec<_>>()
        );
    }

    #[test]
    fn signed_out_actor_may_do_nothing_that_the_person_may_not() {
        let elin = PersonId::named("Elin");
        let states = [owned_by(elin), owned_by(PersonId::named("Micke"))];
        for kind in ThingKind::KNOWN {
            for thing in [elin, PersonId::named("Micke")].map(|id| ThingRef::new(kind.clone(), id)) {
                for now in [None, Some(&states[0]), Some(&states[1])] {
                    for (what, change) in states.iter().flat_map(changes) {
                        let signed_in = Actor::Person(reader("Elin", Role::Member, None));
                        assert!(
                            !may_signed_out(elin, &thing, now, &change)
                                || may(&signed_in, &thing, now, &change),
                            "{what} {thing}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn signed_out_actor_may_not_create_a_tag_that_takes_the_place_of_others() {
        let elin = PersonId::named("Elin");
        let mut label = Label::new(crate::text::Name::new("Regn").unwrap());
        let thing = ThingRef::label(LabelKind::Tag, LabelId::named(LabelKind::Tag, "Regn"));
        assert!(may_signed_out(elin, &thing, None, &Change::Create(fields(&label))));
        label.merged_into = Some(LabelId::named(LabelKind::Tag, "Snö"));
        assert!(!may_signed_out(elin, &thing, None, &Change::Create(fields(&label))));
        label.merged_into = None;
        label.aliases = vec![crate::text::Name::new("Snö").unwrap()];
        assert!(!may_signed_out(elin, &thing, None, &Change::Create(fields(&label))));
    }
}
