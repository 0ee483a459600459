//! Whatever a policy passes, a function answers or refuses: it never panics and stays within the budget.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::value::Value;
use crate::rego::budget::{Budget, Limits};

use super::json::parsed;
use super::{Builtin, Cache, CallContext, all};

/// Texts that mean something to some function.
const TEXTS: &[&str] = &[
    "",
    "a",
    "é",
    "\u{0}",
    "x,y",
    "10",
    "-1",
    "1e400",
    "1e100000000",
    "10Ki",
    "%",
    "%d",
    "%1000000d",
    "%*d",
    "%[9]d",
    "(a*)*",
    "[[:x:]]",
    "\\Q",
    "a{1000}",
    "((a{100}){10})",
    "*.{a,[b-",
    "2020-01-02T03:04:05Z",
    "2006-01-02",
    "1h",
    "1y",
    "10.0.0.0/8",
    "::/0",
    "255.255.255.255/31",
    "a.b.c",
    "eyJhbGciOiJIUzI1NiJ9.e30.x",
    "{\"a\":1}",
    "[",
    "a: &x [*x]",
    "http://[::1]:x/%zz?#",
    "v1.2.3-a+b",
    "====",
    "/w==",
    "~1",
    "/a/-",
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    "America/New_York",
    "Mon Jan _2 15:04:05.000 MST 2006 002 -07:00:00",
    "{{.x}}",
    "{{range .a}}{{end}}",
    "{$x}",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "10",
    "1.0",
    "1.5",
    "-0",
    "1e3",
    "1e-7",
    "0.1",
    "1e308",
    "1e400",
    "-1e400",
    "1e2000",
    "1e99999999",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "123456789012345678901234567890",
    "1000000000000000000000000000000000000000000000000000",
    "100000000",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        select(NUMBERS).prop_map(|text| parsed(text).unwrap()),
        any::<i64>().prop_map(Value::from),
        select(TEXTS).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::array),
            vec(inner.clone(), 0..4).prop_map(Value::set),
            vec((select(TEXTS), inner.clone()), 0..4).prop_map(|entries| {
                Value::object(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
            vec((inner.clone(), inner), 0..3).prop_map(Value::map),
        ]
    })
}

fn function() -> impl Strategy<Value = &'static Builtin> {
    select(all().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_function_panics_or_outruns_its_budget(
        function in function(),
        arguments in vec(value(), 4),
    ) {
        let limits = Limits { steps: 2_000_000, memory_bytes: 64 * 1024 * 1024, ..Limits::default() };
        let mut budget = Budget::start(limits);
        let mut cache = Cache::default();
        let mut context = CallContext { now_ns: 0, seed: 1, budget: &mut budget, cache: &mut cache, held: None, data: &Value::Null };
        let arguments = &arguments[..function.arity()];
        let start = Instant::now();
        let first = (function.function)(arguments, &mut context);
        prop_assert!(start.elapsed() < Duration::from_secs(3), "{} took {:?}", function.name, start.elapsed());
        if function.deterministic {
            prop_assert_eq!((function.function)(arguments, &mut context), first, "{}", function.name);
        }
    }
}
