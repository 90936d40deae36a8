//! What the library lists by, derived from the states of stories.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Object,
    id::{LabelId, ThingId},
    story::StoryKind,
    sync::ledger::Row as LedgerRow,
    thing::{ThingKind, ThingRef},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::store::{
    StoreResult,
    sql::{Columns, Connection, Statement, Value, rows},
};

/// Rows in one statement.
const CHUNK: usize = 400;

/// Derives it anew for the stories among `things`, which have all changed since the seq `before`.
pub async fn derive(
    tx: &mut impl Connection,
    things: &[(ThingRef, LedgerRow)],
    before: u64,
) -> StoreResult<()> {
    let numbers =
        Statement::new("SELECT number, id FROM things WHERE kind = 'story' AND seq > ?").bind(before);
    let mut numbered: HashMap<ThingId, i64> = HashMap::new();
    for row in &tx.all(numbers).await? {
        numbered.insert(rows::thing_id(row, "id")?, row.number("number")?);
    }
    let (mut stories, mut labels) = (Vec::new(), BTreeSet::new());
    for (thing, row) in things.iter().filter(|(thing, _)| thing.kind == ThingKind::Story) {
        let Some(number) = numbered.get(&thing.id) else { continue };
        labels.extend(labels_of(&row.state).into_iter().map(|label| (*number, label)));
        stories.extend(listing(*number, thing.id, &row.state));
    }
    for chunk in stories.chunks(CHUNK) {
        write_stories(tx, chunk).await?;
    }
    let numbers: Vec<i64> = numbered.into_values().collect();
    let forget = "DELETE FROM story_labels WHERE story IN (SELECT value FROM json_each(?))";
    tx.run(Statement::new(forget).bind(numbers)).await?;
    let labels: Vec<(i64, LabelId)> = labels.into_iter().collect();
    for chunk in labels.chunks(CHUNK) {
        let mut query = Statement::new("INSERT INTO story_labels (story, label) ");
        query.push_rows(chunk.iter().map(|(number, label)| [(*number).into(), label.uuid().into()]));
        tx.run(query).await?;
    }
    Ok(())
}

/// A row of `stories`. None for a story that nobody told: no list could say whose it is.
fn listing(number: i64, id: ThingId, state: &Object) -> Option<[Value; 8]> {
    let status: Option<String> = field(state, "status");
    let is_deleted = state.get("deleted_at").is_some_and(|at| !at.is_null());
    let listed = !is_deleted && status.is_none_or(|status| status == "in_library");
    Some([
        number.into(),
        id.uuid().into(),
        field::<i64>(state, "published_at").unwrap_or(0).into(),
        field(state, "kind").unwrap_or(StoryKind::Other).key().into(),
        field::<Uuid>(state, "department").into(),
        field::<Uuid>(state, "site").into(),
        field::<Uuid>(state, "author")?.into(),
        listed.into(),
    ])
}

/// A field, if it is there and what it should be.
fn field<T: DeserializeOwned>(state: &Object, name: &str) -> Option<T> {
    state.get(name).and_then(|value| serde_json::from_value(value.clone()).ok())
}

fn labels_of(state: &Object) -> Vec<LabelId> {
    let all = ["tags", "values"].into_iter().flat_map(|set| state.get(set).and_then(|set| set.as_array()));
    all.flatten().filter_map(|label| serde_json::from_value(label.clone()).ok()).collect()
}

async fn write_stories(tx: &mut impl Connection, stories: &[[Value; 8]]) -> StoreResult<()> {
    let mut query = Statement::new(
        "INSERT INTO stories (number, id, published_at, kind, department, site, author, listed) ",
    );
    query.push_rows(stories.iter().cloned());
    query.push(
        " ON CONFLICT (number) DO UPDATE SET published_at = excluded.published_at, kind = excluded.kind, \
         department = excluded.department, site = excluded.site, listed = excluded.listed",
    );
    tx.run(query).await?;
    Ok(())
}
