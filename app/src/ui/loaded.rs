use domain::ports::{Answer, Unavailable};
use leptos::prelude::*;

use super::{Banner, Glyph, Tone, draw};
use crate::context::{Told, texts};

/// Shows the answer once it is there, keeps the old while the new is on its way, and says so if there is none.
pub fn loaded<T, V>(asked: impl Into<Signal<Told>>, view: impl Fn(T) -> V + Send + Sync + 'static) -> AnyView
where
    T: TryFrom<Answer, Error = Unavailable>,
    V: IntoView + 'static,
{
    loaded_any(
        asked.into(),
        Box::new(move |answer| match T::try_from(answer) {
            Ok(answer) => view(answer).into_any(),
            Err(error) => trouble(error).into_any(),
        }),
    )
}

fn loaded_any(asked: Signal<Told>, view: Box<dyn Fn(Answer) -> AnyView + Send + Sync>) -> AnyView {
    draw(move || match asked.get() {
        None => Skeleton().into_any(),
        Some(Ok(answer)) => view(answer),
        Some(Err(error)) => trouble(error).into_any(),
    })
}

/// Why there is nothing to show.
pub fn trouble(error: Unavailable) -> impl IntoView {
    let t = texts();
    let (glyph, tone, title, text) = match error {
        Unavailable::Unreachable => (Glyph::Offline, Tone::Dusk, t.unreachable, t.unreachable_text),
        Unavailable::SignedOut => (Glyph::Lock, Tone::Quiet, t.signed_out, t.signed_out_text),
        Unavailable::Storage => (Glyph::Warn, Tone::Rust, t.storage_failed, t.storage_failed_text),
        Unavailable::Broken => (Glyph::Warn, Tone::Rust, t.broken, t.broken_text),
    };
    view! { <Banner tone glyph title text/> }
}

#[component]
fn Skeleton() -> impl IntoView {
    let t = texts();
    view! {
        <div class="story-card skeleton" role="status" aria-label=t.loading>
            <span></span><span></span><span></span><span></span>
        </div>
    }
}
