//! A document against a schema that was checked before.

mod array;
mod number;
mod object;

use std::sync::Arc;

use crate::domain::value::{Object, Value};

use super::super::operand::failed;
use super::super::regex::Pattern;
use super::super::signature::{BuiltinError, CallContext};
use super::fault::{Fault, Outcome, Path, canonical, type_of};
use super::reference::{Base, Library};
use super::{Draft, form};

/// Schemas that one value passes: a schema may refer to itself for ever.
const MAX_DEPTH: usize = 150;

/// Everything that is wrong with a document.
pub(super) fn faults(
    schema: &Value,
    draft: Draft,
    document: &Value,
    context: &mut CallContext<'_>,
) -> Result<Vec<Fault>, BuiltinError> {
    let library = Library::new(schema);
    let base = library.base();
    let mut validator = Validator { library: &library, base, draft, context, depth: 0 };
    let mut outcome = Outcome::default();
    validator.value(schema, document, &mut outcome, &Path::ROOT)?;
    Ok(outcome.faults)
}

struct Validator<'s, 'a, 'c> {
    library: &'a Library<'s>,
    base: Base<'s>,
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
            Value::Object(object) => match self.library.entered(schema, &self.base) {
                Some(base) => self.based_on(base, |validator| {
                    validator.object_schema(object, value, outcome, path)
                })?,
                None => self.object_schema(object, value, outcome, path)?,
            },
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }

    fn based_on(&mut self, base: Base<'s>, check: impl FnOnce(&mut Self) -> Done) -> Done {
        let outside = std::mem::replace(&mut self.base, base);
        let done = check(self);
        self.base = outside;
        done
    }

    fn object_schema(
        &mut self,
        schema: &'s Object,
        value: &Value,
        outcome: &mut Outcome,
        path: &Path<'_>,
    ) -> Done {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.library.resolve(reference, &self.base).map_err(failed)?;
            return self.based_on(target.base, |validator| {
                validator.value(target.schema, value, outcome, path)
            });
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
            Value::Number(number) => number::check(schema, number, outcome, path),
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

    fn matches(&mut self, pattern: &str, text: &str) -> Result<bool, BuiltinError> {
        self.context.budget.charge(1 + u64::try_from(text.len() / 32).unwrap_or(u64::MAX))?;
        let make = |pattern: &str| Pattern::from_go(pattern).map(Arc::new);
        Ok(self.context.cache.patterns.or_make(pattern, make)?.matches(text))
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
