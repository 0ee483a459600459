//! Codes that two policies have.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::dialect::Policy;
use super::gatekeeper::Constraint;
use super::load::Loaded;
use crate::domain::code::Code;
use crate::domain::policy::PolicyMeta;
use crate::rego::Fault;
use crate::rego::module::Module;

/// The fault of two policies in Rego.
pub(super) fn equal_codes(loaded: &Loaded, one: &PolicyMeta, other: &PolicyMeta) -> Option<Fault> {
    let module = |meta: &PolicyMeta| {
        loaded.modules.iter().find(|module| module.package.join(".") == meta.package)
    };
    let (one_module, other_module) = (module(one)?, module(other)?);
    let span = |module: &Module| {
        let annotations = loaded
            .modules
            .iter()
            .zip(&loaded.annotations)
            .filter(|(other, _)| other.package == module.package)
            .flat_map(|(_, annotations)| annotations);
        let mut coded = annotations.filter(|it| it.value.at(&["custom", "code"]).is_some());
        match coded.next() {
            Some(annotation) => (Arc::clone(annotation.file()), annotation.span_of("/custom/code")),
            None => (Arc::clone(&module.file), module.package_span),
        }
    };
    let (file, place) = span(other_module);
    let (first, first_place) = span(one_module);
    let message = format!("two policies have the code `{}`", other.code);
    Some(
        Fault::new(&file, place, message)
            .with_related(&first, first_place, "the other one")
            .with_help("give each policy a code of its own"),
    )
}

/// Constraints whose code another policy has.
pub(super) fn constraints(
    constraints: &[Arc<Constraint>],
    others: &[Policy],
    faults: &mut Vec<Fault>,
) {
    let mut known: BTreeMap<&Code, Option<&Constraint>> =
        others.iter().map(|policy| (&policy.meta.code, None)).collect();
    for constraint in constraints {
        let code = &constraint.meta.code;
        let Some(other) = known.insert(code, Some(constraint)) else { continue };
        let (file, span) = &constraint.place;
        let fault = Fault::new(file, *span, format!("two policies have the code `{code}`"));
        let fault = match other.map(|other| &other.place) {
            Some((file, span)) => fault.with_related(file, *span, "the other one"),
            None => fault,
        };
        faults.push(fault.with_help(
            "give it one of its own, e.g. with the annotation `goldgate.dev/code: TEAM-LABELS`",
        ));
    }
}
