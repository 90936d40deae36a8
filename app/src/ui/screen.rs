use leptos::prelude::*;

use super::{Banner, Glyph, Icon, Logo, Tone, draw, each, of, on};
use crate::{
    context::{live, ports, texts},
    route::Route,
};

/// The five places of the tab bar, and what is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Home,
    Library,
    Tell,
    Learn,
    Me,
    Nowhere,
}

/// The frame of every screen: bar, page, and what lies within the thumb's reach.
#[component]
pub fn Screen(
    /// The document's title, without the app's name.
    #[prop(into)]
    title: Signal<String>,
    /// Where "back" leads. Without it the bar shows the brand.
    #[prop(optional)]
    back: Option<Back>,
    /// A heading in the bar, where the page has none of its own.
    #[prop(optional, into)]
    heading: Option<Signal<&'static str>>,
    /// More at the end of the bar.
    #[prop(optional, into)]
    end: ViewFn,
    /// The tab that is lit. Without it there is no tab bar.
    #[prop(optional)]
    tab: Option<Tab>,
    /// What stands above the tab bar.
    #[prop(optional, into)]
    dock: ViewFn,
    #[prop(optional)] has_dock: bool,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let t = texts();
    titled(title);
    let way_back = live().way_back;
    let bar = match back {
        Some(back) => {
            let (to, label) = (back.to, back.label);
            // It does not say that it leads above where it leads to where one came from.
            let label = of(move || match way_back.get() {
                Some(way) if back.names_above && way != to => t.back,
                _ => label,
            });
            view! {
                <a class="icon-button" href=to.to_string() data-back aria-label=label><Icon glyph=back.glyph/></a>
            }
            .into_any()
        }
        None => view! { <a class="brand" href=Route::Home.to_string()><Logo/>{t.app}</a> }.into_any(),
    };
    view! {
        <div class="screen">
            <a class="skip-link" href="#page">{t.skip}</a>
            <header class="top-bar">
                {bar}
                {heading.map(|heading| view! { <h1 class="top-bar__title">{draw(move || heading.get())}</h1> })}
                <div class="top-bar__end"><OfflineBadge/>{end.run()}</div>
            </header>
            <main class="page" id="page" tabindex="-1" data-wide=wide>
                <Notices quiet=tab.is_none()/>
                {children().into_any()}
            </main>
            <div class="bottom">
                <Toasts/>
                {has_dock.then(|| view! { <section class="dock" aria-label=t.dock>{dock.run()}</section> })}
                {tab.map(|tab| view! { <TabBar current=tab/> })}
            </div>
        </div>
    }
    .into_any()
}

/// What the document is called while this screen is shown.
pub fn titled(title: Signal<String>) {
    let live = live();
    live.title.set(title.get_untracked());
    Effect::new(move |_| live.title.set(title.get()));
}

/// A way back, with its name for those who cannot see the arrow. It leads to where one came from, as far as the history
/// knows that, else to the screen above.
#[derive(Clone)]
pub struct Back {
    to: Route,
    label: &'static str,
    /// The label says where the screen above is, which is wrong where it leads elsewhere.
    names_above: bool,
    glyph: Glyph,
}

impl Back {
    /// `label` names the screen above.
    pub fn to(above: Route, label: &'static str) -> Self {
        Self { to: above, label, names_above: true, glyph: Glyph::Back }
    }

    /// `label` is true wherever it leads.
    pub fn leave(above: Route, label: &'static str) -> Self {
        Self { to: above, label, names_above: false, glyph: Glyph::Back }
    }

    pub fn close(above: Route, label: &'static str) -> Self {
        Self { to: above, label, names_above: false, glyph: Glyph::Close }
    }
}

#[component]
pub fn OfflineBadge() -> impl IntoView {
    let (t, online) = (texts(), live().online);
    draw(move || {
        (!online.get()).then(|| {
            view! { <span class="badge" data-tone="dusk"><Icon glyph=Glyph::Offline/>{t.offline}</span> }
        })
    })
}

/// What concerns every screen: a store that cannot be opened, a new version.
#[component]
fn Notices(quiet: bool) -> impl IntoView {
    let (t, live, ports) = (texts(), live(), ports());
    view! {
        {draw(move || live.storage_failed.get().then(|| view! {
            <Banner tone=Tone::Rust glyph=Glyph::Warn title=t.storage_failed text=t.storage_failed_text/>
        }))}
        // A draft is never interrupted: where there is no tab bar, somebody is in the middle of something.
        {draw(move || (live.update.get() && !quiet).then(|| view! {
            <Banner tone=Tone::Quiet glyph=Glyph::Refresh title=t.update text=t.update_text>
                <button class="button" type="button" on:click=on(move |_| ports.device().update())>{t.update_now}</button>
            </Banner>
        }))}
    }
}

#[component]
fn Toasts() -> impl IntoView {
    let (t, toast) = (texts(), live().toast);
    let undo = move |_| {
        if let Some(undo) = toast.get_untracked().and_then(|toast| toast.undo) {
            undo.run(());
        }
        toast.set(None);
    };
    // The style lets it stand for a while, longer under a finger or the focus, and the end of that is its end. The
    // next one stands by another animation, so that its time begins anew.
    let is_other = StoredValue::new(false);
    view! {
        <div class="toasts" role="status">
            {draw(move || toast.get().map(|shown| view! {
                <div
                    class="toast" data-other=is_other.try_update_value(|other| std::mem::replace(other, !*other))
                    on:animationend=on(move |_| toast.set(None))
                >
                    <span>{shown.text}</span>
                    {shown.undo.is_some().then(|| view! {
                        <button class="button" type="button" on:click=on(undo)>{t.undo}</button>
                    })}
                </div>
            }))}
        </div>
    }
}

#[component]
fn TabBar(current: Tab) -> impl IntoView {
    let t = texts();
    let tabs = [
        (Tab::Home, Route::Home, Glyph::Home, t.nav_home),
        (Tab::Library, Route::Library, Glyph::Library, t.nav_library),
        (Tab::Tell, Route::Tell, Glyph::Tell, t.nav_tell),
        (Tab::Learn, Route::Learn, Glyph::Learn, t.nav_learn),
        (Tab::Me, Route::Me, Glyph::Me, t.nav_me),
    ];
    let tab = move |(tab, route, glyph, name): (Tab, Route, Glyph, &'static str)| {
        view! {
            <a class="tab" href=route.to_string() aria-current={(tab == current).then_some("page")} data-tell={tab == Tab::Tell}>
                <Icon glyph=glyph/><span>{name}</span>
            </a>
        }
    };
    view! { <nav class="tab-bar" aria-label=t.nav>{each(tabs.map(tab))}</nav> }
}

/// The one that tells a story.
#[component]
pub fn TellButton() -> impl IntoView {
    let t = texts();
    view! {
        <a class="tell-button" href=Route::Tell.to_string()>
            <Logo/>
            <span>
                <span class="tell-button__title">{t.tell_button}</span>
                <span class="tell-button__hint">{t.tell_button_hint}</span>
            </span>
        </a>
    }
}
