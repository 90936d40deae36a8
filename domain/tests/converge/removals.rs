//! Much is taken from view only when it was meant; and what holds that up goes on once it was.

use domain::{
    Object,
    id::{PersonId, StoryId},
    op::{Change, Edit},
    sync::{handback::Forks, round::Trouble},
    thing::ThingRef,
};

use crate::world::{Act, Luck, World};

const ELIN: usize = 0;
const MICKE: usize = 2;
const KARIN: usize = 3;

fn set(field: &str, value: serde_json::Value) -> Change {
    Change::Edit(Edit { set: Object::from_iter([(field.to_owned(), value)]), ..Edit::default() })
}

/// A library in which Elin has told so many stories, and everyone has read them.
fn library_of(count: usize) -> (World, Vec<StoryId>) {
    let mut world = World::new();
    for at in 0..count {
        world.act(&Act::Tell { phone: ELIN, text: format!("regn {at}") });
    }
    world.settle();
    let stories = world.told.clone();
    (world, stories)
}

impl World {
    fn each(&mut self, phone: usize, stories: &[StoryId], change: &Change) {
        for story in stories {
            self.tell(phone, ThingRef::story(*story), change.clone());
        }
        assert_eq!(self.sync(phone, &[]), None);
    }

    /// An administrator, or a rule of retention.
    fn administrator(&mut self, stories: &[StoryId], change: &Change) {
        let changes = stories.iter().map(|story| (ThingRef::story(*story), change.clone()));
        self.made_by_server(changes.collect());
    }

    fn stories_shown(&self, phone: usize) -> usize {
        let shown = self.phones[phone].2.shown();
        shown.keys().filter(|thing| thing.kind == domain::thing::ThingKind::Story).count()
    }
}

#[test]
fn nothing_of_a_pull_is_taken_that_takes_too_much() {
    let (mut world, stories) = library_of(30);
    world.each(KARIN, &stories[..24], &Change::Delete);
    assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
    assert_eq!(world.stories_shown(MICKE), 30);
    world.administrator(&stories[..24], &Change::Delete);
    world.settle();
    world.check();
}

#[test]
fn a_phone_counts_by_itself_what_an_older_server_takes() {
    let (mut world, stories) = library_of(30);
    world.older_server = true;
    world.each(KARIN, &stories[..24], &Change::Delete);
    assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
    assert!(world.stories_shown(MICKE) >= 10);
    world.administrator(&stories[..24], &Change::Delete);
    world.settle();
    world.check();
}

/// It is brought up to date in the middle of a pull, and from then on says what is to come.
#[test]
fn what_an_older_server_has_taken_counts_with_what_a_newer_one_takes() {
    let (mut world, stories) = library_of(30);
    world.each(KARIN, &stories[..24], &Change::Delete);
    world.older_server = true;
    let luck = [Luck::Arrives, Luck::Arrives, Luck::Arrives, Luck::RequestLost];
    assert_eq!(world.sync(MICKE, &luck), Some(Trouble::Unreachable));
    assert!((16..30).contains(&world.stories_shown(MICKE)), "in the middle of the pull");
    world.older_server = false;
    assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
    world.administrator(&stories[..24], &Change::Delete);
    world.settle();
    world.check();
}

#[test]
fn a_few_are_taken_at_once() {
    let (mut world, stories) = library_of(30);
    world.each(KARIN, &stories[..20], &Change::Delete);
    assert_eq!(world.sync(MICKE, &[]), None);
    assert_eq!(world.stories_shown(MICKE), 10);
}

/// A curator deletes many; meanwhile an author withdraws a few of her own; then an administrator says that the deletions
/// were meant. That word comes with pages behind the one at which the phones have halted.
#[test]
fn a_word_frees_a_phone_that_has_halted_before_it() {
    let (mut world, stories) = library_of(30);
    world.each(KARIN, &stories[..24], &Change::Delete);
    assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
    world.each(ELIN, &stories[24..], &set("audience", "author".into()));
    world.administrator(&stories[..24], &Change::Delete);
    assert_eq!(world.sync(MICKE, &[]), None);
    assert_eq!(world.stories_shown(MICKE), 0);
    world.settle();
    world.check();
}

