//! What the policies of a revision say in every decision, written once.
//!
//! Title, remedy and controls of a finding are its policy's, and the list of policies is the revision's: a row that
//! names them by their place here is a third as long before it is packed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::code::{Code, Severity};
use crate::domain::finding::{Enforcement, Finding, FindingState};
use crate::domain::place::Location;
use crate::domain::resource::ResourceId;
use crate::domain::scorecard::{PolicyState, Standing};
use crate::domain::value::Value;

/// The policies of a revision, in the order in which decisions tell their states.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    policies: Vec<Policy>,
    /// INVARIANT: the place of every policy in `policies`.
    places: BTreeMap<Code, usize>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Policy {
    code: Code,
    severity: Severity,
    /// What its findings say, once there was one.
    text: Option<Text>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Text {
    title: String,
    remediation: String,
    controls: Vec<String>,
    policy: String,
}

/// A finding as a row tells it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Told<'f> {
    /// With everything.
    #[serde(rename = "w")]
    Whole(Cow<'f, Finding>),
    /// Without what its policy says in each.
    #[serde(rename = "s")]
    Short(Short<'f>),
}

/// What only this finding says. The names are short since they are in every row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Short<'f> {
    /// Its policy's place in the roster.
    #[serde(rename = "p")]
    policy: usize,
    #[serde(rename = "e")]
    enforcement: Enforcement,
    #[serde(rename = "s")]
    state: FindingState,
    #[serde(rename = "m")]
    message: Cow<'f, str>,
    /// `None` when it is that of the finding in front.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    resource: Option<Cow<'f, ResourceId>>,
    /// `None` when it is that of the finding in front.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    file: Option<Cow<'f, str>>,
    /// Line, column, and those of the end.
    #[serde(rename = "l")]
    span: [u32; 4],
    #[serde(rename = "j")]
    path: Cow<'f, str>,
    #[serde(rename = "i")]
    fingerprint: Cow<'f, str>,
    #[serde(rename = "x")]
    facts: Cow<'f, Value>,
}

impl Roster {
    /// A roster of the policies whose states these are.
    pub(super) fn new(states: &[PolicyState]) -> Self {
        let policy = |state: &PolicyState| Policy {
            code: state.code.clone(),
            severity: state.severity,
            text: None,
        };
        Self::of(states.iter().map(policy).collect())
    }

    /// What [`Self::json`] is made of.
    pub(super) fn parse(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json).map(Self::of)
    }

    /// Itself as a row holds it.
    pub(super) fn json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.policies)
    }

    fn of(policies: Vec<Policy>) -> Self {
        let codes = policies.iter().map(|policy| policy.code.clone());
        let places = codes.enumerate().map(|(place, code)| (code, place)).collect();
        Self { policies, places }
    }

    /// Learns what the policy of `finding` says; `false` when it is known or not one of these.
    pub(super) fn learn(&mut self, finding: &Finding) -> bool {
        let place = self.places.get(&finding.code);
        let policy = place.and_then(|place| self.policies.get_mut(*place));
        let Some(policy) = policy.filter(|policy| policy.text.is_none()) else { return false };
        policy.text = Some(Text {
            title: finding.title.clone(),
            remediation: finding.remediation.clone(),
            controls: finding.controls.clone(),
            policy: finding.policy.clone(),
        });
        true
    }

    /// One letter a policy; `None` when these are not the states of exactly these policies.
    pub(super) fn letters(&self, states: &[PolicyState]) -> Option<String> {
        if states.len() != self.policies.len() {
            return None;
        }
        let letter = |(policy, state): (&Policy, &PolicyState)| {
            let same = policy.code == state.code && policy.severity == state.severity;
            same.then(|| letter_of(state.standing))
        };
        self.policies.iter().zip(states).map(letter).collect()
    }

    /// The states that [`Self::letters`] wrote; `None` for letters that it did not write.
    pub(super) fn states(&self, letters: &str) -> Option<Vec<PolicyState>> {
        if letters.len() != self.policies.len() {
            return None;
        }
        let state = |(policy, letter): (&Policy, char)| {
            Some(PolicyState {
                code: policy.code.clone(),
                severity: policy.severity,
                standing: standing_of(letter)?,
            })
        };
        self.policies.iter().zip(letters.chars()).map(state).collect()
    }

    /// Findings as a row tells them.
    pub(super) fn told<'f>(&self, findings: &'f [Finding]) -> Vec<Told<'f>> {
        let in_front = std::iter::once(None).chain(findings.iter().map(Some));
        let told = |(finding, before)| match self.place(finding) {
            Some(place) => Told::Short(Short::new(place, finding, before)),
            None => Told::Whole(Cow::Borrowed(finding)),
        };
        findings.iter().zip(in_front).map(told).collect()
    }

    /// The findings that [`Self::told`] told; `None` for what it did not tell.
    pub(super) fn findings(&self, told: Vec<Told<'_>>) -> Option<Vec<Finding>> {
        let mut findings: Vec<Finding> = Vec::with_capacity(told.len());
        for told in told {
            let finding = match told {
                Told::Whole(finding) => finding.into_owned(),
                Told::Short(short) => self.whole(short, findings.last())?,
            };
            findings.push(finding);
        }
        Some(findings)
    }

    /// The place of the finding's policy, when the finding says what all of its policy's do.
    fn place(&self, finding: &Finding) -> Option<usize> {
        let place = *self.places.get(&finding.code)?;
        let policy = self.policies.get(place)?;
        let text = policy.text.as_ref()?;
        let same = policy.severity == finding.severity
            && text.title == finding.title
            && text.remediation == finding.remediation
            && text.controls == finding.controls
            && text.policy == finding.policy;
        same.then_some(place)
    }

    /// The finding that was told short; `before` is the one in front of it.
    fn whole(&self, short: Short<'_>, before: Option<&Finding>) -> Option<Finding> {
        let Short {
            policy,
            enforcement,
            state,
            message,
            resource,
            file,
            span: [line, column, end_line, end_column],
            path,
            fingerprint,
            facts,
        } = short;
        let policy = self.policies.get(policy)?;
        let Text { title, remediation, controls, policy: package } = policy.text.clone()?;
        let resource = resource.map(Cow::into_owned);
        let file = file.map(Cow::into_owned);
        Some(Finding {
            code: policy.code.clone(),
            severity: policy.severity,
            enforcement,
            state,
            title,
            message: message.into_owned(),
            remediation,
            controls,
            resource: resource.or_else(|| before.map(|it| it.resource.clone()))?,
            location: Location {
                file: file.or_else(|| before.map(|it| it.location.file.clone()))?,
                line,
                column,
                end_line,
                end_column,
                path: path.into_owned(),
            },
            fingerprint: fingerprint.into_owned(),
            policy: package,
            facts: facts.into_owned(),
        })
    }
}

