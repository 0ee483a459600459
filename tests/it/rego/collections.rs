//! Public policy collections: each of their tests gets the verdict that `opa test` gives it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use goldgate::document::{DocumentLimits, yaml};
use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::budget::Limits;
use goldgate::rego::evaluate::{Machine, Program, Settings, Switches, compile};
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{self, Version};
use serde::Deserialize;

use super::{NOW_NS, note, patient, plain, read_yaml, sorted};

/// A test as `opa test --format=json` tells of it.
#[derive(Deserialize)]
struct Told {
    package: String,
    name: String,
    #[serde(default)]
    fail: bool,
    #[serde(default)]
    skip: bool,
    error: Option<serde_json::Value>,
}

/// One group of files that OPA has tested together.
struct Group {
    name: String,
    folder: PathBuf,
    version: Version,
}

#[derive(Default)]
struct Count {
    same: usize,
    passes: usize,
    different: usize,
    values: usize,
    other_values: usize,
}

/// `GOLDGATE_REGO_COLLECTIONS` names the folder that `tools/rego/collections/prepare` has made.
#[test]
fn public_collections_get_opas_verdicts() {
    let Some(folder) = std::env::var_os("GOLDGATE_REGO_COLLECTIONS").map(PathBuf::from) else {
        note("SKIPPED: public collections: GOLDGATE_REGO_COLLECTIONS does not name their folder");
        return;
    };
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for group in groups(&folder) {
        let (collection, _) = group.name.split_once('-').unwrap_or((&group.name, ""));
        group.judge(counts.entry(collection.to_owned()).or_default());
    }
    note("collection   tests  OPA passes  same  different  values  other values");
    for (name, count) in &counts {
        note(&format!(
            "{name:12} {:5} {:11} {:5} {:10} {:7} {:13}",
            count.same + count.different,
            count.passes,
            count.same,
            count.different,
            count.values,
            count.other_values
        ));
    }
    assert!(counts.values().all(|count| count.different == 0 && count.other_values == 0));
}

fn groups(folder: &Path) -> Vec<Group> {
    let mut groups: Vec<Group> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("opa.json").exists())
        .map(|folder| Group {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            version: if folder.join("v0").exists() { Version::V0 } else { Version::V1 },
            folder,
        })
        .collect();
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    groups
}

impl Group {
    fn judge(&self, count: &mut Count) {
        let told = std::fs::read(self.folder.join("opa.json")).unwrap();
        let told: Vec<Told> = serde_json::from_slice(&told).unwrap();
        let program = match self.program() {
            Ok(program) => program,
            Err(why) => {
                note(&format!("{}: refused: {why}", self.name));
                count.different += told.len();
                return;
            }
        };
        for test in told.iter().filter(|test| !test.skip) {
            let wanted = match test {
                Told { error: Some(_), .. } => "error",
                Told { fail: true, .. } => "fail",
                _ => "pass",
            };
            count.passes += usize::from(wanted == "pass");
            let (found, why) = verdict(&program, test);
            if found == wanted {
                count.same += 1;
            } else {
                count.different += 1;
                note(&format!(
                    "{}: {}.{}: {found}, OPA: {wanted}; {why}",
                    self.name, test.package, test.name
                ));
            }
        }
        self.compare_values(&program, count);
    }

    fn program(&self) -> Result<Program, String> {
        let mut modules = Vec::new();
        for path in files_below(&self.folder, "rego") {
            let text = std::fs::read_to_string(&path).unwrap();
            let shown = path.strip_prefix(&self.folder).unwrap().to_string_lossy().into_owned();
            let file = Arc::new(SourceFile::new(shown, text));
            let module = syntax::parse(&file, self.version, &syntax::Limits::default());
            modules.push(module.map_err(|faults| format!("{}", faults.first().unwrap()))?);
        }
        let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
        let unit = resolve(&modules, &options).map_err(|faults| {
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })?;
        let program = compile(&unit, self.data(), Switches::default());
        match program.refusals().first() {
            Some(refusal) => Err(refusal.message.clone()),
            None => Ok(program),
        }
    }

