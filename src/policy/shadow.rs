//! The second opinion: a sample of what policies answered is asked once more, of the second engine, behind everyone's back.
//!
//! Where the two differ one of them is wrong, and nobody knows which. From then on both are asked, and what either finds
//! stands: a wrong answer must not become an allow.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::domain::error::Error;
use crate::domain::value::{Number, Value};
use crate::rego::engine::Runner;

use super::Moment;
use super::panel::Panel;

/// A server compares the engines on one input in so many, unless it is told otherwise.
pub const COMPARE_ONE_IN: NonZeroU32 = match NonZeroU32::new(1000) {
    Some(n) => n,
    None => NonZeroU32::MIN,
};

/// Cases that wait at most; what comes then is not compared.
const QUEUE: usize = 64;

/// Stack of the thread that compares: chains of rules recurse.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Compares a sample of evaluations with the second engine, on a thread of its own.
pub struct Shadow {
    one_in: NonZeroU32,
    turn: AtomicU32,
    queue: SyncSender<Case>,
    counts: Arc<Counts>,
}

/// How often the engines were compared, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparisons {
    /// Answers of rules that were compared.
    pub compared: u64,
    /// Those that differed.
    pub differed: u64,
    /// Inputs that were left out since too many waited.
    pub dropped: u64,
}

#[derive(Debug, Default)]
struct Counts {
    compared: AtomicU64,
    differed: AtomicU64,
    dropped: AtomicU64,
}

/// One input with what the rules answered.
pub(super) struct Case {
    pub(super) panel: Arc<Panel>,
    pub(super) moment: Moment,
    pub(super) input: Value,
    pub(super) heard: Vec<Heard>,
}

/// What a rule answered.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// The policy's number.
    pub(super) policy: usize,
    /// The number of the rule among the policy's.
    pub(super) rule: usize,
    /// The value; the error has no other meaning than that there was one.
    pub(super) answer: Result<Option<Value>, ()>,
}

impl fmt::Debug for Shadow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shadow").field("one_in", &self.one_in).finish_non_exhaustive()
    }
}

impl Shadow {
    /// Starts comparing one input in `one_in`.
    ///
    /// # Errors
    /// `Unavailable` when there can be no thread for it.
    pub fn start(one_in: NonZeroU32) -> Result<Self, Error> {
        let (queue, cases) = sync_channel(QUEUE);
        let counts = Arc::<Counts>::default();
        let of_thread = Arc::clone(&counts);
        thread::Builder::new()
            .name("second-opinion".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || compare_all(&cases, &of_thread))
            .map_err(|cause| {
                let external = "there is no thread to compare the engines on";
                Error::unavailable(external, "the second opinion was not started")
                    .with_source(cause)
            })?;
        Ok(Self { one_in, turn: AtomicU32::new(0), queue, counts })
    }

    /// How often the engines were compared so far.
    pub fn comparisons(&self) -> Comparisons {
        let Counts { compared, differed, dropped } = &*self.counts;
        let [compared, differed, dropped] =
            [compared, differed, dropped].map(|count| count.load(Ordering::Relaxed));
        Comparisons { compared, differed, dropped }
    }

