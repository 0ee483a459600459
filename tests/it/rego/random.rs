//! Random programs: our evaluator against `regorus`' interpreter, against OPA, and against itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use goldgate::rego::evaluate::Switches;

use super::generate::{Dialect, program};
use super::note;
use super::opa::{Answer, Question, answers_of_opa};

/// The seed of all random programs that are not recorded.
const SEED: u64 = 20_261_126;

/// The program, our answer, the other one.
type Difference = (Question, Answer, Answer);

/// Judges each program of the range on every core and says what differs.
fn differences(
    range: Range<usize>,
    judge: &(dyn Fn(usize) -> Option<Difference> + Sync),
) -> Vec<Difference> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let judges: Vec<_> = (0..n_threads)
            .map(|thread| {
                let numbers = range.clone().skip(thread).step_by(n_threads);
                scope.spawn(move || numbers.filter_map(judge).collect::<Vec<_>>())
            })
            .collect();
        judges.into_iter().flat_map(|judge| judge.join().unwrap()).collect()
    })
}

/// How many rules differ in which way: ours, then OPA's.
fn kinds(differences: &[Difference]) -> BTreeMap<(&'static str, &'static str), usize> {
    let kind = |answer: &String| match answer.as_str() {
        "undefined" => "undefined",
        answer if answer.starts_with("error") => "error",
        _ => "value",
    };
    let mut counts = BTreeMap::new();
    for (_, ours, other) in differences {
        for (one, two) in ours.answers.iter().zip(&other.answers).filter(|(one, two)| one != two) {
            *counts.entry((kind(one), kind(two))).or_default() += 1;
        }
    }
    counts
}

fn told(differences: &[Difference]) -> String {
    let mut text = format!("{} differ\n", differences.len());
    for (question, ours, other) in differences.iter().take(40) {
        let input = question.input.as_ref().map_or("", |input| input.get());
        writeln!(text, "{}\n# input: {input}", question.modules.join("\n# module\n")).unwrap();
        for (number, rule) in question.rules.iter().enumerate() {
            let (one, two) = (ours.answers.get(number), other.answers.get(number));
            if one != two {
                writeln!(text, "# {rule}: ours {one:?}, other {two:?}").unwrap();
            }
        }
        if ours.refused != other.refused {
            writeln!(text, "# refused: ours {:?}, other {:?}", ours.refused, other.refused)
                .unwrap();
        }
    }
    text
}

#[test]
fn random_programs_are_answered_as_the_interpreter_answers_them() {
    let found = differences(0..10_000, &|number| {
        let question = program(SEED, number, Dialect::Interpreter).question();
        let ours = question.answered(Switches::default());
        let theirs = question.interpreted();
        (!ours.agrees_but_for_errors(&theirs)).then_some((question, ours, theirs))
    });
    assert!(found.is_empty(), "{}", told(&found));
}

/// `GOLDGATE_OPA_ASK` names the built tool, `GOLDGATE_RANDOM_PROGRAMS` how many programs it is asked, and
/// `GOLDGATE_RANDOM_SEED` another seed.
#[test]
fn random_programs_are_answered_as_opa_answers_them() {
    let count = std::env::var_os("GOLDGATE_RANDOM_PROGRAMS").unwrap_or_default();
    let Ok(count) = count.to_string_lossy().parse::<usize>() else {
        note("SKIPPED: random programs against OPA: GOLDGATE_RANDOM_PROGRAMS says no number");
        return;
    };
    let seed = std::env::var_os("GOLDGATE_RANDOM_SEED").unwrap_or_default();
    let seed = seed.to_string_lossy().parse().unwrap_or(SEED);
    let mut found = Vec::new();
    let (mut n_values, mut n_errors) = (0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for start in (0..count).step_by(1_000) {
        let numbers = start..count.min(start + 1_000);
        let questions: Vec<Question> =
            numbers.clone().map(|number| program(seed, number, Dialect::Opa).question()).collect();
        let Some(answers) = answers_of_opa(&questions) else {
            note("SKIPPED: random programs against OPA: GOLDGATE_OPA_ASK names no program");
            return;
        };
        for answer in &answers {
            if let Some(codes) = &answer.refused {
                *refused.entry(codes.clone()).or_default() += 1;
            }
            let errors = answer.answers.iter().filter(|answer| answer.starts_with("error"));
            n_errors += errors.count();
            n_values += answer.answers.len();
        }
        found.extend(differences(0..questions.len(), &|number| {
            let ours = questions[number].answered(Switches::default());
            let theirs = answers[number].clone();
            // Types are checked before modules are resolved, which is not what is tried here.
            let is_type = theirs.refused.as_deref() == Some("rego_type_error");
            let agrees = ours.agrees_with(&theirs) || is_type;
            (!agrees).then(|| (questions[number].clone(), ours, theirs))
        }));
    }
    note(&format!(
        "{count} programs, refused {refused:?}, {n_values} rules, {n_errors} of them errors: {} differ; rules by what we \
         and OPA answer: {:?}",
        found.len(),
        kinds(&found)
    ));
    assert!(found.is_empty(), "{}", told(&found));
}

#[test]
fn no_optimisation_changes_the_answer_of_a_random_program() {
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
    let found = differences(0..700, &|number| {
        let question = program(SEED + 1, number, Dialect::Opa).question();
        let expected = question.answered(all);
        let other = others.iter().map(|switches| question.answered(*switches));
        let other = other.into_iter().find(|answer| !expected.agrees_but_for_errors(answer))?;
        Some((question, expected, other))
    });
    assert!(found.is_empty(), "{}", told(&found));
}

#[test]
fn writing_a_program_otherwise_changes_no_answer() {
    let found = differences(0..1_000, &|number| {
        let written = program(SEED + 2, number, Dialect::Opa);
        let question = written.question();
        let expected = question.answered(Switches::default());
        let mut unused = question.clone();
        unused.modules[0]
            .push_str("\nnobody_reads_this contains x if { x := count(input.zz); not input.n }\n");
        let others = [
            ("renamed", written.written(&|local| format!("another_{local}_name"), 1)),
            ("split", written.written(&|local| format!("x{local}"), 3)),
            ("reordered", written.reordered().question()),
            ("reversed", written.reversed().question()),
            ("unused rule", unused),
        ];
        others.into_iter().find_map(|(what, other)| {
            let answer = other.answered(Switches::default());
            let agrees = match what {
                // A statement that fails may come before one that has an error.
                "reordered" => expected.agrees_but_for_errors(&answer),
                _ => expected == answer,
            };
            (!agrees).then(|| (other, expected.clone(), answer))
        })
    });
    assert!(found.is_empty(), "{}", told(&found));
}
