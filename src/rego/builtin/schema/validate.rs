//! A document against a schema that was checked before.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_bigint::BigInt;

use crate::domain::value::{Number, Object, Value};

use super::super::number::{Decimal, exact_integer, ten_to};
use super::super::operand::failed;
use super::super::regex::Pattern;
use super::super::signature::{BuiltinError, CallContext};
use super::fault::{Fault, Outcome, Path, bound_text, canonical, type_of};
use super::{Draft, form, reference};

/// Schemas that one value passes: a schema may refer to itself for ever.
const MAX_DEPTH: usize = 150;

/// Everything that is wrong with a document.
pub(super) fn faults(
    schema: &Value,
    draft: Draft,
    document: &Value,
    context: &mut CallContext<'_>,
) -> Result<Vec<Fault>, BuiltinError> {
    let mut validator = Validator { root: schema, draft, context, depth: 0 };
    let mut outcome = Outcome::default();
    validator.value(schema, document, &mut outcome, &Path::ROOT)?;
    Ok(outcome.faults)
}

struct Validator<'s, 'a, 'c> {
    root: &'s Value,
    draft: Draft,
    context: &'a mut CallContext<'c>,
    depth: usize,
}

type Done = Result<(), BuiltinError>;

impl<'s> Validator<'s, '_, '_> {
    fn tried(
        &mut self,
        schema: &'s Value,
        value: &Value,
        path: &Path<'_>,
    ) -> Result<Outcome, BuiltinError> {
        let mut outcome = Outcome::default();
        self.value(schema, value, &mut outcome, path)?;
        Ok(outcome)
    }

    fn value(
        &mut self,
        schema: &'s Value,
        value: &Value,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        self.context.budget.charge(4)?;
        if self.depth > MAX_DEPTH {
            return Err(failed("the schema refers to itself too often"));
        }
        self.depth += 1;
        match schema {
            Value::Bool(false) => outcome.add("false", path, "False always fails validation"),
            Value::Object(object) => self.object_schema(object, value, outcome, path)?,
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }

    fn object_schema(
        &mut self,
        schema: &'s Object,
        value: &Value,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference::resolve(self.root, reference).map_err(failed)?;
            return self.value(target, value, outcome, path);
        }
        if let Some(expected) = wrong_type(schema, value) {
            let given = type_of(value);
            outcome.add(
                "invalid_type",
                path,
                format!("Invalid type. Expected: {expected}, given: {given}"),
            );
            return Ok(());
        }
        self.combinations(schema, value, outcome, path)?;
        match value {
            Value::Object(object) => self.object(schema, object, outcome, path)?,
            Value::Array(items) => self.array(schema, items, outcome, path)?,
            Value::Number(number) => numbers(schema, number, outcome, path),
            _ => {}
        }
        self.any(schema, value, outcome, path);
        if let Value::String(text) = value {
            self.string(schema, text, outcome, path)?;
        }
        if let (Value::Object(object), Some(Value::Object(properties))) =
            (value, schema.get("properties"))
        {
            for (key, inner) in properties.entries() {
                if let Some(item) = object.get(key) {
                    self.value(inner, item, outcome, &Path { parent: Some(path), step: key })?;
                }
            }
        }
        outcome.score += 1;
        Ok(())
    }

    fn combinations(
        &mut self,
        schema: &'s Object,
        value: &Value,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        for (key, kind, text) in [
            ("anyOf", "number_any_of", "Must validate at least one schema (anyOf)"),
            ("oneOf", "number_one_of", "Must validate one and only one schema (oneOf)"),
        ] {
            let alternatives = list(schema, key);
            let (mut n_valid, mut best) = (0, None::<Outcome>);
            for alternative in alternatives {
                if key == "anyOf" && n_valid > 0 {
                    break;
                }
                let tried = self.tried(alternative, value, path)?;
                if tried.is_valid() {
                    n_valid += 1;
                } else if n_valid == 0 && best.as_ref().is_none_or(|best| tried.score > best.score)
                {
                    best = Some(tried);
                }
            }
            if !alternatives.is_empty() && n_valid != 1 {
                outcome.add(kind, path, text);
                if let Some(best) = best.filter(|_| n_valid == 0) {
                    outcome.merge(best);
                }
            }
        }
        let all = list(schema, "allOf");
        let mut all_valid = true;
        for part in all {
            let tried = self.tried(part, value, path)?;
            all_valid &= tried.is_valid();
            outcome.merge(tried);
        }
        if !all_valid {
            outcome.add("number_all_of", path, "Must validate all the schemas (allOf)");
        }
        if let Some(not) = schema.get("not")
            && self.tried(not, value, path)?.is_valid()
        {
            outcome.add("number_not", path, "Must not validate the schema (not)");
        }
        self.dependencies(schema, value, outcome, path)?;
        self.condition(schema, value, outcome, path)?;
        outcome.score += 1;
        Ok(())
    }

