//! Arrays against a schema.

use std::collections::BTreeMap;

use crate::domain::value::{Object, Value};

use super::super::Draft;
use super::super::fault::{Outcome, Path, canonical};
use super::{Done, Validator, bound};

impl<'s> Validator<'s, '_, '_> {
    pub(super) fn array(
        &mut self,
        schema: &'s Object,
        items: &[Value],
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        match schema.get("items") {
            Some(Value::Array(schemas)) => {
                self.items(schemas.iter().zip(items), 0, outcome, path)?;
                match schema.get("additionalItems") {
                    Some(Value::Bool(false))
                        if !schemas.is_empty() && schemas.len() < items.len() =>
                    {
                        outcome.add(
                            "array_no_additional_items",
                            path,
                            "No additional items allowed on array",
                        );
                    }
                    Some(additional @ Value::Object(_)) if !schemas.is_empty() => {
                        let rest = items.iter().skip(schemas.len()).map(|item| (additional, item));
                        self.items(rest, schemas.len(), outcome, path)?;
                    }
                    _ => {}
                }
            }
            Some(single) => {
                self.items(items.iter().map(|item| (single, item)), 0, outcome, path)?;
            }
            None => {}
        }
        if let Some(min) = bound(schema, "minItems", |min| items.len() < min) {
            outcome.add("array_min_items", path, format!("Array must have at least {min} items"));
        }
        if let Some(max) = bound(schema, "maxItems", |max| items.len() > max) {
            outcome.add("array_max_items", path, format!("Array must have at most {max} items"));
        }
        if schema.get("uniqueItems").and_then(Value::as_bool) == Some(true) {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for (position, item) in items.iter().enumerate() {
                if let Some(first) = seen.insert(canonical(item), position) {
                    outcome.add(
                        "unique",
                        path,
                        format!("array items[{first},{position}] must be unique"),
                    );
                }
            }
        }
        if let Some(contains) = schema.get("contains").filter(|_| self.draft >= Draft::Six) {
            self.contains(contains, items, outcome, path)?;
        }
        outcome.score += 1;
        Ok(())
    }

    fn items<'v>(
        &mut self,
        pairs: impl Iterator<Item = (&'s Value, &'v Value)>,
        first: usize,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        for (position, (schema, item)) in pairs.enumerate() {
            let step = (first + position).to_string();
            let tried = self.tried(schema, item, &Path { parent: Some(path), step: &step })?;
            outcome.merge(tried);
        }
        Ok(())
    }

    fn contains(
        &mut self,
        schema: &'s Value,
        items: &[Value],
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        let mut best = None::<Outcome>;
        for (position, item) in items.iter().enumerate() {
            let step = position.to_string();
            let tried = self.tried(schema, item, &Path { parent: Some(path), step: &step })?;
            if tried.is_valid() {
                return Ok(());
            }
            if best.as_ref().is_none_or(|best| tried.score > best.score) {
                best = Some(tried);
            }
        }
        outcome.add("contains", path, "At least one of the items must match");
        if let Some(best) = best {
            outcome.merge(best);
        }
        Ok(())
    }
}
