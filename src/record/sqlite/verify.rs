//! Reckoning every scorecard again from the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::fault::Fault;
use super::rows::{self, Image};
use crate::domain::decision::DecisionId;
use crate::domain::scorecard::{Contribution, Scorecard, ScorecardRules};
use crate::domain::service::{Environment, ServiceRef};
use crate::record::row::{self, Body};

/// What became of reckoning every scorecard again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many decisions were read.
    pub n_decisions: u64,
    /// How many scorecards were compared.
    pub n_scorecards: u64,
    /// Where the record contradicts itself; empty when all is well. At most 100 are named.
    pub contradictions: Vec<Contradiction>,
}

/// A place where the record contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// The decision tells another step of the scorecard than its states make.
    Decision(DecisionId),
    /// The scorecard is not what its decisions make of it.
    Scorecard(ServiceRef, Environment),
    /// The decision names another one before it than its service's.
    Chain(DecisionId),
    /// A decision is missing in the order of commits, behind this one (`None`: at the beginning).
    Gap(Option<DecisionId>),
}

const MAX_NAMED: usize = 100;

impl Verification {
    fn name(&mut self, contradiction: Contradiction) {
        if self.contradictions.len() < MAX_NAMED {
            self.contradictions.push(contradiction);
        }
    }
}

/// Folds every decision in the order of commits and compares with what the record says.
pub(super) fn scorecards(image: Image<'_>) -> Result<Verification, Fault> {
    let mut found = Verification::default();
    let rules = rules(&image)?;
    let mut cards: BTreeMap<(ServiceRef, Environment), Scorecard> = BTreeMap::new();
    let mut last: (i64, Option<DecisionId>) = (0, None);
    let mut statement = image.prepare(
        "SELECT seq, prev, subject, rules, delta, dictionary, body FROM decision ORDER BY seq",
    )?;
    let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
    let mut decisions = statement.query([])?;
    while let Some(line) = decisions.next()? {
        let body = rows::body_from(image, line)?;
        let seq: i64 = line.get("seq")?;
        if seq != last.0 + 1 {
            found.name(Contradiction::Gap(last.1));
        }
        last = (seq, Some(body.decision.id));
        let subject: Option<i64> = line.get("subject")?;
        let before = subject.and_then(|subject| newest.insert(subject, seq));
        if line.get::<_, Option<i64>>("prev")? != before {
            found.name(Contradiction::Chain(body.decision.id));
        }
        found.n_decisions += 1;
        let rules = rules.get(&line.get("rules")?).ok_or_else(row::damaged)?;
        if !step(&body, rules, &mut cards) {
            found.name(Contradiction::Decision(body.decision.id));
        }
    }
    compare(&image, cards, &mut found)?;
    Ok(found)
}

/// Takes a decision's step and tells whether the decision tells the same.
fn step(
    body: &Body,
    rules: &ScorecardRules,
    cards: &mut BTreeMap<(ServiceRef, Environment), Scorecard>,
) -> bool {
    let decision = &body.decision;
    let Some(service) = &decision.service else { return decision.scorecard.is_none() };
    let key = (service.clone(), decision.environment.clone());
    let before = cards.get(&key);
    let after = rules.advance(
        before,
        &Contribution {
            decision: decision.id,
            time: decision.time,
            service,
            environment: &decision.environment,
            team: &body.team,
            system: &body.system,
            sight: decision.sight(),
            states: &body.states,
        },
    );
    let same = decision.scorecard.as_ref() == Some(&after.delta(before));
    cards.insert(key, after);
    same
}

fn compare(
    connection: &Connection,
    mut cards: BTreeMap<(ServiceRef, Environment), Scorecard>,
    found: &mut Verification,
) -> Result<(), Fault> {
    let sql = format!(
        "SELECT {} FROM subject JOIN standing ON standing.subject = subject.id",
        rows::SCORECARD
    );
    let mut statement = connection.prepare(&sql)?;
    let mut standings = statement.query([])?;
    while let Some(line) = standings.next()? {
        let told = rows::scorecard_from(connection, line)?.card;
        found.n_scorecards += 1;
        let (service, environment) = (told.service.clone(), told.environment.clone());
        let key = (service, environment);
        if cards.remove(&key).as_ref() != Some(&*told) {
            found.name(Contradiction::Scorecard(key.0, key.1));
        }
    }
    for (service, environment) in cards.into_keys() {
        found.name(Contradiction::Scorecard(service, environment));
    }
    Ok(())
}

fn rules(connection: &Connection) -> Result<BTreeMap<i64, Arc<ScorecardRules>>, Fault> {
    let mut statement = connection.prepare("SELECT id, body FROM rules")?;
    let mut rows = statement.query([])?;
    let mut rules = BTreeMap::new();
    while let Some(line) = rows.next()? {
        let body = line.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let parsed: ScorecardRules =
            serde_json::from_str(body).map_err(|cause| row::damaged().with_source(cause))?;
        rules.insert(line.get(0)?, Arc::new(parsed));
    }
    Ok(rules)
}
