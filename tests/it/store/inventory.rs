//! What every store says of what runs. A back end joins by one line at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::error::ErrorKind;
use goldgate::domain::inventory::{
    Departure, Holder, HolderQuery, Judged, Rejudged, ReleaseFilter, Restored, Troubled, Within,
};
use goldgate::domain::request::Stage;
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{Draft, PageRequest, Store};

use super::Backend as _;
use super::child::{Task, Writer};
use super::draft::{Of, environment, of, package, service};

/// Everybody who has a package, in versions below `below`; `*` is every version.
fn query(name: &str, below: &'static str) -> HolderQuery {
    let versions = move |version: Option<&str>| match version {
        _ if below == "*" => Within::Yes,
        None => Within::Unsure,
        Some(version) if version < below => Within::Yes,
        Some(_) => Within::No,
    };
    HolderQuery {
        written: format!("{name} {below}"),
        package: package(name),
        versions: Arc::new(versions),
        environment: None,
        team: None,
    }
}

async fn holders(store: &dyn Store, query: HolderQuery) -> Vec<Holder> {
    let page = PageRequest { size: 500, token: String::new() };
    store.who_has(query, page).await.unwrap().page.items
}

/// Service, environment and version of everybody who has a package.
async fn who(store: &dyn Store, name: &str, below: &'static str) -> Vec<(String, String)> {
    let found = holders(store, query(name, below)).await;
    found.into_iter().map(|holder| (holder.service.name, holder.version)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(service, version)| ((*service).to_owned(), (*version).to_owned()))
        .collect()
}

async fn put(store: &dyn Store, step: Of) -> Arc<goldgate::domain::decision::Decision> {
    store.put_decision(step.draft()).await.unwrap()
}

async fn what_was_let_in_is_held_until_the_next_release(store: Arc<dyn Store>) {
    let first = put(&*store, of("a").team("shop").holding(&["openssl@0.9", "serde@1.0"])).await;
    put(&*store, of("b").at(1).holding(&["openssl@0.8"])).await;
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("a", "0.9"), ("b", "0.8")]));
    let found = holders(&*store, query("openssl", "*")).await;
    assert_eq!((found[0].decision, found[0].through.as_str()), (first.id, "reqwest"));
    assert_eq!(
        (found[0].team.as_str(), found[0].comparable, found[0].direct),
        ("shop", true, false)
    );
    // A decision that lets nothing in changes nothing of what runs.
    put(&*store, of("a").failing(&["A"]).at(2)).await;
    assert_eq!(who(&*store, "openssl", "0.9").await, pairs(&[("b", "0.8")]));
    put(&*store, of("a").at(3).holding(&["openssl@1.0", "serde@1.0"])).await;
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("a", "1.0"), ("b", "0.8")]));
    put(&*store, of("a").at(4).holding(&[])).await;
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("b", "0.8")]));
    assert_eq!(who(&*store, "serde", "*").await, []);
    assert_eq!(who(&*store, "nothing", "*").await, []);
}

async fn a_version_is_held_since_it_came(store: Arc<dyn Store>) {
    let first = put(&*store, of("a").holding(&["openssl@0.9", "serde@1.0"])).await;
    let second = put(&*store, of("a").at(60_000).holding(&["openssl@0.9", "serde@1.1"])).await;
    let since = |time: Timestamp| Timestamp::from_millis(time.as_millis() / 1000 * 1000);
    let found = holders(&*store, query("openssl", "*")).await;
    assert_eq!((found[0].since, found[0].decision), (since(first.time), second.id));
    let found = holders(&*store, query("serde", "*")).await;
    assert_eq!((found[0].since, found.len()), (since(second.time), 1));
}

