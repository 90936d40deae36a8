//! What the person sees, written once for phone and server.
//!
//! Pages ask the ports of `domain` for what they show; the host (server or browser) has put them into the context.
//! Components in `ui` never ask for anything.

#![recursion_limit = "256"] // Views are deep types.

pub mod context;
pub mod document;
mod pages;
pub mod remote;
pub mod texts;
mod ui;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use context::live;
use pages::*;

/// The whole app. The host has provided [`context::Ports`] and [`context::Live`].
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let live = live();
    // Another language is another set of texts: everything is drawn anew, nothing is half translated.
    let screens = move || {
        live.language.track();
        view! {
            <Routes fallback=|| NotFound().into_any()>
                <Route path=path!("/") view=|| gated(home::Home) ssr=SsrMode::Async/>
                <Route path=path!("/ga-med") view=|| join::Join().into_any() ssr=SsrMode::Async/>
                <Route path=path!("/beratta") view=|| tell::Tell().into_any() ssr=SsrMode::Async/>
                <Route path=path!("/beratta/klar/:id") view=|| gated(told::Told) ssr=SsrMode::Async/>
                <Route path=path!("/bibliotek") view=|| gated(library::Library) ssr=SsrMode::Async/>
                <Route path=path!("/berattelse/:id") view=|| gated(story::Story) ssr=SsrMode::Async/>
                <Route path=path!("/lara") view=|| gated(learn::Learn) ssr=SsrMode::Async/>
                <Route path=path!("/lara/ny") view=|| gated(path_form::NewPath) ssr=SsrMode::Async/>
                <Route path=path!("/lara/:id") view=|| gated(path::PathPage) ssr=SsrMode::Async/>
                <Route path=path!("/lara/:id/andra") view=|| gated(path_form::ChangePath) ssr=SsrMode::Async/>
                <Route path=path!("/lara/:id/visa") view=|| gated(present::Present) ssr=SsrMode::Async/>
                <Route path=path!("/lara/:id/:stop") view=|| gated(stop::StopPage) ssr=SsrMode::Async/>
                <Route path=path!("/jag") view=|| gated(me::MePage) ssr=SsrMode::Async/>
            </Routes>
        }
    };
    view! { <Router>{screens}</Router> }.into_any()
}

/// A page for those who have joined; the others are asked to.
fn gated<V: IntoView + 'static>(page: fn() -> V) -> AnyView {
    let live = live();
    let joined = Memo::new(move |_| live.me.read().is_some());
    (move || if joined.get() { page().into_any() } else { join::Welcome().into_any() }).into_any()
}
