//! What stands where both engines were asked: everything that either finds, and nothing that only one of them lets pass.

use std::collections::BTreeSet;

use crate::domain::policy::Violation;

/// What either engine found; an error of one is the answer of both.
pub(super) fn either(
    one: Result<Vec<Violation>, String>,
    other: Result<Vec<Violation>, String>,
) -> Result<Vec<Violation>, String> {
    let (mut found, other) = (one?, other?);
    let more: Vec<Violation> = other.into_iter().filter(|it| !found.contains(it)).collect();
    found.extend(more);
    Ok(found)
}

/// The rules that both engines have silenced.
pub(super) fn silenced_by_both(
    one: BTreeSet<String>,
    other: &BTreeSet<String>,
) -> BTreeSet<String> {
    one.into_iter().filter(|name| other.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::RuleKind;
    use crate::domain::value::Value;

    fn list(messages: &[&str]) -> Vec<Violation> {
        let violation = |message: &&str| Violation {
            message: (*message).to_owned(),
            path: String::new(),
            severity: None,
            remediation: None,
            facts: Value::object(Vec::new()),
            subject: None,
            rule: RuleKind::Deny,
        };
        messages.iter().map(violation).collect()
    }

    #[test]
    fn what_either_engine_finds_stands() {
        let both = |one: &[&str], other: &[&str]| either(Ok(list(one)), Ok(list(other)));
        assert_eq!(both(&["a", "b"], &["b", "c"]), Ok(list(&["a", "b", "c"])));
        assert_eq!(both(&[], &["c"]), Ok(list(&["c"])));
        assert!(either(Ok(list(&[])), Err("x".to_owned())).is_err());
        assert!(either(Err("x".to_owned()), Ok(list(&[]))).is_err());
    }

    #[test]
    fn a_rule_is_silenced_where_both_say_so() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let other: BTreeSet<String> = set(&["b", "c"]);
        assert_eq!(silenced_by_both(set(&["a", "b"]), &other), set(&["b"]));
    }
}
