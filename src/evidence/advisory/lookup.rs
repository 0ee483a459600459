//! Whether a version is among those that an advisory is about.

use std::cmp::Ordering;
use std::sync::Arc;

use super::packed::{Turn, Versions};
use super::version::{Order, Unorderable, Version};
use crate::domain::advisory::MatchState;

/// A hit of one advisory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) state: MatchState,
    /// The lowest version above the component's that is not affected.
    pub(super) fixed: Option<Arc<str>>,
}

/// A component's version: as written, and taken apart in the order of its ecosystem where that can be done.
#[derive(Debug)]
pub(super) struct Compared<'v> {
    pub(super) written: &'v str,
    parsed: Option<Version<'v>>,
    /// None where the order of the ecosystem is not known.
    pub(super) order: Option<Order>,
}

impl<'v> Compared<'v> {
    pub(super) fn new(written: &'v str, order: Option<Order>) -> Self {
        Self { written, parsed: order.and_then(|order| order.parse(written)), order }
    }

    /// How it stands to another version.
    pub(super) fn to(&self, other: &str) -> Result<Ordering, Unorderable> {
        let own = self.parsed.as_ref().ok_or(Unorderable)?;
        let other = self.order.and_then(|order| order.parse(other)).ok_or(Unorderable)?;
        Ok(own.cmp(&other))
    }
}

/// Whether a version is among those of an entry; none when it is not affected.
///
/// A version that is missing or cannot be ordered counts as affected: unknown is never safe.
///
/// Source: ossf.github.io/osv-schema, "Evaluation".
pub(super) fn state(
    version: Option<&Compared<'_>>,
    versions: &Versions<'_, '_>,
) -> Option<MatchState> {
    let Some(version) = version else { return Some(MatchState::CannotCompare) };
    if versions.named.contains(&version.written) {
        return Some(MatchState::Affected);
    }
    if version.order.is_none() {
        return versions.has_ranges().then_some(MatchState::CannotCompare);
    }
    for range in versions.ranges() {
        match is_within(version, range) {
            Ok(true) => return Some(MatchState::Affected),
            Ok(false) => {}
            Err(Unorderable) => return Some(MatchState::CannotCompare),
        }
    }
    None
}

/// What an entry says of a version that is among its own, and which version mends it.
pub(super) fn hit(
    version: Option<&Compared<'_>>,
    versions: &Versions<'_, '_>,
    order: Option<Order>,
) -> Option<Hit> {
    let state = state(version, versions)?;
    let fixed = match (state, version) {
        (MatchState::Affected, Some(version)) => fix_behind(version, versions),
        (MatchState::Affected | MatchState::CannotCompare, _) => {
            order.and_then(|order| highest_fix(versions, order))
        }
    };
    Some(Hit { state, fixed })
}

/// Walks the events of a range in the order of their versions.
fn is_within(version: &Compared<'_>, range: &[Turn<'_>]) -> Result<bool, Unorderable> {
    // What nearly every record has: from a version on, up to another one.
    if let [Turn::Introduced(from), turn] = range
        && !matches!(turn, Turn::Introduced(_))
    {
        let has_begun = *from == "0" || version.to(from)?.is_ge();
        let has_ended = match turn {
            Turn::Fixed(fixed) => version.to(fixed)?.is_ge(),
            Turn::LastAffected(last) => version.to(last)?.is_gt(),
            Turn::Introduced(_) => false,
        };
        // An end that lies before the beginning ends nothing: what it began goes on.
        let begins_anew = has_begun
            && has_ended
            && *from != "0"
            && version.order.ok_or(Unorderable)?.compare(from, version_of(turn))?.is_gt();
        return Ok(has_begun && (!has_ended || begins_anew));
    }
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(range.len());
    for turn in range {
        // Insertion keeps faults of the order visible, where a sort would have to hide them.
        let mut at = turns.len();
        for (index, other) in turns.iter().enumerate() {
            if compare_turns(turn, other, version.order)?.is_lt() {
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
                if from == "0" || version.to(from)?.is_ge() {
                    affected = true;
                }
            }
            Turn::Fixed(fixed) => {
                if version.to(fixed)?.is_ge() {
                    affected = false;
                }
            }
            Turn::LastAffected(last) => {
                if version.to(last)?.is_gt() {
                    affected = false;
                }
            }
        }
    }
    Ok(affected)
}

fn compare_turns(
    left: &Turn<'_>,
    right: &Turn<'_>,
    order: Option<Order>,
) -> Result<Ordering, Unorderable> {
    match (version_of(left), version_of(right)) {
        ("0", "0") => Ok(Ordering::Equal),
        ("0", _) => Ok(Ordering::Less),
        (_, "0") => Ok(Ordering::Greater),
        (left, right) => order.ok_or(Unorderable)?.compare(left, right),
    }
}

const fn version_of<'t>(turn: &Turn<'t>) -> &'t str {
    match turn {
        Turn::Introduced(version) | Turn::Fixed(version) | Turn::LastAffected(version) => version,
    }
}

/// Every version that mends something.
pub(super) fn fixes<'p>(versions: &Versions<'_, 'p>) -> impl Iterator<Item = &'p str> {
    versions.turns().iter().filter_map(|turn| match turn {
        Turn::Fixed(version) => Some(*version),
        Turn::Introduced(_) | Turn::LastAffected(_) => None,
    })
}

/// The lowest fix above `version` that no range of the entry affects.
fn fix_behind(version: &Compared<'_>, versions: &Versions<'_, '_>) -> Option<Arc<str>> {
    let order = version.order?;
    let is_clear = |fix: &str| {
        let fix = Compared::new(fix, Some(order));
        !versions.ranges().any(|range| is_within(&fix, range).unwrap_or(true))
    };
    fixes(versions)
        .filter(|fix| version.to(fix).is_ok_and(Ordering::is_lt) && is_clear(fix))
        .min_by(|left, right| order.compare(left, right).unwrap_or(Ordering::Equal))
        .map(Arc::from)
}

fn highest_fix(versions: &Versions<'_, '_>, order: Order) -> Option<Arc<str>> {
    fixes(versions)
        .max_by(|left, right| order.compare(left, right).unwrap_or(Ordering::Equal))
        .map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::advisory::{Affected, Event};
    use crate::domain::package::{Ecosystem, Package};
    use crate::evidence::advisory::packed::Entries;

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
        let mut bytes = Vec::new();
        let entries = Entries::of(&[(0, affected)], &mut bytes);
        let version = version.map(|version| Compared::new(version, order));
        let (_, _, versions) = entries.iter().next().unwrap();
        super::hit(version.as_ref(), &versions, order)
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
    fn an_end_before_the_beginning_ends_nothing() {
        for end in ["fix", "last"] {
            let entry = affected("npm", &[&[("from", "2.0.0"), (end, "1.0.0")]], &[]);
            check(&entry, "1.5.0", None);
            check(&entry, "2.5.0", Some((HIT, None)));
        }
        let empty = affected("npm", &[&[("from", "2.0.0"), ("fix", "2.0.0")]], &[]);
        check(&empty, "2.0.0", None);
        check(&empty, "2.5.0", None);
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
