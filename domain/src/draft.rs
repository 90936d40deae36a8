//! What is being told and is not a story yet. A draft is a register outside the op log: it holds only its latest
//! text, and belongs to its author alone.

mod autosave;
mod left_behind;
mod queue;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Object,
    attachment::Attachment,
    id::{AttachmentId, DraftId, LabelId, PersonId, StoryId},
    label::{LabelKind, same_name},
    language::Language,
    op::{Edit, TextEdit},
    story::{Audience, Part, Story, StoryKind, TITLED_BY, suggested_title},
    text::{Bounded, TextError},
    time::{Day, Millis},
};

pub use autosave::{Autosave, Revision, plan};
pub use left_behind::{NoSlot, Slot};
pub use queue::AutosaveQueue;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub id: DraftId,
    /// Nobody, if it was begun before joining; whoever joins on this phone takes it over.
    #[serde(default)]
    pub person: Option<PersonId>,
    pub kind: StoryKind,
    #[serde(default)]
    pub texts: BTreeMap<Part, String>,
    #[serde(default)]
    pub department: Option<LabelId>,
    #[serde(default)]
    pub site: Option<LabelId>,
    /// By name: a tag may be new.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub values: Vec<LabelId>,
    /// As typed; read when the story is told.
    #[serde(default)]
    pub occurred_on: String,
    #[serde(default)]
    pub audience: Audience,
    #[serde(default)]
    pub language: Language,
    pub begun_at: Millis,
    pub saved_at: Millis,
    /// Counts the times it was saved, so that two tabs notice each other.
    #[serde(default)]
    pub version: u64,
    /// The page that wrote this state; see [`Revision`].
    #[serde(default)]
    pub writer: u64,
    /// The number of this state among those that the page wrote; see [`Revision`].
    #[serde(default)]
    pub stroke: u64,
    /// The last states of earlier pages that this one continues, the latest last. At most [`Draft::MAX_ANCESTORS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<Revision>,
    /// Photos and voice notes that were taken out again: of the draft, or of the story that it changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<AttachmentId>,
    /// The told story that this draft changes, as it was when the change began.
    #[serde(default)]
    pub of: Option<Box<Told>>,
}

/// A told story, with the names of its tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub id: StoryId,
    pub story: Story,
    pub tags: Vec<String>,
}

/// Why a draft cannot be told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftProblem {
    /// No situation, action or outcome.
    TellsNothing,
    TooLong {
        part: Part,
        chars: usize,
        max: usize,
    },
    /// A character that cannot be stored.
    OddCharacter(Part),
    NotADay,
}

impl Draft {
    pub fn begin(id: DraftId, person: Option<PersonId>, language: Language, now: Millis) -> Self {
        Self {
            id,
            person,
            kind: StoryKind::Turnaround,
            texts: BTreeMap::new(),
            department: None,
            site: None,
            tags: Vec::new(),
            values: Vec::new(),
            occurred_on: String::new(),
            audience: Audience::default(),
            language,
            begun_at: now,
            saved_at: now,
            version: 0,
            writer: 0,
            stroke: 0,
            ancestors: Vec::new(),
            dropped: Vec::new(),
            of: None,
        }
    }

    /// A draft that changes `told`.
    pub fn change(id: DraftId, person: PersonId, told: Told, now: Millis) -> Self {
        let story = &told.story;
        let texts = Part::ALL.map(|part| (part, story.text(part).to_owned()));
        Self {
            kind: story.kind,
            texts: texts.into_iter().filter(|(_, text)| !text.is_empty()).collect(),
            department: story.department,
            site: story.site,
            tags: told.tags.clone(),
            values: story.values.clone(),
            occurred_on: story.occurred_on.map(|day| day.to_string()).unwrap_or_default(),
            audience: story.audience,
            language: story.language,
            of: Some(Box::new(told)),
            ..Self::begin(id, Some(person), Language::default(), now)
        }
    }

    pub fn text(&self, part: Part) -> &str {
        self.texts.get(&part).map(String::as_str).unwrap_or_default()
    }

