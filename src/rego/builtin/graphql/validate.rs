//! Whether a query fits a schema: one walk over the query, and what each part must be.
//!
//! Source: the GraphQL specification, October 2021, section 5; OPA 1.20 for the rules that it applies and their words.

mod fragment;
mod overlap;
mod value;

use std::collections::BTreeSet;

use super::schema::Schema;
use super::syntax::{
    Argument, Definition, Directive, Field, FieldDefinition, Fragment, Inline, Operation, Place,
    QueryDocument, Selection, Spread, Type, Variable,
};
use super::{Fault, Stop};
use crate::rego::budget::Budget;
use overlap::Overlap;
use value::Expected;

pub(super) type Valid = Result<(), Stop>;

fn fault<T>(at: Place, message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Fault(Fault::new(at, message)))
}

/// Looks at a query.
///
/// # Errors
/// The first thing that does not fit.
pub(super) fn validate(schema: &Schema, document: &QueryDocument, budget: &mut Budget) -> Valid {
    fragment::no_cycles(document)?;
    let mut walk = Walk {
        schema,
        document,
        budget,
        operation: None,
        used_variables: BTreeSet::new(),
        walked: BTreeSet::new(),
        spread: BTreeSet::new(),
    };
    walk.document()
}

struct Walk<'d, 'b> {
    schema: &'d Schema,
    document: &'d QueryDocument,
    budget: &'b mut Budget,
    operation: Option<&'d Operation>,
    used_variables: BTreeSet<&'d str>,
    /// The fragments that have been walked in this operation.
    walked: BTreeSet<&'d str>,
    /// The fragments that operations spread.
    spread: BTreeSet<&'d str>,
}

