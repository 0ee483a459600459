//! What every store does, written once. A back end joins by one line at the end.

use std::path::Path;
use std::sync::Arc;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::decision::{Decision, DecisionId, Verdict};
use goldgate::domain::digest::Digest;
use goldgate::domain::error::ErrorKind;
use goldgate::domain::request::Stage;
use goldgate::record::{DecisionFilter, Page, PageRequest, ScorecardFilter, Store};

use super::Backend;
use super::draft::{code_of, environment, of, service, sighting};

fn size(size: u32) -> PageRequest {
    PageRequest { size, token: String::new() }
}

async fn ids(store: &dyn Store, filter: DecisionFilter) -> Vec<DecisionId> {
    let page = store.decisions(filter, PageRequest::default()).await.unwrap();
    page.items.iter().map(|decision| decision.id).collect()
}

/// Every page of a list, with pages of `n`.
async fn all_pages(store: &dyn Store, filter: DecisionFilter, n: u32) -> Vec<Arc<Decision>> {
    let mut found = Vec::new();
    let mut page = size(n);
    loop {
        let Page { items, next } = store.decisions(filter.clone(), page.clone()).await.unwrap();
        assert!(items.len() <= n as usize);
        found.extend(items);
        let Some(next) = next else { return found };
        page.token = next;
    }
}

async fn a_decision_reads_back_as_it_was_answered(store: Arc<dyn Store>) {
    let draft = of("shop/checkout").failing(&["A"]).team("payments").draft();
    let written = store.put_decision(draft).await.unwrap();
    let delta = written.scorecard.clone().unwrap();
    assert_eq!((delta.before, delta.after, delta.level.as_str()), (None, Some(66), "none"));
    assert_eq!(store.decision(written.id).await.unwrap().unwrap(), written);
    let listed = store.decisions(DecisionFilter::default(), size(0)).await.unwrap();
    assert_eq!(listed.items, [written]);
    assert!(listed.next.is_none());
}

async fn what_is_not_there_is_none(store: Arc<dyn Store>) {
    let id = DecisionId::at(Timestamp::from_millis(1));
    assert!(store.decision(id).await.unwrap().is_none());
    assert!(store.decision_of_key("k").await.unwrap().is_none());
    assert!(store.blob(Digest::of(b"x")).await.unwrap().is_none());
    let (service, environment) = (service("a"), environment("production"));
    assert!(store.scorecard(&service, &environment).await.unwrap().is_none());
    let history = store.scorecard_history(&service, &environment, size(0)).await.unwrap();
    assert!(history.items.is_empty() && history.next.is_none());
    assert!(ids(&*store, DecisionFilter::default()).await.is_empty());
}

async fn the_scorecard_follows_its_decisions(store: Arc<dyn Store>) {
    let steps = [
        of("checkout").failing(&["A", "B"]).team("payments"),
        of("checkout").failing(&["B"]).at(1),
        of("checkout").at(2),
        of("checkout").failing(&["C"]).at(3).stage(Stage::Admission),
    ];
    let mut written = Vec::new();
    for step in steps {
        written.push(store.put_decision(step.draft()).await.unwrap());
    }
    let scores: Vec<_> = written
        .iter()
        .map(|decision| {
            decision.scorecard.as_ref().map(|delta| (delta.before, delta.after)).unwrap()
        })
        .collect();
    let expected = [(None, 33), (Some(33), 66), (Some(66), 100), (Some(100), 66)];
    assert_eq!(scores, expected.map(|(before, after)| (before, Some(after))));
    let (service, environment) = (service("checkout"), environment("production"));
    let card = store.scorecard(&service, &environment).await.unwrap().unwrap();
    assert_eq!((card.score, card.level.as_str()), (Some(66), "silver"));
    assert_eq!((card.decision, card.team.as_str()), (written[3].id, "payments"));
    let history = store.scorecard_history(&service, &environment, size(3)).await.unwrap();
    let points: Vec<_> = history.items.iter().map(|point| (point.decision, point.score)).collect();
    let expected = [(3, 66), (2, 100), (1, 66)];
    assert_eq!(points, expected.map(|(index, score)| (written[index].id, Some(score))));
    let rest = PageRequest { size: 3, token: history.next.unwrap() };
    let rest = store.scorecard_history(&service, &environment, rest).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].decision, rest.next), (1, written[0].id, None));
}

async fn a_step_that_moves_nothing_still_names_its_decision(store: Arc<dyn Store>) {
    store.put_decision(of("a").draft()).await.unwrap();
    let second = store.put_decision(of("a").at(5).draft()).await.unwrap();
    let card = store.scorecard(&service("a"), &environment("production")).await.unwrap().unwrap();
    assert_eq!((card.decision, card.time), (second.id, second.time));
}

