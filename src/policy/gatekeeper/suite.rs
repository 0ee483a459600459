//! Gatekeeper's test suites: what a constraint says of objects, beside what its authors expect.
//!
//! Source: Gatekeeper, `gator verify`; `test.gatekeeper.sh/v1alpha1` `Suite`.

mod assertion;
mod file;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::load::{on_large_stack, sorted};
use super::super::node;
use super::super::options::LoadOptions;
use super::action::Point;
use super::constraint::{Constraint, Review};
use super::document::{self, Kept};
use super::matching::{Home, type_of};
use super::review::{self, Inventory, Operation};
use super::template::Template;
use crate::document::DocumentLimits;
use crate::domain::place::SourceFile;
use crate::domain::policy::Violation;
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::closed::Asker;
use file::{Case, Suite, Test};

/// How the cases of suites came out, by suite, test and case.
#[derive(Clone, Debug, Default)]
pub struct SuiteReport {
    /// In the order in which they stand.
    pub cases: Vec<SuiteCase>,
}

/// How one case came out; a test that has none, or cannot be set up, is one as well.
#[derive(Clone, Debug)]
pub struct SuiteCase {
    /// The path of the suite.
    pub suite: String,
    /// The name of the test.
    pub test: String,
    /// The name of the case; empty for a test as a whole.
    pub case: String,
    /// How it came out.
    pub status: CaseStatus,
    /// How long it took.
    pub duration: Duration,
}

/// How a case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseStatus {
    /// As expected.
    Pass,
    /// Not as expected, or not at all.
    Fail(String),
    /// It says of itself that it is not to be run.
    Skip,
}

/// Which cases are to be run, told by `suite/test/case`.
pub type SelectedCases<'a> = dyn Fn(&str) -> bool + Sync + 'a;

/// Runs the suites in files and below folders.
///
/// # Errors
/// Every fault of every suite; then nothing was run.
pub fn run_suites(
    paths: &[PathBuf],
    options: &LoadOptions,
    selected: &SelectedCases<'_>,
) -> Result<SuiteReport, Vec<Fault>> {
    on_large_stack(|| {
        let mut faults = Vec::new();
        let mut files = Vec::new();
        for path in paths {
            file::collect(path, &mut files, &mut faults);
        }
        files.sort();
        files.dedup();
        let suites: Vec<Suite> =
            files.iter().filter_map(|path| Suite::read(path, &mut faults)).collect();
        if !faults.is_empty() {
            return Err(sorted(faults));
        }
        let mut runner = Runner { options, selected, asker: Asker::of_a_test(), cases: Vec::new() };
        for suite in &suites {
            runner.suite(suite);
        }
        Ok(SuiteReport { cases: runner.cases })
    })
}

struct Runner<'r> {
    options: &'r LoadOptions,
    selected: &'r SelectedCases<'r>,
    asker: Asker,
    cases: Vec<SuiteCase>,
}

impl Runner<'_> {
    fn suite(&mut self, suite: &Suite) {
        for test in &suite.tests {
            let names: Vec<&str> = if test.cases.is_empty() {
                vec![""]
            } else {
                test.cases.iter().map(|case| case.name.as_str()).collect()
            };
            let path = |case: &str| format!("{}/{}/{case}", suite.path, test.name);
            if !names.iter().any(|case| (self.selected)(&path(case))) {
                continue;
            }
            let began = Instant::now();
            let mut say = |case: &str, status: CaseStatus, began: Instant| {
                self.cases.push(SuiteCase {
                    suite: suite.path.clone(),
                    test: test.name.clone(),
                    case: case.to_owned(),
                    status,
                    duration: began.elapsed(),
                });
            };
            if suite.is_skipped || test.is_skipped {
                for case in names {
                    say(case, CaseStatus::Skip, began);
                }
                continue;
            }
            let constraint = set_up(suite, test, self.options);
            let constraint = match (constraint, test.is_invalid) {
                (Ok(constraint), false) => constraint,
                (Err(Refused::Constraint(_)), true) => {
                    say("", CaseStatus::Pass, began);
                    continue;
                }
                (Ok(_), true) => {
                    let message = "the constraint was taken, and the test expects it to be refused";
                    say("", CaseStatus::Fail(message.to_owned()), began);
                    continue;
                }
                (Err(Refused::Constraint(reason) | Refused::Other(reason)), _) => {
                    say("", CaseStatus::Fail(reason), began);
                    continue;
                }
            };
            for case in &test.cases {
                if !(self.selected)(&path(&case.name)) {
                    continue;
                }
                let began = Instant::now();
                let status = if case.is_skipped {
                    CaseStatus::Skip
                } else {
                    match judge(&mut self.asker, suite, case, &constraint) {
                        Ok(()) => CaseStatus::Pass,
                        Err(reason) => CaseStatus::Fail(reason),
                    }
                };
                say(&case.name, status, began);
            }
        }
    }
}

/// Why a test cannot be set up.
enum Refused {
    /// Its constraint has faults.
    Constraint(String),
    /// Something else is amiss.
    Other(String),
}

