//! Advisories that come by themselves: from a mirror on loopback, and from a watched folder.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

use goldgate::domain::clock::{Clock, FixedClock, Timestamp};
use goldgate::evidence::advisory::refresh::{Look, MirrorClient, Refresh, Troubles};
use goldgate::evidence::advisory::{ImportLimits, snapshot};
use tempfile::TempDir;

const DAY_MS: i64 = 86_400_000;

/// What a mirror answers, and what it was asked.
#[derive(Default)]
struct Mirror {
    status: u16,
    etag: &'static str,
    body: Vec<u8>,
    /// Says that more bytes come than do.
    is_cut: bool,
    asked: Vec<String>,
}

fn serve(mirror: Arc<Mutex<Mirror>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> =
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let mut mirror = mirror.lock().unwrap();
            let condition =
                head.iter().find(|line| line.to_ascii_lowercase().starts_with("if-none-match"));
            mirror.asked.push(condition.cloned().unwrap_or_default());
            let is_known = condition.is_some_and(|line| line.contains(mirror.etag));
            let status = if is_known { 304 } else { mirror.status };
            let body: &[u8] = if status == 200 { &mirror.body } else { b"" };
            let length = body.len() + usize::from(mirror.is_cut) * 10;
            let etag = mirror.etag;
            let _gone = write!(
                stream,
                "HTTP/1.1 {status} Said\r\netag: \"{etag}\"\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _gone = stream.write_all(body);
        }
    });
    address
}

fn refresh(data: &Path, folder: Option<&Path>, mirrors: Vec<String>) -> Refresh {
    Refresh {
        folder: folder.map(Path::to_path_buf),
        mirrors,
        kept: data.join("advisories"),
        file: data.join("advisories.db"),
        limits: ImportLimits::default(),
        client: MirrorClient::new(None).unwrap().with_max_bytes(100_000),
        clock: Arc::new(FixedClock(Timestamp::from_millis(0))),
        troubles: Troubles::default(),
    }
}

/// Looks as a server does: where blocking is allowed, below a runtime.
fn look(refresh: Refresh, ask_mirrors: bool) -> (Refresh, Look) {
    let runtime = goldgate::app::runtime().unwrap();
    runtime.block_on(async {
        let work = move || {
            let look = refresh.look(ask_mirrors).unwrap();
            (refresh, look)
        };
        tokio::task::spawn_blocking(work).await.unwrap()
    })
}

fn osv(ids: &[&str]) -> String {
    let record = |id: &&str| {
        format!(
            r#"{{"id":"{id}","modified":"2026-01-02T03:04:05Z","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"1.0.0"}}]}}]}}]}}"#
        )
    };
    format!("[{}]", ids.iter().map(record).collect::<Vec<_>>().join(","))
}

fn in_force(data: &TempDir) -> Vec<String> {
    let read = snapshot::read(&data.path().join("advisories.db")).unwrap();
    let records = read.map(|(records, ..)| records.advisories).unwrap_or_default();
    records.iter().map(|advisory| advisory.id.to_string()).collect()
}

#[test]
fn a_mirror_is_asked_for_what_is_newer_and_what_it_says_is_in_force() {
    let data = tempfile::tempdir().unwrap();
    let body = osv(&["A-1", "A-2"]).into_bytes();
    let mirror = Mirror { status: 200, etag: "one", body, ..Mirror::default() };
    let mirror = Arc::new(Mutex::new(mirror));
    let address = format!("http://{}/npm/all.json", serve(Arc::clone(&mirror)));
    let (refresh, first) = look(refresh(data.path(), None, vec![address]), true);
    assert_eq!((first, in_force(&data)), (Look::Swapped, vec!["A-1".to_owned(), "A-2".to_owned()]));
    let (mut refresh, second) = look(refresh, true);
    assert_eq!(second, Look::Same);
    assert_eq!(mirror.lock().unwrap().asked, ["", "if-none-match: \"one\""]);

    // What the mirror still calls its newest does not become stale.
    let later = Timestamp::from_millis(2 * DAY_MS);
    refresh.clock = Arc::new(FixedClock(later)) as Arc<dyn Clock>;
    let (refresh, third) = look(refresh, true);
    assert_eq!(third, Look::Confirmed);
    let database = snapshot::open(&data.path().join("advisories.db")).unwrap().unwrap();
    assert_eq!((database.facts().imported, database.n_advisories()), (later, 2));

    // Without an answer nothing is asked for again when only the folder is looked at.
    let (_, fourth) = look(refresh, false);
    assert_eq!((fourth, mirror.lock().unwrap().asked.len()), (Look::Same, 3));
}

