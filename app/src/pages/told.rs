use domain::{
    id::StoryId,
    person::given_name,
    ports::{Question, WaitingState},
    sync::wire::Reason,
    thing::ThingRef,
    view::StoryView,
};
use leptos::{prelude::*, task::spawn_local};

use super::me::waiting;
use crate::{
    context::{ask, live, ports, texts},
    route::{self, Route},
    ui::{Back, Banner, Glyph, Icon, Screen, Slip, Tone, draw, loaded, of, on},
};

/// Told and done: thanks, and the receipt, which turns green by itself. What the server did not take gets no thanks.
pub fn told_page(id: StoryId) -> AnyView {
    let t = texts();
    let story = ask(move || Question::Story(id));
    let refused = refused(id);
    let title = of(move || if refused.get().is_some() { t.needs_you } else { t.saved }.to_owned());
    view! {
        <Screen
            title=title back=Back::close(Route::Home, t.close) has_dock=true
            dock=move || view! {
                <a class="button" data-look="ink" data-size="large" data-wide href=Route::Home.to_string()>{t.done}</a>
            }
        >
            {draw(move || match refused.get() {
                Some(reason) => view! { <Refused reason=reason/> }.into_any(),
                None => view! { <Thanks/> }.into_any(),
            })}
            {loaded(story, |view: Option<Box<StoryView>>| view.map(|view| view! { <Receipt view=*view/> }))}
        </Screen>
    }
    .into_any()
}

/// Why the server did not take the story or its latest change, once it has said so.
fn refused(id: StoryId) -> Memo<Option<Reason>> {
    let waiting = waiting();
    Memo::new(move |_| {
        waiting.read().iter().find_map(|item| match item.state {
            WaitingState::Refused { reason, .. } if item.thing == ThingRef::story(id) => Some(reason),
            _ => None,
        })
    })
}

#[component]
fn Thanks() -> impl IntoView {
    let (t, live) = (texts(), live());
    let thanks = move || {
        let me = live.me.read();
        (t.thanks)(me.as_ref().map_or("", |me| given_name(&me.name)))
    };
    let lead = move || if live.online.get() { t.thanks_online } else { t.thanks_offline };
    view! {
        <div class="thanks">
            <Sunrise/>
            <h1 class="page__title">{draw(thanks)}</h1>
            <p>{draw(lead)}</p>
        </div>
    }
}

#[component]
fn Refused(reason: Reason) -> impl IntoView {
    let t = texts();
    let text = format!("{} {}", (t.refused_because)(reason), t.refused_kept);
    view! {
        <h1 class="page__title">{t.refused_note}</h1>
        <Banner tone=Tone::Rust glyph=Glyph::Warn title=t.needs_you text=text>
            <a class="button" href=format!("{}#waiting", Route::Me)>{t.see_to_it}</a>
        </Banner>
    }
}

#[component]
fn Receipt(view: StoryView) -> impl IntoView {
    let (t, ports) = (texts(), ports());
    let id = view.id;
    let change = move |_| {
        spawn_local(async move {
            if let Ok(draft) = ports.drafts().change(id).await {
                ports.go(route::draft(draft.id));
            }
        });
    };
    view! {
        {view.receipt.map(|receipt| view! { <Slip heading=view.heading.clone() receipt=receipt/> })}
        <div class="chips" data-center>
            <button class="chip" type="button" on:click=on(change)><Icon glyph=Glyph::Pencil/>{t.change}</button>
            <a class="chip" href=Route::Story(id).to_string()><Icon glyph=Glyph::Eye/>{t.read_it}</a>
            <a class="chip" href=Route::Tell.to_string()><Icon glyph=Glyph::Plus/>{t.tell_another}</a>
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
