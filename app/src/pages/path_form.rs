use domain::{
    id::{PathId, StoryId},
    path::Stop,
    ports::{KeepError, PathForm, Question},
    query::{Filter, ListQuery, Listing},
    text::Line,
    view::PathView,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{answered, ask, ports, texts},
    route::Route,
    ui::{Back, Banner, Empty, Glyph, Icon, Screen, Tab, Tone, draw, loaded, of, on, on_enter, sent},
};

pub fn new_path() -> AnyView {
    view! { <Form id=None before=Edited::default()/> }.into_any()
}

pub fn change_path(id: PathId) -> AnyView {
    let t = texts();
    let path = ask(move || Question::Path(id));
    // What is being written is not drawn anew because the library has news.
    let first = Memo::new(move |seen: Option<&Option<PathView>>| match seen {
        Some(Some(view)) => Some(view.clone()),
        _ => answered::<Option<PathView>>(path).flatten(),
    });
    loaded(path, move |_: Option<PathView>| match first.get_untracked() {
        Some(view) => view! { <Form id=Some(view.id) before=Edited::of(&view)/> }.into_any(),
        None => view! {
            <Screen title=t.path_missing tab=Tab::Learn>
                <Empty glyph=Glyph::Learn title=t.path_missing text=t.path_missing_text alone=true>
                    <a class="button" data-look="ink" href=Route::Learn.to_string()>{t.back_to_learn}</a>
                </Empty>
            </Screen>
        }
        .into_any(),
    })
}

/// A stop as it is being written.
#[derive(Clone, Debug, PartialEq)]
struct EditedStop {
    key: u32,
    story: StoryId,
    heading: String,
    /// Counted, not owned by whoever happened to add the stop: a row that is drawn anew must not take it away.
    question: ArcRwSignal<String>,
}

#[derive(Clone, Debug, Default)]
struct Edited {
    title: String,
    purpose: String,
    stops: Vec<(StoryId, String, String)>,
}

impl Edited {
    fn of(view: &PathView) -> Self {
        let stops = view.stops.iter().map(|stop| {
            let heading = stop.story.as_ref().map(|story| story.heading.clone()).unwrap_or_default();
            (stop.story_id, heading, stop.question.clone().unwrap_or_default())
        });
        Self {
            title: view.path.title.as_str().to_owned(),
            purpose: view
                .path
                .purpose
                .as_ref()
                .map(|purpose| purpose.as_str().to_owned())
                .unwrap_or_default(),
            stops: stops.collect(),
        }
    }
}

/// The form's fields as signals. Every change is stashed, so that a killed tab loses nothing.
#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    purpose: RwSignal<String>,
    stops: RwSignal<Vec<EditedStop>>,
    next_key: StoredValue<u32>,
}

type Stashed = (String, String, Vec<(StoryId, String, String)>);

impl Fields {
    fn new() -> Self {
        Self {
            title: RwSignal::new(String::new()),
            purpose: RwSignal::new(String::new()),
            stops: RwSignal::new(Vec::new()),
            next_key: StoredValue::new(0),
        }
    }

    fn fill(self, edited: Edited) {
        self.title.set(edited.title);
        self.purpose.set(edited.purpose);
        self.stops.set(Vec::new());
        for (story, heading, question) in edited.stops {
            self.add(story, heading, question);
        }
    }

    fn add(self, story: StoryId, heading: String, question: String) {
        let key = self.next_key.get_value();
        self.next_key.set_value(key + 1);
        self.stops.update(|stops| {
            stops.push(EditedStop { key, story, heading, question: ArcRwSignal::new(question) })
        });
    }

    fn take_out(self, index: usize) {
        self.stops.update(|stops| {
            // A second tap may come before the row is gone.
            if index < stops.len() {
                stops.remove(index);
            }
        });
    }

    fn shift(self, index: usize, by: isize) {
        self.stops.update(|stops| {
            if let Some(to) = index.checked_add_signed(by).filter(|to| *to < stops.len()) {
                stops.swap(index, to);
            }
        });
    }