async fn environments_versions_and_parts_are_told_apart(store: Arc<dyn Store>) {
    put(&*store, of("a").holding(&["openssl@0.8", "openssl@0.9", "openssl"])).await;
    put(&*store, of("a").to("staging").at(1).holding(&["openssl@0.9"])).await;
    put(&*store, of("a").at(2).part("Deployment/x/web").holding(&["openssl@0.7"])).await;
    assert_eq!(
        who(&*store, "openssl", "*").await,
        pairs(&[("a", ""), ("a", "0.8"), ("a", "0.9"), ("a", "0.7"), ("a", "0.9")])
    );
    let found = holders(&*store, query("openssl", "0.9")).await;
    let told: Vec<_> =
        found.iter().map(|it| (it.part.as_str(), it.version.as_str(), it.comparable)).collect();
    assert_eq!(told, [("", "", false), ("", "0.8", true), ("Deployment/x/web", "0.7", true)]);
    let there = HolderQuery { environment: Some(environment("staging")), ..query("openssl", "*") };
    assert_eq!(holders(&*store, there).await.len(), 1);
    let page = PageRequest::default();
    let counts = store.who_has(query("openssl", "0.9"), page).await.unwrap().counts;
    assert_eq!((counts.n_services, counts.n_unsure, counts.n_releases), (1, 1, 3));
    // The same object comes again and nobody could look at its bills: what was known of it stands.
    put(&*store, of("a").at(3).part("Deployment/x/web").holding(&[])).await;
    assert_eq!(who(&*store, "openssl", "0.8").await, pairs(&[("a", ""), ("a", "0.7")]));
    // The next whole release says what runs; what the door saw of the one before is gone.
    put(&*store, of("a").at(4).holding(&["openssl@1.0"])).await;
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("a", "1.0"), ("a", "0.9")]));
}

async fn what_runs_is_listed_and_shown(store: Arc<dyn Store>) {
    let first = put(&*store, of("b").team("shop").holding(&["serde@1.0", "openssl"])).await;
    put(&*store, of("a").at(1).to("staging").holding(&[])).await;
    let list = |filter| store.releases(filter, PageRequest::default());
    let all = list(ReleaseFilter::default()).await.unwrap().items;
    let names: Vec<_> = all.iter().map(|it| (it.service.name.as_str(), it.n_components)).collect();
    assert_eq!(names, [("a", 0), ("b", 2)]);
    assert_eq!((all[1].decision, all[1].time), (first.id, first.time));
    assert_eq!(all[1].images, ["registry.example/a:1"]);
    let shop = ReleaseFilter { team: Some("shop".to_owned()), ..ReleaseFilter::default() };
    assert_eq!(list(shop).await.unwrap().items.len(), 1);
    let page = PageRequest { size: 1, token: String::new() };
    let one =
        store.components(&service("b"), &environment("production"), page).await.unwrap().unwrap();
    assert_eq!((one.items[0].package.as_ref(), one.items[0].version.as_str()), ("openssl", ""));
    let page = PageRequest { size: 1, token: one.next.unwrap() };
    let two =
        store.components(&service("b"), &environment("production"), page).await.unwrap().unwrap();
    assert_eq!((two.items[0].package.as_ref(), two.next), ("serde", None));
    let (other, there) = (service("b"), environment("staging"));
    assert!(store.components(&other, &there, PageRequest::default()).await.unwrap().is_none());
}

