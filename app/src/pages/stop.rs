use domain::{
    id::PathId,
    ports::{Answer, Question, ShownTo},
    view::{Marked, PathView, StoryView},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{Asked, Told, answered, ask, ports, texts},
    route::Route,
    ui::{Back, Empty, Glyph, Icon, Kind, Said, Screen, draw, each, loaded, on},
};

/// One stop on one's own phone: the situation, the question, and the turning point when one has thought.
pub fn stop_page(id: PathId, stop: usize) -> AnyView {
    let index = stop - 1;
    let t = texts();
    let path = ask(move || Question::Path(id));
    let revealed = RwSignal::new(false);
    count_as_done_once_left(id, index, revealed);
    let title = Signal::derive(move || match answered::<Option<PathView>>(path).flatten() {
        Some(view) => view.path.title.as_str().to_owned(),
        _ => t.nav_learn.to_owned(),
    });
    let standing = Memo::new(move |_| {
        let view = answered::<Option<PathView>>(path)?;
        Some(view.map_or_else(Standing::default, |view| Standing {
            total: view.stops.len(),
            has_story: view.stops.get(index).is_some_and(|stop| stop.story.is_some()),
        }))
    });
    view! {
        <Screen
            title=title back=Back::to(Route::Path(id), t.back_to_path) has_dock=true
            dock=move || view! { <Onward id=id index=index standing=standing revealed=revealed path=path/> }
        >
            {draw(move || standing.get().map(|standing| standing.total).filter(|total| index < *total).map(|total| view! {
                <p class="story__meta">{(t.stop_of)(index + 1, total)}</p>
            }))}
            {loaded(unchanging(path), move |view| view! { <Content view=view index=index revealed=revealed/> })}
        </Screen>
    }
    .into_any()
}

/// What the ways on depend on. Nothing is offered until it is known: what cannot be read yet is not revealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    /// How many stops the path has.
    total: usize,
    /// There is a story at this one.
    has_story: bool,
}

/// A stop is done when one goes on from it, or back, with its turn revealed: a double tap alone does not do it.
fn count_as_done_once_left(id: PathId, index: usize, revealed: RwSignal<bool>) {
    let ports = ports();
    on_cleanup(move || {
        if revealed.try_get_untracked() == Some(true) {
            ports.device().set_progress(id, index + 1);
        }
    });
}

/// The path without what changes of it while it is read or shown, by the very reading most of all: what would be drawn
/// anew for that would lose the line that is being read, and the focus on it.
pub fn unchanging(path: Asked) -> Memo<Told> {
    Memo::new(move |_| path.get().map(|told| told.map(still)))
}

fn still(mut answer: Answer) -> Answer {
    if let Answer::Path(Some(view)) = &mut answer {
        for story in view.stops.iter_mut().filter_map(|stop| stop.story.as_mut()) {
            (story.receipt, story.tally) = (None, Default::default());
            story.reacted.clear();
        }
    }
    answer
}

#[component]
fn Content(view: Option<PathView>, index: usize, revealed: RwSignal<bool>) -> impl IntoView {
    let t = texts();
    let stop = view.and_then(|view| view.stops.into_iter().nth(index));
    let Some((story, question)) = stop.and_then(|stop| stop.story.map(|story| (story, stop.question))) else {
        return view! { <Empty glyph=Glyph::Learn title=t.stop_missing text=t.stop_missing_text alone=true/> }
            .into_any();
    };
    view! {
        <article class="story">
            <header class="story__head">
                <Kind kind=story.story.kind/>
                <h1 class="page__title" dir="auto" tabindex="-1">{story.heading.clone()}</h1>
            </header>
            <div class="story__part"><Paragraphs text=before_the_turn(&story)/></div>
            <p class="stage__question" data-size="phone" dir="auto">{question.unwrap_or_else(|| t.usual_question.to_owned())}</p>
            {draw(move || revealed.get().then(|| view! { <Revealed story=story.clone()/> }))}
        </article>
    }
    .into_any()
}

/// What can be told without giving the turning point away.
pub fn before_the_turn(story: &StoryView) -> String {
    story.story.situation.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default()
}

/// The id of what is revealed first.
pub const TURN: &str = "turn";

/// The turning point, how it went, and the customer's words. The first of them has the focus once it is there.
#[component]
fn Revealed(story: StoryView) -> impl IntoView {
    let t = texts();
    let text = |text: &Option<domain::text::StoryText>| text.as_ref().map(|text| text.as_str().to_owned());
    let (action, outcome) = (text(&story.story.action), text(&story.story.outcome));
    let quote = text(&story.story.quote).map(Marked::plain);
    let mut first = Some(TURN);
    let action = action.map(|action| {
        view! {
            <section class="story__part reveal" data-part="turn">
                <h2 id=first.take() tabindex="-1"><Icon glyph=Glyph::Turnaround/>{t.part_action}</h2><Paragraphs text=action/>
            </section>
        }
    });
    let outcome = outcome.map(|outcome| {
        view! {
            <section class="story__part reveal"><h2 id=first.take() tabindex="-1">{t.part_outcome}</h2><Paragraphs text=outcome/></section>
        }
    });
    let quote = quote.map(|quote| {
        let name = t.part_quote;
        view! {
            <figure class="story__said reveal" id=first.take() tabindex="-1" aria-label=name><Said text=quote large=true/></figure>
        }
    });
    let nothing = first.map(|id| view! { <p class="story__meta reveal" id=id tabindex="-1">{t.no_turn}</p> });
    view! {
        {action}
        {outcome}
        {quote}
        {nothing}
    }
}

#[component]
pub fn Paragraphs(text: String) -> impl IntoView {
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
    each(lines.map(|line| view! { <p class="paragraph" dir="auto">{line}</p> }))
}

/// The one button: reveal, then on.
#[component]
fn Onward(
    id: PathId,
    index: usize,
    standing: Memo<Option<Standing>>,
    revealed: RwSignal<bool>,
    path: Asked,
) -> impl IntoView {
    let (t, ports) = (texts(), ports());
    let reveal = move |_| {
        revealed.set(true);
        ports.device().show(TURN, true);
        let story = match untrack(move || answered::<Option<PathView>>(path)).flatten() {
            Some(view) => view.stops.get(index).map(|stop| stop.story_id),
            _ => None,
        };
        spawn_local(async move {
            if let Some(story) = story {
                // Whether it can be noted or not, the story has been read.
                let _ = ports.outbox().showed(id, story, ShownTo::Myself).await;
            }
        });
    };
    draw(move || {
        let Some(Standing { total, has_story }) = standing.get() else { return ().into_any() };
        match (revealed.get() || !has_story, index + 1 < total) {
            (false, _) => view! {
                <button class="button" data-look="sun" data-size="large" data-wide type="button" on:click=on(reveal)>
                    <Icon glyph=Glyph::Eye/>{t.reveal}
                </button>
            }
            .into_any(),
            (true, true) => view! {
                <a class="button" data-look="ink" data-size="large" data-wide href=Route::Stop(id, index + 2).to_string()>{t.next_stop}</a>
            }
            .into_any(),
            (true, false) => view! {
                <a class="button" data-look="ink" data-size="large" data-wide href=Route::Path(id).to_string()>{t.done}</a>
            }
            .into_any(),
        }
    })
}
