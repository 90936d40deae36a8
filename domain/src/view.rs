//! What the screens show, made by the same code on the phone and on the server.

mod marking;
mod media;

use serde::{Deserialize, Serialize};

pub use marking::Marker;
pub use media::{MediaState, MediaView};

use crate::{
    attachment::MediaKind,
    conflict::MetEdit,
    id::{PathId, PersonId, StoryId},
    names::{Named, Names},
    path::Path,
    person::{Person, Reader},
    reaction::{ReactionKind, Tally},
    story::{Audience, Part, Status, Story, StoryKind},
    sync::wire::Reason,
    time::{Day, Millis},
};

/// A run of text, marked if a search met it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub text: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hit: bool,
}

/// Text as runs, marked and unmarked in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marked(pub Vec<Run>);

impl Marked {
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Run { text: text.into(), hit: false }])
    }

    /// `text` with these byte ranges marked; they are in order and do not overlap.
    pub fn with_hits(text: &str, hits: &[std::ops::Range<usize>]) -> Self {
        let mut runs = Vec::new();
        let mut at = 0;
        let mut push = |range: std::ops::Range<usize>, hit| {
            if let Some(run) = text.get(range)
                && !run.is_empty()
            {
                runs.push(Run { text: run.to_owned(), hit });
            }
        };
        for hit in hits {
            push(at..hit.start, false);
            push(hit.clone(), true);
            at = hit.end;
        }
        push(at..text.len(), false);
        Self(runs)
    }

    pub fn has_hits(&self) -> bool {
        self.0.iter().any(|run| run.hit)
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|run| run.text.as_str()).collect()
    }
}

/// A story as lists show it: the turning point first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub id: StoryId,
    pub kind: StoryKind,
    pub title: Marked,
    pub turn: Marked,
    pub quote: Option<Marked>,
    pub author: String,
    pub department: Option<String>,
    pub site: Option<String>,
    pub day: Option<Day>,
    /// Reading time, rounded up.
    pub minutes: u32,
    /// Its first photo, or else that it can be listened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaView>,
    /// Where one's own story has come to.
    pub receipt: Option<StoryReceipt>,
    /// What a search met, where nothing above shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Marked>,
    /// Tags and values that a search met, where no text of the story shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met_labels: Vec<Marked>,
}

/// A story as one reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryView {
    pub id: StoryId,
    pub story: Story,
    pub heading: String,
    pub author: String,
    pub department: Option<Named>,
    pub site: Option<Named>,
    pub tags: Vec<Named>,
    pub values: Vec<Named>,
    pub day: Option<Day>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaView>,
    pub tally: Tally,
    /// The reader's own reactions.
    pub reacted: Vec<ReactionKind>,
    pub receipt: Option<StoryReceipt>,
    pub is_own: bool,
    pub may_edit: bool,
    pub deleted: bool,
    /// For whoever may edit it: changes that met others. Only the phone knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<MetEdit>,
}

/// How far a story has come, as its author's receipt shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryReceipt {
    /// By the phone's clock.
    pub told_at: Option<Millis>,
    /// By the server's clock. `None` until the server has answered for the latest change.
    pub received_at: Option<Millis>,
    pub in_library: bool,
    /// Occasions on which new colleagues were shown it.
    pub shown: u32,
    /// The server did not take the latest change.
    pub refused: Option<Reason>,
}

/// Steps of a receipt, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    OnPhone,
    Received,
    InLibrary,
    Onboarded,
}

impl StoryReceipt {
    pub fn stage(&self) -> Stage {
        match self {
            Self { received_at: None, .. } => Stage::OnPhone,
            Self { shown: 1.., .. } => Stage::Onboarded,
            Self { in_library: true, .. } => Stage::InLibrary,
            _ => Stage::Received,
        }
    }
}

/// A text that a story once had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub at: Millis,
    pub by: String,
    pub texts: Vec<(Part, String)>,
}

/// A path as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathCard {
    pub id: PathId,
    pub title: String,
    pub purpose: Option<String>,
    pub author: String,
    pub stops: usize,
}

