//! What Conforma's policies see of an image.

use std::sync::Arc;

use super::Inputs;
use crate::document::{DocumentLimits, json};
use crate::domain::evidence::{AttestationFacts, HeldDocument, ImageFacts, Verified};
use crate::domain::value::Value;

impl Inputs<'_> {
    /// The image's reference and configuration, the statements that were verified, and the images that are released with it.
    ///
    /// Source: Conforma, "Policy input": `attestations[_].statement` is the in-toto statement, `image.ref` names a digest,
    /// `image.config` is the member `config` of the image's configuration.
    pub(in crate::policy) fn attested(&self, index: usize) -> Option<Value> {
        let used = self.release.images.get(index)?;
        let held = self.evidence.holdings(&used.image.reference);
        let facts = held.map(|held| held.facts);
        let mut image = vec![("ref", Value::from(reference(facts, &used.image.reference)))];
        if let Some(config) = held.and_then(|held| configuration(held.documents)) {
            image.push(("config", config));
        }
        let name = self.release.service.as_ref().map(|service| service.reference.name.as_str());
        let components = self.release.images.iter().map(|used| {
            let written = &used.image.reference;
            let image = reference(self.evidence.image(written), written);
            record(vec![
                ("name", Value::from(name.unwrap_or_default())),
                ("containerImage", Value::from(image)),
            ])
        });
        let statements = facts.map(|facts| facts.attestations.as_slice()).unwrap_or_default();
        let statement = |verified: &Verified<AttestationFacts>| {
            record(vec![("statement", verified.statement())])
        };
        Some(record(vec![
            ("attestations", Value::array(statements.iter().map(statement).collect())),
            ("component_name", Value::from(name.unwrap_or_default())),
            ("image", record(image)),
            ("snapshot", record(vec![("components", Value::array(components.collect()))])),
        ]))
    }
}

fn reference<'r>(facts: Option<&'r ImageFacts>, written: &'r str) -> &'r str {
    facts.and_then(|facts| facts.resolved.as_deref()).unwrap_or(written)
}

fn configuration(documents: &[HeldDocument]) -> Option<Value> {
    let document = documents.iter().find(|document| document.media_type.contains("config"))?;
    let read = json::read(&document.text, &DocumentLimits::default()).ok()?;
    read.value.get("config").cloned()
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    Value::object(fields.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}
