//! Why a component is there, and the smallest step that would mend it, for each direct dependency that it comes in through.

use super::count;
use crate::domain::advisory::{AdvisoryMatch, MatchState};
use crate::domain::package::Component;
use crate::domain::sbom::{Sbom, Way, Ways, WaysIn};
use crate::domain::upgrade::{self, Through};
use crate::domain::value::Value;
use crate::policy::input::Fields;

/// Steps of each way that are told where there may be many ways: a finding is kept and shown as often as it is found.
const MAX_STEPS_OF_EACH: usize = 12;

/// The ways to the component of `found`.
pub(super) fn told(bill: &Sbom, found: &AdvisoryMatch, ways: &WaysIn, fields: &mut Fields) {
    let own = Way { steps: vec![found.component], n_left_out: 0 };
    let none = Ways::default();
    let Ways { is_direct, ways, n_ways } = ways.to(found.component).unwrap_or(&none);
    let shortest = ways.first().unwrap_or(&own);
    fields.set("path", path(bill, shortest, usize::MAX));
    fields.set("direct", Value::from(*is_direct));
    let ways = ways.iter().filter_map(|way| told_way(bill, found, way));
    fields.set("ways", Value::array(ways.collect()));
    fields.set_if("n_ways", n_ways.map(count));
}

/// One way: the direct dependency, the steps, and what to do there.
fn told_way(bill: &Sbom, found: &AdvisoryMatch, way: &Way) -> Option<Value> {
    let component = |index: usize| bill.components.get(index);
    let [direct, .., last] = match way.steps.as_slice() {
        [only] => [*only, *only],
        [first, .., last] => [*first, *last],
        [] => return None,
    };
    let (direct, last) = (component(direct)?, component(last)?);
    let through = if way.steps.len() == 1 { Through::Itself } else { Through::Direct(direct) };
    let mut fields = Fields::default();
    fields.set("name", Value::from(direct.label()));
    fields.set_if("version", direct.version.as_deref().map(Value::from));
    fields.set_if("purl", direct.purl.as_deref().map(Value::from));
    fields.set("path", path(bill, way, MAX_STEPS_OF_EACH));
    fields.set_if("step", step(bill, found, last, through).map(Value::from));
    Some(fields.into_value())
}

/// Towards the version that clears the component of everything, where there is one. Where versions cannot be compared,
/// nobody knows which of them is the later one; a component without any may ask for it.
fn step(
    bill: &Sbom,
    found: &AdvisoryMatch,
    component: &Component,
    through: Through<'_>,
) -> Option<String> {
    if found.state == MatchState::CannotCompare && component.version.is_some() {
        return None;
    }
    let version = found.upgrade.as_deref().or(found.fixed.as_deref())?;
    let written = (bill.source.format, bill.source.format_version.as_str());
    Some(upgrade::step(&written, component, through, version))
}

/// `name version` of each step, at most `most` of them: the beginning and the end.
fn path(bill: &Sbom, way: &Way, most: usize) -> Value {
    let all = way.steps.len();
    let n_cut = all.saturating_sub(most);
    let is_told = |place: usize| place == 0 || place > n_cut;
    let told = way.steps.iter().enumerate().filter(|(place, _)| is_told(*place));
    let steps = told.filter_map(|(_, index)| bill.components.get(*index));
    let mut path: Vec<Value> = steps.map(|on| Value::from(on.title())).collect();
    if n_cut > 0 || way.n_left_out > 0 {
        path.insert(1.min(path.len()), Value::from("…"));
    }
    Value::array(path)
}
