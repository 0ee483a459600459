//! References inside of one schema.

use crate::domain::value::Value;

/// What a reference points to; nothing beyond the schema itself is ever fetched.
pub(super) fn resolve<'s>(root: &'s Value, reference: &str) -> Result<&'s Value, String> {
    let id = root.get("$id").or_else(|| root.get("id")).and_then(Value::as_str).unwrap_or_default();
    let base = id.split('#').next().unwrap_or_default();
    let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let is_here =
        document.is_empty() || document == base || base.rsplit('/').next() == Some(document);
    if is_here && (fragment.is_empty() || fragment.starts_with('/')) {
        let pointer = super::super::encoding::unescaped(fragment, false)?;
        let pointer = super::super::encoding::text_of(&pointer);
        return at(root, &pointer);
    }
    named(root, reference).ok_or_else(|| {
        format!("Reference {reference} must be canonical, and nothing is fetched: put the schema into this one")
    })
}

fn at<'s>(root: &'s Value, pointer: &str) -> Result<&'s Value, String> {
    let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    let mut value = root;
    for step in steps {
        let found = match value {
            Value::Object(object) => object.get(&step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        value = found.ok_or_else(|| format!("Object has no key '{step}'"))?;
    }
    Ok(value)
}

/// The part of the schema that has this as its `$id`.
fn named<'s>(schema: &'s Value, reference: &str) -> Option<&'s Value> {
    match schema {
        Value::Object(object) => {
            let id = object.get("$id").or_else(|| object.get("id")).and_then(Value::as_str);
            if id == Some(reference) {
                return Some(schema);
            }
            object.entries().iter().find_map(|(_, inner)| named(inner, reference))
        }
        Value::Array(items) => items.iter().find_map(|inner| named(inner, reference)),
        _ => None,
    }
}
