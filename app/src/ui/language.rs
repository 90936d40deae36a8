use domain::language::Language;
use leptos::prelude::*;

use super::on;
use crate::context::{live, ports, texts};

/// The choice of language. Each is called by its own name, for those who read nothing else.
#[component]
pub fn LanguageChoice(
    /// Stands in a bar, where there is no room for a heading.
    #[prop(optional)]
    in_bar: bool,
) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let choice = move |language: Language, name: &'static str| {
        view! {
            <label class="segment" lang=language.code()>
                <input
                    type="radio" name="language" checked=live.language.get_untracked() == language
                    on:change=on(move |_| ports.device().set_language(language))
                />
                {name}
            </label>
        }
    };
    view! {
        <fieldset class=if in_bar { "language" } else { "setting" }>
            <legend class=if in_bar { "visually-hidden" } else { "row__title" }>{t.language}</legend>
            <div class="segments">{choice(Language::Sv, "Svenska")}{choice(Language::En, "English")}</div>
        </fieldset>
    }
}
