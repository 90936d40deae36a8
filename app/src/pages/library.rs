mod filters;
mod nothing;
mod recent;

use domain::{
    ports::Question,
    query::{Filter, ListQuery, Listing, Searched},
};
use leptos::prelude::*;

use self::{
    filters::filters,
    nothing::{Nothing, Widen},
    recent::{Recent, recent_searches},
};
use crate::{
    context::{Asked, Ports, answered, ask, live, ports, texts},
    route::{self, Route},
    ui::{Glyph, Icon, Screen, StoryCard, Tab, draw, loaded, on, sent},
};

/// Everything told, newest first, narrowed as one types and taps. The question lives in the address, so that back,
/// reload and a shared link lead to the same answer.
pub fn library_page() -> AnyView {
    let t = texts();
    let question = Wanted::in_address();
    let recent = Recent::remembered();
    let data = ask(move || Question::List(question.list.get()));
    view! {
        <Screen title=t.nav_library tab=Tab::Library wide=true>
            <h1 class="page__title">{t.nav_library}</h1>
            <div class="find">
                <SearchField question=question recent=recent/>
                {filters(data, question)}
            </div>
            {recent_searches(recent, question)}
            {count(data, question)}
            {loaded(data, move |listing| view! { <Results listing=listing question=question/> })}
        </Screen>
    }
    .into_any()
}

/// What the address asks for, and how to ask for something else.
#[derive(Clone, Copy)]
struct Wanted {
    asked: Memo<(String, Filter)>,
    list: Memo<ListQuery>,
    ports: Ports,
}

impl Wanted {
    fn in_address() -> Self {
        let address = live().address;
        Self {
            asked: Memo::new(move |_| address.read().query.search()),
            list: Memo::new(move |_| address.read().query.list()),
            ports: ports(),
        }
    }

    fn text(self) -> String {
        self.asked.read_untracked().0.clone()
    }

    fn filter(self) -> Filter {
        self.asked.read_untracked().1
    }

    /// Nothing was typed and nothing chosen.
    fn asks_nothing(self) -> bool {
        let asked = self.asked.read();
        asked.0.trim().is_empty() && asked.1.is_empty()
    }

    fn search(self, text: &str) {
        self.ports.stay(route::library(text, &self.filter()));
    }

    /// Another page of the same answer.
    fn more(self) {
        let pages = self.list.read_untracked().limit / ListQuery::PAGE + 1;
        self.ports.stay(route::library_pages(&self.text(), &self.filter(), pages));
    }

    fn narrow(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter();
        change(&mut filter);
        self.ports.stay(route::library(&self.text(), &filter));
    }
}

#[component]
fn SearchField(question: Wanted, recent: Recent) -> impl IntoView {
    let t = texts();
    let typed = RwSignal::new(question.text());
    // Another search may come from elsewhere: an earlier one, or what was meant.
    Effect::new(move |_| {
        let asked = question.asked.get().0;
        if asked != *typed.read_untracked() {
            typed.set(asked);
        }
    });
    let clear = move |_| {
        typed.set(String::new());
        question.search("");
        question.ports.device().focus("q");
    };
    let search = move |event| {
        typed.set(event_target_value(&event));
        question.search(&typed.read_untracked());
    };
    // A phone's keyboard goes down, and what it hid can be read.
    let done = move || question.ports.device().focus(FOUND);
    view! {
        <form class="search" role="search" on:submit=sent(done) action=Route::Library.to_string()>
            <Icon glyph=Glyph::Search/>
            <label class="visually-hidden" for="q">{t.search_label}</label>
            <input
                class="search__input" dir="auto" id="q" name="q" type="search" autocomplete="off" enterkeyhint="search"
                placeholder=t.search_placeholder prop:value=typed value=typed.get_untracked() on:input=on(search)
                on:change=on(move |_| recent.remember(&typed.read_untracked()))
            />
            {draw(move || (!typed.read().is_empty()).then(|| view! {
                <button class="icon-button search__clear" type="button" aria-label=t.search_clear on:click=on(clear)>
                    <Icon glyph=Glyph::Close/>
                </button>
            }))}
        </form>
    }
}

/// Where the keyboard goes on when what it stood on is gone.
const FOUND: &str = "found";

/// How much was found, and where. It stays in its place whatever is found, so that a screen reader says "none", too.
fn count(data: Asked, question: Wanted) -> AnyView {
    let t = texts();
    let said = move |listing: Listing| {
        let (text, filter) = (question.text(), question.filter());
        let searches = !text.trim().is_empty();
        if listing.total == 0 && !searches && filter.is_empty() {
            return None;
        }
        let count = if searches { t.results_count } else { t.stories_count };
        let (glyph, source) = match listing.searched {
            Searched::Phone => (Glyph::Phone, t.searched_phone),
            Searched::NewestOnPhone => (Glyph::Phone, t.searched_newest),
            Searched::Server => (Glyph::Received, t.searched_server),
        };
        Some(view! {
            <span>{count(listing.total)}</span>
            <span class="badge"><Icon glyph=glyph/>{source}</span>
        })
    };
    view! { <div class="find__result" id=FOUND role="status" tabindex="-1">{draw(move || answered::<Listing>(data).and_then(said))}</div> }
        .into_any()
}

#[component]
fn Results(listing: Listing, question: Wanted) -> impl IntoView {
    let t = texts();
    if listing.cards.is_empty() {
        return view! { <Nothing listing=listing question=question/> }.into_any();
    }
    let shown = listing.cards.len();
    view! {
        {listing.corrected.map(|corrected| {
            let meant = corrected.clone();
            let search = move |_| {
                question.search(&meant);
                question.ports.device().focus(FOUND);
            };
            view! {
                <p class="find__corrected">
                    {t.did_you_mean}" "
                    <button class="section__link" dir="auto" type="button" on:click=on(search)>{corrected}</button>"?"
                </p>
            }
        })}
        <div class="results">
            <h2 class="visually-hidden">{t.results}</h2>
            {listing.cards.into_iter().map(|card| view! { <StoryCard card/> }).collect_view()}
        </div>
        {(shown < listing.total).then(|| view! {
            <button class="button" data-wide data-more type="button" on:click=on(move |_| question.more())>
                {t.show_more}
            </button>
        })}
        {(listing.unfiltered > listing.total).then(|| view! {
            <Widen more=listing.unfiltered - listing.total question=question/>
        })}
    }
    .into_any()
}
