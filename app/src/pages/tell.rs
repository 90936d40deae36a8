//! Telling: one sheet, three questions, a minute.

mod drafts;
mod extras;
mod media;
mod save;
mod sheet;

use domain::{
    coach::{Detail, Hints, hints},
    ports::{Labels, Question},
    story::{Part, StoryKind, suggested_title},
    time::Day,
};
use leptos::prelude::*;

use crate::{
    context::{Asked, answered, ask, live, texts},
    pages::media::Viewer,
    route::Route,
    ui::{Back, Banner, Glyph, Icon, Screen, Tone, draw, each, of, on, sent},
};
pub use drafts::DraftList;
use drafts::Unfinished;
use extras::Extras;
use media::Attachments;
use save::SaveDock;
use sheet::Sheet;

/// Where the text of a problem stands beside what was written.
const WARN_BELOW: usize = 1_000;

pub fn tell_page() -> AnyView {
    let (t, live) = (texts(), live());
    let sheet = Sheet::new();
    sheet.follow(Memo::new(move |_| live.address.read().query.draft()));
    // Nobody has to have joined to tell: there are simply no labels to choose from then.
    let labels = ask(|| Question::Labels);
    let title =
        Signal::derive(move || if sheet.changes.get().is_some() { t.change_story } else { t.nav_tell });
    let back = Back::leave(Route::Home, t.back_draft_is_kept);
    let viewer = Viewer::of(None);
    view! {
        <Screen
            title=Signal::derive(move || title.get().to_owned()) back=back heading=title has_dock=true
            dock=move || view! { <SaveDock sheet=sheet/> }
        >
            <Unfinished sheet=sheet/>
            {draw(move || sheet.put_away.get().then(|| view! {
                <Banner tone=Tone::Dusk glyph=Glyph::Lock title=t.draft_not_yours text=t.draft_not_yours_text/>
            }))}
            {draw(move || sheet.apart.get().then(|| view! {
                <Banner tone=Tone::Dusk glyph=Glyph::Pencil title=t.draft_apart text=t.draft_apart_text/>
            }))}
            <form class="tell" inert=sheet.telling on:submit=sent(|| ())>
                <div class="sheet">
                    <Prompt sheet=sheet part=Part::Situation label=t.ask_situation hint=t.ask_situation_hint/>
                    <Prompt sheet=sheet part=Part::Action label=t.ask_action hint=t.ask_action_hint/>
                    <Coach sheet=sheet labels=labels/>
                    <Prompt sheet=sheet part=Part::Outcome label=t.ask_outcome hint=t.ask_outcome_hint/>
                    <Prompt sheet=sheet part=Part::Quote label=t.ask_quote optional=t.ask_quote_optional hint="”…”"/>
                    <details class="more">
                        <summary class="more__summary"><Icon glyph=Glyph::Plus/>{t.more_fields}</summary>
                        <Prompt sheet=sheet part=Part::Title label=t.ask_title hint=t.ask_title_hint/>
                        <Prompt sheet=sheet part=Part::Lesson label=t.ask_lesson hint=t.ask_lesson_hint/>
                        <DayField sheet=sheet/>
                    </details>
                </div>
                <Attachments sheet=sheet viewer=viewer/>
                <Kinds sheet=sheet/>
                <Extras sheet=sheet labels=labels/>
            </form>
            // Not within the form: it closes by one of its own.
            {viewer.dialog()}
        </Screen>
    }
    .into_any()
}

/// One question, and ruled paper for the answer.
#[component]
fn Prompt(
    sheet: Sheet,
    part: Part,
    label: &'static str,
    hint: &'static str,
    #[prop(optional)] optional: Option<&'static str>,
) -> impl IntoView {
    let t = texts();
    let text = sheet.text(part);
    let error_id = format!("{}-problem", part.key());
    let over = Memo::new(move |_| {
        let chars = text.read().chars().count();
        (chars + WARN_BELOW.min(part.max_chars() / 5) > part.max_chars()).then_some((chars, part.max_chars()))
    });
    let too_long = move || over.get().is_some_and(|(chars, max)| chars > max);
    let placeholder = move || match (part, text.read().is_empty()) {
        (Part::Title, true) => suggested_title(
            [Part::Situation, Part::Action, Part::Outcome]
                .map(|part| sheet.text(part).get())
                .iter()
                .map(String::as_str),
        ),
        _ => String::new(),
    };
    let placeholder =
        move || Some(placeholder()).filter(|title| !title.is_empty()).unwrap_or_else(|| hint.to_owned());
    view! {
        <div class="prompt">
            <label class="prompt__label" for=part.key()>
                {label}{optional.map(|optional| view! { <span class="prompt__optional">{optional}</span> })}
            </label>
            <div class="prompt__grow" data-text=text>
                <textarea
                    class="prompt__text" id=part.key() dir="auto" placeholder=of(placeholder) prop:value=text
                    aria-invalid=of(move || too_long().to_string()) aria-describedby=error_id.clone()
                    readonly=sheet.loading
                    on:input=on(move |event| sheet.write(part, event_target_value(&event)))
                ></textarea>
            </div>
            <div id=error_id>
                {draw(move || over.get().map(|(chars, max)| {
                    let class = if chars > max { "field__error" } else { "prompt__hint" };
                    view! { <p class=class>{(t.chars_of)(chars, max)}</p> }
                }))}
            </div>
        </div>
    }
}

