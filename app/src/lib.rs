//! What the person sees, written once for phone and server.
//!
//! Pages ask the ports of `domain` for what they show; the host (server or browser) has put them into the context.
//! Components in `ui` never ask for anything.

#![recursion_limit = "256"] // Views are deep types.

pub mod context;
pub mod document;
mod pages;
pub mod route;
pub mod texts;
mod ui;

use domain::id::PersonId;
use leptos::prelude::*;

use context::live;
use pages::*;
use route::Route;

/// The whole app. The host has provided [`context::Ports`] and [`context::Live`].
#[component]
pub fn App() -> impl IntoView {
    let live = live();
    let route = Memo::new(move |_| Route::of(&live.address.read().path));
    let joining = join::Joining::new();
    provide_context(joining);
    let person = Memo::new(move |_| live.me.read().as_ref().map(|me| me.reader.person));
    Effect::new(move |before: Option<Option<PersonId>>| {
        let now = person.get();
        if before.is_some_and(|before| before != now) {
            // What the person before could undo, or had begun to say of themselves, is not the next one's.
            live.toast.set(None);
            joining.forget();
        }
        now
    });
    ui::draw(move || {
        // Another language is another set of texts: everything is drawn anew, nothing is half translated. So is what
        // another person had begun in this window: none of it is sent in the next one's name.
        live.language.track();
        page(route.get(), person.get().is_some())
    })
}

/// The screen at an address. Whoever has not joined is asked to, wherever they are; only telling has no gate.
fn page(route: Route, joined: bool) -> AnyView {
    match route {
        Route::Join => join::join_page(joined),
        Route::Tell => tell::tell_page(),
        _ if !joined => join::welcome(),
        Route::Home => home::home_page(),
        Route::Told(id) => told::told_page(id),
        Route::Library => library::library_page(),
        Route::Story(id) => story::story_page(id),
        Route::Learn => learn::learn_page(),
        Route::NewPath => path_form::new_path(),
        Route::Path(id) => path::path_page(id),
        Route::ChangePath(id) => path_form::change_path(id),
        Route::Present(id) => present::present_page(id),
        Route::Stop(id, stop) => stop::stop_page(id, stop),
        Route::Me => me::me_page(),
        Route::Words => words::words_page(),
        Route::NotFound => not_found(),
    }
}
