//! Lists and counts over everything on the phone.

use std::collections::{HashMap, HashSet};

use crate::{
    id::{LabelId, PersonId, StoryId},
    label::LabelKind,
    names::Named,
    order::order,
    ports::Labels,
    query::{Facets, Filter},
    story::StoryKind,
    time::Millis,
};

use super::{Entry, Shelf, Slot};

/// Which stories answer a question, and how they fall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// In order, from `offset` on, at most `limit`.
    pub ids: Vec<StoryId>,
    pub total: usize,
    pub unfiltered: usize,
    pub facets: Facets,
}

/// Tags among the facets, the most used first.
const MOST_TAGS: usize = 60;

impl Shelf {
    /// Stories that pass the filter, newest first.
    pub fn newest(&self, filter: &Filter, offset: usize, limit: usize) -> Listed {
        let filter = self.resolved(filter);
        let listed: Vec<(&Slot, &Entry)> = self.listed().collect();
        let unfiltered = listed.len();
        let kept: Vec<_> = listed.into_iter().filter(|(_, entry)| self.passes(entry, &filter)).collect();
        let newest_first = order(kept.len(), &mut |one, other| {
            let ((one, a), (other, b)) = (&kept[one], &kept[other]);
            (b.published_at, other.id).cmp(&(a.published_at, one.id))
        });
        Listed {
            total: kept.len(),
            unfiltered,
            facets: self.facets(kept.iter().map(|(_, entry)| *entry)),
            ids: newest_first.iter().skip(offset).take(limit).map(|at| kept[*at as usize].0.id).collect(),
        }
    }

    /// How many stories are listed.
    pub fn count(&self) -> usize {
        self.listed().count()
    }

    /// How many of them were published before `at`.
    pub fn count_before(&self, at: Millis) -> usize {
        self.listed().filter(|(_, entry)| entry.published_at < at).count()
    }

    /// A person's own stories, newest first, whatever has become of them short of deletion.
    pub fn of_author(&self, author: PersonId) -> Vec<StoryId> {
        let own = |slot: &&Slot| slot.entry().is_some_and(|entry| entry.author == author && entry.listed);
        let own: Vec<&Slot> = self.slots.iter().filter(own).collect();
        let told = |at: usize| (own[at].entry().map(|entry| entry.published_at), own[at].id);
        let newest_first = order(own.len(), &mut |one, other| told(other).cmp(&told(one)));
        newest_first.into_iter().map(|at| own[at as usize].id).collect()
    }

    /// What can be chosen: of tags those that a story here has.
    pub fn labels(&self) -> Labels {
        let tags = self.listed().flat_map(|(_, entry)| entry.label(LabelKind::Tag));
        let used: HashSet<LabelId> = tags.map(|tag| self.names.resolve(*tag)).collect();
        Labels::of(&self.names).with_tags(|tag| used.contains(&tag))
    }

    fn listed(&self) -> impl Iterator<Item = (&Slot, &Entry)> {
        self.slots
            .iter()
            .filter_map(|slot| slot.entry().filter(|entry| entry.listed).map(|entry| (slot, entry)))
    }

    /// The filter with every label that was merged into another replaced by it.
    pub(super) fn resolved(&self, filter: &Filter) -> Filter {
        let mut resolved = *filter;
        for kind in LabelKind::ALL {
            resolved.set_label(kind, filter.label(kind).map(|label| self.names.resolve(label)));
        }
        resolved
    }

    pub(super) fn passes(&self, entry: &Entry, filter: &Filter) -> bool {
        let has = |kind: LabelKind| {
            filter.label(kind).is_none_or(|wanted| {
                entry.label(kind).iter().any(|label| *label == wanted || self.names.resolve(*label) == wanted)
            })
        };
        filter.kind.is_none_or(|kind| entry.kind == kind) && LabelKind::ALL.into_iter().all(has)
    }

    pub(super) fn facets<'a>(&self, entries: impl Iterator<Item = &'a Entry>) -> Facets {
        let mut kinds = [0_usize; StoryKind::ALL.len()];
        let mut counts: HashMap<LabelId, usize> = HashMap::new();
        for entry in entries {
            if let Some(place) = StoryKind::ALL.iter().position(|kind| *kind == entry.kind) {
                kinds[place] += 1;
            }
            for kind in LabelKind::ALL {
                entry.label(kind).iter().for_each(|label| *counts.entry(*label).or_default() += 1);
            }
        }
        let kinds = StoryKind::ALL.into_iter().zip(kinds).filter(|(_, count)| *count > 0);
        let mut facets = Facets { kinds: kinds.collect(), ..Facets::default() };
        for kind in LabelKind::ALL {
            *facets.labels_mut(kind) = self.counted(kind, &counts);
        }
        facets
    }

    fn counted(&self, kind: LabelKind, counts: &HashMap<LabelId, usize>) -> Vec<(Named, usize)> {
        let mut merged: HashMap<LabelId, usize> = HashMap::new();
        for (label, count) in counts {
            *merged.entry(self.names.resolve(*label)).or_default() += count;
        }
        let count = |label: Named| merged.get(&label.id).map(|count| (label, *count));
        let counted: Vec<_> = self.names.all(kind).filter_map(count).collect();
        let most_first = order(counted.len(), &mut |one, other| {
            let ((one, n), (other, m)) = (&counted[one], &counted[other]);
            m.cmp(n).then_with(|| one.name.cmp(&other.name))
        });
        most_first.into_iter().take(MOST_TAGS).map(|at| counted[at as usize].clone()).collect()
    }
}