fn set_up(suite: &Suite, test: &Test, options: &LoadOptions) -> Result<Arc<Constraint>, Refused> {
    let other = |faults: &[Fault]| Refused::Other(said(faults));
    let mut faults = Vec::new();
    let templates = kept(&suite.folder.join(&test.template), &mut faults).0;
    let [template] = templates.as_slice() else {
        let message = format!("`{}` holds {} templates, not one", test.template, templates.len());
        return Err(if faults.is_empty() { Refused::Other(message) } else { other(&faults) });
    };
    let Some(template) = Template::read(template, options, None, &mut faults) else {
        return Err(other(&faults));
    };
    if !faults.is_empty() {
        return Err(other(&faults));
    }
    let constraints = kept(&suite.folder.join(&test.constraint), &mut faults).1;
    let [constraint] = constraints.as_slice() else {
        let n = constraints.len();
        let message = format!("`{}` holds {n} constraints, not one", test.constraint);
        return Err(if faults.is_empty() { Refused::Other(message) } else { other(&faults) });
    };
    let templates = BTreeMap::from([(template.kind.clone(), Arc::new(template))]);
    let constraint = Constraint::read(constraint, &templates, &mut faults);
    constraint
        .filter(|_| faults.is_empty())
        .map(Arc::new)
        .ok_or_else(|| Refused::Constraint(said(&faults)))
}

fn said(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The templates and constraints of a file.
fn kept(path: &Path, faults: &mut Vec<Fault>) -> (Vec<Kept>, Vec<Kept>) {
    match text(path) {
        Ok(file) => {
            let inner = file.path.clone();
            document::documents(&file, &inner, faults)
        }
        Err(reason) => {
            let nowhere = Arc::new(SourceFile::new(path.to_string_lossy(), ""));
            faults.push(Fault::new(&nowhere, crate::domain::place::Span::default(), reason));
            (Vec::new(), Vec::new())
        }
    }
}

fn text(path: &Path) -> Result<Arc<SourceFile>, String> {
    let shown = path.to_string_lossy().replace('\\', "/");
    match fs::read_to_string(path) {
        Ok(text) => Ok(Arc::new(SourceFile::new(shown, text))),
        Err(cause) => Err(format!("`{shown}` cannot be read: {cause}")),
    }
}

/// The objects of a file.
fn objects(path: &Path) -> Result<Vec<Value>, String> {
    let file = text(path)?;
    let (documents, faults) = node::all(&file, &DocumentLimits::default());
    if !faults.is_empty() {
        return Err(said(&faults));
    }
    let values = documents.into_iter().map(|document| document.value);
    let objects: Vec<Value> = values.filter(Value::is_object).collect();
    if objects.is_empty() {
        return Err(format!("`{}` holds no object", file.path));
    }
    Ok(objects)
}

/// Compares what the constraint says of the case's object with what is expected.
fn judge(
    asker: &mut Asker,
    suite: &Suite,
    case: &Case,
    constraint: &Arc<Constraint>,
) -> Result<(), String> {
    let found = objects(&suite.folder.join(&case.object))?;
    let [object] = found.as_slice() else {
        return Err(format!("`{}` holds {} objects, not one", case.object, found.len()));
    };
    let mut inventory = Inventory::default();
    for path in &case.inventory {
        for object in objects(&suite.folder.join(path))? {
            inventory.add(&object, written_namespace(&object));
        }
    }
    let review = reviewed(object, &inventory)?;
    let violations = asked(asker, constraint, &review, &inventory)?;
    let messages: Vec<&str> = violations.iter().map(|it| it.message.as_str()).collect();
    case.assertions.iter().try_for_each(|assertion| assertion.holds(&messages))
}

fn asked(
    asker: &mut Asker,
    constraint: &Arc<Constraint>,
    review: &Review<'_>,
    inventory: &Inventory,
) -> Result<Vec<Violation>, String> {
    let Some(kind) = constraint.action(Point::Gator) else { return Ok(Vec::new()) };
    if !constraint.concerns(review)? {
        return Ok(Vec::new());
    }
    constraint.violations(asker, review, &inventory.to_value(), kind, None)
}

fn written_namespace(object: &Value) -> Option<&str> {
    let namespace = object.at(&["metadata", "namespace"]).and_then(Value::as_str);
    namespace.filter(|name| !name.is_empty())
}

/// The object as it is written, or the request that it holds.
fn reviewed<'o>(object: &'o Value, inventory: &'o Inventory) -> Result<Review<'o>, String> {
    let in_namespace = |name: &'o str| Home::Namespace(name, inventory.namespace(name));
    if type_of(object) != ("admission.k8s.io", "AdmissionReview") {
        let home = written_namespace(object).map_or(Home::Cluster, in_namespace);
        return Ok(review::of_object(object, Operation::Unknown, home));
    }
    let Some(request) = object.get("request").filter(|request| request.is_object()) else {
        return Err("the `AdmissionReview` holds no `request`".to_owned());
    };
    for (key, _) in request.pairs() {
        let key = key.as_str().unwrap_or_default().to_owned();
        if !review::FIELDS.contains(&key.as_str()) {
            return Err(format!("a request of an `AdmissionReview` has no field `{key}`"));
        }
    }
    let asked = request.get("namespace").and_then(Value::as_str).unwrap_or_default();
    let under_review = [request.get("object"), request.get("oldObject")];
    let written = under_review.into_iter().flatten().find_map(written_namespace);
    let name = if inventory.namespace(asked).is_some() { Some(asked) } else { written };
    review::of_request(request, name.map_or(Home::Cluster, in_namespace))
}
