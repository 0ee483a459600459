//! One place in a predicate, and what is expected there.

use std::collections::BTreeMap;

use super::Malformed;
use crate::domain::clock::Timestamp;
use crate::domain::value::Value;

/// A value and the pointer that leads to it.
#[derive(Clone, Debug)]
pub(super) struct Field<'v> {
    pointer: String,
    /// `None` when nothing is written there; `null` is nothing, too.
    pub(super) value: Option<&'v Value>,
}

impl<'v> Field<'v> {
    pub(super) fn root(value: &'v Value) -> Self {
        Self { pointer: String::new(), value: Some(value) }
    }

    /// The field at `keys` below this one.
    ///
    /// # Errors
    /// When something on the way is no object.
    pub(super) fn at(&self, keys: &[&str]) -> Result<Self, Malformed> {
        keys.iter().try_fold(self.clone(), |field, key| {
            let pointer = format!("{}/{key}", field.pointer);
            let value = match field.value {
                None => None,
                Some(Value::Object(object)) => {
                    object.get(key).filter(|value| **value != Value::Null)
                }
                Some(_) => return Err(field.expected("an object")),
            };
            Ok(Self { pointer, value })
        })
    }

    /// The text at `keys`, which must be there and not empty.
    pub(super) fn required_text(&self, keys: &[&str]) -> Result<String, Malformed> {
        let field = self.at(keys)?;
        match field.value.and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
            Some(_) | None => Err(field.expected("a text")),
        }
    }

    /// The text at `keys`; an empty one is none.
    pub(super) fn text(&self, keys: &[&str]) -> Result<Option<String>, Malformed> {
        let field = self.at(keys)?;
        match field.value {
            None => Ok(None),
            Some(Value::String(text)) => {
                Ok(Some(text.to_string()).filter(|text| !text.trim().is_empty()))
            }
            Some(_) => Err(field.expected("a text")),
        }
    }

    /// The time at `keys`; an empty text is none.
    pub(super) fn time(&self, keys: &[&str]) -> Result<Option<Timestamp>, Malformed> {
        let Some(text) = self.text(keys)? else { return Ok(None) };
        let field = self.at(keys)?;
        let wrong = |_cause| field.fault(format!("`{text}` is not a time as RFC 3339 writes it"));
        text.parse().map(Some).map_err(wrong)
    }

    /// The items at `keys`; what is not there has none.
    pub(super) fn items(&self, keys: &[&str]) -> Result<Vec<Self>, Malformed> {
        let field = self.at(keys)?;
        match field.value {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, value)| Self {
                    pointer: format!("{}/{index}", field.pointer),
                    value: Some(value),
                })
                .collect()),
            Some(_) => Err(field.expected("a list")),
        }
    }

    /// The texts at `keys`.
    pub(super) fn texts(&self, keys: &[&str]) -> Result<Vec<String>, Malformed> {
        self.items(keys)?.iter().map(|item| item.required_text(&[])).collect()
    }

    /// The object at `keys` as a map of texts.
    pub(super) fn text_map(&self, keys: &[&str]) -> Result<BTreeMap<String, String>, Malformed> {
        let field = self.at(keys)?;
        let Some(value) = field.value else { return Ok(BTreeMap::new()) };
        let object = value.as_object().ok_or_else(|| field.expected("an object"))?;
        let entries = object.entries().iter().map(|(key, _)| {
            let text = field.text(&[key])?.unwrap_or_default();
            Ok((key.to_string(), text))
        });
        entries.collect()
    }

    /// The object at `keys`, which must be there.
    pub(super) fn required_object(&self, keys: &[&str]) -> Result<Self, Malformed> {
        let field = self.at(keys)?;
        if field.value.and_then(Value::as_object).is_none() {
            return Err(field.expected("an object"));
        }
        Ok(field)
    }

    /// What was expected here, and what stands here instead.
    pub(super) fn expected(&self, what: &str) -> Malformed {
        let found = match self.value.map(|value| (value.type_name(), value.as_str())) {
            None | Some(("null", _)) => "but nothing is written",
            Some(("boolean", _)) => "not a boolean",
            Some(("number", _)) => "not a number",
            Some((_, Some(text))) if text.trim().is_empty() => "not an empty text",
            Some((_, Some(_))) => "not a text",
            Some(("object", _)) => "not an object",
            Some(_) => "not a list",
        };
        self.fault(format!("{what} was expected, {found}"))
    }

    pub(super) fn fault(&self, message: String) -> Malformed {
        Malformed { pointer: self.pointer.clone(), message }
    }
}
