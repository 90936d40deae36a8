use domain::{id::StoryId, person::given_name, ports::Question, view::StoryView};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{NotFound, id_in_path};
use crate::{
    context::{ask, live, ports, texts},
    ui::{Back, Glyph, Icon, Screen, Slip, draw, loaded, on},
};

/// Told and done: thanks, and the receipt, which turns green by itself.
#[component]
pub fn Told() -> impl IntoView {
    let id = id_in_path::<StoryId>("id");
    draw(move || match id.get() {
        Some(id) => view! { <Thanks id=id/> }.into_any(),
        None => view! { <NotFound/> }.into_any(),
    })
}

#[component]
fn Thanks(id: StoryId) -> impl IntoView {
    let (t, live) = (texts(), live());
    let story = ask(move || Question::Story(id));
    let thanks = move || {
        let me = live.me.read();
        (t.thanks)(me.as_ref().map_or("", |me| given_name(&me.name)))
    };
    let lead = move || if live.online.get() { t.thanks_online } else { t.thanks_offline };
    view! {
        <Screen
            title=t.saved back=Back::close("/", t.close) has_dock=true
            dock=move || view! {
                <a class="button" data-look="ink" data-size="large" data-wide href="/">{t.done}</a>
            }
        >
            <div class="thanks">
                <Sunrise/>
                <h1 class="page__title">{draw(thanks)}</h1>
                <p>{draw(lead)}</p>
            </div>
            {loaded(story, |view: Option<Box<StoryView>>| view.map(|view| view! { <Receipt view=*view/> }))}
        </Screen>
    }
}

#[component]
fn Receipt(view: StoryView) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let language = live.language.get_untracked();
    let day = ports.locale().weekday(ports.locale().today(), language);
    let navigate = use_navigate();
    let id = view.id;
    let change = move |_| {
        let navigate = navigate.clone();
        spawn_local(async move {
            if let Ok(draft) = ports.drafts().change(id).await {
                navigate(&format!("/beratta?utkast={}", draft.id), NavigateOptions::default());
            }
        });
    };
    view! {
        {view.receipt.map(|receipt| view! { <Slip heading=view.heading.clone() day=day receipt=receipt/> })}
        <div class="chips" data-center>
            <button class="chip" type="button" on:click=on(change)><Icon glyph=Glyph::Pencil/>{t.change}</button>
            <a class="chip" href=format!("/berattelse/{id}")><Icon glyph=Glyph::Eye/>{t.read_it}</a>
            <a class="chip" href="/beratta"><Icon glyph=Glyph::Plus/>{t.tell_another}</a>
        </div>
    }
}

#[component]
fn Sunrise() -> impl IntoView {
    view! {
        <svg class="sunrise" viewBox="0 0 240 104" aria-hidden="true">
            <clipPath id="sky"><path d="M0 0h240v92H0z"></path></clipPath>
            <g clip-path="url(#sky)">
                <g class="sunrise__sun">
                    <circle class="spot" cx="120" cy="80" r="34"></circle>
                    <circle cx="120" cy="80" r="34"></circle>
                    <path d="M120 30V14M95 36.7 87 22.8M145 36.7l8-13.9M76.7 55l-13.9-8M163.3 55l13.9-8M70 80H54M170 80h16"></path>
                </g>
            </g>
            <path d="M20 92h200M56 101h40M112 101h72"></path>
        </svg>
    }
}
