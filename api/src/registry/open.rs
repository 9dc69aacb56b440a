use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{RegistryError, Result};

/// The registry's file in the data folder.
pub const FILE_NAME: &str = "registry.db";

/// How long to wait for another process's write.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Two computed days of 2 kB a page of 4096 would leave half of it empty.
const PAGE_BYTES: u32 = 8192;

/// Connections that read; a page asks for a few things at a time.
const READERS: u32 = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A transaction that may write.
pub(super) type Tx = Transaction<'static, Sqlite>;

/// People, prescriptions, tokens and computed rows. A clone is another handle on the same database.
#[derive(Clone, Debug)]
pub struct Registry {
    read: SqlitePool,
    /// One connection: writers queue here in order, instead of polling SQLite's one write lock.
    write: Option<SqlitePool>,
    path: PathBuf,
    /// The number of the last erasure since which this process has rewritten the file.
    pub(super) rewritten: Arc<AtomicI64>,
}

impl Registry {
    /// Opens or creates the registry in a data folder, brings its schema up to date and finishes an erasure that was
    /// cut off.
    ///
    /// # Errors
    /// The file cannot be used, or a migration failed.
    pub async fn open(data_folder: &Path) -> Result<Self> {
        let registry = Self::open_beside(data_folder).await?;
        registry.finish_erasures().await?;
        Ok(registry)
    }

    /// The same beside the process that serves the folder, which finishes erasures itself.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub async fn open_beside(data_folder: &Path) -> Result<Self> {
        let path = data_folder.join(FILE_NAME);
        create_private(&path).map_err(|source| RegistryError::Open { path: path.clone(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("secure_delete", "ON");
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        MIGRATIONS.run(&write).await?;
        Ok(Self { read: read_pool(&path).await?, write: Some(write), path, rewritten: Arc::default() })
    }

    /// Opens the registry of a data folder for reading, also while a service writes it.
    ///
    /// # Errors
    /// There is none, or its schema is not this program's.
    pub async fn open_read_only(data_folder: &Path) -> Result<Self> {
        let path = data_folder.join(FILE_NAME);
        std::fs::metadata(&path).map_err(|source| RegistryError::Open { path: path.clone(), source })?;
        let read = read_pool(&path).await?;
        let registry = Self { read, write: None, path, rewritten: Arc::default() };
        let expected = MIGRATIONS.iter().map(|migration| migration.version).max();
        let found = registry.schema_version().await?;
        if found == expected { Ok(registry) } else { Err(RegistryError::SchemaDiffers { found, expected }) }
    }

    /// Closes the database once running calls are done; the file is then alone, without -wal and -shm.
    pub async fn close(&self) {
        self.read.close().await;
        if let Some(write) = &self.write {
            write.close().await;
        }
    }

    /// The pool for statements that read.
    pub(super) fn reader(&self) -> &SqlitePool {
        &self.read
    }

    /// The pool for statements that write.
    pub(super) fn writer(&self) -> Result<&SqlitePool> {
        self.write.as_ref().ok_or(RegistryError::ReadOnly)
    }

    /// A transaction that holds the write lock from its start: what it reads stays true until it commits.
    pub(super) async fn begin(&self) -> Result<Tx> {
        Ok(self.writer()?.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A further connection that waits for others as long as `patience`.
    pub(super) async fn connect_with_patience(&self, patience: Duration) -> Result<SqliteConnection> {
        let options = SqliteConnectOptions::new().filename(&self.path).busy_timeout(patience);
        Ok(options.connect().await?)
    }

    async fn schema_version(&self) -> Result<Option<i64>> {
        let tables: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'")
                .fetch_one(self.reader())
                .await?;
        if tables == 0 {
            return Ok(None);
        }
        let version = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success");
        Ok(version.fetch_one(self.reader()).await?)
    }
}

/// The next number of a sequence. It is not reused, whatever is deleted.
pub(super) async fn next_number(tx: &mut Tx, sequence: &'static str, now_ms: i64) -> Result<i64> {
    let sql = "INSERT INTO counter (name, last, recorded_ms) VALUES ($1, 1, $2)
        ON CONFLICT (name) DO UPDATE SET last = counter.last + 1, recorded_ms = excluded.recorded_ms
        RETURNING last";
    Ok(sqlx::query_scalar(sql).bind(sequence).bind(now_ms).fetch_one(&mut **tx).await?)
}

async fn read_pool(path: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
    Ok(SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await?)
}

/// An empty file for its owner alone; SQLite gives -wal and -shm the rights of the database.
fn create_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, opened, person};
    use super::super::{NewParticipant, Scope};
    use super::*;

    #[tokio::test]
    async fn opening_twice_keeps_everything_and_applies_each_migration_once() {
        let (folder, registry) = opened().await;
        let study = registry.study_of("Étude 1", NOW).await.unwrap();
        let new = NewParticipant { id: person(1), external_id: Some("x1"), study: Some(study) };
        registry.add_participant(new, NOW).await.unwrap();
        let (token, _) = registry.issue_token(Scope::Admin, "cli", [7; 32], NOW, None).await.unwrap();
        registry.close().await;

        let registry = Registry::open(folder.path()).await.unwrap();
        let again = Registry::open(folder.path()).await.unwrap();
        assert_eq!(again.study_by_name("Étude 1").await.unwrap().unwrap().id, study);
        assert_eq!(registry.participant(person(1)).await.unwrap().unwrap().study, Some(study));
        assert_eq!(registry.tokens().await.unwrap()[0].id, token);
        let applied: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations")
            .fetch_one(registry.reader())
            .await
            .unwrap();
        assert_eq!(applied, MIGRATIONS.iter().count() as i64);
    }

    #[tokio::test]
    async fn the_connection_is_as_durable_and_as_clean_as_promised() {
        let (folder, registry) = opened().await;
        for (pragma, expected) in [
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("secure_delete", 1),
            ("busy_timeout", 5000),
            ("page_size", 8192),
        ] {
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
            let value: i64 = sqlx::query_scalar(sql).fetch_one(registry.writer().unwrap()).await.unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(registry.reader()).await.unwrap();
        assert_eq!(mode, "wal");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let rights = std::fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
            assert_eq!(rights & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_reader_sees_a_writer_and_cannot_write() {
        let (folder, registry) = opened().await;
        let reader = Registry::open_read_only(folder.path()).await.unwrap();
        let study = registry.study_of("s", NOW).await.unwrap();
        assert_eq!(reader.study_by_name("s").await.unwrap().unwrap().id, study);
        assert!(matches!(reader.study_of("t", NOW).await, Err(RegistryError::ReadOnly)));
        registry.close().await;
        reader.close().await;
        // Also when no service runs, and so no -wal is there.
        let reader = Registry::open_read_only(folder.path()).await.unwrap();
        assert_eq!(reader.studies().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn reading_what_is_not_there_or_not_ours_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let absent = Registry::open_read_only(folder.path()).await;
        assert!(matches!(absent, Err(RegistryError::Open { .. })));
        std::fs::write(folder.path().join(FILE_NAME), "").unwrap();
        let empty = Registry::open_read_only(folder.path()).await;
        assert!(matches!(empty, Err(RegistryError::SchemaDiffers { found: None, .. })));
    }
}