impl<'d> Walk<'d, '_> {
    fn document(&mut self) -> Valid {
        let document = self.document;
        let mut names = BTreeSet::new();
        for operation in &document.operations {
            self.operation(operation)?;
            if operation.name.is_empty() && document.operations.len() > 1 {
                return fault(
                    operation.at,
                    "This anonymous operation must be the only defined operation",
                );
            }
            if !names.insert(&operation.name) {
                let message = format!("There can be only one operation named {:?}", operation.name);
                return fault(operation.at, message);
            }
        }
        let spread = self.spread.clone();
        let mut names = BTreeSet::new();
        for fragment in &document.fragments {
            self.fragment(fragment)?;
            let name = &fragment.name;
            if !spread.contains(name.as_str()) {
                return fault(fragment.at, format!("Fragment {name:?} is never used"));
            }
            if !names.insert(name) {
                return fault(
                    fragment.at,
                    format!("There can be only one fragment named {name:?}"),
                );
            }
        }
        Ok(())
    }

    fn operation(&mut self, operation: &'d Operation) -> Valid {
        self.walked.clear();
        self.used_variables.clear();
        self.operation = Some(operation);
        self.variables(operation)?;
        let kind = if operation.operation.is_empty() { "query" } else { &operation.operation };
        let root = self.schema.root(kind);
        self.directives(&operation.directives, &kind.to_uppercase())?;
        self.selections(root, &operation.selection_set)?;
        if root.is_none() {
            let message = format!("Schema does not support operation type {kind:?}");
            return fault(operation.at, message);
        }
        if kind == "subscription" {
            fragment::one_top_field(self.document, operation)?;
        }
        self.overlap(root, &operation.selection_set)?;
        self.every_variable_is_used(operation)?;
        self.operation = None;
        Ok(())
    }

    fn variables(&mut self, operation: &'d Operation) -> Valid {
        let mut names = BTreeSet::new();
        for variable in &operation.variable_definitions {
            let Variable { variable: name, kind, at, .. } = variable;
            let Some(found) = self.schema.named(kind.name()) else {
                return fault(*at, format!("Unknown type {:?}", kind.name()));
            };
            if !found.is_input() {
                let shown = kind.shown();
                return fault(
                    *at,
                    format!("Variable \"${name}\" cannot be non-input type {shown:?}"),
                );
            }
            if !names.insert(name) {
                return fault(*at, format!("There can be only one variable named \"${name}\""));
            }
            if let Some(default) = &variable.default_value {
                let expected =
                    Expected { kind: Some(kind), has_default: false, definition: Some(found) };
                self.value(expected, default)?;
            }
            self.directives(&variable.directives, "VARIABLE_DEFINITION")?;
        }
        Ok(())
    }

    fn every_variable_is_used(&self, operation: &Operation) -> Valid {
        let unused = operation
            .variable_definitions
            .iter()
            .find(|variable| !self.used_variables.contains(variable.variable.as_str()));
        let Some(unused) = unused else { return Ok(()) };
        let whose = if operation.name.is_empty() {
            String::new()
        } else {
            format!(" in operation {:?}", operation.name)
        };
        fault(unused.at, format!("Variable \"${}\" is never used{whose}", unused.variable))
    }

    fn fragment(&mut self, fragment: &'d Fragment) -> Valid {
        self.walked.clear();
        let condition = &fragment.type_condition;
        let Some(kind) = self.schema.named(condition) else {
            return fault(fragment.at, format!("Unknown type {condition:?}"));
        };
        if !kind.is_composite() {
            let name = &fragment.name;
            let message =
                format!("Fragment {name:?} cannot condition on non composite type {condition:?}");
            return fault(fragment.at, message);
        }
        self.directives(&fragment.directives, "FRAGMENT_DEFINITION")?;
        self.selections(Some(kind), &fragment.selection_set)?;
        self.overlap(Some(kind), &fragment.selection_set)
    }

    fn overlap(&mut self, parent: Option<&'d Definition>, set: &'d [Selection]) -> Valid {
        let mut overlap = Overlap::new(self.schema, self.document, self.budget);
        overlap.within(parent, set)
    }

    fn selections(&mut self, parent: Option<&'d Definition>, set: &'d [Selection]) -> Valid {
        for selection in set {
            self.budget.charge(1)?;
            match selection {
                Selection::Field(field) => self.field(parent, field)?,
                Selection::Inline(inline) => self.inline(parent, inline)?,
                Selection::Spread(spread) => self.spread(parent, spread)?,
            }
        }
        Ok(())
    }

    fn field(&mut self, parent: Option<&'d Definition>, field: &'d Field) -> Valid {
        let is_type_name = field.name == "__typename";
        let definition = parent.filter(|_| !is_type_name).and_then(|it| it.field(&field.name));
        if let (Some(parent), None, false) = (parent, definition, is_type_name) {
            let message = format!("Cannot query field {:?} on type {:?}", field.name, parent.name);
            return fault(field.at, message);
        }
        let kind_name = match definition {
            Some(definition) => definition.kind.name(),
            None if is_type_name => "String",
            None => "",
        };
        let kind = self.schema.named(kind_name);
        let known = definition.map_or(&[][..], |definition| &definition.arguments);
        if let Some(parent) = parent.filter(|_| definition.is_some() || is_type_name) {
            let whose = || format!("field \"{}.{}\"", parent.name, field.name);
            known_arguments(known, &field.arguments, &whose, field.at)?;
        }
        self.arguments(known, &field.arguments)?;
        required_arguments(known, &field.arguments, &format!("Field {:?}", field.name), field.at)?;
        self.directives(&field.directives, "FIELD")?;
        self.selections(kind, &field.selection_set)?;
        if let Some(kind) = kind {
            leaf(field, kind, definition.map(|definition| &definition.kind))?;
        }
        if matches!(field.name.as_str(), "__schema" | "__type")
            && fragment::is_too_deep(self.document, field)
        {
            return fault(field.at, "Maximum introspection depth exceeded");
        }
        if self.operation.is_some() {
            self.overlap(kind, &field.selection_set)?;
        }
        Ok(())
    }

    fn inline(&mut self, parent: Option<&'d Definition>, inline: &'d Inline) -> Valid {
        let condition = &inline.type_condition;
        let kind = if condition.is_empty() { parent } else { self.schema.named(condition) };
        if kind.is_none() && !condition.is_empty() {
            return fault(inline.at, format!("Unknown type {condition:?}"));
        }
        if let Some(kind) = kind.filter(|kind| !condition.is_empty() && !kind.is_composite()) {
            let name = &kind.name;
            let message = format!("Fragment cannot condition on non composite type {name:?}");
            return fault(inline.at, message);
        }
        if let (Some(parent), Some(kind), false) = (parent, kind, condition.is_empty())
            && !self.may_be(parent, kind)
        {
            let message = format!(
                "Fragment cannot be spread here as objects of type {:?} can never be of type {condition:?}",
                parent.name
            );
            return fault(inline.at, message);
        }
        self.directives(&inline.directives, "INLINE_FRAGMENT")?;
        self.selections(kind, &inline.selection_set)?;
        self.overlap(kind, &inline.selection_set)
    }

    fn spread(&mut self, parent: Option<&'d Definition>, spread: &'d Spread) -> Valid {
        let Some(fragment) = fragment::named(self.document, &spread.name) else {
            return fault(spread.at, format!("Unknown fragment {:?}", spread.name));
        };
        if self.operation.is_some() {
            self.spread.insert(&spread.name);
        }
        let kind = self.schema.named(&fragment.type_condition);
        self.directives(&spread.directives, "FRAGMENT_SPREAD")?;
        if let (Some(parent), Some(kind)) = (parent, kind)
            && kind.is_composite()
            && !self.may_be(parent, kind)
        {
            let message = format!(
                "Fragment {:?} cannot be spread here as objects of type {:?} can never be of type {:?}",
                spread.name, parent.name, kind.name
            );
            return fault(spread.at, message);
        }
        if self.walked.insert(&fragment.name) {
            self.directives(&fragment.directives, "FRAGMENT_DEFINITION")?;
            self.selections(kind, &fragment.selection_set)?;
        }
        Ok(())
    }

    /// Whether an object of the one type may be of the other.
    fn may_be(&self, parent: &Definition, kind: &Definition) -> bool {
        let own = [parent.name.clone()];
        let parents = match parent.kind.as_str() {
            "OBJECT" => own.as_slice(),
            "INTERFACE" | "UNION" => self.schema.possible(parent),
            _ => return true,
        };
        self.schema.possible(kind).iter().any(|kind| parents.contains(kind))
    }

    fn directives(&mut self, directives: &'d [Directive], location: &str) -> Valid {
        let mut seen = BTreeSet::new();
        for directive in directives {
            let Directive { name, at, .. } = directive;
            let Some(definition) = self.schema.directive(directive) else {
                return fault(*at, format!("Unknown directive \"@{name}\""));
            };
            if !definition.locations.iter().any(|known| known == location) {
                return fault(*at, format!("Directive \"@{name}\" may not be used on {location}"));
            }
            let whose = || format!("directive \"@{name}\"");
            known_arguments(&definition.arguments, &directive.arguments, &whose, *at)?;
            self.arguments(&definition.arguments, &directive.arguments)?;
            let whose = format!("Directive \"@{name}\"");
            required_arguments(&definition.arguments, &directive.arguments, &whose, *at)?;
            if !seen.insert(name) && !definition.is_repeatable {
                let message =
                    format!("The directive \"@{name}\" can only be used once at this location");
                return fault(*at, message);
            }
        }
        Ok(())
    }

    fn arguments(&mut self, known: &'d [FieldDefinition], given: &'d [Argument]) -> Valid {
        let mut names = BTreeSet::new();
        for argument in given {
            if !names.insert(&argument.name) {
                let message = format!("There can be only one argument named {:?}", argument.name);
                return fault(argument.at, message);
            }
            let definition = known.iter().find(|known| known.name == argument.name);
            self.value(Expected::of(self.schema, definition), &argument.value)?;
        }
        Ok(())
    }
}

