use domain::{
    id::LabelId,
    label::LabelKind,
    names::Named,
    ports::Question,
    query::{Facets, Filter, ListQuery, Listing, Searched},
    story::StoryKind,
};
use leptos::prelude::*;

use crate::{
    context::{Asked, Ports, answered, ask, live, ports, texts},
    route::{self, Route},
    ui::{Empty, Glyph, Icon, Screen, StoryCard, Tab, draw, each, loaded, on, sent},
};

/// Everything told, newest first, narrowed as one types and taps. The question lives in the address, so that back,
/// reload and a shared link lead to the same answer.
pub fn library_page() -> AnyView {
    let t = texts();
    let question = Wanted::in_address();
    let pages = RwSignal::new(1_usize);
    // Another question starts from its first page.
    let asked = Memo::new(move |before: Option<&(String, Filter)>| {
        let now = question.asked.get();
        if before.is_some_and(|before| *before != now) {
            pages.set(1);
        }
        now
    });
    let data = ask(move || {
        let (text, filter) = asked.get();
        Question::List(ListQuery {
            limit: ListQuery::PAGE * pages.get(),
            ..ListQuery::first_page(text, filter)
        })
    });
    view! {
        <Screen title=t.nav_library tab=Tab::Library wide=true>
            <h1 class="page__title">{t.nav_library}</h1>
            <div class="find">
                <SearchField question=question/>
                {filters(data, question)}
            </div>
            {count(data, question)}
            {loaded(data, move |listing| view! { <Results listing=listing question=question pages=pages/> })}
        </Screen>
    }
    .into_any()
}

/// What the address asks for, and how to ask for something else.
#[derive(Clone, Copy)]
struct Wanted {
    asked: Memo<(String, Filter)>,
    ports: Ports,
}

impl Wanted {
    fn in_address() -> Self {
        let address = live().address;
        Self { asked: Memo::new(move |_| address.read().query.search()), ports: ports() }
    }

    fn text(self) -> String {
        self.asked.read_untracked().0.clone()
    }

    fn filter(self) -> Filter {
        self.asked.read_untracked().1
    }

    fn search(self, text: &str) {
        self.ports.stay(route::library(text, &self.filter()));
    }

    fn narrow(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter();
        change(&mut filter);
        self.ports.stay(route::library(&self.text(), &filter));
    }
}

#[component]
fn SearchField(question: Wanted) -> impl IntoView {
    let t = texts();
    let typed = RwSignal::new(question.text());
    let clear = move |_| {
        typed.set(String::new());
        question.search("");
    };
    let search = move |event| {
        typed.set(event_target_value(&event));
        question.search(&typed.read_untracked());
    };
    view! {
        <form class="search" role="search" on:submit=sent(|| ()) action=Route::Library.to_string()>
            <Icon glyph=Glyph::Search/>
            <label class="visually-hidden" for="q">{t.search_label}</label>
            <input
                class="search__input" dir="auto" id="q" name="q" type="search" autocomplete="off" enterkeyhint="search"
                placeholder=t.search_placeholder prop:value=typed value=typed.get_untracked() on:input=on(search)
            />
            {draw(move || (!typed.read().is_empty()).then(|| view! {
                <button class="icon-button search__clear" type="button" aria-label=t.search_clear on:click=on(clear)>
                    <Icon glyph=Glyph::Close/>
                </button>
            }))}
        </form>
    }
}

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
    view! { <div class="find__result" role="status">{draw(move || answered::<Listing>(data).and_then(said))}</div> }
        .into_any()
}

/// The filters. Drawn anew only when there is something else to choose: an open list of choices is not taken away.
fn filters(data: Asked, question: Wanted) -> AnyView {
    let facets = Memo::new(move |before: Option<&Option<Facets>>| {
        // Until the first answer has come, and where none comes, there is nothing to choose from.
        answered::<Listing>(data).map(|listing| listing.facets).or_else(|| before.cloned().flatten())
    });
    let filter = Memo::new(move |_| question.asked.get().1);
    draw(move || {
        filter.track();
        facets.get().map(|facets| view! { <Filters facets=facets question=question/> })
    })
}