#[test]
fn a_word_for_some_is_no_word_for_others() {
    let (mut world, stories) = library_of(60);
    world.each(KARIN, &stories[..24], &Change::Delete);
    world.administrator(&stories[24..55], &Change::Delete);
    assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
}

/// An author keeps her stories to herself, a few a day, and then goes on writing at them: nobody loses sight of them twice.
#[test]
fn what_is_changed_out_of_sight_is_not_taken_again() {
    let (mut world, stories) = library_of(30);
    for some in stories.chunks(10) {
        world.each(ELIN, some, &set("audience", "author".into()));
        assert_eq!(world.sync(MICKE, &[]), None);
    }
    world.act(&Act::Tell { phone: ELIN, text: "snö".into() });
    world.each(ELIN, &stories, &set("occurred_on", "2026-02-03".into()));
    assert_eq!(world.sync(MICKE, &[]), None);
    assert_eq!(world.stories_shown(MICKE), 1);
}

#[test]
fn a_change_of_role_is_no_word_that_a_removal_was_meant() {
    let (mut world, stories) = library_of(30);
    world.each(KARIN, &stories[..24], &Change::Delete);
    let role = |role: &str| vec![(ThingRef::person(PersonId::named("Elin")), set("role", role.into()))];
    world.made_by_server(role("curator"));
    assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
}

/// After a restore the phone reads what it knows once more; what was taken before that is not taken again.
#[test]
fn reading_again_after_a_restore_is_not_held_up_by_what_was_gone_before() {
    let (mut world, stories) = library_of(40);
    for some in stories.chunks(10) {
        world.each(KARIN, some, &Change::Delete);
        assert_eq!(world.sync(MICKE, &[]), None);
    }
    world.act(&Act::Tell { phone: ELIN, text: "snö".into() });
    world.settle();
    world.restore();
    world.settle();
    world.check();
}

/// The restored server gives numbers once more that the phones had read before, now to deletions that nobody meant.
#[test]
fn after_a_restore_much_is_taken_only_when_it_was_meant() {
    for older_server in [false, true] {
        let (mut world, stories) = library_of(30);
        world.older_server = older_server;
        let backup = world.server.clone();
        for at in 0..40 {
            world.act(&Act::Tell { phone: ELIN, text: format!("snö {at}") });
        }
        world.settle();
        let read = world.phones[MICKE].2.library.seq;
        world.server = backup;
        world.restore();
        // An older one, to which nobody hands back what was told since.
        world.server.forks = Forks::default();
        world.each(KARIN, &stories[..24], &Change::Delete);
        assert!(world.server.head.seq < read);
        assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
        assert!(world.stories_shown(MICKE) >= 50, "of 70 at most 20 are gone");
        world.administrator(&stories[..24], &Change::Delete);
        world.settle();
        world.check();
    }
}

/// Once it has read to the end again, a phone stands where the server stands, and is held up as before.
#[test]
fn a_phone_that_has_read_again_is_held_up_before_anything_is_taken() {
    let (mut world, stories) = library_of(30);
    world.restore();
    world.settle();
    world.each(KARIN, &stories[..24], &Change::Delete);
    assert_eq!(world.sync(MICKE, &[]), Some(Trouble::Halted));
    assert_eq!(world.stories_shown(MICKE), 30);
}

/// A curator sees what was deleted, also if nobody has said yet that it was meant. When she is a curator no more, she
/// loses it, and that was meant: her role was changed.
#[test]
fn who_loses_sight_by_a_change_of_role_loses_what_was_meant() {
    for older_server in [false, true] {
        let (mut world, stories) = library_of(30);
        world.older_server = older_server;
        world.each(KARIN, &stories[..24], &Change::Delete);
        assert_eq!(world.stories_shown(KARIN), 30);
        world
            .made_by_server(vec![(ThingRef::person(PersonId::named("Karin")), set("role", "member".into()))]);
        assert_eq!(world.sync(KARIN, &[]), None);
        assert_eq!(world.stories_shown(KARIN), 6);
    }
}
