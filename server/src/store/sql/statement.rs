use std::borrow::Cow;

use uuid::Uuid;

/// A statement and what it is about. `?` stands for the next value, `?2` for the second one; `json_each(?)` has the
/// values of a list as rows of `key` (their place) and `value`.
pub struct Statement {
    pub sql: Cow<'static, str>,
    pub values: Vec<Value>,
    /// Rows that stand at one place, after all `values`.
    pub rows: Option<Rows>,
}

/// Rows of as many values each, for a database to render as it likes best: all at once, or column by column.
pub struct Rows {
    /// Where in the statement they stand.
    pub at: usize,
    pub columns: Vec<Vec<Value>>,
}

/// A value as it goes to a database, which is told the type of those that are missing too.
#[derive(Clone, Debug)]
pub enum Value {
    Flag(bool),
    Number(Option<i64>),
    Text(Option<Cow<'static, str>>),
    Bytes(Option<Vec<u8>>),
    Numbers(Vec<i64>),
    Texts(Vec<String>),
}

impl Rows {
    pub fn count(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// All values, row by row.
    pub fn by_row(self) -> impl Iterator<Item = Value> {
        let count = self.count();
        let mut columns: Vec<_> = self.columns.into_iter().map(Vec::into_iter).collect();
        let row = move |_| columns.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>();
        (0..count).flat_map(row)
    }
}

impl Statement {
    /// `sql` is ours: what others wrote is bound.
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), values: Vec::new(), rows: None }
    }

    /// The value of the next `?`.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.to_mut().push_str(sql);
        self
    }

    /// A value where the statement stands.
    pub fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.push("?")
    }

    /// `(?, ?, …)`.
    pub fn push_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.push("(");
        for (at, value) in values.into_iter().enumerate() {
            self.push(if at == 0 { "" } else { ", " }).push_bind(value);
        }
        self.push(")")
    }

    /// Rows to insert, or to be among: in an SQLite statement `VALUES (…), (…), …`. Once in a statement, after all
    /// other values.
    pub fn push_rows<const N: usize>(&mut self, rows: impl IntoIterator<Item = [Value; N]>) -> &mut Self {
        let mut columns: Vec<Vec<Value>> = (0..N).map(|_| Vec::new()).collect();
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        self.rows = Some(Rows { at: self.sql.len(), columns });
        self
    }
}

macro_rules! from {
    ($($from:ty => |$value:ident| $made:expr;)+) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $made
            }
        }
    )+};
}

from! {
    bool => |flag| Self::Flag(flag);
    i64 => |number| Self::Number(Some(number));
    Option<i64> => |number| Self::Number(number);
    u32 => |number| Self::Number(Some(number.into()));
    Option<u32> => |number| Self::Number(number.map(i64::from));
    // Numbers in the store are signed; ours stay far below.
    u64 => |number| Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)));
    usize => |number| Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)));
    &'static str => |text| Self::Text(Some(text.into()));
    String => |text| Self::Text(Some(text.into()));
    Option<String> => |text| Self::Text(text.map(Cow::from));
    Vec<u8> => |bytes| Self::Bytes(Some(bytes));
    Option<Vec<u8>> => |bytes| Self::Bytes(bytes);
    Uuid => |id| Self::Bytes(Some(id.as_bytes().to_vec()));
    Option<Uuid> => |id| Self::Bytes(id.map(|id| id.as_bytes().to_vec()));
    Vec<i64> => |numbers| Self::Numbers(numbers);
    Vec<u32> => |numbers| Self::Numbers(numbers.into_iter().map(i64::from).collect());
    Vec<String> => |texts| Self::Texts(texts);
}
