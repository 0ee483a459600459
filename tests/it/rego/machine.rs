//! What programs and evaluations tell of themselves, and what one evaluation leaves to the next question.

use goldgate::domain::value::Value;
use goldgate::rego::budget::{Exhausted, Limits};
use goldgate::rego::evaluate::{FailureKind, Hit, Machine, PointKind, Settings, Switches};

use super::end::{numbers, program, program_over};
use super::patient;

const RULES: &str = "r0 := 1\nr1.a := 2\nr1.b[x] := 3 if some x in [\"c\"]\nr1.b.d := 4\nf(x) := x\n\
                     r2 if data.base.k == 1\nr3 := count([1 | some x in input; x > 5])\n";

#[test]
fn an_entry_is_a_rule_that_stands_alone() {
    let base = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let program = program_over(RULES, base("{\"p\": {\"r3\": 1}}"), Switches::default());
    let is_entry = |path: &str| program.entry(path.split('.')).is_some();
    for path in ["p.r0", "p.r1.a", "p.r1.b.d", "p.r2"] {
        assert!(is_entry(path), "{path}");
    }
    // A function, a rule with another below it, a package, no rule, more than a rule, one with a base document beside it.
    for path in ["p.f", "p.r1.b", "p.r1", "p", "p.r9", "p.r0.x", "p.r3"] {
        assert!(!is_entry(path), "{path}");
    }
    let entry = program.entry(["p", "r0"].into_iter()).unwrap();
    let mut machine = Machine::default();
    let value = machine.begin(&program, None, Settings::default()).value_of_entry(entry);
    assert_eq!(value.unwrap(), Some(Value::from(1)));
    assert_eq!(program.data(), &base("{\"p\": {\"r3\": 1}}"));
    let files: Vec<&str> = program.files().iter().map(AsRef::as_ref).collect();
    assert_eq!(files, ["p.rego"]);
}

#[test]
fn documents_are_read_in_place_of_the_programs() {
    let base = |number: i64| {
        let inner = Value::object(vec![("k".into(), Value::from(number))]);
        Value::object(vec![("base".into(), inner)])
    };
    let program = program_over(RULES, base(2), Switches::default());
    let mut machine = Machine::default();
    let answer = machine.begin(&program, None, Settings::default()).answer(&["p", "r2"]);
    assert_eq!(answer.unwrap(), None);
    let mut evaluation = machine.begin(&program, None, Settings::default());
    evaluation.read_documents(base(1));
    assert_eq!(evaluation.answer(&["p", "r2"]).unwrap(), Some(Value::Bool(true)));
    assert_eq!(evaluation.answer(&["base", "k"]).unwrap(), Some(Value::from(1)));
}

#[test]
fn what_is_known_costs_nothing_until_an_evaluation_is_restarted() {
    let program = program(RULES, Switches::default());
    let settings = Settings { limits: Limits { steps: 400, ..patient() }, ..Settings::default() };
    let mut machine = Machine::default();
    let mut evaluation = machine.begin(&program, Some(numbers()), settings);
    let asked = Some(Value::from(294));
    assert_eq!(evaluation.answer(&["p", "r3"]).unwrap(), asked);
    assert_eq!(evaluation.answer(&["p", "r3"]).unwrap(), asked);
    evaluation.restart();
    let failure = evaluation.answer(&["p", "r3"]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Exhausted(Exhausted::Steps));
    evaluation.renew();
    assert_eq!(evaluation.answer(&["p", "r3"]).unwrap(), asked);
}

#[test]
fn what_counts_reads_the_program_plainly_and_notes_what_held() {
    let Switches {
        joins,
        dispatch,
        tests_first,
        remembered_comprehensions,
        remembered_calls,
        early_exit,
        plain_packages,
        shared_joins,
        direct_calls,
        own_constants,
        coverage,
        values,
    } = Switches::plain();
    let all = [joins, dispatch, tests_first, remembered_comprehensions, remembered_calls];
    let others = [early_exit, plain_packages, shared_joins, direct_calls, own_constants];
    let noted = [coverage, values];
    assert!(!all.iter().chain(&others).chain(&noted).any(|is_on| *is_on));
    assert_eq!(Switches::traced(), Switches { coverage: true, values: true, ..Switches::plain() });

    let rules = "r0 if {\n\tx := input[_]\n\tx > 5\n\tx < 0\n}\nr1 if input[0] == 0\n";
    let program = program(rules, Switches::traced());
    assert_eq!(program.stored(), None, "what counts is not kept");
    let mut machine = Machine::default();
    let mut evaluation = machine.begin(&program, Some(numbers()), Settings::default());
    evaluation.answer(&["p"]).unwrap();
    let hits = program.points().iter().zip(evaluation.covered());
    let told: Vec<(u32, PointKind, Hit)> =
        hits.map(|(point, hit)| (point.span.line, point.kind, *hit)).collect();
    let hit = |reached, held, failed| Hit { reached, held, failed };
    let expected = [
        (3, PointKind::Statement, hit(true, true, false)),
        (4, PointKind::Condition, hit(true, true, true)),
        (5, PointKind::Condition, hit(true, false, true)),
        (2, PointKind::Head, hit(false, false, false)),
        (7, PointKind::Condition, hit(true, true, false)),
        (7, PointKind::Head, hit(true, false, false)),
    ];
    assert_eq!(told, expected);
}
