//! What the index holds of each story: its terms and who may find it.

use std::collections::{BTreeSet, HashMap};

use domain::search::Key;

use super::codec::{Terms, decode_terms, encode_terms};
use crate::store::{
    StoreError, StoreResult,
    sql::{Columns, Connection, Statement},
};

/// Rows in one statement.
const CHUNK: usize = 400;

/// What the index is to hold of a story.
pub struct Wanted {
    /// Its number in `things`.
    pub story: i64,
    pub id: Vec<u8>,
    /// `None` if it is not in the library.
    pub audience: Option<u32>,
    pub terms: Vec<(String, Key)>,
}

/// A row of `search_documents`.
#[derive(Default)]
struct Kept {
    number: u32,
    audience: Option<u32>,
    terms: Vec<u8>,
    pending: bool,
    listed_audience: Option<u32>,
    listed_terms: Option<Vec<u8>>,
}

/// Notes what differs from what is kept. The lists are left alone: [`super::fold`] brings many changes into them at once.
pub async fn write(tx: &mut impl Connection, wanted: &[Wanted]) -> StoreResult<()> {
    let numbers = term_numbers(tx, wanted).await?;
    let mut kept = kept(tx, wanted).await?;
    let mut documents: u32 =
        tx.one(Statement::new("SELECT documents FROM search_state")).await?.number("documents")?;
    // How many more stories everyone may see.
    let mut stories = 0_i64;
    let mut changed: Vec<(&Wanted, Kept)> = Vec::new();
    for story in wanted {
        let before = kept.remove(&story.story);
        if before.is_none() && story.audience.is_none() {
            continue;
        }
        let before = before.unwrap_or_else(|| {
            documents += 1;
            Kept { number: documents - 1, terms: encode_terms(&[]), ..Kept::default() }
        });
        let terms = story.numbered(&numbers);
        if before.audience != story.audience || before.terms != terms {
            stories += i64::from(story.audience == Some(0)) - i64::from(before.audience == Some(0));
            changed.push((story, before.becoming(story.audience, terms)));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    for chunk in changed.chunks(CHUNK) {
        keep(tx, chunk).await?;
    }
    let state = "UPDATE search_state SET version = version + 1, stories = stories + ?, documents = ?";
    tx.run(Statement::new(state).bind(stories).bind(documents)).await?;
    Ok(())
}

impl Wanted {
    /// Its terms by number, as they are kept.
    fn numbered(&self, numbers: &HashMap<&str, u32>) -> Vec<u8> {
        let number = |(term, key): &(String, Key)| Some((*numbers.get(term.as_str())?, key.byte()));
        let mut terms: Vec<(u32, u8)> = self.terms.iter().filter_map(number).collect();
        terms.sort_unstable();
        encode_terms(&terms)
    }
}

impl Kept {
    /// Changed, and so pending: what the lists say of it is remembered from the first change on.
    fn becoming(self, audience: Option<u32>, terms: Vec<u8>) -> Self {
        let listed = match self.pending {
            true => (self.listed_audience, self.listed_terms),
            false => (self.audience, Some(self.terms)),
        };
        Self {
            number: self.number,
            audience,
            terms,
            pending: true,
            listed_audience: listed.0,
            listed_terms: listed.1,
        }
    }
}

async fn keep(tx: &mut impl Connection, changed: &[(&Wanted, Kept)]) -> StoreResult<()> {
    let mut query = Statement::new(
        "INSERT INTO search_documents (number, story, id, audience, terms, pending, listed_audience, listed_terms) ",
    );
    query.push_rows(changed.iter().map(|(story, kept)| {
        [
            kept.number.into(),
            story.story.into(),
            story.id.clone().into(),
            kept.audience.into(),
            kept.terms.clone().into(),
            kept.pending.into(),
            kept.listed_audience.into(),
            kept.listed_terms.clone().into(),
        ]
    }));
    query.push(
        " ON CONFLICT (number) DO UPDATE SET audience = excluded.audience, terms = excluded.terms, \
         pending = excluded.pending, listed_audience = excluded.listed_audience, \
         listed_terms = excluded.listed_terms",
    );
    tx.run(query).await?;
    Ok(())
}

async fn kept(tx: &mut impl Connection, wanted: &[Wanted]) -> StoreResult<HashMap<i64, Kept>> {
    let stories: Vec<i64> = wanted.iter().map(|wanted| wanted.story).collect();
    let known = Statement::new(
        "SELECT story, number, audience, terms, pending, listed_audience, listed_terms
         FROM search_documents WHERE story IN (SELECT value FROM json_each(?))",
    )
    .bind(stories);
    let mut kept = HashMap::with_capacity(wanted.len());
    for row in &tx.all(known).await? {
        let known = Kept {
            number: row.number("number")?,
            audience: row.optional_number("audience")?,
            terms: row.bytes("terms")?.to_vec(),
            pending: row.flag("pending")?,
            listed_audience: row.optional_number("listed_audience")?,
            listed_terms: row.optional_bytes("listed_terms")?.map(<[u8]>::to_vec),
        };
        kept.insert(row.number("story")?, known);
    }
    Ok(kept)
}

/// The numbers of all terms; those that are new are given one.
async fn term_numbers<'a>(
    tx: &mut impl Connection,
    wanted: &'a [Wanted],
) -> StoreResult<HashMap<&'a str, u32>> {
    let terms: BTreeSet<&str> =
        wanted.iter().flat_map(|wanted| wanted.terms.iter().map(|(term, _)| term.as_str())).collect();
    let terms: Vec<&str> = terms.into_iter().collect();
    let mut numbers = HashMap::with_capacity(terms.len());
    note(tx, &terms, &mut numbers).await?;
    let new: Vec<&str> = terms.into_iter().filter(|term| !numbers.contains_key(term)).collect();
    if !new.is_empty() {
        let add = "INSERT INTO search_terms (term) SELECT value FROM json_each(?)";
        tx.run(Statement::new(add).bind(owned(&new))).await?;
        note(tx, &new, &mut numbers).await?;
    }
    Ok(numbers)
}

