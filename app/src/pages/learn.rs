use domain::{ports::Question, view::PathCard};
use leptos::prelude::*;

use crate::{
    context::{ask, texts},
    route::Route,
    ui::{Empty, Glyph, Icon, Screen, Tab, each, loaded},
};

/// The ways in: stories in an order, with a question each.
pub fn learn_page() -> AnyView {
    let t = texts();
    let paths = ask(|| Question::Paths);
    view! {
        <Screen title=t.nav_learn tab=Tab::Learn>
            <div>
                <h1 class="page__title">{t.learn_title}</h1>
                <p class="page__lead">{t.learn_lead}</p>
            </div>
            {loaded(paths, list)}
        </Screen>
    }
    .into_any()
}

fn list(paths: Vec<PathCard>) -> AnyView {
    let t = texts();
    let make = || {
        view! {
            <a class="button" data-look="ink" href=Route::NewPath.to_string()><Icon glyph=Glyph::Plus/>{t.path_new}</a>
        }
    };
    if paths.is_empty() {
        return view! { <Empty glyph=Glyph::Learn title=t.learn_empty text=t.learn_empty_text>{make()}</Empty> }.into_any();
    }
    let row = move |path: PathCard| {
        view! {
            <li>
                <article class="story-card">
                    <h2 class="story-card__title" dir="auto"><a href=Route::Path(path.id).to_string()>{path.title}</a></h2>
                    {path.purpose.map(|purpose| view! { <p class="story-card__turn" dir="auto">{purpose}</p> })}
                    <p class="story-card__meta">
                        <span>{(t.path_stops)(path.stops)}</span>
                        {(!path.author.is_empty()).then(|| view! { <span>{path.author}</span> })}
                    </p>
                </article>
            </li>
        }
    };
    view! {
        <ul class="results">{each(paths.into_iter().map(row))}</ul>
        <div>{make()}</div>
    }
    .into_any()
}
