//! What VEX says: of one trouble, and of the documents that came along.

use super::Fields;
use crate::domain::advisory::{AdvisoryFacts, AdvisoryMatch};
use crate::domain::value::Value;
use crate::domain::vex::{VexDocumentFacts, VexOpinion};

/// The word that counts, and those that do not.
pub(super) fn state(found: &AdvisoryMatch, fields: &mut Fields) {
    fields.set_if("vex", found.vex.as_ref().map(opinion));
    let ignored = found.vex_ignored.iter().map(opinion).collect::<Vec<Value>>();
    fields.set_if("vex_ignored", (!ignored.is_empty()).then(|| Value::array(ignored)));
}

fn opinion(opinion: &VexOpinion) -> Value {
    let mut fields = Fields::default();
    fields.set("status", Value::from(opinion.status.as_str()));
    fields.set("author", Value::from(opinion.author.as_ref()));
    fields.set("document", Value::from(opinion.document.as_ref()));
    fields.set_if("justification", opinion.justification.as_deref().map(Value::from));
    fields.set_if("note", opinion.note.as_deref().map(Value::from));
    fields.set_if("time", opinion.time.map(|time| Value::from(time.to_string())));
    fields.set_if("objection", opinion.objection.as_deref().map(Value::from));
    fields.into_value()
}

/// Every document, and why newer ones could not be read.
pub(super) fn documents(facts: Option<&AdvisoryFacts>) -> Value {
    let mut fields = Fields::default();
    let vex = facts.map(|facts| &facts.vex);
    let documents = vex.into_iter().flat_map(|vex| &vex.documents).map(document);
    fields.set("documents", Value::array(documents.collect()));
    fields.set_if("fault", vex.and_then(|vex| vex.fault.as_deref()).map(Value::from));
    fields.into_value()
}

fn document(document: &VexDocumentFacts) -> Value {
    let faults = document.faults.iter().map(|fault| Value::from(fault.to_string()));
    let mut fields = Fields::default();
    fields.set("source", Value::from(document.source.as_str()));
    fields.set("id", Value::from(document.id.as_ref()));
    fields.set("author", Value::from(document.author.as_ref()));
    fields.set("n_statements", super::count(document.n_statements));
    fields.set("n_applied", super::count(document.n_applied));
    fields.set("faults", Value::array(faults.collect()));
    fields.set_if("objection", document.objection.as_deref().map(Value::from));
    fields.into_value()
}
