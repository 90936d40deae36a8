mod derived;
mod filter;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    id::{PathId, PersonId, StoryId, ThingId, WordingId},
    names::Names,
    path::Path,
    person::{Person, Reader},
    query::Filter,
    reaction::{Reaction, ReactionKind, Tally},
    story::Story,
    thing::ThingKind,
    time::Millis,
    wording::Wording,
};
use serde::de::DeserializeOwned;

use self::filter::push_listed;
pub(super) use self::{
    derived::derive,
    filter::{count_visible, push_visible},
};
use super::{Columns, Connection, Dialect, SqlStore, Statement, ledger, rows};
use crate::store::{KnownStory, LibraryStore, RawFacets, StoreResult};

impl<D: Dialect> SqlStore<D> {
    /// Every thing of a kind that there are few of, by id.
    async fn all_of<I: From<ThingId>, T: DeserializeOwned>(
        &self,
        kind: &ThingKind,
        reader: &Reader,
    ) -> StoreResult<Vec<(I, T)>> {
        let mut query = Statement::new("SELECT id, state FROM things WHERE kind = ");
        query.push_bind(kind.key().to_owned()).push(" AND ");
        push_visible(&mut query, reader);
        query.push(" ORDER BY id");
        let found = self.reading().await?.all(query).await?;
        found
            .iter()
            .map(|row| Ok((rows::thing_id(row, "id")?.into(), rows::typed(row, "a thing")?)))
            .collect()
    }
}

#[async_trait]
impl<D: Dialect> LibraryStore for SqlStore<D> {
    async fn reader(&self, person: PersonId) -> StoreResult<Option<Reader>> {
        ledger::reader(&mut *self.reading().await?, person).await
    }

    async fn person(&self, person: PersonId) -> StoreResult<Option<Person>> {
        ledger::person(&mut *self.reading().await?, person).await
    }

    async fn names(&self, people: &[PersonId]) -> StoreResult<Names> {
        let mut names = Names::default();
        let mut connection = self.reading().await?;
        let labels =
            "SELECT kind, id, state FROM things WHERE kind IN ('tag', 'value', 'site', 'department')";
        for row in &connection.all(Statement::new(labels)).await? {
            if let Some(kind) = rows::kind(row)?.label() {
                names.insert_label(kind, rows::label_id(row, "id")?, rows::typed(row, "a label")?);
            }
        }
        if !people.is_empty() {
            let mut query = Statement::new("SELECT id, state FROM things WHERE kind = 'person' AND id IN ");
            query.push_list(people.iter().map(|person| person.uuid()));
            for row in &connection.all(query).await? {
                let person: Person = rows::typed(row, "a person")?;
                names.insert_person(rows::person_id(row, "id")?, person.name.as_str());
            }
        }
        Ok(names)
    }

