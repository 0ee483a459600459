//! What `input` is for which rules: our own schema for our own policies, and what METADATA says under `schemas`.

use std::sync::OnceLock;

use super::docs::INPUT_SCHEMA;
use crate::document::{DocumentLimits, json};
use crate::domain::value::Value;
use crate::rego::metadata::{Annotation, Scope};
use crate::rego::module::Module;
use crate::rego::types::{InputType, Openness, Type, of_schema};

/// What is known of `input` in `modules`, whose METADATA is `annotations`.
pub(super) fn described(modules: &[Module], annotations: &[Vec<Annotation>]) -> Vec<InputType> {
    let mut found = Vec::new();
    for (module, notes) in annotations.iter().enumerate() {
        let is_policy = notes.iter().any(|note| note.value.at(&["custom", "code"]).is_some());
        if is_policy {
            found.push(InputType { module, rule: None, input: own().clone() });
        }
    }
    // What is written in METADATA stands before what the dialect says, and what is nearer before what is above.
    for (module, notes) in annotations.iter().enumerate() {
        for note in notes {
            let Some(input) = written(note) else { continue };
            match note.scope {
                Scope::Rule | Scope::Document => {
                    found.push(InputType { module, rule: Some(note.rule.clone()), input });
                }
                Scope::Package => {
                    found.extend(everywhere(
                        modules,
                        &input,
                        |package, own| package == own,
                        module,
                    ));
                }
                Scope::Subpackages => {
                    found.extend(everywhere(modules, &input, <[String]>::starts_with, module));
                }
            }
        }
    }
    found
}

fn everywhere(
    modules: &[Module],
    input: &Type,
    holds: fn(&[String], &[String]) -> bool,
    module: usize,
) -> Vec<InputType> {
    let own = modules.get(module).map(|module| module.package.as_slice()).unwrap_or_default();
    let all = modules.iter().enumerate();
    let those = all.filter(|(_, module)| holds(&module.package, own));
    those.map(|(module, _)| InputType { module, rule: None, input: input.clone() }).collect()
}

/// The schema of `input` that a block holds.
fn written(note: &Annotation) -> Option<Type> {
    let schemas = note.value.get("schemas")?.as_array()?;
    let of_input = schemas.iter().find_map(|entry| entry.get("input"))?;
    // A name would be looked for in a folder of schemas, which a bundle does not have.
    of_input.is_object().then(|| of_schema(of_input, Openness::Closed))
}

/// What our own policies see.
fn own() -> &'static Type {
    static TYPE: OnceLock<Type> = OnceLock::new();
    TYPE.get_or_init(|| {
        let document = json::read(INPUT_SCHEMA, &DocumentLimits::default());
        let schema = document.map(|document| document.value);
        of_schema(&schema.unwrap_or(Value::Null), Openness::Open)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_schema_can_be_read() {
        // A key that stands twice would silently leave every path of `input` unchecked.
        assert!(json::read(INPUT_SCHEMA, &DocumentLimits::default()).is_ok());
        assert_ne!(*own(), Type::anything());
    }
}
