use leptos::prelude::*;

use crate::{
    context::texts,
    ui::{Empty, Glyph, Screen, Tab},
};

#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(not(target_arch = "wasm32"))]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    let t = texts();
    view! {
        <Screen title=t.not_found tab=Tab::Home>
            <Empty glyph=Glyph::Search title=t.not_found text=t.not_found_text>
                <a class="button" data-look="ink" href="/">{t.to_start}</a>
            </Empty>
        </Screen>
    }
}