#[test]
fn an_answer_that_is_broken_keeps_the_last_good_one_and_is_told() {
    let data = tempfile::tempdir().unwrap();
    let body = osv(&["A-1"]).into_bytes();
    let mirror =
        Arc::new(Mutex::new(Mirror { status: 200, etag: "one", body, ..Mirror::default() }));
    let address = format!("http://{}/all.json", serve(Arc::clone(&mirror)));
    let (mut refresh, _) = look(refresh(data.path(), None, vec![address.clone()]), true);
    let whole = osv(&["B-1", "B-2"]).into_bytes();
    let half = whole[..whole.len() - 40].to_vec();
    for (status, body, is_cut, told) in [
        (503, Vec::new(), false, "it answered 503"),
        (200, half, false, "is not whole"),
        (200, whole.clone(), true, "end of file"),
        (200, b"[]".to_vec(), false, "there is no advisory"),
        (200, b"<html>Please sign in</html>".to_vec(), false, "no advisory"),
        (200, vec![b' '; 200_000], false, "more than 100000 bytes"),
    ] {
        *mirror.lock().unwrap() = Mirror { status, etag: "two", body, is_cut, asked: Vec::new() };
        let (back, looked) = look(refresh, true);
        refresh = back;
        assert_eq!((looked, in_force(&data)), (Look::Same, vec!["A-1".to_owned()]), "{told}");
        let troubles = refresh.troubles.told().join("\n");
        assert!(troubles.contains(told) && troubles.contains(&address), "{told}: {troubles}");
    }
    *mirror.lock().unwrap() = Mirror { status: 200, etag: "two", body: whole, ..Mirror::default() };
    let (refresh, looked) = look(refresh, true);
    assert_eq!((looked, in_force(&data).len()), (Look::Swapped, 2));
    assert_eq!(refresh.troubles.told(), Vec::<String>::new());
    // Nothing of an answer that was not taken stays behind.
    let kept = fs::read_dir(data.path().join("advisories")).unwrap().count();
    assert_eq!(kept, 2, "the state and one answer");
}

#[test]
fn a_watched_folder_counts_once_it_stands_still_and_is_whole() {
    let data = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.json");
    fs::write(&file, osv(&["A-1"])).unwrap();
    let mut refresh = refresh(data.path(), Some(folder.path()), Vec::new());
    let mut looks = Vec::new();
    for _ in 0..3 {
        let (back, looked) = look(refresh, true);
        refresh = back;
        looks.push(looked);
    }
    assert_eq!(looks, [Look::Same, Look::Swapped, Look::Same]);
    let whole = osv(&["B-1", "B-2"]);
    fs::write(&file, &whole[..whole.len() - 40]).unwrap();
    for _ in 0..2 {
        refresh = look(refresh, true).0;
    }
    assert_eq!(in_force(&data), ["A-1"]);
    assert!(refresh.troubles.told()[0].contains("is not whole"), "{:?}", refresh.troubles.told());
    // What was refused is not read again while it looks the same: here it would be taken.
    let changed = fs::metadata(&file).unwrap().modified().unwrap();
    let same_length = format!("{:1$}", osv(&["C-1"]), whole.len() - 40);
    fs::write(&file, same_length).unwrap();
    File::options().write(true).open(&file).unwrap().set_modified(changed).unwrap();
    refresh = look(refresh, true).0;
    assert_eq!(in_force(&data), ["A-1"]);
    assert!(refresh.troubles.told()[0].contains("is not whole"), "{:?}", refresh.troubles.told());
    fs::write(&file, &whole).unwrap();
    for _ in 0..2 {
        refresh = look(refresh, true).0;
    }
    assert_eq!(in_force(&data), ["B-1", "B-2"]);
    assert_eq!(refresh.troubles.told(), Vec::<String>::new());
}
