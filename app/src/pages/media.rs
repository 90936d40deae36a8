//! Photos and voice notes, as stories and drafts show them.

use domain::{
    attachment::{MediaKind, VOICE_SECONDS, thumb_address},
    id::StoryId,
    ports::{Answer, Question},
    view::{MediaState, MediaView},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{Toast, live, ports, texts},
    ui::{Glyph, Icon, draw, each, on},
};

/// What is being looked at or listened to.
#[derive(Clone, Copy)]
pub struct Viewer {
    /// None for a draft.
    pub story: Option<StoryId>,
    pub open: RwSignal<Option<(MediaView, String)>>,
}

const DIALOG: &str = "viewer";

impl Viewer {
    pub fn of(story: Option<StoryId>) -> Self {
        Self { story, open: RwSignal::new(None) }
    }

    /// Shows a photo over everything else; plays a voice where it stands.
    fn show(self, media: MediaView) {
        let (t, live, ports) = (texts(), live(), ports());
        spawn_local(async move {
            let question = Question::Media { story: self.story, id: media.id };
            match ports.library().ask(question).await {
                Ok(Answer::Address(address)) => {
                    let is_photo = media.kind == MediaKind::Photo;
                    self.open.set(Some((media, address)));
                    if is_photo {
                        ports.device().show_dialog(DIALOG);
                    }
                }
                _ => live.toast.set(Some(Toast { text: t.media_away, undo: None })),
            }
        });
    }

    /// Photos first, then voices; `beside` is what else can be done with one.
    pub fn list(self, media: Vec<MediaView>, beside: fn(Beside) -> AnyView) -> AnyView {
        let (photos, voices): (Vec<_>, Vec<_>) =
            media.into_iter().partition(|media| media.kind == MediaKind::Photo);
        let photo = move |(at, media): (usize, MediaView)| {
            let beside = beside(Beside { media: media.clone() });
            view! { <li class="photo">{self.photo(at + 1, media)}{beside}</li> }
        };
        let voice = move |media: MediaView| {
            let beside = beside(Beside { media: media.clone() });
            view! { <div class="attachment">{self.voice(media)}{beside}</div> }
        };
        let has_photos = !photos.is_empty();
        view! {
            {has_photos.then(|| view! { <ul class="photos">{each(photos.into_iter().enumerate().map(photo))}</ul> })}
            {each(voices.into_iter().map(voice))}
        }
        .into_any()
    }

    fn photo(self, number: usize, media: MediaView) -> AnyView {
        let t = texts();
        let name = media.alt.clone().unwrap_or_else(|| (t.photo_number)(number));
        let state = state_line(&media);
        let picture = match &media.thumb {
            Some(thumb) => view! { <img class="photo__thumb" src=thumb_address(thumb) alt=name/> }.into_any(),
            None => {
                view! { <Icon glyph=Glyph::Camera/><span class="visually-hidden">{name}</span> }.into_any()
            }
        };
        let media = MediaView { alt: media.alt.or_else(|| Some((t.photo_number)(number))), ..media };
        view! {
            <button class="photo__open" type="button" on:click=on(move |_| self.show(media.clone()))>{picture}</button>
            {state}
        }
        .into_any()
    }

    fn voice(self, media: MediaView) -> AnyView {
        let t = texts();
        let id = media.id;
        let length = clock(media.seconds.unwrap_or_default());
        let name = (t.play_voice)(&length);
        let state = state_line(&media);
        let address = move || {
            self.open
                .get()
                .filter(|(open, _)| open.id == id && open.kind == MediaKind::Voice)
                .map(|(_, at)| at)
        };
        let play = on(move |_| self.show(media.clone()));
        view! {
            <button class="icon-button attachment__play" type="button" aria-label=name on:click=play>
                <Icon glyph=Glyph::Play/>
            </button>
            <span class="attachment__text">
                {draw(move || match address() {
                    Some(address) => view! { <audio class="attachment__audio" controls autoplay src=address></audio> }.into_any(),
                    None => t.voice_note.into_any(),
                })}
                {state}
            </span>
            <span class="digits">{length}</span>
        }
        .into_any()
    }

    /// Where a photo is shown; once on a screen.
    pub fn dialog(self) -> AnyView {
        let t = texts();
        let photo = move || self.open.get().filter(|(open, _)| open.kind == MediaKind::Photo);
        view! {
            <dialog class="viewer" id=DIALOG aria-label=t.photo>
                {draw(move || photo().map(|(media, address)| {
                    let caption = media.alt.clone();
                    view! { <img class="viewer__photo" src=address alt=media.alt width=media.width height=media.height/><p>{caption}</p> }
                }))}
                <form method="dialog">
                    <button class="icon-button viewer__close" aria-label=t.close><Icon glyph=Glyph::Close/></button>
                </form>
            </dialog>
        }
        .into_any()
    }
}

/// What stands beside an attachment.
pub struct Beside {
    pub media: MediaView,
}

pub fn nothing(_: Beside) -> AnyView {
    ().into_any()
}

/// Where its bytes are, as long as that is worth a word.
pub fn state_line(media: &MediaView) -> Option<AnyView> {
    let (t, state) = (texts(), media.state);
    let (tone, glyph) = match state {
        MediaState::Received | MediaState::OnPhone => return None,
        MediaState::Sending { .. } | MediaState::Awaited => ("dusk", Glyph::Clock),
        MediaState::Refused(_) => ("rust", Glyph::Warn),
    };
    Some(
        view! {
            <span class="media-state" data-tone=tone>
                <Icon glyph=glyph/>{(t.media_state)(state)}
                {match state {
                    MediaState::Sending { sent, of } if sent > 0 => Some(view! {
                        <progress class="meter" max=of value=sent aria-label=t.sent_share></progress>
                    }),
                    _ => None,
                }}
            </span>
        }
        .into_any(),
    )
}

/// `1:07`
pub fn clock(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// `0:07 / 3:00`
pub fn clock_of_longest(seconds: u32) -> String {
    format!("{} / {}", clock(seconds), clock(VOICE_SECONDS))
}
