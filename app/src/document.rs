//! The HTML around the app: rendered on the server for the first visit, and once more, without the app in it, as the
//! shell that the service worker keeps.

use domain::{language::Language, view::Me};
use leptos::prelude::*;

use crate::{App, context::Seed};

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
#[expect(clippy::large_enum_variant, reason = "one a page")]
pub enum Life {
    /// It was rendered for this person, with this in it, and is hydrated.
    Hydrated { me: Option<Me>, seed: Option<Seed>, nonce: String },
    /// It is empty; the app is mounted in it and reads from the phone.
    Mounted,
}

/// The page. `data-mount` says how it comes to life (`public/boot.js` makes it `anew` where it cannot be hydrated);
/// `data-me` who it was rendered for. The context holds what
/// [`App`] needs, if it is in it.
pub fn document(language: Language, assets: Assets, life: Life) -> AnyView {
    let (mount, me, app) = match life {
        Life::Hydrated { me, seed, nonce } => {
            let live = expect_context::<crate::context::Live>();
            // The app sets its title when it is drawn, which is after the head.
            live.title.set(seed.as_ref().and_then(Seed::title).unwrap_or_default());
            let title = live.full_title();
            let app = App().into_any();
            let body = view! { {app}{seed.map(|seed| seed_script(&seed, nonce))} }.into_any();
            ("hydrate", me.and_then(|me| serde_json::to_string(&me).ok()), Some((title, body)))
        }
        Life::Mounted => ("mount", None, None),
    };
    let (title, body) = app.unzip();
    view! {
        <!DOCTYPE html>
        <html lang=language.code() data-mount=mount data-me=me>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"/>
                // A browser that makes links of what looks like a number alters what is to be hydrated.
                <meta name="format-detection" content="telephone=no, date=no, address=no, email=no"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#faf5ea" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#1c1713" media="(prefers-color-scheme: dark)"/>
                // As HTML: a text node of ours would bring a comment along, which a title shows.
                <title inner_html=escaped(&title.unwrap_or_else(|| crate::texts::Texts::of(language).app.to_owned()))></title>
                <link rel="stylesheet" href=assets.css/>
                <link rel="preload" href=assets.wasm r#as="fetch" type="application/wasm" crossorigin=""/>
                <link rel="modulepreload" href=assets.js/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="icon" href=assets.icon type="image/svg+xml"/>
                <link rel="apple-touch-icon" href=assets.touch_icon/>
            </head>
            <body>
                {body}
                <script type="module" src=assets.boot></script>
            </body>
        </html>
    }
    .into_any()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Where the browser finds what the page was rendered with.
pub const SEED: &str = "seed";

/// Data, not script: but it stands in a `script` element, where nothing but `</script` and `<!--` means anything.
fn seed_script(seed: &Seed, nonce: String) -> AnyView {
    let json = serde_json::to_string(seed).unwrap_or_default().replace('<', "\\u003c");
    view! { <script type="application/json" id=SEED nonce=nonce inner_html=json></script> }.into_any()
}
