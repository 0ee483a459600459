//! The real program as a server: killed or told to stop under load, and everything that it answered is there.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use goldgate::domain::decision::DecisionId;
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{DecisionFilter, PageRequest, Store as _};
use http::Method;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::harness::{ALLOWED, Answer, DENIED, check_body, request};

/// The program, serving; killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts the program on a record in `data` and waits until it serves.
    fn serve(data: &Path) -> Self {
        Self::serve_bundle(data, "tests/cases/api/bundle")
    }

    /// Starts the program with the policies of `bundle` alone.
    pub(crate) fn serve_bundle(data: &Path, bundle: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_goldgate"))
            .args(["serve", "--listen", "127.0.0.1:0", "--no-builtin", "-v"])
            .args(["--bundle", bundle, "--data"])
            .arg(data)
            .env_clear()
            .env("HOME", data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("on http://")?;
            rest.split_whitespace().next()?.parse().ok()
        });
        // Somebody must read what it logs, or it would wait for that.
        let log = Arc::new(Mutex::new(Vec::new()));
        let read = Arc::clone(&log);
        std::thread::spawn(move || lines.for_each(|line| read.lock().unwrap().extend(line)));
        Self { child, address: address.expect("the program serves"), log }
    }

    /// What it has logged since it serves.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Tells it to stop and waits until it has.
    fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(
            Command::new("/bin/sh")
                .args(["-c", "kill -TERM \"$0\"", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Callers that ask one question after the other until nobody answers any more.
struct Load {
    callers: Vec<JoinHandle<Vec<DecisionId>>>,
    n_answered: Arc<AtomicU64>,
    leaving: Arc<AtomicBool>,
}

impl Load {
    fn on(address: SocketAddr, n_callers: usize) -> Self {
        let n_answered = Arc::new(AtomicU64::new(0));
        let leaving = Arc::new(AtomicBool::new(false));
        let callers = (0..n_callers)
            .map(|number| {
                let (n_answered, leaving) = (Arc::clone(&n_answered), Arc::clone(&leaving));
                tokio::spawn(ask_on(address, number, n_answered, leaving))
            })
            .collect();
        Self { callers, n_answered, leaving }
    }

    /// Waits until so many questions were answered.
    async fn reaches(&self, n: u64) {
        while self.n_answered.load(Ordering::Relaxed) < n {
            assert!(!self.callers.iter().all(JoinHandle::is_finished), "the load has ended");
            tokio::task::yield_now().await;
        }
    }

    /// Every id that was answered, once nobody answers any more.
    async fn answered(self) -> Vec<DecisionId> {
        self.leaving.store(true, Ordering::Relaxed);
        let mut answered = Vec::new();
        for caller in self.callers {
            answered.extend(caller.await.unwrap());
        }
        answered
    }
}

async fn ask_on(
    address: SocketAddr,
    number: usize,
    n_answered: Arc<AtomicU64>,
    leaving: Arc<AtomicBool>,
) -> Vec<DecisionId> {
    let mut answered = Vec::new();
    while let Ok(stream) = TcpStream::connect(address).await {
        let Ok((mut sender, connection)) = http1::handshake(TokioIo::new(stream)).await else {
            break;
        };
        tokio::spawn(connection);
        while sender.ready().await.is_ok() {
            let mut body = check_body(if number.is_multiple_of(2) { ALLOWED } else { DENIED });
            body["service"] = serde_json::json!(format!("service-{number}"));
            let asked = request(Method::POST, "/v1/check", body.to_string());
            let Ok(response) = sender.send_request(asked).await else { break };
            let Some(answer) = Answer::whole(response).await else { break };
            assert_eq!(answer.status, 200, "{answer:?}");
            answered.push(answer.json()["id"].as_str().unwrap().parse().unwrap());
            n_answered.fetch_add(1, Ordering::Relaxed);
        }
        // A server that was told to stop lets nobody in any more; one that was killed refuses as well.
        if leaving.load(Ordering::Relaxed) {
            break;
        }
    }
    answered
}

/// Requires that the record in `data` holds each of `answered` once, and contradicts itself nowhere.
async fn assert_recorded(data: &Path, answered: &[DecisionId]) {
    let store = SqliteStore::open(data).unwrap();
    for id in answered {
        assert!(store.decision(*id).await.unwrap().is_some(), "{id} was answered and is not there");
    }
    let (mut listed, mut token) = (Vec::new(), String::new());
    loop {
        let page = PageRequest { size: 500, token };
        let page = store.decisions(DecisionFilter::default(), page).await.unwrap();
        listed.extend(page.items.iter().map(|decision| decision.id));
        let Some(next) = page.next else { break };
        token = next;
    }
    let n_listed = listed.len();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed.len(), n_listed);
    assert!(answered.iter().all(|id| listed.binary_search(id).is_ok()));
    let verification = store.verify_scorecards().await.unwrap();
    assert_eq!(verification.contradictions, []);
}

#[tokio::test]
async fn what_a_killed_server_answered_is_there() {
    let data = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for n in [1, 40, 150] {
        let mut program = Program::serve(data.path());
        let load = Load::on(program.address, 8);
        load.reaches(n).await;
        program.child.kill().unwrap();
        program.child.wait().unwrap();
        let ids = load.answered().await;
        assert!(ids.len() as u64 >= n);
        answered.extend(ids);
        assert_recorded(data.path(), &answered).await;
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_answers_first_and_ends_well() {
    let data = tempfile::tempdir().unwrap();
    let program = Program::serve(data.path());
    let load = Load::on(program.address, 8);
    load.reaches(50).await;
    let ended = tokio::task::spawn_blocking(move || program.terminate()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
    let answered = load.answered().await;
    assert_recorded(data.path(), &answered).await;
    // Nothing waits in its log any more, and nothing was decided that nobody was told.
    let store = SqliteStore::open(data.path()).unwrap();
    let verification = store.verify_scorecards().await.unwrap();
    assert_eq!(verification.n_decisions, answered.len() as u64);
}
