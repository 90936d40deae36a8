use sqlx::{Row, postgres::PgRow, sqlite::SqliteRow};

use crate::store::{StoreError, StoreResult};

/// A row of an answer, read by the names of its columns.
pub trait Columns: Send + Sync {
    fn flag(&self, column: &str) -> StoreResult<bool>;
    fn optional_integer(&self, column: &str) -> StoreResult<Option<i64>>;
    fn optional_text(&self, column: &str) -> StoreResult<Option<&str>>;
    fn optional_bytes(&self, column: &str) -> StoreResult<Option<&[u8]>>;

    fn number<N: TryFrom<i64>>(&self, column: &str) -> StoreResult<N> {
        there(self.optional_number(column)?, column)
    }

    fn optional_number<N: TryFrom<i64>>(&self, column: &str) -> StoreResult<Option<N>> {
        let number = |integer| {
            N::try_from(integer)
                .map_err(|_| StoreError::corrupt("a number", format!("{column} is {integer}")))
        };
        self.optional_integer(column)?.map(number).transpose()
    }

    fn text(&self, column: &str) -> StoreResult<&str> {
        there(self.optional_text(column)?, column)
    }

    fn bytes(&self, column: &str) -> StoreResult<&[u8]> {
        there(self.optional_bytes(column)?, column)
    }
}

fn there<T>(value: Option<T>, column: &str) -> StoreResult<T> {
    value.ok_or_else(|| StoreError::corrupt("a row", format!("{column} is missing")))
}

macro_rules! columns {
    ($($row:ty)+) => {$(
        impl Columns for $row {
            fn flag(&self, column: &str) -> StoreResult<bool> {
                Ok(self.try_get(column)?)
            }

            fn optional_integer(&self, column: &str) -> StoreResult<Option<i64>> {
                Ok(self.try_get(column)?)
            }

            fn optional_text(&self, column: &str) -> StoreResult<Option<&str>> {
                Ok(self.try_get(column)?)
            }

            fn optional_bytes(&self, column: &str) -> StoreResult<Option<&[u8]>> {
                Ok(self.try_get(column)?)
            }
        }
    )+};
}

columns! { SqliteRow PgRow }
