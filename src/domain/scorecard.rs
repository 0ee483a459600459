//! Scorecards: where a service stands, as a pure function of its decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::code::{Code, Severity};
use crate::domain::decision::DecisionId;
use crate::domain::service::{Environment, ServiceRef};

/// How a policy stands for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It applied and nothing was found.
    Passed,
    /// It failed and someone may live with that for a time: counts half.
    Waived,
    /// It failed.
    Failed,
    /// It did not apply: does not count.
    NotApplicable,
}

/// How one policy came out in one decision, over all its subjects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyState {
    /// The policy.
    pub code: Code,
    /// Its severity by METADATA, which weighs it.
    pub severity: Severity,
    /// How it stands.
    pub standing: Standing,
}

/// Weights and levels: `scorecard.yaml` of the bundle, packs resolved to codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScorecardRules {
    /// Weight of a policy by its severity.
    pub weights: BTreeMap<Severity, u32>,
    /// Levels, lowest first.
    pub levels: Vec<Level>,
    /// Policies that only note something, and count neither for nor against a service.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub uncounted: BTreeSet<Code>,
}

/// A level: what it asks, beside everything that the levels below ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// `bronze`, `silver`, `gold` …
    pub name: String,
    /// The policies that must have passed or not apply.
    pub codes: BTreeSet<Code>,
}

/// The level of a service that has reached none.
pub const NO_LEVEL: &str = "none";

impl Default for ScorecardRules {
    /// Weights 10, 6, 3, 1 and no levels.
    fn default() -> Self {
        let weights = [
            (Severity::Critical, 10),
            (Severity::High, 6),
            (Severity::Medium, 3),
            (Severity::Low, 1),
        ];
        Self {
            weights: weights.into_iter().collect(),
            levels: Vec::new(),
            uncounted: BTreeSet::new(),
        }
    }
}

/// Where a service stands in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scorecard {
    /// The service.
    pub service: ServiceRef,
    /// The environment.
    pub environment: Environment,
    /// The owning team as last known; empty when unknown.
    pub team: String,
    /// The system as last known; empty when unknown.
    pub system: String,
    /// 0 to 100; `None` while no policy ever applied.
    pub score: Option<u8>,
    /// The highest level reached, or `none`.
    pub level: String,
    /// What is missing for the levels above, nearest first.
    pub next: Vec<NextLevel>,
    /// How each policy stands; those that never applied are left out. Most decisions change none of it.
    pub policies: Arc<BTreeMap<Code, PolicyStanding>>,
    /// The decision that last moved it.
    pub decision: DecisionId,
    /// When.
    pub time: Timestamp,
}

/// How one policy stands, and since which decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStanding {
    /// Its severity, which weighs it.
    pub severity: Severity,
    /// How it stands.
    pub standing: Standing,
    /// The decision that brought it to this standing.
    pub decision: DecisionId,
    /// When that was.
    pub since: Timestamp,
}

/// What is missing for a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextLevel {
    /// The level.
    pub level: String,
    /// The policies that fail.
    pub missing: Vec<Code>,
}

/// How a decision moved the scorecard, as the decision tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScorecardDelta {
    /// The score before; `None` for the first decision.
    pub before: Option<u8>,
    /// The score after.
    pub after: Option<u8>,
    /// The level after.
    pub level: String,
    /// What is missing for the levels above, nearest first.
    pub next: Vec<NextLevel>,
}

/// One point of a scorecard's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScorecardPoint {
    /// The decision that caused it.
    pub decision: DecisionId,
    /// When.
    pub time: Timestamp,
    /// The score after it.
    pub score: Option<u8>,
    /// The level after it.
    pub level: String,
}

/// How much of a release a decision saw, which says what it may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything: a policy that did not apply no longer does.
    Whole,
    /// One object at a time: only the policies that applied move.
    Part,
    /// Not everything that was handed in could be read: only failures move, since what failed before may be what was
    /// not read.
    Broken,
}

/// What a decision contributes to the scorecard of its service.
#[derive(Clone, Debug)]
pub struct Contribution<'d> {
    /// The decision.
    pub decision: DecisionId,
    /// When it was made.
    pub time: Timestamp,
    /// The service.
    pub service: &'d ServiceRef,
    /// The environment.
    pub environment: &'d Environment,
    /// The owning team; empty when this decision does not know it.
    pub team: &'d str,
    /// The system; empty when this decision does not know it.
    pub system: &'d str,
    /// How much of the release the decision saw.
    pub sight: Sight,
    /// How each policy came out.
    pub states: &'d [PolicyState],
}

