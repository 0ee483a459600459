//! What the record is compared with: loops that commit for all who wait, and do nothing else.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use goldgate::domain::digest::Digest;
use goldgate::domain::scorecard::ScorecardRules;
use goldgate::record::Draft;
use rusqlite::{Connection, Statement};
use tokio::sync::oneshot;

use super::{Log, draft};

type Waiting<R> = (R, oneshot::Sender<()>);

/// One thread, one commit for all who wait.
struct GroupCommit<R>(SyncSender<Waiting<R>>);

impl<R: Send + 'static> GroupCommit<R> {
    fn open(
        dir: &Path,
        schema: &str,
        sql: &'static str,
        insert: impl Fn(&mut Statement<'_>, &R) + Send + 'static,
    ) -> Self {
        let connection = Connection::open(dir.join("bare.db")).unwrap();
        connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;").unwrap();
        connection.execute_batch(schema).unwrap();
        let (queue, waiting) = sync_channel::<Waiting<R>>(4096);
        std::thread::spawn(move || {
            while let Ok(first) = waiting.recv() {
                let batch: Vec<Waiting<R>> =
                    std::iter::once(first).chain(waiting.try_iter().take(511)).collect();
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                let mut statement = connection.prepare_cached(sql).unwrap();
                for (row, _) in &batch {
                    insert(&mut statement, row);
                }
                connection.execute_batch("COMMIT").unwrap();
                for (_, answer) in batch {
                    let _gone = answer.send(());
                }
            }
        });
        Self(queue)
    }

    async fn write(&self, row: R) {
        let (answer, answered) = oneshot::channel();
        self.0.send((row, answer)).unwrap();
        answered.await.unwrap();
    }
}

/// The least that a durable log must do: bytes that were packed beforehand, as many as the record's, one column, no index.
pub(crate) struct Bare {
    log: GroupCommit<Vec<u8>>,
    body: Vec<u8>,
    rules: Arc<ScorecardRules>,
}

impl Bare {
    pub(crate) fn open(dir: &Path, body_bytes: usize) -> Self {
        let schema = "CREATE TABLE log (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)";
        let sql = "INSERT INTO log (body) VALUES (?1)";
        let log = GroupCommit::open(dir, schema, sql, |statement, body: &Vec<u8>| {
            statement.execute([body]).unwrap();
        });
        let mut body = Vec::new();
        while body.len() < body_bytes {
            body.extend_from_slice(Digest::of(&body).as_bytes());
        }
        body.truncate(body_bytes);
        Self { log, body, rules: Arc::default() }
    }
}

impl Log for Bare {
    async fn write(&self, n: u64) {
        // Whoever wants something written makes it first.
        drop(std::hint::black_box(draft(n, &self.rules)));
        self.log.write(self.body.clone()).await;
    }
}

/// The least that a log of decisions must do: each decision's own JSON, the columns to filter by, an index to follow a
/// service. No packing, no scorecard, no findings' index, no artifacts.
pub(crate) struct Plain {
    log: GroupCommit<Row>,
    rules: Arc<ScorecardRules>,
}

struct Row {
    id: String,
    time: i64,
    service: String,
    team: String,
    verdict: &'static str,
    body: Vec<u8>,
}

impl Plain {
    pub(crate) fn open(dir: &Path) -> Self {
        let schema = "CREATE TABLE log (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, time INTEGER NOT NULL, \
            service TEXT NOT NULL, team TEXT NOT NULL, verdict TEXT NOT NULL, body BLOB NOT NULL); \
            CREATE INDEX of_service ON log (service, seq)";
        let sql = "INSERT INTO log (id, time, service, team, verdict, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let log = GroupCommit::open(dir, schema, sql, |statement, row: &Row| {
            let Row { id, time, service, team, verdict, body } = row;
            statement.execute((id, time, service, team, verdict, body)).unwrap();
        });
        Self { log, rules: Arc::default() }
    }
}

impl Log for Plain {
    async fn write(&self, n: u64) {
        let Draft { decision, team, .. } = draft(n, &self.rules);
        let row = Row {
            id: decision.id.to_string(),
            time: decision.time.as_millis(),
            service: decision.service.as_ref().map(ToString::to_string).unwrap_or_default(),
            team,
            verdict: decision.verdict.as_str(),
            body: serde_json::to_vec(&decision).unwrap(),
        };
        self.log.write(row).await;
    }
}
