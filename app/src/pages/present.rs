use domain::{
    id::PathId,
    ports::{Question, ShownTo},
    view::{Marked, PathView, StopView},
};
use leptos::{prelude::*, task::spawn_local};

use super::stop::{Paragraphs, TURN, before_the_turn, unchanging};
use crate::{
    context::{ask, live, ports, texts},
    route::Route,
    ui::{Empty, Glyph, Icon, Kind, Logo, Said, draw, each, loaded, of, on, titled},
};

/// Where the showing stands.
#[derive(Clone, Copy)]
struct Show {
    id: PathId,
    stop: RwSignal<usize>,
    revealed: RwSignal<bool>,
    total: RwSignal<usize>,
}

/// A path on a big screen, read from six metres away: situation, question, then the turning point on a tap or key.
pub fn present_page(id: PathId) -> AnyView {
    let t = texts();
    titled(Signal::stored(t.present.to_owned()));
    let path = ask(move || Question::Path(id));
    let show = Show { id, stop: RwSignal::new(0), revealed: RwSignal::new(false), total: RwSignal::new(0) };
    loaded(unchanging(path), move |view: Option<PathView>| match view {
        Some(view) if !view.stops.is_empty() => view! { <Running view=view show=show/> }.into_any(),
        _ => view! {
            <main class="page" id="page">
                <Empty glyph=Glyph::Learn title=t.path_missing text=t.path_missing_text alone=true>
                    <a class="button" data-look="ink" href=Route::Learn.to_string()>{t.back_to_learn}</a>
                </Empty>
            </main>
        }
        .into_any(),
    })
}

/// The id of a stop's title.
const TITLE: &str = "title";

#[component]
fn Running(view: PathView, show: Show) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    show.total.set(view.stops.len());
    let stops = StoredValue::new(view.stops);
    let title = view.path.title.as_str().to_owned();
    let back = Route::Path(show.id);
    let reveal = move || {
        if show.revealed.get_untracked() {
            return;
        }
        show.revealed.set(true);
        ports.device().show(TURN, false);
        let story = stops.with_value(|stops| stops.get(show.stop.get_untracked()).map(|stop| stop.story_id));
        spawn_local(async move {
            if let Some(story) = story {
                // The room has seen it, whether it can be noted or not.
                let _ = ports.outbox().showed(show.id, story, ShownTo::Room).await;
            }
        });
    };
    let go = move |to: usize| {
        if to < show.total.get_untracked() {
            show.stop.set(to);
            show.revealed.set(false);
            ports.device().show(TITLE, false);
        }
    };
    let onward = move || match show.revealed.get_untracked() {
        false => reveal(),
        true => go(show.stop.get_untracked() + 1),
    };
    let press = move |key: &str| {
        match key {
            " " | "Enter" | "ArrowRight" | "PageDown" => onward(),
            "ArrowLeft" | "PageUp" => match show.revealed.get_untracked() {
                true => {
                    show.revealed.set(false);
                    ports.device().show(TITLE, false);
                }
                false => go(show.stop.get_untracked().saturating_sub(1)),
            },
            "Escape" => ports.back(back),
            _ => return false,
        }
        true
    };
    Effect::new(move |_| {
        let listening = ports.device().keys(Box::new(press));
        on_cleanup(move || drop(listening));
    });
    view! {
        <div class="stage">
            <header class="stage__bar">
                <span class="brand"><Logo/>{t.app}</span>
                <span>{draw(move || format!("{title} · {}", (t.stop_of)(show.stop.get() + 1, show.total.get())))}</span>
                <div class="stage__end">
                    {draw(move || (!live.online.get()).then(|| view! {
                        <span class="badge" data-tone="dusk"><Icon glyph=Glyph::Offline/>{t.present_offline}</span>
                    }))}
                    <a class="icon-button" href=back.to_string() data-back aria-label=t.present_end><Icon glyph=Glyph::Close/></a>
                </div>
            </header>
            // Drawn anew with each step, so that every text begins at its top.
            {draw(move || stops.with_value(|stops| stops.get(show.stop.get()).cloned()).map(|stop| view! {
                <Shown stop=stop revealed=show.revealed.get()/>
            }))}
            <section class="stage__hidden" aria-label=t.part_action>
                {draw(move || match show.revealed.get() {
                    false => view! {
                        <button class="button" data-look="sun" data-size="large" type="button" on:click=on(move |_| reveal())>
                            <Icon glyph=Glyph::Eye/>{t.reveal}
                        </button>
                        <p>{t.hidden_until}</p>
                    }.into_any(),
                    true => view! { <p>{t.talk_about_it}</p> }.into_any(),
                })}
                {draw(move || match show.stop.get() + 1 < show.total.get() {
                    true => view! {
                        <button
                            class="button" type="button" data-look=of(move || if show.revealed.get() { "ink" } else { "quiet" })
                            on:click=on(move |_| go(show.stop.get_untracked() + 1))
                        >
                            {t.next_stop}<Icon glyph=Glyph::Right/>
                        </button>
                    }.into_any(),
                    false => view! {
                        <a class="button" data-look="quiet" href=Route::Path(show.id).to_string() data-back>{t.present_end}</a>
                    }.into_any(),
                })}
            </section>
        </div>
    }
}

#[component]
fn Shown(stop: StopView, revealed: bool) -> impl IntoView {
    let t = texts();
    let Some(story) = stop.story else {
        return view! {
            <main class="stage__story" id="page"><h1 class="stage__title" id=TITLE tabindex="-1">{t.stop_missing}</h1></main>
        }
        .into_any();
    };
    let question = stop.question.unwrap_or_else(|| t.usual_question.to_owned());
    let heading = story.heading.clone();
    let kind = story.story.kind;
    let text = |text: &Option<domain::text::StoryText>| text.as_ref().map(|text| text.as_str().to_owned());
    let quote = text(&story.story.quote);
    let told = [text(&story.story.action), text(&story.story.outcome)];
    let before = before_the_turn(&story);
    let read = match revealed {
        false => [Some(&before), Some(&question), None],
        true => [told[0].as_ref(), told[1].as_ref(), quote.as_ref()],
    };
    let chars = read.into_iter().flatten().map(|text| text.chars().count()).sum();
    let told: Vec<String> = told.into_iter().flatten().collect();
    let mut first = Some(TURN);
    let text = match revealed {
        false => view! {
            <div class="stage__situation"><Paragraphs text=before/></div>
            <p class="stage__question" dir="auto">{question}</p>
        }
        .into_any(),
        true => view! {
            {(!told.is_empty()).then(|| view! {
                <div class="stage__situation reveal" id=first.take() tabindex="-1" role="group" aria-label=t.part_action>
                    {each(told.into_iter().map(|text| view! { <Paragraphs text/> }))}
                </div>
            })}
            {quote.map(Marked::plain).map(|quote| view! { <figure class="story__said reveal" id=first.take() tabindex="-1" aria-label=t.part_quote><Said text=quote large=true/></figure> })}
            {first.map(|id| view! { <p class="stage__situation reveal" id=id tabindex="-1">{t.no_turn}</p> })}
        }
        .into_any(),
    };
    view! {
        <main class="stage__story" id="page" data-length=length(chars)>
            <Kind kind=kind/>
            <h1 class="stage__title" dir="auto" id=TITLE tabindex="-1">{heading}</h1>
            {text}
        </main>
    }
    .into_any()
}

/// How much there is to read at once: the type of what is long is a step smaller, so that it need not be scrolled.
fn length(chars: usize) -> Option<&'static str> {
    match chars {
        0..320 => None,
        320..520 => Some("long"),
        _ => Some("longer"),
    }
}
