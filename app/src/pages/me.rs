mod export;

use domain::{
    attachment::MediaKind,
    person::initials,
    ports::{Attempt, MediaChange, Question, Storage, Waiting, WaitingState},
    sync::{round::Trouble, wire::Reason},
    thing::ThingKind,
    time::Millis,
    view::{Card, MediaState},
};
use leptos::{prelude::*, task::spawn_local};

use self::export::ExportSetting;
use super::{home::InstallHint, media, tell::DraftList};
use crate::{
    context::{Toast, answered, ask, live, ports, texts},
    route::{self, Route},
    ui::{
        Banner, Empty, Glyph, Icon, LanguageChoice, ReceiptLine, Screen, Tab, Tone, draw, each, loaded, on,
        place,
    },
};

/// What is mine: stories with their receipts, what waits, and this phone.
pub fn me_page() -> AnyView {
    let t = texts();
    let mine = ask(|| Question::Mine);
    view! {
        <Screen title=t.nav_me tab=Tab::Me>
            <WhoIAm/>
            <Queue/>
            <DraftList title=t.drafts/>
            <section class="section" aria-labelledby="mine">
                <h2 class="section__title" id="mine">{t.my_stories}</h2>
                {loaded(mine, my_stories)}
            </section>
            <ForCurators/>
            <ThisPhone/>
        </Screen>
    }
    .into_any()
}

#[component]
fn WhoIAm() -> impl IntoView {
    let live = live();
    draw(move || {
        live.me.get().map(|me| {
            let at = place(
                me.department.as_ref().map(|d| d.name.as_str()),
                me.site.as_ref().map(|s| s.name.as_str()),
            );
            view! {
                <div class="me">
                    <span class="avatar" aria-hidden="true">{initials(&me.name)}</span>
                    <div>
                        <h1 class="me__name">{me.name.clone()}</h1>
                        <p class="page__lead">{at}</p>
                    </div>
                </div>
            }
        })
    })
}

/// What one sees to who curates the library.
#[component]
fn ForCurators() -> impl IntoView {
    let (t, live) = (texts(), live());
    draw(move || {
        live.me.read().as_ref().is_some_and(|me| me.reader.role.curates()).then(|| {
            view! {
                <section class="section" aria-labelledby="curating">
                    <h2 class="section__title" id="curating">{t.for_curators}</h2>
                    <div class="rows">
                        <a class="row" href=Route::Words.to_string()>
                            <Icon glyph=Glyph::Search/>
                            <span class="row__text">
                                <span class="row__title">{t.words_title}</span>
                                <span class="row__note">{t.words_row}</span>
                            </span>
                            <Icon glyph=Glyph::Right/>
                        </a>
                    </div>
                </section>
            }
        })
    })
}

fn my_stories(cards: Vec<Card>) -> AnyView {
    let t = texts();
    if cards.is_empty() {
        return view! { <Empty glyph=Glyph::Tell title=t.mine_empty text=t.mine_empty_text/> }.into_any();
    }
    let row = |card: Card| {
        view! {
            <li class="mine">
                <h3 class="mine__title" dir="auto"><a href=Route::Story(card.id).to_string()>{card.title.text()}</a></h3>
                {card.receipt.map(|receipt| view! { <ReceiptLine receipt/> })}
            </li>
        }
    };
    view! { <ul class="rows">{each(cards.into_iter().map(row))}</ul> }.into_any()
}

/// What waits to be sent, the last attempt and its reason, and a button.
#[component]
fn Queue() -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let waiting = RwSignal::new(Vec::<Waiting>::new());
    Effect::new(move |_| {
        live.version.track();
        live.unsent.track();
        live.needs_you.track();
        spawn_local(async move {
            if let Ok(all) = ports.outbox().waiting().await {
                waiting.set(all);
            }
        });
    });
    let unsent = move || waiting.read().iter().filter(|item| item.state == WaitingState::Unsent).count();
    view! {
        {draw(move || (!waiting.read().is_empty()).then(|| view! {
            <section class="section" aria-labelledby="waiting">
                <h2 class="section__title" id="waiting">
                    {draw(move || match unsent() {
                        0 => t.needs_you.to_owned(),
                        n => (t.waiting_count)(n),
                    })}
                </h2>
                <ul class="rows">
                    {draw(move || waiting.get().into_iter().map(|item| view! { <QueueRow item=item/> }).collect_view())}
                </ul>
            </section>
        }))}
        <Unreceived/>
        <LastAttempt/>
    }
}

