use domain::draft::Draft;
use leptos::{prelude::*, task::spawn_local};

use super::sheet::Sheet;
use crate::{
    context::{Live, Ports, Toast, live, ports, texts},
    route,
    texts::Texts,
    ui::{Glyph, Icon, draw, on},
};

/// "Fortsätt?": what was begun and not told, while the sheet is still empty.
#[component]
pub fn Unfinished(sheet: Sheet) -> impl IntoView {
    let t = texts();
    draw(move || {
        sheet.is_blank().then(|| {
            view! {
                <DraftList title=t.continue_title/>
            }
        })
    })
}

/// This person's drafts, the latest first. Nothing is shown while there are none.
#[component]
pub fn DraftList(title: &'static str) -> impl IntoView {
    let (live, ports) = (live(), ports());
    let drafts = RwSignal::new(Vec::<Draft>::new());
    Effect::new(move |_| {
        live.version.track();
        live.kept.track();
        refresh(ports, drafts);
    });
    draw(move || {
        (!drafts.read().is_empty()).then(|| view! {
            <section class="section" aria-labelledby="drafts">
                <h2 class="section__title" id="drafts">{title}</h2>
                <ul class="rows">
                    {drafts.get().into_iter().map(|draft| view! { <DraftRow draft=draft drafts=drafts/> }).collect_view()}
                </ul>
            </section>
        })
    })
}

fn refresh(ports: Ports, drafts: RwSignal<Vec<Draft>>) {
    spawn_local(async move {
        if let Ok(all) = ports.drafts().all().await {
            drafts.set(all);
        }
    });
}

#[component]
fn DraftRow(draft: Draft, drafts: RwSignal<Vec<Draft>>) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let heading =
        Some(draft.heading()).filter(|heading| !heading.is_empty()).unwrap_or_else(|| t.untitled.to_owned());
    let when = ports.locale().moment(draft.saved_at, live.language.get_untracked());
    let id = draft.id;
    let go_on = move |_| ports.go(route::draft(id));
    let discard = move |_| {
        let draft = draft.clone();
        spawn_local(async move {
            if ports.drafts().discard(id).await.is_ok() {
                offer_back(ports, live, draft, drafts);
            }
            refresh(ports, drafts);
        });
    };
    view! {
        <li class="row">
            <span class="row__text">
                <span class="row__title" dir="auto">{heading}</span>
                <span class="row__note">{(t.begun_when)(&when)}</span>
            </span>
            <span class="row__actions">
                <button class="button" type="button" on:click=on(go_on)>{t.go_on}</button>
                <button class="icon-button" type="button" aria-label=t.discard_draft on:click=on(discard)>
                    <Icon glyph=Glyph::Trash/>
                </button>
            </span>
        </li>
    }
}

/// A discarded draft can be had back.
fn offer_back(ports: Ports, live: Live, draft: Draft, drafts: RwSignal<Vec<Draft>>) {
    let t = Texts::of(live.language.get_untracked());
    let undo = Callback::new(move |()| {
        ports.drafts().keep(Draft { version: 0, ..draft.clone() });
        refresh(ports, drafts);
    });
    live.toast.set(Some(Toast { text: t.draft_discarded, undo: Some(undo) }));
}
