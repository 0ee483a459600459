//! Opening the file: is it ours, is it whole, does it keep its promises?

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use refinery::{Migration, Runner};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use crate::domain::error::{Error, ErrorKind};

/// The name of the record in the data folder.
pub(super) const FILE_NAME: &str = "goldgate.db";

/// `GGdb`, at byte 68 of the file, so that no other program's file is taken for ours.
const APPLICATION_ID: i32 = 0x4747_6462;

/// The layout that this program writes.
const LAYOUT: i64 = 5;

const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__record", include_str!("../migrations/sqlite/V1__record.sql")),
    ("V2__chunks", include_str!("../migrations/sqlite/V2__chunks.sql")),
    ("V3__sightings", include_str!("../migrations/sqlite/V3__sightings.sql")),
    ("V4__inventory", include_str!("../migrations/sqlite/V4__inventory.sql")),
    ("V5__departures", include_str!("../migrations/sqlite/V5__departures.sql")),
];

/// How long a writer waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What is kept of the write-ahead log's file once its content has moved to the record. Under load it grows to about this:
/// where it is written over, a commit needs no new blocks, and no sync of where they are.
const LOG_BYTES_KEPT: u64 = 16 * 1024 * 1024;

/// Opens the record in `dir` for writing; makes folder and record when there is none.
///
/// # Errors
/// `Unavailable` when the file cannot be read and written, is not a record, or was written by a newer version.
pub(super) fn writer(dir: &Path) -> Result<(Connection, PathBuf), Error> {
    let file = dir.join(FILE_NAME);
    make_folder(dir)?;
    match whose(&file) {
        Ok(Owner::Nobody) => create(dir, &file)?,
        Ok(Owner::Goldgate) => {}
        Ok(Owner::Stranger) => {
            return Err(unavailable(format!("`{}` is not a goldgate record", file.display()))
                .with_help("it was left untouched: name another folder with `--data DIR`"));
        }
        Err(cause) => return Err(unreachable_file(&file, cause)),
    }
    let opened = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|connection| prepare_writer(connection, &file));
    opened.map(|connection| (connection, file.clone())).map_err(|fault| fault.into_error(&file))
}

/// A connection that can only read.
pub(super) fn reader(file: &Path) -> Result<Connection, Fault> {
    let connection = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// A connection that moves the write-ahead log into the record.
pub(super) fn checkpointer(file: &Path) -> Result<Connection, Fault> {
    let connection = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    make_durable(&connection, file)?;
    Ok(connection)
}

fn connect(file: &Path, mode: OpenFlags) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags(file, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // A command that checks one file must not pay for moving the log when it ends.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn prepare_writer(mut connection: Connection, file: &Path) -> Result<Connection, Fault> {
    make_durable(&connection, file)?;
    let layout = layout(&connection)?;
    if layout > LAYOUT {
        return Err(unavailable(format!(
            "the record `{}` has layout {layout}, and goldgate {} knows only layout {LAYOUT}",
            file.display(),
            env!("CARGO_PKG_VERSION"),
        ))
        .with_help("use the newer goldgate that wrote it, or name another folder with `--data DIR`")
        .into());
    }
    if layout < LAYOUT {
        let migrated = migrate(&mut connection);
        // Another process may have done the same at the same time.
        if self::layout(&connection)? != LAYOUT {
            migrated?;
        }
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Sets what an answered decision's durability rests on, and reads it back.
fn make_durable(connection: &Connection, file: &Path) -> Result<(), Fault> {
    let refuse = |what: String| {
        unavailable(format!("the record `{}` cannot be kept durable: {what}", file.display()))
            .with_help("name a folder on a local disk with `--data DIR`")
    };
    let mut journal: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if journal != "wal" {
        journal =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    }
    if journal != "wal" {
        return Err(refuse(format!("its journal mode is `{journal}`, not `wal`")).into());
    }
    connection.execute_batch(&format!(
        "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit={LOG_BYTES_KEPT}; \
         PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;"
    ))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if synchronous != 2 {
        return Err(refuse(format!("`synchronous` is {synchronous}, not 2 (FULL)")).into());
    }
    Ok(())
}

fn layout(connection: &Connection) -> Result<i64, Fault> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    let refuse = |cause| {
        unavailable("the record cannot be brought to the layout of this version").with_source(cause)
    };
    let migrations: Vec<Migration> = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect::<Result<_, refinery::Error>>()
        .map_err(refuse)?;
    Runner::new(&migrations).set_grouped(true).run(connection).map_err(refuse)?;
    Ok(())
}

/// The write-ahead log of the record `file`.
pub(super) fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

enum Owner {
    Nobody,
    Goldgate,
    Stranger,
}

/// Looks at the file's first bytes without SQLite, which might touch what is not ours.
fn whose(file: &Path) -> io::Result<Owner> {
    let mut opened = match File::open(file) {
        Ok(opened) => opened,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Owner::Nobody),
        Err(cause) => return Err(cause),
    };
    let mut head = [0_u8; 72];
    let read = opened.read_exact(&mut head);
    let ours =
        head.starts_with(b"SQLite format 3\0") && head.ends_with(&APPLICATION_ID.to_be_bytes());
    match read {
        Ok(()) => Ok(if ours { Owner::Goldgate } else { Owner::Stranger }),
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Ok(Owner::Stranger),
        Err(cause) => Err(cause),
    }
}

/// Makes an empty record under another name and gives it its own once it is whole: nobody ever sees half of one,
/// and of several processes that begin at once one makes it and the others find it.
fn create(dir: &Path, file: &Path) -> Result<(), Error> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let log = log_of(file);
    // SQLite would read the log of the record that was here once into the new one. The second look is for a record that
    // another process made since the first.
    if log.exists() && !file.exists() {
        return Err(unavailable(format!(
            "there is a log `{}` without its record `{}`",
            log.display(),
            file.display()
        ))
        .with_help("put the record back beside its log, move the log away to begin a new record, or name another folder with `--data DIR`"));
    }
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let draft = dir.join(format!(".{FILE_NAME}.{}.{n}.new", std::process::id()));
    let made = private_file(&draft)
        .map_err(|cause| unreachable_file(file, cause))
        .and_then(|_made| fill(&draft).map_err(|fault| fault.into_error(file)))
        .and_then(|()| publish(&draft, dir, file).map_err(|cause| unreachable_file(file, cause)));
    // What is left of a failed attempt is of no use to anybody.
    let _gone = fs::remove_file(&draft);
    made
}

