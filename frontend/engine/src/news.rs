//! What the engine tells the page.

use std::cell::{Cell, RefCell};

use domain::{
    ports::{Attempt, News, Numbered, Said},
    view::Me,
};

use crate::{complain, scope};

/// The page's end, and what it was last told.
#[derive(Default)]
pub struct Page {
    me: RefCell<Option<Me>>,
    attempt: Cell<Option<Attempt>>,
}

impl Page {
    pub fn tell(&self, news: News) {
        say(&Said::News(news));
    }

    pub fn me(&self) -> Option<Me> {
        self.me.borrow().clone()
    }

    pub fn with_me<T>(&self, look: impl FnOnce(Option<&Me>) -> T) -> T {
        look(self.me.borrow().as_ref())
    }

    /// The store was opened, or could not be.
    pub fn opened(&self, me: Option<Me>, storage_failed: bool) {
        self.me.borrow_mut().clone_from(&me);
        self.tell(News::Opened { me, storage_failed });
    }

    pub fn set_me(&self, me: Option<Me>) {
        self.me.borrow_mut().clone_from(&me);
        self.tell(News::Me(me));
    }

    pub fn attempt(&self) -> Option<Attempt> {
        self.attempt.get()
    }

    pub fn attempted(&self, attempt: Attempt) {
        self.attempt.set(Some(attempt));
        self.tell(News::Attempt(attempt));
    }
}

/// The answer to a call.
pub fn answer(number: u32, message: String) {
    say(&Said::Answer(Numbered { number, message }));
}

fn say(said: &Said) {
    match serde_json::to_string(said) {
        Ok(json) => drop(scope().post_message(&json.into())),
        Err(error) => complain(&error.to_string()),
    }
}
