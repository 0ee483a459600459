//! Between `goldgate.v1` and the words of the domain: plain functions, one place, both ways without loss.

mod answer;
mod inventory;
mod request;
mod scorecard;
mod word;

pub(crate) use answer::{decision, file, read_decision, read_file, revision};
pub(crate) use inventory::{
    any_environment, component, forget, holders, list_releases, read_component, read_holders,
    read_release, release, release_filter,
};
pub(crate) use request::{
    Assembly, check_request, decision_filter, environment, history_of, list_decisions,
    list_scorecards, page_request, page_size, question, scorecard_filter, watched_decisions,
    watched_scorecards,
};
pub(crate) use scorecard::{point, policy, read_point, read_policy, read_scorecard, scorecard};
pub(crate) use word::origin;

use prost_types::Timestamp as ProtoTimestamp;

use crate::domain::clock::Timestamp;

/// The same moment.
fn timestamp(time: Timestamp) -> ProtoTimestamp {
    let millis = time.as_millis();
    let nanos = i32::try_from(millis.rem_euclid(1000)).unwrap_or_default() * 1_000_000;
    ProtoTimestamp { seconds: millis.div_euclid(1000), nanos }
}

/// The same moment, rounded down to milliseconds; `None` when it is out of range.
fn read_timestamp(time: &ProtoTimestamp) -> Option<Timestamp> {
    let nanos = (0..1_000_000_000).contains(&time.nanos).then_some(time.nanos)?;
    let millis = time.seconds.checked_mul(1000)?.checked_add(i64::from(nanos / 1_000_000))?;
    Some(Timestamp::from_millis(millis))
}
