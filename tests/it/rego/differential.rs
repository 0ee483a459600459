//! Policies with inputs, and the answers that OPA 1.20.2 gave: no OPA is needed to compare with them.
//!
//! `tests/cases/rego/differential/*.txt` is written by hand: `=== name` begins a case, `=== v0: name` one in the old
//! dialect, `--- module` a further module, `--- data` its base documents, and each `--- input` an input. `package p` is put
//! before the first module, and the value of `data.p` is asked. `random.json` holds generated programs. With
//! `GOLDGATE_BLESS=1` and `GOLDGATE_OPA_ASK` (see `opa.rs`) the answers are asked anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use goldgate::rego::evaluate::Switches;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::opa::{Answer, Question, answers_of_opa};
use super::{generate, note};

/// Where our answer is another one, and why that stays.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("an argument of another type", "types are not checked where modules are resolved"),
    ("a sum of texts", "the same"),
    ("a reference below a rule that is no collection", "the same"),
    ("a comparison of types that never fit", "the same"),
    ("unification that never fits", "the same"),
];

/// The seed of the committed random programs; not that of the tests which need no committed answers.
const SEED: u64 = 7;
const N_RANDOM: usize = 300;

#[derive(Serialize, Deserialize)]
struct Recorded {
    question: Question,
    answer: Answer,
}

/// One policy with one input.
struct Case {
    name: String,
    question: Question,
}

#[test]
fn policies_are_answered_as_opa_answers_them() {
    let (mut n_cases, mut wrong) = (0, String::new());
    for list in lists() {
        let cases = cases_of(&list);
        for (case, theirs) in cases.iter().zip(recorded(&list, &cases)) {
            n_cases += 1;
            let ours = case.question.answered(Switches::default());
            let is_exception = EXCEPTIONS.iter().any(|(name, _)| *name == case.name);
            if ours.agrees_with(&theirs) == is_exception {
                writeln!(wrong, "{}:\n  ours:   {ours:?}\n  theirs: {theirs:?}", case.name)
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(n_cases >= 300, "{n_cases} cases");
}

#[test]
fn recorded_random_programs_are_answered_as_opa_answers_them() {
    let path = folder().join("random.json");
    if is_blessing() {
        bless_random(&path);
    }
    let text = std::fs::read_to_string(path).unwrap();
    let cases: Vec<Recorded> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), N_RANDOM);
    for (number, case) in cases.iter().enumerate() {
        let ours = case.question.answered(Switches::default());
        assert!(
            ours.agrees_with(&case.answer),
            "program {number}: {ours:?}\nOPA: {:?}\n{}",
            case.answer,
            case.question.modules.join("\n")
        );
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rego/differential")
}

fn is_blessing() -> bool {
    let is_asked = std::env::var_os("GOLDGATE_BLESS").is_some();
    if is_asked && std::env::var_os("GOLDGATE_OPA_ASK").is_none() {
        note("SKIPPED: asking OPA anew: GOLDGATE_OPA_ASK does not name the tool that asks it");
        return false;
    }
    is_asked
}

fn bless_random(path: &Path) {
    // Types are checked before modules are resolved, which is not what is tried here.
    let is_typed = |answer: &Answer| answer.refused.as_deref() != Some("rego_type_error");
    let questions: Vec<Question> = (0..N_RANDOM * 2)
        .map(|number| generate::program(SEED, number, generate::Dialect::Opa).question())
        .collect();
    let answers = answers_of_opa(&questions).unwrap();
    let cases = questions.into_iter().zip(answers).filter(|(_, answer)| is_typed(answer));
    let cases = cases.take(N_RANDOM);
    let lines = cases
        .map(|(question, answer)| serde_json::to_string(&Recorded { question, answer }).unwrap());
    let text = format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"));
    std::fs::write(path, text).unwrap();
}

fn lists() -> Vec<PathBuf> {
    let mut lists: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    lists.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    lists.sort();
    lists
}

/// OPA's answers to the cases of a list, by the name of the case.
fn recorded(list: &Path, cases: &[Case]) -> Vec<Answer> {
    let path = list.with_extension("json");
    if is_blessing() {
        let questions: Vec<Question> = cases.iter().map(|case| case.question.clone()).collect();
        let answers = answers_of_opa(&questions).unwrap();
        let lines = cases.iter().zip(answers).map(|(case, answer)| {
            let name = serde_json::to_string(&case.name).unwrap();
            format!("{name}: {}", serde_json::to_string(&answer).unwrap())
        });
        let text = format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n"));
        std::fs::write(&path, text).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let mut answers: BTreeMap<String, Answer> = serde_json::from_str(&text).unwrap();
    assert_eq!(answers.len(), cases.len(), "{}: names are given twice", list.display());
    let answer = |case: &Case| {
        answers.remove(&case.name).unwrap_or_else(|| panic!("{}: no answer", case.name))
    };
    cases.iter().map(answer).collect()
}

fn cases_of(list: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(list).unwrap();
    let blocks = text.split("=== ").skip(1);
    blocks.flat_map(cases_of_block).collect()
}

/// All inputs of one policy.
fn cases_of_block(block: &str) -> Vec<Case> {
    let (title, rest) = block.split_once('\n').unwrap();
    let name = title.strip_prefix("v0: ").unwrap_or(title);
    let mut parts = rest.split("--- ");
    let first = parts.next().unwrap();
    let mut modules = vec![format!("package p\n{first}")];
    let (mut data, mut inputs) = (None, Vec::new());
    for part in parts {
        let (kind, text) = part.split_once('\n').unwrap();
        let json = || RawValue::from_string(text.trim().to_owned()).unwrap();
        match kind {
            "module" => modules.push(text.to_owned()),
            "data" => data = Some(json()),
            "input" => inputs.push(Some(json())),
            other => panic!("{title}: there is no part `{other}`"),
        }
    }
    if inputs.is_empty() {
        inputs.push(None);
    }
    let case = |(number, input)| Case {
        name: if number == 0 { name.to_owned() } else { format!("{name}, {}", number + 1) },
        question: Question {
            modules: modules.clone(),
            v0: title.starts_with("v0: "),
            input,
            data: data.clone(),
            rules: vec!["data.p".to_owned()],
        },
    };
    inputs.into_iter().enumerate().map(case).collect()
}
