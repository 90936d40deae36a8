use domain::{draft::tidy_tags, id::LabelId, names::Named, ports::Labels, story::Part, suggest};
use leptos::prelude::*;

use super::sheet::Sheet;
use crate::{
    context::{Asked, answered, live, ports, texts},
    ui::{Glyph, Icon, draw, each, of, on, on_enter},
};

/// Tags, values, and where it happened.
#[component]
pub fn Extras(sheet: Sheet, labels: Asked) -> impl IntoView {
    let known = Memo::new(move |_| answered::<Labels>(labels).unwrap_or_default());
    view! {
        <Tags sheet=sheet known=known/>
        <Values sheet=sheet known=known/>
        <Places sheet=sheet known=known/>
    }
}

#[component]
fn Tags(sheet: Sheet, known: Memo<Labels>) -> impl IntoView {
    let t = texts();
    let own = RwSignal::new(String::new());
    let suggested = Memo::new(move |_| {
        let text = [Part::Situation, Part::Action, Part::Outcome, Part::Quote]
            .map(|part| sheet.text(part).get())
            .join("\n");
        let known = known.read();
        suggest::tags(&text, &known.tags, &sheet.tags.read())
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let toggle = move |tag: String| {
        let mut tags = sheet.tags.get_untracked();
        match tags.iter().position(|chosen| *chosen == tag) {
            Some(at) => drop(tags.remove(at)),
            None => tags.push(tag),
        }
        sheet.set(sheet.tags, tidy_tags(&tags));
    };
    let add_own = move || {
        let tag = own.get_untracked();
        if !tag.trim().is_empty() {
            let tags = [sheet.tags.get_untracked(), vec![tag]].concat();
            sheet.set(sheet.tags, tidy_tags(&tags));
            own.set(String::new());
        }
    };
    let chip = move |tag: String, chosen: bool| {
        let name = tag.clone();
        view! {
            <button
                class="chip" type="button" aria-pressed=chosen.to_string() data-suggested=!chosen
                on:click=on(move |_| toggle(tag.clone()))
            >
                <Icon glyph=if chosen { Glyph::Check } else { Glyph::Plus }/>{name}
            </button>
        }
    };
    view! {
        <section class="section" aria-labelledby="tags">
            <h2 class="section__title" id="tags">{t.tags}</h2>
            <div class="chips">
                {draw(move || sheet.tags.get().into_iter().map(|tag| chip(tag, true)).collect_view())}
                {draw(move || suggested.get().into_iter().map(|tag| chip(tag, false)).collect_view())}
                <span class="chip chip-field">
                    <label class="visually-hidden" for="own-tag">{t.own_tag}</label>
                    <input
                        id="own-tag" maxlength="80" autocomplete="off" enterkeyhint="done" placeholder=t.own_tag
                        list="known-tags" prop:value=own on:input=on(move |event| own.set(event_target_value(&event)))
                        on:change=on(move |_| add_own())
                        on:keydown=on_enter(add_own)
                    />
                </span>
            </div>
            <datalist id="known-tags">
                {draw(move || known.get().tags.into_iter().map(|tag| view! { <option value=tag.name></option> }).collect_view())}
            </datalist>
            {draw(move || (!suggested.read().is_empty()).then(|| view! { <p class="field__hint">{t.tags_hint}</p> }))}
        </section>
    }
}

#[component]
fn Values(sheet: Sheet, known: Memo<Labels>) -> impl IntoView {
    let t = texts();
    let toggle = move |value: LabelId| {
        let mut values = sheet.values.get_untracked();
        match values.iter().position(|chosen| *chosen == value) {
            Some(at) => drop(values.remove(at)),
            None => values.push(value),
        }
        sheet.set(sheet.values, values);
    };
    let chip = move |value: Named| {
        view! {
            <button
                class="chip" type="button" aria-pressed=of(move || sheet.values.read().contains(&value.id).to_string())
                on:click=on(move |_| toggle(value.id))
            >
                <Icon glyph=Glyph::Sun/>{value.name.clone()}
            </button>
        }
    };
    draw(move || {
        let values = known.get().values;
        (!values.is_empty()).then(|| {
            view! {
                <section class="section" aria-labelledby="values">
                    <h2 class="section__title" id="values">{t.values}</h2>
                    <div class="chips">{each(values.into_iter().map(chip))}</div>
                </section>
            }
        })
    })
}

#[component]
fn Places(sheet: Sheet, known: Memo<Labels>) -> impl IntoView {
    let t = texts();
    draw(move || {
        let labels = known.get();
        (!labels.departments.is_empty() || !labels.sites.is_empty()).then(|| view! {
            <section class="section" aria-labelledby="places">
                <h2 class="section__title" id="places">{t.where_it_was}</h2>
                <div class="field-row">
                    <Place name=t.filter_department labels=labels.departments field=sheet.department sheet=sheet/>
                    <Place name=t.filter_site labels=labels.sites field=sheet.site sheet=sheet/>
                </div>
            </section>
        })
    })
}

#[component]
fn Place(
    name: &'static str,
    labels: Vec<Named>,
    field: RwSignal<Option<LabelId>>,
    sheet: Sheet,
) -> impl IntoView {
    let t = texts();
    let (locale, language) = (ports().locale(), live().language.get_untracked());
    let mut labels = labels;
    labels.sort_by(|one, other| locale.compare(&one.name, &other.name, language));
    let option = move |label: Named| {
        view! {
            <option value=label.id.to_string() selected=of(move || field.get() == Some(label.id))>{label.name.clone()}</option>
        }
    };
    view! {
        <label class="field">
            <span class="field__label">{name}</span>
            <select class="field__input" on:change=on(move |event| sheet.set(field, event_target_value(&event).parse().ok()))>
                <option value="" selected=of(move || field.get().is_none())>{t.none_chosen}</option>
                {each(labels.into_iter().map(option))}
            </select>
        </label>
    }
}
