//! Everything one has told, and one's drafts, as a file that any phone can read.

use domain::{
    ports::{KeepError, Question, Unavailable},
    story::Part,
    view::{Card, StoryView},
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
        write(&mut file, t, |part| view.story.text(part));
    }
    let drafts: Result<_, KeepError> = ports.drafts().all().await;
    let drafts = drafts.ok()?;
    if !drafts.is_empty() {
        file += &format!("\n\n{}\n", t.drafts);
    }
    for draft in drafts {
        file += &format!("\n\n{}\n", draft.heading());
        write(&mut file, t, |part| draft.text(part));
    }
    Some(file)
}

fn write<'a>(file: &mut String, t: &Texts, text: impl Fn(Part) -> &'a str) {
    for part in Part::ALL.into_iter().filter(|part| *part != Part::Title) {
        let text = text(part).trim();
        if !text.is_empty() {
            *file += &format!("\n{}\n{text}\n", (t.part)(part));
        }
    }
}
