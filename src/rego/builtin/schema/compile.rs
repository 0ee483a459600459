//! Whether a schema is one: every keyword has a value of its type.

use std::collections::BTreeSet;

use crate::domain::value::{Number, Object, Value};

use super::super::number::{exact_integer, written_integer};
use super::super::operand::failed;
use super::super::regex::Pattern;
use super::super::signature::{BuiltinError, CallContext};
use super::Draft;
use super::fault::canonical;
use super::reference::{Base, Library};

const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];
/// Schemas inside one another.
const MAX_DEPTH: usize = 100;

/// Checks a schema and everything in it that it refers to.
///
/// # Errors
/// The first fault in OPA's words.
pub(super) fn check(
    schema: &Value,
    draft: Draft,
    context: &mut CallContext<'_>,
) -> Result<(), BuiltinError> {
    let library = Library::new(schema);
    let base = library.base();
    let mut compiler =
        Compiler { library: &library, base, draft, context, seen: BTreeSet::new(), depth: 0 };
    compiler.schema(schema)
}

struct Compiler<'s, 'a, 'c> {
    library: &'a Library<'s>,
    base: Base<'s>,
    draft: Draft,
    context: &'a mut CallContext<'c>,
    /// References that were followed already.
    seen: BTreeSet<String>,
    depth: usize,
}

type Checked = Result<(), BuiltinError>;

fn invalid_type(expected: &str, given: &str) -> BuiltinError {
    failed(format!("Invalid type. Expected: {expected}, given: {given}"))
}

