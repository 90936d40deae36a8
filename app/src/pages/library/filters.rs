use domain::{
    id::LabelId,
    label::LabelKind,
    names::Named,
    query::{Facets, Listing},
    story::StoryKind,
};
use leptos::prelude::*;

use super::Wanted;
use crate::{
    context::{Asked, answered, texts},
    ui::{Glyph, Icon, draw, each, on},
};

/// The filters. Drawn anew only when there is something else to choose: an open list of choices is not taken away.
pub fn filters(data: Asked, question: Wanted) -> AnyView {
    let facets = Memo::new(move |before: Option<&Option<Facets>>| {
        // Until the first answer has come, and where none comes, there is nothing to choose from.
        answered::<Listing>(data).map(|listing| listing.facets).or_else(|| before.cloned().flatten())
    });
    let filter = Memo::new(move |_| question.asked.get().1);
    draw(move || {
        filter.track();
        facets.get().map(|facets| view! { <Filters facets=facets question=question/> })
    })
}

/// One choice a facet: the phone's own way of choosing from a list, in the shape of a chip.
#[component]
fn Filters(facets: Facets, question: Wanted) -> impl IntoView {
    let t = texts();
    let kinds = facets
        .kinds
        .iter()
        .map(|(kind, n)| (kind.key().to_owned(), (t.kind)(*kind).to_owned(), *n))
        .collect();
    let names = [
        (LabelKind::Department, t.filter_department),
        (LabelKind::Site, t.filter_site),
        (LabelKind::Value, t.filter_value),
        (LabelKind::Tag, t.filter_tag),
    ];
    let labels = names.map(|(kind, name)| {
        let choices =
            facets.labels(kind).iter().map(|(Named { id, name }, n)| (id.to_string(), name.clone(), *n));
        let chosen = question.filter().label(kind).map(|id| id.to_string());
        let choose = move |id: Option<String>| {
            let id: Option<LabelId> = id.and_then(|id| id.parse().ok());
            question.narrow(|filter| filter.set_label(kind, id));
        };
        view! { <Choice name=name choices=choices.collect() chosen=chosen choose=choose/> }
    });
    let chosen = question.filter().kind.map(|kind| kind.key().to_owned());
    let choose = move |key: Option<String>| {
        question.narrow(|filter| filter.kind = key.and_then(|key| StoryKind::from_key(&key)));
    };
    view! {
        <div class="chips" data-scroll role="group" aria-label=t.filters>
            <Choice name=t.filter_kind choices=kinds chosen=chosen choose=choose/>
            {each(labels)}
        </div>
    }
}

#[component]
fn Choice(
    name: &'static str,
    /// Key, name, and how many stories it leaves.
    choices: Vec<(String, String, usize)>,
    chosen: Option<String>,
    choose: impl Fn(Option<String>) + Copy + 'static,
) -> impl IntoView {
    let t = texts();
    let is_chosen = chosen.is_some();
    let options = choices.into_iter().map(|(key, text, n)| {
        let selected = chosen.as_ref() == Some(&key);
        view! { <option value=key selected=selected>{format!("{text} ({n})")}</option> }
    });
    let changed = move |event| {
        let value = event_target_value(&event);
        choose((!value.is_empty()).then_some(value));
    };
    view! {
        <span class="chip chip-select" data-chosen=is_chosen>
            <select aria-label=name on:change=on(changed)>
                <option value="" selected=!is_chosen>{name}</option>
                {each(options)}
            </select>
            {match is_chosen {
                true => view! {
                    <button type="button" aria-label=(t.filter_remove)(name) on:click=on(move |_| choose(None))>
                        <Icon glyph=Glyph::Close/>
                    </button>
                }.into_any(),
                false => view! { <Icon glyph=Glyph::Down/> }.into_any(),
            }}
        </span>
    }
}