    /// Whether the next input is one of the sample.
    pub(super) fn wants_next(&self) -> bool {
        self.turn.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.one_in.get())
    }

    /// Compares later, unless too many wait, or the second engine cannot see the input as it is.
    pub(super) fn compare(&self, case: Case) {
        if has_written_numbers(&case.input) {
            return;
        }
        if self.queue.try_send(case).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn compare_all(cases: &Receiver<Case>, counts: &Counts) {
    for case in cases {
        let (compared, differed) = case.differences();
        counts.compared.fetch_add(compared, Ordering::Relaxed);
        counts.differed.fetch_add(differed, Ordering::Relaxed);
    }
}

impl Case {
    /// Asks the second engine; how many answers were compared, and how many differ.
    pub(super) fn differences(&self) -> (u64, u64) {
        let mut runner = Runner::new(self.moment.circumstances());
        let mut session = runner.over(self.input.clone());
        let (mut compared, mut differed) = (0, 0);
        for heard in &self.heard {
            let Some(runnable) = self.panel.runnables.get(heard.policy) else { continue };
            let Some(second) = self.panel.second(heard.policy) else { continue };
            let Some(entry) = second.entries.get(heard.rule) else { continue };
            let answer = match session.evaluate(&second.program, entry) {
                // It is slower by so much that its time says nothing.
                Err(failure) if failure.out_of_time => continue,
                Err(_) => Err(()),
                Ok(answer) => Ok(answer),
            };
            compared += 1;
            if answer == heard.answer {
                continue;
            }
            differed += 1;
            runnable.ask_both();
            let rule = runnable.policy.rules.get(heard.rule).map_or("", |rule| rule.name.as_str());
            let decision = self.moment.decision.map(|id| id.to_string()).unwrap_or_default();
            tracing::error!(
                rule.code = %runnable.policy.meta.code,
                rule.name = rule,
                decision.id = decision,
                own = shown(&heard.answer),
                second = shown(&answer),
                "The engines differ on `{}`, `{rule}`: both are asked from now on. The decision's recorded input shows it again",
                runnable.policy.meta.code,
            );
        }
        (compared, differed)
    }
}

/// Whether a number is shown as it was written (`1.50`): the second engine would print another.
fn has_written_numbers(input: &Value) -> bool {
    let mut open = vec![input];
    while let Some(value) = open.pop() {
        match value {
            Value::Number(Number::Decimal(_)) => return true,
            Value::Array(items) => open.extend(items.iter()),
            Value::Set(set) => open.extend(set.items().iter()),
            Value::Object(object) => open.extend(object.entries().iter().map(|(_, value)| value)),
            Value::Map(map) => {
                open.extend(map.entries().iter().flat_map(|(key, value)| [key, value]));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}

/// An answer without its content, which may hold a secret.
fn shown(answer: &Result<Option<Value>, ()>) -> String {
    match answer {
        Err(()) => "error".to_owned(),
        Ok(None) => "undefined".to_owned(),
        Ok(Some(value)) => match value.size() {
            Some(n) => format!("{} of {n}", value.type_name()),
            None => value.type_name().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::policy::{BundleSource, LoadOptions, Revision};

    /// A revision with one plain policy.
    fn revision(rule: &str) -> Revision {
        let text = format!("package plain\n{rule}\n");
        let files = vec![("plain.rego".to_owned(), text)];
        let source = BundleSource::Memory { name: "plain".to_owned(), files };
        Revision::load(&[source], &LoadOptions::default()).unwrap()
    }

    fn case(revision: &Revision, answer: Result<Option<Value>, ()>) -> Case {
        Case {
            panel: Arc::clone(&revision.panel),
            moment: Moment::from(Timestamp::from_millis(0)),
            input: Value::object(vec![("a".into(), Value::from(1))]),
            heard: vec![Heard { policy: 0, rule: 0, answer }],
        }
    }

    #[test]
    fn equal_answers_change_nothing() {
        let revision = revision("deny contains \"x\" if input.a == 1");
        let answer = Ok(Some(Value::array(vec![Value::from("x")])));
        assert_eq!(case(&revision, answer).differences(), (1, 0));
        assert!(revision.panel.runnables[0].other().is_none());
    }

    #[test]
    fn after_a_difference_both_engines_are_asked() {
        let revision = revision("deny contains \"x\" if input.a == 1");
        assert_eq!(case(&revision, Ok(Some(Value::array(vec![])))).differences(), (1, 1));
        assert!(revision.panel.runnables[0].other().is_some());
    }

    #[test]
    fn numbers_that_the_second_engine_prints_otherwise_are_seen() {
        let holds = |text: &str| has_written_numbers(&serde_json::from_str(text).unwrap());
        assert!(holds(r#"{"a": [{"b": 1.50}]}"#));
        assert!(!holds(r#"{"a": [{"b": 1.5}, 1, "1.50"]}"#));
    }

    #[test]
    fn what_waits_is_bounded() {
        let revision = revision("deny contains \"x\" if input.a == 1");
        let (queue, _cases) = sync_channel(1);
        let counts = Arc::default();
        let one_in = NonZeroU32::new(2).unwrap();
        let shadow = Shadow { one_in, turn: AtomicU32::new(0), queue, counts };
        assert_eq!([shadow.wants_next(), shadow.wants_next()], [true, false]);
        shadow.compare(case(&revision, Ok(None)));
        shadow.compare(case(&revision, Ok(None)));
        assert_eq!(shadow.comparisons().dropped, 1);
    }
}
