//! The engine: one package with what it needs, ready to be run any number of times from any thread.
//!
//! The own evaluator answers where its front end takes the modules. The interpreter of `regorus` stands behind it: it
//! answers where the own front end refuses, and it is the second opinion in the policies' own tests. A program of the
//! interpreter is kept as a prepared engine, of which evaluations take a copy: that costs less than a compiled policy (which builds an engine
//! each time) and lets several rules of the package be asked.
//!
//! Packages that need the same others share an engine, so that those are read and looked at once and not once for
//! each. Never all packages in one: what an evaluation sets up grows with its engine.

mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;

use super::convert::Term;
use super::evaluate::Switches;
use super::extension;
use super::family::Family;
use super::fault::Fault;
use super::ir::Unit;
use super::module::{Module, Version};
use super::own::Revision;
use super::second;
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;

pub use super::own::{Circumstances, Statement};
pub use super::session::{Entry, Runner, Session};

/// A package with what it needs, ready to be run.
#[derive(Clone, Debug)]
pub enum Program {
    /// By the own evaluator, which holds the whole revision.
    Own(Arc<Revision>),
    /// By the second engine, since the own front end refuses a module of the revision.
    Second(Arc<Family>),
}

impl Program {
    /// All modules as a program that counts what it evaluates, as [`Session::statements`] tells; nothing where the own
    /// evaluator does not take them. What OPA's rule index asks before a definition is not asked, so that an answer may be
    /// an error where there would be none.
    pub fn counting(
        modules: &[Module],
        unit: &Unit,
        data: &Value,
        budget: Duration,
    ) -> Option<Self> {
        let switches = Switches::traced();
        let own = Revision::compiled(unit, modules, data.clone(), budget, switches).ok()?;
        Some(Self::Own(Arc::new(own)))
    }
}

/// A package as its tests run in the second engine.
#[derive(Clone, Debug)]
pub struct Examined {
    family: Arc<Family>,
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
pub struct Linker {
    sources: Vec<Source>,
    data: Value,
    budget: Duration,
    bases: BTreeMap<Vec<usize>, regorus::Engine>,
    own: Result<Arc<Revision>, Fault>,
}

/// What the second engine reads of a module.
#[derive(Debug)]
struct Source {
    file: Arc<SourceFile>,
    package: Vec<String>,
    version: Version,
}

/// How often the engine looks at the clock, in statements.
const CHECK_INTERVAL: NonZeroU32 = match NonZeroU32::new(64) {
    Some(interval) => interval,
    None => NonZeroU32::MIN,
};

/// How many packages share an engine at most.
const MAX_FAMILY: usize = 16;

impl Linker {
    /// Makes a linker over `modules` of which `unit` was resolved; each evaluation may take as long as `budget`.
    pub fn over(modules: &[Module], unit: &Unit, data: &Value, budget: Duration) -> Self {
        let switches = Switches::default();
        let own = Revision::compiled(unit, modules, data.clone(), budget, switches).map(Arc::new);
        // One copy of the documents serves both engines.
        let data = own.as_ref().map_or(data, |own| own.program().data()).clone();
        Self::with(modules, data, budget, own)
    }

    /// Makes a linker for the second engine alone.
    pub fn of_second(modules: &[Module], data: &Value, budget: Duration) -> Self {
        let nowhere = Arc::new(SourceFile::new("modules", ""));
        let unasked = Fault::new(&nowhere, Span::default(), "the own evaluator was not asked");
        Self::with(modules, data.clone(), budget, Err(unasked))
    }

    fn with(
        modules: &[Module],
        data: Value,
        budget: Duration,
        own: Result<Arc<Revision>, Fault>,
    ) -> Self {
        let source = |module: &Module| Source {
            file: Arc::clone(&module.file),
            package: module.package.clone(),
            version: module.version,
        };
        let sources = modules.iter().map(source).collect();
        Self { sources, data, budget, bases: BTreeMap::new(), own }
    }