async fn environments_have_their_own_scorecards(store: Arc<dyn Store>) {
    store.put_decision(of("a").failing(&["A"]).to("staging").draft()).await.unwrap();
    store.put_decision(of("a").draft()).await.unwrap();
    for (name, score) in [("staging", 66), ("production", 100)] {
        let card = store.scorecard(&service("a"), &environment(name)).await.unwrap().unwrap();
        assert_eq!(card.score, Some(score));
    }
}

async fn a_decision_without_a_service_has_no_scorecard(store: Arc<dyn Store>) {
    let written = store.put_decision(of("a").nobody().failing(&["A"]).draft()).await.unwrap();
    assert!(written.scorecard.is_none());
    assert_eq!(store.decision(written.id).await.unwrap().unwrap(), written);
    let cards = store.scorecards(ScorecardFilter::default(), size(0)).await.unwrap();
    assert!(cards.items.is_empty());
}

async fn a_key_stands_for_one_decision(store: Arc<dyn Store>) {
    let first = store.put_decision(of("a").key("run-1").draft()).await.unwrap();
    let again = store.put_decision(of("a").key("run-1").at(9).draft()).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(store.decision_of_key("run-1").await.unwrap().unwrap(), first);
    let other = of("a").key("run-1").input("other").draft();
    let error = store.put_decision(other).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("idempotencyKey")));
    assert!(error.external().contains(&first.id.to_string()));
    assert_eq!(ids(&*store, DecisionFilter::default()).await, [first.id]);
    let card = store.scorecard(&service("a"), &environment("production")).await.unwrap().unwrap();
    assert_eq!(card.decision, first.id);
    let next = store.put_decision(of("a").failing(&["C"]).at(10).draft()).await.unwrap();
    assert_eq!(next.scorecard.as_ref().unwrap().before, Some(100));
}

async fn one_key_in_flight_many_times_is_one_decision(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                store.put_decision(of("a").key("run").at(n).draft()).await.unwrap().id
            })
        })
        .collect();
    let mut answered = Vec::new();
    for task in tasks {
        answered.push(task.await.unwrap());
    }
    answered.dedup();
    assert_eq!(answered.len(), 1);
    assert_eq!(ids(&*store, DecisionFilter::default()).await, answered);
}

