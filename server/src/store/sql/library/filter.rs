//! Which stories a reader is shown in lists.

use domain::{label::LabelKind, person::Reader, query::Filter, time::Millis};

use crate::store::{
    RawFacets, StoreResult,
    sql::{Columns, Connection, Statement, rows},
};

/// `domain::access::Scope::admits` in SQL, over `things`. The contract holds the two against each other.
pub fn push_visible(query: &mut Statement, reader: &Reader) {
    query.push("(things.scope = 'everyone' OR things.owner = ").push_bind(reader.person.uuid());
    if reader.role.curates() {
        query.push(" OR things.scope IN ('curators', 'department')");
    } else if let Some(department) = reader.department {
        query.push(" OR (things.scope = 'department' AND things.department = ");
        query.push_bind(department.uuid()).push(")");
    }
    query.push(")");
}

/// Stories in the library that pass the filter, over `stories JOIN things`.
pub fn push_listed(query: &mut Statement, reader: &Reader, filter: &Filter) {
    query.push("stories.listed AND ");
    push_visible(query, reader);
    if let Some(kind) = filter.kind {
        query.push(" AND stories.kind = ").push_bind(kind.key());
    }
    for (column, label) in
        [(" AND stories.department = ", filter.department), (" AND stories.site = ", filter.site)]
    {
        if let Some(label) = label {
            query.push(column).push_bind(label.uuid());
        }
    }
    for kind in [LabelKind::Tag, LabelKind::Value] {
        if let Some(label) = filter.label(kind) {
            query.push(" AND EXISTS (SELECT 1 FROM story_labels WHERE story = stories.number AND label = ");
            query.push_bind(label.uuid()).push(")");
        }
    }
}

pub async fn count_visible(connection: &mut impl Connection, reader: &Reader) -> StoreResult<u64> {
    Ok(count(connection, reader, &Filter::default()).await? as u64)
}

pub async fn count(connection: &mut impl Connection, reader: &Reader, filter: &Filter) -> StoreResult<usize> {
    let mut query = Statement::new("SELECT count(*) AS n FROM stories JOIN things USING (number) WHERE ");
    push_listed(&mut query, reader, filter);
    connection.one(query).await?.number("n")
}

/// Visible stories that were published before `at`.
pub async fn count_before(
    connection: &mut impl Connection,
    reader: &Reader,
    at: Millis,
) -> StoreResult<usize> {
    let mut query = Statement::new("SELECT count(*) AS n FROM stories JOIN things USING (number) WHERE ");
    push_listed(&mut query, reader, &Filter::default());
    query.push(" AND published_at < ").push_bind(at.0);
    connection.one(query).await?.number("n")
}

pub async fn facets(
    connection: &mut impl Connection,
    reader: &Reader,
    filter: &Filter,
) -> StoreResult<RawFacets> {
    let mut facets = RawFacets::default();
    let mut query = Statement::new(
        "SELECT stories.kind AS word, count(*) AS n FROM stories JOIN things USING (number) WHERE ",
    );
    push_listed(&mut query, reader, filter);
    query.push(" GROUP BY stories.kind");
    for row in &connection.all(query).await? {
        facets.kinds.push((row.text("word")?.to_owned(), row.number("n")?));
    }
    for (column, join) in [
        ("stories.department", ""),
        ("stories.site", ""),
        ("story_labels.label", " JOIN story_labels ON story_labels.story = stories.number"),
    ] {
        let mut query = Statement::new(format!(
            "SELECT {column} AS label, count(*) AS n FROM stories JOIN things USING (number){join} WHERE {column} IS NOT NULL AND "
        ));
        push_listed(&mut query, reader, filter);
        query.push(" GROUP BY ").push(column);
        for row in &connection.all(query).await? {
            facets.labels.push((rows::label_id(row, "label")?, row.number("n")?));
        }
    }
    Ok(facets)
}
