//! What the host puts into the context: ports to ask, and signals of what is going on.

mod left;

use std::sync::Arc;

use domain::{
    language::Language,
    ports::{
        Accounts, Answer, Attempt, Device, Drafts, Going, KeptDraft, Library, Locale, Media, Outbox,
        Question, Recording, Unavailable,
    },
    time::{Day, Millis},
    view::Me,
};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

pub use left::LeftAnswers;

use crate::{
    route::{Address, Route},
    texts::Texts,
};

/// What there is to ask. Copied into handlers and tasks, which have no context of their own.
#[derive(Clone, Copy)]
pub struct Ports {
    library: StoredValue<Arc<dyn Library>>,
    locale: StoredValue<Arc<dyn Locale>>,
    phone: StoredValue<Option<PhonePorts>>,
}

/// What only a phone does: keep, send, join.
#[derive(Clone)]
pub struct PhonePorts {
    pub drafts: Arc<dyn Drafts>,
    pub outbox: Arc<dyn Outbox>,
    pub media: Arc<dyn Media>,
    pub accounts: Arc<dyn Accounts>,
    pub device: Arc<dyn Device>,
}

impl Ports {
    pub fn new(library: Arc<dyn Library>, locale: Arc<dyn Locale>, phone: Option<PhonePorts>) -> Self {
        Self {
            library: StoredValue::new(library),
            locale: StoredValue::new(locale),
            phone: StoredValue::new(phone),
        }
    }

    pub fn library(self) -> Arc<dyn Library> {
        self.library.get_value()
    }

    pub fn locale(self) -> Arc<dyn Locale> {
        self.locale.get_value()
    }

    pub fn drafts(self) -> Arc<dyn Drafts> {
        self.phone(|phone| phone.drafts.clone())
    }

    pub fn outbox(self) -> Arc<dyn Outbox> {
        self.phone(|phone| phone.outbox.clone())
    }

    pub fn media(self) -> Arc<dyn Media> {
        self.phone(|phone| phone.media.clone())
    }

    pub fn accounts(self) -> Arc<dyn Accounts> {
        self.phone(|phone| phone.accounts.clone())
    }

    /// Goes to another screen.
    pub fn go(self, to: impl ToString) {
        self.device().go(&to.to_string(), Going::Onward);
    }

    /// Goes to another screen, to which "back" shall not lead again.
    pub fn go_instead(self, to: impl ToString) {
        self.device().go(&to.to_string(), Going::Instead);
    }

    /// Goes back to where one came from, or to the screen above.
    pub fn back(self, above: impl ToString) {
        self.device().go(&above.to_string(), Going::Back);
    }

    /// Lets the address follow what is done on this screen.
    pub fn stay(self, at: impl ToString) {
        self.device().go(&at.to_string(), Going::InPlace);
    }

    pub fn device(self) -> Arc<dyn Device> {
        self.phone(|phone| phone.device.clone())
    }

    fn phone<T>(self, part: impl FnOnce(&PhonePorts) -> T) -> T {
        self.phone
            .with_value(|phone| part(phone.as_ref().expect("handlers, effects and tasks run on a phone")))
    }
}

pub fn ports() -> Ports {
    expect_context::<Ports>()
}

/// What is going on, as signals that the host sets.
#[derive(Clone, Copy)]
pub struct Live {
    pub language: RwSignal<Language>,
    pub address: RwSignal<Address>,
    /// The screen that an arrow back leads to in the history, if there is one.
    pub way_back: RwSignal<Option<Route>>,
    /// The screen is one that was left before, shown again by going through the history.
    pub comes_back: StoredValue<bool>,
    pub left: StoredValue<LeftAnswers>,
    /// What the document is called, without the app's name.
    pub title: RwSignal<String>,
    /// What the server has answered in the page itself, until the page asks for it.
    pub seed: StoredValue<Option<Seed>>,
    /// The day where this screen is. `None` on the server, which does not know, and until a page that it has drawn answers:
    /// what depends on the zone is drawn only then.
    pub today: RwSignal<Option<Day>>,
    /// Who sits in front of the screen. `None` until they have joined.
    pub me: RwSignal<Option<Me>>,
    /// The server could be reached when last tried.
    pub online: RwSignal<bool>,
    /// Goes up whenever what the library shows may have changed.
    pub version: RwSignal<u64>,
    pub unsent: RwSignal<usize>,
    /// Goes up whenever something was attached, or an upload has come further.
    pub media: RwSignal<u64>,
    pub recording: RwSignal<Option<Recording>>,
    /// Changes that the server did not take.
    pub needs_you: RwSignal<usize>,
    pub syncing: RwSignal<bool>,
    pub attempt: RwSignal<Option<Attempt>>,
    /// A new version of the app waits to be taken up.
    pub update: RwSignal<bool>,
    pub install: RwSignal<Install>,
    /// This browser's store cannot be opened. Nothing is shown as empty then.
    pub storage_failed: RwSignal<bool>,
    /// What became of the draft that was last given to be kept.
    pub kept: RwSignal<Option<KeptDraft>>,
    /// What was just done, and how to undo it.
    pub toast: RwSignal<Option<Toast>>,
}

/// How the app can be put on the home screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Install {
    #[default]
    No,
    /// The browser has a question of its own for it.
    Offered,
    /// By hand, from Safari's share menu.
    Ios,
    Installed,
}

