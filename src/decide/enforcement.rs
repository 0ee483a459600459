//! What a failed policy does here: the only place in which severity becomes consequence.

use crate::domain::clock::Timestamp;
use crate::domain::code::{Code, Severity};
use crate::domain::enforcement::{EnforcementRule, EnforcementRules};
use crate::domain::finding::Enforcement;
use crate::domain::service::{Environment, Service};

/// Where and for whom a policy failed.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Where the release was to go.
    pub environment: &'a Environment,
    /// Whose release it is.
    pub service: Option<&'a Service>,
    /// When it is judged.
    pub now: Timestamp,
}

/// What the failed policy `code` of `pack` does. The first rule that matches decides, else the default of its severity.
///
/// A `deny` that is not in force yet (`effective_on`) warns.
pub fn enforcement_of(
    rules: &EnforcementRules,
    code: &Code,
    pack: &str,
    severity: Severity,
    circumstances: &Circumstances<'_>,
) -> Enforcement {
    let Some(rule) = rules.rules.iter().find(|rule| matches_rule(rule, code, pack, circumstances))
    else {
        return rules.default.get(&severity).copied().unwrap_or(Enforcement::Deny);
    };
    let early = rule.effective_on.is_some_and(|start| circumstances.now < start);
    if early && rule.action == Enforcement::Deny { Enforcement::Warn } else { rule.action }
}

fn matches_rule(
    rule: &EnforcementRule,
    code: &Code,
    pack: &str,
    circumstances: &Circumstances<'_>,
) -> bool {
    let named = rule.codes.is_empty() && rule.packs.is_empty()
        || rule.codes.contains(code)
        || rule.packs.contains(pack);
    let here =
        rule.environments.is_empty() || rule.environments.contains(circumstances.environment);
    let fact = |wanted: &std::collections::BTreeSet<String>, known: Option<&String>| {
        wanted.is_empty() || known.is_some_and(|known| wanted.contains(known))
    };
    named
        && here
        && fact(&rule.tiers, circumstances.service.and_then(|service| service.tier.as_ref()))
        && fact(&rule.teams, circumstances.service.and_then(|service| service.owner.as_ref()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn rule(action: Enforcement) -> EnforcementRule {
        EnforcementRule {
            codes: BTreeSet::new(),
            packs: BTreeSet::new(),
            environments: BTreeSet::new(),
            tiers: BTreeSet::new(),
            teams: BTreeSet::new(),
            effective_on: None,
            action,
        }
    }

    fn outcome(rules: Vec<EnforcementRule>, service: Option<&Service>) -> Enforcement {
        let rules = EnforcementRules { rules, ..EnforcementRules::default() };
        let environment = Environment::default();
        let circumstances = Circumstances {
            environment: &environment,
            service,
            now: Timestamp::from_millis(1_000),
        };
        enforcement_of(
            &rules,
            &"K8S-A".parse().unwrap(),
            "kubernetes",
            Severity::High,
            &circumstances,
        )
    }

    #[test]
    fn without_a_rule_severity_decides() {
        assert_eq!(outcome(vec![], None), Enforcement::Deny);
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let elsewhere = EnforcementRule {
            environments: ["staging".parse().unwrap()].into(),
            ..rule(Enforcement::Off)
        };
        let by_pack =
            EnforcementRule { packs: ["kubernetes".to_owned()].into(), ..rule(Enforcement::Audit) };
        let all = rule(Enforcement::Warn);
        assert_eq!(outcome(vec![elsewhere, by_pack, all], None), Enforcement::Audit);
    }

    #[test]
    fn a_deny_that_is_not_in_force_yet_warns() {
        let future = EnforcementRule {
            effective_on: Some(Timestamp::from_millis(1_001)),
            ..rule(Enforcement::Deny)
        };
        let past = EnforcementRule {
            effective_on: Some(Timestamp::from_millis(1_000)),
            ..rule(Enforcement::Deny)
        };
        assert_eq!(outcome(vec![future], None), Enforcement::Warn);
        assert_eq!(outcome(vec![past], None), Enforcement::Deny);
    }

    #[test]
    fn a_rule_for_a_tier_does_not_touch_a_service_whose_tier_is_unknown() {
        let lenient =
            EnforcementRule { tiers: ["tier-3".to_owned()].into(), ..rule(Enforcement::Off) };
        assert_eq!(outcome(vec![lenient.clone()], None), Enforcement::Deny);
        let mut service = Service::named(
            "checkout".parse().unwrap(),
            crate::domain::service::ServiceSource::Flag,
        );
        service.tier = Some("tier-3".to_owned());
        assert_eq!(outcome(vec![lenient], Some(&service)), Enforcement::Off);
    }
}
