//! How every policy stands, over all its subjects.

use std::sync::Arc;

use crate::domain::code::Code;
use crate::domain::policy::PolicyMeta;
use crate::domain::scorecard::{PolicyState, Standing};

/// What is known of one policy.
#[derive(Clone, Copy)]
enum Known {
    /// It was about nothing here.
    NotAsked,
    /// It was asked, and what it says does not count.
    SwitchedOff,
    Stands(Standing),
}

/// How every policy stands so far.
pub(super) struct Standings<'a> {
    policies: &'a [Arc<PolicyMeta>],
    of_each: Vec<Known>,
    /// Where the last one was found.
    last: usize,
}

impl<'a> Standings<'a> {
    pub(super) fn of(policies: &'a [Arc<PolicyMeta>]) -> Self {
        Self { policies, of_each: vec![Known::NotAsked; policies.len()], last: 0 }
    }

    /// Adds how a policy stands for one subject, nothing if it is switched off; the worst subject decides.
    pub(super) fn add(&mut self, code: &Code, standing: Option<Standing>) {
        // Outcomes stand in the order of the policies, so that the first or the second look finds it.
        let is_it =
            |place: &usize| self.policies.get(*place).is_some_and(|policy| policy.code == *code);
        let Some(place) = (self.last..self.policies.len()).chain(0..self.last).find(is_it) else {
            return;
        };
        self.last = place;
        let Some(known) = self.of_each.get_mut(place) else { return };
        *known = match (*known, standing) {
            (Known::Stands(known), Some(standing)) => Known::Stands(worse(known, standing)),
            (_, Some(standing)) => Known::Stands(standing),
            (Known::NotAsked, None) => Known::SwitchedOff,
            (known, None) => known,
        };
    }

    /// How many policies nobody was asked about.
    pub(super) fn n_not_asked(&self) -> u32 {
        self.of_each.iter().map(|known| u32::from(matches!(known, Known::NotAsked))).sum()
    }

    /// The states, in the order of the policies.
    pub(super) fn states(self) -> Vec<PolicyState> {
        let state = |(policy, known): (&Arc<PolicyMeta>, Known)| PolicyState {
            code: policy.code.clone(),
            severity: policy.severity,
            standing: match known {
                Known::Stands(standing) => standing,
                Known::NotAsked | Known::SwitchedOff => Standing::NotApplicable,
            },
        };
        self.policies.iter().zip(self.of_each).map(state).collect()
    }
}

fn worse(a: Standing, b: Standing) -> Standing {
    let rank = |standing: Standing| match standing {
        Standing::NotApplicable => 0,
        Standing::Passed => 1,
        Standing::Waived => 2,
        Standing::Failed => 3,
    };
    if rank(a) >= rank(b) { a } else { b }
}
