//! Opening: a record is made or found, and what is not ours is refused untouched.

use std::fs;
use std::path::Path;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::error::{Error, ErrorKind};
use goldgate::domain::inventory::ReleaseFilter;
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{Inventory as _, PageRequest, Store};
use rusqlite::Connection;

use super::draft::{environment, of, service};

/// The error of opening `dir`, which must help.
fn refusal(dir: &Path) -> Error {
    let error = SqliteStore::open(dir).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.help().unwrap().contains("--data DIR"), "{error:?}");
    error
}

/// Names and bytes of everything in a folder.
fn content(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[cfg(unix)]
#[tokio::test]
async fn folder_and_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("share/goldgate");
    let store = SqliteStore::open(&data).unwrap();
    store.put_decision(of("a").draft()).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::write(&data, "a file").unwrap();
    let error = refusal(&data);
    assert!(error.external().contains(data.to_str().unwrap()), "{error:?}");
    let error = refusal(&data.join("below"));
    assert!(error.external().contains("below"), "{error:?}");
}

#[test]
fn a_folder_in_the_place_of_the_file_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(SqliteStore::file_in(dir.path())).unwrap();
    assert!(refusal(dir.path()).external().contains("goldgate.db"));
}

/// Permission bits do not bind root, so a folder that nobody may write stands in: `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    assert!(refusal(Path::new("/proc/goldgate")).external().contains("/proc/goldgate"));
    assert!(refusal(Path::new("/proc/self")).external().contains("/proc/self"));
}

#[test]
fn what_is_no_record_is_refused_untouched() {
    for (n, bytes) in [&b""[..], b"hello", &[b'x'; 4096], b"SQLite format 3\0"].iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(SqliteStore::file_in(dir.path()), bytes).unwrap();
        let before = content(dir.path());
        let error = refusal(dir.path());
        assert!(error.external().contains("is not a goldgate record"), "{n} {error:?}");
        assert_eq!(content(dir.path()), before);
    }
}

#[test]
fn the_database_of_another_program_is_refused_untouched() {
    for journal in ["DELETE", "WAL"] {
        let dir = tempfile::tempdir().unwrap();
        let other = Connection::open(SqliteStore::file_in(dir.path())).unwrap();
        other
            .execute_batch(&format!(
                "PRAGMA journal_mode={journal}; CREATE TABLE t (x); INSERT INTO t VALUES (1);"
            ))
            .unwrap();
        let before = content(dir.path());
        assert!(refusal(dir.path()).external().contains("is not a goldgate record"));
        assert_eq!(content(dir.path()), before);
    }
}

#[test]
fn a_record_of_a_newer_version_is_refused_and_both_are_named() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(dir.path()).unwrap());
    let file = SqliteStore::file_in(dir.path());
    Connection::open(file).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
    let error = refusal(dir.path());
    for part in ["layout 7", "layout 5", env!("CARGO_PKG_VERSION")] {
        assert!(error.external().contains(part), "{error:?}");
    }
}

#[tokio::test]
async fn a_damaged_record_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.put_decision(of("a").draft()).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let file = SqliteStore::file_in(dir.path());
    let bytes = fs::read(&file).unwrap();
    // The catalogue of tables on the first page, and everything behind it.
    let damaged: Vec<u8> =
        bytes.iter().enumerate().map(|(at, byte)| if at < 100 { *byte } else { 0xa5 }).collect();
    for bytes in [&damaged[..], &damaged[..200]] {
        fs::write(&file, bytes).unwrap();
        let _no_log = fs::remove_file(format!("{}-wal", file.display()));
        let told = match SqliteStore::open(dir.path()) {
            Ok(store) => store.put_decision(of("a").at(1).draft()).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(told.kind(), ErrorKind::Unavailable);
        assert!(told.external().contains("is damaged"), "{told:?}");
        assert!(told.help().unwrap().contains("backup"), "{told:?}");
    }
}

#[tokio::test]
async fn a_log_without_its_record_is_not_read_into_another() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.put_decision(of("a").draft()).await.unwrap();
    store.close().await.unwrap();
    let log = dir.path().join("goldgate.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    fs::remove_file(store.file()).unwrap();
    let error = refusal(dir.path());
    assert!(error.external().contains("goldgate.db-wal"), "{error:?}");
    fs::remove_file(&log).unwrap();
    SqliteStore::open(dir.path()).unwrap();
}

