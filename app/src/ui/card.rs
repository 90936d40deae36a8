use domain::{
    attachment::{MediaKind, thumb_address},
    language::Language,
    story::StoryKind,
    time::Day,
    view::{Card, Marked},
};
use leptos::prelude::*;

use super::{Glyph, Icon, ReceiptLine, each};
use crate::{
    context::{live, ports, texts},
    route::Route,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CardSize {
    Small,
    #[default]
    Normal,
    Large,
}

impl CardSize {
    fn key(self) -> Option<&'static str> {
        match self {
            Self::Small => Some("small"),
            Self::Normal => None,
            Self::Large => Some("large"),
        }
    }
}

/// A story in a list: the turning point first. The whole card is the link.
#[component]
pub fn StoryCard(card: Card, #[prop(optional)] size: CardSize) -> impl IntoView {
    let t = texts();
    let place = place(card.department.as_deref(), card.site.as_deref());
    let small = size == CardSize::Small;
    let last = match size {
        CardSize::Small => None,
        CardSize::Normal => card.day.map(day_text),
        CardSize::Large => Some((t.minutes)(card.minutes)),
    };
    let thumb = card.media.as_ref().and_then(|media| Some((media.thumb.as_deref()?, media.alt.clone())));
    let photo = thumb.map(|(thumb, alt)| {
        view! { <img class="story-card__photo" src=thumb_address(thumb) alt=alt.unwrap_or_default()/> }
    });
    let voice = card.media.filter(|media| media.kind == MediaKind::Voice).map(|_| {
        view! { <span class="kind"><Icon glyph=Glyph::Mic/>{t.voice_note}</span> }
    });
    let meta = [Some(card.author), place, last].into_iter().flatten().filter(|text| !text.is_empty());
    view! {
        <article class="story-card" data-size=size.key()>
            <div class="story-card__top"><Kind kind=card.kind/>{voice}</div>
            {photo}
            <h3 class="story-card__title" dir="auto">
                <a href=Route::Story(card.id).to_string()><MarkedText text=card.title/></a>
            </h3>
            <p class="story-card__turn" dir="auto"><MarkedText text=card.turn/></p>
            {card.snippet.map(|snippet| view! { <p class="story-card__met" dir="auto"><MarkedText text=snippet/></p> })}
            {(!card.met_labels.is_empty()).then(|| {
                let labels = card.met_labels.into_iter().map(|label| view! { <span dir="auto"><MarkedText text=label/></span> });
                view! { <p class="words">{t.tagged}" "{each(labels)}</p> }
            })}
            {card.quote.filter(|_| !small).map(|quote| view! { <Said text=quote/> })}
            <p class="story-card__meta">{each(meta.map(|text| view! { <span>{text}</span> }))}</p>
            {card.receipt.filter(|receipt| receipt.received_at.is_none()).map(|receipt| view! { <ReceiptLine receipt/> })}
        </article>
    }
}

fn day_text(day: Day) -> String {
    let language: Language = live().language.get_untracked();
    ports().locale().day(day, language)
}

/// `Färg, Borås`
pub fn place(department: Option<&str>, site: Option<&str>) -> Option<String> {
    let both: Vec<&str> = department.into_iter().chain(site).collect();
    (!both.is_empty()).then(|| both.join(", "))
}

/// The kind of a story: a sign and a word.
#[component]
pub fn Kind(kind: StoryKind) -> impl IntoView {
    let t = texts();
    (kind != StoryKind::Other)
        .then(|| view! { <span class="kind"><Icon glyph=kind_glyph(kind)/>{(t.kind)(kind)}</span> })
}

pub fn kind_glyph(kind: StoryKind) -> Glyph {
    match kind {
        StoryKind::Turnaround => Glyph::Turnaround,
        StoryKind::BeyondExpectations => Glyph::Beyond,
        StoryKind::HeroOfTheDay => Glyph::Hero,
        StoryKind::Colleague => Glyph::Colleague,
        StoryKind::CustomerWords | StoryKind::Other => Glyph::Words,
    }
}

/// The customer's own words.
#[component]
pub fn Said(text: Marked, #[prop(optional)] large: bool) -> impl IntoView {
    view! { <blockquote class="said" data-size=large.then_some("large") dir="auto"><p><MarkedText text/></p></blockquote> }
}

/// Text with what a search met in it.
#[component]
pub fn MarkedText(text: Marked) -> impl IntoView {
    let run = |run: domain::view::Run| match run.hit {
        true => view! { <mark>{run.text}</mark> }.into_any(),
        false => run.text.into_any(),
    };
    each(text.0.into_iter().map(run))
}