async fn pages_of_holders_join_without_gap(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..600_i64)
        .map(|n| {
            let store = Arc::clone(&store);
            let mut draft: Draft = of("a").at(n).holding(&["openssl@0.9"]).draft();
            draft.decision.service = Some(service(&format!("s{n:03}")));
            tokio::spawn(async move { store.put_decision(draft).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (mut found, mut page) = (Vec::new(), PageRequest { size: 70, token: String::new() });
    loop {
        let answer = store.who_has(query("openssl", "*"), page.clone()).await.unwrap();
        assert_eq!(answer.counts.n_services, 600);
        found.extend(answer.page.items.into_iter().map(|holder| holder.service.name));
        let Some(next) = answer.page.next else { break };
        page.token = next;
    }
    assert_eq!(found, (0..600).map(|n| format!("s{n:03}")).collect::<Vec<_>>());
    let foreign = PageRequest { size: 70, token: page.token };
    assert!(store.who_has(query("serde", "*"), foreign).await.is_err());
}

/// Releases come and go by the hundred; the index says what a plain list says.
async fn the_index_says_what_a_plain_list_says(store: Arc<dyn Store>) {
    let mut plain: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut state = 7_u64;
    let mut random = move |n: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for n in 0..700 {
        let which = random(300);
        let mut held: Vec<String> =
            (0..random(6)).map(|_| format!("p{}@{}", random(9), random(4))).collect();
        held.sort();
        held.dedup();
        let texts: Vec<&str> = held.iter().map(String::as_str).collect();
        let mut draft = of("a").at(n).holding(&texts).draft();
        draft.decision.service = Some(service(&format!("s{which:03}")));
        store.put_decision(draft).await.unwrap();
        plain.insert(which, held);
    }
    for package in 0..9 {
        let name = format!("p{package}");
        let mut expected = Vec::new();
        for (which, held) in &plain {
            let own = held.iter().filter_map(|it| it.strip_prefix(&format!("{name}@")));
            expected.extend(own.map(|version| (format!("s{which:03}"), version.to_owned())));
        }
        assert_eq!(who(&*store, &name, "*").await, expected, "{name}");
    }
}

async fn only_what_is_troubled_otherwise_is_judged_again(store: Arc<dyn Store>) {
    put(&*store, of("a").holding(&["openssl@0.9", "serde@1.0"])).await;
    put(&*store, of("b").at(1).holding(&["openssl@0.9"]).troubled(5)).await;
    put(&*store, of("c").at(2).holding(&["openssl@1.0"])).await;
    let now = Timestamp::from_millis(0);
    let held = store.held().await.unwrap();
    let number = |name: &str, version: &str| {
        let found =
            held.iter().find(|it| *it.name.name == *name && it.text.as_deref() == Some(version));
        let found = found.unwrap();
        (found.package, found.version)
    };
    let troubled = |(package, version), trouble| Troubled { package, version, trouble };
    let now_known =
        vec![troubled(number("openssl", "0.9"), 5), troubled(number("serde", "1.0"), 2)];
    let stale = store.stale(now_known.clone(), 0, now).await.unwrap();
    let [(release, 7)] = stale[..] else { panic!("{stale:?}") };
    let watched = store.watched(vec![release]).await.unwrap().remove(0);
    assert!(watched.kept.contains("serde@1.0"), "{}", watched.kept);
    // Noted, with nothing new to say: it is done.
    let later = Timestamp::from_millis(9);
    let judged = Judged { troubles: 7, outcome: Digest::of(b"x"), due: Some(later) };
    let rejudged = Rejudged { release, arrived: watched.arrived, judged };
    store.note_rejudged(vec![rejudged]).await.unwrap();
    assert_eq!(store.stale(now_known.clone(), 0, now).await.unwrap(), []);
    assert_eq!(store.stale(now_known.clone(), 0, later).await.unwrap(), [(release, 7)]);
    assert_eq!(store.watched(vec![release]).await.unwrap()[0].judged, judged);
    // What troubled `b` is gone.
    let stale = store.stale(Vec::new(), 0, now).await.unwrap();
    assert_eq!(stale.iter().map(|(_, sum)| *sum).collect::<Vec<_>>(), [0, 0]);
    // A release that came meanwhile is not noted by what its predecessor was judged by.
    put(&*store, of("a").at(3).holding(&["openssl@0.9"])).await;
    store.note_rejudged(vec![rejudged]).await.unwrap();
    assert_eq!(store.watched(vec![release]).await.unwrap()[0].judged.troubles, 0);
}

async fn a_decision_of_a_watch_is_noted_with_its_release(store: Arc<dyn Store>) {
    let first = put(&*store, of("a").holding(&["openssl@0.9"])).await;
    let known = store.held().await.unwrap();
    let trouble = Troubled { package: known[0].package, version: known[0].version, trouble: 3 };
    let stale = store.stale(vec![trouble], 0, Timestamp::from_millis(0)).await.unwrap();
    let judged = Judged { troubles: 3, outcome: Digest::of(b"x"), due: None };
    let mut draft = of("a").at(5).failing(&["A"]).draft();
    draft.rejudged = Some(Rejudged { release: stale[0].0, arrived: first.id, judged });
    let watch = store.put_decision(draft).await.unwrap();
    assert_eq!(store.stale(vec![trouble], 0, Timestamp::from_millis(0)).await.unwrap(), []);
    // It moved the scorecard, and what runs is what ran.
    assert_ne!(watch.scorecard.as_ref().unwrap().after, Some(100));
    let runs = store.releases(ReleaseFilter::default(), PageRequest::default()).await.unwrap();
    assert_eq!(runs.items[0].decision, first.id);
}

fn departure(millis: i64) -> Departure {
    Departure { actor: "mia".to_owned(), time: Timestamp::from_millis(millis) }
}

fn of_service(name: &str) -> ReleaseFilter {
    ReleaseFilter { service: Some(service(name)), ..ReleaseFilter::default() }
}

async fn what_is_forgotten_is_gone_until_it_is_let_in_again(store: Arc<dyn Store>) {
    let first = put(&*store, of("a").holding(&["openssl@0.9", "serde@1.0"])).await;
    put(&*store, of("a").to("staging").at(1).holding(&["openssl@0.9"])).await;
    put(&*store, of("a").at(2).part("Deployment/x/web").holding(&["openssl@0.7"])).await;
    put(&*store, of("b").at(3).holding(&["openssl@0.8"])).await;
    let there = Some(environment("production"));
    let filter = ReleaseFilter { environment: there, ..of_service("a") };
    let gone = store.forget(filter.clone(), departure(4)).await.unwrap();
    let parts: Vec<&str> = gone.iter().map(|release| release.part.as_str()).collect();
    assert_eq!((parts, gone[0].decision), (vec!["", "Deployment/x/web"], first.id));
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("a", "0.9"), ("b", "0.8")]));
    assert_eq!(who(&*store, "serde", "*").await, []);
    let stale = store.stale(Vec::new(), 1, Timestamp::from_millis(0)).await.unwrap();
    assert_eq!(stale.len(), 2, "what is gone is not judged again");
    // Asking again is no error, and what was decided is still known.
    assert_eq!(store.forget(filter, departure(5)).await.unwrap(), []);
    assert!(store.decision(first.id).await.unwrap().is_some());
    put(&*store, of("a").at(6).holding(&["openssl@1.0"])).await;
    let all = pairs(&[("a", "1.0"), ("a", "0.9"), ("b", "0.8")]);
    assert_eq!(who(&*store, "openssl", "*").await, all);
    assert_eq!(store.forget(of_service("a"), departure(7)).await.unwrap().len(), 2);
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("b", "0.8")]));
}

