//! The library as the phone shows it: from its own store, and from the server until the first pull is complete.

use std::rc::Rc;

use app::remote;
use async_trait::async_trait;
use domain::{
    id::{PathId, StoryId},
    ports::{Home, Labels, Library, Unavailable, of_the_day},
    query::{Filter, ListQuery, Listing, Searched},
    story::Story,
    time::Day,
    view::{Card, Me, PathCard, PathView, StoryView, Version},
};
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use crate::{phone::Phone, store::StoreError};

pub struct PhoneLibrary(SendWrapper<Rc<Phone>>);

type Answer<T> = Result<T, Unavailable>;

impl PhoneLibrary {
    pub fn new(phone: Rc<Phone>) -> Self {
        Self(SendWrapper::new(phone))
    }

    fn phone(&self) -> Rc<Phone> {
        (*self.0).clone()
    }
}

/// Browser futures stay on their one thread; the port asks for `Send`.
macro_rules! here {
    ($work:expr) => {
        SendWrapper::new(async move { $work.await }).await
    };
}

#[async_trait]
impl Library for PhoneLibrary {
    async fn me(&self) -> Answer<Option<Me>> {
        Ok(self.0.live.me.get_untracked())
    }

    async fn list(&self, query: &ListQuery) -> Answer<Listing> {
        let (phone, query) = (self.phone(), query.clone());
        here!(list(phone, query))
    }

    async fn story(&self, id: StoryId) -> Answer<Option<StoryView>> {
        let phone = self.phone();
        here!(async {
            match view(&phone, id).await? {
                Some(view) => Ok(Some(view)),
                None if holds_all(&phone) => Ok(None),
                None => remote::fetch_story(id).await.map_err(|away| away.0),
            }
        })
    }

    async fn related(&self, id: StoryId, limit: usize) -> Answer<Vec<Card>> {
        let phone = self.phone();
        here!(async {
            if !phone.is_complete() {
                return remote::fetch_related(id, limit).await.map_err(|away| away.0);
            }
            let Some(story) = story(&phone, id).await? else { return Ok(Vec::new()) };
            let filter = Filter { tag: story.tags.first().copied(), ..Filter::default() };
            let ids = phone.with_shelf(|shelf| shelf.newest(&filter, 0, limit + 1)).ids;
            let others: Vec<_> = ids.into_iter().filter(|other| *other != id).take(limit).collect();
            cards(&phone, &others).await
        })
    }

    async fn history(&self, id: StoryId) -> Answer<Vec<Version>> {
        here!(async { remote::fetch_history(id).await.map_err(|away| away.0) })
    }

    async fn mine(&self) -> Answer<Vec<Card>> {
        let phone = self.phone();
        here!(async {
            let reader = phone.reader().ok_or(Unavailable::SignedOut)?;
            let ids = phone.with_shelf(|shelf| shelf.of_author(reader.person));
            if ids.is_empty() && !phone.is_complete() {
                return remote::fetch_mine().await.map_err(|away| away.0);
            }
            cards(&phone, &ids).await
        })
    }

    async fn home(&self, today: Day) -> Answer<Home> {
        let phone = self.phone();
        here!(home(phone, today))
    }

    async fn labels(&self) -> Answer<Labels> {
        let phone = self.phone();
        here!(async {
            if !phone.is_complete() && phone.reader().is_some() {
                return remote::fetch_labels().await.map_err(|away| away.0);
            }
            Ok(phone.with_shelf(|shelf| Labels::of(shelf.names())))
        })
    }

    async fn paths(&self) -> Answer<Vec<PathCard>> {
        let phone = self.phone();
        here!(async {
            let own = phone.with_shelf(|shelf| {
                shelf
                    .paths()
                    .into_iter()
                    .map(|(id, path)| PathCard::of(id, path, shelf.names()))
                    .collect::<Vec<_>>()
            });
            if own.is_empty() && !phone.is_complete() {
                return remote::fetch_paths().await.map_err(|away| away.0);
            }
            Ok(own)
        })
    }

