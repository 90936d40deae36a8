use leptos::prelude::*;

use crate::{
    context::texts,
    route::Route,
    ui::{Empty, Glyph, Screen, Tab},
};

/// An address of ours that leads nowhere. The server answers it with the status that says so.
pub fn not_found() -> AnyView {
    let t = texts();
    view! {
        <Screen title=t.not_found tab=Tab::Nowhere>
            <Empty glyph=Glyph::Search title=t.not_found text=t.not_found_text alone=true>
                <a class="button" data-look="ink" href=Route::Home.to_string()>{t.to_start}</a>
            </Empty>
        </Screen>
    }
    .into_any()
}