    fn stashed(self) -> Stashed {
        let stops = self.stops.get().into_iter().map(|stop| (stop.story, stop.heading, stop.question.get()));
        (self.title.get(), self.purpose.get(), stops.collect())
    }

    fn form(self) -> PathForm {
        let stops = self.stops.get_untracked().into_iter().map(|stop| Stop {
            story: stop.story,
            question: Line::optional(stop.question.get_untracked().trim()).ok().flatten(),
        });
        PathForm {
            title: self.title.get_untracked(),
            purpose: self.purpose.get_untracked(),
            stops: stops.collect(),
        }
    }
}

#[component]
fn Form(id: Option<PathId>, before: Edited) -> impl IntoView {
    let (t, ports) = (texts(), ports());
    let fields = Fields::new();
    fields.fill(before.clone());
    let key = id.map_or_else(|| "path/new".to_owned(), |id| format!("path/{id}"));
    keep_stashed(fields, before, key.clone());
    let back = Back::leave(id.map_or(Route::Learn, Route::Path), t.back);
    let problem = RwSignal::new(None::<KeepError>);
    let busy = RwSignal::new(false);
    let save = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let key = key.clone();
        spawn_local(async move {
            match ports.outbox().save_path(id, fields.form()).await {
                Ok(id) => {
                    ports.device().stash(&key, "");
                    ports.go_instead(Route::Path(id));
                }
                Err(error) => problem.set(Some(error)),
            }
            busy.set(false);
        });
    };
    let can_save = move || !fields.title.read().trim().is_empty() && !fields.stops.read().is_empty();
    view! {
        <Screen
            title=if id.is_some() { t.path_change } else { t.path_new } back=back
            heading=if id.is_some() { t.path_change } else { t.path_new } has_dock=true
            dock=move || {
                let save = save.clone();
                view! {
                    {draw(move || problem.get().map(|_| view! {
                        <Banner tone=Tone::Rust glyph=Glyph::Warn title=t.cannot_save text=t.cannot_save_text/>
                    }))}
                    <button
                        class="button" data-look="ink" data-size="large" data-wide type="button"
                        disabled=of(move || !can_save()) data-busy=busy on:click=on(move |_| save())
                    >{t.path_save}</button>
                }
            }
        >
            <form class="tell" on:submit=sent(|| ())>
                <label class="field">
                    <span class="field__label">{t.path_title}</span>
                    <input
                        class="field__input" dir="auto" maxlength="200" placeholder=t.path_title_hint prop:value=fields.title
                        on:input=on(move |event| fields.title.set(event_target_value(&event)))
                    />
                </label>
                <label class="field">
                    <span class="field__label">{t.path_purpose}</span>
                    <textarea
                        class="field__input" dir="auto" rows="2" maxlength="1000" placeholder=t.path_purpose_hint prop:value=fields.purpose
                        on:input=on(move |event| fields.purpose.set(event_target_value(&event)))
                    ></textarea>
                </label>
                <Stops fields=fields/>
                <Finder fields=fields/>
            </form>
        </Screen>
    }
}

/// Takes up what a killed tab left behind, and stashes every change from then on.
fn keep_stashed(fields: Fields, before: Edited, key: String) {
    let ports = ports();
    let started = StoredValue::new(false);
    Effect::new(move |_| {
        let device = ports.device();
        let now = fields.stashed();
        if !started.get_value() {
            started.set_value(true);
            if let Some((title, purpose, stops)) =
                device.stashed(&key).and_then(|text| serde_json::from_str(&text).ok())
            {
                fields.fill(Edited { title, purpose, stops });
            }
            return;
        }
        let same = now == (before.title.clone(), before.purpose.clone(), before.stops.clone());
        let text = if same { String::new() } else { serde_json::to_string(&now).unwrap_or_default() };
        device.stash(&key, &text);
    });
}