impl<'s> Compiler<'s, '_, '_> {
    fn schema(&mut self, schema: &'s Value) -> Checked {
        self.context.budget.charge(8)?;
        if self.depth > MAX_DEPTH {
            return Err(failed("the schema nests too deeply"));
        }
        let object = match schema {
            Value::Bool(_) if self.draft >= Draft::Six => return Ok(()),
            Value::Object(object) => object,
            _ => return Err(failed("Expected: Valid Schema, given: Invalid JSON")),
        };
        self.depth += 1;
        match self.library.entered(schema, &self.base) {
            Some(base) => self.based_on(base, |compiler| compiler.keywords(object))?,
            None => self.keywords(object)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn based_on(&mut self, base: Base<'s>, check: impl FnOnce(&mut Self) -> Checked) -> Checked {
        let outside = std::mem::replace(&mut self.base, base);
        let checked = check(self);
        self.base = outside;
        checked
    }

    fn keywords(&mut self, schema: &'s Object) -> Checked {
        for key in
            [if self.draft == Draft::Four { "id" } else { "$id" }, "title", "description", "$ref"]
        {
            if schema.get(key).is_some_and(|value| value.as_str().is_none()) {
                return Err(invalid_type("string", key));
            }
        }
        self.definitions(schema)?;
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.library.resolve(reference, &self.base).map_err(failed)?;
            if !self.seen.insert(target.url) {
                return Ok(());
            }
            return self.based_on(target.base, |compiler| compiler.schema(target.schema));
        }
        types(schema)?;
        self.applicators(schema)?;
        self.bounds(schema)?;
        lengths(schema)?;
        self.values(schema)?;
        self.combinations(schema)
    }

    fn definitions(&mut self, schema: &'s Object) -> Checked {
        let Some(definitions) = schema.get("definitions") else { return Ok(()) };
        let wrong = || invalid_type("Array Of Schemas", "definitions");
        for (_, definition) in definitions.as_object().ok_or_else(wrong)?.entries() {
            if !matches!(definition, Value::Bool(_) | Value::Object(_)) {
                return Err(wrong());
            }
            self.schema(definition)?;
        }
        Ok(())
    }

    fn applicators(&mut self, schema: &'s Object) -> Checked {
        if let Some(properties) = schema.get("properties") {
            let properties = properties.as_object();
            let properties =
                properties.ok_or_else(|| failed("Properties must be of type object"))?;
            properties.entries().iter().try_for_each(|(_, inner)| self.schema(inner))?;
        }
        self.boolean_or_schema(schema, "additionalProperties")?;
        if let Some(patterns) = schema.get("patternProperties") {
            let patterns = patterns
                .as_object()
                .ok_or_else(|| invalid_type("Valid Schema", "patternProperties"))?;
            for (pattern, inner) in patterns.entries() {
                if Pattern::from_go(pattern).is_err() {
                    return Err(failed(format!("Invalid regex pattern '{pattern}'")));
                }
                self.schema(inner)?;
            }
        }
        if let Some(names) = schema.get("propertyNames").filter(|_| self.draft >= Draft::Six) {
            if !matches!(names, Value::Bool(_) | Value::Object(_)) {
                return Err(invalid_type("Valid Schema", "patternProperties"));
            }
            self.schema(names)?;
        }
        self.dependencies(schema)?;
        let wrong = || invalid_type("Valid Schema/Array Of Schemas", "items");
        match schema.get("items") {
            None => {}
            Some(items @ (Value::Bool(_) | Value::Object(_))) => self.schema(items)?,
            Some(Value::Array(items)) => {
                for item in items.iter() {
                    if !matches!(item, Value::Bool(_) | Value::Object(_)) {
                        return Err(wrong());
                    }
                    self.schema(item)?;
                }
            }
            Some(_) => return Err(wrong()),
        }
        self.boolean_or_schema(schema, "additionalItems")
    }

    fn boolean_or_schema(&mut self, schema: &'s Object, key: &str) -> Checked {
        match schema.get(key) {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(inner @ Value::Object(_)) => self.schema(inner),
            Some(_) => Err(invalid_type("boolean/Valid Schema", key)),
        }
    }

    fn dependencies(&mut self, schema: &'s Object) -> Checked {
        let Some(dependencies) = schema.get("dependencies") else { return Ok(()) };
        let dependencies = dependencies.as_object();
        let dependencies =
            dependencies.ok_or_else(|| failed("dependencies must be of type object"))?;
        let wrong = || failed("Dependency must be of type Schema Or Array Of Strings");
        for (_, dependency) in dependencies.entries() {
            match dependency {
                Value::Array(names) if names.iter().all(|name| name.as_str().is_some()) => {}
                Value::Bool(_) | Value::Object(_) => self.schema(dependency)?,
                _ => return Err(wrong()),
            }
        }
        Ok(())
    }

    fn bounds(&mut self, schema: &Object) -> Checked {
        if let Some(multiple) = schema.get("multipleOf") {
            let Value::Number(multiple) = multiple else {
                return Err(invalid_type("Number", "multipleOf"));
            };
            if *multiple <= Number::Int(0) {
                return Err(failed("multipleOf must be strictly greater than 0"));
            }
        }
        for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")]
        {
            if schema.get(limit).is_some_and(|limit| !matches!(limit, Value::Number(_))) {
                return Err(failed(format!("{limit} must be of a Number")));
            }
            let Some(value) = schema.get(exclusive) else { continue };
            match (value, self.draft) {
                (Value::Bool(_), Draft::Four | Draft::Hybrid) if schema.get(limit).is_none() => {
                    return Err(failed(format!("{exclusive} cannot be used without {limit}")));
                }
                (Value::Number(_), Draft::Six | Draft::Seven | Draft::Hybrid)
                | (Value::Bool(_), Draft::Four | Draft::Hybrid) => {}
                (_, Draft::Four) => return Err(invalid_type("boolean", exclusive)),
                (_, Draft::Six | Draft::Seven) => return Err(invalid_type("number", exclusive)),
                (_, Draft::Hybrid) => return Err(invalid_type("boolean/number", exclusive)),
            }
        }
        Ok(())
    }
}

fn lengths(schema: &Object) -> Checked {
    let (min, max) = (size(schema, "minLength")?, size(schema, "maxLength")?);
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(failed("minLength cannot be greater than maxLength"));
    }
    match schema.get("pattern") {
        None => {}
        Some(Value::String(pattern)) if Pattern::from_go(pattern).is_ok() => {}
        Some(Value::String(_)) => return Err(failed("pattern must be a valid regex")),
        Some(_) => return Err(invalid_type("string", "pattern")),
    }
    if schema.get("format").is_some_and(|format| format.as_str().is_none()) {
        return Err(invalid_type("string", "format"));
    }
    let (min, max) = (size(schema, "minProperties")?, size(schema, "maxProperties")?);
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(failed("minProperties cannot be greater than maxProperties"));
    }
    Ok(())
}

