//! The engine: one package with what it needs, ready to be run any number of times from any thread.
//!
//! The own evaluator answers where its front end takes the modules. The interpreter of `regorus` stands behind it: it
//! answers where the own front end refuses, and it is the second opinion in the policies' own tests. A program of the
//! interpreter is kept as a prepared engine, of which evaluations take a copy: that costs less than a compiled policy (which builds an engine
//! each time) and lets several rules of the package be asked.
//!
//! Packages that need the same others share an engine, so that those are read and looked at once and not once for
//! each. Never all packages in one: what an evaluation sets up grows with its engine.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;

use super::convert::Term;
use super::evaluate::{self, Machine};
use super::extension;
use super::family::Family;
use super::fault::Fault;
use super::module::{self, Module};
use super::own::{Hearing, Revision};
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;

pub use super::own::Circumstances;

/// A package with what it needs, ready to be run.
#[derive(Clone, Debug)]
pub enum Program {
    /// By the own evaluator, which holds the whole revision.
    Own(Arc<Revision>),
    /// By the second engine, since the own front end refuses a module of the revision.
    Second(Arc<Family>),
}

/// A package as its tests run in the second engine.
#[derive(Clone, Debug)]
pub struct Examined {
    family: Arc<Family>,
}

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

/// A package that is to be made runnable.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its parts.
    pub package: Vec<String>,
    /// It and every package that it needs.
    pub closure: BTreeSet<Vec<String>>,
}

/// Why a rule has no answer.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong: lower case, no final stop.
    pub message: String,
    /// Where; `None` when the engine does not say.
    pub place: Option<(Arc<SourceFile>, Span)>,
    /// Whether the time was used up.
    pub out_of_time: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, span)) => write!(f, "{} ({})", self.message, file.location(*span, "")),
            None => f.write_str(&self.message),
        }
    }
}

/// Makes programs; packages that need the same others share the work of reading those.
#[derive(Debug)]
pub struct Linker<'m> {
    modules: &'m [Module],
    data: Term,
    budget: Duration,
    bases: BTreeMap<Vec<usize>, regorus::Engine>,
    own: Result<Arc<Revision>, Fault>,
}

/// How often the engine looks at the clock, in statements.
const CHECK_INTERVAL: NonZeroU32 = match NonZeroU32::new(64) {
    Some(interval) => interval,
    None => NonZeroU32::MIN,
};

/// How many packages share an engine at most.
const MAX_FAMILY: usize = 16;

impl<'m> Linker<'m> {
    /// Makes a linker over `modules` and `data`; each evaluation may take as long as `budget`.
    pub fn new(modules: &'m [Module], data: Term, budget: Duration) -> Self {
        let own = Revision::of(modules, data.to_value(), budget).map(Arc::new);
        Self { modules, data, budget, bases: BTreeMap::new(), own }
    }

    /// Why the modules are left to the second engine, when they are.
    pub fn left_to_the_second(&self) -> Option<&Fault> {
        self.own.as_ref().err()
    }

    /// Makes a program of each wanted package, in their order.
    ///
    /// Each that fails has the first fault that only the second engine sees; where the own evaluator takes the revision,
    /// the second one is not made ready at all.
    pub fn programs(&mut self, wanted: &[Wanted]) -> Vec<Result<Program, Fault>> {
        if let Ok(own) = &self.own {
            return wanted.iter().map(|_| Ok(Program::Own(Arc::clone(own)))).collect();
        }
        let mut families: BTreeMap<Vec<usize>, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
        for (place, Wanted { package, closure }) in wanted.iter().enumerate() {
            let (own, needed) = self.indices(package, closure);
            families.entry(needed).or_default().push((place, own));
        }
        let mut made = BTreeMap::new();
        for (needed, members) in &families {
            for members in members.chunks(MAX_FAMILY) {
                let together: Vec<usize> =
                    members.iter().flat_map(|(_, own)| own.iter().copied()).collect();
                let family = self.family(&together, needed);
                for (place, own) in members {
                    let program = match &family {
                        Ok(family) => Ok(Arc::clone(family)),
                        // Which one it is, and the fault of each, is seen when each stands alone.
                        Err(_) => self.family(own, needed),
                    };
                    made.insert(*place, program.map(Program::Second));
                }
            }
        }
        made.into_values().collect()
    }