async fn one_object_is_forgotten_by_its_name(store: Arc<dyn Store>) {
    put(&*store, of("a").part("Deployment/x/web").holding(&["openssl@0.7"])).await;
    put(&*store, of("a").at(1).part("Deployment/x/api").holding(&["openssl@0.8"])).await;
    let filter = ReleaseFilter {
        environment: Some(environment("production")),
        part: Some("Deployment/x/web".to_owned()),
        ..ReleaseFilter::default()
    };
    let elsewhere = ReleaseFilter { environment: Some(environment("staging")), ..filter.clone() };
    assert_eq!(store.forget(elsewhere, departure(2)).await.unwrap(), []);
    assert_eq!(store.forget(filter, departure(2)).await.unwrap().len(), 1);
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("a", "0.8")]));
}

async fn a_service_that_nobody_knows_cannot_be_forgotten(store: Arc<dyn Store>) {
    put(&*store, of("checkout").holding(&["openssl@0.7"])).await;
    put(&*store, of("denied").at(1).failing(&["A"])).await;
    let forget = async |name: &str, dry_run| {
        goldgate::record::forget(&*store, &service(name), None, departure(2), dry_run).await
    };
    let error = forget("chekout", false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.help().unwrap().contains("`component:default/checkout`"), "{error:?}");
    assert_eq!(forget("denied", false).await.unwrap(), []);
    assert_eq!(forget("checkout", true).await.unwrap().len(), 1);
    assert_eq!(forget("checkout", false).await.unwrap().len(), 1);
    assert_eq!(forget("checkout", false).await.unwrap(), []);
}

