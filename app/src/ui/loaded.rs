use domain::ports::Unavailable;
use leptos::prelude::*;

use super::{Banner, Glyph, Tone};
use crate::context::texts;

/// Shows `data` once it is there, keeps the old while the new is on its way, and says so if it cannot be had.
#[component]
pub fn Loaded<T, V>(
    data: Resource<Result<T, Unavailable>>,
    children: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=Skeleton>
            {move || {
                let children = children.clone();
                data.get().map(|data| match data {
                    Ok(data) => children(data).into_any(),
                    Err(error) => trouble(error).into_any(),
                })
            }}
        </Transition>
    }
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
