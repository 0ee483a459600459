//! Whether a version is among those that an advisory is about.

use std::cmp::Ordering;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::version::{Order, Unorderable};
use crate::domain::advisory::{Affected, Event, MatchState};

/// A turning point in the versions of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Turn<'t> {
    Introduced(&'t str),
    Fixed(&'t str),
    LastAffected(&'t str),
}

/// Which versions an advisory is about, borrowed from where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Versions<'t> {
    #[serde(borrow)]
    ranges: Vec<Vec<Turn<'t>>>,
    #[serde(borrow)]
    named: Vec<&'t str>,
}

impl<'t> Versions<'t> {
    pub(super) fn of(affected: &'t Affected) -> Self {
        let turn = |event: &'t Event| match event {
            Event::Introduced(version) => Turn::Introduced(version),
            Event::Fixed(version) => Turn::Fixed(version),
            Event::LastAffected(version) => Turn::LastAffected(version),
        };
        Self {
            ranges: affected.ranges.iter().map(|range| range.iter().map(turn).collect()).collect(),
            named: affected.versions.iter().map(AsRef::as_ref).collect(),
        }
    }
}

/// A hit of one advisory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) state: MatchState,
    /// The lowest version above the component's that is not affected.
    pub(super) fixed: Option<Arc<str>>,
}

/// Compares a version with an entry of an advisory, in the order of its ecosystem where one is known; none when it is not
/// affected.
///
/// A version that is missing or cannot be ordered counts as affected: unknown is never safe.
///
/// Source: ossf.github.io/osv-schema, "Evaluation".
pub(super) fn hit(
    version: Option<&str>,
    versions: &Versions<'_>,
    order: Option<Order>,
) -> Option<Hit> {
    let unknown = || {
        let fixed = order.and_then(|order| highest_fix(versions, order));
        Some(Hit { state: MatchState::CannotCompare, fixed })
    };
    let Some(version) = version else { return unknown() };
    let affected = || {
        let fixed = order.and_then(|order| fix_behind(version, versions, order));
        Some(Hit { state: MatchState::Affected, fixed })
    };
    if versions.named.contains(&version) {
        return affected();
    }
    if versions.ranges.is_empty() {
        return None;
    }
    let Some(order) = order else { return unknown() };
    for range in &versions.ranges {
        match is_within(version, range, order) {
            Ok(true) => return affected(),
            Ok(false) => {}
            Err(Unorderable) => return unknown(),
        }
    }
    None
}

/// Walks the events of a range in the order of their versions.
fn is_within(version: &str, range: &[Turn<'_>], order: Order) -> Result<bool, Unorderable> {
    // What nearly every record has: from a version on, up to another one.
    if let [Turn::Introduced(from), turn] = range
        && !matches!(turn, Turn::Introduced(_))
    {
        let has_begun = *from == "0" || order.compare(version, from)?.is_ge();
        let has_ended = match turn {
            Turn::Fixed(fixed) => order.compare(version, fixed)?.is_ge(),
            Turn::LastAffected(last) => order.compare(version, last)?.is_gt(),
            Turn::Introduced(_) => false,
        };
        return Ok(has_begun && !has_ended);
    }
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(range.len());
    for turn in range {
        // Insertion keeps faults of the order visible, where a sort would have to hide them.
        let mut at = turns.len();
        for (index, other) in turns.iter().enumerate() {
            if compare_turns(turn, other, order)?.is_lt() {
                at = index;
                break;
            }
        }
        turns.insert(at, *turn);
    }
    let mut affected = false;
    for turn in turns {
        match turn {
            Turn::Introduced(from) => {
                if from == "0" || order.compare(version, from)?.is_ge() {
                    affected = true;
                }
            }
            Turn::Fixed(fixed) => {
                if order.compare(version, fixed)?.is_ge() {
                    affected = false;
                }
            }
            Turn::LastAffected(last) => {
                if order.compare(version, last)?.is_gt() {
                    affected = false;
                }
            }
        }
    }
    Ok(affected)
}

fn compare_turns(left: &Turn<'_>, right: &Turn<'_>, order: Order) -> Result<Ordering, Unorderable> {
    match (version_of(left), version_of(right)) {
        ("0", "0") => Ok(Ordering::Equal),
        ("0", _) => Ok(Ordering::Less),
        (_, "0") => Ok(Ordering::Greater),
        (left, right) => order.compare(left, right),
    }
}

const fn version_of<'t>(turn: &Turn<'t>) -> &'t str {
    match turn {
        Turn::Introduced(version) | Turn::Fixed(version) | Turn::LastAffected(version) => version,
    }
}

/// Every version that mends something.
pub(super) fn fixes<'v>(versions: &'v Versions<'_>) -> impl Iterator<Item = &'v str> {
    versions.ranges.iter().flatten().filter_map(|turn| match turn {
        Turn::Fixed(version) => Some(*version),
        Turn::Introduced(_) | Turn::LastAffected(_) => None,
    })
}

