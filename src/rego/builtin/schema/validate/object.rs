//! Objects against a schema.

use std::sync::Arc;

use crate::domain::value::{Object, Value};

use super::super::Draft;
use super::super::fault::{Outcome, Path};
use super::{BuiltinError, Done, Validator, bound, list};

impl<'s> Validator<'s, '_, '_> {
    pub(super) fn object(
        &mut self,
        schema: &'s Object,
        object: &Object,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        if let Some(min) = bound(schema, "minProperties", |min| object.len() < min) {
            outcome.add(
                "array_min_properties",
                path,
                format!("Must have at least {min} properties"),
            );
        }
        if let Some(max) = bound(schema, "maxProperties", |max| object.len() > max) {
            outcome.add(
                "array_max_properties",
                path,
                format!("Must have at most {max} properties"),
            );
        }
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if object.get(name).is_some() {
                outcome.score += 1;
            } else {
                outcome.add("required", path, format!("{name} is required"));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, item) in object.entries() {
            let is_named = properties.is_some_and(|properties| properties.get(key).is_some());
            let is_matched = self.pattern_properties(schema, key, item, outcome, path)?;
            if is_named || is_matched {
                continue;
            }
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    let text = format!("Additional property {key} is not allowed");
                    outcome.add("additional_property_not_allowed", path, text);
                }
                Some(additional @ Value::Object(_)) => {
                    let tried =
                        self.tried(additional, item, &Path { parent: Some(path), step: key })?;
                    outcome.merge(tried);
                }
                _ => {}
            }
        }
        if let Some(names) = schema.get("propertyNames").filter(|_| self.draft >= Draft::Six) {
            for (key, _) in object.entries() {
                let tried = self.tried(names, &Value::String(Arc::clone(key)), path)?;
                if !tried.is_valid() {
                    let text = format!("Property name of \"{key}\" does not match");
                    outcome.add("invalid_property_name", path, text);
                    outcome.merge(tried);
                }
            }
        }
        outcome.score += 1;
        Ok(())
    }

    fn pattern_properties(
        &mut self,
        schema: &'s Object,
        key: &str,
        item: &Value,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Result<bool, BuiltinError> {
        let Some(Value::Object(patterns)) = schema.get("patternProperties") else {
            return Ok(false);
        };
        let mut is_matched = false;
        for (pattern, inner) in patterns.entries() {
            if self.matches(pattern, key)? {
                is_matched = true;
                let tried = self.tried(inner, item, &Path { parent: Some(path), step: key })?;
                outcome.merge(tried);
            }
        }
        outcome.score += i64::from(is_matched);
        Ok(is_matched)
    }
}
