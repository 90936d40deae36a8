//! A PostgreSQL of our own: started when it is first asked for, gone with the process that asked.
//!
//! It listens only on a socket in a folder of its own. A shell looks after it, and waits for the end of its input, which
//! comes with the end of this process, however that ends: then it stops the server and removes the folder.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use domain::id::Epoch;
use server::store::{Store, postgres::PostgresStore};
use sqlx::{Connection, Executor, PgConnection};

const LOOK_AFTER: &str = r#"
"$1/initdb" --pgdata="$2/data" --username=solsken --auth=trust --encoding=UTF8 --locale=C --no-sync && {
    "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= &
    server=$!
}
read -r _
# The first ends a server that has hardly begun, the second one that has.
kill -TERM $server
"$1/pg_ctl" stop --pgdata="$2/data" --mode=immediate
wait
rm -rf "$2"
"#;

const MISSING: &str = "The tests of the store need PostgreSQL 15 or later: install Debian's `postgresql`.";

struct Cluster {
    folder: PathBuf,
    /// Its input stays open as long as we live.
    _keeper: Child,
    given: AtomicUsize,
    /// Databases that nobody uses any more.
    left: Mutex<Vec<String>>,
}

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);
static TEMPLATE: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();

/// An empty library in a database of its own.
pub struct Database {
    name: String,
    pub url: String,
}

impl Database {
    /// A copy of a library that has just begun `epoch`.
    #[allow(dead_code, reason = "not every test binary needs one")]
    pub async fn fresh(epoch: Epoch) -> Self {
        TEMPLATE.get_or_init(|| CLUSTER.make_template(epoch)).await;
        let name = format!("library_{}", CLUSTER.given.fetch_add(1, Ordering::Relaxed));
        let left = std::mem::take(&mut *CLUSTER.left.lock().unwrap());
        let gone = left.iter().map(|name| format!("DROP DATABASE {name} WITH (FORCE)"));
        CLUSTER.tell(gone.chain([format!("CREATE DATABASE {name} TEMPLATE template_library")])).await;
        let url = CLUSTER.url(&name);
        Self { name, url }
    }

    /// From now on nothing here need outlive the machine: for those who write much and pull no plug.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub async fn spare_the_disk() {
        CLUSTER
            .tell(["ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"].map(str::to_owned).into_iter())
            .await;
    }

    /// A database without a table in it.
    #[allow(dead_code, reason = "not every test binary needs one")]
    pub async fn bare() -> Self {
        let name = format!("bare_{}", CLUSTER.given.fetch_add(1, Ordering::Relaxed));
        CLUSTER.tell([format!("CREATE DATABASE {name}")].into_iter()).await;
        let url = CLUSTER.url(&name);
        Self { name, url }
    }

    /// Where somebody comes in who may make nothing there.
    #[allow(dead_code, reason = "not every test binary needs one")]
    pub async fn url_of_a_guest(&self) -> String {
        let guest = format!("guest_of_{}", self.name);
        CLUSTER.tell([format!("CREATE ROLE {guest} LOGIN")].into_iter()).await;
        self.url.replacen("solsken@", &format!("{guest}@"), 1)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Dropped by whoever asks for the next one: here nothing may wait.
        CLUSTER.left.lock().unwrap().push(std::mem::take(&mut self.name));
    }
}

impl Cluster {
    fn start() -> Self {
        let programs = programs().expect(MISSING);
        let folder = tempfile::Builder::new().prefix("solsken-pg-").tempdir().unwrap().keep();
        let mut keeper = Command::new("sh");
        if let Some((user, group)) = another_user(&folder) {
            // PostgreSQL refuses to run as root.
            chown(&folder, Some(user), Some(group)).unwrap();
            keeper = Command::new("setpriv");
            keeper
                .args([format!("--reuid={user}"), format!("--regid={group}")])
                .args(["--clear-groups", "sh"]);
        }
        let log = folder.join("log");
        let out = fs::File::create(&log).unwrap();
        keeper.args(["-c", LOOK_AFTER, "sh"]).arg(programs).arg(&folder).current_dir(&folder);
        keeper.stdin(Stdio::piped()).stdout(out.try_clone().unwrap()).stderr(out);
        // What stops us from the keyboard must not stop it before it has cleaned up.
        let mut keeper = keeper.process_group(0).spawn().expect("a shell can be started");
        loop {
            let said = fs::read_to_string(&log).unwrap();
            if said.contains("ready to accept connections") {
                break;
            }
            let failed = said.contains("FATAL") || said.contains("initdb: error");
            assert!(!failed && keeper.try_wait().unwrap().is_none(), "PostgreSQL said:\n{said}");
            thread::sleep(Duration::from_millis(20));
        }
        Self { folder, _keeper: keeper, given: AtomicUsize::new(0), left: Mutex::default() }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://solsken@localhost/{database}?host={}", self.folder.display())
    }

    async fn tell(&self, orders: impl Iterator<Item = String>) {
        let mut server = PgConnection::connect(&self.url("postgres")).await.unwrap();
        for order in orders {
            server.execute(sqlx::AssertSqlSafe(order)).await.unwrap();
        }
        server.close().await.unwrap();
    }

    /// It sorts as Swedes do: what we need in another order says so.
    async fn make_template(&self, epoch: Epoch) {
        // Made anew if a test that was to make it has failed.
        let orders = [
            "DROP DATABASE IF EXISTS template_library",
            "CREATE DATABASE template_library TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv'",
        ];
        self.tell(orders.map(str::to_owned).into_iter()).await;
        let store = PostgresStore::open(&self.url("template_library"), epoch).await.unwrap();
        store.close().await;
    }
}

/// The folder of the newest PostgreSQL.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file());
    let debians = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |folder: &PathBuf| -> Option<u32> { folder.file_name()?.to_str()?.parse().ok() };
    let newest = debians.map(|entry| entry.path()).max_by_key(version).map(|folder| folder.join("bin"));
    newest.filter(|folder| folder.join("initdb").is_file()).or(on_path)
}

/// Numbers of a user and a group to run as, if we are root.
fn another_user(folder: &Path) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let owner = fs::metadata(folder).unwrap().uid();
    let id = |kind: &str, user: &str| -> Option<u32> {
        let output = Command::new("id").args([kind, user]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    let user = |name: &str| Some((id("-u", name)?, id("-g", name)?));
    if owner == 0 { user("postgres").or_else(|| user("nobody")) } else { None }
}
