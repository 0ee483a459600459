//! `==`, `!=`, `<` and their like over values of any type. Source: OPA 1.x, `topdown/comparison.go`.

use std::cmp::Ordering;

use crate::domain::value::Value;

use super::operand::{Answer, answer, any};
use super::signature::{Builtin, CallContext, Type, entry};

const ANY_TWO: &[Type] = &[Type::Any, Type::Any];

pub(super) const BUILTINS: &[Builtin] = &[
    entry("equal", ANY_TWO, Type::Boolean, equal),
    entry("neq", ANY_TWO, Type::Boolean, neq),
    entry("lt", ANY_TWO, Type::Boolean, lt),
    entry("lte", ANY_TWO, Type::Boolean, lte),
    entry("gt", ANY_TWO, Type::Boolean, gt),
    entry("gte", ANY_TWO, Type::Boolean, gte),
];

fn compared(arguments: &[Value], holds: fn(Ordering) -> bool) -> Answer {
    answer(holds(any(arguments, 1)?.cmp(any(arguments, 2)?)))
}

fn equal(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    compared(arguments, Ordering::is_eq)
}

fn neq(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    compared(arguments, Ordering::is_ne)
}

fn lt(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    compared(arguments, Ordering::is_lt)
}

fn lte(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    compared(arguments, Ordering::is_le)
}

fn gt(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    compared(arguments, Ordering::is_gt)
}

fn gte(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    compared(arguments, Ordering::is_ge)
}
