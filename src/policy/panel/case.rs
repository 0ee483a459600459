//! One input with what policies answered about it, for the second opinion.

use std::sync::Arc;

use super::Panel;
use crate::domain::value::Value;
use crate::policy::Moment;
use crate::policy::shadow::{self, Answer};
use crate::rego::engine::Runner;

/// One input with what the rules answered.
pub(in crate::policy) struct Case {
    pub(in crate::policy) panel: Arc<Panel>,
    pub(in crate::policy) moment: Moment,
    pub(in crate::policy) input: Value,
    pub(in crate::policy) heard: Vec<Heard>,
}

/// What a rule answered.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Heard {
    /// The policy's number.
    pub(in crate::policy) policy: usize,
    pub(in crate::policy) rule: Asked,
    pub(in crate::policy) answer: Answer,
}

/// A rule of a policy.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) enum Asked {
    /// By its number.
    Rule(usize),
    /// The one that silences others.
    Exception,
}

impl shadow::Case for Case {
    fn seen(&self) -> Vec<&Value> {
        vec![&self.input]
    }

    fn differences(&self) -> (u64, u64) {
        let mut runner = Runner::new(self.moment.circumstances());
        let mut session = runner.over(self.input.clone());
        let (mut compared, mut differed) = (0, 0);
        for heard in &self.heard {
            let Some(runnable) = self.panel.runnables.get(heard.policy) else { continue };
            let Some(second) = self.panel.second(heard.policy) else { continue };
            let (entry, name) = match heard.rule {
                Asked::Exception => (second.exception.as_ref(), "exception"),
                Asked::Rule(number) => {
                    let name = runnable.policy.rules.get(number).map(|rule| rule.name.as_str());
                    (second.entries.get(number), name.unwrap_or_default())
                }
            };
            let Some(entry) = entry else { continue };
            let answer = session.evaluate(&second.program, entry);
            let Some(answer) = shadow::comparable(answer) else { continue };
            compared += 1;
            if answer != heard.answer {
                differed += 1;
                runnable.ask_both();
                let meta = &runnable.policy.meta;
                shadow::report(meta, name, self.moment, &heard.answer, &answer);
            }
        }
        (compared, differed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::policy::shadow::Case as _;
    use crate::policy::{BundleSource, LoadOptions, Revision};

    /// A revision with one plain policy.
    fn revision(rules: &str) -> Revision {
        let text = format!("package plain\n{rules}\n");
        let files = vec![("plain.rego".to_owned(), text)];
        let source = BundleSource::Memory { name: "plain".to_owned(), files };
        Revision::load(&[source], &LoadOptions::default()).unwrap()
    }

    fn case(revision: &Revision, rule: Asked, answer: Option<Value>) -> Case {
        Case {
            panel: Arc::clone(&revision.panel),
            moment: Moment::from(Timestamp::from_millis(0)),
            input: Value::object(vec![("a".into(), Value::from(1))]),
            heard: vec![Heard { policy: 0, rule, answer: Ok(answer) }],
        }
    }

    #[test]
    fn equal_answers_change_nothing() {
        let revision = revision("deny contains \"x\" if input.a == 1");
        let answer = Some(Value::array(vec![Value::from("x")]));
        assert_eq!(case(&revision, Asked::Rule(0), answer).differences(), (1, 0));
        assert!(revision.panel.runnables[0].other().is_none());
    }

    #[test]
    fn after_a_difference_both_engines_are_asked() {
        let revision = revision("deny contains \"x\" if input.a == 1");
        let nothing = Some(Value::array(vec![]));
        assert_eq!(case(&revision, Asked::Rule(0), nothing).differences(), (1, 1));
        assert!(revision.panel.runnables[0].other().is_some());
    }

    #[test]
    fn what_silences_rules_is_compared_as_well() {
        let rules =
            "deny_x contains \"x\" if input.a == 1\nexception contains [\"x\"] if input.a == 2";
        let revision = revision(rules);
        let silenced: Value = serde_json::from_str(r#"[["x"]]"#).unwrap();
        assert_eq!(case(&revision, Asked::Exception, Some(silenced)).differences(), (1, 1));
        assert!(revision.panel.runnables[0].other().is_some());
    }
}
