use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    id::{PathId, PersonId, StoryId, ThingId},
    label::LabelKind,
    names::Names,
    path::Path,
    person::{Person, Reader},
    query::Filter,
    reaction::{Reaction, ReactionKind, Tally},
    story::Story,
    thing::{ThingKind, read},
};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStore, ledger::THING_COLUMNS, rows};
use crate::store::{KnownStory, LibraryStore, RawFacets, StoreError, StoreResult};

#[async_trait]
impl LibraryStore for SqliteStore {
    async fn reader(&self, person: PersonId) -> StoreResult<Option<Reader>> {
        super::ledger::reader(&mut *self.readers.acquire().await?, person).await
    }

    async fn person(&self, person: PersonId) -> StoreResult<Option<Person>> {
        super::ledger::person(&mut *self.readers.acquire().await?, person).await
    }

    async fn names(&self, people: &[PersonId]) -> StoreResult<Names> {
        let mut names = Names::default();
        let labels = sqlx::query(
            "SELECT kind, id, state FROM things WHERE kind IN ('tag', 'value', 'site', 'department')",
        )
        .fetch_all(&self.readers)
        .await?;
        for row in &labels {
            let kind = ThingKind::from(row.try_get::<String, _>("kind")?);
            if let Some(kind) = kind.label() {
                names.insert_label(kind, rows::label_id(row, "id")?, typed(row, "a label")?);
            }
        }
        if !people.is_empty() {
            let mut query =
                QueryBuilder::new("SELECT id, state FROM things WHERE kind = 'person' AND id IN ");
            push_ids(&mut query, people.iter().map(|person| person.uuid()));
            for row in query.build().fetch_all(&self.readers).await? {
                let person: Person = typed(&row, "a person")?;
                names.insert_person(rows::person_id(&row, "id")?, person.name.as_str());
            }
        }
        Ok(names)
    }

