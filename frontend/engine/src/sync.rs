//! Drives the rounds of `domain::sync::round`: when something is told, when the network returns, when the page comes
//! to the foreground, when the server has news, when a button is pressed, and by itself from time to time.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use domain::{
    id::Epoch,
    ports::{Attempt, News},
    sync::{
        handback::{HandBack, HandBackAnswer, Handing, next_part},
        phone::{Block, Done, Page, Transaction},
        round::{Event, Pace, PageWish, Round, Step, Summary, Trouble},
        wire::{BODY_BYTES, Token},
    },
};
use futures_channel::oneshot;
use wasm_bindgen_futures::spawn_local;
use web::{Slices, Timer, now, random, randomness};

use crate::{complain, media::Uploads, net, phone::Phone, server_news::ServerNews, tabs};

pub struct Syncer {
    phone: Rc<Phone>,
    uploads: Rc<Uploads>,
    running: Cell<bool>,
    /// Something happened while a round was running: another one follows.
    again: Cell<bool>,
    pace: Cell<Pace>,
    timer: RefCell<Option<Timer>>,
    /// Where the server says that there is something new.
    news: Rc<ServerNews>,
}

impl Syncer {
    pub fn new(phone: Rc<Phone>, uploads: Rc<Uploads>) -> Rc<Self> {
        Rc::new_cyclic(|syncer: &Weak<Self>| {
            let syncer = syncer.clone();
            let heard = move || syncer.upgrade().iter().for_each(Self::poke);
            Self {
                news: ServerNews::new(phone.tabs.clone(), heard),
                phone,
                uploads,
                running: Cell::new(false),
                again: Cell::new(false),
                pace: Cell::new(Pace::default()),
                timer: RefCell::new(None),
            }
        })
    }

    /// The page has come to the foreground.
    pub fn foreground(self: &Rc<Self>) {
        self.poke();
        self.news.foreground();
    }

    /// Starts a round now, or right after the one that is running.
    pub fn poke(self: &Rc<Self>) {
        if self.running.replace(true) {
            self.again.set(true);
            return;
        }
        *self.timer.borrow_mut() = None;
        let syncer = self.clone();
        spawn_local(async move {
            loop {
                syncer.again.set(false);
                syncer.phone.page.tell(News::Syncing(true));
                // One tab at a time. Correctness does not rest on this: two rounds at once would only do work twice.
                let summary = tabs::alone("solsken-sync", syncer.round()).await;
                syncer.phone.show_taken_up().await;
                syncer.phone.page.tell(News::Syncing(false));
                syncer.note(&summary);
                if !syncer.again.get() || summary.trouble.is_some() {
                    break;
                }
            }
            syncer.running.set(false);
            syncer.rest();
            syncer.hear_news();
            if let Err(error) = syncer.phone.leave_snapshot().await {
                complain(&format!("the directory was not left for the next start: {error}"));
            }
        });
    }

    /// Sends what waits, beside whatever round is running, and waits no longer than `patience` until it is sent. The round
    /// goes on after that.
    pub async fn send(self: &Rc<Self>, patience: Duration) {
        let (done, sent) = oneshot::channel();
        let done = Rc::new(RefCell::new(Some(done)));
        let finish = move || drop(done.borrow_mut().take());
        let _enough = Timer::after(patience, finish.clone());
        let syncer = self.clone();
        spawn_local(async move {
            syncer.round().await;
            finish();
        });
        let _: Result<(), oneshot::Canceled> = sent.await;
    }

    async fn round(&self) -> Summary {
        let (mut round, mut step) = Round::start(now(), &randomness());
        let mut ahead = Ahead::default();
        loop {
            let event = match step {
                Step::Transact(transaction) => self.transact(&transaction).await,
                Step::Push(batch) => {
                    let token = batch.push_token.as_deref();
                    let path = net::with_query("/api/v1/sync/push", [("known", batch.known.as_ref())]);
                    Event::Pushed(net::push(&path, &batch.body, token).await)
                }
                Step::Pull(wish) => Event::Pulled(ahead.pull(wish).await),
                Step::HandBack(handing) => Event::HandedBack(self.hand_back(&handing).await),
                Step::Rest(summary) => return summary,
            };
            step = round.next(event);
        }
    }

    /// Tells a server that was restored what it had said before: everything is looked through twice, a few blocks at a
    /// time, since only then it is known what the server lacks.
    async fn hand_back(&self, Handing { earlier, known }: &Handing) -> Result<Option<Token>, Trouble> {
        let store = &self.phone.store;
        let mut compared = HandBack::of(earlier);
        let mut slices = Slices::begin();
        let all = store.library().await.map_err(|_| Trouble::Storage)?.next_block;
        for number in 0..all {
            if let Some(block) = self.block(number).await? {
                compared.compare(&block);
            }
            slices.pause().await;
        }
        let (mut bytes, mut known) = (BODY_BYTES, known.clone());
        for number in 0..earlier.last().map_or(0, |last| last.until) {
            let Some(block) = self.block(number).await? else { continue };
            let (Some(epoch), lines) = compared.lines(&block) else { continue };
            self.hand_back_lines(epoch, &lines, &mut bytes, &mut known).await?;
        }
        Ok(known)
    }

