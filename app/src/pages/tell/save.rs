use domain::{draft::DraftProblem, ports::KeepError};
use leptos::{prelude::*, task::spawn_local};

use super::sheet::{Saved, Sheet};
use crate::{
    context::{live, ports, texts},
    route::{self, Route},
    ui::{Banner, Glyph, Icon, Tone, draw, of, on},
};

/// When it was last kept, and the one button.
#[component]
pub fn SaveDock(sheet: Sheet) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let busy = sheet.telling;
    let problem = RwSignal::new(None::<KeepError>);
    // Whatever was the matter, something has been done about it since.
    Effect::new(move |_| {
        if sheet.saved.get() == Saved::Typing {
            problem.set(None);
        }
    });
    let save = move |_| {
        if busy.get_untracked() {
            return;
        }
        let draft = sheet.draft();
        if live.me.read_untracked().is_none() {
            ports.drafts().keep(draft.clone());
            ports.go(route::join_with(draft.id));
            return;
        }
        busy.set(true);
        problem.set(None);
        // What is told cannot be undone as what is being written can.
        live.toast.set(None);
        spawn_local(async move {
            match ports.outbox().tell(&draft).await {
                Ok(story) => {
                    // Back from here must not lead to an empty sheet.
                    ports.go_instead(Route::Told(story));
                }
                Err(error) => {
                    problem.set(Some(error));
                    busy.set(false);
                }
            }
        });
    };
    view! {
        {draw(move || problem.get().map(|problem| view! { <Problem problem=problem sheet=sheet/> }))}
        <SavedLine sheet=sheet/>
        <button
            class="button" data-look="sun" data-size="large" data-wide type="button" on:click=on(save)
            disabled=of(move || !sheet.tells()) data-busy=busy
        >
            {draw(move || if sheet.changes.get().is_some() { t.save_change } else { t.save_story })}
        </button>
    }
}

#[component]
fn SavedLine(sheet: Sheet) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let too_long = Memo::new(move |_| sheet.is_too_long());
    let line = move || match sheet.saved.get() {
        // Before the tap that would be in vain; what could not be kept is worse, and is said instead.
        Saved::Nothing | Saved::Typing | Saved::At(_) if too_long.get() => {
            view! { <Icon glyph=Glyph::Warn/>{t.draft_too_long} }.into_any()
        }
        // Why the button cannot be pressed yet.
        Saved::Nothing if sheet.is_blank() => {
            view! { <Icon glyph=Glyph::Pencil/>{t.draft_needs_words} }.into_any()
        }
        Saved::Nothing | Saved::At(_) if !sheet.tells() => {
            view! { <Icon glyph=Glyph::Pencil/>{t.draft_tells_nothing} }.into_any()
        }
        Saved::Nothing => view! { <Icon glyph=Glyph::Lock/>{t.draft_is_yours} }.into_any(),
        Saved::Typing => view! { <Icon glyph=Glyph::Pencil/>{t.draft_typing} }.into_any(),
        Saved::At(at) => {
            let time = ports.locale().time(at, live.language.get_untracked());
            view! { <Icon glyph=Glyph::Phone/>{t.draft_saved}" "<time>{time}</time> }.into_any()
        }
        Saved::Failed(_) => view! { <Icon glyph=Glyph::Warn/>{t.draft_failed} }.into_any(),
    };
    view! {
        {draw(move || match sheet.saved.get() {
            Saved::Failed(error) => Some(view! { <Problem problem=error sheet=sheet/> }),
            _ => None,
        })}
        <p class="saved-line" role="status" data-tone=of(move || too_long.get().then_some("rust"))>{draw(line)}</p>
    }
}

/// What could not be kept, and the way out: the words stay on the screen and can be copied.
#[component]
fn Problem(problem: KeepError, sheet: Sheet) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let (title, text) = match problem {
        KeepError::Draft(DraftProblem::TellsNothing) => (t.problem_empty, t.problem_empty_text.to_owned()),
        KeepError::Draft(DraftProblem::TooLong { part, chars, max }) => {
            (t.problem_too_long, format!("{}: {}", (t.part)(part), (t.chars_of)(chars, max)))
        }
        KeepError::Draft(DraftProblem::OddCharacter(part)) => (t.problem_odd, (t.part)(part).to_owned()),
        KeepError::Draft(DraftProblem::NotADay) => (t.problem_day, t.problem_day_text.to_owned()),
        KeepError::Full => (t.phone_full, t.phone_full_text.to_owned()),
        KeepError::SignedOut => (t.signed_out, t.signed_out_text.to_owned()),
        KeepError::NotYours => (t.draft_not_yours, t.draft_not_yours_text.to_owned()),
        KeepError::Storage | KeepError::Missing => (t.cannot_save, t.cannot_save_text.to_owned()),
    };
    let copy = move |_| {
        let (device, words) = (ports.device(), sheet.words());
        spawn_local(async move {
            if device.copy(&words).await {
                live.toast.set(Some(crate::context::Toast { text: t.copied, undo: None }));
            }
        });
    };
    view! {
        <Banner tone=Tone::Rust glyph=Glyph::Warn title=title text=text>
            <button class="button" type="button" on:click=on(copy)>{t.copy_text}</button>
            <button class="button" type="button" on:click=on(move |_| sheet.keep())>
                <Icon glyph=Glyph::Refresh/>{t.try_again}
            </button>
        </Banner>
    }
}