impl<'f> Short<'f> {
    /// What `finding` says, whose policy stands at the `place` in the roster; `before` is the finding in front of it.
    fn new(place: usize, finding: &'f Finding, before: Option<&Finding>) -> Self {
        // Every field by its name: one that is new must not be lost here.
        let Finding {
            code: _,
            severity: _,
            enforcement,
            state,
            title: _,
            message,
            remediation: _,
            controls: _,
            resource,
            location,
            fingerprint,
            policy: _,
            facts,
        } = finding;
        let Location { file, line, column, end_line, end_column, path } = location;
        let new_resource = before.is_none_or(|before| before.resource != *resource);
        let new_file = before.is_none_or(|before| before.location.file != *file);
        Self {
            policy: place,
            enforcement: *enforcement,
            state: *state,
            message: Cow::Borrowed(message),
            resource: new_resource.then_some(Cow::Borrowed(resource)),
            file: new_file.then_some(Cow::Borrowed(file)),
            span: [*line, *column, *end_line, *end_column],
            path: Cow::Borrowed(path),
            fingerprint: Cow::Borrowed(fingerprint),
            facts: Cow::Borrowed(facts),
        }
    }
}

fn letter_of(standing: Standing) -> char {
    match standing {
        Standing::Passed => 'p',
        Standing::Waived => 'w',
        Standing::Failed => 'f',
        Standing::NotApplicable => 'n',
    }
}

fn standing_of(letter: char) -> Option<Standing> {
    match letter {
        'p' => Some(Standing::Passed),
        'w' => Some(Standing::Waived),
        'f' => Some(Standing::Failed),
        'n' => Some(Standing::NotApplicable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;

    fn code(number: usize) -> Code {
        format!("A-{number}").parse().unwrap()
    }

    fn states() -> Vec<PolicyState> {
        let standings =
            [Standing::Passed, Standing::Failed, Standing::Waived, Standing::NotApplicable];
        let state = |(number, standing)| PolicyState {
            code: code(number),
            severity: Severity::High,
            standing,
        };
        standings.into_iter().enumerate().map(state).collect()
    }

    fn finding(number: usize, file: &str) -> Finding {
        Finding {
            code: code(number),
            severity: Severity::High,
            enforcement: Enforcement::Deny,
            state: FindingState::Open,
            title: "A title".to_owned(),
            message: format!("number {number}"),
            remediation: "Mend it.".to_owned(),
            controls: vec!["PSS-restricted".to_owned()],
            resource: ResourceId { kind: "Pod".to_owned(), ..ResourceId::default() },
            location: Location { file: file.to_owned(), line: 7, ..Location::default() },
            fingerprint: Digest::of(&[7]).to_hex(),
            policy: "a.b".to_owned(),
            facts: Value::object(vec![("n".into(), Value::from(7_i64))]),
        }
    }

    #[test]
    fn states_are_letters_as_long_as_they_are_those_of_the_revision() {
        let roster = Roster::new(&states());
        let letters = roster.letters(&states()).unwrap();
        assert_eq!(letters, "pfwn");
        assert_eq!(roster.states(&letters), Some(states()));
        let mut milder = states();
        milder[0].severity = Severity::Low;
        let fewer = &states()[1..];
        assert!(roster.letters(&milder).is_none() && roster.letters(fewer).is_none());
        for wrong in ["pfw", "pfwx", "pfwnn", ""] {
            assert_eq!(roster.states(wrong), None);
        }
    }

    #[test]
    fn findings_read_back_whether_they_say_what_their_policy_does_or_more() {
        let mut roster = Roster::new(&states());
        let known = finding(1, "a.yaml");
        assert!(roster.learn(&known) && !roster.learn(&known) && !roster.learn(&finding(9, "")));
        let mut broken = finding(1, "b.yaml");
        broken.title.push_str(" (could not be evaluated)");
        let findings = [
            finding(1, "a.yaml"),
            finding(1, "a.yaml"),
            broken,
            finding(1, "c.yaml"),
            finding(2, "c.yaml"),
        ];
        let roster = Roster::parse(&roster.json().unwrap()).unwrap();
        let json = serde_json::to_string(&roster.told(&findings)).unwrap();
        assert_eq!(json.matches("A title").count(), 2, "{json}");
        assert_eq!(json.matches("a.yaml").count(), 1, "{json}");
        let read = roster.findings(serde_json::from_str(&json).unwrap());
        assert_eq!(read.as_deref(), Some(&findings[..]));
        let other = Roster::new(&states());
        assert_eq!(other.findings(serde_json::from_str(&json).unwrap()), None);
    }
}