/// One choice a facet: the phone's own way of choosing from a list, in the shape of a chip.
#[component]
fn Filters(facets: Facets, question: Wanted) -> impl IntoView {
    let t = texts();
    let kinds = facets
        .kinds
        .iter()
        .map(|(kind, n)| (kind.key().to_owned(), (t.kind)(*kind).to_owned(), *n))
        .collect();
    let names = [
        (LabelKind::Department, t.filter_department),
        (LabelKind::Site, t.filter_site),
        (LabelKind::Value, t.filter_value),
        (LabelKind::Tag, t.filter_tag),
    ];
    let labels = names.map(|(kind, name)| {
        let choices =
            facets.labels(kind).iter().map(|(Named { id, name }, n)| (id.to_string(), name.clone(), *n));
        let chosen = question.filter().label(kind).map(|id| id.to_string());
        let choose = move |id: Option<String>| {
            let id: Option<LabelId> = id.and_then(|id| id.parse().ok());
            question.narrow(|filter| filter.set_label(kind, id));
        };
        view! { <Choice name=name choices=choices.collect() chosen=chosen choose=choose/> }
    });
    let chosen = question.filter().kind.map(|kind| kind.key().to_owned());
    let choose = move |key: Option<String>| {
        question.narrow(|filter| filter.kind = key.and_then(|key| StoryKind::from_key(&key)));
    };
    view! {
        <div class="chips" data-scroll role="group" aria-label=t.filters>
            <Choice name=t.filter_kind choices=kinds chosen=chosen choose=choose/>
            {each(labels)}
        </div>
    }
}

#[component]
fn Choice(
    name: &'static str,
    /// Key, name, and how many stories it leaves.
    choices: Vec<(String, String, usize)>,
    chosen: Option<String>,
    choose: impl Fn(Option<String>) + Copy + 'static,
) -> impl IntoView {
    let t = texts();
    let is_chosen = chosen.is_some();
    let options = choices.into_iter().map(|(key, text, n)| {
        let selected = chosen.as_ref() == Some(&key);
        view! { <option value=key selected=selected>{format!("{text} ({n})")}</option> }
    });
    let changed = move |event| {
        let value = event_target_value(&event);
        choose((!value.is_empty()).then_some(value));
    };
    view! {
        <span class="chip chip-select" data-chosen=is_chosen>
            <select aria-label=name on:change=on(changed)>
                <option value="" selected=!is_chosen>{name}</option>
                {each(options)}
            </select>
            {match is_chosen {
                true => view! {
                    <button type="button" aria-label=(t.filter_remove)(name) on:click=on(move |_| choose(None))>
                        <Icon glyph=Glyph::Close/>
                    </button>
                }.into_any(),
                false => view! { <Icon glyph=Glyph::Down/> }.into_any(),
            }}
        </span>
    }
}

#[component]
fn Results(listing: Listing, question: Wanted, pages: RwSignal<usize>) -> impl IntoView {
    let t = texts();
    if listing.cards.is_empty() {
        return view! { <Nothing listing=listing question=question/> }.into_any();
    }
    let shown = listing.cards.len();
    view! {
        {listing.corrected.map(|corrected| view! { <p class="find__corrected">{(t.corrected)(&corrected)}</p> })}
        <div class="results">
            <h2 class="visually-hidden">{t.results}</h2>
            {listing.cards.into_iter().map(|card| view! { <StoryCard card/> }).collect_view()}
        </div>
        {(shown < listing.total).then(|| view! {
            <button class="button" data-wide data-more type="button" on:click=on(move |_| pages.update(|n| *n += 1))>
                {t.show_more}
            </button>
        })}
        {(listing.unfiltered > listing.total).then(|| view! {
            <Widen more=listing.unfiltered - listing.total question=question/>
        })}
    }
    .into_any()
}

/// Why there is nothing, and the way out.
#[component]
fn Nothing(listing: Listing, question: Wanted) -> impl IntoView {
    let t = texts();
    if question.text().trim().is_empty() && question.filter().is_empty() {
        return view! {
            <Empty glyph=Glyph::Library title=t.library_empty text=t.library_empty_text>
                <a class="button" data-look="ink" href=Route::Tell.to_string()>{t.tell_one}</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty glyph=Glyph::Search title=t.nothing_found text=t.nothing_found_text>
            {(listing.unfiltered > 0).then(|| view! { <Widen more=listing.unfiltered question=question/> })}
            <a class="button" data-look="ink" href=Route::Tell.to_string()>{t.tell_one}</a>
        </Empty>
    }
    .into_any()
}

#[component]
fn Widen(more: usize, question: Wanted) -> impl IntoView {
    let t = texts();
    let widen = move |_| question.narrow(|filter| *filter = Filter::default());
    view! {
        <p class="more-without">
            {(t.more_without_filter)(more)}
            <button class="section__link" type="button" on:click=on(widen)>{t.remove_filter}</button>
        </p>
    }
}