    /// Base documents, each below the path of its folder.
    fn data(&self) -> Value {
        let mut data = Value::object(vec![]);
        for ending in ["json", "yaml", "yml"] {
            for path in files_below(&self.folder, ending) {
                if path.file_stem().is_none_or(|stem| stem != "data") {
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                let read = yaml::read(&text, &DocumentLimits::default()).into_iter().next();
                let mut value = read.unwrap().unwrap().value;
                let folder = path.parent().unwrap().strip_prefix(&self.folder).unwrap();
                for part in folder.iter().rev() {
                    value = Value::object(vec![(Arc::from(part.to_string_lossy()), value)]);
                }
                data = merged(&data, &value);
            }
        }
        data
    }

    /// All of `data` without an input, package by package; `MOVES` stands for the time of day.
    fn compare_values(&self, program: &Program, count: &mut Count) {
        let Ok(text) = std::fs::read(self.folder.join("values.json")) else { return };
        let wanted: Value = serde_json::from_slice(&text).unwrap();
        let mut machine = Machine::default();
        let answer = machine.begin(program, None, settings()).answer(&[]);
        let found = match answer {
            Ok(found) => found.map_or(Value::Null, |found| plain(&found)),
            Err(failure) => {
                note(&format!("{}: all of data: {failure}", self.name));
                count.other_values += 1;
                return;
            }
        };
        compare(&self.name, "data", &found, &wanted, count);
    }
}

fn compare(group: &str, path: &str, found: &Value, wanted: &Value, count: &mut Count) {
    if let (Some(found), Some(wanted)) = (found.as_object(), wanted.as_object())
        && path.matches('.').count() < 8
    {
        for (key, wanted) in wanted.entries() {
            let found = found.get(key).unwrap_or(&Value::Null);
            compare(group, &format!("{path}.{key}"), found, wanted, count);
        }
        for (key, found) in found.entries().iter().filter(|(key, _)| wanted.get(key).is_none()) {
            count.other_values += 1;
            note(&format!("{group}: {path}.{key}: {found}, OPA: undefined"));
        }
    } else if *wanted == Value::from("MOVES") || found == wanted || sorted(found) == sorted(wanted)
    {
        count.values += 1;
    } else {
        count.other_values += 1;
        note(&format!("{group}: {path}: {found}, OPA: {wanted}"));
    }
}

fn settings() -> Settings {
    let limits = Limits { steps: u64::MAX, ..patient() };
    Settings { is_strict: false, limits, now_ns: NOW_NS, ..Settings::default() }
}

fn verdict(program: &Program, test: &Told) -> (&'static str, String) {
    let mut path: Vec<&str> = test.package.split('.').skip(1).collect();
    let (name, _) = test.name.split_once('#').unwrap_or((&test.name, ""));
    path.push(name);
    let mut machine = Machine::default();
    match machine.begin(program, None, settings()).answer(&path) {
        Ok(Some(value)) if passes(&value) => ("pass", String::new()),
        Ok(value) => ("fail", value.map_or_else(|| "undefined".to_owned(), |v| v.to_string())),
        Err(failure) => ("error", failure.to_string()),
    }
}

/// `true`, or an object of named cases that all pass.
fn passes(value: &Value) -> bool {
    let cases = value.as_object().map(goldgate::domain::value::Object::entries).unwrap_or_default();
    *value == Value::Bool(true) || !cases.is_empty() && cases.iter().all(|(_, case)| passes(case))
}

fn merged(one: &Value, other: &Value) -> Value {
    let (Some(left), Some(right)) = (one.as_object(), other.as_object()) else {
        return other.clone();
    };
    let mut entries: BTreeMap<Arc<str>, Value> =
        left.entries().iter().map(|(key, value)| (Arc::clone(key), value.clone())).collect();
    for (key, value) in right.entries() {
        let both = entries.get(key).map_or_else(|| value.clone(), |before| merged(before, value));
        entries.insert(Arc::clone(key), both);
    }
    Value::object(entries.into_iter().collect())
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