#[component]
fn Stops(fields: Fields) -> impl IntoView {
    let t = texts();
    let row = move |index: usize, stop: EditedStop| {
        let question = RwSignal::from(stop.question);
        view! {
            <li class="stop">
                <span class="stop__mark">{index + 1}</span>
                <div class="stop__body">
                    <h3 class="stop__title" dir="auto">{stop.heading.clone()}</h3>
                    <label class="field">
                        <span class="visually-hidden">{t.path_question}</span>
                        <textarea
                            class="field__input" dir="auto" rows="2" maxlength="1000" placeholder=t.usual_question prop:value=question
                            on:input=on(move |event| question.set(event_target_value(&event)))
                        ></textarea>
                    </label>
                    <div class="stop__tools">
                        <button
                            class="icon-button" type="button" aria-label=(t.move_up)(&stop.heading) data-turn="up"
                            disabled=index == 0 on:click=on(move |_| fields.shift(index, -1))
                        ><Icon glyph=Glyph::Down/></button>
                        <button
                            class="icon-button" type="button" aria-label=(t.move_down)(&stop.heading)
                            disabled=of(move || index + 1 == fields.stops.read().len()) on:click=on(move |_| fields.shift(index, 1))
                        ><Icon glyph=Glyph::Down/></button>
                        <button
                            class="icon-button" type="button" aria-label=(t.take_out)(&stop.heading)
                            on:click=on(move |_| fields.take_out(index))
                        ><Icon glyph=Glyph::Trash/></button>
                    </div>
                </div>
            </li>
        }
    };
    view! {
        <section class="section" aria-labelledby="stops">
            <h2 class="section__title" id="stops">{t.stops}</h2>
            {draw(move || fields.stops.read().is_empty().then(|| view! { <p class="row__note">{t.stops_hint}</p> }))}
            <ol class="path">
                {draw(move || fields.stops.get().into_iter().enumerate().map(|(index, stop)| row(index, stop)).collect_view())}
            </ol>
        </section>
    }
}

/// Finds stories to add, as one types.
#[component]
fn Finder(fields: Fields) -> impl IntoView {
    let t = texts();
    let typed = RwSignal::new(String::new());
    let found = ask(move || {
        Question::List(ListQuery { limit: 8, ..ListQuery::first_page(typed.get(), Filter::default()) })
    });
    let is_in = move |id: StoryId| fields.stops.read().iter().any(|stop| stop.story == id);
    view! {
        <section class="section" aria-labelledby="finder">
            <h2 class="section__title" id="finder">{t.add_stories}</h2>
            <div class="search" role="search">
                <Icon glyph=Glyph::Search/>
                <label class="visually-hidden" for="find-story">{t.search_label}</label>
                <input
                    class="search__input" dir="auto" id="find-story" type="search" autocomplete="off" placeholder=t.search_placeholder
                    prop:value=typed on:input=on(move |event| typed.set(event_target_value(&event)))
                    on:keydown=on_enter(|| ())
                />
            </div>
            {loaded(found, move |listing: Listing| view! {
                <ul class="rows">
                    {listing.cards.into_iter().map(|card| {
                        let (id, heading) = (card.id, card.title.text());
                        let name = heading.clone();
                        view! {
                            <li class="row">
                                <span class="row__text">
                                    <span class="row__title" dir="auto">{heading.clone()}</span>
                                    <span class="row__note" dir="auto">{card.turn.text()}</span>
                                </span>
                                {draw(move || match is_in(id) {
                                    true => view! { <span class="badge"><Icon glyph=Glyph::Check/>{t.added}</span> }.into_any(),
                                    false => {
                                        let heading = heading.clone();
                                        view! {
                                            <button
                                                class="icon-button" type="button" aria-label=(t.add_story)(&name)
                                                on:click=on(move |_| fields.add(id, heading.clone(), String::new()))
                                            ><Icon glyph=Glyph::Plus/></button>
                                        }.into_any()
                                    }
                                })}
                            </li>
                        }
                    }).collect_view()}
                </ul>
            })}
        </section>
    }
}
