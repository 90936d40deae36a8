use domain::{
    id::PathId,
    ports::Question,
    thing::ThingRef,
    view::{PathView, StopView},
};
use leptos::prelude::*;

use super::deleting::set_deleted;
use crate::{
    context::{Asked, answered, ask, live, ports, texts},
    route::Route,
    ui::{Back, Empty, Glyph, Icon, Screen, Tab, draw, loaded, of, on},
};

/// One way in: where one is on it, and what comes next.
pub fn path_page(id: PathId) -> AnyView {
    let t = texts();
    let path = ask(move || Question::Path(id));
    let title = Signal::derive(move || match answered::<Option<PathView>>(path).flatten() {
        Some(view) => view.path.title.as_str().to_owned(),
        _ => t.nav_learn.to_owned(),
    });
    view! {
        <Screen
            title=title back=Back::to(Route::Learn, t.back_to_learn) tab=Tab::Learn
            end=move || view! { <Menu id=id path=path/> }
        >
            {loaded(path, move |view: Option<PathView>| match view {
                Some(view) if view.deleted => view! { <Deleted id=id/> }.into_any(),
                Some(view) => view! { <Stops view=view/> }.into_any(),
                None => view! {
                    <Empty glyph=Glyph::Learn title=t.path_missing text=t.path_missing_text alone=true>
                        <a class="button" data-look="ink" href=Route::Learn.to_string()>{t.back_to_learn}</a>
                    </Empty>
                }.into_any(),
            })}
        </Screen>
    }
    .into_any()
}

/// What else can be done with a path.
#[component]
fn Menu(id: PathId, path: Asked) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let may_edit = Memo::new(move |_| {
        answered::<Option<PathView>>(path).flatten().is_some_and(|view| view.may_edit && !view.deleted)
    });
    draw(move || {
        may_edit.get().then(|| {
            view! {
                <a class="icon-button" href=Route::ChangePath(id).to_string() aria-label=t.change><Icon glyph=Glyph::Pencil/></a>
                <button class="icon-button" type="button" aria-label=t.delete on:click=on(move |_| set_deleted(ports, live, ThingRef::path(id), true))>
                    <Icon glyph=Glyph::Trash/>
                </button>
            }
        })
    })
}

#[component]
fn Stops(view: PathView) -> impl IntoView {
    let (t, ports) = (texts(), ports());
    let id = view.id;
    let total = view.stops.len();
    // Kept on this phone alone: how far one has come is one's own business.
    let done = RwSignal::new(0_usize);
    Effect::new(move |_| done.set(ports.device().progress(id)));
    let lead = view.path.purpose.as_ref().map(|purpose| purpose.as_str().to_owned());
    view! {
        <div class="path-head">
            <div>
                <h1 class="page__title" dir="auto">{view.path.title.as_str().to_owned()}</h1>
                {lead.map(|lead| view! { <p class="page__lead" dir="auto">{lead}</p> })}
                <p class="story__meta">{(t.path_by)(&view.author, total)}</p>
            </div>
            {(total > 0).then(|| view! { <SunArc done=done total=total/> })}
            <div class="path-actions">
                <a class="button" href=Route::Present(id).to_string()><Icon glyph=Glyph::Screen/>{t.present}</a>
            </div>
        </div>
        <ol class="path" aria-label=t.stops>
            {view.stops.into_iter().enumerate().map(|(index, stop)| view! {
                <StopRow id=id index=index stop=stop done=done/>
            }).collect_view()}
        </ol>
    }
}

#[component]
fn StopRow(id: PathId, index: usize, stop: StopView, done: RwSignal<usize>) -> impl IntoView {
    let t = texts();
    let state = move || match done.get() {
        done if index < done => Some("done"),
        done if index == done => Some("here"),
        _ => None,
    };
    let heading =
        stop.story.as_ref().map(|story| story.heading.clone()).unwrap_or_else(|| t.stop_missing.to_owned());
    let link = Route::Stop(id, index + 1).to_string();
    let story = stop.story.clone();
    let body = move || {
        let meta = story.as_ref().map(|story| {
            [story.author.clone(), (t.minutes)(domain::view::minutes(&story.story))].join(" · ")
        });
        let (heading, link, question) = (heading.clone(), link.clone(), stop.question.clone());
        match state() {
            Some("here") => view! {
                <h2 class="stop__title" dir="auto">{heading}</h2>
                {question.map(|question| view! { <p class="stop__question" dir="auto">{question}</p> })}
                {meta.map(|meta| view! { <p class="stop__meta">{meta}</p> })}
                <a class="button" data-look="ink" data-wide href=link>{t.read_and_think}</a>
            }
            .into_any(),
            state => view! {
                <h2 class="stop__title" dir="auto"><a href=link>{heading}</a></h2>
                {question.filter(|_| state.is_none()).map(|question| view! { <p class="stop__question" dir="auto">{question}</p> })}
            }
            .into_any(),
        }
    };
    view! {
        <li class="stop" data-state=of(state) aria-current=of(move || (state() == Some("here")).then_some("step"))>
            <span class="stop__mark">
                {draw(move || match state() {
                    Some("done") => view! { <Icon glyph=Glyph::Check/> }.into_any(),
                    _ => (index + 1).into_any(),
                })}
            </span>
            <div class="stop__body">{draw(body)}</div>
        </li>
    }
}

/// The sun's way across the day: dawn at the first stop, dusk at the last.
#[component]
fn SunArc(done: RwSignal<usize>, total: usize) -> impl IntoView {
    const SKY: &str = "M42 142A118 108.6 0 0 1 278 142";
    let t = texts();
    let done_of = move || done.get().min(total);
    let gone = move || format!("{} {total}", done_of());
    // Turned about the middle and turned back, in a space in which the sky is a circle: the sun keeps its shape, and
    // the browser does what would otherwise need sines.
    let at = move || {
        let turned = 180 * done_of() / total.max(1);
        format!(
            "translate(160 142)scale(1 .92034)rotate({turned})translate(-118)rotate(-{turned})scale(1 1.08656)"
        )
    };
    view! {
        <figure class="sun-arc">
            <svg viewBox="0 0 320 160" aria-hidden="true">
                <path class="sun-arc__sky" d=SKY></path>
                <path class="sun-arc__gone" d=SKY pathLength=total stroke-dasharray=of(gone) data-none=of(move || done_of() == 0)></path>
                <path class="sun-arc__ground" d="M12 142h296M60 151h52M136 151h112"></path>
                <circle class="sun-arc__sun" transform=of(at) r="13"></circle>
            </svg>
            <figcaption class="sun-arc__text">{draw(move || (t.path_progress)(done_of(), total))}</figcaption>
        </figure>
    }
}

#[component]
fn Deleted(id: PathId) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    view! {
        <Empty glyph=Glyph::Trash title=t.path_deleted text=t.path_deleted_text alone=true>
            <button class="button" data-look="ink" type="button" on:click=on(move |_| set_deleted(ports, live, ThingRef::path(id), false))>
                {t.restore}
            </button>
        </Empty>
    }
}