    fn dependencies(
        &mut self,
        schema: &'s Object,
        value: &Value,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        let (Some(Value::Object(dependencies)), Value::Object(object)) =
            (schema.get("dependencies"), value)
        else {
            return Ok(());
        };
        for (_, dependency) in
            dependencies.entries().iter().filter(|(key, _)| object.get(key).is_some())
        {
            if let Value::Array(names) = dependency {
                for name in
                    names.iter().filter_map(Value::as_str).filter(|name| object.get(name).is_none())
                {
                    outcome.add("missing_dependency", path, format!("Has a dependency on {name}"));
                }
            } else {
                self.value(dependency, value, outcome, path)?;
            }
        }
        Ok(())
    }

    fn condition(
        &mut self,
        schema: &'s Object,
        value: &Value,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        let Some(condition) = schema.get("if").filter(|_| self.draft >= Draft::Seven) else {
            return Ok(());
        };
        let holds = self.tried(condition, value, path)?.is_valid();
        let (key, kind, text) = if holds {
            ("then", "condition_then", "Must validate \"then\" as \"if\" was valid")
        } else {
            ("else", "condition_else", "Must validate \"else\" as \"if\" was not valid")
        };
        let Some(branch) = schema.get(key) else { return Ok(()) };
        let tried = self.tried(branch, value, path)?;
        if !tried.is_valid() {
            outcome.add(kind, path, text);
            outcome.merge(tried);
        }
        Ok(())
    }

    fn any(&mut self, schema: &Object, value: &Value, outcome: &mut Outcome, path: &Path<'_>) {
        if let Some(constant) =
            schema.get("const").filter(|_| self.draft >= Draft::Six).map(canonical)
            && canonical(value) != constant
        {
            let field = path_text(path);
            outcome.add("const", path, format!("{field} does not match: {constant}"));
        }
        if schema.get("enum").is_some() {
            let allowed: Vec<String> = list(schema, "enum").iter().map(canonical).collect();
            if !allowed.contains(&canonical(value)) {
                let (field, allowed) = (path_text(path), allowed.join(", "));
                outcome.add(
                    "enum",
                    path,
                    format!("{field} must be one of the following: {allowed}"),
                );
            }
        }
        if let (Some(form), Value::String(text)) =
            (schema.get("format").and_then(Value::as_str), value)
            && !form::fits(form, text)
        {
            outcome.add("format", path, format!("Does not match format '{form}'"));
        }
        outcome.score += 1;
    }

