//! The library as the server shows it to one reader.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use domain::{
    id::{LabelId, PathId, PersonId, StoryId},
    label::LabelKind,
    names::{Named, Names},
    person::Reader,
    ports::{Answer, Home, Labels, Library, Question, Unavailable, of_the_day},
    query::{Facets, Filter, ListQuery, Listing, Searched, beginnings},
    story::{Part, Story, StoryKind},
    sync::ledger::{self, Head, LoggedOp},
    thing::{ThingRef, read},
    time::Day,
    view::{Around, Card, Me, PathCard, PathView, StoryView, Version},
    wording::Worded,
};

use crate::{
    search::{self, Own},
    store::{KnownStory, Narrow, RawFacets, SearchAsk, Store, StoreError, StoriesFound},
};

/// What one reader may see; nothing at all if nobody is signed in.
pub struct ReadersLibrary {
    pub store: Arc<dyn Store>,
    pub reader: Option<Reader>,
}

/// Cards asked for at once, at most.
const MOST_CARDS: usize = 600;
/// Tags shown among the facets, the most used first.
const MOST_TAGS: usize = 60;

type Answered<T> = Result<T, Unavailable>;

#[async_trait]
impl Library for ReadersLibrary {
    async fn ask(&self, question: Question) -> Answered<Answer> {
        Ok(match question {
            Question::List(query) => self.list(&query).await?.into(),
            Question::Story(id) => self.story(id).await?.map(Box::new).into(),
            Question::Related(id, limit) => self.related(id, limit).await?.into(),
            Question::History(id) => self.history(id).await?.into(),
            Question::Mine => self.mine().await?.into(),
            Question::Home(today) => self.home(today).await?.into(),
            Question::Labels => self.labels().await?.into(),
            Question::Paths => self.paths().await?.into(),
            Question::Path(id) => self.path(id).await?.into(),
            Question::Wordings => self.wordings().await?.into(),
            // What lies on a phone, only that phone knows.
            Question::Attached(_) => Answer::Attached(Vec::new()),
            Question::Unreceived => Answer::Unreceived(Vec::new()),
            Question::Media { .. } => return Err(Unavailable::Broken),
        })
    }
}

impl ReadersLibrary {
    /// Who reads. `None` if nobody is signed in.
    pub async fn me(&self) -> Answered<Option<Me>> {
        let Some(reader) = self.reader else { return Ok(None) };
        let Some(person) = self.store.person(reader.person).await.map_err(broken)? else { return Ok(None) };
        let names = self.store.names(&[]).await.map_err(broken)?;
        Ok(Some(Me::of(reader.person, &person, &names)))
    }

    pub async fn list(&self, query: &ListQuery) -> Answered<Listing> {
        let reader = self.reader()?;
        let limit = query.limit.min(MOST_CARDS);
        if !query.text.trim().is_empty() {
            let wordings = self.store.wordings(&reader).await.map_err(broken)?;
            return self.search(&reader, query, &wordings).await;
        }
        let names = self.store.names(&[]).await.map_err(broken)?;
        let found = self.newest(&reader, &query.filter, &names, query.offset, limit).await?;
        Ok(Listing {
            cards: self.cards(&reader, &found.ids).await?,
            total: found.total,
            unfiltered: found.unfiltered,
            facets: facets(found.facets, &names),
            searched: Searched::Server,
            ..Listing::default()
        })
    }

    /// The newest stories, and how all that pass the filter fall.
    async fn newest(
        &self,
        reader: &Reader,
        filter: &Filter,
        names: &Names,
        offset: usize,
        limit: usize,
    ) -> Answered<StoriesFound> {
        let ask = SearchAsk { narrow: narrow(filter, names), offset, limit, ..SearchAsk::default() };
        if let Some(found) = self.store.list(reader, ask).await.map_err(broken)? {
            return Ok(found);
        }
        let total = self.store.count(reader, filter).await.map_err(broken)?;
        Ok(StoriesFound {
            ids: self.store.newest(reader, filter, offset, limit).await.map_err(broken)?,
            total,
            unfiltered: match filter.is_empty() {
                true => total,
                false => self.store.count(reader, &Filter::default()).await.map_err(broken)?,
            },
            facets: self.store.facets(reader, filter).await.map_err(broken)?,
            ..StoriesFound::default()
        })
    }

