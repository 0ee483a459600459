//! What constraints answered about the objects of one release, for the second opinion.

use std::sync::Arc;

use super::constraint::Constraint;
use crate::domain::value::Value;
use crate::policy::Moment;
use crate::policy::shadow::{self, Answer};
use crate::rego::closed::Asker;

/// Answers over one release.
pub(super) struct Case {
    pub(super) moment: Moment,
    /// What the rules found as `data.inventory`.
    pub(super) inventory: Value,
    pub(super) heard: Vec<Heard>,
}

/// What a constraint's rule answered.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) constraint: Arc<Constraint>,
    pub(super) input: Value,
    pub(super) answer: Answer,
}

impl shadow::Case for Case {
    fn seen(&self) -> Vec<&Value> {
        self.heard.iter().map(|heard| &heard.input).chain([&self.inventory]).collect()
    }

    fn differences(&self) -> (u64, u64) {
        let asker = Asker::new(self.moment.circumstances());
        let (mut compared, mut differed) = (0, 0);
        for Heard { constraint, input, answer } in &self.heard {
            let second = constraint.second_answer(&asker, input, &self.inventory);
            let Some(second) = second.and_then(shadow::comparable) else { continue };
            compared += 1;
            if second != *answer {
                differed += 1;
                constraint.ask_both();
                let rule = constraint.rule_name();
                shadow::report(&constraint.meta, rule, self.moment, answer, &second);
            }
        }
        (compared, differed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::evidence::EvidenceSet;
    use crate::domain::place::{Place, SourceFile};
    use crate::domain::policy::{Outcome, PolicyResult};
    use crate::domain::release::Release;
    use crate::domain::request::Request;
    use crate::domain::resource::{Resource, ResourceId};
    use crate::policy::shadow::Case as _;
    use crate::policy::{BundleSource, LoadOptions, Revision};

    /// A constraint on the label `owner` of every object.
    fn revision() -> Revision {
        let template = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: labelled}
spec:
  crd: {spec: {names: {kind: Labelled}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package labelled
        violation[{"msg": "no owner"}] {
          not input.review.object.metadata.labels.owner
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Labelled
metadata: {name: all}
"#;
        let files = vec![("labelled.yaml".to_owned(), template.to_owned())];
        let source = BundleSource::Memory { name: "labelled".to_owned(), files };
        Revision::load(&[source], &LoadOptions::default()).unwrap()
    }

    fn case(revision: &Revision, object: &str, answer: &str) -> Case {
        let review = format!(r#"{{"review": {{"object": {object}}}, "parameters": {{}}}}"#);
        let heard = Heard {
            constraint: Arc::clone(&revision.constraints[0]),
            input: serde_json::from_str(&review).unwrap(),
            answer: Ok(Some(serde_json::from_str(answer).unwrap())),
        };
        Case {
            moment: Moment::from(Timestamp::from_millis(0)),
            inventory: Value::object(Vec::new()),
            heard: vec![heard],
        }
    }

    const BARE: &str = r#"{"kind": "Pod", "metadata": {}}"#;

    #[test]
    fn equal_answers_change_nothing() {
        let revision = revision();
        assert_eq!(case(&revision, BARE, r#"[{"msg": "no owner"}]"#).differences(), (1, 0));
        assert!(!revision.constraints[0].hears_the_second());
    }

    #[test]
    fn after_a_difference_both_engines_are_asked_and_the_decision_says_so() {
        let revision = revision();
        let outcome = || -> Outcome {
            let object: Value = serde_json::from_str(BARE).unwrap();
            let resource = Resource {
                id: ResourceId::default(),
                document: object,
                file: Arc::new(SourceFile::new("pod.json", "")),
                places: Arc::default(),
                place: Place::default(),
                pointer: String::new(),
            };
            let release = Release { resources: vec![resource], ..Release::default() };
            let request = Request::default();
            let moment = Moment::from(Timestamp::from_millis(0));
            let found = revision.evaluate(&request, &release, &EvidenceSet::default(), moment);
            found.into_iter().next().unwrap()
        };
        assert!(!outcome().second_engine);
        assert_eq!(case(&revision, BARE, "[]").differences(), (1, 1));
        let outcome = outcome();
        assert!(outcome.second_engine);
        let PolicyResult::Failed(found) = outcome.result else { panic!("{:?}", outcome.result) };
        assert_eq!(found.len(), 1);
    }
}