/// Notes the numbers of those terms that have one. They come as one row: a row for each would take longer to bring than
/// to find.
async fn note<'a, C: Connection>(
    tx: &mut C,
    terms: &[&'a str],
    numbers: &mut HashMap<&'a str, u32>,
) -> StoreResult<()> {
    let known = "SELECT string_agg(wanted.key || ' ' || number, ' ') AS found
         FROM json_each(?) AS wanted CROSS JOIN search_terms WHERE term = wanted.value";
    let known = tx.one(Statement::new(known).bind(owned(terms))).await?;
    let mut found = known.optional_text("found")?.unwrap_or_default().split_ascii_whitespace();
    while let (Some(place), Some(number)) = (found.next(), found.next()) {
        let place = place.parse().ok().and_then(|key: usize| key.checked_sub(C::FIRST_KEY));
        let term = place.and_then(|place| terms.get(place));
        let (Some(term), Ok(number)) = (term, number.parse()) else {
            return Err(StoreError::corrupt("the number of a term", number));
        };
        numbers.insert(*term, number);
    }
    Ok(())
}

fn owned(terms: &[&str]) -> Vec<String> {
    terms.iter().map(|term| (*term).to_owned()).collect()
}

/// Terms as they are now and as the lists have them, of every document that the lists do not have as it is now.
pub struct PendingRow {
    pub document: u32,
    pub now: (Option<u32>, Terms),
    pub listed: (Option<u32>, Terms),
}

pub async fn pending(connection: &mut impl Connection) -> StoreResult<Vec<PendingRow>> {
    let pending = "SELECT number, audience, terms, listed_audience, listed_terms FROM search_documents WHERE pending ORDER BY number";
    let mut rows = Vec::new();
    for row in &connection.all(Statement::new(pending)).await? {
        let listed = row.optional_bytes("listed_terms")?.unwrap_or_default();
        rows.push(PendingRow {
            document: row.number("number")?,
            now: (row.optional_number("audience")?, decode_terms(row.bytes("terms")?)),
            listed: (row.optional_number("listed_audience")?, decode_terms(listed)),
        });
    }
    Ok(rows)
}
