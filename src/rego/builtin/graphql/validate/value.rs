//! Values: of the type that is wanted where they stand.

use std::collections::BTreeSet;

use super::{Valid, Walk, fault};
use crate::rego::builtin::graphql::schema::Schema;
use crate::rego::builtin::graphql::syntax::{
    Definition, FieldDefinition, Kind, Literal, Type, Variable,
};

/// What is wanted at a place; nothing where that is not known.
#[derive(Clone, Copy, Default)]
pub(super) struct Expected<'d> {
    pub(super) kind: Option<&'d Type>,
    pub(super) has_default: bool,
    pub(super) definition: Option<&'d Definition>,
}

impl<'d> Expected<'d> {
    pub(super) fn of(schema: &'d Schema, field: Option<&'d FieldDefinition>) -> Self {
        let Some(field) = field else { return Self::default() };
        let default = field.default_value.as_ref();
        Self {
            kind: Some(&field.kind),
            has_default: default.is_some_and(|default| default.kind != Kind::Null),
            definition: schema.named(field.kind.name()),
        }
    }
}

impl<'d> Walk<'d, '_> {
    pub(super) fn value(&mut self, expected: Expected<'d>, value: &'d Literal) -> Valid {
        self.budget.charge(1)?;
        match value.kind {
            Kind::Variable => self.variable(expected, value)?,
            Kind::Object => self.children(expected, value)?,
            Kind::List => {
                let inner = expected.kind.and_then(|kind| kind.elem.as_deref());
                let expected = match inner {
                    Some(inner) => Expected { kind: Some(inner), has_default: false, ..expected },
                    None => Expected::default(),
                };
                for child in &value.children {
                    self.value(expected, &child.value)?;
                }
            }
            Kind::Int
            | Kind::Float
            | Kind::String
            | Kind::Block
            | Kind::Boolean
            | Kind::Null
            | Kind::Enum => {}
        }
        let (Some(definition), Some(kind)) = (expected.definition, expected.kind) else {
            return Ok(());
        };
        self.fits(value, definition, kind)
    }

    fn variable(&mut self, expected: Expected<'d>, value: &'d Literal) -> Valid {
        let Some(operation) = self.operation else { return Ok(()) };
        let definition =
            operation.variable_definitions.iter().find(|known| known.variable == value.raw);
        let Some(definition) = definition else {
            let by = if operation.name.is_empty() {
                String::new()
            } else {
                format!(" by operation {:?}", operation.name)
            };
            return fault(value.at, format!("Variable \"${}\" is not defined{by}", value.raw));
        };
        self.used_variables.insert(&definition.variable);
        let Some(wanted) = expected.kind else { return Ok(()) };
        let default = definition.default_value.as_ref();
        let is_optional =
            expected.has_default || default.is_some_and(|default| default.kind != Kind::Null);
        let relaxed = Type { non_null: wanted.non_null && !is_optional, ..wanted.clone() };
        if definition.kind.fits(&relaxed) {
            return Ok(());
        }
        let message = format!(
            "Variable \"${}\" of type {:?} used in position expecting type {:?}",
            value.raw,
            definition.kind.shown(),
            wanted.shown()
        );
        fault(value.at, message)
    }

    fn children(&mut self, expected: Expected<'d>, value: &'d Literal) -> Valid {
        let mut names = BTreeSet::new();
        for child in &value.children {
            if !names.insert(&child.name) {
                let message = format!("There can be only one input field named {:?}", child.name);
                return fault(child.at, message);
            }
            let field = expected.definition.and_then(|definition| definition.field(&child.name));
            self.value(Expected::of(self.schema, field), &child.value)?;
        }
        Ok(())
    }

    fn fits(&self, value: &Literal, definition: &Definition, kind: &Type) -> Valid {
        if value.kind == Kind::Null && kind.non_null {
            let message =
                format!("Expected value of type {:?}, found {}", kind.shown(), value.shown());
            return fault(value.at, message);
        }
        let is_one_of = |names: &[&str]| names.contains(&definition.name.as_str());
        let is_own_scalar = !is_one_of(&["Int", "Float", "String", "Boolean", "ID"]);
        if definition.kind == "SCALAR" && is_own_scalar {
            return Ok(());
        }
        let is_enum = definition.kind == "ENUM";
        let fits = match value.kind {
            Kind::Null | Kind::Variable => true,
            Kind::List => kind.elem.is_some(),
            Kind::Int => value.raw.parse::<i64>().is_ok() && is_one_of(&["Int", "Float", "ID"]),
            Kind::Float => is_one_of(&["Float"]),
            Kind::String | Kind::Block => !is_enum && is_one_of(&["String", "ID"]),
            Kind::Boolean => is_one_of(&["Boolean"]),
            Kind::Enum if !is_enum => false,
            Kind::Enum => {
                if definition.enum_values.iter().any(|known| known.name == value.raw) {
                    return Ok(());
                }
                let (shown, kind) = (value.shown(), kind.shown());
                let message = format!("Value {shown:?} does not exist in {kind:?} enum");
                return fault(value.at, message);
            }
            Kind::Object => return self.object(value, definition),
        };
        if fits { Ok(()) } else { misfit(value, definition, kind) }
    }

    fn object(&self, value: &Literal, definition: &Definition) -> Valid {
        let given = |name: &str| value.children.iter().find(|child| child.name == name);
        let name = &definition.name;
        let missing = definition.fields.iter().find(|field| {
            field.kind.non_null && field.default_value.is_none() && given(&field.name).is_none()
        });
        if let Some(missing) = missing {
            let (field, kind) = (&missing.name, missing.kind.shown());
            let message =
                format!("Field \"{name}.{field}\" of required type {kind:?} was not provided");
            return fault(value.at, message);
        }
        if definition.directives.iter().any(|directive| directive.name == "oneOf") {
            self.one_of(value, name)?;
        }
        let unknown = value.children.iter().find(|child| definition.field(&child.name).is_none());
        if let Some(unknown) = unknown {
            let message = format!("Field {:?} is not defined by type {name:?}", unknown.name);
            return fault(unknown.at, message);
        }
        Ok(())
    }

    fn one_of(&self, value: &Literal, name: &str) -> Valid {
        let [child] = value.children.as_slice() else {
            let message = format!("OneOf Input Object {name:?} must specify exactly one key");
            return fault(value.at, message);
        };
        if child.value.kind == Kind::Null {
            let message = format!("Field \"{name}.{}\" must be non-null", child.name);
            return fault(child.value.at, message);
        }
        let is_nullable =
            |known: &&Variable| known.variable == child.value.raw && !known.kind.non_null;
        let variables = self.operation.iter().flat_map(|it| &it.variable_definitions);
        let nullable = variables.filter(|_| child.value.kind == Kind::Variable).find(is_nullable);
        match nullable {
            Some(variable) => fault(
                variable.at,
                format!(
                    "Variable \"${}\" is of type {:?} but must be non-nullable to be used for OneOf Input Object {name:?}",
                    variable.variable,
                    variable.kind.shown()
                ),
            ),
            None => Ok(()),
        }
    }
}

fn misfit(value: &Literal, definition: &Definition, kind: &Type) -> Valid {
    let (wanted, shown) = (kind.shown(), value.shown());
    let message = match wanted.trim_end_matches('!') {
        "Int" => format!("Int cannot represent non-integer value: {shown}"),
        "String" | "[String]" => format!("String cannot represent a non string value: {shown}"),
        "Boolean" => format!("Boolean cannot represent a non boolean value: {shown}"),
        "Float" => format!("Float cannot represent non numeric value: {shown}"),
        "ID" => format!("ID cannot represent a non-string and non-integer value: {shown}"),
        _ if definition.kind == "ENUM" => {
            format!("Enum {wanted:?} cannot represent non-enum value: {shown}")
        }
        _ => format!("Expected value of type {wanted:?}, found {shown}"),
    };
    fault(value.at, message)
}
