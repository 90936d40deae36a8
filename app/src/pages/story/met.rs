//! Two changes that met: both texts side by side, and nothing to fear.

use domain::{
    conflict::MetEdit,
    id::StoryId,
    story::{Part, Story},
    view::StoryView,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{live, moment, ports, texts},
    ui::{Glyph, Icon, draw, each, of, on},
};

/// What waits for a second look, if this reader may have it.
#[component]
pub fn Met(view: StoryView) -> impl IntoView {
    let StoryView { id, story, met, .. } = view;
    each(met.into_iter().map(move |edit| both(id, &story, edit)))
}

fn both(id: StoryId, story: &Story, edit: MetEdit) -> impl IntoView + use<> {
    let (t, live, ports) = (texts(), live(), ports());
    let (at, by) = (edit.at, edit.by.clone());
    let heading = of(move || moment(at).map(|when| (t.met_by)(&by, &when)).unwrap_or_else(|| by.clone()));
    let parts = edit.texts.iter().map(|(part, text)| pair(*part, story.text(*part), text, heading));
    let parts = each(parts.collect::<Vec<_>>());
    let settle = move |take: bool| {
        let (outbox, edit) = (ports.outbox(), edit.clone());
        spawn_local(async move {
            if outbox.settle_met(id, &edit, take).await.is_err() {
                live.storage_failed.set(true);
            }
        });
    };
    let take = settle.clone();
    view! {
        <section class="met">
            <h2 class="met__title"><Icon glyph=Glyph::Pencil/>{t.met_title}</h2>
            <p class="page__lead">{t.met_text}</p>
            {parts}
            <p class="met__actions">
                <button class="button" data-look="ink" type="button" on:click=on(move |_| settle(false))>{t.met_keep}</button>
                <button class="button" type="button" on:click=on(move |_| take(true))>{t.met_take}</button>
            </p>
        </section>
    }
}

fn pair(part: Part, stands: &str, other: &str, heading: Signal<String>) -> impl IntoView + use<> {
    let t = texts();
    let text = |name: Signal<String>, text: &str| {
        let text = text.to_owned();
        view! {
            <div class="met__text">
                <h4 class="version__head">{draw(move || name.get())}</h4>
                <p class="version__text" dir="auto">{text}</p>
            </div>
        }
    };
    view! {
        <h3 class="met__part">{(t.part)(part)}</h3>
        <div class="met__both">{text(of(|| t.met_stands.to_owned()), stands)}{text(heading, other)}</div>
    }
}
