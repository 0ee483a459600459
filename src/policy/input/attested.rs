//! What Conforma's policies see of an image.

use std::sync::Arc;

use super::Inputs;
use crate::domain::evidence::{AttestationFacts, ImageFacts};
use crate::domain::value::Value;

impl Inputs<'_> {
    /// The image's reference and the statements that were verified.
    ///
    /// Source: Conforma, "Policy input": `attestations[_].statement` is the in-toto statement, `image.ref` names a digest.
    pub(in crate::policy) fn attested(&self, index: usize) -> Option<Value> {
        let used = self.release.images.get(index)?;
        let facts = self.evidence.image(&used.image.reference);
        let statements = facts.map(statements).unwrap_or_default();
        let resolved = facts.and_then(|facts| facts.resolved.as_deref());
        let reference = resolved.unwrap_or(&used.image.reference);
        Some(record(vec![
            ("attestations", Value::array(statements)),
            ("image", record(vec![("ref", Value::from(reference))])),
        ]))
    }
}

fn statements(facts: &ImageFacts) -> Vec<Value> {
    facts.attestations.iter().map(|verified| statement(verified)).collect()
}

fn statement(facts: &AttestationFacts) -> Value {
    let subjects = facts.subject.iter().map(|subject| {
        let digests = subject.digest.iter().map(|(algorithm, digest)| {
            (Arc::from(algorithm.as_str()), Value::from(digest.as_str()))
        });
        record(vec![
            ("name", Value::from(subject.name.as_deref().unwrap_or_default())),
            ("digest", Value::object(digests.collect())),
        ])
    });
    let statement = record(vec![
        ("_type", Value::from(facts.statement_type.as_str())),
        ("predicateType", Value::from(facts.predicate_type.as_str())),
        ("subject", Value::array(subjects.collect())),
        ("predicate", facts.predicate.clone()),
    ]);
    record(vec![("statement", statement)])
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    Value::object(fields.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}
