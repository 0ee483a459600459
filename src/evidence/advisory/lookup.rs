//! Whether a version is among those that an advisory is about.

use std::cmp::Ordering;
use std::sync::Arc;

use super::version::{Order, Unorderable};
use crate::domain::advisory::{Affected, Event, MatchState};

/// A hit of one advisory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) state: MatchState,
    /// The lowest version above the component's that is not affected.
    pub(super) fixed: Option<Arc<str>>,
}

/// Compares a version with an entry of an advisory; none when it is not affected.
///
/// A version that is missing or cannot be ordered counts as affected: unknown is never safe.
///
/// Source: ossf.github.io/osv-schema, "Evaluation".
pub(super) fn hit(version: Option<&str>, affected: &Affected) -> Option<Hit> {
    let unknown = || Some(Hit { state: MatchState::CannotCompare, fixed: highest_fix(affected) });
    let Some(version) = version else { return unknown() };
    if affected.versions.iter().any(|named| named.as_ref() == version) {
        let fixed = fix_behind(version, affected);
        return Some(Hit { state: MatchState::Affected, fixed });
    }
    if affected.ranges.is_empty() {
        return None;
    }
    let Some(order) = Order::of(affected.package.ecosystem.family()) else { return unknown() };
    for range in &affected.ranges {
        match is_within(version, range, order) {
            Ok(true) => {
                return Some(Hit {
                    state: MatchState::Affected,
                    fixed: fix_behind(version, affected),
                });
            }
            Ok(false) => {}
            Err(Unorderable) => return unknown(),
        }
    }
    None
}

/// Walks the events of a range in the order of their versions.
fn is_within(version: &str, range: &[Event], order: Order) -> Result<bool, Unorderable> {
    let mut events: Vec<&Event> = Vec::with_capacity(range.len());
    for event in range {
        // Insertion keeps faults of the order visible, where a sort would have to hide them.
        let mut at = events.len();
        for (index, other) in events.iter().enumerate() {
            if compare_events(event, other, order)?.is_lt() {
                at = index;
                break;
            }
        }
        events.insert(at, event);
    }
    let mut affected = false;
    for event in events {
        match event {
            Event::Introduced(from) => {
                if from.as_ref() == "0" || order.compare(version, from)?.is_ge() {
                    affected = true;
                }
            }
            Event::Fixed(fixed) => {
                if order.compare(version, fixed)?.is_ge() {
                    affected = false;
                }
            }
            Event::LastAffected(last) => {
                if order.compare(version, last)?.is_gt() {
                    affected = false;
                }
            }
        }
    }
    Ok(affected)
}

fn compare_events(left: &Event, right: &Event, order: Order) -> Result<Ordering, Unorderable> {
    let (left, right) = (version_of(left), version_of(right));
    match (left.as_ref(), right.as_ref()) {
        ("0", "0") => Ok(Ordering::Equal),
        ("0", _) => Ok(Ordering::Less),
        (_, "0") => Ok(Ordering::Greater),
        (left, right) => order.compare(left, right),
    }
}

fn version_of(event: &Event) -> &Arc<str> {
    match event {
        Event::Introduced(version) | Event::Fixed(version) | Event::LastAffected(version) => {
            version
        }
    }
}

fn fixes(affected: &Affected) -> impl Iterator<Item = &Arc<str>> {
    affected.ranges.iter().flatten().filter_map(|event| match event {
        Event::Fixed(version) => Some(version),
        Event::Introduced(_) | Event::LastAffected(_) => None,
    })
}

/// The lowest fix above `version` that no range of the entry affects.
fn fix_behind(version: &str, affected: &Affected) -> Option<Arc<str>> {
    let order = Order::of(affected.package.ecosystem.family())?;
    let above = |fix: &Arc<str>| order.compare(fix, version).is_ok_and(Ordering::is_gt);
    let is_clear = |fix: &Arc<str>| {
        !affected.ranges.iter().any(|range| is_within(fix, range, order).unwrap_or(true))
    };
    fixes(affected)
        .filter(|fix| above(fix) && is_clear(fix))
        .min_by(|left, right| order.compare(left, right).unwrap_or(Ordering::Equal))
        .cloned()
}

fn highest_fix(affected: &Affected) -> Option<Arc<str>> {
    let order = Order::of(affected.package.ecosystem.family())?;
    fixes(affected)
        .max_by(|left, right| order.compare(left, right).unwrap_or(Ordering::Equal))
        .cloned()
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
