//! What tests reached: the lines, and of each condition whether it held once and whether it failed once.

use std::collections::{BTreeMap, BTreeSet};

use crate::rego::evaluate::Hit;

/// What tests reached, by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Ascending by path.
    pub files: BTreeMap<String, FileCoverage>,
}

/// What tests reached in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCoverage {
    /// Lines that were run.
    pub covered: BTreeSet<u32>,
    /// Lines that could be run and were not.
    pub not_covered: BTreeSet<u32>,
    /// The conditions, by line and column, both from 1.
    pub conditions: BTreeMap<(u32, u32), Condition>,
}

/// What was seen of a condition: each has two branches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Whether it held once.
    pub held: bool,
    /// Whether it failed once.
    pub failed: bool,
}

impl Condition {
    /// How many of its two branches were taken.
    pub fn n_taken(self) -> usize {
        usize::from(self.held) + usize::from(self.failed)
    }
}

impl Coverage {
    /// Covered lines of all lines in percent; 100 when there is nothing to cover.
    pub fn percent(&self) -> f64 {
        let count =
            |lines: fn(&FileCoverage) -> usize| self.files.values().map(lines).sum::<usize>();
        let covered = count(|file| file.covered.len());
        percent(covered, covered + count(|file| file.not_covered.len()))
    }

    /// Taken branches of all branches in percent; 100 when there is no condition.
    pub fn percent_of_branches(&self) -> f64 {
        let conditions = || self.files.values().flat_map(|file| file.conditions.values());
        percent(conditions().map(|condition| condition.n_taken()).sum(), 2 * conditions().count())
    }

    pub(super) fn add(&mut self, path: String, covered: BTreeSet<u32>, not_covered: BTreeSet<u32>) {
        let file = self.files.entry(path).or_default();
        file.covered.extend(covered);
        file.not_covered.extend(not_covered);
        file.not_covered = file.not_covered.difference(&file.covered).copied().collect();
    }

    pub(super) fn add_condition(&mut self, path: &str, place: (u32, u32), hit: Hit) {
        let Some(file) = self.files.get_mut(path) else { return };
        let condition = file.conditions.entry(place).or_default();
        condition.held |= hit.held;
        condition.failed |= hit.failed;
    }
}

fn percent(part: usize, all: usize) -> f64 {
    if all == 0 {
        return 100.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of lines are far below 2^52")]
    let percent = 100.0 * part as f64 / all as f64;
    percent
}
