//! References inside of one schema. Source: JSON Schema draft 7, sections 8.2 and 8.3; RFC 3986, section 5.2.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::value::Value;

use super::super::encoding::{text_of, unescaped};

/// A schema with all schemas in it that have a name of their own; nothing beyond them is ever fetched.
pub(super) struct Library<'s> {
    root: &'s Value,
    named: OnceCell<BTreeMap<String, &'s Value>>,
}

/// What relative references are relative to.
#[derive(Clone)]
pub(super) struct Base<'s> {
    document: &'s Value,
    url: Arc<str>,
}

/// What a reference points to.
pub(super) struct Target<'s> {
    pub(super) schema: &'s Value,
    pub(super) base: Base<'s>,
    /// The reference with nothing left out.
    pub(super) url: String,
}

impl<'s> Library<'s> {
    pub(super) fn new(root: &'s Value) -> Self {
        Self { root, named: OnceCell::new() }
    }

    pub(super) fn base(&self) -> Base<'s> {
        let url = name_of(self.root).map_or("", document_of);
        Base { document: self.root, url: Arc::from(url) }
    }

    /// The base inside of `schema` where it is another than outside.
    pub(super) fn entered(&self, schema: &'s Value, outside: &Base<'s>) -> Option<Base<'s>> {
        let name = name_of(schema).filter(|name| !name.starts_with('#'))?;
        if std::ptr::eq(schema, self.root) {
            return None;
        }
        let url = joined(&outside.url, name);
        Some(Base { document: schema, url: Arc::from(document_of(&url)) })
    }

    pub(super) fn resolve(&self, reference: &str, base: &Base<'s>) -> Result<Target<'s>, String> {
        let url = joined(&base.url, reference);
        let (document, fragment) = url.split_once('#').unwrap_or((&url, ""));
        let base = if *document == *base.url {
            Some(base.clone())
        } else {
            let found = self.named().get(document);
            found.map(|found| Base { document: found, url: Arc::from(document) })
        };
        let pointed = base.filter(|_| fragment.is_empty() || fragment.starts_with('/'));
        let (schema, base) = if let Some(base) = pointed {
            (at(base.document, &text_of(&unescaped(fragment, false)?))?, base)
        } else {
            let schema = self.named().get(&url).copied().ok_or_else(|| {
                format!("Reference {reference} must be canonical, and nothing is fetched: put the schema into this one")
            })?;
            (schema, Base { document: schema, url: Arc::from(document) })
        };
        Ok(Target { schema, base, url })
    }

    fn named(&self) -> &BTreeMap<String, &'s Value> {
        self.named.get_or_init(|| {
            let mut named = BTreeMap::new();
            gather(self.root, "", &mut named);
            named
        })
    }
}

fn name_of(schema: &Value) -> Option<&str> {
    schema.get("$id").or_else(|| schema.get("id")).and_then(Value::as_str)
}

fn document_of(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}

/// Every schema below that has a name, by its whole URL.
fn gather<'s>(schema: &'s Value, base: &str, named: &mut BTreeMap<String, &'s Value>) {
    let own = name_of(schema).map(|name| joined(base, name));
    if let Some(url) = &own {
        named.entry(url.trim_end_matches('#').to_owned()).or_insert(schema);
    }
    let base = own.as_deref().map_or(base, document_of);
    match schema {
        Value::Object(object) => {
            object.entries().iter().for_each(|(_, inner)| gather(inner, base, named));
        }
        Value::Array(items) => items.iter().for_each(|inner| gather(inner, base, named)),
        _ => {}
    }
}

/// A reference as seen from `base`.
fn joined(base: &str, reference: &str) -> String {
    let scheme = reference.split(['/', '#', '?']).next().unwrap_or_default();
    if scheme.contains(':') || base.is_empty() {
        return reference.to_owned();
    }
    let base = document_of(base);
    if reference.is_empty() || reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    let path = base.find("://").map_or(0, |scheme| scheme + 3);
    let authority =
        base.get(path..).and_then(|rest| rest.find('/')).map_or(base.len(), |at| path + at);
    let kept = if reference.starts_with('/') {
        base.get(..authority)
    } else {
        base.get(authority..)
            .and_then(|path| path.rfind('/'))
            .and_then(|at| base.get(..=authority + at))
    };
    format!("{}{reference}", kept.unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_seen_from_its_base() {
        let base = "http://a.example/schema/bom.json";
        assert_eq!(
            joined(base, "#/definitions/x"),
            "http://a.example/schema/bom.json#/definitions/x"
        );
        assert_eq!(joined(base, "spdx.json"), "http://a.example/schema/spdx.json");
        assert_eq!(joined(base, "/spdx.json#a"), "http://a.example/spdx.json#a");
        assert_eq!(joined(base, "urn:x:y"), "urn:x:y");
        assert_eq!(joined("bom.json", "spdx.json"), "spdx.json");
        assert_eq!(joined("", "#a"), "#a");
    }

    #[test]
    fn a_schema_inside_has_references_of_its_own() {
        let text = r##"{"$id": "http://a/root.json", "$def": {"other": {"$id": "other.json",
            "definitions": {"x": {"type": "string"}}, "$ref": "#/definitions/x"}}}"##;
        let schema: Value = serde_json::from_str(text).unwrap();
        let library = Library::new(&schema);
        let other = library.resolve("other.json", &library.base()).ok().unwrap();
        assert_eq!(other.url, "http://a/other.json");
        let inner = library.resolve("#/definitions/x", &other.base).ok().unwrap();
        assert_eq!(inner.schema.to_string(), r#"{"type":"string"}"#);
        assert!(library.resolve("#/definitions/x", &library.base()).is_err());
    }
}
