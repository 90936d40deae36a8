//! Indexing: what has changed is noted in the transaction that changed it.

use std::collections::{BTreeMap, BTreeSet};

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
use uuid::Uuid;

use super::{
    documents::{self, Wanted},
    facts, fold,
};
use crate::{
    search::analyzer,
    store::{
        StoreResult,
        sql::{Columns, Connection, Statement, Value, rows},
    },
};

/// Stories that are indexed anew in one transaction besides those it changed.
const BATCH: i64 = 200;
/// Rows in one statement.
const CHUNK: usize = 400;

/// Labels and people whose name these rows change. Asked before the rows are written.
pub async fn renamed(
    tx: &mut impl Connection,
    things: &[(ThingRef, LedgerRow)],
) -> StoreResult<Vec<ThingRef>> {
    let mut renamed = Vec::new();
    for (thing, row) in things {
        if thing.kind.label().is_none() && thing.kind != ThingKind::Person {
            continue;
        }
        let before = Statement::new("SELECT state FROM things WHERE kind = ? AND id = ?")
            .bind(thing.kind.key().to_owned())
            .bind(thing.id.uuid());
        let Some(before) = tx.first(before).await? else { continue };
        let before = rows::state(before.text("state")?)?;
        if ["name", "merged_into"].iter().any(|field| before.get(*field) != row.state.get(*field)) {
            renamed.push(thing.clone());
        }
    }
    Ok(renamed)
}

/// Indexes the stories that changed after the seq `before`, and some of those that wait in the queue. At most
/// `most_pending` are pending thereafter.
pub async fn index(
    tx: &mut impl Connection,
    before: u64,
    renamed: &[ThingRef],
    most_pending: i64,
) -> StoreResult<()> {
    for thing in renamed {
        queue_quoting(tx, thing, before).await?;
    }
    let changed =
        "SELECT number, id, state, scope, department, owner FROM things WHERE kind = 'story' AND seq > ?";
    let changed = tx.all(Statement::new(changed).bind(before)).await?;
    for chunk in changed.chunks(CHUNK) {
        index_stories(tx, chunk).await?;
    }
    index_queued(tx).await?;
    fold::when_due(tx, most_pending).await
}

/// Indexes some of the stories that wait; says whether there are more.
pub async fn index_queued(tx: &mut impl Connection) -> StoreResult<bool> {
    let queued =
        "SELECT number, id, state, scope, department, owner FROM search_queue JOIN things ON number = story
         ORDER BY story LIMIT ?";
    let queued = tx.all(Statement::new(queued).bind(BATCH)).await?;
    if queued.is_empty() {
        return Ok(false);
    }
    index_stories(tx, &queued).await?;
    let numbers = queued.iter().map(|row| row.number("number")).collect::<StoreResult<Vec<i64>>>()?;
    let done = "DELETE FROM search_queue WHERE story IN (SELECT value FROM json_each(?))";
    tx.run(Statement::new(done).bind(numbers)).await?;
    Ok(queued.len() as i64 == BATCH)
}

/// If the terms were made by other rules, they are all made anew: until that is done, less is found.
pub async fn begin_anew_if_changed(tx: &mut impl Connection) -> StoreResult<()> {
    let made_by = tx.one(Statement::new("SELECT analyzer FROM search_state")).await?;
    if made_by.text("analyzer")? == analyzer().version().to_string() { Ok(()) } else { begin_anew(tx).await }
}

/// Forgets what was indexed, and queues every story that there is.
pub async fn begin_anew(tx: &mut impl Connection) -> StoreResult<()> {
    for statement in [
        "DELETE FROM search_lists",
        "DELETE FROM search_documents",
        "DELETE FROM search_queue",
        "UPDATE search_terms SET stories = 0",
        "INSERT INTO search_queue SELECT number FROM things WHERE kind = 'story'",
    ] {
        tx.run(Statement::new(statement)).await?;
    }
    let anew = "UPDATE search_state SET analyzer = ?, version = version + 1, begun = begun + 1, folds = folds + 1, stories = 0, documents = 0";
    tx.run(Statement::new(anew).bind(analyzer().version().to_string())).await?;
    Ok(())
}

