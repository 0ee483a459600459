//! What is known of licences: one entry for each thing that is said, so that a rule looks at it once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Fields;
use crate::domain::license;
use crate::domain::package::Licence;
use crate::domain::sbom::Sbom;
use crate::domain::value::Value;

/// The state of a component's licence, and what is written.
pub(super) fn of(licence: &Licence) -> Value {
    let (state, text) = state(licence);
    let mut fields = Fields::default();
    fields.set("state", Value::from(state));
    fields.set_if("text", text.map(Value::from));
    fields.into_value()
}

fn state(licence: &Licence) -> (&'static str, Option<&str>) {
    match licence {
        Licence::Expression(text) => ("expression", Some(text)),
        Licence::Unknown(text) => ("unknown", Some(text)),
        Licence::None => ("none", None),
    }
}

/// Everything that is said, by its text; what nothing is said of stands under the empty text.
pub(super) fn by_license(bill: &Sbom, names: &[Value]) -> Value {
    let mut entries: BTreeMap<&str, (&Licence, Vec<Value>)> = BTreeMap::new();
    for (component, name) in bill.components.iter().zip(names) {
        let (_, text) = state(&component.licence);
        let entry = entries.entry(text.unwrap_or_default());
        let (_, components) = entry.or_insert_with(|| (&component.licence, Vec::new()));
        components.push(name.clone());
    }
    let entry = |(text, (licence, components)): (&str, (&Licence, Vec<Value>))| {
        (Arc::from(text), entry(licence, components))
    };
    Value::object(entries.into_iter().map(entry).collect())
}

/// An expression whose choices cannot be told is an unknown text: nobody may be allowed by it.
fn entry(licence: &Licence, components: Vec<Value>) -> Value {
    let (mut state, text) = state(licence);
    let mut fields = Fields::default();
    if state == "expression" {
        match license::choices(text.unwrap_or_default()) {
            Ok(choices) => {
                let choice = |choice: license::Choice| {
                    Value::array(choice.iter().map(|id| Value::from(id.as_str())).collect())
                };
                fields.set("choices", Value::array(choices.into_iter().map(choice).collect()));
            }
            Err(why) => {
                state = "unknown";
                fields.set("problem", Value::from(why.to_string()));
            }
        }
    }
    fields.set("state", Value::from(state));
    fields.set("components", Value::array(components));
    fields.into_value()
}
