//! The library as the phone shows it: from its own store, and from the server until the first pull is complete.

use crate::{complain, media::Media, net, phone::Phone, store::StoreError};
use domain::{
    id::{PathId, StoryId},
    path::Path,
    ports::{Answer, Home, Question, Unavailable, of_the_day},
    query::{Filter, ListQuery, Listing, Searched, beginnings},
    shelf::Shelf,
    story::Story,
    sync::round::Trouble,
    time::Day,
    view::{Card, PathCard, PathView, StoryView, Version},
    wording::Worded,
};

type Answered<T> = Result<T, Unavailable>;

/// From its own store if it holds enough.
pub async fn answer(phone: &Phone, media: &Media, question: Question) -> Answered<Answer> {
    match question {
        Question::Attached(draft) => return Ok(media.shown_in(draft).await.map_err(broken)?.into()),
        Question::Unreceived => return Ok(media.unreceived().await.map_err(broken)?.into()),
        Question::Media { story, id } => return Ok(media.address(story, id).await?.into()),
        _ => {}
    }
    let mut answer = text_answer(phone, question).await?;
    let laid = match &mut answer {
        Answer::Story(Some(view)) => media.lay_on_story(view).await,
        Answer::Cards(cards) => media.lay_on_cards(cards).await,
        Answer::Listing(listing) => media.lay_on_cards(&mut listing.cards).await,
        Answer::Home(home) => media.lay_on_cards(&mut home.newest).await.and(match &mut home.of_the_day {
            Some(card) => media.lay_on_cards(std::slice::from_mut(card)).await,
            None => Ok(()),
        }),
        _ => Ok(()),
    };
    laid.map_err(broken)?;
    Ok(answer)
}

async fn text_answer(phone: &Phone, question: Question) -> Answered<Answer> {
    if let Question::History(_) = question {
        return ask_server(&question).await;
    }
    if !phone.is_open() {
        // A shelf that could not be read is not an empty library. Of what waits here to be sent, the server knows nothing.
        return match question {
            Question::Mine => Err(Unavailable::Storage),
            _ => ask_server(&question).await.map_err(|_| Unavailable::Storage),
        };
    }
    if phone.is_complete() || phone.reader().is_none() {
        let answer = own_answer(phone, &question).await?;
        // A phone that holds only the newest stories asks for the others, and searches on its own without a network.
        return match (&question, &answer) {
            (Question::Story(_), Answer::Story(None)) if !holds_all(phone) => ask_server(&question).await,
            (Question::List(query), _) if !holds_all(phone) && !query.text.trim().is_empty() => {
                Ok(ask_server(&question).await.unwrap_or(answer))
            }
            _ => Ok(answer),
        };
    }
    // Until the first pull is complete the server answers, so that nobody sees an empty library. Without a network,
    // what has come so far is better than nothing, unless nothing has come.
    match ask_server(&question).await {
        Err(away) if phone.with_shelf(|shelf| shelf.count()) == 0 => match question {
            Question::Labels | Question::Mine => own_answer(phone, &question).await,
            Question::Story(_) => match own_answer(phone, &question).await? {
                Answer::Story(None) => Err(away),
                told_here => Ok(told_here),
            },
            _ => Err(away),
        },
        Err(_) => own_answer(phone, &question).await,
        answer => answer,
    }
}

async fn ask_server(question: &Question) -> Answered<Answer> {
    net::ask("/api/v1/library", question).await.map_err(|trouble| match trouble {
        Trouble::SignedOut => Unavailable::SignedOut,
        _ => Unavailable::Unreachable,
    })
}

async fn own_answer(phone: &Phone, question: &Question) -> Answered<Answer> {
    Ok(match question {
        Question::List(query) => list(phone, query).await?.into(),
        Question::Story(id) => view(phone, *id).await?.map(Box::new).into(),
        Question::Related(id, limit) => related(phone, *id, *limit).await?.into(),
        Question::History(_) => Vec::<Version>::new().into(),
        Question::Mine => mine(phone).await?.into(),
        Question::Home(today) => home(phone, *today).await?.into(),
        Question::Labels => phone.with_shelf(Shelf::labels).into(),
        Question::Paths => paths(phone).into(),
        Question::Path(id) => path(phone, *id).await?.into(),
        Question::Wordings => wordings(phone).into(),
        Question::Attached(_) | Question::Unreceived | Question::Media { .. } => {
            return Err(Unavailable::Broken);
        }
    })
}

fn broken(error: StoreError) -> Unavailable {
    complain(&format!("the store cannot be read: {error}"));
    Unavailable::Storage
}

/// Whether what is not on this phone is not for this person at all.
fn holds_all(phone: &Phone) -> bool {
    let row = phone.row();
    row.complete && !row.partial
}

async fn story(phone: &Phone, id: StoryId) -> Answered<Option<Story>> {
    phone.story(id).await.map_err(broken)
}

async fn view(phone: &Phone, id: StoryId) -> Answered<Option<StoryView>> {
    let Some(story) = story(phone, id).await? else { return Ok(None) };
    let reader = phone.reader();
    Ok(Some(phone.with_shelf(|shelf| {
        let reacted = reader.map(|reader| shelf.reacted(id, reader.person)).unwrap_or_default();
        let met = shelf.met_edits(id, &story);
        let view = StoryView::of(id, story, &shelf.around(id, reader.as_ref(), &reacted));
        StoryView { met: if view.may_edit { met } else { Vec::new() }, ..view }
    })))
}