    /// The best answers to what is asked, with what they were found by marked on their cards.
    async fn search(&self, reader: &Reader, query: &ListQuery, own: &[Own]) -> Answered<Listing> {
        let labels = self.store.names(&[]).await.map_err(broken)?;
        let ask = SearchAsk {
            query: search::parse(&query.text, own),
            narrow: narrow(&query.filter, &labels),
            offset: query.offset,
            limit: query.limit.min(MOST_CARDS),
        };
        let found = self.store.search(reader, ask).await.map_err(broken)?;
        let (known, names) = self.known(reader, &found.ids).await?;
        let mut cards = cards(&known, &names, reader);
        let corrected = search::mark(&found.evaluated, |marker| {
            for (card, known) in cards.iter_mut().zip(&known) {
                card.mark(&known.story, &names, marker);
            }
            marker.did_you_mean(&query.text, known.iter().map(|known| &known.story))
        });
        Ok(Listing {
            cards,
            total: found.total,
            unfiltered: found.unfiltered,
            facets: facets(found.facets, &labels),
            searched: Searched::Server,
            corrected,
            nearest: match found.unfiltered {
                0 => self.nearest(reader, &query.text, own).await?,
                _ => Vec::new(),
            },
        })
    }

    /// Where nothing was found: what the words begin like, or else what is newest.
    async fn nearest(&self, reader: &Reader, text: &str, own: &[Own]) -> Answered<Vec<Card>> {
        let limit = Listing::NEAREST;
        for text in beginnings(text) {
            let ask = SearchAsk { query: search::parse(&text, own), limit, ..SearchAsk::default() };
            let found = self.store.search(reader, ask).await.map_err(broken)?;
            if !found.ids.is_empty() {
                return self.cards(reader, &found.ids).await;
            }
        }
        let newest = self.store.newest(reader, &Filter::default(), 0, limit).await.map_err(broken)?;
        self.cards(reader, &newest).await
    }

    async fn story(&self, id: StoryId) -> Answered<Option<StoryView>> {
        let reader = self.reader()?;
        let (known, names) = self.known(&reader, &[id]).await?;
        Ok(known.into_iter().next().map(|known| view(known, &names, &reader)))
    }

    async fn related(&self, id: StoryId, limit: usize) -> Answered<Vec<Card>> {
        let reader = self.reader()?;
        let ids = self.store.related(&reader, id, limit.min(MOST_CARDS)).await.map_err(broken)?;
        self.cards(&reader, &ids).await
    }

    async fn history(&self, id: StoryId) -> Answered<Vec<Version>> {
        let reader = self.reader()?;
        let (known, _) = self.known(&reader, &[id]).await?;
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let ops = self.store.history(&ThingRef::story(id)).await.map_err(broken)?;
        let people: Vec<PersonId> = ops.iter().map(|op| op.actor).collect();
        let names = self.store.names(&people).await.map_err(broken)?;
        let head = self.store.head().await.map_err(broken)?;
        Ok(versions(head, id, &ops, &names))
    }

    async fn mine(&self) -> Answered<Vec<Card>> {
        let reader = self.reader()?;
        let ids = self.store.of_author(reader.person).await.map_err(broken)?;
        self.cards(&reader, &ids).await
    }

    async fn home(&self, today: Day) -> Answered<Home> {
        const NEWEST: usize = 3;
        let reader = self.reader()?;
        let (all, names) = (Filter::default(), Names::default());
        let newest = self.newest(&reader, &all, &names, 0, NEWEST).await?;
        let before = self.store.count_before(&reader, today.start()).await.map_err(broken)?;
        let chosen = match of_the_day(today, newest.total, before) {
            Some(place) => self.store.newest(&reader, &all, place, 1).await.map_err(broken)?,
            None => Vec::new(),
        };
        Ok(Home {
            of_the_day: self.cards(&reader, &chosen).await?.into_iter().next(),
            newest: self.cards(&reader, &newest.ids).await?,
        })
    }

    async fn labels(&self) -> Answered<Labels> {
        let reader = self.reader()?;
        let names = self.store.names(&[]).await.map_err(broken)?;
        let seen = self.store.facets(&reader, &Filter::default()).await.map_err(broken)?.labels;
        let used: HashSet<LabelId> = seen.into_iter().map(|(label, _)| names.resolve(label)).collect();
        Ok(Labels::of(&names).with_tags(|tag| used.contains(&tag)))
    }

    async fn paths(&self) -> Answered<Vec<PathCard>> {
        let reader = self.reader()?;
        let paths = self.store.paths(&reader).await.map_err(broken)?;
        let people: Vec<PersonId> = paths.iter().map(|(_, path)| path.author).collect();
        let names = self.store.names(&people).await.map_err(broken)?;
        Ok(paths.into_iter().map(|(id, path)| PathCard::of(id, &path, &names)).collect())
    }