    /// Makes `package` ready for its tests, with those of the other packages of `closure` that it needs.
    ///
    /// # Errors
    /// The first fault that only the second engine sees.
    pub fn examined(
        &mut self,
        package: &[String],
        closure: &BTreeSet<Vec<String>>,
    ) -> Result<Examined, Fault> {
        let (own, needed) = self.indices(package, closure);
        Ok(Examined { family: self.family(&own, &needed)? })
    }

    /// The modules of a package, and those of the packages that it needs.
    fn indices(
        &self,
        package: &[String],
        closure: &BTreeSet<Vec<String>>,
    ) -> (Vec<usize>, Vec<usize>) {
        let mut own = Vec::new();
        let mut needed = Vec::new();
        for (index, module) in self.modules.iter().enumerate() {
            if module.package == package {
                own.push(index);
            } else if closure.contains(&module.package) {
                needed.push(index);
            }
        }
        (own, needed)
    }

    fn family(&mut self, own: &[usize], needed: &[usize]) -> Result<Arc<Family>, Fault> {
        let mut engine = self.base(needed)?;
        self.add(&mut engine, own)?;
        let modules = own.iter().chain(needed).filter_map(|index| self.modules.get(*index));
        let files = modules.map(|module| Arc::clone(&module.file)).collect();
        let mut family = Family { engine, files, budget: self.budget };
        family.prepare()?;
        Ok(Arc::new(family))
    }

    fn base(&mut self, needed: &[usize]) -> Result<regorus::Engine, Fault> {
        if let Some(engine) = self.bases.get(needed) {
            return Ok(engine.clone());
        }
        let mut engine = regorus::Engine::new();
        engine.set_strict_builtin_errors(true);
        engine.set_gather_prints(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: self.budget,
            check_interval: CHECK_INTERVAL,
        });
        extension::install(&mut engine);
        if let Err(cause) = engine.add_data(self.data.0.clone()) {
            let nowhere = Arc::new(SourceFile::new("data", ""));
            return Err(Fault::new(&nowhere, Span::default(), cause.to_string()));
        }
        self.add(&mut engine, needed)?;
        self.bases.insert(needed.to_vec(), engine.clone());
        Ok(engine)
    }

    fn add(&self, engine: &mut regorus::Engine, indices: &[usize]) -> Result<(), Fault> {
        for module in indices.iter().filter_map(|index| self.modules.get(*index)) {
            module::add(engine, &module.file, module.version)?;
        }
        Ok(())
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
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        MACHINE.set(std::mem::take(&mut self.machine));
    }
}

impl<'r> Session<'r> {
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

    fn by_own(&mut self, own: &'r Revision, entry: &Entry) -> Result<Option<Value>, Failure> {
        if let Some(machine) = self.machine.take() {
            self.hearing = Some(own.over(machine, Some(self.input.clone()), self.circumstances));
        }
        if let Some(hearing) = self.hearing.as_mut().filter(|hearing| hearing.is_of(own)) {
            return hearing.answer(&entry.path, entry.own);
        }
        let mut machine = Machine::default();
        own.over(&mut machine, Some(self.input.clone()), self.circumstances)
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
        let answer = family.run(&mut engine, &entry.second)?;
        // What is printed while a release is judged has no reader, and must not pile up.
        drop(engine.take_prints());
        self.engines.push((Arc::clone(family), engine));
        Ok(answer)
    }
}

impl Examined {
    /// A copy of the second engine that notes which lines it runs.
    pub(super) fn observed(&self) -> regorus::Engine {
        let mut engine = self.family.engine.clone();
        engine.set_enable_coverage(true);
        engine
    }