/// Photos and voice notes on their way, each with how far it has come.
#[component]
fn Unreceived() -> impl IntoView {
    let (t, live) = (texts(), live());
    let waiting = ask(move || {
        live.media.track();
        Question::Unreceived
    });
    let all = move || answered::<Vec<domain::ports::Unreceived>>(waiting).filter(|all| !all.is_empty());
    draw(move || {
        all().map(|all| view! {
            <section class="section" aria-labelledby="unreceived">
                <h2 class="section__title" id="unreceived">{t.media_waiting}</h2>
                <ul class="rows">{each(all.into_iter().map(|item| view! { <UnreceivedRow item=item/> }))}</ul>
            </section>
        })
    })
}

#[component]
fn UnreceivedRow(item: domain::ports::Unreceived) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let (id, state) = (item.media.id, item.media.state);
    let refused = matches!(state, MediaState::Refused(_));
    let change = move |change: MediaChange| {
        spawn_local(async move {
            if ports.media().change(change).await.is_err() {
                live.storage_failed.set(true);
            }
        });
    };
    let glyph = if item.media.kind == MediaKind::Photo { Glyph::Camera } else { Glyph::Mic };
    view! {
        <li class="row" data-state=refused.then_some("refused")>
            <Icon glyph=glyph/>
            <span class="row__text">
                <a class="row__title" dir="auto" href=Route::Story(item.story).to_string()>{item.title}</a>
                {media::state_line(&item.media)}
            </span>
            {refused.then(|| view! {
                <span class="row__actions">
                    <button class="button" type="button" on:click=on(move |_| change(MediaChange::TryAgain(id)))>{t.try_again}</button>
                    <button class="button" data-look="rust" type="button" on:click=on(move |_| change(MediaChange::LetGo(id)))>{t.let_go}</button>
                </span>
            })}
        </li>
    }
}

#[component]
fn QueueRow(item: Waiting) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let when = ports.locale().moment(item.at, live.language.get_untracked());
    let (glyph, note) = match item.state {
        WaitingState::Unsent => (Glyph::Send, format!("{} · {when}", (t.thing)(&item.thing.kind))),
        WaitingState::Refused { reason, .. } => (Glyph::Warn, (t.refused_because)(reason).to_owned()),
    };
    let refused = matches!(item.state, WaitingState::Refused { .. });
    let words = item.words.clone();
    let copy = move |_| {
        let words = words.clone();
        spawn_local(async move {
            if ports.device().copy(&words).await {
                live.toast.set(Some(Toast { text: t.copied, undo: None }));
            }
        });
    };
    let mendable = match item.state {
        WaitingState::Refused { reason, .. } => {
            item.thing.kind == ThingKind::Story && !matches!(reason, Reason::NotAllowed | Reason::NotYours)
        }
        WaitingState::Unsent => false,
    };
    let refused_item = item.clone();
    let mend = move |_| {
        let item = refused_item.clone();
        spawn_local(async move {
            match ports.outbox().mend(&item).await {
                Ok(draft) => ports.go(route::draft(draft)),
                Err(_) => live.storage_failed.set(true),
            }
        });
    };
    let title = item.title.clone();
    let let_go = move |_| {
        let item = item.clone();
        spawn_local(async move {
            if ports.outbox().let_go(&item).await.is_ok() {
                live.version.update(|version| *version += 1);
            }
        });
    };
    view! {
        <li class="row" data-state=refused.then_some("refused")>
            <Icon glyph=glyph/>
            <span class="row__text">
                <span class="row__title" dir="auto">{title}</span>
                <span class="row__note">{note}</span>
            </span>
            {refused.then(|| view! {
                <span class="row__actions">
                    {mendable.then(|| view! {
                        <button class="button" data-look="ink" type="button" on:click=on(mend)>{t.mend}</button>
                    })}
                    <button class="button" type="button" on:click=on(copy)>{t.copy_text}</button>
                    <button class="button" data-look="rust" type="button" on:click=on(let_go)>{t.let_go}</button>
                </span>
            })}
        </li>
    }
}

