//! The own front end and evaluator against answers of OPA: our own cases, and OPA's when their folder is named.

mod collections;
mod differential;
mod end;
mod generate;
mod hostile;
mod opa;
mod program;
mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use goldgate::document::{DocumentLimits, yaml};
use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::budget::Limits;
use goldgate::rego::evaluate::{FailureKind, Machine, Program, Settings, Switches, compile};
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{self, Version};

/// One case in the form of OPA's own case files.
struct Case {
    name: String,
    version: Version,
    modules: Vec<String>,
    data: Value,
    input: Option<Value>,
    query: String,
    /// The bindings of each solution.
    wanted: BTreeSet<Value>,
    /// Whether an error is wanted instead.
    wants_error: bool,
    is_strict: bool,
}

/// A moment in 2026, which the time-bound cases of OPA expect to have passed the year 2000.
const NOW_NS: i64 = 1_790_000_000_000_000_000;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// The bindings of each solution.
    Solutions(BTreeSet<Value>),
    /// The evaluation ended with an error.
    Failed(String),
    /// The front end or the compiler refuses the modules.
    Refused(String),
}

#[test]
fn own_cases_are_answered_as_opa_answers_them() {
    let cases = cases_below(Path::new("tests/cases/rego/evaluate"), Version::V1);
    assert!(cases.len() > 50, "{} cases", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let answer = case.answer(Switches::default());
        if !case.agrees(&answer) {
            writeln!(wrong, "{}: {answer:?}, wanted {:?}", case.name, case.wanted).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_optimisation_changes_an_answer() {
    let all = Switches::default();
    let others = [
        Switches::plain(),
        Switches { joins: false, ..all },
        Switches { dispatch: false, ..all },
        Switches { tests_first: false, ..all },
        Switches { remembered_comprehensions: false, ..all },
        Switches { remembered_calls: false, ..all },
        Switches { early_exit: false, ..all },
        Switches { plain_packages: false, ..all },
        Switches { shared_joins: false, ..all },
        Switches { direct_calls: false, ..all },
        Switches { own_constants: false, ..all },
        Switches { coverage: true, ..all },
    ];
    for case in cases_below(Path::new("tests/cases/rego/evaluate"), Version::V1) {
        let expected = case.answer(all);
        for switches in others {
            let answer = case.answer(switches);
            // Tests that come first may spare an error, as OPA's rule index does.
            let both_fail = matches!((&answer, &expected), (Answer::Failed(_), Answer::Failed(_)));
            assert!(both_fail || answer == expected, "{}: {switches:?}", case.name);
        }
    }
}

/// `GOLDGATE_OPA_CASES` names the folder `v1/test/cases/testdata` of OPA's module.
#[test]
fn opas_own_cases_are_counted() {
    let Some(folder) = std::env::var_os("GOLDGATE_OPA_CASES").map(PathBuf::from) else {
        note("SKIPPED: OPA's cases: GOLDGATE_OPA_CASES does not name their folder");
        return;
    };
    let only = std::env::var_os("GOLDGATE_OPA_ONLY").unwrap_or_default();
    let only = only.to_string_lossy().into_owned();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut cases = cases_below(&folder.join("v1"), Version::V1);
    cases.extend(cases_below(&folder.join("v0"), Version::V0));
    for case in cases.iter().filter(|case| case.name.contains(&only)) {
        let evaluated = std::panic::AssertUnwindSafe(|| case.answer(Switches::default()));
        let Ok(answer) = std::panic::catch_unwind(evaluated) else {
            note(&format!("panic: {}", case.name));
            *counts.entry("panic").or_default() += 1;
            continue;
        };
        let kind = match &answer {
            _ if case.agrees(&answer) => "agree",
            Answer::Solutions(found) if case.agrees_but_for_order(found) => "agree but for order",
            Answer::Refused(_) => "refused",
            Answer::Failed(_) => "error",
            Answer::Solutions(_) if case.wants_error => "accepted",
            Answer::Solutions(_) => "differ",
        };
        if !kind.starts_with("agree") {
            note(&format!("{kind}: {}: {answer:?}, wanted {:?}", case.name, case.wanted));
        }
        *counts.entry(kind).or_default() += 1;
    }
    note(&format!("{counts:?}"));
    assert_eq!(counts.get("panic"), None);
}

/// The program as it comes out of the compiled cache, where it can be kept.
fn as_kept(program: &Program) -> Option<Program> {
    let bytes = program.stored()?;
    let kept = Program::of_stored(&bytes).expect("what was written is read");
    assert_eq!(kept.stored().as_deref(), Some(bytes.as_slice()), "it is written the same again");
    Some(kept)
}

impl Case {
    fn answer(&self, switches: Switches) -> Answer {
        let query = self.query_module();
        let texts = self.modules.iter().map(|text| (text.as_str(), self.version));
        let mut modules = Vec::new();
        for (number, (text, version)) in texts.chain([(query.as_str(), Version::V1)]).enumerate() {
            let file = Arc::new(SourceFile::new(format!("m{number}.rego"), text));
            match syntax::parse(&file, version, &syntax::Limits::default()) {
                Ok(module) => modules.push(module),
                Err(faults) => return Answer::Refused(format!("{:?}", faults.first())),
            }
        }
        let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
        let unit = match resolve(&modules, &options) {
            Ok(unit) => unit,
            Err(faults) => return Answer::Refused(format!("{:?}", faults.first())),
        };
        let program = compile(&unit, self.data.clone(), switches);
        if let Some(refusal) = program.refusals().first() {
            return Answer::Refused(refusal.message.clone());
        }
        let settings = Settings {
            is_strict: self.is_strict,
            limits: patient(),
            now_ns: NOW_NS,
            ..Settings::default()
        };
        let mut machine = Machine::default();
        let path = ["query", "solutions"];
        let answer = machine.begin(&program, self.input.clone(), settings).answer(&path);
        if let Some(kept) = as_kept(&program) {
            let again = machine.begin(&kept, self.input.clone(), settings).answer(&path);
            assert_eq!(format!("{again:?}"), format!("{answer:?}"), "{}", self.name);
        }
        match answer {
            Ok(Some(Value::Set(set))) => Answer::Solutions(set.items().iter().map(plain).collect()),
            Ok(other) => Answer::Failed(format!("no set: {other:?}")),
            Err(failure) if failure.kind == FailureKind::Refused => {
                Answer::Refused(failure.message)
            }
            Err(failure) => Answer::Failed(failure.to_string()),
        }
    }

    /// The query as a rule that collects the bindings of each solution.
    fn query_module(&self) -> String {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for solution in &self.wanted {
            names.extend(solution.pairs().filter_map(|(key, _)| key.as_str().map(str::to_owned)));
        }
        if names.is_empty()
            && let Some((_, name)) = self.query.rsplit_once("= ")
        {
            names.insert(name.trim().to_owned());
        }
        names.retain(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        let bindings: Vec<String> =
            names.iter().map(|name| format!("\"{name}\": {name}")).collect();
        let query = if self.query.trim().is_empty() { "true" } else { &self.query };
        format!("package query\nsolutions contains {{{}}} if {{ {query} }}\n", bindings.join(", "))
    }

    /// OPA's cases list the members of sets in any order.
    fn agrees_but_for_order(&self, found: &BTreeSet<Value>) -> bool {
        let sorted = |values: &BTreeSet<Value>| values.iter().map(sorted).collect::<BTreeSet<_>>();
        !self.wants_error && sorted(found) == sorted(&self.wanted)
    }

    fn agrees(&self, answer: &Answer) -> bool {
        match answer {
            Answer::Solutions(found) => !self.wants_error && *found == self.wanted,
            Answer::Failed(_) => self.wants_error,
            Answer::Refused(why) => self.wants_error && !why.contains("does not exist here"),
        }
    }
}

fn read_yaml(text: &str) -> Result<Value, String> {
    match yaml::read(text, &DocumentLimits::default()).into_iter().next() {
        Some(Ok(document)) => Ok(document.value),
        Some(Err(fault)) => Err(fault.message),
        None => Ok(Value::Null),
    }
}

/// Not by a macro: what a test prints is kept back until it fails.
fn note(text: &str) {
    use std::io::Write as _;
    let mut stderr = std::io::stderr().lock();
    // A reader that has gone away has read what it wanted.
    let _unheard = writeln!(stderr, "{text}");
}

/// Cases run beside other work on a busy machine.
fn patient() -> Limits {
    Limits { time: std::time::Duration::from_secs(20), ..Limits::default() }
}

/// The value as JSON has it: sets are arrays.
fn plain(value: &Value) -> Value {
    serde_json::from_str(&value.to_string()).unwrap_or_default()
}

/// The value with the items of every array sorted.
fn sorted(value: &Value) -> Value {
    if let Value::Array(items) = value {
        let mut items: Vec<Value> = items.iter().map(sorted).collect();
        items.sort();
        return Value::array(items);
    }
    match value.as_object() {
        Some(object) => Value::object(
            object.entries().iter().map(|(key, item)| (Arc::clone(key), sorted(item))).collect(),
        ),
        None => value.clone(),
    }
}

fn cases_below(folder: &Path, version: Version) -> Vec<Case> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.iter().flat_map(|file| cases_of(file, version)).collect()
}

fn cases_of(file: &Path, version: Version) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut cases = Vec::new();
    for document in yaml::read(&text, &DocumentLimits::default()) {
        let Ok(document) = document else {
            note(&format!("unreadable: {}", file.display()));
            continue;
        };
        let listed = document.value.get("cases").and_then(Value::as_array).unwrap_or_default();
        cases.extend(listed.iter().map(|case| case_of(case, version)));
    }
    cases
}

fn case_of(case: &Value, version: Version) -> Case {
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let modules = case.get("modules").and_then(Value::as_array).unwrap_or_default();
    let wanted = case.get("want_result").and_then(Value::as_array).unwrap_or_default();
    let mut query = text("query");
    if case.get("input_term").is_some() {
        let statements =
            query.split(';').map(|part| format!("{part} with input as {}", text("input_term")));
        query = statements.collect::<Vec<_>>().join("; ");
    }
    Case {
        name: text("note"),
        version,
        modules: modules.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        data: case
            .get("data")
            .filter(|data| data.is_object())
            .cloned()
            .unwrap_or_else(|| Value::object(vec![])),
        input: case.get("input").cloned(),
        query,
        wanted: wanted.iter().map(plain).collect(),
        wants_error: case.get("want_error").or_else(|| case.get("want_error_code")).is_some(),
        is_strict: case.get("strict_error") == Some(&Value::Bool(true)),
    }
}