/// A path with its stories. A stop whose story this reader cannot see has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathView {
    pub id: PathId,
    pub path: Path,
    pub author: String,
    pub stops: Vec<StopView>,
    pub may_edit: bool,
    pub deleted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopView {
    pub story: Option<StoryView>,
    pub story_id: StoryId,
    pub question: Option<String>,
}

impl PathCard {
    pub fn of(id: PathId, path: &Path, names: &Names) -> Self {
        Self {
            id,
            title: path.title.as_str().to_owned(),
            purpose: path.purpose.as_ref().map(|purpose| purpose.as_str().to_owned()),
            author: names.person(path.author).unwrap_or_default().to_owned(),
            stops: path.stops.len(),
        }
    }
}

impl PathView {
    /// `story` finds a stop's story, if this reader may see it.
    pub fn of(
        id: PathId,
        path: Path,
        author: &str,
        reader: &Reader,
        story: impl Fn(StoryId) -> Option<StoryView>,
    ) -> Self {
        let stops = path.stops.iter().map(|stop| StopView {
            story: story(stop.story).filter(|story| !story.deleted),
            story_id: stop.story,
            question: stop.question.as_ref().map(|question| question.as_str().to_owned()),
        });
        Self {
            id,
            stops: stops.collect(),
            author: author.to_owned(),
            may_edit: path.author == reader.person || reader.role.curates(),
            deleted: path.deleted_at.is_some(),
            path,
        }
    }
}

/// What is known around a story when it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub names: &'a Names,
    pub reader: Option<&'a Reader>,
    pub tally: Tally,
    pub reacted: &'a [ReactionKind],
    /// Set where the phone knows more of its own story than the server has said.
    pub pending: Option<Pending>,
}

/// An overlay's word on how far the latest change has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    pub received_at: Option<Millis>,
    pub refused: Option<Reason>,
}

impl StoryView {
    pub fn of(id: StoryId, story: Story, around: &Around<'_>) -> Self {
        let names = around.names;
        let is_own = around.reader.is_some_and(|reader| reader.person == story.author);
        Self {
            id,
            heading: story.heading(),
            author: author(&story, names),
            department: story.department.and_then(|id| names.label(id)),
            site: story.site.and_then(|id| names.label(id)),
            tags: names.labels(&story.tags),
            values: names.labels(&story.values),
            day: day(&story),
            media: MediaView::of_story(&story),
            tally: around.tally,
            reacted: around.reacted.to_vec(),
            receipt: is_own.then(|| receipt(&story, around)),
            is_own,
            may_edit: is_own || around.reader.is_some_and(|reader| reader.role.curates()),
            deleted: story.deleted_at.is_some(),
            met: Vec::new(),
            story,
        }
    }
}

impl Card {
    pub fn of(id: StoryId, story: &Story, around: &Around<'_>) -> Self {
        let name = |id| around.names.label(id).map(|label| label.name);
        let is_own = around.reader.is_some_and(|reader| reader.person == story.author);
        Self {
            id,
            kind: story.kind,
            title: Marked::plain(story.heading()),
            turn: Marked::plain(excerpt(story.turning_point())),
            quote: story.quote.as_ref().map(|quote| Marked::plain(excerpt(quote.as_str()))),
            author: author(story, around.names),
            department: story.department.and_then(name),
            site: story.site.and_then(name),
            day: day(story),
            minutes: minutes(story),
            media: MediaView::of_story(story).into_iter().min_by_key(|media| media.kind != MediaKind::Photo),
            receipt: is_own.then(|| receipt(story, around)),
            snippet: None,
            met_labels: Vec::new(),
        }
    }
}

fn receipt(story: &Story, around: &Around<'_>) -> StoryReceipt {
    StoryReceipt {
        told_at: story.told_at,
        received_at: match around.pending {
            Some(pending) => pending.received_at,
            None => story.received_at,
        },
        in_library: story.status == Status::InLibrary
            && story.audience != Audience::Author
            && story.published_at.is_some(),
        shown: around.tally.shown,
        refused: around.pending.and_then(|pending| pending.refused),
    }
}

