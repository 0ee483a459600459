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

use super::Moment;
use crate::domain::error::Error;
use crate::domain::policy::PolicyMeta;
use crate::domain::value::{Number, Value};
use crate::rego::engine::Failure;

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
    queue: SyncSender<Box<dyn Case>>,
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

/// What rules answered, with all that is needed to ask the second engine the same.
pub(super) trait Case: Send {
    /// Everything that the rules have seen of the request.
    fn seen(&self) -> Vec<&Value>;

    /// Asks the second engine; how many answers were compared, and how many differ.
    fn differences(&self) -> (u64, u64);
}

/// What a rule answered; the error has no other meaning than that there was one.
pub(super) type Answer = Result<Option<Value>, ()>;

/// What the second engine answered, to be compared. `None` where its time was used up: it is slower by so much that this says
/// nothing.
pub(super) fn comparable(answer: Result<Option<Value>, Failure>) -> Option<Answer> {
    match answer {
        Err(failure) if failure.out_of_time => None,
        answer => Some(answer.map_err(drop)),
    }
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
    pub(super) fn compare(&self, case: impl Case + 'static) {
        if case.seen().into_iter().any(has_written_numbers) {
            return;
        }
        if self.queue.try_send(Box::new(case)).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn compare_all(cases: &Receiver<Box<dyn Case>>, counts: &Counts) {
    for case in cases {
        let (compared, differed) = case.differences();
        counts.compared.fetch_add(compared, Ordering::Relaxed);
        counts.differed.fetch_add(differed, Ordering::Relaxed);
    }
}

/// Says that the engines differ on a rule of a policy.
pub(super) fn report(
    policy: &PolicyMeta,
    rule: &str,
    moment: Moment,
    own: &Answer,
    second: &Answer,
) {
    let decision = moment.decision.map(|id| id.to_string()).unwrap_or_default();
    tracing::error!(
        rule.code = %policy.code,
        rule.name = rule,
        decision.id = decision,
        own = shown(own),
        second = shown(second),
        "The engines differ on `{}`, `{rule}`: both are asked from now on. The decision's recorded input shows it again",
        policy.code,
    );
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
fn shown(answer: &Answer) -> String {
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

    struct Nothing(Value);

    impl Case for Nothing {
        fn seen(&self) -> Vec<&Value> {
            vec![&self.0]
        }

        fn differences(&self) -> (u64, u64) {
            (1, 1)
        }
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn shadow(queue: SyncSender<Box<dyn Case>>) -> Shadow {
        let one_in = NonZeroU32::new(2).unwrap();
        Shadow { one_in, turn: AtomicU32::new(0), queue, counts: Arc::default() }
    }

    #[test]
    fn numbers_that_the_second_engine_prints_otherwise_are_seen() {
        assert!(has_written_numbers(&read(r#"{"a": [{"b": 1.50}]}"#)));
        assert!(!has_written_numbers(&read(r#"{"a": [{"b": 1.5}, 1, "1.50"]}"#)));
        let (queue, cases) = sync_channel(2);
        let shadow = shadow(queue);
        shadow.compare(Nothing(read("[1.50]")));
        shadow.compare(Nothing(read("[1]")));
        drop(shadow);
        assert_eq!(cases.iter().count(), 1);
    }

    #[test]
    fn what_waits_is_bounded() {
        let (queue, _cases) = sync_channel(1);
        let shadow = shadow(queue);
        assert_eq!([shadow.wants_next(), shadow.wants_next()], [true, false]);
        shadow.compare(Nothing(Value::Null));
        shadow.compare(Nothing(Value::Null));
        assert_eq!(shadow.comparisons().dropped, 1);
    }

    #[test]
    fn what_an_answer_holds_is_not_shown() {
        let secret = Ok(Some(read(r#"["s3cret"]"#)));
        assert_eq!(shown(&secret), "array of 1");
        assert_eq!([shown(&Ok(None)), shown(&Err(()))], ["undefined", "error"]);
    }
}
