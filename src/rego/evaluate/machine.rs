//! The machine of one thread: scratch memory, and evaluations that use it.

use crate::domain::evidence::Holdings;
use crate::domain::value::Value;
use crate::rego::budget::{Budget, Exhausted, Limits};
use crate::rego::builtin::Cache;
use crate::rego::ir::Span;

use super::constant::Copies;
use super::context::Context;
use super::failure::{Failure, Outcome, exhausted};
use super::program::{Entry, Program};
use super::sight::{Hit, Sights};
use super::weight::Weights;

/// Scratch memory of one thread, for any number of evaluations of any program.
#[derive(Debug, Default)]
pub struct Machine {
    pool: Vec<Context>,
    slots: Vec<Value>,
    cache: Cache,
    weights: Weights,
    copies: Copies,
    text: String,
}

/// How an evaluation is done.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What it may use.
    pub limits: Limits,
    /// Whether a built-in without an answer is an error; undefined otherwise, as OPA has it unless told.
    pub is_strict: bool,
    /// What `time.now_ns` answers.
    pub now_ns: i64,
    /// What random built-ins draw from.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::default(), is_strict: true, now_ns: 0, seed: 0 }
    }
}

/// One input under evaluation: any number of questions, which share what has been computed.
#[derive(Debug)]
pub struct Evaluation<'p> {
    pub(super) program: &'p Program,
    pub(super) context: Context,
    pub(super) pool: &'p mut Vec<Context>,
    /// The frames of all rules being evaluated, one behind the other.
    pub(super) slots: &'p mut Vec<Value>,
    /// Where the frame of the innermost rule begins.
    pub(super) frame: usize,
    pub(super) cache: &'p mut Cache,
    /// Of what this evaluation has made.
    pub(super) weights: &'p mut Weights,
    pub(super) copies: &'p mut Copies,
    /// Where texts are put together.
    pub(super) text: &'p mut String,
    pub(super) budget: Budget,
    pub(super) settings: Settings,
    pub(super) covered: Vec<Hit>,
    /// By point; empty where values are not kept.
    pub(super) sights: Vec<Sights>,
    /// Where hits of no point go.
    pub(super) uncounted: Hit,
    /// What is held of the image that the input is about.
    pub(super) held: Option<Holdings<'p>>,
}

impl Machine {
    /// Begins to evaluate one input; its clock starts now.
    pub fn begin<'p>(
        &'p mut self,
        program: &'p Program,
        input: Option<Value>,
        settings: Settings,
    ) -> Evaluation<'p> {
        let mut context = self.pool.pop().unwrap_or_default();
        context.fit(program);
        context.input = input;
        self.slots.clear();
        Evaluation {
            program,
            context,
            pool: &mut self.pool,
            slots: &mut self.slots,
            frame: 0,
            cache: &mut self.cache,
            weights: &mut self.weights,
            copies: &mut self.copies,
            text: &mut self.text,
            budget: Budget::start(settings.limits),
            settings,
            covered: vec![Hit::default(); program.points.len()],
            sights: vec![Sights::default(); program.shown.len()],
            uncounted: Hit::default(),
            held: None,
        }
    }
}

impl<'p> Evaluation<'p> {
    /// Lets built-ins answer from what is held of the image that the input is about.
    pub const fn hold(&mut self, held: Option<Holdings<'p>>) {
        self.held = held;
    }

    /// Reads `documents` as the base documents, in place of those that the program was compiled with.
    pub fn read_documents(&mut self, documents: Value) {
        self.context.data = Some(documents);
    }

    /// What stands at a path below `data`: a rule's value, a package, a base document, or a part of one.
    ///
    /// # Errors
    /// Where OPA has an error, where the budget is used up, and where a rule is needed that did not compile.
    pub fn answer(&mut self, path: &[&str]) -> Result<Option<Value>, Failure> {
        let found = self.at(path);
        found.and_then(|found| self.is_light().map(|()| found)).map_err(|failure| *failure)
    }

    /// What a rule answers that was looked up before; as [`Evaluation::answer`] over its path.
    ///
    /// # Errors
    /// As there.
    pub fn value_of_entry(&mut self, entry: Entry) -> Result<Option<Value>, Failure> {
        let Entry(id) = entry;
        let found = self.rule(id, Span::default());
        match found.and_then(|found| self.is_light().map(|()| found)) {
            Ok(true) => Ok(self.context.rules.get(id).cloned().flatten()),
            Ok(false) => Ok(None),
            Err(failure) => Err(*failure),
        }
    }

    /// Begins a new budget; what is known of the input stays.
    pub fn renew(&mut self) {
        self.budget = Budget::start(self.settings.limits);
    }

    /// Forgets all that was computed, and every memory that a panic may have left half-changed.
    pub fn restart(&mut self) {
        let mut context = Context::default();
        context.input = self.context.input.take();
        context.data = self.context.data.take();
        context.fit(self.program);
        self.context = context;
        self.pool.clear();
        self.slots.clear();
        self.frame = 0;
        *self.cache = Cache::default();
        *self.weights = Weights::default();
        *self.copies = Copies::default();
    }

    /// What has become of each of [`Program::points`].
    pub fn covered(&self) -> &[Hit] {
        &self.covered
    }

    /// What values statements had, for each of [`Program::points`] up to the last one beside which there is any.
    pub fn sights(&self) -> &[Sights] {
        &self.sights
    }

    pub(super) fn hit(&mut self, point: u32) -> &mut Hit {
        self.covered.get_mut(point as usize).unwrap_or(&mut self.uncounted)
    }

    fn at(&mut self, path: &[&str]) -> Outcome<Option<Value>> {
        let (mut node, mut n_steps) = (0, 0);
        for step in path {
            let Some(here) = self.program.node(node) else { break };
            let (Some(child), None) = (here.children.get(*step), here.rule) else { break };
            node = *child;
            n_steps += 1;
        }
        let found = match self.program.node(node).and_then(|node| node.rule) {
            None if n_steps < path.len() => {
                let documents = self.context.documents(self.program);
                return Ok(documents.at(path).cloned());
            }
            Some(id) if self.program.rule(id).is_some_and(|rule| Self::is_function(rule.kind)) => {
                return Ok(None);
            }
            Some(_) | None => self.materialised(node)?,
        };
        let rest = path.get(n_steps..).unwrap_or_default();
        Ok(found.and_then(|found| found.at(rest).cloned()))
    }

    /// Whether nothing too heavy was made: expressions cannot fail, so that it is asked for after them.
    pub(super) fn is_light(&self) -> Outcome<()> {
        let too_heavy = self.weights.were_exceeded();
        if too_heavy { Err(exhausted(Exhausted::Memory, Span::default())) } else { Ok(()) }
    }

    #[inline]
    pub(super) fn charge(&mut self, span: Span) -> Outcome<()> {
        self.budget.charge(1).map_err(|cause| exhausted(cause, span))
    }

    #[inline]
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "every step of an evaluation returns the box"
    )]
    pub(super) fn spent(cause: Exhausted) -> Box<Failure> {
        exhausted(cause, Span::default())
    }

    /// Gives a context back for later use.
    pub(super) fn release(&mut self, mut context: Context) {
        context.clear();
        self.pool.push(context);
    }
}

impl Drop for Evaluation<'_> {
    fn drop(&mut self) {
        let context = std::mem::take(&mut self.context);
        self.release(context);
        self.slots.clear();
        self.weights.clear();
    }
}