fn known_arguments(
    known: &[FieldDefinition],
    given: &[Argument],
    whose: &dyn Fn() -> String,
    at: Place,
) -> Valid {
    let unknown = given.iter().find(|given| !known.iter().any(|it| it.name == given.name));
    match unknown {
        Some(unknown) => fault(at, format!("Unknown argument {:?} on {}", unknown.name, whose())),
        None => Ok(()),
    }
}

fn required_arguments(
    known: &[FieldDefinition],
    given: &[Argument],
    whose: &str,
    at: Place,
) -> Valid {
    let is_missing = |known: &&FieldDefinition| {
        known.kind.non_null
            && known.default_value.is_none()
            && !given.iter().any(|given| given.name == known.name)
    };
    match known.iter().find(is_missing) {
        Some(missing) => fault(
            at,
            format!(
                "{whose} argument {:?} of type {:?} is required, but it was not provided",
                missing.name,
                missing.kind.shown()
            ),
        ),
        None => Ok(()),
    }
}

/// A scalar has no fields to select, and everything else must have some selected.
fn leaf(field: &Field, kind: &Definition, declared: Option<&Type>) -> Valid {
    let name = &field.name;
    match (kind.is_leaf(), field.selection_set.is_empty()) {
        (true, false) => {
            let kind = &kind.name;
            fault(
                field.at,
                format!(
                    "Field {name:?} must not have a selection since type {kind:?} has no subfields"
                ),
            )
        }
        (false, true) => {
            let kind = declared.map(Type::shown).unwrap_or_default();
            fault(
                field.at,
                format!(
                    "Field {name:?} of type {kind:?} must have a selection of subfields. Did you mean \"{name} {{ ... }}\"?"
                ),
            )
        }
        (true, true) | (false, false) => Ok(()),
    }
}