impl<'s> Compiler<'s, '_, '_> {
    fn values(&mut self, schema: &'s Object) -> Checked {
        let mut names = BTreeSet::new();
        for name in list(schema, "required")? {
            let name = name.as_str().ok_or_else(|| invalid_type("string", "required"))?;
            if !names.insert(name) {
                return Err(failed("required items must be unique"));
            }
        }
        size(schema, "minItems")?;
        size(schema, "maxItems")?;
        if schema.get("uniqueItems").is_some_and(|flag| flag.as_bool().is_none()) {
            return Err(failed("uniqueItems must be of a boolean"));
        }
        if let Some(contains) = schema.get("contains").filter(|_| self.draft >= Draft::Six) {
            self.schema(contains)?;
        }
        let mut values = BTreeSet::new();
        for value in list(schema, "enum")? {
            if !values.insert(canonical(value)) {
                return Err(failed("enum items must be unique"));
            }
        }
        Ok(())
    }

    fn combinations(&mut self, schema: &'s Object) -> Checked {
        for key in ["oneOf", "anyOf", "allOf"] {
            list(schema, key)?.iter().try_for_each(|inner| self.schema(inner))?;
        }
        let conditions: &[&str] =
            if self.draft >= Draft::Seven { &["not", "if", "then", "else"] } else { &["not"] };
        for key in conditions {
            match schema.get(key) {
                None => {}
                Some(inner @ (Value::Bool(_) | Value::Object(_))) => self.schema(inner)?,
                Some(_) => return Err(failed(format!("{key} must be of an object"))),
            }
        }
        Ok(())
    }
}

fn types(schema: &Object) -> Checked {
    let wrong = || invalid_type("type", "string/Array Of Strings");
    let names: Vec<&Value> = match schema.get("type") {
        None => return Ok(()),
        Some(name @ Value::String(_)) => vec![name],
        Some(Value::Array(names)) => names.iter().collect(),
        Some(_) => return Err(wrong()),
    };
    let mut seen = BTreeSet::new();
    for name in names {
        let name = name.as_str().ok_or_else(wrong)?;
        if !TYPES.contains(&name) {
            let expected = TYPES.join(" ");
            let text = "has a primitive type that is NOT VALID -- given:";
            return Err(failed(format!("{text} /{name}/ Expected valid values are:[{expected}]")));
        }
        if !seen.insert(name) {
            return Err(failed(format!("{name} type is duplicated")));
        }
    }
    Ok(())
}

fn size(schema: &Object, key: &str) -> Result<Option<i64>, BuiltinError> {
    let Some(value) = schema.get(key) else { return Ok(None) };
    let wrong = || failed(format!("{key} must be of an integer"));
    let Value::Number(number) = value else { return Err(wrong()) };
    let size = exact_integer(number).and(written_integer(number)).ok_or_else(wrong)?;
    if size < 0 {
        return Err(failed(format!("{key} must be greater than or equal to 0")));
    }
    Ok(Some(size))
}

fn list<'s>(schema: &'s Object, key: &str) -> Result<&'s [Value], BuiltinError> {
    match schema.get(key) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(failed(format!("{key} must be of an array"))),
    }
}
