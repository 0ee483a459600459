//! A few modules as a program of their own, which sees nothing of other modules and is told its documents each time.

mod second;

use std::sync::Arc;
use std::time::Duration;

use super::engine::Failure;
use super::evaluate::{self, Machine, Switches};
use super::fault::Fault;
use super::module::{Module, Version};
use super::own::{Circumstances, Revision, Statement, resolved};
use crate::domain::place::SourceFile;
use crate::domain::value::Value;

pub use second::SecondProgram;

/// Modules compiled alone. The own evaluator runs them, and nothing stands in for it.
#[derive(Debug)]
pub struct ClosedProgram(Revision);

/// Who asks: scratch memory, and what is told of the moment.
#[derive(Debug)]
pub struct Asker {
    machine: Machine,
    circumstances: Circumstances,
}

impl Asker {
    /// Asks for a decision.
    pub fn new(circumstances: Circumstances) -> Self {
        Self { machine: Machine::default(), circumstances }
    }

    /// Asks for a test.
    pub fn of_a_test() -> Self {
        Self::new(Circumstances::of_a_test())
    }
}

impl ClosedProgram {
    /// Compiles the modules, which may read documents of the form of `data`.
    ///
    /// # Errors
    /// The first fault that the front end or the compiler finds.
    pub fn of(modules: &[Module], data: Value, budget: Duration) -> Result<Self, Fault> {
        Revision::of(modules, data, budget).map(Self)
    }

    /// As [`ClosedProgram::of`], and counts what it evaluates.
    ///
    /// # Errors
    /// The first fault that the front end or the compiler finds.
    pub fn counting(modules: &[Module], data: Value, budget: Duration) -> Result<Self, Fault> {
        let switches = Switches { coverage: true, values: true, ..Switches::default() };
        Revision::compiled(&resolved(modules)?, modules, data, budget, switches).map(Self)
    }

    /// What became of each statement while a rule of `package` was asked; nothing where the program does not count.
    pub fn statements(
        &self,
        asker: &mut Asker,
        package: &[String],
        rule: &str,
        input: Value,
        documents: Value,
    ) -> Vec<Statement> {
        let path: Vec<String> = package.iter().cloned().chain([rule.to_owned()]).collect();
        let Asker { machine, circumstances } = asker;
        let mut hearing = self.0.over(machine, Some(input), *circumstances);
        hearing.read_documents(documents);
        // What comes out was found by the program that decides.
        drop(hearing.answer(&path, None));
        hearing.statements().collect()
    }

    /// What was compiled before, over the files that it was compiled of.
    ///
    /// `None` where it was compiled of others.
    pub fn kept(
        program: evaluate::Program,
        files: Vec<Arc<SourceFile>>,
        budget: Duration,
    ) -> Option<Self> {
        Revision::kept(program, files, budget).map(Self)
    }

    /// The same modules as the second engine reads them, all of them of one version; `None` where it refuses them.
    pub fn second(&self, version: Version) -> Option<SecondProgram> {
        SecondProgram::of(self.0.files(), version, self.0.budget())
    }

    /// What was compiled.
    pub const fn program(&self) -> &evaluate::Program {
        self.0.program()
    }

    /// The value of a rule of `package` over `input`, with sets as arrays; `None` when it is undefined.
    ///
    /// # Errors
    /// When the rule fails or its time is used up.
    pub fn answer(
        &self,
        asker: &mut Asker,
        package: &[String],
        rule: &str,
        input: Value,
        documents: Value,
    ) -> Result<Option<Value>, Failure> {
        let rule = [rule.to_owned()];
        let path: Vec<String> = package.iter().chain(&rule).cloned().collect();
        let Asker { machine, circumstances } = asker;
        self.0.ask(machine, *circumstances, &path, Some(input), Some(documents), &mut |_| {})
    }
}
