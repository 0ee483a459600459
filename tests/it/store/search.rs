//! Lists over thousands of decisions find what a plain filter finds.

use std::sync::Arc;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::decision::{Decision, DecisionId, Verdict};
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{DecisionFilter, PageRequest, Store};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::draft::{code_of, environment, of, service};

const SERVICES: [&str; 4] = ["a", "b", "c", "rare"];
const CODES: [&[&str]; 4] = [&[], &["A"], &["B", "C"], &["A", "B", "C"]];
const N: i64 = 2600;

fn matches(filter: &DecisionFilter, decision: &Decision) -> bool {
    let DecisionFilter { service, team, environment, verdict, code, since, until } = filter;
    let team_of = |service: &str| if service == "a" { "red" } else { "blue" };
    service.as_ref().is_none_or(|service| decision.service.as_ref() == Some(service))
        && team.as_ref().is_none_or(|team| {
            decision.service.as_ref().is_some_and(|service| team_of(&service.name) == team)
        })
        && environment.as_ref().is_none_or(|name| decision.environment == *name)
        && verdict.is_none_or(|verdict| decision.verdict == verdict)
        && code
            .as_ref()
            .is_none_or(|code| decision.findings.iter().any(|finding| finding.code == *code))
        && since.is_none_or(|since| decision.time >= since)
        && until.is_none_or(|until| decision.time < until)
}

fn filters() -> impl Strategy<Value = (DecisionFilter, u32)> {
    let moment = || {
        prop::option::of((0..N * 10).prop_map(|n| Timestamp::from_millis(1_764_000_000_000 + n)))
    };
    (
        prop::option::of(prop::sample::select(SERVICES.to_vec())),
        prop::option::weighted(0.3, prop::sample::select(vec!["red", "blue", "green"])),
        prop::option::weighted(0.3, prop::sample::select(vec!["production", "staging"])),
        prop::option::weighted(0.3, prop::sample::select(vec![Verdict::Allow, Verdict::Deny])),
        prop::option::weighted(0.5, prop::sample::select(vec!["A", "B", "D"])),
        moment(),
        moment(),
        1_u32..500,
    )
        .prop_map(|(name, team, place, verdict, code, since, until, size)| {
            let filter = DecisionFilter {
                service: name.map(service),
                team: team.map(str::to_owned),
                environment: place.map(environment),
                verdict,
                code: code.map(code_of),
                since,
                until,
            };
            (filter, size)
        })
}

async fn two_pages(store: &SqliteStore, filter: &DecisionFilter, size: u32) -> Vec<DecisionId> {
    let mut page = PageRequest { size, token: String::new() };
    let mut ids = Vec::new();
    for _ in 0..2 {
        let found = store.decisions(filter.clone(), page.clone()).await.unwrap();
        ids.extend(found.items.iter().map(|decision| decision.id));
        let Some(next) = found.next else { break };
        page.token = next;
    }
    ids
}

#[test]
fn lists_find_what_a_plain_filter_finds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    runtime.block_on(async {
        let tasks: Vec<_> = (0..N)
            .map(|n| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let pick = usize::try_from(n).unwrap();
                    let name = if n % 500 == 499 { "rare" } else { SERVICES[pick / 7 % 3] };
                    // The clocks of callers differ.
                    let skewed = n * 10 + (n * 7919 % 400) - 200;
                    let step = of(name)
                        .at(skewed)
                        .failing(CODES[pick / 3 % 4])
                        .team(if name == "a" { "red" } else { "blue" })
                        .to(if n % 5 == 0 { "staging" } else { "production" });
                    store.put_decision(step.draft()).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let newest_first: Vec<Arc<Decision>> = runtime.block_on(async {
        let mut all = Vec::new();
        let mut page = PageRequest { size: 500, token: String::new() };
        loop {
            let found = store.decisions(DecisionFilter::default(), page.clone()).await.unwrap();
            all.extend(found.items);
            let Some(next) = found.next else { return all };
            page.token = next;
        }
    });
    assert_eq!(newest_first.len(), usize::try_from(N).unwrap());
    let config =
        ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&filters(), |(filter, size)| {
            let expected: Vec<DecisionId> = newest_first
                .iter()
                .filter(|decision| matches(&filter, decision))
                .take(2 * size as usize)
                .map(|decision| decision.id)
                .collect();
            prop_assert_eq!(runtime.block_on(two_pages(&store, &filter, size)), expected);
            Ok(())
        })
        .unwrap();
}
