mod met;

use domain::{
    id::StoryId,
    label::LabelKind,
    names::Named,
    ports::Question,
    query::Filter,
    reaction::ReactionKind,
    story::Part,
    thing::ThingRef,
    view::{Card, Marked, StoryView, Version},
};
use leptos::{prelude::*, task::spawn_local};

use self::met::Met;
use crate::{
    context::{Asked, Toast, answered, ask, live, ports, texts},
    pages::{
        deleting::set_deleted,
        media::{self, Viewer},
    },
    route::{self, Route},
    ui::{
        Back, CardSize, Empty, Glyph, Icon, Kind, ReceiptLine, Said, Screen, StoryCard, Tab, draw, each,
        loaded, on, place,
    },
};

/// One story, read in peace.
pub fn story_page(id: StoryId) -> AnyView {
    let t = texts();
    let story = ask(move || Question::Story(id));
    let related = ask(move || Question::Related(id, 3));
    let title = Signal::derive(move || match answered::<Option<Box<StoryView>>>(story).flatten() {
        Some(view) => view.heading,
        _ => t.nav_library.to_owned(),
    });
    let back = Back::to(Route::Library, t.back_to_library);
    view! {
        <Screen title=title back=back tab=Tab::Library end=move || view! { <Menu id=id story=story/> }>
            {loaded(story, move |view: Option<Box<StoryView>>| match view {
                Some(view) if !view.deleted => view! { <Text view=*view related=related/> }.into_any(),
                Some(_) => view! { <Deleted id=id/> }.into_any(),
                None => view! {
                    <Empty glyph=Glyph::Search title=t.story_missing text=t.story_missing_text alone=true>
                        <a class="button" data-look="ink" href=Route::Library.to_string()>{t.back_to_library}</a>
                    </Empty>
                }.into_any(),
            })}
        </Screen>
    }
    .into_any()
}

#[component]
fn Text(view: StoryView, related: Asked) -> impl IntoView {
    let t = texts();
    let meta = [
        Some(view.author.clone()),
        place(view.department.as_ref().map(|d| d.name.as_str()), view.site.as_ref().map(|s| s.name.as_str())),
        view.day.map(|day| ports().locale().day(day, live().language.get_untracked())),
    ];
    let part = |part: Part, name: &'static str| {
        let text = view.story.text(part).to_owned();
        (!text.is_empty()).then(|| view! { <PartOf part=part name=name text=text/> })
    };
    let (viewer, media) = (Viewer::of(Some(view.id)), view.media.clone());
    let quote = view.story.quote.as_ref().map(|quote| Marked::plain(quote.as_str()));
    view! {
        <article class="story">
            <header class="story__head">
                <Kind kind=view.story.kind/>
                <h1 class="page__title" dir="auto">{view.heading.clone()}</h1>
                <p class="story__meta">
                    {meta.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")}
                </p>
                {view.receipt.map(|receipt| view! { <ReceiptLine receipt/> })}
            </header>
            <Met view=view.clone()/>
            {part(Part::Situation, t.part_situation)}
            {part(Part::Action, t.part_action)}
            {part(Part::Outcome, t.part_outcome)}
            {quote.map(|text| view! {
                <figure class="story__said">
                    <Said text=text large=true/>
                    <figcaption class="story__meta">{t.part_quote}</figcaption>
                </figure>
            })}
            {part(Part::Lesson, t.part_lesson)}
            {(!media.is_empty()).then(|| view! {
                <section class="section" aria-label=t.media>{viewer.list(media, media::nothing)}{viewer.dialog()}</section>
            })}
            <Labels values=view.values.clone() tags=view.tags.clone()/>
        </article>
        <Reactions view=view.clone()/>
        <Related related=related/>
        {view.is_own.then(|| view! { <History id=view.id/> })}
    }
}

#[component]
fn PartOf(part: Part, name: &'static str, text: String) -> impl IntoView {
    let turn = part == Part::Action;
    let paragraphs = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
    view! {
        <section class="story__part" data-part=turn.then_some("turn")>
            <h2>{turn.then(|| view! { <Icon glyph=Glyph::Turnaround/> })}{name}</h2>
            {each(paragraphs.map(|line| view! { <p dir="auto">{line}</p> }))}
        </section>
    }
}

/// Values and tags lead back into the library.
#[component]
fn Labels(values: Vec<Named>, tags: Vec<Named>) -> impl IntoView {
    let t = texts();
    let link = |kind: LabelKind, label: Named, icon: bool| {
        let mut filter = Filter::default();
        filter.set_label(kind, Some(label.id));
        view! {
            <a class=icon.then_some("value") href=route::library("", &filter)>
                {icon.then(|| view! { <Icon glyph=Glyph::Sun/> })}{label.name}
            </a>
        }
    };
    let line = move |labels: Vec<Named>, kind, name: &'static str, icon| {
        (!labels.is_empty()).then(|| {
            let links = each(labels.into_iter().map(|label| link(kind, label, icon)));
            view! { <p class="words"><span class="visually-hidden">{name}": "</span>{links}</p> }
        })
    };
    view! {
        <div class="story__labels">
            {line(values, LabelKind::Value, t.filter_value, true)}
            {line(tags, LabelKind::Tag, t.filter_tag, false)}
        </div>
    }
}