fn author(story: &Story, names: &Names) -> String {
    names.person(story.author).unwrap_or_default().to_owned()
}

/// The day it happened, else the day it was told, as far as the server's clock lets it.
fn day(story: &Story) -> Option<Day> {
    let told = story.told_at.or(story.received_at).map(|told| match story.received_at {
        Some(received) => told.min(received),
        None => told,
    });
    story.occurred_on.or(told.map(Millis::day))
}

/// Words read in a minute, at the pace of someone who reads on a phone between two customers.
const WORDS_A_MINUTE: usize = 180;

pub fn minutes(story: &Story) -> u32 {
    let words: usize = Part::ALL.iter().map(|part| story.text(*part).split_whitespace().count()).sum();
    words.div_ceil(WORDS_A_MINUTE).max(1) as u32
}

/// Characters of the turning point that a card shows.
const EXCERPT_CHARS: usize = 160;

/// The beginning of a text, cut after a sentence or at a word.
pub fn excerpt(text: &str) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(EXCERPT_CHARS) else { return text.to_owned() };
    let head = &text[..end];
    let sentence = head.rmatch_indices(['.', '!', '?', '”']).map(|(at, mark)| at + mark.len());
    let whole = |at: &usize| text[*at..].starts_with(char::is_whitespace);
    if let Some(at) = sentence.into_iter().find(whole)
        && at > end / 3
    {
        return head[..at].to_owned();
    }
    let cut = head.rfind(char::is_whitespace).unwrap_or(end);
    format!("{}…", head[..cut].trim_end_matches([',', ' ', '–', ':', ';']))
}

/// What a person may be shown of how they are known here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub reader: Reader,
    pub id: PersonId,
    pub name: String,
    pub department: Option<Named>,
    pub site: Option<Named>,
}

impl Me {
    pub fn of(id: PersonId, person: &Person, names: &Names) -> Self {
        Self {
            reader: Reader::of(id, person),
            id,
            name: person.name.as_str().to_owned(),
            department: person.department.and_then(|id| names.label(id)),
            site: person.site.and_then(|id| names.label(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::StoryText;

    #[test]
    fn an_excerpt_ends_with_a_sentence_or_a_word() {
        assert_eq!(excerpt(" Kort. "), "Kort.");
        let long = format!("{} Slut på den. {}", "ord ".repeat(20).trim(), "mera ".repeat(30));
        assert!(excerpt(&long).ends_with("Slut på den."));
        assert!(excerpt(&"ord ".repeat(100)).ends_with("ord…"));
        assert_eq!(excerpt(&"å".repeat(300)).chars().count(), 161);
    }

    #[test]
    fn marks_fall_where_the_hits_are() {
        let marked = Marked::with_hits("köp kvitto här", std::slice::from_ref(&(5..11)));
        assert_eq!(
            marked.0.iter().map(|run| (run.text.as_str(), run.hit)).collect::<Vec<_>>(),
            [("köp ", false), ("kvitto", true), (" här", false)]
        );
        assert_eq!(marked.text(), "köp kvitto här");
    }

    #[test]
    fn a_receipt_is_green_only_after_the_servers_word() {
        let names = Names::default();
        let author = PersonId::named("Elin");
        let reader = Reader { person: author, role: Default::default(), department: None };
        let mut story = Story::blank(author);
        story.situation = StoryText::optional("a").unwrap();
        story.told_at = Some(Millis(5));
        let pending = Some(Pending::default());
        let around =
            Around { names: &names, reader: Some(&reader), tally: Tally::default(), reacted: &[], pending };
        let receipt = Card::of(StoryId::mint(Millis(1), &[1; 10]), &story, &around).receipt.unwrap();
        assert_eq!(receipt.stage(), Stage::OnPhone);
        let around =
            Around { pending: Some(Pending { received_at: Some(Millis(9)), refused: None }), ..around };
        let receipt = Card::of(StoryId::mint(Millis(1), &[1; 10]), &story, &around).receipt.unwrap();
        assert_eq!(receipt.stage(), Stage::Received);
    }
}
