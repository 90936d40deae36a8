use leptos::prelude::*;

use super::Wanted;
use crate::{
    context::{Live, Ports, live, ports, texts},
    ui::{Glyph, Icon, draw, each, on},
};

/// How many searches are remembered.
const MOST: usize = 8;
/// Shorter ones are not worth it.
const SHORTEST: usize = 2;
/// Longer ones are not, either: a chip has one line.
const LONGEST: usize = 60;

/// What this person searched for on this phone, the latest first. It never leaves the phone.
#[derive(Clone, Copy)]
pub struct Recent {
    list: RwSignal<Vec<String>>,
    live: Live,
    ports: Ports,
}

impl Recent {
    pub fn remembered() -> Self {
        let recent = Self { list: RwSignal::new(Vec::new()), live: live(), ports: ports() };
        Effect::new(move |_| {
            recent.live.me.track();
            let known = recent.ports.device().stashed(&recent.key());
            recent.list.set(known.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default());
        });
        recent
    }

    /// Remembers a search that was typed to its end, instead of what it began as.
    pub fn remember(self, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !(SHORTEST..=LONGEST).contains(&text.chars().count()) {
            return;
        }
        self.list.update(|recent| {
            let now = text.to_lowercase();
            recent.retain(|known| !now.starts_with(&known.to_lowercase()));
            recent.insert(0, text);
            recent.truncate(MOST);
        });
        self.keep();
    }

    fn forget(self) {
        self.list.set(Vec::new());
        self.keep();
        self.ports.device().focus("q");
    }

    /// A phone may have another person tomorrow.
    fn key(self) -> String {
        let person = self.live.me.get_untracked().map(|me| me.reader.person.to_string());
        format!("searches/{}", person.unwrap_or_default())
    }

    fn keep(self) {
        let recent = self.list.get_untracked();
        let text = if recent.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&recent).unwrap_or_default()
        };
        self.ports.device().stash(&self.key(), &text);
    }
}

/// Earlier searches, for a thumb, as long as nothing is asked.
pub fn recent_searches(recent: Recent, question: Wanted) -> AnyView {
    let t = texts();
    let chip = move |text: String| {
        let asked = text.clone();
        view! {
            <button class="chip" dir="auto" type="button" on:click=on(move |_| question.search(&asked))>{text}</button>
        }
    };
    draw(move || {
        let all = recent.list.get();
        (!all.is_empty() && question.asks_nothing()).then(|| view! {
            <div class="chips" data-scroll role="group" aria-label=t.recent>
                <span class="chips__title">{t.recent}</span>
                {each(all.into_iter().map(chip))}
                <button class="icon-button" type="button" aria-label=t.recent_clear on:click=on(move |_| recent.forget())>
                    <Icon glyph=Glyph::Trash/>
                </button>
            </div>
        })
    })
}