    /// What the second engine answers.
    pub(super) fn run(
        &self,
        engine: &mut regorus::Engine,
        rule: &str,
    ) -> Result<Option<Value>, Failure> {
        self.family.run(engine, rule)
    }
}

/// `data.a["b-c"].deny`: how the engine wants to be asked.
pub(super) fn rule_path(package: &[String], rule: &[String]) -> String {
    let mut path = "data".to_owned();
    for part in package.iter().chain(rule) {
        let is_name = part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name {
            path.push('.');
            path.push_str(part);
        } else {
            path.push('[');
            path.push_str(&serde_json::Value::from(part.as_str()).to_string());
            path.push(']');
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rego::guard::Limits;

    /// One module for each text, whose package is `p0`, `p1` and so on.
    fn modules(rules: &[&str]) -> Vec<Module> {
        let module = |(n, rules): (usize, &&str)| {
            let text = format!("package p{n}\n{rules}\n");
            let file = Arc::new(SourceFile::new(format!("p{n}.rego"), text));
            module::parse(&file, None, &Limits::default()).unwrap()
        };
        rules.iter().enumerate().map(module).collect()
    }

    fn programs(modules: &[Module]) -> Vec<Result<Program, Fault>> {
        let data = Term::from(&Value::object(Vec::new()));
        let wanted = modules.iter().map(|module| Wanted {
            package: module.package.clone(),
            closure: BTreeSet::from([module.package.clone()]),
        });
        let budget = Duration::from_secs(10);
        let mut linker = Linker::new(modules, data, budget);
        let refused = "the second engine is what these tests are about";
        linker.own = Err(Fault::new(&modules[0].file, Span::default(), refused));
        linker.programs(&wanted.collect::<Vec<_>>())
    }

    #[test]
    fn packages_of_equal_needs_share_an_engine_and_answer_for_themselves() {
        let modules = modules(&["a := 1 + input", "a := 2 + input"]);
        let programs: Vec<Program> = programs(&modules).into_iter().map(Result::unwrap).collect();
        let [Program::Second(one), Program::Second(other)] = programs.as_slice() else {
            panic!("{programs:?}")
        };
        assert!(Arc::ptr_eq(one, other));
        let mut runner = Runner::default();
        let mut ask = |number: usize, input: i64| {
            let package = modules[number].package.as_slice();
            let entry = programs[number].entry(package, "a");
            let answer = runner.over(Value::from(input)).evaluate(&programs[number], &entry);
            let answer = answer.unwrap();
            answer.unwrap().to_string()
        };
        let answers = [ask(0, 1), ask(1, 1), ask(0, 10), ask(1, 10)];
        assert_eq!(answers, ["2", "3", "11", "12"]);
    }

    #[test]
    fn one_faulty_package_leaves_its_kin_alone() {
        let modules = modules(&["a := 1", "a if { x := 1; x := 2 }", "a := 3"]);
        let programs = programs(&modules);
        assert_eq!(programs[1].as_ref().unwrap_err().file.path, "p1.rego");
        let mut runner = Runner::default();
        for (number, expected) in [(0, 1), (2, 3)] {
            let program = programs[number].as_ref().unwrap();
            let entry = program.entry(&modules[number].package, "a");
            let answer = runner.over(Value::Null).evaluate(program, &entry);
            assert_eq!(answer.unwrap(), Some(Value::from(expected)));
        }
    }

    #[test]
    fn a_failed_evaluation_leaves_nothing_behind() {
        let modules = modules(&["a := 1 if input\na := 2 if input", "a := 3 if input"]);
        let programs: Vec<Program> = programs(&modules).into_iter().map(Result::unwrap).collect();
        let mut runner = Runner::default();
        for input in [true, true] {
            let entry = |n: usize| programs[n].entry(&modules[n].package, "a");
            let mut session = runner.over(Value::from(input));
            let failed = session.evaluate(&programs[0], &entry(0));
            assert!(failed.is_err(), "{failed:?}");
            let answer = session.evaluate(&programs[1], &entry(1));
            assert_eq!(answer.unwrap(), Some(Value::from(3)));
        }
    }
}