#[component]
fn LastAttempt() -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let language = live.language.get_untracked();
    let title = move |attempt: &Attempt| (t.last_attempt)(&ports.locale().moment(attempt.at, language));
    let text = move |attempt: &Attempt, trouble: Trouble| {
        format!(
            "{} {}",
            (t.trouble)(trouble),
            (t.next_attempt)(&ports.locale().time(attempt.next_at, language))
        )
    };
    draw(move || {
        let attempt = live.attempt.get()?;
        let (tone, glyph, text) = match attempt.trouble {
            Some(trouble) => (Tone::Dusk, Glyph::Offline, text(&attempt, trouble)),
            None if live.unsent.get() == 0 => (Tone::Leaf, Glyph::Check, t.all_sent.to_owned()),
            None => return None,
        };
        Some(view! {
            <Banner tone=tone glyph=glyph title=title(&attempt) text=text>
                <button class="button" type="button" data-busy=live.syncing on:click=on(move |_| ports.outbox().sync())>
                    <Icon glyph=Glyph::Refresh/>{t.try_now}
                </button>
            </Banner>
        })
    })
}

#[component]
fn ThisPhone() -> impl IntoView {
    let t = texts();
    view! {
        <section class="section" aria-labelledby="phone">
            <h2 class="section__title" id="phone">{t.this_phone}</h2>
            <div class="rows">
                <StorageSetting/>
                <ExportSetting/>
                <LanguageChoice/>
                <SignOut/>
            </div>
            <InstallHint/>
        </section>
    }
}

#[component]
fn StorageSetting() -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let storage = RwSignal::new(None::<Storage>);
    let look = move || spawn_local(async move { storage.set(Some(ports.device().storage().await)) });
    Effect::new(move |_| {
        live.version.track();
        look();
    });
    let persist = move |_| {
        spawn_local(async move {
            if !ports.device().persist().await {
                live.toast.set(Some(Toast { text: t.not_persisted, undo: None }));
            }
            look();
        });
    };
    draw(move || {
        // What lies in a store that does not open, nobody can count.
        storage.get().filter(|_| !live.storage_failed.get()).map(|storage| {
            let share = match (storage.used_bytes, storage.quota_bytes) {
                (Some(used), Some(quota)) if quota > 0 => Some((used, quota, used as f64 / quota as f64)),
                _ => None,
            };
            let only_here = !storage.persisted && (storage.drafts > 0 || live.unsent.get() > 0);
            view! {
                <div class="setting">
                    <p class="row__title">{if storage.persisted { t.persisted } else { t.not_promised }}</p>
                    {share.map(|(_, _, share)| view! {
                        <progress class="meter" max="1000" value=(share * 1000.0) as u32 aria-label=t.used_space></progress>
                    })}
                    <p class="row__note">
                        {(t.storage_line)(storage.stories, storage.drafts, share.map(|(used, quota, _)| (used, quota)))}" "
                        {if storage.persisted { t.persisted_text } else { t.not_promised_text }}
                        {only_here.then(|| view! { " "{t.protect_rest} })}
                    </p>
                    {(!storage.persisted).then(|| view! {
                        <button class="button" type="button" on:click=on(persist)><Icon glyph=Glyph::Lock/>{t.ask_persist}</button>
                    })}
                </div>
            }
        })
    })
}

/// Where a second tap comes soon enough to have been meant for what stood there before.
const DOUBLE_TAP_MS: u64 = 600;

/// Signs out after a second thought. The way back stands where the first button stood, and a double tap neither signs
/// out nor takes the question away again.
#[component]
fn SignOut() -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let asked = RwSignal::new(None::<Millis>);
    let ask = move |_| {
        let now = ports.locale().now();
        match asked.get_untracked() {
            None => asked.set(Some(now)),
            Some(at) if now.0.abs_diff(at.0) > DOUBLE_TAP_MS => asked.set(None),
            Some(_) => {}
        }
    };
    let sign_out = move |_| {
        spawn_local(async move {
            match ports.accounts().sign_out().await {
                Ok(()) => {
                    live.me.set(None);
                    ports.go_instead(Route::Home);
                }
                Err(_) => live.storage_failed.set(true),
            }
        });
    };
    view! {
        <div class="setting">
            <p class="row__note">{t.sign_out_text}</p>
            <div class="row__actions">
                <button class="button" type="button" on:click=on(ask)>
                    {draw(move || match asked.get() {
                        Some(_) => t.sign_out_not.into_any(),
                        None => view! { <Icon glyph=Glyph::Lock/>{t.sign_out} }.into_any(),
                    })}
                </button>
                {draw(move || asked.get().map(|_| view! {
                    <button class="button" data-look="rust" type="button" on:click=on(sign_out)>
                        <Icon glyph=Glyph::Lock/>{t.sign_out_sure}
                    </button>
                }))}
            </div>
        </div>
    }
}