async fn cards(phone: &Phone, ids: &[StoryId]) -> Answered<Vec<Card>> {
    let mut cards = Vec::with_capacity(ids.len());
    for id in ids {
        cards.extend(story(phone, *id).await?.map(|story| card(phone, *id, &story)));
    }
    Ok(cards)
}

fn card(phone: &Phone, id: StoryId, story: &Story) -> Card {
    let reader = phone.reader();
    phone.with_shelf(|shelf| Card::of(id, story, &shelf.around(id, reader.as_ref(), &[])))
}

async fn list(phone: &Phone, query: &ListQuery) -> Answered<Listing> {
    let searched = if holds_all(phone) { Searched::Phone } else { Searched::NewestOnPhone };
    if query.text.trim().is_empty() {
        let listed = phone.with_shelf(|shelf| shelf.newest(&query.filter, query.offset, query.limit));
        return Ok(Listing {
            cards: cards(phone, &listed.ids).await?,
            total: listed.total,
            unfiltered: listed.unfiltered,
            facets: listed.facets,
            searched,
            ..Listing::default()
        });
    }
    phone.index_opened().await;
    let found = phone.with_shelf(|shelf| phone.finder.search(shelf, query));
    let (mut cards, mut stories) = (Vec::new(), Vec::new());
    for id in &found.ids {
        if let Some(story) = story(phone, *id).await? {
            cards.push(card(phone, *id, &story));
            stories.push(story);
        }
    }
    let corrected = phone.finder.mark(&found, |marker| {
        for (card, story) in cards.iter_mut().zip(&stories) {
            phone.with_shelf(|shelf| card.mark(story, shelf.names(), marker));
        }
        marker.did_you_mean(&query.text, &stories)
    });
    let (total, unfiltered) = (found.total, found.unfiltered);
    let nearest = if unfiltered == 0 { nearest(phone, &query.text).await? } else { Vec::new() };
    Ok(Listing { cards, total, unfiltered, facets: found.facets, searched, corrected, nearest })
}

/// Where nothing was found: what the words begin like, or else what is newest.
async fn nearest(phone: &Phone, text: &str) -> Answered<Vec<Card>> {
    let ids = phone.with_shelf(|shelf| {
        let search = |text| {
            let query = ListQuery { text, limit: Listing::NEAREST, ..ListQuery::default() };
            Some(phone.finder.search(shelf, &query).ids).filter(|ids| !ids.is_empty())
        };
        let alike = beginnings(text).into_iter().find_map(search);
        alike.unwrap_or_else(|| shelf.newest(&Filter::default(), 0, Listing::NEAREST).ids)
    });
    cards(phone, &ids).await
}

async fn related(phone: &Phone, id: StoryId, limit: usize) -> Answered<Vec<Card>> {
    let Some(story) = story(phone, id).await? else { return Ok(Vec::new()) };
    phone.index_opened().await;
    let alike = phone.with_shelf(|shelf| phone.finder.related(shelf, id, &story, limit));
    cards(phone, &alike).await
}

async fn mine(phone: &Phone) -> Answered<Vec<Card>> {
    let reader = phone.reader().ok_or(Unavailable::SignedOut)?;
    let ids = phone.with_shelf(|shelf| shelf.of_author(reader.person));
    cards(phone, &ids).await
}

async fn home(phone: &Phone, today: Day) -> Answered<Home> {
    const NEWEST: usize = 3;
    let all = Filter::default();
    let (chosen, newest) = phone.with_shelf(|shelf| {
        let place = of_the_day(today, shelf.count(), shelf.count_before(today.start()));
        let chosen = place.map(|place| shelf.newest(&all, place, 1).ids).unwrap_or_default();
        (chosen, shelf.newest(&all, 0, NEWEST).ids)
    });
    let of_the_day = cards(phone, &chosen).await?.into_iter().next();
    Ok(Home { of_the_day, newest: cards(phone, &newest).await? })
}

fn paths(phone: &Phone) -> Vec<PathCard> {
    let card = |shelf: &Shelf, id, path: &Path| PathCard::of(id, path, shelf.names());
    phone.with_shelf(|shelf| shelf.paths().into_iter().map(|(id, path)| card(shelf, id, path)).collect())
}

fn wordings(phone: &Phone) -> Vec<Worded> {
    phone.with_shelf(|shelf| Worded::all(shelf.wordings().iter().map(|(id, wording)| (*id, wording))))
}

async fn path(phone: &Phone, id: PathId) -> Answered<Option<PathView>> {
    let reader = phone.reader().ok_or(Unavailable::SignedOut)?;
    let found = phone.with_shelf(|shelf| {
        let path = shelf.path(id)?.clone();
        let author = shelf.names().person(path.author).unwrap_or_default().to_owned();
        Some((path, author))
    });
    let Some((path, author)) = found else { return Ok(None) };
    let mut stories = Vec::new();
    for stop in &path.stops {
        stories.extend(view(phone, stop.story).await?);
    }
    let story = |id: StoryId| stories.iter().find(|story| story.id == id).cloned();
    Ok(Some(PathView::of(id, path, &author, &reader, story)))
}