async fn what_was_let_in_before_is_restored_and_what_was_forgotten_is_not(store: Arc<dyn Store>) {
    // Let in without an arrival, as records before layout 4 have it.
    let old = put(&*store, of("a")).await;
    put(&*store, of("a").at(1).failing(&["A"])).await;
    put(&*store, of("a").at(2).stage(Stage::Build)).await;
    put(&*store, of("never").at(3).failing(&["A"])).await;
    put(&*store, of("listed").at(4).holding(&["serde@1.0"])).await;
    put(&*store, of("gone").at(5).holding(&["serde@1.0"])).await;
    store.forget(of_service("gone"), departure(i64::MAX)).await.unwrap();
    assert_eq!(store.unlisted().await.unwrap(), [old.id]);
    // What the door saw since stays.
    put(&*store, of("a").at(6).part("Deployment/x/web").holding(&["openssl@0.7"])).await;
    let arrival = of("a").holding(&["openssl@0.9"]).draft().arrival.unwrap();
    let restored = || vec![Restored { decision: Arc::clone(&old), arrival: arrival.clone() }];
    assert_eq!(store.restore(restored()).await.unwrap(), 1);
    assert_eq!(who(&*store, "openssl", "*").await, pairs(&[("a", "0.9"), ("a", "0.7")]));
    assert_eq!(holders(&*store, query("openssl", "*")).await[0].decision, old.id);
    assert_eq!(store.restore(restored()).await.unwrap(), 0);
    assert_eq!(store.unlisted().await.unwrap(), []);
}

macro_rules! contract {
    ($module:ident, $backend:expr, [$($fact:ident),* $(,)?]) => {
        mod $module {
            use crate::store::Backend as _;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let dir = tempfile::tempdir().unwrap();
                super::$fact($backend.open(dir.path())).await;
            })*
        }
    };
}

contract!(
    sqlite,
    crate::store::Sqlite,
    [
        what_was_let_in_is_held_until_the_next_release,
        a_version_is_held_since_it_came,
        environments_versions_and_parts_are_told_apart,
        what_runs_is_listed_and_shown,
        pages_of_holders_join_without_gap,
        the_index_says_what_a_plain_list_says,
        only_what_is_troubled_otherwise_is_judged_again,
        a_decision_of_a_watch_is_noted_with_its_release,
        what_is_forgotten_is_gone_until_it_is_let_in_again,
        one_object_is_forgotten_by_its_name,
        a_service_that_nobody_knows_cannot_be_forgotten,
        what_was_let_in_before_is_restored_and_what_was_forgotten_is_not,
    ]
);

/// Written in one transaction: after a kill the index is that of the last decision that let something in.
#[tokio::test]
async fn after_a_kill_the_index_and_what_runs_agree() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(dir.path()).unwrap());
    for _ in 0..3 {
        Writer::start(Task::WriteForever, dir.path()).kill_after(80);
        let store = super::Sqlite.open(dir.path());
        let runs = store.releases(ReleaseFilter::default(), PageRequest::default()).await.unwrap();
        assert_eq!(runs.items.len(), 5);
        let found = holders(&*store, query("openssl", "*")).await;
        assert_eq!(found.len(), 5);
        for (holder, release) in found.iter().zip(&runs.items) {
            assert_eq!((&holder.service, holder.decision), (&release.service, release.decision));
            assert!(store.decision(release.decision).await.unwrap().is_some());
            let held = store
                .components(&release.service, &release.environment, PageRequest::default())
                .await
                .unwrap()
                .unwrap();
            assert_eq!(held.items[0].version, holder.version);
        }
    }
}