/// Puts the stories that quote a name, and are not being indexed anyway, into the queue.
async fn queue_quoting(tx: &mut impl Connection, thing: &ThingRef, before: u64) -> StoreResult<()> {
    let mut query = Statement::new("INSERT INTO search_queue SELECT story FROM (");
    if thing.kind == ThingKind::Person {
        query.push("SELECT number AS story FROM stories WHERE author = ").push_bind(thing.id.uuid());
    } else {
        let called = called(tx, thing.id).await?;
        query.push("SELECT story FROM story_labels WHERE label IN ").push_list(called.iter().copied());
        query
            .push(" UNION SELECT number FROM stories WHERE department IN ")
            .push_list(called.iter().copied());
        query.push(" OR site IN ").push_list(called);
    }
    query.push(") AS quoting JOIN things ON number = story WHERE seq <= ").push_bind(before);
    query.push(" ON CONFLICT DO NOTHING");
    tx.run(query).await?;
    Ok(())
}

/// A label, and those that were merged into it, step by step.
async fn called(tx: &mut impl Connection, label: ThingId) -> StoreResult<Vec<Uuid>> {
    // What looks merged is read: a name may look like anything.
    let merged = "SELECT id, state FROM things WHERE kind IN ('tag', 'value', 'site', 'department')
         AND state LIKE '%\"merged_into\":\"%'";
    let mut into: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for row in &tx.all(Statement::new(merged)).await? {
        if let Some(target) = rows::typed(row, "a label").ok().and_then(|label: Label| label.merged_into) {
            into.entry(target.uuid()).or_default().push(rows::uuid(row, "id")?);
        }
    }
    let mut called = vec![label.uuid()];
    let mut at = 0;
    while let Some(label) = called.get(at) {
        // A label that was merged into itself, by whatever way, has been seen.
        called.extend(into.remove(label).unwrap_or_default());
        at += 1;
    }
    Ok(called)
}

async fn index_stories(tx: &mut impl Connection, found: &[impl Columns]) -> StoreResult<()> {
    let stories: Vec<Option<Story>> = found.iter().map(|row| rows::typed(row, "a story").ok()).collect();
    let names = names(tx, stories.iter().flatten()).await?;
    let mut reader = DocumentReader::default();
    let mut wanted = Vec::with_capacity(found.len());
    for (row, story) in found.iter().zip(&stories) {
        let listed =
            story.as_ref().filter(|story| story.status == Status::InLibrary && story.deleted_at.is_none());
        wanted.push(Wanted {
            story: row.number("number")?,
            id: row.bytes("id")?.to_vec(),
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
async fn names(tx: &mut impl Connection, stories: impl Iterator<Item = &Story>) -> StoreResult<Names> {
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
    tx: &mut impl Connection,
    ids: impl Iterator<Item = ThingId>,
) -> StoreResult<Vec<(ThingKind, ThingId, domain::Object)>> {
    let ids: Vec<[Value; 1]> = ids.map(|id| [id.uuid().into()]).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Statement::new(
        "SELECT kind, id, state FROM things WHERE kind IN ('tag', 'value', 'site', 'department', 'person') AND id IN ",
    );
    query.push("(").push_rows(ids).push(")");
    let found = tx.all(query).await?;
    found
        .iter()
        .map(|row| Ok((rows::kind(row)?, rows::thing_id(row, "id")?, rows::state(row.text("state")?)?)))
        .collect()
}

/// The number of those who may see a story: 0 for everyone.
async fn audience(tx: &mut impl Connection, story: &impl Columns) -> StoreResult<u32> {
    let scope = story.text("scope")?;
    if scope == "everyone" {
        return Ok(0);
    }
    let about = |sql: &'static str| -> StoreResult<Statement> {
        let department = story.optional_bytes("department")?.map(<[u8]>::to_vec);
        let owner = story.optional_bytes("owner")?.map(<[u8]>::to_vec);
        Ok(Statement::new(sql).bind(scope.to_owned()).bind(department).bind(owner))
    };
    let known = "SELECT number FROM search_audiences
         WHERE scope = ? AND department IS NOT DISTINCT FROM ? AND owner IS NOT DISTINCT FROM ?";
    let new = "INSERT INTO search_audiences (scope, department, owner) VALUES (?, ?, ?) RETURNING number";
    let audience = match tx.first(about(known)?).await? {
        Some(known) => known,
        None => tx.one(about(new)?).await?,
    };
    audience.number("number")
}
