//! Evaluations that end without an answer: budgets, built-ins without one, rules that do not compile.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::budget::{Exhausted, Limits};
use goldgate::rego::evaluate::{
    Failure, FailureKind, Machine, Program, Settings, Switches, compile,
};
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{self, Version};

use super::{patient, read_yaml};

#[test]
fn every_budget_ends_an_evaluation() {
    let mut chain = String::from("r300 := 1\n");
    for n in 0..300 {
        writeln!(chain, "r{n} := r{} + 1", n + 1).unwrap();
    }
    let loops = "r0 := [1 | some a in input; some b in input; some c in input; a + b > c]\n";
    let all = patient();
    check_end(&chain, all, Exhausted::Depth);
    check_end(loops, Limits { steps: 10_000, ..all }, Exhausted::Steps);
    check_end(loops, Limits { memory_bytes: 10_000, ..all }, Exhausted::Memory);
    check_end(loops, Limits { time: Duration::from_millis(1), ..all }, Exhausted::Time);
}

/// Each takes next to no memory, and whoever reads the last value is never done.
#[test]
fn a_value_that_holds_another_one_twice_and_so_on_ends_an_evaluation() {
    let rules = |step: &str| {
        let mut text = String::from("r30 := [1]\n");
        for n in (0..30).rev() {
            writeln!(text, "r{n} := {}", step.replace('x', &format!("r{}", n + 1))).unwrap();
        }
        text
    };
    let locals = |step: &str| {
        let mut text = String::from("r0 := count(x30) if {\n\tx0 := [input[0]]\n");
        for n in 0..30 {
            writeln!(text, "\tx{} := {}", n + 1, step.replace('x', &format!("x{n}"))).unwrap();
        }
        text + "}\n"
    };
    for step in ["[x, x]", "{\"a\": x, \"b\": x}", "{x, [x]}", "{[x]: x}", "array.concat([x], [x])"]
    {
        check_end(&rules(step), patient(), Exhausted::Memory);
        check_end(&locals(step), patient(), Exhausted::Memory);
    }
    check_end(&rules("[x | some _ in [1, 2]]"), patient(), Exhausted::Memory);
    check_end(&locals("{y: [x, y] | some y in [1, 2]}"), patient(), Exhausted::Memory);
}

#[test]
fn a_call_costs_the_same_whether_or_not_the_function_is_called() {
    let called = Switches { direct_calls: false, ..Switches::default() };
    let plain = cost("r0 if every x in input { x != \"\" }\n", Switches::default());
    let format = format!("sprintf(\"{}%d\", [x]) != \"\"", "-".repeat(1000));
    for (condition, n_steps, n_bytes) in [
        // One for the call, and one for each 64 bytes; the numbers have 790 digits.
        (format.as_str(), 300 * 16, 300_790),
        ("sprintf(\"%d\", [x]) != \"\"", 300, 790),
        ("x != \"\"; not startswith(\"a\", \"b\")", 300, 0),
    ] {
        let rules = format!("r0 if every x in input {{ {condition} }}\n");
        let direct = cost(&rules, Switches::default());
        assert_eq!(direct, cost(&rules, called), "{condition}");
        assert_eq!(direct, (plain.0 + n_steps, plain.1 + n_bytes), "{condition}");
    }
}

#[test]
fn a_built_in_without_an_answer_is_named_with_its_values_cut_short() {
    let failure = ended("r0 := to_number(concat(\"\", [\"é\" | some _ in input]))", patient());
    assert_eq!(failure.kind, FailureKind::Builtin);
    // The quotation mark is one of the 80 characters.
    let shown = format!("for `\"{}…`", "é".repeat(79));
    assert!(failure.message.starts_with("to_number: "), "{}", failure.message);
    assert!(failure.message.ends_with(&shown), "{}", failure.message);
    let failure = ended("r0 := to_number(\"no\")", patient());
    assert!(failure.message.ends_with("for `\"no\"`"), "{}", failure.message);
    assert_eq!(failure.message.matches("to_number").count(), 1, "{}", failure.message);
}

#[test]
fn a_rule_that_does_not_compile_ends_what_needs_it_and_nothing_else() {
    let rules = "r0 := r1.x\nr1 := http.send({})\nr2 := 2\nr3[1] := r1\nf(x) := http.send(x)\n\
                 r4 := f({})\nr5.a[input[0]] := r1\nr5.b := 1\n";
    let program = program(rules, Switches::default());
    assert_eq!(program.refusals().len(), 2);
    let mut machine = Machine::default();
    let mut evaluation = machine.begin(&program, Some(numbers()), Settings::default());
    for rule in ["r0", "r1", "r3", "r4", "r5"] {
        let failure = evaluation.answer(&["p", rule]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused, "{rule}: {}", failure.message);
        assert!(failure.message.contains("`http.send`"), "{}", failure.message);
    }
    assert_eq!(evaluation.answer(&["p", "r2"]).unwrap(), Some(Value::from(2)));
}

/// The fewest steps and bytes with which `r0` has an answer.
fn cost(rules: &str, switches: Switches) -> (u64, u64) {
    let program = program(rules, switches);
    let all = patient();
    let mut machine = Machine::default();
    let mut least = |limits: &dyn Fn(u64) -> Limits| {
        let (mut too_few, mut enough) = (0, 1 << 20);
        while too_few + 1 < enough {
            let middle = u64::midpoint(too_few, enough);
            let settings = Settings { limits: limits(middle), ..Settings::default() };
            match machine.begin(&program, Some(numbers()), settings).answer(&["p", "r0"]) {
                Ok(_) => enough = middle,
                Err(_) => too_few = middle,
            }
        }
        enough
    };
    let steps = least(&|steps| Limits { steps, ..all });
    (steps, least(&|memory_bytes| Limits { memory_bytes, ..all }))
}

fn check_end(rules: &str, limits: Limits, expected: Exhausted) {
    let failure = ended(rules, limits);
    assert_eq!(failure.kind, FailureKind::Exhausted(expected), "{rules}");
}

/// Why the rule `r0` has no answer over three hundred numbers.
fn ended(rules: &str, limits: Limits) -> Failure {
    let program = program(rules, Switches::default());
    let settings = Settings { limits, ..Settings::default() };
    let mut machine = Machine::default();
    let answer = machine.begin(&program, Some(numbers()), settings).answer(&["p", "r0"]);
    answer.expect_err(rules)
}

fn program(rules: &str, switches: Switches) -> Program {
    let file = Arc::new(SourceFile::new("p.rego", format!("package p\n{rules}")));
    let module = syntax::parse(&file, Version::V1, &syntax::Limits::default()).unwrap();
    let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
    let unit = resolve(&[module], &options).unwrap();
    compile(&unit, Value::object(vec![]), switches)
}

fn numbers() -> Value {
    Value::array((0..300).map(Value::from).collect())
}