    /// Whether two states of a draft hold the same, whenever and wherever they were saved.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self { version, writer, stroke, saved_at, ref ancestors, .. } = *other;
        let ancestors = ancestors.clone();
        Self { version, writer, stroke, saved_at, ancestors, ..self.clone() } == *other
    }

    /// Whether every word of it stands in `story`, so that nothing is lost with it.
    pub fn is_told_by(&self, story: &Story) -> bool {
        let told = self.story(story.author, Vec::new(), self.saved_at);
        told.is_ok_and(|told| Part::ALL.iter().all(|part| told.text(*part) == story.text(*part)))
    }

    /// Whether there is nothing in it that anyone would miss.
    pub fn is_blank(&self) -> bool {
        self.texts.values().all(|text| text.trim().is_empty()) && self.tags.is_empty()
    }

    /// The first words, to know it by.
    pub fn heading(&self) -> String {
        match self.text(Part::Title).trim() {
            "" => suggested_title(TITLED_BY.map(|part| self.text(part))),
            title => title.to_owned(),
        }
    }

    /// The story that this draft tells, by `author`. Its tags are ids of names as they were typed.
    pub fn story(&self, author: PersonId, tags: Vec<LabelId>, now: Millis) -> Result<Story, DraftProblem> {
        let story = Story {
            kind: self.kind,
            title: match self.text(Part::Title).trim() {
                "" => self.part_of(Part::Title, &self.heading())?,
                title => self.part_of(Part::Title, title)?,
            },
            situation: self.part(Part::Situation)?,
            action: self.part(Part::Action)?,
            outcome: self.part(Part::Outcome)?,
            lesson: self.part(Part::Lesson)?,
            quote: self.part(Part::Quote)?,
            department: self.department,
            site: self.site,
            tags,
            values: self.values.clone(),
            occurred_on: self.day()?,
            language: self.language,
            audience: self.audience,
            told_at: Some(now),
            ..Story::blank(author)
        };
        if story.tells() { Ok(story) } else { Err(DraftProblem::TellsNothing) }
    }

    /// What the story has once this draft is told: what it had, and what was taken for it, but for what was taken out.
    pub fn attachments(&self, taken: impl IntoIterator<Item = Attachment>) -> Vec<Attachment> {
        let had = self.of.iter().flat_map(|told| told.story.attachments.iter().cloned());
        had.chain(taken).filter(|attachment| !self.dropped.contains(&attachment.id)).collect()
    }

    fn part<const MAX: usize>(&self, part: Part) -> Result<Option<Bounded<MAX>>, DraftProblem> {
        self.part_of(part, self.text(part).trim())
    }

    fn part_of<const MAX: usize>(
        &self,
        part: Part,
        text: &str,
    ) -> Result<Option<Bounded<MAX>>, DraftProblem> {
        Bounded::optional(text).map_err(|error| match error {
            TextError::TooLong { chars, max } => DraftProblem::TooLong { part, chars, max },
            TextError::Nul | TextError::Blank => DraftProblem::OddCharacter(part),
        })
    }

    fn day(&self) -> Result<Option<Day>, DraftProblem> {
        match self.occurred_on.trim() {
            "" => Ok(None),
            day => day.parse().map(Some).map_err(|_| DraftProblem::NotADay),
        }
    }
}

/// The changes that make `before` into `after`; fields that are the same are not named.
pub fn edit_between(before: &Story, after: &Story) -> Edit {
    let mut edit = Edit::default();
    for part in Part::ALL {
        let (from, to) = (before.text(part), after.text(part));
        if from != to {
            let text = TextEdit { from: from.to_owned(), to: to.to_owned() };
            edit.text.insert(part.key().to_owned(), text);
        }
    }
    let mut set = |field: &str, changed: bool, value: serde_json::Value| {
        if changed {
            edit.set.insert(field.to_owned(), value);
        }
    };
    set("kind", before.kind != after.kind, serde_json::json!(after.kind));
    set("department", before.department != after.department, serde_json::json!(after.department));
    set("site", before.site != after.site, serde_json::json!(after.site));
    set("occurred_on", before.occurred_on != after.occurred_on, serde_json::json!(after.occurred_on));
    set("audience", before.audience != after.audience, serde_json::json!(after.audience));
    set("language", before.language != after.language, serde_json::json!(after.language));
    attachments(&mut edit, &before.attachments, &after.attachments);
    members(&mut edit, "tags", &before.tags, &after.tags);
    members(&mut edit, "values", &before.values, &after.values);
    edit
}

