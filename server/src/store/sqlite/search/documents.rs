//! What the index holds of each story: its terms and who may find it.

use std::collections::{BTreeSet, HashMap};

use domain::search::Key;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::{
    codec::{Terms, decode_terms, encode_terms},
    json,
};
use crate::store::{StoreError, StoreResult};

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
pub async fn write(tx: &mut SqliteConnection, wanted: &[Wanted]) -> StoreResult<()> {
    let numbers = term_numbers(tx, wanted).await?;
    let mut kept = kept(tx, wanted).await?;
    let mut documents: u32 =
        sqlx::query_scalar("SELECT documents FROM search_state").fetch_one(&mut *tx).await?;
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
    sqlx::query("UPDATE search_state SET version = version + 1, stories = stories + ?, documents = ?")
        .bind(stories)
        .bind(documents)
        .execute(tx)
        .await?;
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

async fn keep(tx: &mut SqliteConnection, changed: &[(&Wanted, Kept)]) -> StoreResult<()> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO search_documents (number, story, id, audience, terms, pending, listed_audience, listed_terms) ",
    );
    query.push_values(changed, |mut values, (story, kept)| {
        values
            .push_bind(kept.number)
            .push_bind(story.story)
            .push_bind(story.id.clone())
            .push_bind(kept.audience)
            .push_bind(kept.terms.clone())
            .push_bind(kept.pending)
            .push_bind(kept.listed_audience)
            .push_bind(kept.listed_terms.clone());
    });
    query.push(
        " ON CONFLICT (number) DO UPDATE SET audience = excluded.audience, terms = excluded.terms, \
         pending = excluded.pending, listed_audience = excluded.listed_audience, \
         listed_terms = excluded.listed_terms",
    );
    query.build().execute(tx).await?;
    Ok(())
}

async fn kept(tx: &mut SqliteConnection, wanted: &[Wanted]) -> StoreResult<HashMap<i64, Kept>> {
    let stories: Vec<i64> = wanted.iter().map(|wanted| wanted.story).collect();
    let found = sqlx::query(
        "SELECT story, number, audience, terms, pending, listed_audience, listed_terms
         FROM search_documents WHERE story IN (SELECT value FROM json_each(?))",
    )
    .bind(json(&stories)?)
    .fetch_all(tx)
    .await?;
    let kept = |row: &SqliteRow| {
        let kept = Kept {
            number: row.try_get("number")?,
            audience: row.try_get("audience")?,
            terms: row.try_get("terms")?,
            pending: row.try_get("pending")?,
            listed_audience: row.try_get("listed_audience")?,
            listed_terms: row.try_get("listed_terms")?,
        };
        Ok((row.try_get("story")?, kept))
    };
    found.iter().map(kept).collect()
}

/// The numbers of all terms; those that are new are given one.
async fn term_numbers<'a>(
    tx: &mut SqliteConnection,
    wanted: &'a [Wanted],
) -> StoreResult<HashMap<&'a str, u32>> {
    let terms: BTreeSet<&str> =
        wanted.iter().flat_map(|wanted| wanted.terms.iter().map(|(term, _)| term.as_str())).collect();
    let asked = json(&terms)?;
    let mut numbers = HashMap::with_capacity(terms.len());
    let mut note = |found: Vec<SqliteRow>| -> StoreResult<()> {
        for row in &found {
            if let Some(term) = terms.get(row.try_get::<&str, _>("term")?) {
                numbers.insert(*term, row.try_get("number")?);
            }
        }
        Ok(())
    };
    let known =
        "SELECT number, term FROM json_each(?) AS wanted CROSS JOIN search_terms ON term = wanted.value";
    let found = sqlx::query(known).bind(&asked).fetch_all(&mut *tx).await?;
    let missing = found.len() < terms.len();
    note(found)?;
    if missing {
        let new = "INSERT INTO search_terms (term) SELECT value FROM json_each(?)
                   WHERE NOT EXISTS (SELECT 1 FROM search_terms WHERE term = value) RETURNING number, term";
        note(sqlx::query(new).bind(asked).fetch_all(tx).await?)?;
    }
    Ok(numbers)
}

/// Terms as they are now and as the lists have them, of every document that the lists do not have as it is now.
pub struct PendingRow {
    pub document: u32,
    pub now: (Option<u32>, Terms),
    pub listed: (Option<u32>, Terms),
}

pub async fn pending(connection: &mut SqliteConnection) -> StoreResult<Vec<PendingRow>> {
    let found = sqlx::query(
        "SELECT number, audience, terms, listed_audience, listed_terms FROM search_documents WHERE pending ORDER BY number",
    )
    .fetch_all(connection)
    .await?;
    let pending = |row: &SqliteRow| -> Result<PendingRow, StoreError> {
        let listed: Option<&[u8]> = row.try_get("listed_terms")?;
        Ok(PendingRow {
            document: row.try_get("number")?,
            now: (row.try_get("audience")?, decode_terms(row.try_get("terms")?)),
            listed: (row.try_get("listed_audience")?, decode_terms(listed.unwrap_or_default())),
        })
    };
    found.iter().map(pending).collect()
}