    /// Sends these lines in bodies of no more than `bytes`, which are halved when one does not get through. Each brings the
    /// furthest position `known` until then.
    async fn hand_back_lines(
        &self,
        epoch: Epoch,
        lines: &[&str],
        bytes: &mut usize,
        known: &mut Option<Token>,
    ) -> Result<(), Trouble> {
        let mut left = lines;
        while !left.is_empty() {
            let (count, part) = next_part(left, *bytes);
            let path = format!("/api/v1/sync/handback?epoch={epoch}");
            let path = net::with_query(&path, [("known", known.as_ref())]);
            match net::push::<HandBackAnswer>(&path, &part, None).await {
                Ok(answer) => {
                    *known = Token::further(known.as_ref(), answer.position().as_ref()).cloned();
                    left = &left[count..];
                }
                Err(Trouble::TooLarge | Trouble::Timeout | Trouble::CutOff) if count > 1 => {
                    *bytes = part.len() / 2;
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    async fn block(&self, number: u32) -> Result<Option<Block>, Trouble> {
        let bytes = self.phone.store.block(number).await.map_err(|_| Trouble::Storage)?;
        Ok(bytes.map(|bytes| Block { number, lines: String::from_utf8_lossy(&bytes).into_owned() }))
    }

    async fn transact(&self, transaction: &Transaction) -> Event {
        match self.phone.transact(transaction).await {
            Ok(done) => {
                if matches!(done, Done::Absorbed { .. }) {
                    self.follow_me().await;
                }
                Event::Done(done)
            }
            Err(error) => {
                complain(&format!("a step of the sync could not be taken: {error}"));
                Event::StorageFailed
            }
        }
    }

    /// Name, role or place of whoever sits here may have changed.
    async fn follow_me(&self) {
        if let Some(me) = self.phone.me_now()
            && self.phone.page.me().as_ref() != Some(&me)
        {
            if let Ok(json) = serde_json::to_string(&me) {
                let _ = self.phone.store.set_meta(crate::phone::ME, &json).await;
            }
            self.phone.page.set_me(Some(me));
        }
    }

    /// Listens to the server, as long as it knows who this is.
    fn hear_news(&self) {
        // What is too large to be sent keeps nobody from reading.
        let knows_us = |attempt: Attempt| matches!(attempt.trouble, None | Some(Trouble::TooLarge));
        if self.phone.page.attempt().is_some_and(knows_us) && self.phone.reader().is_some() {
            self.news.listen();
        }
    }

    fn note(&self, summary: &Summary) {
        let mut pace = self.pace.get();
        let wait = pace.after(summary, random::<1>()[0]);
        self.pace.set(pace);
        let at = now();
        let page = &self.phone.page;
        page.attempted(Attempt { at, trouble: summary.trouble, next_at: at.plus(wait) });
        let reached = !matches!(
            summary.trouble,
            Some(Trouble::Unreachable | Trouble::Timeout | Trouble::CutOff | Trouble::NotSolsken)
        );
        page.tell(News::Online(reached));
        if reached {
            // After the texts, which never wait for it.
            self.uploads.poke();
        }
    }

    /// Sets the timer for the next round.
    fn rest(self: &Rc<Self>) {
        let Some(attempt) = self.phone.page.attempt() else { return };
        let wait = u64::try_from(attempt.next_at.0 - attempt.at.0).unwrap_or(0);
        let syncer = self.clone();
        *self.timer.borrow_mut() = Some(Timer::after(Duration::from_millis(wait), move || syncer.poke()));
    }
}

/// The page after the one that is being written, asked for meanwhile. It is of use only where the phone then goes on
/// from just there.
#[derive(Default)]
struct Ahead(Option<(Token, oneshot::Receiver<Result<Page, Trouble>>)>);

impl Ahead {
    async fn pull(&mut self, wish: PageWish) -> Result<Page, Trouble> {
        let bytes = wish.bytes;
        let asked = self.0.take().filter(|(next, _)| Some(next) == wish.cursor.as_ref());
        let page = match asked {
            Some((_, coming)) => coming.await.unwrap_or(Err(Trouble::Unreachable)),
            None => pull(wish).await,
        }?;
        if page.header.more && page.header.reset.is_none() {
            let next = page.header.cursor.clone();
            let (came, coming) = oneshot::channel();
            self.0 = Some((next.clone(), coming));
            // What else is known was heard with the first page.
            let wish = PageWish { cursor: Some(next), known: None, bytes };
            spawn_local(async move { drop(came.send(pull(wish).await)) });
        }
        Ok(page)
    }
}

async fn pull(PageWish { cursor, known, bytes }: PageWish) -> Result<Page, Trouble> {
    let mut path =
        net::with_query("/api/v1/sync/pull", [("cursor", cursor.as_ref()), ("known", known.as_ref())]);
    if let Some(bytes) = bytes {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&format!("bytes={bytes}"));
    }
    let body = net::get(&path).await?;
    Page::parse(cursor, &body).ok_or(Trouble::NotSolsken)
}