    /// Makes the second engine's program of a package, whichever engine decides.
    ///
    /// # Errors
    /// The first fault that only the second engine sees.
    pub fn second(&mut self, wanted: &Wanted) -> Result<Program, Fault> {
        let (own, needed) = self.indices(&wanted.package, &wanted.closure);
        Ok(Program::Second(self.family(&own, &needed)?))
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
        for (index, module) in self.sources.iter().enumerate() {
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
        let modules = own.iter().chain(needed).filter_map(|index| self.sources.get(*index));
        let files = modules.map(|module| Arc::clone(&module.file)).collect();
        let mut family = Family { engine, files, budget: self.budget };
        family.prepare()?;
        Ok(Arc::new(family))
    }

    fn base(&mut self, needed: &[usize]) -> Result<regorus::Engine, Fault> {
        if let Some(engine) = self.bases.get(needed) {
            return Ok(engine.clone());
        }
        let mut engine = prepared(&self.data, self.budget);
        if let Err(cause) = engine.add_data(Term::from(&self.data).0) {
            let nowhere = Arc::new(SourceFile::new("data", ""));
            return Err(Fault::new(&nowhere, Span::default(), cause.to_string()));
        }
        self.add(&mut engine, needed)?;
        self.bases.insert(needed.to_vec(), engine.clone());
        Ok(engine)
    }

    fn add(&self, engine: &mut regorus::Engine, indices: &[usize]) -> Result<(), Fault> {
        for module in indices.iter().filter_map(|index| self.sources.get(*index)) {
            second::add(engine, &module.file, module.version)?;
        }
        Ok(())
    }
}

impl Examined {
    /// A copy of the second engine that notes which lines it runs.
    pub(super) fn observed(&self) -> regorus::Engine {
        let mut engine = self.family.engine.clone();
        engine.set_enable_coverage(true);
        engine.set_strict_builtin_errors(false);
        engine
    }

    /// What the second engine answers.
    pub(super) fn run(
        &self,
        engine: &mut regorus::Engine,
        rule: &str,
    ) -> Result<Option<Value>, Failure> {
        extension::answer_from(Circumstances::of_a_test());
        self.family.run(engine, rule)
    }
}

/// The second engine as it is before it has read anything.
pub(super) fn prepared(data: &Value, budget: Duration) -> regorus::Engine {
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_gather_prints(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: budget,
        check_interval: CHECK_INTERVAL,
    });
    extension::install(&mut engine, data);
    engine
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
    use crate::rego::module;
    use crate::rego::syntax::Limits;

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
        let data = Value::object(Vec::new());
        let wanted = modules.iter().map(|module| Wanted {
            package: module.package.clone(),
            closure: BTreeSet::from([module.package.clone()]),
        });
        let budget = Duration::from_secs(10);
        let refused = "the second engine is what these tests are about";
        let own = Err(Fault::new(&modules[0].file, Span::default(), refused));
        let mut linker = Linker::with(modules, data, budget, own);
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
    fn chance_and_the_clock_are_the_decisions_on_both_engines() {
        let modules =
            modules(&["a := [time.now_ns(), rand.intn(\"die\", 1000), uuid.rfc4122(input)]"]);
        let own = Revision::of(&modules, Value::object(Vec::new()), Duration::from_secs(10));
        let own = Program::Own(Arc::new(own.unwrap()));
        let second = programs(&modules).remove(0).unwrap();
        let answer = |program: &Program, circumstances: Circumstances| {
            let entry = program.entry(&modules[0].package, "a");
            let mut runner = Runner::new(circumstances);
            runner.over(Value::from("key")).evaluate(program, &entry).unwrap().unwrap()
        };
        let decision = Circumstances { now_ns: 7, seed: 1 };
        let (first, replayed) = (answer(&own, decision), answer(&own, decision));
        assert_eq!(first, replayed);
        assert_eq!(first, answer(&second, decision));
        assert_eq!(first.as_array().unwrap()[0], Value::from(7));
        let other = answer(&own, Circumstances { now_ns: 7, seed: 2 });
        assert_ne!(first.as_array().unwrap()[2], other.as_array().unwrap()[2]);
    }

    #[test]
    fn rules_of_one_input_share_what_they_compute_and_no_failure() {
        let modules = modules(&["b := 1 / input\na := b", "a := data.p0.b", "a := 2"]);
        let own = Revision::of(&modules, Value::object(Vec::new()), Duration::from_secs(10));
        let own = Program::Own(Arc::new(own.unwrap()));
        let entries: Vec<Entry> =
            modules.iter().map(|module| own.entry(&module.package, "a")).collect();
        let mut runner = Runner::default();
        for (input, expected) in [(1, [Some(1), Some(1), Some(2)]), (0, [None, None, Some(2)])] {
            let mut session = runner.over(Value::from(input));
            for (entry, expected) in entries.iter().zip(expected) {
                let answer = session.evaluate(&own, entry).ok();
                assert_eq!(answer, expected.map(|n: i64| Some(Value::from(n))), "{entry:?}");
            }
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
