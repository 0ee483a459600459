//! What became of statements, and the values that they had, kept for those who read a trace.

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::value::Value;

use super::machine::Evaluation;
use super::program::Expr;

/// So many different ones are kept where a statement holds, and as many where it does not.
const MAX_SIGHTS: usize = 3;

/// What has become of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// Whether it was evaluated.
    pub reached: bool,
    /// Whether it had a solution once.
    pub held: bool,
    /// Whether it had none once.
    pub failed: bool,
}

/// Something that a statement names.
#[derive(Debug)]
pub(super) struct Shown {
    /// As the statement calls it.
    pub(super) name: Arc<str>,
    pub(super) expr: Expr,
    /// Whether it has a value only where the statement holds.
    pub(super) is_given_here: bool,
    /// Whether it says something only where the statement does not hold.
    pub(super) explains_failure: bool,
    /// The local that it is a part of.
    pub(super) part_of: Option<Arc<str>>,
}

/// The values of what a statement names, at one time when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Whether it held.
    pub held: bool,
    /// By name as it is written; `None` where it was undefined.
    pub values: Vec<(Arc<str>, Option<Value>)>,
}

/// What is kept of one statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sights {
    /// The first ones that differ.
    pub kept: Vec<Sight>,
    /// Whether there were others where it held, and where it did not.
    pub more: [bool; 2],
}

impl Sights {
    fn add(&mut self, sight: Sight) {
        if self.kept.contains(&sight) {
            return;
        }
        let n_alike = self.kept.iter().filter(|other| other.held == sight.held).count();
        if n_alike < MAX_SIGHTS {
            self.kept.push(sight);
        } else {
            let [held, failed] = &mut self.more;
            *(if sight.held { held } else { failed }) = true;
        }
    }
}

impl Evaluation<'_> {
    /// Keeps the values of what stands beside a point.
    pub(super) fn look(&mut self, point: u32, held: bool) {
        let Some(shown) = self.program.shown.get(point as usize) else { return };
        let is_known = |one: &&Shown| if held { !one.explains_failure } else { !one.is_given_here };
        let known: Vec<_> =
            shown.iter().filter(is_known).filter_map(|one| Some((one, self.seen(one)?))).collect();
        // A part tells more than the whole, unless it is not there: then one wants to know of whom.
        let is_told_by_parts = |whole: &Shown| {
            let is_part = |part: &Shown| part.part_of.as_ref() == Some(&whole.name);
            let mut parts = known.iter().filter(|(part, _)| is_part(part)).peekable();
            parts.peek().is_some() && parts.all(|(_, (_, value))| value.is_some())
        };
        let told = known.iter().filter(|(one, _)| !is_told_by_parts(one));
        let values: Vec<_> = told.map(|(_, value)| value.clone()).collect();
        if values.is_empty() {
            return;
        }
        if let Some(sights) = self.sights.get_mut(point as usize) {
            sights.add(Sight { held, values });
        }
    }

    /// Nothing where a rule was not asked.
    fn seen(&self, shown: &Shown) -> Option<(Arc<str>, Option<Value>)> {
        let base = if let Expr::Path(base, _) = &shown.expr { base.as_ref() } else { &shown.expr };
        if let Expr::Rule(rule) = base {
            self.context.rules.get(*rule)?;
        }
        let value = self.value(&shown.expr).map(Cow::into_owned);
        Some((Arc::clone(&shown.name), value))
    }
}