    async fn path(&self, id: PathId) -> Answered<Option<PathView>> {
        let reader = self.reader()?;
        let Some(path) = self.store.path(&reader, id).await.map_err(broken)? else { return Ok(None) };
        let ids: Vec<StoryId> = path.stops.iter().map(|stop| stop.story).collect();
        let (known, names) = self.known(&reader, &ids).await?;
        let stories: Vec<StoryView> = known.into_iter().map(|known| view(known, &names, &reader)).collect();
        let author = self.store.names(&[path.author]).await.map_err(broken)?;
        let author = author.person(path.author).unwrap_or_default();
        Ok(Some(PathView::of(id, path, author, &reader, |id| {
            stories.iter().find(|story| story.id == id).cloned()
        })))
    }
}

impl ReadersLibrary {
    async fn wordings(&self) -> Answered<Vec<Worded>> {
        let wordings = self.store.wordings(&self.reader()?).await.map_err(broken)?;
        Ok(Worded::all(wordings.iter().map(|(id, wording)| (*id, wording))))
    }

    fn reader(&self) -> Answered<Reader> {
        self.reader.ok_or(Unavailable::SignedOut)
    }

    async fn known(&self, reader: &Reader, ids: &[StoryId]) -> Answered<(Vec<KnownStory>, Names)> {
        let known = self.store.stories(reader, ids).await.map_err(broken)?;
        let authors: Vec<PersonId> = known.iter().map(|known| known.story.author).collect();
        let names = self.store.names(&authors).await.map_err(broken)?;
        Ok((known, names))
    }

    async fn cards(&self, reader: &Reader, ids: &[StoryId]) -> Answered<Vec<Card>> {
        let (known, names) = self.known(reader, ids).await?;
        Ok(cards(&known, &names, reader))
    }
}

fn cards(known: &[KnownStory], names: &Names, reader: &Reader) -> Vec<Card> {
    let card = |known: &KnownStory| Card::of(known.id, &known.story, &around(known, names, reader));
    known.iter().map(card).collect()
}

/// The filter with every label joined by those that it took the place of.
fn narrow(filter: &Filter, names: &Names) -> Narrow {
    let labels = LabelKind::ALL.into_iter().filter_map(|kind| filter.label(kind));
    Narrow { kind: filter.kind, labels: labels.map(|label| names.all_of(label)).collect() }
}

/// Counts with names, each label's together with those of the labels merged into it.
fn facets(raw: RawFacets, names: &Names) -> Facets {
    let mut facets = Facets::default();
    for (kind, count) in raw.kinds {
        facets.kinds.extend(StoryKind::from_key(&kind).map(|kind| (kind, count)));
    }
    facets.kinds.sort();
    let mut merged: HashMap<LabelId, usize> = HashMap::new();
    for (id, count) in raw.labels {
        *merged.entry(names.resolve(id)).or_default() += count;
    }
    for kind in LabelKind::ALL {
        let counted = |named: Named| merged.get(&named.id).map(|count| (named, *count));
        let mut counts: Vec<(Named, usize)> = names.all(kind).filter_map(counted).collect();
        counts.sort_by(|(one, n), (other, m)| m.cmp(n).then_with(|| one.name.cmp(&other.name)));
        counts.truncate(MOST_TAGS);
        *facets.labels_mut(kind) = counts;
    }
    facets
}

fn around<'a>(known: &'a KnownStory, names: &'a Names, reader: &'a Reader) -> Around<'a> {
    Around { names, reader: Some(reader), tally: known.tally, reacted: &known.reacted, pending: None }
}

fn view(known: KnownStory, names: &Names, reader: &Reader) -> StoryView {
    let story: Story = known.story.clone();
    StoryView::of(known.id, story, &around(&known, names, reader))
}

/// Every text that the ops gave the story, oldest first.
fn versions(head: Head, id: StoryId, ops: &[LoggedOp], names: &Names) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    for (op, state) in ops.iter().zip(ledger::states(head, &ThingRef::story(id), ops)) {
        let Ok(story) = read::<Story>(&state) else { continue };
        let texts = Part::ALL.map(|part| (part, story.text(part).to_owned()));
        let texts: Vec<_> = texts.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        if versions.last().is_none_or(|last| last.texts != texts) {
            let by = names.person(op.actor).unwrap_or_default().to_owned();
            versions.push(Version { at: op.receipt.at, by, texts });
        }
    }
    versions
}

/// What a person can be told of a store that failed. The cause is noted here, where it is dropped.
fn broken(error: StoreError) -> Unavailable {
    tracing::error!(%error, source = ?std::error::Error::source(&error), "the library cannot be read");
    Unavailable::Broken
}
