//! Our own line icons: 24 px, 1.75 stroke, round ends. `.spot` is filled with sun, `.on-spot` drawn on top of it.

use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Home,
    Library,
    Tell,
    Learn,
    Me,
    Back,
    Close,
    Search,
    Right,
    Down,
    Check,
    Plus,
    Clock,
    Phone,
    Received,
    Offline,
    Send,
    Trash,
    Bulb,
    Sprout,
    Sun,
    Warn,
    Refresh,
    Lock,
    Screen,
    Eye,
    Pencil,
    Share,
    Download,
    Turnaround,
    Beyond,
    Hero,
    Colleague,
    Words,
    Camera,
    Mic,
    Play,
}

/// An icon beside a word that says the same. Decoration to a screen reader.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=glyph.paths()></svg> }
}

/// The sun that speaks.
#[component]
pub fn Logo() -> impl IntoView {
    view! { <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" inner_html=LOGO></svg> }
}

const LOGO: &str = r#"<path class="spot" d="M9.43 20.06A7.25 7.25 0 1 1 12.16 23.15L7.6 25.4Z"/><path d="M9.43 20.06A7.25 7.25 0 1 1 12.16 23.15L7.6 25.4Z"/><path d="M5.76 15.19 2.80 14.67M9.32 9.03 7.39 6.74M16.00 6.60 16.00 3.60M22.68 9.03 24.61 6.74M26.24 15.19 29.20 14.67M25.01 22.20 27.60 23.70M19.56 26.77 20.58 29.59"/>"#;

impl Glyph {
    fn paths(self) -> &'static str {
        match self {
            Self::Home => {
                r#"<path d="M3.75 11.25 12 4.5l8.25 6.75"/><path d="M6 9.6v9.9h12V9.6"/><path d="M10 19.5v-5.25h4v5.25"/>"#
            }
            Self::Library => {
                r#"<path d="M4 5h4.25v14.5H4zM8.25 5h4.25v14.5H8.25z"/><path d="m14.9 6.2 3.7-1 3 13.1-3.7 1z"/>"#
            }
            Self::Tell => {
                r#"<path d="M12 5.25c4.3 0 7.75 3 7.75 6.75S16.3 18.75 12 18.75c-.9 0-1.8-.13-2.6-.38L5 20l1.2-3.4A6.3 6.3 0 0 1 4.25 12c0-3.75 3.45-6.75 7.75-6.75z"/><path d="M12 9v6M9 12h6"/>"#
            }
            Self::Learn => {
                r#"<circle cx="6.25" cy="18.25" r="2.25"/><circle cx="17.75" cy="5.75" r="2.25"/><path d="M8.5 18.25h7.4a3.12 3.12 0 0 0 0-6.25H8.1a3.12 3.12 0 0 1 0-6.25h7.4"/>"#
            }
            Self::Me => {
                r#"<circle cx="12" cy="8.25" r="3.75"/><path d="M4.75 20c.55-3.9 3.35-5.9 7.25-5.9s6.7 2 7.25 5.9"/>"#
            }
            Self::Back => r#"<path d="M19.5 12h-15"/><path d="m10.5 6-6 6 6 6"/>"#,
            Self::Close => r#"<path d="m6 6 12 12M18 6 6 18"/>"#,
            Self::Search => r#"<circle cx="10.75" cy="10.75" r="6"/><path d="m15.2 15.2 4.3 4.3"/>"#,
            Self::Right => r#"<path d="m9.5 6 6 6-6 6"/>"#,
            Self::Down => r#"<path d="m6 9.5 6 6 6-6"/>"#,
            Self::Check => r#"<path d="m5 12.8 4.6 4.6L19.2 7"/>"#,
            Self::Plus => r#"<path d="M12 5.5v13M5.5 12h13"/>"#,
            Self::Clock => r#"<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>"#,
            Self::Phone => r#"<rect x="7" y="3" width="10" height="18" rx="2.25"/><path d="M11 17.75h2"/>"#,
            Self::Received => {
                r#"<path d="M4 14v3.75a1.75 1.75 0 0 0 1.75 1.75h12.5A1.75 1.75 0 0 0 20 17.75V14"/><path d="M12 4v10"/><path d="m8 10.25 4 4 4-4"/>"#
            }
            Self::Offline => {
                r#"<path d="M12 18.75h.01"/><path d="M8.6 15.2a5 5 0 0 1 5.6-.9"/><path d="M5.1 11.7a10 10 0 0 1 4.3-2.4M13.4 8.9a10 10 0 0 1 5.5 2.8"/><path d="M2.75 8.3A14 14 0 0 1 6 6.1M10.6 4.7a14 14 0 0 1 10.65 3.6"/><path d="m4.5 3.5 15 17"/>"#
            }
            Self::Send => {
                r#"<path d="M20.25 3.9 3.75 10.6l6.5 2.95 2.9 6.6z"/><path d="m20.25 3.9-10 9.65"/>"#
            }
            Self::Trash => {
                r#"<path d="M5 7h14"/><path d="M9.5 7V4.5h5V7"/><path d="m6.75 7 .85 12.5h8.8L17.25 7"/><path d="M10.5 10.75v5M13.5 10.75v5"/>"#
            }
            Self::Bulb => {
                r#"<path d="M9.25 17.25h5.5M10 20.25h4"/><path d="M9.25 17.25c0-2.2-3-3.5-3-7.25a5.75 5.75 0 0 1 11.5 0c0 3.75-3 5.05-3 7.25"/>"#
            }
            Self::Sprout => {
                r#"<path d="M12 20v-8.5"/><path d="M12 13.25c0-3.9-2.6-5.75-7.5-5.75 0 4 2.6 5.75 7.5 5.75z"/><path d="M12 10.75c0-3.9 2.6-6 7.5-6 0 4.2-2.6 6-7.5 6z"/>"#
            }
            Self::Sun => {
                r#"<circle cx="12" cy="12" r="4"/><path d="M12 3v1.75M12 19.25V21M3 12h1.75M19.25 12H21M5.64 5.64l1.23 1.23M17.13 17.13l1.23 1.23M18.36 5.64l-1.23 1.23M6.87 17.13l-1.23 1.23"/>"#
            }
            Self::Warn => r#"<path d="M12 4.5 3.25 19.5h17.5z"/><path d="M12 10.25v4M12 16.9h.01"/>"#,
            Self::Refresh => {
                r#"<path d="M19.5 11.25A7.5 7.5 0 0 0 6 7.5L4.5 9.25M4.5 12.75A7.5 7.5 0 0 0 18 16.5l1.5-1.75"/><path d="M4.5 5v4.25h4.25M19.5 19v-4.25h-4.25"/>"#
            }
            Self::Lock => {
                r#"<rect x="5.5" y="10.5" width="13" height="9.5" rx="1.75"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>"#
            }
            Self::Screen => {
                r#"<rect x="3.5" y="5" width="17" height="11.5" rx="1.5"/><path d="M12 16.5v3M8.5 19.5h7"/>"#
            }
            Self::Eye => {
                r#"<path d="M2.75 12S6 5.75 12 5.75 21.25 12 21.25 12 18 18.25 12 18.25 2.75 12 2.75 12z"/><circle cx="12" cy="12" r="2.75"/>"#
            }
            Self::Pencil => {
                r#"<path d="m5 15.5-.75 4.25L8.5 19 19.4 8.1a1.77 1.77 0 0 0 0-2.5l-1-1a1.77 1.77 0 0 0-2.5 0z"/><path d="m13.75 6.75 3.5 3.5"/>"#
            }
            Self::Share => {
                r#"<path d="M12 14.5V4"/><path d="m8 7.75 4-4 4 4"/><path d="M7.5 11H6.25A1.25 1.25 0 0 0 5 12.25v6.5A1.25 1.25 0 0 0 6.25 20h11.5A1.25 1.25 0 0 0 19 18.75v-6.5A1.25 1.25 0 0 0 17.75 11H16.5"/>"#
            }
            Self::Download => r#"<path d="M12 4.25v10.5"/><path d="m8 11 4 4 4-4"/><path d="M5 19.5h14"/>"#,
            Self::Turnaround => {
                r#"<circle class="spot" cx="17.5" cy="6.5" r="3.25"/><circle cx="17.5" cy="6.5" r="3.25"/><path d="M3 7.5c1.1 7 3.4 11.75 6.4 11.75 3.9 0 4.1-7 6.2-10.1"/>"#
            }
            Self::Beyond => {
                r#"<path class="spot" d="M6.75 15.5a5.25 5.25 0 0 1 10.5 0z"/><path d="M6.75 15.5a5.25 5.25 0 0 1 10.5 0"/><path d="M3 15.5h18M7.5 19.25h9"/><path d="M12 4.25v2.5M4.6 8.1l1.8 1.8M19.4 8.1l-1.8 1.8"/>"#
            }
            Self::Hero => {
                r#"<circle class="spot" cx="12" cy="8.75" r="5"/><circle cx="12" cy="8.75" r="5"/><path d="m9 12.9-1.5 7.6 4.5-2.4 4.5 2.4-1.5-7.6"/>"#
            }
            Self::Colleague => {
                r#"<circle class="spot" cx="8.25" cy="8" r="3.25"/><circle cx="8.25" cy="8" r="3.25"/><circle cx="16.75" cy="9.5" r="2.75"/><path d="M2.75 19.5c.4-3.6 2.4-5.4 5.5-5.4 2 0 3.5.75 4.4 2.2"/><path d="M12.25 19.5c.4-3 2-4.5 4.5-4.5s4.1 1.5 4.5 4.5"/>"#
            }
            Self::Camera => {
                r#"<path d="M4.75 7.5h2.9l1.6-2.5h5.5l1.6 2.5h2.9a1.25 1.25 0 0 1 1.25 1.25v9a1.25 1.25 0 0 1-1.25 1.25H4.75a1.25 1.25 0 0 1-1.25-1.25v-9A1.25 1.25 0 0 1 4.75 7.5z"/><circle cx="12" cy="13" r="3.5"/>"#
            }
            Self::Mic => {
                r#"<rect x="9" y="3.5" width="6" height="10.5" rx="3"/><path d="M5.75 11.5a6.25 6.25 0 0 0 12.5 0"/><path d="M12 17.75v3"/>"#
            }
            Self::Play => r#"<path d="M8 5.5v13l10.5-6.5z"/>"#,
            Self::Words => {
                r#"<path class="spot" d="M5.5 4.5h13A1.5 1.5 0 0 1 20 6v9a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 3.75V16.5h-1A1.5 1.5 0 0 1 4 15V6a1.5 1.5 0 0 1 1.5-1.5z"/><path d="M5.5 4.5h13A1.5 1.5 0 0 1 20 6v9a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 3.75V16.5h-1A1.5 1.5 0 0 1 4 15V6a1.5 1.5 0 0 1 1.5-1.5z"/><path class="on-spot" d="M9.75 8.5v1.75c0 1-.5 1.75-1.35 2.25M15 8.5v1.75c0 1-.5 1.75-1.35 2.25"/>"#
            }
        }
    }
}
