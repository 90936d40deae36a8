//! A PostgreSQL database; older ones than 15 are not tested.

use std::{borrow::Cow, time::Duration};

use domain::id::Epoch;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
};
use thiserror::Error;

use super::{
    StoreResult,
    sql::{Connection, Dialect, SqlStore, Statement, Value},
};

/// In order, under the numbers that SQLite's have; a store that was made by a newer version is refused.
const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "start", include_str!("../../migrations/postgres/0001_start.sql")),
    (2, "narrowed_at", include_str!("../../migrations/postgres/0002_narrowed_at.sql")),
    (4, "ended_at", include_str!("../../migrations/postgres/0004_ended_at.sql")),
    (5, "folds", include_str!("../../migrations/postgres/0005_folds.sql")),
    (6, "begun", include_str!("../../migrations/postgres/0006_begun.sql")),
];

/// What holds on our connections, whatever the database's own settings say.
const SESSION: [(&str, &str); 4] = [
    // How long a transaction waits for another one's lock before it gives up.
    ("lock_timeout", "5s"),
    // A writer that was frozen, or lost its way to the database, must not hold all others up for ever.
    ("idle_in_transaction_session_timeout", "60s"),
    // What has a receipt is on disk.
    ("synchronous_commit", "on"),
    // How many terms a search asks for is not known when its statements are planned: they are taken for dear, and
    // compiled for a hundred times as long as they then run.
    ("jit", "off"),
];
/// How long the server may take to answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READERS: u32 = 8;

/// A library in a PostgreSQL database.
pub type PostgresStore = SqlStore<Postgres>;

/// Why a database cannot be used. The password is not said.
#[derive(Debug, Error)]
pub enum PostgresError {
    #[error("the database must be given as postgres://USER:PASSWORD@HOST/NAME: {0}")]
    Address(String),
    #[error("the database {database} at {host} cannot be reached: {problem}")]
    Unreachable { database: String, host: String, problem: String },
}

impl PostgresStore {
    /// Opens the database at `url` and brings it to this version. A new store begins `epoch`.
    pub async fn open(url: &str, epoch: Epoch) -> StoreResult<Self> {
        let options = options(url)?;
        // A pool would go on trying where nobody answers.
        let answered = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options)).await;
        let told = match answered {
            Ok(Ok(connection)) => connection.close().await.map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err(format!("no answer within {} seconds", CONNECT_TIMEOUT.as_secs())),
        };
        told.map_err(|problem| unreachable(&options, problem))?;
        let pool = || PgPoolOptions::new().acquire_timeout(CONNECT_TIMEOUT);
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        super::migrator(&MIGRATIONS).run(&writer).await?;
        let readers = pool().max_connections(READERS).connect_with(options).await?;
        Self::begin(writer, readers, epoch).await
    }
}

fn options(url: &str) -> Result<PgConnectOptions, PostgresError> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(PostgresError::Address("it begins otherwise".to_owned()));
    }
    let options: PgConnectOptions = url.parse().map_err(|error| PostgresError::Address(told(&error)))?;
    Ok(options.application_name("solsken").options(SESSION))
}

fn unreachable(options: &PgConnectOptions, problem: String) -> PostgresError {
    let host = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let database = options.get_database().unwrap_or(options.get_username()).to_owned();
    PostgresError::Unreachable { database, host, problem }
}

/// What went wrong, without what sqlx says before it.
fn told(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Configuration(error) | sqlx::Error::Tls(error) => error.to_string(),
        sqlx::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

impl Dialect for Postgres {
    async fn begin_writing(pool: &PgPool) -> StoreResult<Transaction<'static, Self>> {
        let mut tx = pool.begin().await?;
        // Whoever writes locks this row first, and holds it until commit. A sequence would give numbers out before they
        // are committed, and whoever reads in between would never see those that come later.
        sqlx::query("SELECT FROM meta WHERE key = 'seq' FOR UPDATE").execute(&mut *tx).await?;
        Ok(tx)
    }

    async fn begin_reading(pool: &PgPool) -> StoreResult<Transaction<'static, Self>> {
        Ok(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
    }
}

impl Connection for PgConnection {
    type Row = PgRow;