async fn a_decision_is_written_once(store: Arc<dyn Store>) {
    let draft = of("a").draft();
    let mut twin = of("a").draft();
    twin.decision.id = draft.decision.id;
    store.put_decision(draft).await.unwrap();
    let error = store.put_decision(twin).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

async fn artifacts_are_kept_under_their_digest(store: Arc<dyn Store>) {
    for n in 0..2 {
        store.put_decision(of("a").input("kind: Pod").at(n).draft()).await.unwrap();
    }
    let text = store.blob(Digest::of(b"kind: Pod")).await.unwrap().unwrap();
    assert_eq!(text, "redacted kind: Pod");
}

async fn conditions_are_combined(store: Arc<dyn Store>) {
    let mut written = Vec::new();
    let steps = [
        of("a").failing(&["A"]).team("red").to("staging"),
        of("b").failing(&["B"]).team("blue"),
        of("a").team("red"),
        of("b").failing(&["A", "B"]).team("blue").to("staging"),
        // The team is known from before.
        of("a").failing(&["B"]),
    ];
    for (step, millis) in steps.iter().zip(0..) {
        let step = step.clone().at(millis * 1000);
        written.push(store.put_decision(step.draft()).await.unwrap());
    }
    let any = DecisionFilter::default;
    let at = |index: usize| Some(written[index].time);
    let cases: [(DecisionFilter, &[usize]); 13] = [
        (any(), &[4, 3, 2, 1, 0]),
        (DecisionFilter { service: Some(service("a")), ..any() }, &[4, 2, 0]),
        (DecisionFilter { team: Some("red".into()), ..any() }, &[4, 2, 0]),
        (DecisionFilter { team: Some("green".into()), ..any() }, &[]),
        (DecisionFilter { environment: Some(environment("staging")), ..any() }, &[3, 0]),
        (DecisionFilter { verdict: Some(Verdict::Allow), ..any() }, &[2]),
        (DecisionFilter { code: Some(code_of("A")), ..any() }, &[3, 0]),
        (DecisionFilter { code: Some(code_of("A")), team: Some("blue".into()), ..any() }, &[3]),
        (DecisionFilter { since: at(1), until: at(3), ..any() }, &[2, 1]),
        (DecisionFilter { since: at(1), code: Some(code_of("B")), ..any() }, &[4, 3, 1]),
        (
            DecisionFilter {
                service: Some(service("a")),
                environment: Some(environment("staging")),
                ..any()
            },
            &[0],
        ),
        (
            DecisionFilter {
                service: Some(service("a")),
                verdict: Some(Verdict::Deny),
                since: at(1),
                ..any()
            },
            &[4],
        ),
        (DecisionFilter { service: Some(service("nobody")), ..any() }, &[]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<DecisionId> = expected.iter().map(|index| written[*index].id).collect();
        assert_eq!(ids(&*store, filter.clone()).await, expected, "{filter:?}");
        let paged = all_pages(&*store, filter.clone(), 1).await;
        let paged: Vec<DecisionId> = paged.iter().map(|decision| decision.id).collect();
        assert_eq!(paged, expected, "{filter:?} page by page");
    }
}

async fn pages_join_without_gap_while_others_write(store: Arc<dyn Store>) {
    let mut written = Vec::new();
    for n in 0..25 {
        written.push(store.put_decision(of("a").at(n).draft()).await.unwrap().id);
    }
    let first = store.decisions(DecisionFilter::default(), size(10)).await.unwrap();
    store.put_decision(of("a").at(99).draft()).await.unwrap();
    let mut found: Vec<DecisionId> = first.items.iter().map(|decision| decision.id).collect();
    let mut token = first.next;
    while let Some(next) = token {
        let page = PageRequest { size: 10, token: next };
        let page = store.decisions(DecisionFilter::default(), page).await.unwrap();
        found.extend(page.items.iter().map(|decision| decision.id));
        token = page.next;
    }
    written.reverse();
    assert_eq!(found, written);
}

async fn a_token_of_another_list_is_refused(store: Arc<dyn Store>) {
    for n in 0..3 {
        store.put_decision(of("a").at(n).draft()).await.unwrap();
    }
    let token = store.decisions(DecisionFilter::default(), size(1)).await.unwrap().next.unwrap();
    let filtered = DecisionFilter { verdict: Some(Verdict::Allow), ..DecisionFilter::default() };
    let page = |token: &str| PageRequest { size: 1, token: token.to_owned() };
    for (filter, token) in [
        (filtered, token.clone()),
        (DecisionFilter::default(), format!("{token}A")),
        (DecisionFilter::default(), token.to_lowercase()),
        (DecisionFilter::default(), "7".to_owned()),
        (DecisionFilter::default(), "ü".to_owned()),
    ] {
        let error = store.decisions(filter, page(&token)).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("pageToken")));
    }
    let error = store.scorecards(ScorecardFilter::default(), page(&token)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

async fn scorecards_are_listed_by_service_and_environment(store: Arc<dyn Store>) {
    let steps = [
        of("b").team("red"),
        of("a").team("red").failing(&["A"]),
        of("a").team("red").to("staging"),
        of("c").team("blue").failing(&["B"]),
        of("d"),
    ];
    for step in &steps {
        store.put_decision(step.draft()).await.unwrap();
    }
    let any = ScorecardFilter::default;
    let cases: [(ScorecardFilter, &[&str]); 6] = [
        (any(), &["a production", "a staging", "b production", "c production", "d production"]),
        (
            ScorecardFilter { team: Some("red".into()), ..any() },
            &["a production", "a staging", "b production"],
        ),
        (ScorecardFilter { level: Some("bronze".into()), ..any() }, &["c production"]),
        (ScorecardFilter { level: Some("none".into()), ..any() }, &["a production"]),
        (ScorecardFilter { environment: Some(environment("staging")), ..any() }, &["a staging"]),
        (ScorecardFilter { system: Some("shop".into()), ..any() }, &[]),
    ];
    for (filter, expected) in cases {
        let mut found = Vec::new();
        let mut page = size(2);
        loop {
            let part = store.scorecards(filter.clone(), page.clone()).await.unwrap();
            found.extend(
                part.items.iter().map(|card| format!("{} {}", card.service.name, card.environment)),
            );
            let Some(next) = part.next else { break };
            page.token = next;
        }
        assert_eq!(found, expected, "{filter:?}");
    }
}

async fn many_callers_make_one_order(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let step = of(["a", "b", "c"][n % 3]).at(i64::try_from(n).unwrap());
                let step =
                    if n % 2 == 0 { step.failing(&["A"]) } else { step.failing(&["B", "C"]) };
                store.put_decision(step.draft()).await.unwrap()
            })
        })
        .collect();
    for task in tasks {
        let decision = task.await.unwrap();
        assert_eq!(store.decision(decision.id).await.unwrap().unwrap(), decision);
    }
    for name in ["a", "b", "c"] {
        let (service, environment) = (service(name), environment("production"));
        let history = store.scorecard_history(&service, &environment, size(500)).await.unwrap();
        // Each decision begins where the one before it ended.
        let mut before = None;
        for point in history.items.iter().rev() {
            let decision = store.decision(point.decision).await.unwrap().unwrap();
            let delta = decision.scorecard.as_ref().unwrap();
            assert_eq!(delta.before, before);
            before = delta.after;
        }
        let card = store.scorecard(&service, &environment).await.unwrap().unwrap();
        assert_eq!((card.score, card.decision), (before, history.items[0].decision));
    }
}

