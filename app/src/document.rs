//! The HTML around the app: rendered on the server for the first visit, and once more, without the app in it, as the
//! shell that the service worker keeps.

use domain::{language::Language, view::Me};
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::App;

/// Paths of the assets of this build.
#[derive(Clone, Debug)]
pub struct Assets {
    pub boot: String,
    pub js: String,
    pub wasm: String,
    pub css: String,
    pub icon: String,
    pub touch_icon: String,
}

/// How the page comes to life in the browser.
#[derive(Clone, Debug)]
pub enum Life {
    /// It was rendered for this person and is hydrated.
    Hydrated { me: Option<Me> },
    /// It is empty; the app is mounted in it and reads from the phone.
    Mounted,
}

/// The page. `data-mount` says how it comes to life; `data-me` who it was rendered for.
#[component]
pub fn Document(language: Language, assets: Assets, life: Life) -> impl IntoView {
    let me = match &life {
        Life::Hydrated { me: Some(me) } => serde_json::to_string(me).ok(),
        _ => None,
    };
    let hydrated = matches!(life, Life::Hydrated { .. });
    view! {
        <!DOCTYPE html>
        <html lang=language.code() data-mount=if hydrated { "hydrate" } else { "mount" } data-me=me>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#faf5ea" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#1c1713" media="(prefers-color-scheme: dark)"/>
                <link rel="stylesheet" href=assets.css/>
                <link rel="preload" href=assets.wasm r#as="fetch" type="application/wasm" crossorigin=""/>
                <link rel="modulepreload" href=assets.js/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="icon" href=assets.icon type="image/svg+xml"/>
                <link rel="apple-touch-icon" href=assets.touch_icon/>
                <MetaTags/>
                {(!hydrated).then(|| view! { <title>"Solsken"</title> })}
            </head>
            <body>
                {hydrated.then(App)}
                <script type="module" src=assets.boot></script>
            </body>
        </html>
    }
    .into_any()
}

/// The context that [`Document`] needs where nothing else provides it.
pub fn provide_meta() {
    leptos_meta::provide_meta_context();
}