impl ScorecardRules {
    /// The scorecard after `contribution`, given the one `before` it.
    pub fn advance(
        &self,
        before: Option<&Scorecard>,
        contribution: &Contribution<'_>,
    ) -> Scorecard {
        let mut policies = before.map(|card| Arc::clone(&card.policies)).unwrap_or_default();
        // States and policies are in the same order mostly, so that the next one is the one in question.
        let before_policies = Arc::clone(&policies);
        let mut in_order = before_policies.iter().peekable();
        for state in contribution.states {
            let unseen = match contribution.sight {
                Sight::Whole => false,
                Sight::Part => state.standing == Standing::NotApplicable,
                Sight::Broken => state.standing != Standing::Failed,
            };
            if unseen {
                continue;
            }
            let next = in_order.next_if(|(code, _)| **code == state.code);
            let known =
                next.map_or_else(|| before_policies.get(&state.code), |(_, known)| Some(known));
            if state.standing == Standing::NotApplicable && known.is_none() {
                continue;
            }
            if known.is_some_and(|known| {
                known.standing == state.standing && known.severity == state.severity
            }) {
                continue;
            }
            Arc::make_mut(&mut policies).insert(
                state.code.clone(),
                PolicyStanding {
                    severity: state.severity,
                    standing: state.standing,
                    decision: contribution.decision,
                    since: contribution.time,
                },
            );
        }
        let known_or = |new: &str, old: Option<&String>| {
            if new.is_empty() { old.cloned().unwrap_or_default() } else { new.to_owned() }
        };
        let score = self.score(&policies);
        let (level, next) = self.level(&policies, score);
        Scorecard {
            service: contribution.service.clone(),
            environment: contribution.environment.clone(),
            team: known_or(contribution.team, before.map(|card| &card.team)),
            system: known_or(contribution.system, before.map(|card| &card.system)),
            score,
            level,
            next,
            policies,
            decision: contribution.decision,
            time: contribution.time,
        }
    }

    /// Earned weight over possible weight in percent, rounded down: 100 only when nothing is missing.
    fn score(&self, policies: &BTreeMap<Code, PolicyStanding>) -> Option<u8> {
        let counted = policies.iter().filter(|(code, _)| !self.uncounted.contains(*code));
        let (earned, possible) = counted.fold((0_u64, 0_u64), |(earned, possible), (_, policy)| {
            let weight = u64::from(self.weights.get(&policy.severity).copied().unwrap_or(1));
            // Twice the weight, so that half of it is a whole number.
            match policy.standing {
                Standing::Passed => (earned + 2 * weight, possible + 2 * weight),
                Standing::Waived => (earned + weight, possible + 2 * weight),
                Standing::Failed => (earned, possible + 2 * weight),
                Standing::NotApplicable => (earned, possible),
            }
        });
        u8::try_from((earned * 100).checked_div(possible)?).ok()
    }

    /// The level reached and what is missing for those above. Without a score there is no level.
    fn level(
        &self,
        policies: &BTreeMap<Code, PolicyStanding>,
        score: Option<u8>,
    ) -> (String, Vec<NextLevel>) {
        let failing = |code: &Code| {
            policies.get(code).is_some_and(|policy| match policy.standing {
                Standing::Failed | Standing::Waived => true,
                Standing::Passed | Standing::NotApplicable => false,
            })
        };
        let mut reached = NO_LEVEL.to_owned();
        let mut next = Vec::new();
        let mut missing: BTreeSet<&Code> = BTreeSet::new();
        for level in &self.levels {
            missing.extend(level.codes.iter().filter(|code| failing(code)));
            if score.is_some() && missing.is_empty() {
                reached.clone_from(&level.name);
            } else {
                next.push(NextLevel {
                    level: level.name.clone(),
                    missing: missing.iter().map(|code| (*code).clone()).collect(),
                });
            }
        }
        (reached, next)
    }
}