/// A short word on what was done.
#[derive(Clone)]
pub struct Toast {
    pub text: &'static str,
    pub undo: Option<Callback<()>>,
}

impl Live {
    pub fn new(language: Language, address: Address, me: Option<Me>, seed: Option<Seed>) -> Self {
        Self {
            language: RwSignal::new(language),
            address: RwSignal::new(address),
            way_back: RwSignal::new(None),
            comes_back: StoredValue::new(false),
            left: StoredValue::default(),
            title: RwSignal::new(String::new()),
            seed: StoredValue::new(seed),
            today: RwSignal::new(None),
            me: RwSignal::new(me),
            online: RwSignal::new(true),
            version: RwSignal::new(0),
            unsent: RwSignal::new(0),
            media: RwSignal::new(0),
            recording: RwSignal::new(None),
            needs_you: RwSignal::new(0),
            syncing: RwSignal::new(false),
            attempt: RwSignal::new(None),
            update: RwSignal::new(false),
            install: RwSignal::new(Install::No),
            storage_failed: RwSignal::new(false),
            kept: RwSignal::new(None),
            toast: RwSignal::new(None),
        }
    }
}

impl Live {
    /// What the document is called.
    pub fn full_title(self) -> String {
        let app = Texts::of(self.language.get()).app;
        match self.title.get() {
            title if title.is_empty() || title == app => app.to_owned(),
            title => format!("{title} · {app}"),
        }
    }
}

impl Live {
    fn answer_as_left(self, question: &Question) -> Option<Answer> {
        if !self.comes_back.get_value() {
            return None;
        }
        let me = self.me.read_untracked();
        self.left.with_value(|left| left.get(me.as_ref(), question))
    }

    /// Keeps what a screen shows that is about to go.
    fn leave_answer(self, question: StoredValue<Question>, asked: Asked) {
        let shown = asked.try_get_untracked().flatten().and_then(Result::ok);
        // On the server all goes at once, and nobody comes back.
        if let (Some(question), Some(answer), Some(me)) =
            (question.try_get_value(), shown, self.me.try_get_untracked())
        {
            self.left.try_update_value(|left| left.put(me, question, answer));
        }
    }
}

pub fn live() -> Live {
    expect_context::<Live>()
}

/// The texts of the present language. Not reactive: another language draws everything anew.
pub fn texts() -> &'static Texts {
    Texts::of(live().language.get_untracked())
}

/// A moment as it is written where this screen is, once that is known. Reactive.
pub fn moment(at: Millis) -> Option<String> {
    let live = live();
    live.today.get()?;
    Some(ports().locale().moment(at, live.language.get_untracked()))
}

/// The day where this screen is, with its weekday, once that is known. Reactive.
pub fn weekday_today() -> Option<String> {
    let live = live();
    let today = live.today.get()?;
    Some(ports().locale().weekday(today, live.language.get_untracked()))
}

/// The answer to a page's question, once it has come.
pub type Asked = RwSignal<Told>;

/// What there is to show of an answer: nothing until it has come.
pub type Told = Option<Result<Answer, Unavailable>>;

/// A question that the server has answered in the page itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seed {
    pub question: Question,
    pub answer: Answer,
}

impl Seed {
    /// What the page is about, if it is about one thing.
    pub fn title(&self) -> Option<String> {
        match &self.answer {
            Answer::Story(Some(view)) => Some(view.heading.clone()),
            Answer::Path(Some(view)) => Some(view.path.title.as_str().to_owned()),
            _ => None,
        }
    }
}

/// Asks the library now, and again whenever it or the question changes. While the new answer is on its way, the old
/// one stays; on a screen that is come back to, the one that it was left with. On the server nothing is asked: the
/// answer is in the seed, or it comes later.
pub fn ask(question: impl Fn() -> Question + Send + Sync + 'static) -> Asked {
    asked(Box::new(question))
}

fn asked(question: Box<dyn Fn() -> Question + Send + Sync>) -> Asked {
    let (live, ports) = (live(), ports());
    let first = untrack(&question);
    let seed = live.seed.try_update_value(|seed| seed.take_if(|seed| seed.question == first)).flatten();
    let seeded = seed.is_some().then(|| first.clone());
    let shown = seed.map(|seed| seed.answer).or_else(|| live.answer_as_left(&first));
    let asked = RwSignal::new(shown.map(Ok));
    // The latest question that was answered.
    let answered = StoredValue::new(first);
    on_cleanup(move || live.leave_answer(answered, asked));
    let latest = StoredValue::new(0_u32);
    Effect::new(move |before: Option<()>| {
        live.version.track();
        let question = question();
        if before.is_none() && seeded.as_ref() == Some(&question) {
            return;
        }
        let number = latest.try_update_value(|latest| {
            *latest += 1;
            *latest
        });
        spawn_local(async move {
            let answer = ports.library().ask(question.clone()).await;
            // A later question may have been answered meanwhile, or the page may be gone. What has not changed is
            // not drawn anew: it would take the focus away.
            let is_news = asked.try_with_untracked(|before| before.as_ref() != Some(&answer));
            if latest.try_get_value() == number && is_news.is_some() {
                answered.set_value(question);
                if is_news == Some(true) {
                    asked.set(Some(answer));
                }
            }
        });
    });
    asked
}

/// The present answer, if it has come and is one.
pub fn answered<T: TryFrom<Answer>>(asked: Asked) -> Option<T> {
    asked.get()?.ok()?.try_into().ok()
}
