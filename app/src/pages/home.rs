use domain::{
    ports::{Home as HomeView, Question, WaitingState},
    view::Me,
};
use leptos::prelude::*;

use super::me::{MetRow, waiting};
use crate::{
    context::{Install, ask, live, ports, texts, weekday_today},
    route::Route,
    ui::{
        Banner, CardSize, Empty, Glyph, Icon, Screen, StoryCard, Tab, TellButton, Tone, draw, each, loaded,
        on, place,
    },
};

pub fn home_page() -> AnyView {
    let t = texts();
    let live = live();
    // A page that the server has drawn asks as the server did until it knows better, so that the seed is its answer.
    let drawn_on = live.seed.with_value(|seed| match seed.as_ref()?.question {
        Question::Home(day) => Some(day),
        _ => None,
    });
    let now = ports().locale().today();
    let data = ask(move || Question::Home(live.today.get().or(drawn_on).unwrap_or(now)));
    view! {
        <Screen title=t.nav_home tab=Tab::Home has_dock=true dock=|| view! { <TellButton/> }>
            <Greeting/>
            <WaitingRow/>
            <MetRows/>
            {loaded(data, content)}
            <InstallHint/>
        </Screen>
    }
    .into_any()
}

#[component]
fn Greeting() -> impl IntoView {
    let (t, live) = (texts(), live());
    let lead = move |me: &Me| {
        let at =
            place(me.department.as_ref().map(|d| d.name.as_str()), me.site.as_ref().map(|s| s.name.as_str()));
        [weekday_today(), at].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let given = |me: &Me| domain::person::given_name(&me.name).to_owned();
    view! {
        <div>
            <h1 class="page__title">{draw(move || live.me.read().as_ref().map(|me| (t.hello)(&given(me))))}</h1>
            <p class="page__lead">{draw(move || live.me.read().as_ref().map(&lead))}</p>
        </div>
    }
}

/// What has not been received yet, and what needs its person.
#[component]
fn WaitingRow() -> impl IntoView {
    let (t, live) = (texts(), live());
    let row = move |glyph: Glyph, title: String, note: &'static str| {
        view! {
            <div class="waiting">
                <a class="row" href=format!("{}#waiting", Route::Me)>
                    <Icon glyph=glyph/>
                    <span class="row__text">
                        <span class="row__title">{title}</span>
                        <span class="row__note">{note}</span>
                    </span>
                    <Icon glyph=Glyph::Right/>
                </a>
            </div>
        }
    };
    view! {
        {draw(move || match live.needs_you.get() {
            0 => None,
            n => Some(row(Glyph::Warn, (t.needs_you_count)(n), t.needs_you_note)),
        })}
        {draw(move || match live.unsent.get() {
            0 => None,
            n => Some(row(Glyph::Send, (t.waiting_count)(n), t.waiting_note)),
        })}
    }
}

/// One's stories in which two changes met: whoever does not open them would never know.
#[component]
fn MetRows() -> impl IntoView {
    let waiting = waiting();
    let met = move || waiting.get().into_iter().filter(|item| item.state == WaitingState::Met);
    draw(move || each(met().map(|item| view! { <div class="waiting"><MetRow item=item/></div> })))
}

fn content(home: HomeView) -> AnyView {
    let t = texts();
    let Some(of_the_day) = home.of_the_day else {
        return view! { <Empty glyph=Glyph::Sun title=t.home_empty text=t.home_empty_text/> }.into_any();
    };
    view! {
        <section class="section" aria-labelledby="of-the-day">
            <h2 class="section__title" id="of-the-day">{t.of_the_day}</h2>
            <StoryCard card=of_the_day size=CardSize::Large/>
        </section>
        <section class="section" aria-labelledby="newest">
            <div class="section__head">
                <h2 class="section__title" id="newest">{t.newest}</h2>
                <a class="section__link" href=Route::Library.to_string()>{t.show_all}</a>
            </div>
            {home.newest.into_iter().map(|card| view! { <StoryCard card size=CardSize::Small/> }).collect_view()}
        </section>
    }
    .into_any()
}

/// How to put the app on the home screen, for those who have not.
#[component]
pub fn InstallHint() -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    let install = move |_| {
        let device = ports.device();
        leptos::task::spawn_local(async move { device.install().await });
    };
    draw(move || match live.install.get() {
        Install::Offered => Some(
            view! {
                <Banner tone=Tone::Quiet glyph=Glyph::Phone title=t.install text=t.install_text>
                    <button class="button" type="button" on:click=on(install)>{t.install_now}</button>
                </Banner>
            }
            .into_any(),
        ),
        Install::Ios => Some(view! { <IosSteps/> }.into_any()),
        Install::No | Install::Installed => None,
    })
}

#[component]
fn IosSteps() -> impl IntoView {
    let t = texts();
    view! {
        <details class="more ios-steps">
            <summary class="more__summary"><Icon glyph=Glyph::Phone/>{t.install}</summary>
            <p class="row__note">{t.install_ios_text}</p>
            <ol class="ios-steps__list">
                <li><Icon glyph=Glyph::Share/><span>{t.install_ios_share}</span></li>
                <li><Icon glyph=Glyph::Plus/><span>{t.install_ios_add}</span></li>
                <li><Icon glyph=Glyph::Sun/><span>{t.install_ios_open}</span></li>
            </ol>
        </details>
    }
}