    async fn stories(&self, reader: &Reader, ids: &[StoryId]) -> StoreResult<Vec<KnownStory>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query =
            QueryBuilder::new(format!("SELECT {THING_COLUMNS} FROM things WHERE kind = 'story' AND id IN "));
        push_ids(&mut query, ids.iter().map(|id| id.uuid()));
        query.push(" AND ");
        push_visible(&mut query, reader);
        let mut connection = self.readers.acquire().await?;
        let found = query.build().fetch_all(&mut *connection).await?;
        let mut known = HashMap::new();
        let mut tallies = tallies(&mut connection, ids).await?;
        let mut reacted = reacted(&mut connection, reader.person, ids).await?;
        for row in &found {
            let stored = rows::stored_row(row)?;
            let id = StoryId::from(stored.thing.id);
            known.insert(
                id,
                KnownStory {
                    id,
                    seq: stored.seq,
                    story: typed(row, "a story")?,
                    tally: tallies.remove(&id).unwrap_or_default(),
                    reacted: reacted.remove(&id).unwrap_or_default(),
                },
            );
        }
        Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
    }

    async fn states(&self, ids: &[StoryId]) -> StoreResult<Vec<(StoryId, Story)>> {
        let mut query = QueryBuilder::new("SELECT id, state FROM things WHERE kind = 'story' AND id IN ");
        push_ids(&mut query, ids.iter().map(|id| id.uuid()));
        let found = query.build().fetch_all(&self.readers).await?;
        found.iter().map(|row| Ok((rows::thing_id(row, "id")?.into(), typed(row, "a story")?))).collect()
    }

    async fn newest(
        &self,
        reader: &Reader,
        filter: &Filter,
        offset: usize,
        limit: usize,
    ) -> StoreResult<Vec<StoryId>> {
        let mut query = QueryBuilder::new("SELECT stories.id FROM stories JOIN things USING (number) WHERE ");
        push_listed(&mut query, reader, filter);
        query
            .push(" ORDER BY published_at DESC, stories.id DESC LIMIT ")
            .push_bind(rows::signed(limit as u64));
        query.push(" OFFSET ").push_bind(rows::signed(offset as u64));
        let found = query.build().fetch_all(&self.readers).await?;
        found.iter().map(|row| rows::thing_id(row, "id").map(StoryId::from)).collect()
    }

    async fn count(&self, reader: &Reader, filter: &Filter) -> StoreResult<usize> {
        let mut query = QueryBuilder::new("SELECT count(*) FROM stories JOIN things USING (number) WHERE ");
        push_listed(&mut query, reader, filter);
        let count: i64 = query.build_query_scalar().fetch_one(&self.readers).await?;
        Ok(count as usize)
    }

    async fn facets(&self, reader: &Reader, filter: &Filter) -> StoreResult<RawFacets> {
        let mut facets = RawFacets::default();
        let mut connection = self.readers.acquire().await?;
        let mut query = QueryBuilder::new(
            "SELECT stories.kind AS word, count(*) AS n FROM stories JOIN things USING (number) WHERE ",
        );
        push_listed(&mut query, reader, filter);
        query.push(" GROUP BY stories.kind");
        for row in query.build().fetch_all(&mut *connection).await? {
            facets.kinds.push((row.try_get("word")?, row.try_get::<i64, _>("n")? as usize));
        }
        for (column, join) in [
            ("stories.department", ""),
            ("stories.site", ""),
            ("story_labels.label", " JOIN story_labels ON story_labels.story = stories.number"),
        ] {
            let mut query = QueryBuilder::new(format!(
                "SELECT {column} AS label, count(*) AS n FROM stories JOIN things USING (number){join} WHERE {column} IS NOT NULL AND "
            ));
            push_listed(&mut query, reader, filter);
            query.push(format!(" GROUP BY {column}"));
            for row in query.build().fetch_all(&mut *connection).await? {
                facets.labels.push((rows::label_id(&row, "label")?, row.try_get::<i64, _>("n")? as usize));
            }
        }
        Ok(facets)
    }

    async fn of_author(&self, author: PersonId) -> StoreResult<Vec<StoryId>> {
        let found =
            sqlx::query("SELECT id FROM stories WHERE author = ? ORDER BY published_at DESC, id DESC")
                .bind(rows::blob(author.uuid()))
                .fetch_all(&self.readers)
                .await?;
        found.iter().map(|row| rows::thing_id(row, "id").map(StoryId::from)).collect()
    }

    async fn paths(&self, reader: &Reader) -> StoreResult<Vec<(PathId, Path)>> {
        let mut query = QueryBuilder::new("SELECT id, state FROM things WHERE kind = 'path' AND ");
        push_visible(&mut query, reader);
        query.push(" AND state ->> 'deleted_at' IS NULL ORDER BY id");
        let found = query.build().fetch_all(&self.readers).await?;
        found.iter().map(|row| Ok((rows::thing_id(row, "id")?.into(), typed(row, "a path")?))).collect()
    }

    async fn path(&self, reader: &Reader, id: PathId) -> StoreResult<Option<Path>> {
        let mut query = QueryBuilder::new("SELECT state FROM things WHERE kind = 'path' AND id = ");
        query.push_bind(rows::blob(id.uuid())).push(" AND ");
        push_visible(&mut query, reader);
        let found = query.build().fetch_optional(&self.readers).await?;
        found.map(|row| typed(&row, "a path")).transpose()
    }

    async fn export(&self, after: Option<StoryId>, limit: usize) -> StoreResult<Vec<(StoryId, Story)>> {
        let found = sqlx::query(
            "SELECT id, state FROM things WHERE kind = 'story' AND id > ? AND state ->> 'deleted_at' IS NULL ORDER BY id LIMIT ?",
        )
        .bind(after.map_or(Vec::new(), |id| rows::blob(id.uuid())))
        .bind(rows::signed(limit as u64))
        .fetch_all(&self.readers)
        .await?;
        found.iter().map(|row| Ok((rows::thing_id(row, "id")?.into(), typed(row, "a story")?))).collect()
    }
}

/// Derives what the library lists by from every story that has changed since `before`.
pub(super) async fn derive(tx: &mut SqliteConnection, before: u64) -> StoreResult<()> {
    let before = rows::signed(before);
    sqlx::query(
        "INSERT INTO stories (number, id, published_at, kind, department, site, author, listed)
         SELECT number, id, coalesce(state ->> 'published_at', 0), state ->> 'kind',
                unhex(state ->> 'department', '-'), unhex(state ->> 'site', '-'), unhex(state ->> 'author', '-'),
                state ->> 'deleted_at' IS NULL AND coalesce(state ->> 'status', 'in_library') = 'in_library'
         FROM things WHERE kind = 'story' AND seq > ?
         ON CONFLICT (number) DO UPDATE SET published_at = excluded.published_at, kind = excluded.kind,
                department = excluded.department, site = excluded.site, listed = excluded.listed",
    )
    .bind(before)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM story_labels WHERE story IN (SELECT number FROM things WHERE kind = 'story' AND seq > ?)")
        .bind(before)
        .execute(&mut *tx)
        .await?;
    for set in ["tags", "values"] {
        let insert = format!(
            "INSERT OR IGNORE INTO story_labels (story, label)
             SELECT number, unhex(value, '-') FROM things, json_each(state, '$.{set}')
             WHERE things.kind = 'story' AND things.seq > ?"
        );
        sqlx::query(sqlx::AssertSqlSafe(insert)).bind(before).execute(&mut *tx).await?;
    }
    Ok(())
}

