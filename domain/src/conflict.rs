//! Texts that met another edit. Nobody's words are lost: what did not come to stand is kept beside, until author or
//! curator has looked at both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{PersonId, StoryId, ThingId},
    names::Names,
    story::{Part, Story},
    thing::{ThingKind, ThingRef},
    time::Millis,
};

/// A thing of the kind `conflict`, as the server makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The thing whose text was changed, as one word.
    about: String,
    /// Whose text is kept here.
    by: PersonId,
    at: Millis,
    /// By field.
    texts: BTreeMap<String, Both>,
    #[serde(default)]
    resolved: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Both {
    /// What stood when they met.
    kept: String,
    lost: String,
}

/// What a change that met another would have said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetEdit {
    pub id: ThingId,
    pub by: String,
    pub at: Millis,
    /// Where it says something else than what stands now.
    pub texts: Vec<(Part, String)>,
}

impl Conflict {
    /// The story that it is about.
    pub fn story(&self) -> Option<StoryId> {
        let about: ThingRef = self.about.parse().ok()?;
        (about.kind == ThingKind::Story).then(|| about.id.into())
    }

    /// Whether nobody has looked at both texts yet.
    pub fn is_open(&self) -> bool {
        !self.resolved
    }

    /// Whether it is this person's text that is kept here.
    pub fn is_by(&self, person: PersonId) -> bool {
        self.by == person
    }

    /// What there is to look at, for somebody who reads `story` as it stands now.
    pub fn met(&self, id: ThingId, story: &Story, names: &Names) -> Option<MetEdit> {
        let texts: Vec<_> = self.texts_beside(story).collect();
        let by = names.person(self.by).unwrap_or_default().to_owned();
        (!self.resolved && !texts.is_empty()).then_some(MetEdit { id, by, at: self.at, texts })
    }

    fn texts_beside<'a>(&'a self, story: &'a Story) -> impl Iterator<Item = (Part, String)> + 'a {
        let lost = |part: Part| self.texts.get(part.key()).map(|both| (part, both.lost.clone()));
        Part::ALL.into_iter().filter_map(lost).filter(|(part, lost)| story.text(*part) != lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::StoryText;

    #[test]
    fn what_stands_by_now_needs_no_second_look() {
        let story = StoryId::mint(Millis(1), &[1; 10]);
        let conflict: Conflict = serde_json::from_value(serde_json::json!({
            "about": ThingRef::story(story).to_string(),
            "by": PersonId::named("Elin"),
            "at": 7,
            "texts": { "situation": { "kept": "a", "lost": "b" }, "from_the_future": { "kept": "", "lost": "c" } },
            "resolved": false,
        }))
        .unwrap();
        assert_eq!(conflict.story(), Some(story));
        let id = ThingId::from(story);
        let stands = |text: &str| Story {
            situation: StoryText::optional(text).unwrap(),
            ..Story::blank(PersonId::named("Elin"))
        };
        let met = conflict.met(id, &stands("a"), &Names::default()).unwrap();
        assert_eq!(met.texts, [(Part::Situation, "b".to_owned())]);
        assert_eq!(conflict.met(id, &stands("b"), &Names::default()), None);
        let resolved = Conflict { resolved: true, ..conflict };
        assert_eq!(resolved.met(id, &stands("a"), &Names::default()), None);
    }
}
