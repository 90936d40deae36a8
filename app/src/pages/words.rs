use domain::{
    id::WordingId,
    ports::Question,
    text::Name,
    thing::{ThingKind, ThingRef},
    wording::{Worded, words_in},
};
use leptos::{prelude::*, task::spawn_local};

use super::deleting::set_deleted;
use crate::{
    context::{Ports, ask, live, ports, texts},
    route::Route,
    ui::{Back, Empty, Glyph, Icon, Screen, Tab, draw, each, loaded, of, on, sent},
};

/// The organisation's own words: what search shall know, and what it shall take for the same.
pub fn words_page() -> AnyView {
    let t = texts();
    let words = ask(|| Question::Wordings);
    // One at a time is changed, where it stands.
    let changing = RwSignal::new(None::<WordingId>);
    view! {
        <Screen title=t.words_title back=Back::to(Route::Me, t.nav_me) tab=Tab::Me>
            <div>
                <h1 class="page__title">{t.words_title}</h1>
                <p class="page__lead">{t.words_lead}</p>
            </div>
            {draw(move || may_change().then(|| view! { <Form id=None first=String::new() done=|| ()/> }))}
            {loaded(words, move |all| list(all, changing))}
        </Screen>
    }
    .into_any()
}

/// Takes a word along that search did not know; half a line that waits there already stays.
pub fn begin(ports: Ports, word: &str) {
    let (device, key) = (ports.device(), stash_key(None));
    if device.stashed(&key).is_none_or(|stashed| stashed.trim().is_empty()) {
        device.stash(&key, word);
    }
}

fn stash_key(id: Option<WordingId>) -> String {
    format!("words/{}", id.map(|id| id.to_string()).unwrap_or_default())
}

fn may_change() -> bool {
    live().me.read().as_ref().is_some_and(|me| me.reader.role.curates())
}

fn list(all: Vec<Worded>, changing: RwSignal<Option<WordingId>>) -> AnyView {
    let t = texts();
    if all.is_empty() {
        return view! { <Empty glyph=Glyph::Search title=t.words_empty text=t.words_empty_text/> }.into_any();
    }
    let row = move |worded: Worded| {
        view! {
            <li class="row">
                {draw(move || match changing.get() == Some(worded.id) {
                    true => view! {
                        <Form id=Some(worded.id) first=worded.words.join(", ") done=move || changing.set(None)/>
                    }.into_any(),
                    false => shown(&worded, changing),
                })}
            </li>
        }
    };
    view! { <ul class="rows">{each(all.into_iter().map(row))}</ul> }.into_any()
}

fn shown(worded: &Worded, changing: RwSignal<Option<WordingId>>) -> AnyView {
    let (t, live, ports) = (texts(), live(), ports());
    let (id, words) = (worded.id, worded.words.join(", "));
    let thing = ThingRef::new(ThingKind::Wording, id);
    let (change, delete) = (format!("{}: {words}", t.change), format!("{}: {words}", t.delete));
    view! {
        <span class="row__text"><span class="row__title" dir="auto">{words}</span></span>
        {may_change().then(|| view! {
            <span class="row__actions">
                <button class="icon-button" type="button" aria-label=change on:click=on(move |_| changing.set(Some(id)))>
                    <Icon glyph=Glyph::Pencil/>
                </button>
                <button class="icon-button" type="button" aria-label=delete
                    on:click=on(move |_| set_deleted(ports, live, thing.clone(), true))
                ><Icon glyph=Glyph::Trash/></button>
            </span>
        })}
    }
    .into_any()
}

/// A line of words with commas between them. It is stashed, so that a killed tab loses nothing.
#[component]
fn Form(
    id: Option<WordingId>,
    /// The words as they are.
    first: String,
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let typed = RwSignal::new(first);
    let busy = RwSignal::new(false);
    let key = StoredValue::new(stash_key(id));
    Effect::new(move |before: Option<()>| {
        let (device, key, now) = (ports.device(), key.get_value(), typed.get());
        match before {
            None => device.stashed(&key).into_iter().for_each(|stashed| typed.set(stashed)),
            Some(()) => device.stash(&key, &now),
        }
    });
    let finish = move || {
        ports.device().stash(&key.get_value(), "");
        done();
    };
    let words = move || words_in(&typed.read());
    let is_too_much = move || words().is_none();
    let can_save = move || words().is_some_and(|words| !words.is_empty());
    let save = move |words: Vec<Name>| {
        busy.set(true);
        spawn_local(async move {
            match ports.outbox().save_wording(id, words).await {
                Ok(()) => {
                    typed.set(String::new());
                    finish();
                }
                Err(_) => live.storage_failed.set(true),
            }
            busy.try_set(false);
        });
    };
    let send = move || match words() {
        Some(words) if !words.is_empty() && !busy.get_untracked() => save(words),
        _ => {}
    };
    view! {
        <form class="wording" on:submit=sent(send)>
            <label class="field">
                <span class="field__label">{if id.is_some() { t.words_change } else { t.words_add }}</span>
                <input
                    class="field__input" dir="auto" autocapitalize="off" autocomplete="off" enterkeyhint="done"
                    placeholder=t.words_hint prop:value=typed aria-invalid=of(move || is_too_much().then_some("true"))
                    on:input=on(move |event| typed.set(event_target_value(&event)))
                />
                {draw(move || match is_too_much() {
                    true => view! { <span class="field__error" role="alert">{t.words_too_much}</span> }.into_any(),
                    false => view! { <span class="field__hint">{t.words_note}</span> }.into_any(),
                })}
            </label>
            <div class="row__actions">
                <button class="button" data-look="ink" type="submit" disabled=of(move || !can_save()) data-busy=busy>
                    {if id.is_some() { t.save } else { t.words_save }}
                </button>
                {id.is_some().then(|| view! {
                    <button class="button" type="button" on:click=on(move |_| finish())>{t.cancel}</button>
                })}
            </div>
        </form>
    }
}
