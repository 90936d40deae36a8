use domain::{
    attachment::MediaKind,
    id::{AttachmentId, DraftId},
    ports::{Answer, AttachError, MediaChange, Question},
    view::{MediaState, MediaView},
};
use leptos::{prelude::*, task::spawn_local};

use super::sheet::Sheet;
use crate::{
    context::{Ports, Toast, live, ports, texts},
    pages::media::{Beside, Viewer, clock_of_longest},
    ui::{Banner, Glyph, Icon, Taps, Tone, draw, of, on},
};

/// The file field, by which the host finds what was chosen.
const FIELD: &str = "photos";

/// Photos and voice notes of what is being told.
#[component]
pub fn Attachments(sheet: Sheet, viewer: Viewer) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let (problem, can_record) = (RwSignal::new(None::<AttachError>), RwSignal::new(false));
    Effect::new(move |_| {
        can_record.set(ports.media().can_record());
        // Nobody is listened to who has left.
        on_cleanup(move || ports.media().stop_recording());
    });
    Effect::new(move |_| {
        live.media.track();
        let Some(draft) = sheet.shown.get() else { return };
        spawn_local(async move {
            if let Ok(Answer::Attached(taken)) = ports.library().ask(Question::Attached(draft)).await {
                sheet.taken.set(taken);
            }
        });
    });
    let done = move |outcome: Result<(), AttachError>| problem.set(outcome.err());
    let chosen = move |_| {
        let draft = sheet.draft();
        problem.set(None);
        spawn_local(async move { done(ports.media().add_photos(draft, FIELD).await) });
    };
    let taps = Taps::new();
    let record = move |_| {
        if !taps.is_meant(ports.locale().now()) {
            return;
        }
        if live.recording.read_untracked().is_some() {
            ports.media().stop_recording();
            return;
        }
        sheet.make_safe();
        let draft = sheet.draft();
        // What was the matter before need not be now.
        problem.set(None);
        spawn_local(async move { done(ports.media().record(draft).await) });
    };
    // Taken up again with the draft, should opening the camera cost this page its life.
    let make_safe = on(move |_| sheet.make_safe());
    // What the story has already, when one is changed.
    let had = move || sheet.changes.get().map(|told| (told.id, MediaView::of_story(&told.story)));
    let stays = move |media: &MediaView| !sheet.dropped.read().contains(&media.id);
    // What is being recorded has its own line, and cannot be thrown away before it is something.
    let recorded = Memo::new(move |_| live.recording.get().map(|recording| recording.id));
    let is_whole = move |media: &MediaView| recorded.get() != Some(media.id);
    provide_context(sheet);
    view! {
        <section class="section" aria-labelledby="media">
            <h2 class="section__title" id="media">{t.media}</h2>
            {draw(move || had().map(|(story, had)| {
                Viewer { story: Some(story), ..viewer }.list(had.into_iter().filter(stays).collect(), take_out)
            }))}
            {draw(move || {
                let taken = sheet.taken.get().into_iter().filter(stays).filter(is_whole);
                viewer.list(taken.collect(), take_out)
            })}
            {draw(move || live.recording.get().map(|recording| view! {
                <p class="attachment" role="timer">
                    <span class="attachment__on"><Icon glyph=Glyph::Mic/></span>
                    <meter class="attachment__level" max="100" value=recording.level aria-label=t.loudness></meter>
                    <span class="digits">{clock_of_longest(recording.seconds)}</span>
                </p>
            }))}
            <div class="attach">
                <label class="button">
                    <Icon glyph=Glyph::Camera/>{t.add_photo}
                    <input class="visually-hidden" id=FIELD type="file" accept="image/*" multiple on:click=make_safe on:change=on(chosen)/>
                </label>
                {draw(move || can_record.get().then(|| view! {
                    <button
                        class="button" type="button" on:click=on(record)
                        aria-pressed=of(move || live.recording.read().is_some().to_string())
                    >
                        <Icon glyph=Glyph::Mic/>
                        {draw(move || if live.recording.read().is_some() { t.stop_recording } else { t.record })}
                    </button>
                }))}
            </div>
            {draw(move || problem.get().map(|problem| {
                let title = match problem {
                    AttachError::Unread { unread, of } if unread < of => t.not_all_attached,
                    _ => t.not_attached,
                };
                view! { <Banner tone=Tone::Rust glyph=Glyph::Warn title=title text=(t.attach_error)(problem)/> }
            }))}
        </section>
    }
}

/// Takes it out, with a way back, and asks what is to be seen.
fn take_out(Beside { media }: Beside) -> AnyView {
    let (t, live, sheet, ports) = (texts(), live(), expect_context::<Sheet>(), ports());
    let id = media.id;
    let drop_it = move |_| {
        sheet.dropped.update(|dropped| dropped.push(id));
        sheet.keep();
        let draft = sheet.shown.get_untracked();
        // Not of this list, which is drawn anew without it.
        spawn_local(async move {
            let undo = Callback::new(move |()| put_back(ports, sheet, draft, id));
            live.toast.set(Some(Toast { text: t.media_removed, undo: Some(undo) }));
        });
    };
    let describes = media.kind == MediaKind::Photo && media.state == MediaState::OnPhone;
    let describe = move |event| {
        let alt = event_target_value(&event);
        spawn_local(async move {
            if ports.media().change(MediaChange::Describe { id, alt }).await.is_err() {
                live.storage_failed.set(true);
            }
        });
    };
    view! {
        <button class="icon-button" type="button" aria-label=t.delete on:click=on(drop_it)><Icon glyph=Glyph::Trash/></button>
        {describes.then(|| view! {
            <input
                class="field__input photo__alt" maxlength="300" autocomplete="off" placeholder=t.describe_photo
                aria-label=t.describe_photo prop:value=media.alt.clone().unwrap_or_default() on:change=on(describe)
            />
        })}
    }
    .into_any()
}

fn put_back(ports: Ports, sheet: Sheet, draft: Option<DraftId>, id: AttachmentId) {
    // Whoever regrets it may have left the sheet; its draft is still there.
    if sheet.dropped.try_update(|dropped| dropped.retain(|known| *known != id)).is_some() {
        return sheet.keep();
    }
    spawn_local(async move {
        if let Some(draft) = draft
            && let Ok(Some(mut draft)) = ports.drafts().load(draft).await
        {
            draft.dropped.retain(|known| *known != id);
            ports.drafts().keep(draft);
        }
    });
}
