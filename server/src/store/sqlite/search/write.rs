//! Indexing: what has changed is noted in the transaction that changed it.

use std::collections::BTreeSet;

use domain::{
    id::{LabelId, PersonId, ThingId},
    label::Label,
    names::Names,
    person::Person,
    search::{Document, DocumentReader, Key},
    story::{Status, Story},
    sync::ledger::Row as LedgerRow,
    thing::{ThingKind, ThingRef, read},
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    documents::{self, Wanted},
    facts, fold, json,
};
use crate::{
    search::analyzer,
    store::{
        StoreResult,
        sqlite::{library::typed, rows},
    },
};

/// Stories that are indexed anew in one transaction besides those it changed.
const BATCH: i64 = 200;
/// Rows in one statement.
const CHUNK: usize = 400;

/// Labels and people whose name these rows change. Asked before the rows are written.
pub async fn renamed(
    tx: &mut SqliteConnection,
    things: &[(ThingRef, LedgerRow)],
) -> StoreResult<Vec<ThingRef>> {
    let mut renamed = Vec::new();
    for (thing, row) in things {
        if thing.kind.label().is_none() && thing.kind != ThingKind::Person {
            continue;
        }
        let before: Option<String> = sqlx::query_scalar("SELECT state FROM things WHERE kind = ? AND id = ?")
            .bind(thing.kind.key().to_owned())
            .bind(rows::blob(thing.id.uuid()))
            .fetch_optional(&mut *tx)
            .await?;
        let Some(before) = before.as_deref().map(rows::state).transpose()? else { continue };
        if ["name", "merged_into"].iter().any(|field| before.get(*field) != row.state.get(*field)) {
            renamed.push(thing.clone());
        }
    }
    Ok(renamed)
}

/// Indexes the stories that changed after the seq `before`, and some of those that wait in the queue. At most
/// `most_pending` are pending thereafter.
pub async fn index(
    tx: &mut SqliteConnection,
    before: u64,
    renamed: &[ThingRef],
    most_pending: i64,
) -> StoreResult<()> {
    for thing in renamed {
        queue_quoting(tx, thing, before).await?;
    }
    let changed = sqlx::query(
        "SELECT number, id, state, scope, department, owner FROM things WHERE kind = 'story' AND seq > ?",
    )
    .bind(rows::signed(before))
    .fetch_all(&mut *tx)
    .await?;
    for chunk in changed.chunks(CHUNK) {
        index_stories(tx, chunk).await?;
    }
    index_queued(tx).await?;
    fold::when_due(tx, most_pending).await
}

/// Indexes some of the stories that wait; says whether there are more.
pub async fn index_queued(tx: &mut SqliteConnection) -> StoreResult<bool> {
    let queued = sqlx::query(
        "SELECT number, id, state, scope, department, owner FROM search_queue JOIN things ON number = story
         ORDER BY story LIMIT ?",
    )
    .bind(BATCH)
    .fetch_all(&mut *tx)
    .await?;
    if queued.is_empty() {
        return Ok(false);
    }
    index_stories(tx, &queued).await?;
    let numbers = queued.iter().map(|row| row.try_get("number")).collect::<Result<Vec<i64>, _>>()?;
    sqlx::query("DELETE FROM search_queue WHERE story IN (SELECT value FROM json_each(?))")
        .bind(json(&numbers)?)
        .execute(&mut *tx)
        .await?;
    Ok(queued.len() as i64 == BATCH)
}

/// If the terms were made by other rules, they are all made anew: until that is done, less is found.
pub async fn begin_anew_if_changed(tx: &mut SqliteConnection) -> StoreResult<()> {
    let version = analyzer().version().to_string();
    let known: String = sqlx::query_scalar("SELECT analyzer FROM search_state").fetch_one(&mut *tx).await?;
    if known == version {
        return Ok(());
    }
    for statement in [
        "DELETE FROM search_lists",
        "DELETE FROM search_documents",
        "UPDATE search_terms SET stories = 0",
        "INSERT OR IGNORE INTO search_queue SELECT number FROM things WHERE kind = 'story'",
    ] {
        sqlx::query(statement).execute(&mut *tx).await?;
    }
    sqlx::query("UPDATE search_state SET analyzer = ?, version = version + 1, stories = 0, documents = 0")
        .bind(version)
        .execute(tx)
        .await?;
    Ok(())
}

/// Puts the stories that quote a name, and are not being indexed anyway, into the queue.
async fn queue_quoting(tx: &mut SqliteConnection, thing: &ThingRef, before: u64) -> StoreResult<()> {
    let quoting = match thing.kind {
        ThingKind::Person => "SELECT number AS story FROM stories WHERE author = ?1",
        _ => {
            // The label itself, and those that were merged into it, step by step.
            "WITH RECURSIVE called (id) AS (
                SELECT ?1 UNION SELECT things.id FROM called JOIN things
                ON things.kind IN ('tag', 'value', 'site', 'department')
                AND unhex(things.state ->> 'merged_into', '-') = called.id)
             SELECT story FROM story_labels WHERE label IN called
             UNION SELECT number FROM stories WHERE department IN called OR site IN called"
        }
    };
    let insert = format!(
        "INSERT OR IGNORE INTO search_queue
         SELECT story FROM ({quoting}) JOIN things ON number = story WHERE seq <= ?2"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(rows::blob(thing.id.uuid()))
        .bind(rows::signed(before))
        .execute(tx)
        .await?;
    Ok(())
}