    async fn stories(&self, reader: &Reader, ids: &[StoryId]) -> StoreResult<Vec<KnownStory>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Statement::new("SELECT id, seq, state FROM things WHERE kind = 'story' AND id IN ");
        query.push_list(ids.iter().map(|id| id.uuid())).push(" AND ");
        push_visible(&mut query, reader);
        let mut connection = self.reading().await?;
        let found = connection.all(query).await?;
        let mut known = HashMap::new();
        let mut tallies = tallies(&mut *connection, ids).await?;
        let mut reacted = reacted(&mut *connection, reader.person, ids).await?;
        for row in &found {
            let id = StoryId::from(rows::thing_id(row, "id")?);
            known.insert(
                id,
                KnownStory {
                    id,
                    seq: row.number("seq")?,
                    story: rows::typed(row, "a story")?,
                    tally: tallies.remove(&id).unwrap_or_default(),
                    reacted: reacted.remove(&id).unwrap_or_default(),
                },
            );
        }
        Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
    }

    async fn states(&self, ids: &[StoryId]) -> StoreResult<Vec<(StoryId, Story)>> {
        let mut query = Statement::new("SELECT id, state FROM things WHERE kind = 'story' AND id IN ");
        query.push_list(ids.iter().map(|id| id.uuid()));
        self.reading().await?.all(query).await?.iter().map(story).collect()
    }

    async fn newest(
        &self,
        reader: &Reader,
        filter: &Filter,
        offset: usize,
        limit: usize,
    ) -> StoreResult<Vec<StoryId>> {
        let mut query = Statement::new("SELECT stories.id FROM stories JOIN things USING (number) WHERE ");
        push_listed(&mut query, reader, filter);
        query.push(" ORDER BY published_at DESC, stories.id DESC LIMIT ").push_bind(limit);
        query.push(" OFFSET ").push_bind(offset);
        let found = self.reading().await?.all(query).await?;
        found.iter().map(|row| rows::thing_id(row, "id").map(StoryId::from)).collect()
    }

    async fn count(&self, reader: &Reader, filter: &Filter) -> StoreResult<usize> {
        filter::count(&mut *self.reading().await?, reader, filter).await
    }

    async fn count_before(&self, reader: &Reader, at: Millis) -> StoreResult<usize> {
        filter::count_before(&mut *self.reading().await?, reader, at).await
    }

    async fn facets(&self, reader: &Reader, filter: &Filter) -> StoreResult<RawFacets> {
        filter::facets(&mut *self.reading().await?, reader, filter).await
    }

    async fn of_author(&self, author: PersonId) -> StoreResult<Vec<StoryId>> {
        let theirs =
            Statement::new("SELECT id FROM stories WHERE author = ? ORDER BY published_at DESC, id DESC")
                .bind(author.uuid());
        let found = self.reading().await?.all(theirs).await?;
        found.iter().map(|row| rows::thing_id(row, "id").map(StoryId::from)).collect()
    }

    async fn paths(&self, reader: &Reader) -> StoreResult<Vec<(PathId, Path)>> {
        let mut paths: Vec<(PathId, Path)> = self.all_of(&ThingKind::Path, reader).await?;
        paths.retain(|(_, path)| path.deleted_at.is_none());
        Ok(paths)
    }

    async fn path(&self, reader: &Reader, id: PathId) -> StoreResult<Option<Path>> {
        let mut query = Statement::new("SELECT state FROM things WHERE kind = 'path' AND id = ");
        query.push_bind(id.uuid()).push(" AND ");
        push_visible(&mut query, reader);
        let found = self.reading().await?.first(query).await?;
        found.map(|row| rows::typed(&row, "a path")).transpose()
    }

    async fn wordings(&self, reader: &Reader) -> StoreResult<Vec<(WordingId, Wording)>> {
        let mut wordings: Vec<(WordingId, Wording)> = self.all_of(&ThingKind::Wording, reader).await?;
        wordings.retain(|(_, wording)| wording.deleted_at.is_none());
        Ok(wordings)
    }

    async fn export(&self, mut after: Option<StoryId>, limit: usize) -> StoreResult<Vec<(StoryId, Story)>> {
        let mut connection = self.reading().await?;
        let mut exported = Vec::new();
        // Further on where many were deleted: nothing at all means the end.
        while exported.len() < limit {
            let next = "SELECT id, state FROM things WHERE kind = 'story' AND id > ? ORDER BY id LIMIT ?";
            let next = Statement::new(next)
                .bind(after.map_or(Vec::new(), |id| id.uuid().as_bytes().to_vec()))
                .bind(limit - exported.len());
            let found = connection.all(next).await?;
            let Some(last) = found.last() else { break };
            after = Some(rows::thing_id(last, "id")?.into());
            let stories = found.iter().map(story).collect::<StoreResult<Vec<_>>>()?;
            exported.extend(stories.into_iter().filter(|(_, story)| story.deleted_at.is_none()));
        }
        Ok(exported)
    }
}

fn story(row: &impl Columns) -> StoreResult<(StoryId, Story)> {
    Ok((rows::thing_id(row, "id")?.into(), rows::typed(row, "a story")?))
}

async fn tallies(connection: &mut impl Connection, ids: &[StoryId]) -> StoreResult<HashMap<StoryId, Tally>> {
    let mut query = Statement::new("SELECT id, state FROM things WHERE kind = 'tally' AND id IN ");
    query.push_list(ids.iter().map(|id| id.uuid()));
    let found = connection.all(query).await?;
    found.iter().map(|row| Ok((rows::thing_id(row, "id")?.into(), rows::typed(row, "a tally")?))).collect()
}

async fn reacted(
    connection: &mut impl Connection,
    person: PersonId,
    ids: &[StoryId],
) -> StoreResult<HashMap<StoryId, Vec<ReactionKind>>> {
    // The id of a reaction follows from what it is: three lookups by key for each story.
    let all = ids
        .iter()
        .flat_map(|story| ReactionKind::ALL.map(|kind| ThingId::reaction(*story, person, kind.key()).uuid()));
    let mut query = Statement::new("SELECT state FROM things WHERE kind = 'reaction' AND id IN ");
    query.push_list(all);
    let mut reacted: HashMap<_, Vec<_>> = HashMap::new();
    for row in &connection.all(query).await? {
        let reaction: Reaction = rows::typed(row, "a reaction")?;
        if reaction.on {
            reacted.entry(reaction.story).or_default().push(reaction.reaction);
        }
    }
    Ok(reacted)
}
