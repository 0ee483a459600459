//! Any bytes in the place of a compiled program are refused, or are a program that is evaluated without a panic and
//! written the same again.
#![no_main]

use std::time::Duration;

use goldgate::domain::value::Value;
use goldgate::rego::budget::Limits;
use goldgate::rego::evaluate::{Machine, Program, Settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(program) = Program::of_stored(bytes) else { return };
    let limits = Limits { time: Duration::from_millis(50), steps: 10_000, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let mut machine = Machine::default();
    let input = Value::array(vec![Value::from(1), Value::from("a")]);
    drop(machine.begin(&program, Some(input), settings).answer(&[]));
    let written = program.stored().expect("what was read can be written");
    let again = Program::of_stored(&written).expect("what was written can be read");
    assert_eq!(again.stored(), Some(written));
});