fn fill(draft: &Path) -> Result<(), Fault> {
    let mut connection = Connection::open(draft)?;
    // Synced once as a whole, before it gets its name.
    connection.execute_batch(&format!(
        "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA application_id={APPLICATION_ID};"
    ))?;
    migrate(&mut connection)?;
    connection.execute_batch("PRAGMA journal_mode=WAL;")?;
    connection.close().map_err(|(_, cause)| cause)?;
    Ok(())
}

fn publish(draft: &Path, dir: &Path, file: &Path) -> io::Result<()> {
    File::open(draft)?.sync_all()?;
    match fs::hard_link(draft, file) {
        Ok(()) => {}
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        // A file system without hard links.
        Err(_) => copy(draft, file)?,
    }
    File::open(dir)?.sync_all()
}

/// Copies the draft to its place. Renaming would do, but it would also replace what another process made a moment ago.
fn copy(draft: &Path, file: &Path) -> io::Result<()> {
    match private_file(file) {
        Ok(mut made) => {
            io::copy(&mut File::open(draft)?, &mut made)?;
            made.sync_all()
        }
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Makes a file that only this user may read and write.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_folder(dir: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|cause| {
        unavailable(format!("the data folder `{}` cannot be made: {cause}", dir.display()))
            .with_help("name a folder that this user may write with `--data DIR`")
            .with_source(cause)
    })
}

fn unreachable_file(file: &Path, cause: io::Error) -> Error {
    unavailable(format!("the record `{}` cannot be opened: {cause}", file.display()))
        .with_help("name a folder that this user may write with `--data DIR`")
        .with_source(cause)
}

fn unavailable(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(connection: &Connection, name: &str) -> String {
        let value: rusqlite::types::Value =
            connection.pragma_query_value(None, name, |row| row.get(0)).unwrap();
        format!("{value:?}")
    }

    #[test]
    fn every_connection_that_writes_syncs_each_commit() {
        let dir = tempfile::tempdir().unwrap();
        let (first, file) = writer(dir.path()).unwrap();
        let (again, _) = writer(dir.path()).unwrap();
        for connection in [first, again, checkpointer(&file).unwrap()] {
            assert_eq!(pragma(&connection, "journal_mode"), "Text(\"wal\")");
            assert_eq!(pragma(&connection, "synchronous"), "Integer(2)");
            assert_eq!(pragma(&connection, "wal_autocheckpoint"), "Integer(0)");
        }
    }

    #[test]
    fn a_reader_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let (_writer, file) = writer(dir.path()).unwrap();
        assert!(reader(&file).unwrap().execute_batch("DELETE FROM probe").is_err());
    }

    #[test]
    fn a_record_that_cannot_have_a_log_is_refused() {
        let memory = Connection::open_in_memory().unwrap();
        let fault = make_durable(&memory, Path::new("goldgate.db")).unwrap_err();
        let error = fault.into_error(Path::new("goldgate.db"));
        assert!(error.external().contains("journal mode is `memory`"), "{error:?}");
    }

    #[test]
    fn the_layout_is_that_of_the_last_migration() {
        let versions = MIGRATIONS
            .iter()
            .map(|(name, sql)| i64::from(Migration::unapplied(name, sql).unwrap().version()));
        assert_eq!(versions.max(), Some(LAYOUT));
        let dir = tempfile::tempdir().unwrap();
        let (connection, _) = writer(dir.path()).unwrap();
        assert_eq!(layout(&connection).unwrap(), LAYOUT);
        assert_eq!(pragma(&connection, "application_id"), format!("Integer({APPLICATION_ID})"));
    }

    #[test]
    fn a_copy_takes_the_place_of_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (draft, file) = (dir.path().join("draft"), dir.path().join(FILE_NAME));
        private_file(&draft).unwrap();
        fill(&draft).unwrap();
        copy(&draft, &file).unwrap();
        drop(writer(dir.path()).unwrap());
        fs::write(&file, "another's").unwrap();
        copy(&draft, &file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"another's");
    }

    #[test]
    fn a_record_of_an_older_layout_is_brought_up() {
        let dir = tempfile::tempdir().unwrap();
        let older = Connection::open(dir.path().join(FILE_NAME)).unwrap();
        older.execute_batch(&format!("PRAGMA application_id={APPLICATION_ID}")).unwrap();
        drop(older);
        let (connection, _) = writer(dir.path()).unwrap();
        assert_eq!(layout(&connection).unwrap(), LAYOUT);
        assert_eq!(pragma(&connection, "integrity_check"), "Text(\"ok\")");
    }
}
