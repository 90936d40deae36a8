//! What one person is sent of the library after a cursor, as it travels.

use domain::{
    id::PersonId,
    sync::wire::{Cursor, PageHeader, Reset, SigningKey, Token, page_text},
};

use crate::store::{LedgerStore, PageAsk, StoreResult};

/// A question for a page, by somebody whose session was checked.
#[derive(Clone, Copy, Debug)]
pub struct Pull<'a> {
    pub person: PersonId,
    pub cursor: Option<&'a Token>,
    /// Records in the page, at most.
    pub limit: usize,
    /// Bytes of the page before compression, at most; one record at least.
    pub bytes: usize,
    /// Stories that a phone is given, at most.
    pub stories: u64,
}

/// The answer to a [`Pull`].
#[derive(Clone, Debug)]
pub struct Pulled {
    /// A header line, then one record a line.
    pub body: String,
    /// The cursor that was sent, if it bears the server's mark and does not fit.
    pub unfit: Option<Cursor>,
}

impl Pull<'_> {
    pub async fn page(&self, store: &(impl LedgerStore + ?Sized), key: &SigningKey) -> StoreResult<Pulled> {
        let opened = self.cursor.map(|token| key.open_cursor(token));
        let forged = opened == Some(None);
        let opened = opened.flatten();
        let after = opened.map_or(0, |cursor| cursor.seq);
        let Self { person, limit, bytes, stories, .. } = *self;
        let ask = PageAsk { person, after: opened, limit, bytes, stories };
        let page = store.page(&ask).await?;
        let unfit = opened.filter(|_| page.reset.is_some());
        let reset = if forged { Some(Reset::Cursor) } else { page.reset };
        let cursor = Cursor { epoch: page.head.epoch, seq: page.seq, chain: page.chain };
        let header = PageHeader {
            epoch: page.head.epoch,
            cursor: key.sign_cursor(&cursor),
            seq: page.seq,
            more: page.more,
            reset,
            reader: Some(page.reader.person),
            records: None,
            stories: page.stories,
            unmeant: Some(page.unmeant),
            partial: page.stories > self.stories,
            position: page.more.then(|| key.sign_cursor(&page.head.into())),
        };
        let rows = if reset.is_some() { Vec::new() } else { page.rows };
        let records =
            rows.iter().filter_map(|row| row.record_after(after, &page.reader, page.head.epoch, key));
        Ok(Pulled { body: page_text(&header, records), unfit })
    }
}
