//! Whose story each document is, in memory. A short word may be in tens of thousands of stories that are worth the same,
//! of which the newest are shown: ids sort by age, and to look all of them up took longer than the rest of the search.

use std::sync::Arc;

use domain::id::StoryId;

use crate::store::{
    StoreError, StoreResult,
    sql::{Connection, Statement, rows},
};

/// Documents in one part. Parts that are full are shared with whoever reads.
const PART: usize = 4_096;

/// The ids of all documents, by number. They only become more, until the index is begun anew.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// How often the index had been begun anew.
    pub begun: i64,
    count: usize,
    parts: Vec<Arc<[StoryId]>>,
}

impl Ids {
    /// Whether they are of an index that was begun so often, and of at least so many documents.
    pub fn are_of(&self, begun: i64, documents: u32) -> bool {
        self.begun == begun && self.count >= documents as usize
    }

    /// These, with those that were added meanwhile.
    pub async fn brought_up(
        mut self,
        connection: &mut impl Connection,
        begun: i64,
        documents: u32,
    ) -> StoreResult<Self> {
        if self.begun != begun {
            self = Self { begun, ..Self::default() };
        }
        self.parts.truncate(self.count / PART);
        let from = self.parts.len() * PART;
        let added = Statement::new(
            "SELECT id FROM search_documents WHERE number >= ? AND number < ? ORDER BY number",
        );
        let added = connection.all(added.bind(from).bind(documents)).await?;
        let added = added.iter().map(|row| rows::thing_id(row, "id").map(StoryId::from));
        let added: Vec<StoryId> = added.collect::<StoreResult<_>>()?;
        self.count = from + added.len();
        if self.count != documents as usize {
            return Err(StoreError::corrupt("the documents of search", self.count));
        }
        self.parts.extend(added.chunks(PART).map(Arc::from));
        Ok(self)
    }

    pub fn of(&self, document: u32) -> StoreResult<StoryId> {
        let at = document as usize;
        let id = self.parts.get(at / PART).and_then(|part| part.get(at % PART));
        id.copied().ok_or_else(|| StoreError::corrupt("a document of search", document))
    }
}