    const TERMS_AS_LINES: &'static str = "string_agg(term, chr(10))";
    const TERM_HEAD: &'static str = "left(term, 100)";
    const LOOKED_UP: (&'static str, &'static str) =
        ("CROSS JOIN LATERAL (SELECT * FROM", "OFFSET 0) AS looked_up");
    const FIRST_KEY: usize = 1;
    const WITH_ITS_NUMBERS: &'static str = "OVERRIDING SYSTEM VALUE";
    const NUMBER_ON: &'static [&'static str] = &[
        "SELECT setval(pg_get_serial_sequence('things', 'number'), coalesce(max(number), 0) + 1, false) FROM things",
    ];

    async fn all(&mut self, statement: Statement) -> StoreResult<Vec<PgRow>> {
        Ok(query(statement).fetch_all(self).await?)
    }

    async fn run(&mut self, statement: Statement) -> StoreResult<u64> {
        Ok(query(statement).execute(self).await?.rows_affected())
    }
}

fn query(statement: Statement) -> Query<'static, Postgres, PgArguments> {
    let Statement { mut sql, values, rows } = statement;
    if let Some(rows) = &rows {
        let columns = vec!["?"; rows.columns.len()].join(", ");
        // As SQLite calls those of `VALUES`.
        let names = (1..=rows.columns.len()).map(|at| format!("column{at}")).collect::<Vec<_>>().join(", ");
        sql.to_mut().insert_str(rows.at, &format!("SELECT * FROM unnest({columns}) AS rows ({names})"));
    }
    let mut query = sqlx::query(AssertSqlSafe(translated(&sql)));
    for value in values {
        query = match value {
            Value::Flag(flag) => query.bind(flag),
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text.map(Cow::into_owned)),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Numbers(numbers) => query.bind(numbers),
            Value::Texts(texts) => query.bind(texts),
        };
    }
    rows.into_iter().flat_map(|rows| rows.columns).fold(query, bind_column)
}

/// Binds the values of a column as one array: a statement is then the same for any number of rows, and planned once.
fn bind_column(
    query: Query<'static, Postgres, PgArguments>,
    column: Vec<Value>,
) -> Query<'static, Postgres, PgArguments> {
    macro_rules! array {
        ($variant:ident) => {
            column.into_iter().map(|value| match value {
                Value::$variant(value) => value,
                _ => unreachable!("a column has one type"),
            })
        };
    }
    match column.first() {
        Some(Value::Flag(_)) => query.bind(array!(Flag).collect::<Vec<_>>()),
        Some(Value::Number(_)) => query.bind(array!(Number).collect::<Vec<_>>()),
        Some(Value::Text(_)) => {
            query.bind(array!(Text).map(|text| text.map(Cow::into_owned)).collect::<Vec<_>>())
        }
        Some(Value::Bytes(_)) => query.bind(array!(Bytes).collect::<Vec<_>>()),
        Some(Value::Numbers(_) | Value::Texts(_)) | None => unreachable!("there is a row, and no list in it"),
    }
}

/// A statement in PostgreSQL's words: `$1` for the first `?`, and `listed`, which its migration makes, for `json_each`.
fn translated(sql: &str) -> String {
    let mut translated = String::with_capacity(sql.len() + 16);
    let mut parts = sql.split('?');
    translated.extend(parts.next());
    for (at, part) in (1..).zip(parts) {
        translated.push('$');
        // `?2` has its number already.
        if !part.starts_with(|next: char| next.is_ascii_digit()) {
            translated.push_str(&usize::to_string(&at));
        }
        translated.push_str(part);
    }
    translated.replace("json_each(", "listed(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_put_in_postgresqls_words() {
        assert_eq!(translated("SELECT 1"), "SELECT 1");
        assert_eq!(translated("VALUES (?, ?), (?, ?)"), "VALUES ($1, $2), ($3, $4)");
        assert_eq!(translated("a = ?1 OR b = ?1 AND c = ?2"), "a = $1 OR b = $1 AND c = $2");
        assert_eq!(translated("SELECT value FROM json_each(?)"), "SELECT value FROM listed($1)");
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_what_would_be() {
        for url in ["", "solsken.db", "mysql://localhost/solsken", "postgres://host:port/solsken"] {
            let error = options(url).unwrap_err().to_string();
            assert!(error.contains("postgres://USER:PASSWORD@HOST/NAME"), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_said() {
        let options = options("postgres://elin:hemligt@shop.example:6000/stories").unwrap();
        let error = unreachable(&options, "nobody is there".to_owned()).to_string();
        assert_eq!(error, "the database stories at shop.example:6000 cannot be reached: nobody is there");
    }
}