/// A record of layout 1 with the decisions of the one in `from`, which must have no dictionary.
fn make_layout_1(from: &Path, dir: &Path) {
    let sql = include_str!("../../../src/record/migrations/sqlite/V1__record.sql");
    let mut old = Connection::open(SqliteStore::file_in(dir)).unwrap();
    old.execute_batch("PRAGMA application_id = 0x47476462; PRAGMA journal_mode = WAL").unwrap();
    let first = [refinery::Migration::unapplied("V1__record", sql).unwrap()];
    refinery::Runner::new(&first).run(&mut old).unwrap();
    let attach = format!("ATTACH '{}' AS new", SqliteStore::file_in(from).display());
    old.execute_batch(&attach).unwrap();
    old.execute_batch(
        "INSERT INTO decision SELECT seq, id, subject, time, verdict, rules, input, key, delta, dictionary, body
           FROM new.decision;
         INSERT INTO posting SELECT * FROM new.posting;
         INSERT INTO posting SELECT 0, '', chunk, bits FROM new.posting WHERE kind = 3 AND text = 'deny';
         INSERT INTO span SELECT * FROM new.span;
         INSERT INTO rules SELECT * FROM new.rules;
         INSERT INTO blob SELECT * FROM new.blob;
         INSERT INTO standing SELECT * FROM new.standing;
         INSERT INTO subject SELECT s.id, service, environment, team, system, level, score, d.seq, d.id, d.time
           FROM new.subject s JOIN new.decision d ON d.subject = s.id
           WHERE d.seq = (SELECT max(seq) FROM new.decision WHERE subject = s.id);
         INSERT INTO daily SELECT subject, time / 86400000, count(*), sum(verdict),
           json_extract(delta, '$.after') FROM new.decision GROUP BY 1, 2 HAVING max(seq);",
    )
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_of_layout_1_is_brought_up_and_says_what_it_said() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let draft = |n: i64| {
        let step = if n % 3 == 0 { of("a").failing(&["A"]) } else { of("b") };
        let step = if n % 5 == 0 { step.to("staging") } else { step };
        // A day and more for a chunk; a revision for less than a dictionary is made of.
        let mut draft = step.at(n * 100_000).draft();
        draft.decision.revision.digest = Digest::of(&(n / 100).to_le_bytes());
        draft
    };
    let store = SqliteStore::open(before.path()).unwrap();
    for n in 0..1100 {
        store.put_decision(draft(n)).await.unwrap();
    }
    make_layout_1(before.path(), after.path());
    let migrated = SqliteStore::open(after.path()).unwrap();
    let since = Timestamp::from_millis(0);
    for (name, place) in [("a", "production"), ("a", "staging"), ("b", "production")] {
        let (service, environment) = (service(name), environment(place));
        let trend = store.trend(&service, &environment, since).await.unwrap();
        assert!(trend.len() > 1, "{trend:?}");
        assert_eq!(migrated.trend(&service, &environment, since).await.unwrap(), trend);
        let card = store.scorecard(&service, &environment).await.unwrap();
        assert_eq!(migrated.scorecard(&service, &environment).await.unwrap(), card);
        let page = PageRequest { size: 500, token: String::new() };
        let history = store.scorecard_history(&service, &environment, page.clone()).await.unwrap();
        let same = migrated.scorecard_history(&service, &environment, page).await.unwrap();
        assert_eq!((same.items, same.next), (history.items, history.next));
    }
    // And it goes on, over the end of the next chunk.
    for n in 1100..2100 {
        migrated.put_decision(draft(n)).await.unwrap();
    }
    let verified = migrated.verify_scorecards().await.unwrap();
    assert_eq!((verified.n_decisions, verified.contradictions), (2100, Vec::new()));
    let trend = migrated.trend(&service("b"), &environment("production"), since).await.unwrap();
    assert_eq!(trend.iter().map(|day| day.n_decisions).sum::<u32>(), 1120);
}

/// A record of layout 3 is one of layout 5 without the tables of the inventory.
#[tokio::test]
async fn a_record_of_layout_3_is_brought_up_with_an_empty_inventory() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let first = store.put_decision(of("a").seeing(&["CVE-1"]).draft()).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let file = SqliteStore::file_in(dir.path());
    Connection::open(&file)
        .unwrap()
        .execute_batch(
            "DROP TABLE running; DROP TABLE kept; DROP TABLE package; DROP TABLE version; DROP TABLE holder;
             DROP TABLE departure;
             DELETE FROM refinery_schema_history WHERE version > 3; PRAGMA user_version = 3;",
        )
        .unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(store.decision(first.id).await.unwrap().unwrap(), first);
    let runs = || store.releases(ReleaseFilter::default(), PageRequest::default());
    assert_eq!(runs().await.unwrap().items, []);
    let second = store.put_decision(of("a").at(1).holding(&["openssl@0.9"]).draft()).await.unwrap();
    assert_eq!(runs().await.unwrap().items[0].decision, second.id);
    let verified = store.verify_scorecards().await.unwrap();
    assert_eq!((verified.n_decisions, verified.contradictions), (2, Vec::new()));
}