fn attachments(edit: &mut Edit, before: &[Attachment], after: &[Attachment]) {
    let is_in = |id: AttachmentId, all: &[Attachment]| all.iter().any(|attachment| attachment.id == id);
    let added: Vec<_> = after.iter().filter(|attachment| !is_in(attachment.id, before)).collect();
    let removed: Vec<_> =
        before.iter().map(|attachment| attachment.id).filter(|id| !is_in(*id, after)).collect();
    if !added.is_empty() {
        edit.add.insert("attachments".to_owned(), serde_json::json!(added));
    }
    if !removed.is_empty() {
        edit.remove.insert("attachments".to_owned(), serde_json::json!(removed));
    }
}

fn members(edit: &mut Edit, field: &str, before: &[LabelId], after: &[LabelId]) {
    let missing = |from: &[LabelId], in_: &[LabelId]| -> Vec<LabelId> {
        from.iter().filter(|label| !in_.contains(label)).copied().collect()
    };
    let note = |all: &mut Object, labels: Vec<LabelId>| {
        if !labels.is_empty() {
            all.insert(field.to_owned(), serde_json::json!(labels));
        }
    };
    note(&mut edit.add, missing(after, before));
    note(&mut edit.remove, missing(before, after));
}

/// Tag names as typed, without blanks, doubles and stray spaces, as many as a story may have.
pub fn tidy_tags(tags: &[String]) -> Vec<String> {
    let mut tidy: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.split_whitespace().collect::<Vec<_>>().join(" ");
        if !tag.is_empty() && !tidy.iter().any(|known| same_name(known) == same_name(&tag)) {
            tidy.push(tag);
        }
    }
    tidy.truncate(Story::MAX_LABELS);
    tidy
}

/// The id that a tag's name leads to when no known tag has it.
pub fn new_tag(name: &str) -> LabelId {
    LabelId::named(LabelKind::Tag, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::begin(DraftId::mint(Millis(1), &[1; 10]), None, Language::Sv, Millis(1))
    }

    #[test]
    fn a_draft_that_tells_nothing_cannot_be_told() {
        let mut draft = draft();
        draft.texts.insert(Part::Quote, "Tack!".into());
        let told = draft.story(PersonId::named("Elin"), vec![], Millis(2));
        assert_eq!(told, Err(DraftProblem::TellsNothing));
        assert!(!draft.is_blank(), "but nobody throws it away");
    }

    #[test]
    fn a_title_is_suggested_when_none_was_written() {
        let mut draft = draft();
        draft.texts.insert(Part::Situation, "  Det kom en hund. Den var våt.  ".into());
        let story = draft.story(PersonId::named("Elin"), vec![], Millis(2)).unwrap();
        assert_eq!(story.text(Part::Title), "Det kom en hund");
        assert_eq!(story.text(Part::Situation), "Det kom en hund. Den var våt.");
    }

    #[test]
    fn a_draft_is_told_by_a_story_with_the_same_words_and_by_no_other() {
        let mut draft = draft();
        draft.texts.insert(Part::Situation, " Det kom en hund. ".into());
        let story = draft.story(PersonId::named("Elin"), vec![], Millis(2)).unwrap();
        assert!(draft.is_told_by(&story));
        draft.texts.insert(Part::Action, "Den fick vatten.".into());
        assert!(!draft.is_told_by(&story));
    }

    #[test]
    fn an_edit_names_only_what_changed() {
        let mut draft = draft();
        draft.texts.insert(Part::Situation, "a".into());
        let tag = |name| new_tag(name);
        let before = draft.story(PersonId::named("Elin"), vec![tag("x"), tag("y")], Millis(2)).unwrap();
        draft.texts.insert(Part::Action, "b".into());
        draft.kind = StoryKind::Colleague;
        let after = draft.story(PersonId::named("Elin"), vec![tag("y"), tag("z")], Millis(3)).unwrap();
        let edit = edit_between(&before, &after);
        assert_eq!(edit.text.keys().collect::<Vec<_>>(), ["action"]);
        assert_eq!(edit.set.keys().collect::<Vec<_>>(), ["kind"]);
        assert_eq!(edit.add["tags"], serde_json::json!([tag("z")]));
        assert_eq!(edit.remove["tags"], serde_json::json!([tag("x")]));
        assert!(edit_between(&after, &after).is_empty());
    }

    #[test]
    fn tags_are_tidied() {
        let typed = [" lång  kö ", "Lång kö", "", "mod"].map(String::from);
        assert_eq!(tidy_tags(&typed), ["lång kö", "mod"]);
    }
}