#[component]
fn Reactions(view: StoryView) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let (id, tally, reacted) = (view.id, view.tally, view.reacted);
    let button = move |kind: ReactionKind, glyph: Glyph, name: &'static str| {
        let pressed = reacted.contains(&kind);
        let react = move |_| {
            let outbox = ports.outbox();
            spawn_local(async move {
                if outbox.react(id, kind, !pressed).await.is_err() {
                    live.storage_failed.set(true);
                }
            });
        };
        view! {
            <button class="reaction" type="button" aria-pressed=pressed.to_string() on:click=on(react)>
                <Icon glyph=glyph/><span>{name}</span>
                <span class="reaction__count">{tally.of(kind)}</span>
            </button>
        }
    };
    view! {
        <section class="section" aria-labelledby="reactions">
            <h2 class="section__title" id="reactions">{t.reactions}</h2>
            <div class="reactions">
                {button(ReactionKind::Applause, Glyph::Sun, t.reaction_applause)}
                {button(ReactionKind::Learned, Glyph::Bulb, t.reaction_learned)}
                {button(ReactionKind::WillTry, Glyph::Sprout, t.reaction_will_try)}
            </div>
        </section>
    }
}

#[component]
fn Related(related: Asked) -> impl IntoView {
    let t = texts();
    // What is alike is a bonus: where it cannot be had, nothing is said.
    let cards = move || answered::<Vec<Card>>(related).filter(|cards| !cards.is_empty());
    draw(move || {
        cards().map(|cards| {
            view! {
                <section class="section" aria-labelledby="related">
                    <h2 class="section__title" id="related">{t.related}</h2>
                    {each(cards.into_iter().map(|card| view! { <StoryCard card size=CardSize::Small/> }))}
                </section>
            }
        })
    })
}

/// Every text the story ever had. Asked for when it is opened.
#[component]
fn History(id: StoryId) -> impl IntoView {
    let (t, ports) = (texts(), ports());
    let versions = RwSignal::new(None);
    let open = move |_| {
        if versions.read_untracked().is_none() {
            spawn_local(async move { versions.set(Some(ports.library().ask(Question::History(id)).await)) });
        }
    };
    view! {
        <details class="more" on:toggle=on(open)>
            <summary class="more__summary"><Icon glyph=Glyph::Clock/>{t.history}</summary>
            {draw(move || versions.get().map(|found| match found.and_then(TryInto::<Vec<Version>>::try_into) {
                Ok(found) => each(found.into_iter().rev().map(version)),
                Err(error) => crate::ui::trouble(error).into_any(),
            }))}
        </details>
    }
}

fn version(version: Version) -> impl IntoView {
    let when = ports().locale().moment(version.at, live().language.get_untracked());
    let texts = version.texts.into_iter().map(|(part, text)| {
        view! { <p class="version__text" data-part=part.key() dir="auto">{text}</p> }
    });
    view! {
        <section class="version">
            <h3 class="version__head">{when}" · "{version.by}</h3>
            {each(texts)}
        </section>
    }
}

/// What else can be done with a story.
#[component]
fn Menu(id: StoryId, story: Asked) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let shown = Memo::new(move |_| match answered::<Option<Box<StoryView>>>(story).flatten() {
        Some(view) if !view.deleted => Some((view.may_edit, view.heading)),
        _ => None,
    });
    draw(move || {
        shown.get().map(|(may_edit, heading)| {
            let share = move |_| {
                let (device, heading, toast) = (ports.device(), heading.clone(), live.toast);
                spawn_local(async move {
                    if device.share(&heading, &Route::Story(id).to_string()).await {
                        toast.set(Some(Toast { text: t.link_copied, undo: None }));
                    }
                });
            };
            view! {
                <button class="icon-button" type="button" aria-label=t.share on:click=on(share)>
                    <Icon glyph=Glyph::Share/>
                </button>
                {may_edit.then(|| view! { <Change id=id/> })}
            }
        })
    })
}

#[component]
fn Change(id: StoryId) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let change = move |_| {
        spawn_local(async move {
            match ports.drafts().change(id).await {
                Ok(draft) => ports.go(route::draft(draft.id)),
                Err(_) => live.storage_failed.set(true),
            }
        });
    };
    view! {
        <button class="icon-button" type="button" aria-label=t.change on:click=on(change)><Icon glyph=Glyph::Pencil/></button>
        <button class="icon-button" type="button" aria-label=t.delete on:click=on(move |_| set_deleted(ports, live, ThingRef::story(id), true))>
            <Icon glyph=Glyph::Trash/>
        </button>
    }
}

#[component]
fn Deleted(id: StoryId) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    view! {
        <Empty glyph=Glyph::Trash title=t.story_deleted text=t.story_deleted_text alone=true>
            <button class="button" data-look="ink" type="button" on:click=on(move |_| set_deleted(ports, live, ThingRef::story(id), false))>
                {t.restore}
            </button>
        </Empty>
    }
}