impl Scorecard {
    /// How the step from `before` to this one looks in a decision.
    pub fn delta(&self, before: Option<&Self>) -> ScorecardDelta {
        ScorecardDelta {
            before: before.and_then(|card| card.score),
            after: self.score,
            level: self.level.clone(),
            next: self.next.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> ScorecardRules {
        let level = |name: &str, codes: &[&str]| Level {
            name: name.to_owned(),
            codes: codes.iter().map(|code| code.parse().unwrap()).collect(),
        };
        ScorecardRules {
            levels: vec![level("bronze", &["A"]), level("silver", &["B"]), level("gold", &["C"])],
            uncounted: BTreeSet::from(["NOTE".parse().unwrap()]),
            ..ScorecardRules::default()
        }
    }

    fn state(code: &str, severity: Severity, standing: Standing) -> PolicyState {
        PolicyState { code: code.parse().unwrap(), severity, standing }
    }

    fn step(
        before: Option<&Scorecard>,
        millis: i64,
        sight: Sight,
        states: &[PolicyState],
    ) -> Scorecard {
        let service = "checkout".parse().unwrap();
        rules().advance(
            before,
            &Contribution {
                decision: DecisionId::at(Timestamp::from_millis(millis)),
                time: Timestamp::from_millis(millis),
                service: &service,
                environment: &Environment::default(),
                team: "",
                system: "",
                sight,
                states,
            },
        )
    }

    #[test]
    fn weights_make_the_score_and_only_perfection_is_100() {
        let card = step(
            None,
            1,
            Sight::Whole,
            &[
                state("A", Severity::Critical, Standing::Passed),
                state("B", Severity::Low, Standing::Failed),
            ],
        );
        assert_eq!(card.score, Some(90));
        let almost: Vec<PolicyState> = (0..200)
            .map(|n| state(&format!("P{n}"), Severity::Critical, Standing::Passed))
            .chain([state("B", Severity::Low, Standing::Failed)])
            .collect();
        assert_eq!(step(None, 1, Sight::Whole, &almost).score, Some(99));
    }

    #[test]
    fn a_waived_finding_counts_half_and_what_does_not_apply_does_not_count() {
        let card = step(
            None,
            1,
            Sight::Whole,
            &[
                state("A", Severity::High, Standing::Waived),
                state("B", Severity::High, Standing::NotApplicable),
            ],
        );
        assert_eq!(card.score, Some(50));
    }

    #[test]
    fn what_is_only_noted_counts_neither_for_nor_against() {
        for standing in [Standing::Passed, Standing::Failed] {
            let states = [
                state("A", Severity::High, Standing::Passed),
                state("B", Severity::High, Standing::Failed),
                state("NOTE", Severity::Low, standing),
            ];
            assert_eq!(step(None, 1, Sight::Whole, &states).score, Some(50));
        }
    }

    #[test]
    fn a_level_needs_those_below_and_says_what_is_missing() {
        let card = step(
            None,
            1,
            Sight::Whole,
            &[
                state("A", Severity::High, Standing::Passed),
                state("B", Severity::High, Standing::Failed),
                state("C", Severity::High, Standing::Passed),
            ],
        );
        assert_eq!(card.level, "bronze");
        assert_eq!(card.next[0].missing, ["B".parse().unwrap()]);
        assert_eq!(card.next[1].level, "gold");
    }

    #[test]
    fn without_any_policy_that_applied_there_is_neither_score_nor_level() {
        let card =
            step(None, 1, Sight::Whole, &[state("A", Severity::High, Standing::NotApplicable)]);
        assert_eq!((card.score, card.level.as_str()), (None, NO_LEVEL));
    }

    #[test]
    fn an_admission_of_one_object_does_not_forget_the_rest() {
        let whole = step(
            None,
            1,
            Sight::Whole,
            &[
                state("A", Severity::High, Standing::Failed),
                state("B", Severity::High, Standing::Passed),
            ],
        );
        let partial = [
            state("A", Severity::High, Standing::NotApplicable),
            state("B", Severity::High, Standing::Passed),
        ];
        assert_eq!(step(Some(&whole), 2, Sight::Part, &partial).score, Some(50));
        assert_eq!(step(Some(&whole), 2, Sight::Whole, &partial).score, Some(100));
    }

    #[test]
    fn a_standing_keeps_the_decision_that_brought_it() {
        let failed = [state("A", Severity::High, Standing::Failed)];
        let first = step(None, 1, Sight::Whole, &failed);
        let second = step(Some(&first), 2, Sight::Whole, &failed);
        assert_eq!(second.policies.values().next().unwrap().decision, first.decision);
        assert_ne!(second.decision, first.decision);
    }

    #[test]
    fn input_that_could_not_be_read_makes_nothing_better() {
        let failed = step(None, 1, Sight::Whole, &[state("A", Severity::High, Standing::Failed)]);
        let broken = [
            state("A", Severity::High, Standing::NotApplicable),
            state("B", Severity::High, Standing::Passed),
            state("C", Severity::High, Standing::Failed),
        ];
        let card = step(Some(&failed), 2, Sight::Broken, &broken);
        assert_eq!(card.score, Some(0));
        assert_eq!(card.policies.len(), 2);
    }
}
