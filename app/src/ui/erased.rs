//! Views, handlers and attributes with their types erased.
//!
//! A view's type holds the type of every closure in it, and each type is compiled into the wasm anew: drawn through
//! these, the whole app costs a third of it.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};

/// Draws what `view` returns, and again whenever what it reads has changed.
pub fn draw<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> AnyView {
    drawn(Box::new(move || view().into_any()))
}

fn drawn(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || view()).into_any()
}

/// One view after another.
pub fn each<V: IntoView>(views: impl IntoIterator<Item = V>) -> AnyView {
    views.into_iter().map(IntoAny::into_any).collect::<Vec<AnyView>>().into_any()
}

/// What an event does.
pub fn on<E>(handle: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handle)
}

/// A value that follows what it reads, for an attribute.
pub fn of<T: Send + Sync + 'static>(value: impl Fn() -> T + Send + Sync + 'static) -> Signal<T> {
    Signal::derive(value)
}

/// What sending a form does, instead of loading a page.
pub fn sent(mut send: impl FnMut() + 'static) -> Box<dyn FnMut(SubmitEvent)> {
    on(move |event: SubmitEvent| {
        event.prevent_default();
        send();
    })
}

/// What Enter does in a field of a form that must not be sent by it.
pub fn on_enter(mut enter: impl FnMut() + 'static) -> Box<dyn FnMut(KeyboardEvent)> {
    on(move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            enter();
        }
    })
}