/// Gentle hints from the text itself.
#[component]
fn Coach(sheet: Sheet, labels: Asked) -> impl IntoView {
    let t = texts();
    let language = live().language.get_untracked();
    let found = Memo::new(move |_| {
        let places: Vec<String> = match answered::<Labels>(labels) {
            Some(labels) => {
                labels.sites.into_iter().chain(labels.departments).map(|label| label.name).collect()
            }
            _ => Vec::new(),
        };
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let text = |part| sheet.text(part).get();
        hints(
            &text(Part::Situation),
            &text(Part::Action),
            &text(Part::Outcome),
            &text(Part::Quote),
            language,
            &places,
        )
    });
    let name = move |detail| match detail {
        Detail::Place => t.coach_place,
        Detail::Moment => t.coach_moment,
        Detail::Words => t.coach_words,
        Detail::Gesture => t.coach_gesture,
    };
    let ask = move |detail| match detail {
        Detail::Place => t.coach_ask_place,
        Detail::Moment => t.coach_ask_moment,
        Detail::Words => t.coach_ask_words,
        Detail::Gesture => t.coach_ask_gesture,
    };
    let chips = move |Hints { found, missing }: Hints| {
        let found = found.into_iter().map(|detail| {
            view! {
                <li class="chip" data-state="done"><Icon glyph=Glyph::Check/>{name(detail)}</li>
            }
        });
        let missing = missing.into_iter().map(|detail| {
            view! {
                <li class="chip" data-state="asking"><Icon glyph=Glyph::Bulb/>{ask(detail)}</li>
            }
        });
        view! { <ul class="chips">{each(found)}{each(missing)}</ul> }
    };
    draw(move || {
        let hints = found.get();
        (hints != Hints::default()).then(|| {
            view! {
                <div class="coach">
                    <p class="coach__lead">{t.coach_lead}</p>
                    {chips(hints)}
                </div>
            }
        })
    })
}

#[component]
fn DayField(sheet: Sheet) -> impl IntoView {
    let t = texts();
    let today = live().today;
    // It is asked about and not refused: the phone's own clock may be the one that is wrong.
    let is_to_come = Memo::new(move |_| {
        let day = sheet.day.read().trim().parse::<Day>();
        day.is_ok_and(|day| today.get().is_some_and(|today| day > today))
    });
    view! {
        <label class="field">
            <span class="field__label">{t.ask_day}</span>
            <input
                class="field__input" type="date" max=of(move || today.get().map(|today| today.to_string())) prop:value=sheet.day
                aria-describedby="day-to-come"
                on:input=on(move |event| sheet.set(sheet.day, event_target_value(&event)))
            />
        </label>
        <div id="day-to-come" role="status">
            {draw(move || is_to_come.get().then(|| view! { <p class="field__error">{t.day_to_come}</p> }))}
        </div>
    }
}

#[component]
fn Kinds(sheet: Sheet) -> impl IntoView {
    let t = texts();
    let choice = move |kind: StoryKind| {
        view! {
            <button
                class="chip" type="button" aria-pressed=of(move || (sheet.kind.get() == kind).to_string())
                on:click=on(move |_| sheet.set(sheet.kind, kind))
            >
                <Icon glyph=crate::ui::kind_glyph(kind)/>{(t.kind)(kind)}
            </button>
        }
    };
    view! {
        <section class="section" aria-labelledby="kinds">
            <h2 class="section__title" id="kinds">{t.ask_kind}</h2>
            <div class="chips">{each(StoryKind::ALL.map(choice))}</div>
        </section>
    }
}