    async fn path(&self, id: PathId) -> Answer<Option<PathView>> {
        let phone = self.phone();
        here!(path(phone, id))
    }
}

fn broken(error: StoreError) -> Unavailable {
    leptos::logging::error!("the store cannot be read: {error}");
    Unavailable::Storage
}

/// Whether what is not on this phone is not for this person at all.
fn holds_all(phone: &Phone) -> bool {
    let row = phone.row();
    row.complete && !row.partial
}

async fn story(phone: &Phone, id: StoryId) -> Answer<Option<Story>> {
    phone.story(id).await.map_err(broken)
}

async fn view(phone: &Phone, id: StoryId) -> Answer<Option<StoryView>> {
    let Some(story) = story(phone, id).await? else { return Ok(None) };
    let reader = phone.reader();
    Ok(Some(phone.with_shelf(|shelf| {
        let reacted = reader.map(|reader| shelf.reacted(id, reader.person)).unwrap_or_default();
        StoryView::of(id, story, &shelf.around(id, reader.as_ref(), &reacted))
    })))
}

async fn cards(phone: &Phone, ids: &[StoryId]) -> Answer<Vec<Card>> {
    let mut cards = Vec::with_capacity(ids.len());
    let reader = phone.reader();
    for id in ids {
        if let Some(story) = story(phone, *id).await? {
            cards.push(
                phone.with_shelf(|shelf| Card::of(*id, &story, &shelf.around(*id, reader.as_ref(), &[]))),
            );
        }
    }
    Ok(cards)
}

async fn list(phone: Rc<Phone>, query: ListQuery) -> Answer<Listing> {
    if !phone.is_complete() {
        match remote::fetch_list(query.clone()).await {
            Ok(listing) => return Ok(listing),
            // Without a network, what has come so far is better than nothing, unless nothing has come.
            Err(away) if phone.with_shelf(|shelf| shelf.count()) == 0 => return Err(away.0),
            Err(_) => {}
        }
    }
    let listed = phone.with_shelf(|shelf| shelf.newest(&query.filter, query.offset, query.limit));
    Ok(Listing {
        cards: cards(&phone, &listed.ids).await?,
        total: listed.total,
        unfiltered: listed.unfiltered,
        facets: listed.facets,
        searched: if holds_all(&phone) { Searched::Phone } else { Searched::NewestOnPhone },
        corrected: None,
    })
}

async fn home(phone: Rc<Phone>, today: Day) -> Answer<Home> {
    const NEWEST: usize = 3;
    let stories = phone.with_shelf(|shelf| shelf.count());
    if !phone.is_complete() {
        match remote::fetch_home(today).await {
            Ok(home) => return Ok(home),
            Err(away) if stories == 0 => return Err(away.0),
            Err(_) => {}
        }
    }
    let all = Filter::default();
    let place = of_the_day(today, stories);
    let (chosen, newest) = phone.with_shelf(|shelf| {
        let chosen = place.map(|place| shelf.newest(&all, place, 1).ids).unwrap_or_default();
        (chosen, shelf.newest(&all, 0, NEWEST).ids)
    });
    Ok(Home {
        me: phone.live.me.get_untracked(),
        of_the_day: cards(&phone, &chosen).await?.into_iter().next(),
        newest: cards(&phone, &newest).await?,
        stories,
    })
}

async fn path(phone: Rc<Phone>, id: PathId) -> Answer<Option<PathView>> {
    let reader = phone.reader().ok_or(Unavailable::SignedOut)?;
    let found = phone.with_shelf(|shelf| {
        let path = shelf.path(id)?.clone();
        let author = shelf.names().person(path.author).unwrap_or_default().to_owned();
        Some((path, author))
    });
    let Some((path, author)) = found else {
        if phone.is_complete() {
            return Ok(None);
        }
        return remote::fetch_path(id).await.map_err(|away| away.0);
    };
    let mut stories = Vec::new();
    for stop in &path.stops {
        stories.extend(view(&phone, stop.story).await?);
    }
    let story = |id: StoryId| stories.iter().find(|story| story.id == id).cloned();
    Ok(Some(PathView::of(id, path, &author, &reader, story)))
}
