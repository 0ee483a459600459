//! Asking: one input at a time, about which any number of programs are asked.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use super::convert::Term;
use super::engine::{Failure, Program, rule_path};
use super::evaluate::{self, Machine};
use super::extension;
use super::family::Family;
use super::own::{Circumstances, Hearing, Revision, Statement};
use crate::domain::evidence::Holdings;
use crate::domain::value::Value;

/// A rule of a package, looked up once and asked any number of times.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The parts of the package and the rule's name.
    path: Vec<String>,
    /// As the second engine wants to be asked.
    second: String,
    own: Option<evaluate::Entry>,
}

/// What is kept from one input to the next while one release is judged: memory, and copies of engines.
#[derive(Default)]
pub struct Runner {
    engines: Vec<(Arc<Family>, regorus::Engine)>,
    machine: Machine,
    circumstances: Circumstances,
}

/// One input, about which any number of programs are asked: what one rule has computed, the next one finds.
pub struct Session<'r> {
    input: Value,
    circumstances: Circumstances,
    engines: &'r mut Vec<(Arc<Family>, regorus::Engine)>,
    /// The input in the second engine's form, once that is asked.
    term: Option<Term>,
    machine: Option<&'r mut Machine>,
    hearing: Option<Hearing<'r>>,
    held: Option<Holdings<'r>>,
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("hearing", &self.hearing).finish_non_exhaustive()
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("n_engines", &self.engines.len()).finish_non_exhaustive()
    }
}

impl Program {
    /// Looks up a rule of a package.
    pub fn entry(&self, package: &[String], rule: &str) -> Entry {
        let rule = [rule.to_owned()];
        let path: Vec<String> = package.iter().chain(&rule).cloned().collect();
        let own = match self {
            Self::Own(own) => own.entry(&path),
            Self::Second(_) => None,
        };
        Entry { second: rule_path(package, &rule), own, path }
    }
}

thread_local! {
    /// The memory of the last request on this thread, for the next one.
    static MACHINE: Cell<Machine> = Cell::default();
}

impl Runner {
    /// Begins with a request.
    pub fn new(circumstances: Circumstances) -> Self {
        Self { engines: Vec::new(), machine: MACHINE.take(), circumstances }
    }

    /// Begins with an input.
    pub fn over(&mut self, input: Value) -> Session<'_> {
        Session {
            input,
            circumstances: self.circumstances,
            engines: &mut self.engines,
            term: None,
            machine: Some(&mut self.machine),
            hearing: None,
            held: None,
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        MACHINE.set(std::mem::take(&mut self.machine));
    }
}

impl<'r> Session<'r> {
    /// Lets built-ins answer from what is held of the image that the input is about.
    #[must_use]
    pub fn holding(self, held: Option<Holdings<'r>>) -> Self {
        Self { held, ..self }
    }

    /// The value of a rule over the input; `None` when it is undefined.
    ///
    /// # Errors
    /// When the rule fails or its time is used up.
    pub fn evaluate(
        &mut self,
        program: &'r Program,
        entry: &Entry,
    ) -> Result<Option<Value>, Failure> {
        match program {
            Program::Own(own) => self.by_own(own, entry),
            Program::Second(family) => self.by_second(family, entry),
        }
    }

    /// Every statement of the revision that was asked last, and what has become of it over the input; nothing where its
    /// programs do not count, or the second engine answers.
    pub fn statements(&self) -> Vec<Statement> {
        self.hearing.iter().flat_map(Hearing::statements).collect()
    }

    fn by_own(&mut self, own: &'r Revision, entry: &Entry) -> Result<Option<Value>, Failure> {
        if let Some(machine) = self.machine.take() {
            let hearing = own.over(machine, Some(self.input.clone()), self.circumstances);
            self.hearing = Some(hearing.holding(self.held));
        }
        if let Some(hearing) = self.hearing.as_mut().filter(|hearing| hearing.is_of(own)) {
            return hearing.answer(&entry.path, entry.own);
        }
        let mut machine = Machine::default();
        own.over(&mut machine, Some(self.input.clone()), self.circumstances)
            .holding(self.held)
            .answer(&entry.path, entry.own)
    }

    fn by_second(&mut self, family: &Arc<Family>, entry: &Entry) -> Result<Option<Value>, Failure> {
        let input = self.term.get_or_insert_with(|| Term::from(&self.input)).clone();
        // Policies of one family follow each other, mostly.
        let known = self.engines.iter().rposition(|(known, _)| Arc::ptr_eq(known, family));
        let mut engine = match known {
            Some(place) => self.engines.swap_remove(place).1,
            None => family.engine.clone(),
        };
        engine.set_input(input.0);
        extension::answer_from(self.circumstances);
        let answer = family.run(&mut engine, &entry.second)?;
        // What is printed while a release is judged has no reader, and must not pile up.
        drop(engine.take_prints());
        self.engines.push((Arc::clone(family), engine));
        Ok(answer)
    }
}
