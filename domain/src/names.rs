//! What ids are called: labels and people, as far as they are known here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{LabelId, PersonId},
    label::{Label, LabelKind, same_name},
};

/// A label by its id and its present name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    pub id: LabelId,
    pub name: String,
}

/// Labels and people's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    labels: BTreeMap<LabelId, (LabelKind, Label)>,
    people: BTreeMap<PersonId, String>,
}

impl Names {
    pub fn insert_label(&mut self, kind: LabelKind, id: LabelId, label: Label) {
        self.labels.insert(id, (kind, label));
    }

    pub fn remove_label(&mut self, id: LabelId) {
        self.labels.remove(&id);
    }

    pub fn insert_person(&mut self, id: PersonId, name: impl Into<String>) {
        self.people.insert(id, name.into());
    }

    /// The label that now stands for `id`: itself, or the one it was merged into.
    pub fn resolve(&self, id: LabelId) -> LabelId {
        let mut now = id;
        // Bounded, should two labels ever be merged into each other.
        for _ in 0..8 {
            match self.labels.get(&now).and_then(|(_, label)| label.merged_into) {
                Some(next) => now = next,
                None => break,
            }
        }
        now
    }

    /// Every label that stands for the same as `id`, with the one they stand for.
    pub fn all_of(&self, id: LabelId) -> Vec<LabelId> {
        let now = self.resolve(id);
        let merged = self.labels.keys().copied().filter(|other| *other != now && self.resolve(*other) == now);
        std::iter::once(now).chain(merged).collect()
    }

    pub fn label(&self, id: LabelId) -> Option<Named> {
        let id = self.resolve(id);
        let (_, label) = self.labels.get(&id)?;
        Some(Named { id, name: label.name.as_str().to_owned() })
    }

    /// The present name of a label.
    pub fn label_name(&self, id: LabelId) -> Option<&str> {
        self.labels.get(&self.resolve(id)).map(|(_, label)| label.name.as_str())
    }

    pub fn labels(&self, ids: &[LabelId]) -> Vec<Named> {
        let mut named: Vec<Named> = Vec::new();
        for label in ids.iter().filter_map(|id| self.label(*id)) {
            if !named.contains(&label) {
                named.push(label);
            }
        }
        named
    }

    /// The label of this kind that is called `name`, or was once.
    pub fn called(&self, kind: LabelKind, name: &str) -> Option<LabelId> {
        let own = LabelId::named(kind, name);
        if self.labels.contains_key(&own) {
            return Some(self.resolve(own));
        }
        let wanted = same_name(name);
        let mut of_kind = self.labels.iter().filter(|(_, (of, _))| *of == kind);
        of_kind.find(|(_, (_, label))| label.is_called(&wanted)).map(|(id, _)| self.resolve(*id))
    }

    /// All labels of a kind that stand for themselves, by id.
    pub fn all(&self, kind: LabelKind) -> impl Iterator<Item = Named> + '_ {
        self.labels
            .iter()
            .filter(move |(_, (of, label))| *of == kind && label.merged_into.is_none())
            .map(|(id, (_, label))| Named { id: *id, name: label.name.as_str().to_owned() })
    }

    pub fn person(&self, id: PersonId) -> Option<&str> {
        self.people.get(&id).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Name;

    fn label(name: &str) -> Label {
        Label::new(Name::new(name).unwrap())
    }

    #[test]
    fn a_merged_label_is_shown_as_the_one_that_took_its_place() {
        let mut names = Names::default();
        let (old, new) = (LabelId::named(LabelKind::Tag, "kö"), LabelId::named(LabelKind::Tag, "väntan"));
        names.insert_label(LabelKind::Tag, old, Label { merged_into: Some(new), ..label("kö") });
        names.insert_label(LabelKind::Tag, new, label("väntan"));
        assert_eq!(names.labels(&[old, new]).len(), 1);
        assert_eq!(names.called(LabelKind::Tag, "KÖ"), Some(new));
        assert_eq!(names.all(LabelKind::Tag).count(), 1);
    }

    #[test]
    fn labels_merged_into_each_other_do_not_hang() {
        let mut names = Names::default();
        let (a, b) = (LabelId::named(LabelKind::Tag, "a"), LabelId::named(LabelKind::Tag, "b"));
        names.insert_label(LabelKind::Tag, a, Label { merged_into: Some(b), ..label("a") });
        names.insert_label(LabelKind::Tag, b, Label { merged_into: Some(a), ..label("b") });
        assert!(names.label(a).is_some());
    }

    #[test]
    fn a_renamed_label_is_found_by_its_old_name() {
        let mut names = Names::default();
        let id = LabelId::named(LabelKind::Tag, "kö");
        names.insert_label(LabelKind::Tag, id, label("väntan"));
        assert_eq!(names.called(LabelKind::Tag, "kö"), Some(id));
        assert_eq!(names.called(LabelKind::Tag, "väntan"), Some(id));
        assert_eq!(names.called(LabelKind::Value, "väntan"), None);
    }
}