/// The lowest fix above `version` that no range of the entry affects.
fn fix_behind(version: &str, versions: &Versions<'_>, order: Order) -> Option<Arc<str>> {
    let above = |fix: &&str| order.compare(fix, version).is_ok_and(Ordering::is_gt);
    let is_clear = |fix: &&str| {
        !versions.ranges.iter().any(|range| is_within(fix, range, order).unwrap_or(true))
    };
    fixes(versions)
        .filter(|fix| above(fix) && is_clear(fix))
        .min_by(|left, right| order.compare(left, right).unwrap_or(Ordering::Equal))
        .map(Arc::from)
}

fn highest_fix(versions: &Versions<'_>, order: Order) -> Option<Arc<str>> {
    fixes(versions)
        .max_by(|left, right| order.compare(left, right).unwrap_or(Ordering::Equal))
        .map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::package::{Ecosystem, Package};

    fn affected(ecosystem: &str, ranges: &[&[(&str, &str)]], versions: &[&str]) -> Affected {
        let event = |(kind, version): &(&str, &str)| match *kind {
            "from" => Event::Introduced(Arc::from(*version)),
            "fix" => Event::Fixed(Arc::from(*version)),
            _ => Event::LastAffected(Arc::from(*version)),
        };
        Affected {
            package: Package::new(Ecosystem::new(ecosystem), "a"),
            ranges: ranges.iter().map(|range| range.iter().map(event).collect()).collect(),
            versions: versions.iter().map(|version| Arc::from(*version)).collect(),
        }
    }

    fn hit(version: Option<&str>, affected: &Affected) -> Option<Hit> {
        let order = Order::of(affected.package.ecosystem.family());
        super::hit(version, &Versions::of(affected), order)
    }

    #[track_caller]
    fn check(affected: &Affected, version: &str, expected: Option<(MatchState, Option<&str>)>) {
        let found = hit(Some(version), affected);
        let found = found.as_ref().map(|hit| (hit.state, hit.fixed.as_deref()));
        assert_eq!(found, expected, "{version}");
    }

    const HIT: MatchState = MatchState::Affected;

    #[test]
    fn a_range_begins_with_its_introduction_and_ends_before_its_fix() {
        let entry = affected(
            "npm",
            &[&[("from", "0"), ("fix", "1.2.0"), ("from", "2.0.0"), ("fix", "2.3.1")]],
            &[],
        );
        check(&entry, "1.1.9", Some((HIT, Some("1.2.0"))));
        check(&entry, "1.2.0", None);
        check(&entry, "2.0.0", Some((HIT, Some("2.3.1"))));
        check(&entry, "2.3.1", None);
        check(&entry, "2.0.0-rc.1", None);
    }

    #[test]
    fn events_may_stand_in_any_order() {
        let entry = affected(
            "npm",
            &[&[("fix", "2.3.1"), ("from", "2.0.0"), ("fix", "1.2.0"), ("from", "0")]],
            &[],
        );
        check(&entry, "1.5.0", None);
        check(&entry, "2.1.0", Some((HIT, Some("2.3.1"))));
    }

    #[test]
    fn the_last_affected_version_is_affected_and_names_no_fix() {
        let entry = affected("PyPI", &[&[("from", "1.0"), ("last", "1.4")]], &[]);
        check(&entry, "1.4", Some((HIT, None)));
        check(&entry, "1.4.post1", None);
    }

    #[test]
    fn versions_named_one_by_one_count_besides_the_ranges() {
        let entry = affected("PyPI", &[&[("from", "2.0"), ("fix", "2.1")]], &["0.9"]);
        check(&entry, "0.9", Some((HIT, Some("2.1"))));
        check(&entry, "0.8", None);
    }

    #[test]
    fn a_fix_that_another_range_affects_is_none() {
        let entry = affected(
            "npm",
            &[&[("from", "0"), ("fix", "1.2.0")], &[("from", "1.2.0"), ("fix", "1.3.0")]],
            &[],
        );
        check(&entry, "1.0.0", Some((HIT, Some("1.3.0"))));
    }

    #[test]
    fn what_cannot_be_compared_counts_as_affected() {
        let npm = affected("npm", &[&[("from", "0"), ("fix", "1.2.0")]], &[]);
        check(&npm, "latest", Some((MatchState::CannotCompare, Some("1.2.0"))));
        assert_eq!(hit(None, &npm).map(|hit| hit.state), Some(MatchState::CannotCompare));
        let unknown = affected("Android", &[&[("from", "0"), ("fix", "1.2.0")]], &[]);
        check(&unknown, "9.9", Some((MatchState::CannotCompare, None)));
        let broken = affected("npm", &[&[("from", "x"), ("fix", "1.2.0")]], &[]);
        check(&broken, "9.0.0", Some((MatchState::CannotCompare, Some("1.2.0"))));
    }

    #[test]
    fn an_entry_with_neither_range_nor_version_affects_nothing() {
        check(&affected("npm", &[], &[]), "1.0.0", None);
    }
}