async fn watchers_see_what_is_durable(store: Arc<dyn Store>) {
    let mut events = store.watch();
    let written = store.put_decision(of("a").draft()).await.unwrap();
    let event = events.recv().await.unwrap();
    assert_eq!(event, written);
    assert!(store.decision(event.id).await.unwrap().is_some());
}

async fn closing_writes_what_waits_and_refuses_the_rest(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.put_decision(of("a").at(n).draft()).await })
        })
        .collect();
    store.close().await.unwrap();
    store.close().await.unwrap();
    for task in tasks {
        if let Err(error) = task.await.unwrap() {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
        }
    }
    let error = store.put_decision(of("a").at(99).draft()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(store.health().await.is_err());
}

async fn what_was_seen_first_keeps_its_time(store: Arc<dyn Store>) {
    let first = store.put_decision(of("a").seeing(&["CVE-1"]).draft()).await.unwrap();
    let second = of("a").at(9).seeing(&["CVE-1", "CVE-2"]).draft();
    let second = store.put_decision(second).await.unwrap();
    store.put_decision(of("b").at(11).seeing(&["CVE-3"]).draft()).await.unwrap();
    let seen = store.sightings(first.service.as_ref().unwrap()).await.unwrap();
    let expected = [(sighting("CVE-1"), first.time), (sighting("CVE-2"), second.time)];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
    assert!(store.sightings(&"nobody".parse().unwrap()).await.unwrap().is_empty());
}

async fn a_store_that_works_is_healthy(store: Arc<dyn Store>) {
    store.health().await.unwrap();
}

/// What was answered before is there after opening again.
async fn opening_again_finds_everything(backend: &impl Backend, dir: &Path) {
    let store = backend.open(dir);
    let first = of("a").failing(&["A"]).key("run-1").draft();
    let first = store.put_decision(first).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let store = backend.open(dir);
    assert_eq!(store.decision(first.id).await.unwrap().unwrap(), first);
    // Its key was not used since, and stands for it all the same.
    let again = store.put_decision(of("a").key("run-1").at(2).draft()).await.unwrap();
    assert_eq!(again, first);
    let other = of("a").key("run-1").input("other").draft();
    let error = store.put_decision(other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let second = store.put_decision(of("a").at(1).draft()).await.unwrap();
    assert_eq!(second.scorecard.as_ref().unwrap().before, first.scorecard.as_ref().unwrap().after);
    assert_eq!(ids(&*store, DecisionFilter::default()).await, [second.id, first.id]);
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

            #[tokio::test]
            async fn opening_again_finds_everything() {
                let dir = tempfile::tempdir().unwrap();
                super::opening_again_finds_everything(&$backend, dir.path()).await;
            }
        }
    };
}

contract!(
    sqlite,
    crate::store::Sqlite,
    [
        a_decision_reads_back_as_it_was_answered,
        what_is_not_there_is_none,
        the_scorecard_follows_its_decisions,
        a_step_that_moves_nothing_still_names_its_decision,
        environments_have_their_own_scorecards,
        a_decision_without_a_service_has_no_scorecard,
        a_key_stands_for_one_decision,
        one_key_in_flight_many_times_is_one_decision,
        a_decision_is_written_once,
        artifacts_are_kept_under_their_digest,
        conditions_are_combined,
        pages_join_without_gap_while_others_write,
        a_token_of_another_list_is_refused,
        scorecards_are_listed_by_service_and_environment,
        many_callers_make_one_order,
        watchers_see_what_is_durable,
        closing_writes_what_waits_and_refuses_the_rest,
        what_was_seen_first_keeps_its_time,
        a_store_that_works_is_healthy,
    ]
);
