use domain::{
    id::PathId,
    ports::{Question, ShownTo},
    view::{Marked, PathView, StoryView},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{Asked, answered, ask, ports, texts},
    route::Route,
    ui::{Back, Empty, Glyph, Icon, Kind, Said, Screen, draw, each, loaded, on},
};

/// One stop on one's own phone: the situation, the question, and the turning point when one has thought.
pub fn stop_page(id: PathId, stop: usize) -> AnyView {
    let index = stop - 1;
    let t = texts();
    let path = ask(move || Question::Path(id));
    let revealed = RwSignal::new(false);
    let title = Signal::derive(move || match answered::<Option<PathView>>(path).flatten() {
        Some(view) => view.path.title.as_str().to_owned(),
        _ => t.nav_learn.to_owned(),
    });
    // Nothing until it is known.
    let total = Signal::derive(move || {
        answered::<Option<PathView>>(path).map(|view| view.map_or(0, |view| view.stops.len()))
    });
    view! {
        <Screen
            title=title back=Back::to(Route::Path(id), t.back_to_path) has_dock=true
            dock=move || view! { <Onward id=id index=index total=total revealed=revealed path=path/> }
        >
            {draw(move || total.get().filter(|total| index < *total).map(|total| view! {
                <p class="story__meta">{(t.stop_of)(index + 1, total)}</p>
            }))}
            {loaded(path, move |view| view! { <Content view=view index=index revealed=revealed/> })}
        </Screen>
    }
    .into_any()
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
                <h1 class="page__title" dir="auto">{story.heading.clone()}</h1>
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

/// The turning point, how it went, and the customer's words.
#[component]
pub fn Revealed(story: StoryView) -> impl IntoView {
    let t = texts();
    let text = |text: &Option<domain::text::StoryText>| text.as_ref().map(|text| text.as_str().to_owned());
    let (action, outcome) = (text(&story.story.action), text(&story.story.outcome));
    let quote = text(&story.story.quote).map(Marked::plain);
    view! {
        {action.map(|action| view! {
            <section class="story__part reveal" data-part="turn">
                <h2><Icon glyph=Glyph::Turnaround/>{t.part_action}</h2><Paragraphs text=action/>
            </section>
        })}
        {outcome.map(|outcome| view! {
            <section class="story__part reveal"><h2>{t.part_outcome}</h2><Paragraphs text=outcome/></section>
        })}
        {quote.map(|quote| view! { <figure class="story__said reveal"><Said text=quote large=true/></figure> })}
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
    total: Signal<Option<usize>>,
    revealed: RwSignal<bool>,
    path: Asked,
) -> impl IntoView {
    let (t, ports) = (texts(), ports());
    let reveal = move |_| {
        revealed.set(true);
        ports.device().set_progress(id, index + 1);
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
        let beyond = total.get().is_some_and(|total| index >= total);
        match (revealed.get() || beyond, total.get().is_some_and(|total| index + 1 < total)) {
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