pub(super) async fn count_visible(connection: &mut SqliteConnection, reader: &Reader) -> StoreResult<u64> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM stories JOIN things USING (number) WHERE ");
    push_listed(&mut query, reader, &Filter::default());
    let count: i64 = query.build_query_scalar().fetch_one(connection).await?;
    Ok(count as u64)
}

/// `domain::access::Scope::admits` in SQL, over `things`. The contract holds the two against each other.
pub(super) fn push_visible(query: &mut QueryBuilder<Sqlite>, reader: &Reader) {
    query.push("(things.scope = 'everyone' OR things.owner = ").push_bind(rows::blob(reader.person.uuid()));
    if reader.role.curates() {
        query.push(" OR things.scope IN ('curators', 'department')");
    } else if let Some(department) = reader.department {
        query.push(" OR (things.scope = 'department' AND things.department = ");
        query.push_bind(rows::blob(department.uuid())).push(")");
    }
    query.push(")");
}

/// Stories in the library that pass the filter, over `stories JOIN things`.
fn push_listed(query: &mut QueryBuilder<Sqlite>, reader: &Reader, filter: &Filter) {
    query.push("stories.listed AND ");
    push_visible(query, reader);
    if let Some(kind) = filter.kind {
        query.push(" AND stories.kind = ").push_bind(kind.key());
    }
    for (column, label) in [("stories.department", filter.department), ("stories.site", filter.site)] {
        if let Some(label) = label {
            query.push(format!(" AND {column} = ")).push_bind(rows::blob(label.uuid()));
        }
    }
    for kind in [LabelKind::Tag, LabelKind::Value] {
        if let Some(label) = filter.label(kind) {
            query.push(" AND EXISTS (SELECT 1 FROM story_labels WHERE story = stories.number AND label = ");
            query.push_bind(rows::blob(label.uuid())).push(")");
        }
    }
}

fn push_ids(query: &mut QueryBuilder<Sqlite>, ids: impl Iterator<Item = uuid::Uuid>) {
    query.push("(");
    let mut list = query.separated(", ");
    ids.for_each(|id| {
        list.push_bind(rows::blob(id));
    });
    query.push(")");
}

async fn tallies(connection: &mut SqliteConnection, ids: &[StoryId]) -> StoreResult<HashMap<StoryId, Tally>> {
    let mut query = QueryBuilder::new("SELECT id, state FROM things WHERE kind = 'tally' AND id IN ");
    push_ids(&mut query, ids.iter().map(|id| id.uuid()));
    let found = query.build().fetch_all(connection).await?;
    found.iter().map(|row| Ok((rows::thing_id(row, "id")?.into(), typed(row, "a tally")?))).collect()
}

async fn reacted(
    connection: &mut SqliteConnection,
    person: PersonId,
    ids: &[StoryId],
) -> StoreResult<HashMap<StoryId, Vec<ReactionKind>>> {
    // The id of a reaction follows from what it is: three lookups by key for each story.
    let all = ids
        .iter()
        .flat_map(|story| ReactionKind::ALL.map(|kind| ThingId::reaction(*story, person, kind.key()).uuid()));
    let mut query = QueryBuilder::new("SELECT state FROM things WHERE kind = 'reaction' AND id IN ");
    push_ids(&mut query, all);
    let mut reacted: HashMap<_, Vec<_>> = HashMap::new();
    for row in query.build().fetch_all(connection).await? {
        let reaction: Reaction = typed(&row, "a reaction")?;
        if reaction.on {
            reacted.entry(reaction.story).or_default().push(reaction.reaction);
        }
    }
    Ok(reacted)
}

pub(super) fn typed<T: serde::de::DeserializeOwned>(row: &SqliteRow, what: &'static str) -> StoreResult<T> {
    let state = rows::state(row.try_get("state")?)?;
    read(&state).map_err(|error| StoreError::corrupt(what, error))
}
