use domain::query::{Filter, Listing};
use leptos::prelude::*;

use super::{FOUND, Wanted};
use crate::{
    context::{live, ports, texts},
    pages::words,
    route::Route,
    ui::{Empty, Glyph, StoryCard, each, on},
};

/// Why there is nothing, and the way out.
#[component]
pub fn Nothing(listing: Listing, question: Wanted) -> impl IntoView {
    let t = texts();
    // Who looks after the library may know what is called so here.
    let curates =
        listing.unfiltered == 0 && live().me.read().as_ref().is_some_and(|me| me.reader.role.curates());
    if question.text().trim().is_empty() && question.filter().is_empty() {
        return view! {
            <Empty glyph=Glyph::Library title=t.library_empty text=t.library_empty_text>
                <a class="button" data-look="ink" href=Route::Tell.to_string()>{t.tell_one}</a>
            </Empty>
        }
        .into_any();
    }
    let text = if question.filter().is_empty() { t.nothing_found_text } else { t.nothing_left_text };
    let take_along = move |_| words::begin(ports(), &question.text());
    view! {
        <Empty glyph=Glyph::Search title=t.nothing_found text=text>
            {(listing.unfiltered > 0).then(|| view! { <Widen more=listing.unfiltered question=question/> })}
            <a class="button" data-look="ink" href=Route::Tell.to_string()>{t.tell_one}</a>
            {curates.then(|| view! {
                <a class="section__link" href=Route::Words.to_string() on:click=on(take_along)>{t.own_words}</a>
            })}
        </Empty>
        {(!listing.nearest.is_empty()).then(|| view! {
            <section class="section" aria-labelledby="nearest">
                <h2 class="section__title" id="nearest">{t.nearest}</h2>
                <div class="results">{each(listing.nearest.into_iter().map(|card| view! { <StoryCard card/> }))}</div>
            </section>
        })}
    }
    .into_any()
}

#[component]
pub fn Widen(more: usize, question: Wanted) -> impl IntoView {
    let t = texts();
    let widen = move |_| {
        question.narrow(|filter| *filter = Filter::default());
        question.ports.device().focus(FOUND);
    };
    view! {
        <p class="more-without">
            {(t.more_without_filter)(more)}
            <button class="section__link" type="button" on:click=on(widen)>{t.remove_filter}</button>
        </p>
    }
}
