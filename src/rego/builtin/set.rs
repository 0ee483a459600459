//! Sets. Source: OPA 1.x, `topdown/sets.go`, `topdown/binary.go`.

use crate::domain::value::{Set, Value};

use super::operand::{Answer, set, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const SET: Type = Type::Set(&Type::Any);
const SETS: Type = Type::Set(&Type::Set(&Type::Any));

pub(super) const BUILTINS: &[Builtin] = &[
    entry("and", &[SET, SET], SET, and),
    entry("or", &[SET, SET], SET, or),
    entry("set_diff", &[SET, SET], SET, set_diff),
    entry("intersection", &[SETS], SET, intersection),
    entry("union", &[SETS], SET, union),
];

fn common(a: &Set, b: &Set) -> Vec<Value> {
    a.items().iter().filter(|item| b.contains(item)).cloned().collect()
}

fn and(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    Ok(Some(Value::set(common(set(arguments, 1)?, set(arguments, 2)?))))
}

fn or(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = (set(arguments, 1)?, set(arguments, 2)?);
    Ok(Some(Value::set(a.items().iter().chain(b.items()).cloned().collect())))
}

fn set_diff(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = (set(arguments, 1)?, set(arguments, 2)?);
    Ok(Some(Value::set(a.items().iter().filter(|item| !b.contains(item)).cloned().collect())))
}

fn inner_sets(arguments: &[Value]) -> Result<Vec<&Set>, BuiltinError> {
    let inner = |item: &'_ Value| type_error(1, item, &["set"]);
    set(arguments, 1)?.items().iter().map(|item| item.as_set().ok_or_else(|| inner(item))).collect()
}

fn intersection(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let sets = inner_sets(arguments)?;
    let Some((first, rest)) = sets.split_first() else { return Ok(Some(Value::set(Vec::new()))) };
    let mut left = first.items().to_vec();
    for other in rest {
        context.budget.charge(u64::try_from(left.len()).unwrap_or(u64::MAX))?;
        left.retain(|item| other.contains(item));
    }
    Ok(Some(Value::set(left)))
}

fn union(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let sets = inner_sets(arguments)?;
    let n_items = sets.iter().map(|set| set.len()).sum::<usize>();
    context.budget.charge(u64::try_from(n_items).unwrap_or(u64::MAX))?;
    let items = sets.into_iter().flat_map(|set| set.items().iter().cloned());
    Ok(Some(Value::set(items.collect())))
}
