//! Everything one has told, and one's drafts, as a file that any phone can read.

use domain::{
    attachment::MediaKind,
    draft::Draft,
    ports::{KeepError, Question, Unavailable, WaitingState},
    story::Part,
    view::{Card, MediaView, StoryView},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{Ports, Toast, live, ports, texts},
    texts::Texts,
    ui::{Glyph, Icon, on},
};

#[component]
pub fn ExportSetting() -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let export = move |_| {
        spawn_local(async move {
            match written(ports, t).await {
                Some(text) => ports.device().save_file(t.export_file, &text),
                None => live.toast.set(Some(Toast { text: t.export_failed, undo: None })),
            }
        });
    };
    view! {
        <div class="setting">
            <p class="row__note">{t.export_text}</p>
            <button class="button" type="button" on:click=on(export)><Icon glyph=Glyph::Download/>{t.export}</button>
        </div>
    }
}

/// All of it, or nothing: half a file would look whole.
async fn written(ports: Ports, t: &'static Texts) -> Option<String> {
    let mut file = format!("{}\n", t.my_stories);
    let mine = ports.library().ask(Question::Mine).await.and_then(TryInto::<Vec<Card>>::try_into).ok()?;
    for card in mine {
        let story = ports.library().ask(Question::Story(card.id)).await;
        let story: Result<Option<Box<StoryView>>, Unavailable> = story.and_then(TryInto::try_into);
        let Some(view) = story.ok()? else { continue };
        let day = view.day.map(|day| format!("{day}\n")).unwrap_or_default();
        file += &format!("\n\n{}\n{day}", view.heading);
        file += &attached(t, &view.media);
        write(&mut file, t, |part| view.story.text(part));
    }
    file += &refused(ports, t).await?;
    let drafts: Result<_, KeepError> = ports.drafts().all().await;
    let drafts = drafts.ok()?;
    if !drafts.is_empty() {
        file += &format!("\n\n{}\n", t.drafts);
    }
    for draft in drafts {
        let heading = Some(draft.heading()).filter(|heading| !heading.is_empty());
        file += &format!("\n\n{}\n", heading.as_deref().unwrap_or(t.untitled));
        file += &attached(t, &media_of(ports, &draft).await?);
        write(&mut file, t, |part| draft.text(part));
    }
    Some(file)
}

/// What the server did not take, and why: it stands nowhere else.
async fn refused(ports: Ports, t: &'static Texts) -> Option<String> {
    let waiting = ports.outbox().waiting().await.ok()?;
    let mut section = String::new();
    for item in waiting {
        if let WaitingState::Refused { reason, .. } = item.state {
            let (why, words) = ((t.refused_because)(reason), item.words);
            section += &format!("\n\n{}\n{why}\n\n{words}\n", item.title);
        }
    }
    let heading = (!section.is_empty()).then(|| format!("\n\n{}\n", t.needs_you));
    Some(heading.unwrap_or_default() + &section)
}

/// What a draft has beside its words: what was taken for it, and what the story has that it changes.
async fn media_of(ports: Ports, draft: &Draft) -> Option<Vec<MediaView>> {
    let taken = ports.library().ask(Question::Attached(draft.id)).await;
    let taken: Vec<MediaView> = taken.and_then(TryInto::try_into).ok()?;
    let had = draft.of.iter().flat_map(|told| MediaView::of_story(&told.story));
    Some(had.chain(taken).filter(|media| !draft.dropped.contains(&media.id)).collect())
}

/// Photos and voices do not fit into a text, but that they are there does.
fn attached(t: &Texts, media: &[MediaView]) -> String {
    let count = |kind: MediaKind| media.iter().filter(|media| media.kind == kind).count();
    match (count(MediaKind::Photo), count(MediaKind::Voice)) {
        (0, 0) => String::new(),
        (photos, voices) => format!("{}\n", (t.attached)(photos, voices)),
    }
}

fn write<'a>(file: &mut String, t: &Texts, text: impl Fn(Part) -> &'a str) {
    for part in Part::ALL.into_iter().filter(|part| *part != Part::Title) {
        let text = text(part).trim();
        if !text.is_empty() {
            *file += &format!("\n{}\n{text}\n", (t.part)(part));
        }
    }
}
