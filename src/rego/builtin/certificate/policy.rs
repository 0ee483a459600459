//! Certificate policies: whether a chain has one that all its authorities agree on, where one of them asks for that.
//!
//! Source: RFC 5280, section 6.1; RFC 9618, whose lists of what is expected stand in place of the tree; Go 1.26,
//! `crypto/x509`. Whoever asks names no policy, so that any will do.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::value::Value;

use super::super::number::written_integer;

/// The policy that stands for every one.
const ANY: &str = "2.5.29.32.0";

/// The policies that are valid down to here, each with what may stand for it in the next certificate.
type Leaves<'c> = BTreeMap<&'c str, BTreeSet<&'c str>>;

/// Whether the policies of a chain, which begins with the leaf, are in order.
pub(super) fn agree(chain: &[&Value]) -> bool {
    let Some((_root, signed)) = chain.split_last() else { return true };
    let most = i64::try_from(signed.len()).unwrap_or(i64::MAX).saturating_add(1);
    let mut state = State {
        leaves: Some(BTreeMap::from([(ANY, BTreeSet::from([ANY]))])),
        explicit: most,
        mapping: most,
        any: most,
    };
    for (index, certificate) in signed.iter().enumerate().rev() {
        if !state.descend(certificate, index == 0) {
            return false;
        }
    }
    let Some(leaf) = signed.first() else { return true };
    let is_explicit = state.explicit <= 1 || is_true(leaf, "RequireExplicitPolicyZero");
    !is_explicit || state.leaves.is_some_and(|leaves| !leaves.is_empty())
}

struct State<'c> {
    /// Nothing once a certificate without policies was met.
    leaves: Option<Leaves<'c>>,
    /// How many more certificates need no policy, may map policies, and may say "any".
    explicit: i64,
    mapping: i64,
    any: i64,
}

impl<'c> State<'c> {
    /// Goes on to the next certificate below; whether the chain may still hold.
    fn descend(&mut self, certificate: &'c Value, is_leaf: bool) -> bool {
        let policies = texts(certificate, "Policies");
        if policies.is_empty() {
            self.leaves = None;
        }
        if self.explicit == 0 && self.leaves.is_none() {
            return false;
        }
        let is_self_issued = certificate.get("RawIssuer") == certificate.get("RawSubject");
        if let Some(above) = self.leaves.take() {
            let takes_any = self.any > 0 || !is_leaf && is_self_issued;
            let mut leaves = below(&above, &policies, takes_any);
            if !is_leaf && !self.map(certificate, &mut leaves) {
                return false;
            }
            self.leaves = Some(leaves);
        }
        if !is_leaf {
            self.count(certificate, is_self_issued);
        }
        true
    }

    /// Lets policies of one authority stand for those of another; whether the mappings are valid.
    fn map(&self, certificate: &'c Value, leaves: &mut Leaves<'c>) -> bool {
        let mut mapped: Leaves<'c> = BTreeMap::new();
        let mappings = certificate.get("PolicyMappings").and_then(Value::as_array);
        for mapping in mappings.unwrap_or_default() {
            let side = |name: &str| mapping.get(name).and_then(Value::as_str).unwrap_or_default();
            let (issuer, subject) = (side("IssuerDomainPolicy"), side("SubjectDomainPolicy"));
            if self.mapping == 0 {
                leaves.remove(issuer);
            } else if issuer == ANY || subject == ANY {
                return false;
            } else {
                mapped.entry(issuer).or_default().insert(subject);
            }
        }
        let has_any = leaves.contains_key(ANY);
        for (issuer, subjects) in mapped {
            if has_any || leaves.contains_key(issuer) {
                leaves.insert(issuer, subjects);
            }
        }
        true
    }

    fn count(&mut self, certificate: &Value, is_self_issued: bool) {
        for (left, field) in [
            (&mut self.explicit, "RequireExplicitPolicy"),
            (&mut self.mapping, "InhibitPolicyMapping"),
            (&mut self.any, "InhibitAnyPolicy"),
        ] {
            if !is_self_issued && *left > 0 {
                *left -= 1;
            }
            let said = number(certificate, field);
            if said > 0 || is_true(certificate, &format!("{field}Zero")) {
                *left = said.min(*left);
            }
        }
    }
}

/// The policies of a certificate that one above expects.
fn below<'c>(above: &Leaves<'c>, policies: &[&'c str], takes_any: bool) -> Leaves<'c> {
    let expected: BTreeSet<&str> = above.values().flatten().copied().collect();
    let has_any = above.contains_key(ANY);
    let named = policies.iter().copied();
    let named = named.filter(|policy| *policy != ANY && (has_any || expected.contains(policy)));
    let mut leaves: BTreeSet<&str> = named.collect();
    if takes_any && policies.contains(&ANY) {
        leaves.extend(expected);
    }
    leaves.into_iter().map(|policy| (policy, BTreeSet::from([policy]))).collect()
}

fn texts<'c>(certificate: &'c Value, field: &str) -> Vec<&'c str> {
    let items = certificate.get(field).and_then(Value::as_array).unwrap_or_default();
    items.iter().filter_map(Value::as_str).collect()
}

fn is_true(certificate: &Value, field: &str) -> bool {
    certificate.get(field) == Some(&Value::Bool(true))
}

fn number(certificate: &Value, field: &str) -> i64 {
    match certificate.get(field) {
        Some(Value::Number(number)) => written_integer(number).unwrap_or_default(),
        _ => 0,
    }
}