async fn index_stories(tx: &mut SqliteConnection, found: &[SqliteRow]) -> StoreResult<()> {
    let stories: Vec<Option<Story>> = found.iter().map(|row| typed(row, "a story").ok()).collect();
    let names = names(tx, stories.iter().flatten()).await?;
    let mut reader = DocumentReader::default();
    let mut wanted = Vec::with_capacity(found.len());
    for (row, story) in found.iter().zip(&stories) {
        let listed =
            story.as_ref().filter(|story| story.status == Status::InLibrary && story.deleted_at.is_none());
        wanted.push(Wanted {
            story: row.try_get("number")?,
            id: row.try_get("id")?,
            audience: match listed {
                Some(_) => Some(audience(tx, row).await?),
                None => None,
            },
            terms: listed.map(|story| terms(&mut reader, story, &names)).unwrap_or_default(),
        });
    }
    documents::write(tx, &wanted).await
}

fn terms(reader: &mut DocumentReader, story: &Story, names: &Names) -> Vec<(String, Key)> {
    let document = Document::named(story, names);
    let fact = Key::new(0, document.restricted);
    let mut terms: Vec<_> = facts::of(story).into_iter().map(|term| (term, fact)).collect();
    terms.extend(reader.postings(analyzer(), &document));
    terms
}

/// The names that these stories quote, and those that they lead to.
async fn names(tx: &mut SqliteConnection, stories: impl Iterator<Item = &Story>) -> StoreResult<Names> {
    let (mut labels, mut people): (BTreeSet<LabelId>, BTreeSet<PersonId>) = Default::default();
    for story in stories {
        labels.extend(story.tags.iter().chain(&story.values).chain(&story.department).chain(&story.site));
        people.insert(story.author);
    }
    let mut names = Names::default();
    let mut asked: BTreeSet<LabelId> = BTreeSet::new();
    while !labels.is_empty() {
        let mut next = BTreeSet::new();
        for (kind, id, state) in states(tx, labels.iter().map(|id| ThingId::from_uuid(id.uuid()))).await? {
            let (Some(kind), Ok(label)) = (kind.label(), read::<Label>(&state)) else { continue };
            next.extend(label.merged_into);
            names.insert_label(kind, id.into(), label);
        }
        asked.append(&mut labels);
        labels = next.difference(&asked).copied().collect();
    }
    for (kind, id, state) in states(tx, people.iter().map(|id| ThingId::from_uuid(id.uuid()))).await? {
        if let (ThingKind::Person, Ok(person)) = (kind, read::<Person>(&state)) {
            names.insert_person(id.into(), person.name.as_str());
        }
    }
    Ok(names)
}

async fn states(
    tx: &mut SqliteConnection,
    ids: impl Iterator<Item = ThingId>,
) -> StoreResult<Vec<(ThingKind, ThingId, domain::Object)>> {
    let ids: Vec<String> = ids.map(|id| id.uuid().simple().to_string()).collect();
    // A left join in all but name: the ids lead, and each is looked up by its key.
    let found = sqlx::query(
        "SELECT things.kind, things.id, things.state FROM json_each(?) AS wanted CROSS JOIN things
         ON things.kind IN ('tag', 'value', 'site', 'department', 'person') AND things.id = unhex(wanted.value)",
    )
    .bind(json(&ids)?)
    .fetch_all(tx)
    .await?;
    let state = |row: &SqliteRow| {
        let kind = ThingKind::from(row.try_get::<String, _>("kind")?);
        Ok((kind, rows::thing_id(row, "id")?, rows::state(row.try_get("state")?)?))
    };
    found.iter().map(state).collect()
}

/// The number of those who may see a story: 0 for everyone.
async fn audience(tx: &mut SqliteConnection, row: &SqliteRow) -> StoreResult<u32> {
    let scope: String = row.try_get("scope")?;
    if scope == "everyone" {
        return Ok(0);
    }
    let (department, owner): (Option<Vec<u8>>, Option<Vec<u8>>) =
        (row.try_get("department")?, row.try_get("owner")?);
    let known: Option<u32> = sqlx::query_scalar(
        "SELECT number FROM search_audiences WHERE scope = ? AND department IS ? AND owner IS ?",
    )
    .bind(&scope)
    .bind(&department)
    .bind(&owner)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let new = "INSERT INTO search_audiences (scope, department, owner) VALUES (?, ?, ?) RETURNING number";
    Ok(sqlx::query_scalar(new).bind(scope).bind(department).bind(owner).fetch_one(tx).await?)
}
