use domain::time::Millis;
use leptos::prelude::*;

use super::{Glyph, Icon, draw, of, on};
use crate::context::ports;

/// A tap that comes sooner after another was meant for what stood there before.
const DOUBLE_TAP_MS: u64 = 600;

fn is_soon_after(before: Millis, now: Millis) -> bool {
    now.0.abs_diff(before.0) <= DOUBLE_TAP_MS
}

/// Tells taps that are meant from the second half of a double tap.
#[derive(Clone, Copy)]
pub struct Taps(StoredValue<Option<Millis>>);

impl Taps {
    pub fn new() -> Self {
        Self(StoredValue::new(None))
    }

    /// Notes a tap, and says whether it is one of its own.
    pub fn is_meant(self, now: Millis) -> bool {
        let meant = self.0.get_value().is_none_or(|before| !is_soon_after(before, now));
        if meant {
            self.0.set_value(Some(now));
        }
        meant
    }
}

/// What is done only after a second thought. The way back stands where the first button stood, and a double tap neither
/// does it nor takes the question away again.
#[component]
pub fn SecondThought(
    name: &'static str,
    not: &'static str,
    sure: &'static str,
    #[prop(optional)] glyph: Option<Glyph>,
    /// Whether the first button looks as grave as the second.
    #[prop(optional)]
    grave: bool,
    act: Callback<()>,
) -> impl IntoView {
    let (asked, ports) = (RwSignal::new(None::<Millis>), ports());
    let ask = move |_| {
        let now = ports.locale().now();
        match asked.get_untracked() {
            None => asked.set(Some(now)),
            Some(at) if is_soon_after(at, now) => {}
            Some(_) => asked.set(None),
        }
    };
    let icon = move || glyph.map(|glyph| view! { <Icon glyph/> });
    view! {
        <button
            class="button" type="button" on:click=on(ask)
            data-look=of(move || (grave && asked.read().is_none()).then_some("rust"))
        >
            {draw(move || match asked.get() {
                Some(_) => not.into_any(),
                None => view! { {icon()}{name} }.into_any(),
            })}
        </button>
        {draw(move || asked.get().map(|_| view! {
            <button class="button" data-look="rust" type="button" on:click=on(move |_| act.run(()))>
                {icon()}{sure}
            </button>
        }))}
    }
}
