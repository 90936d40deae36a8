use leptos::prelude::*;

use super::{Glyph, Icon, draw};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Waiting, or for your information.
    Dusk,
    Quiet,
    /// The server has said yes.
    Leaf,
    /// Needs you.
    Rust,
}

impl Tone {
    pub fn key(self) -> &'static str {
        match self {
            Self::Dusk => "dusk",
            Self::Quiet => "quiet",
            Self::Leaf => "leaf",
            Self::Rust => "rust",
        }
    }
}

/// A word on the state of things, with what can be done about it.
#[component]
pub fn Banner(
    tone: Tone,
    glyph: Glyph,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let role = if tone == Tone::Rust { "alert" } else { "status" };
    view! {
        <div class="banner" data-tone=tone.key() role=role>
            <Icon glyph=glyph/>
            <p><strong>{draw(move || title.get())}</strong>{draw(move || text.get())}</p>
            {children.map(|children| view! { <div class="banner__actions">{children()}</div> })}
        </div>
    }
}

/// Where there is nothing yet: what it will be, and how to begin.
#[component]
pub fn Empty(
    glyph: Glyph,
    title: &'static str,
    text: &'static str,
    /// Stands alone on the screen, so that its title is the screen's.
    #[prop(optional)]
    alone: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let title = match alone {
        true => view! { <h1 class="empty__title">{title}</h1> }.into_any(),
        false => view! { <h2 class="empty__title">{title}</h2> }.into_any(),
    };
    view! {
        <div class="empty">
            <Icon glyph=glyph/>
            {title}
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