    fn array(
        &mut self,
        schema: &'s Object,
        items: &[Value],
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        match schema.get("items") {
            Some(Value::Array(schemas)) => {
                self.items(
                    schemas.iter().zip(items).map(|(schema, item)| (schema, item)),
                    0,
                    outcome,
                    path,
                )?;
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
                self.items(items.iter().map(|item| (single, item)), 0, outcome, path)?
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
        best.into_iter().for_each(|best| outcome.merge(best));
        Ok(())
    }

    fn object(
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

    fn matches(&mut self, pattern: &str, text: &str) -> Result<bool, BuiltinError> {
        self.context.budget.charge(1 + u64::try_from(text.len() / 32).unwrap_or(u64::MAX))?;
        let make = |pattern: &String| Pattern::from_go(pattern).map(Arc::new);
        Ok(self.context.cache.patterns.or_make(pattern.to_owned(), make)?.matches(text))
    }

    fn string(
        &mut self,
        schema: &Object,
        text: &str,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        let n_chars = text.chars().count();
        if let Some(min) = bound(schema, "minLength", |min| n_chars < min) {
            outcome.add(
                "string_gte",
                path,
                format!("String length must be greater than or equal to {min}"),
            );
        }
        if let Some(max) = bound(schema, "maxLength", |max| n_chars > max) {
            outcome.add(
                "string_lte",
                path,
                format!("String length must be less than or equal to {max}"),
            );
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && !self.matches(pattern, text)?
        {
            outcome.add("pattern", path, format!("Does not match pattern '{pattern}'"));
        }
        outcome.score += 1;
        Ok(())
    }
}

fn path_text(path: &Path<'_>) -> String {
    let mut outcome = Outcome::default();
    outcome.add("", path, "");
    outcome.faults.pop().map(|fault| fault.field).unwrap_or_default()
}

fn list<'s>(schema: &'s Object, key: &str) -> &'s [Value] {
    schema.get(key).and_then(Value::as_array).unwrap_or_default()
}

/// The expected types, if the value has none of them.
fn wrong_type(schema: &Object, value: &Value) -> Option<String> {
    let names: Vec<&str> = match schema.get("type")? {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let given = type_of(value);
    let fits = names.contains(&given) || (given == "integer" && names.contains(&"number"));
    if fits || names.is_empty() {
        return None;
    }
    match names.as_slice() {
        [one] => Some((*one).to_owned()),
        many => Some(format!("[{}]", many.join(","))),
    }
}

/// A bound that is broken.
fn bound(schema: &Object, key: &str, is_broken: impl Fn(usize) -> bool) -> Option<i64> {
    let bound = schema.get(key)?.as_i64()?;
    is_broken(usize::try_from(bound).unwrap_or(usize::MAX)).then_some(bound)
}

fn numbers(schema: &Object, number: &Number, outcome: &mut Outcome, path: &Path<'_>) {
    let limit = |key: &str| match schema.get(key) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    let is_exclusive = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
    if let Some(multiple) = limit("multipleOf").filter(|multiple| !is_multiple(number, multiple)) {
        outcome.add("multiple_of", path, format!("Must be a multiple of {}", bound_text(multiple)));
    }
    let (max, min) = (limit("maximum"), limit("minimum"));
    let (below, above) = (is_exclusive("exclusiveMaximum"), is_exclusive("exclusiveMinimum"));
    if let Some(max) = max.filter(|max| !below && number > max) {
        outcome.add(
            "number_lte",
            path,
            format!("Must be less than or equal to {}", bound_text(max)),
        );
    }
    let exclusive = if below { max } else { limit("exclusiveMaximum") };
    if let Some(max) = exclusive.filter(|max| number >= max) {
        outcome.add("number_lt", path, format!("Must be less than {}", bound_text(max)));
    }
    if let Some(min) = min.filter(|min| !above && number < min) {
        outcome.add(
            "number_gte",
            path,
            format!("Must be greater than or equal to {}", bound_text(min)),
        );
    }
    let exclusive = if above { min } else { limit("exclusiveMinimum") };
    if let Some(min) = exclusive.filter(|min| number <= min) {
        outcome.add("number_gt", path, format!("Must be greater than {}", bound_text(min)));
    }
    outcome.score += 1;
}

/// Whether one number is an integer times another, exactly.
fn is_multiple(number: &Number, of: &Number) -> bool {
    if let (Some(number), Some(of)) = (exact_integer(number), exact_integer(of)) {
        return remainder(&number, &of).is_some_and(|rest| rest == BigInt::from(0));
    }
    let decimals = [number, of].map(|number| Decimal::parse(&number.to_string()));
    let [Some(number), Some(of)] = decimals else { return true };
    let exponent = number.exponent.min(of.exponent);
    let scaled =
        |number: &Decimal| &number.digits * ten_to((number.exponent - exponent).unsigned_abs());
    remainder(&scaled(&number), &scaled(&of)).is_some_and(|rest| rest == BigInt::from(0))
}

/// Nothing when the divisor is zero.
fn remainder(number: &BigInt, divisor: &BigInt) -> Option<BigInt> {
    number.checked_div(divisor).map(|quotient| number - quotient * divisor)
}
