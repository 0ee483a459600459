//! Whether a schema makes sense. Source: as `schema`.

use std::collections::BTreeSet;

use super::Fault;
use super::schema::Schema;
use super::syntax::{
    Definition, Directive, DirectiveDefinition, FieldDefinition, Kind, Place, Type,
};

type Checked = Result<(), Fault>;

fn fault<T>(at: Place, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::new(at, message))
}

pub(super) struct Check<'s> {
    pub(super) schema: &'s Schema,
}

impl Check<'_> {
    pub(super) fn all(&self) -> Checked {
        self.schema.types.values().try_for_each(|definition| self.definition(definition))?;
        self.schema.directives.values().try_for_each(|directive| {
            name(directive.at, &directive.name)?;
            self.arguments(&directive.arguments, Some(directive))
        })
    }

    fn definition(&self, definition: &Definition) -> Checked {
        let location = if definition.kind == "INPUT_OBJECT" {
            "INPUT_FIELD_DEFINITION"
        } else {
            "FIELD_DEFINITION"
        };
        for field in &definition.fields {
            name(field.at, &field.name)?;
            self.known(&field.kind)?;
            self.arguments(&field.arguments, None)?;
            self.directives(&field.directives, location, None, true)?;
        }
        for member in &definition.types {
            let Some(found) = self.schema.named(member) else {
                return fault(definition.at, format!("Undefined type {member:?}"));
            };
            if found.kind != "OBJECT" {
                let message = format!("{} type {member:?} must be OBJECT", definition.kind);
                return fault(definition.at, message);
            }
        }
        for interface in &definition.interfaces {
            self.implements(definition, interface)?;
        }
        self.content(definition)?;
        once(definition)?;
        if !definition.built_in {
            name(definition.at, &definition.name)?;
        }
        self.directives(&definition.directives, &definition.kind, None, false)
    }

    /// What a type of its kind must have.
    fn content(&self, definition: &Definition) -> Checked {
        let Definition { kind, name, at, .. } = definition;
        match kind.as_str() {
            "OBJECT" | "INTERFACE" => {
                if definition.fields.is_empty() {
                    return fault(*at, format!("{kind} {name}: must define one or more fields"));
                }
                self.fields_are(definition, |field| field.kind != "INPUT_OBJECT", || {
                    format!("{kind} {name}: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM")
                })
            }
            "INPUT_OBJECT" => {
                if definition.fields.is_empty() {
                    let message = format!("{kind} {name}: must define one or more input fields");
                    return fault(*at, message);
                }
                self.fields_are(definition, Definition::is_input, || {
                    format!("{kind} {name}: field must be one of SCALAR, ENUM, INPUT_OBJECT")
                })
            }
            "ENUM" => {
                if definition.enum_values.is_empty() {
                    let message =
                        format!("{kind} {name}: must define one or more unique enum values");
                    return fault(*at, message);
                }
                for value in &definition.enum_values {
                    if matches!(value.name.as_str(), "true" | "false" | "null") {
                        return fault(*at, format!("{kind} {name}: non-enum value {}", value.name));
                    }
                    self.directives(&value.directives, "ENUM_VALUE", None, true)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fields_are(
        &self,
        definition: &Definition,
        fits: impl Fn(&Definition) -> bool,
        message: impl Fn() -> String,
    ) -> Checked {
        let misfit = definition
            .fields
            .iter()
            .find(|field| self.schema.named(field.kind.name()).is_some_and(|found| !fits(found)));
        misfit.map_or(Ok(()), |field| fault(field.at, message()))
    }

    fn known(&self, kind: &Type) -> Result<&Definition, Fault> {
        let found = self.schema.named(kind.name());
        found.ok_or_else(|| Fault::new(kind.at, format!("Undefined type {}", kind.name())))
    }

    fn arguments(
        &self,
        arguments: &[FieldDefinition],
        of: Option<&DirectiveDefinition>,
    ) -> Checked {
        for argument in arguments {
            name(argument.at, &argument.name)?;
            let found = self.known(&argument.kind)?;
            if !found.is_input() {
                let message = format!(
                    "cannot use {} as argument {} because {} is not a valid input type",
                    argument.kind.shown(),
                    argument.name,
                    found.kind
                );
                return fault(argument.at, message);
            }
            self.directives(&argument.directives, "ARGUMENT_DEFINITION", of, true)?;
        }
        Ok(())
    }

    /// Directives at a location; `of` is the directive in whose definition they stand. Those of a type and of its
    /// additions are not at one location.
    pub(super) fn directives(
        &self,
        directives: &[Directive],
        location: &str,
        of: Option<&DirectiveDefinition>,
        is_one_location: bool,
    ) -> Checked {
        let mut seen = BTreeSet::new();
        for directive in directives {
            let Directive { name: called, at, .. } = directive;
            name(*at, called)?;
            if of.is_some_and(|of| of.name == *called) {
                return fault(*at, format!("Directive {called} cannot refer to itself"));
            }
            let Some(definition) = self.schema.directive(directive) else {
                return fault(*at, format!("Undefined directive {called}"));
            };
            if is_one_location && !seen.insert(called) && !definition.is_repeatable {
                let message =
                    format!("The directive {called} can only be used once at this location");
                return fault(*at, message);
            }
            if !definition.locations.iter().any(|known| known == location) {
                return fault(*at, format!("Directive {called} is not applicable on {location}"));
            }
            directive_arguments(directive, definition)?;
        }
        Ok(())
    }

    fn implements(&self, definition: &Definition, interface: &str) -> Checked {
        let (at, called) = (definition.at, &definition.name);
        let Some(found) = self.schema.named(interface) else {
            return fault(at, format!("Undefined type {interface:?}"));
        };
        if found.kind != "INTERFACE" {
            return fault(at, format!("{interface:?} is a non interface type {}", found.kind));
        }
        for wanted in &found.fields {
            self.implements_field(definition, interface, wanted)?;
        }
        for further in &found.interfaces {
            if definition.interfaces.contains(further) {
                continue;
            }
            return fault(
                at,
                if further == called {
                    format!(
                        "Type {called} cannot implement {interface} because it would create a circular reference"
                    )
                } else {
                    format!(
                        "Type {called} must implement {further} because it is implemented by {interface}"
                    )
                },
            );
        }
        Ok(())
    }

    fn implements_field(
        &self,
        definition: &Definition,
        interface: &str,
        wanted: &FieldDefinition,
    ) -> Checked {
        let begin = format!("For {} to implement {interface}", definition.name);
        let field = &wanted.name;
        let Some(found) = definition.field(field) else {
            return fault(definition.at, format!("{begin} it must have a field called {field}"));
        };
        if !self.is_covariant(&wanted.kind, &found.kind) {
            let kind = wanted.kind.shown();
            return fault(found.at, format!("{begin} the field {field} must have type {kind}"));
        }
        for argument in &wanted.arguments {
            let same = found.arguments.iter().find(|other| other.name == argument.name);
            let what = match same {
                None => format!("it is missing {}", argument.name),
                Some(same) if argument.kind.fits(&same.kind) => continue,
                Some(_) => format!("{} has the wrong type", argument.name),
            };
            let message =
                format!("{begin} the field {field} must have the same arguments but {what}");
            return fault(same.unwrap_or(found).at, message);
        }
        let is_extra = |argument: &&FieldDefinition| {
            !wanted.arguments.iter().any(|other| other.name == argument.name)
                && argument.kind.non_null
                && argument.default_value.is_none()
        };
        match found.arguments.iter().find(is_extra) {
            Some(extra) => fault(
                extra.at,
                format!(
                    "{begin} any additional arguments on {field} must be optional or have a default value but {} is required",
                    extra.name
                ),
            ),
            None => Ok(()),
        }
    }

    fn is_covariant(&self, wanted: &Type, found: &Type) -> bool {
        if wanted.non_null && !found.non_null {
            return false;
        }
        if !wanted.named_type.is_empty() {
            let is_possible =
                |wanted: &Definition| self.schema.possible(wanted).contains(&found.named_type);
            return wanted.named_type == found.named_type
                || self.schema.named(&wanted.named_type).is_some_and(is_possible);
        }
        match (&wanted.elem, &found.elem) {
            (Some(wanted), Some(found)) => self.is_covariant(wanted, found),
            (None, _) | (_, None) => false,
        }
    }
}

fn directive_arguments(directive: &Directive, definition: &DirectiveDefinition) -> Checked {
    for argument in &directive.arguments {
        if !definition.arguments.iter().any(|known| known.name == argument.name) {
            let message =
                format!("Undefined argument {} for directive {}", argument.name, directive.name);
            return fault(argument.at, message);
        }
    }
    let is_null = |wanted: &&FieldDefinition| {
        let given = directive.arguments.iter().find(|given| given.name == wanted.name);
        wanted.kind.non_null
            && wanted.default_value.is_none()
            && given.is_none_or(|given| given.value.kind == Kind::Null)
    };
    match definition.arguments.iter().find(is_null) {
        Some(wanted) => {
            let message =
                format!("Argument {} for directive {} cannot be null", wanted.name, directive.name);
            fault(directive.at, message)
        }
        None => Ok(()),
    }
}

/// Fields, values and members that stand twice.
fn once(definition: &Definition) -> Checked {
    let mut seen = BTreeSet::new();
    for field in &definition.fields {
        if !seen.insert(&field.name) {
            let message =
                format!("Field {}.{} can only be defined once", definition.name, field.name);
            return fault(field.at, message);
        }
    }
    seen.clear();
    for value in &definition.enum_values {
        if !seen.insert(&value.name) {
            let message =
                format!("Enum value {}.{} can only be defined once", definition.name, value.name);
            return fault(value.at, message);
        }
    }
    seen.clear();
    for member in &definition.types {
        if !seen.insert(member) {
            let message =
                format!("Union type {} can only include type {member} once", definition.name);
            return fault(definition.at, message);
        }
    }
    Ok(())
}

/// Two underscores belong to the language.
fn name(at: Place, name: &str) -> Checked {
    if name.starts_with("__") {
        let message = format!(
            "Name {name:?} must not begin with \"__\", which is reserved by GraphQL introspection"
        );
        return fault(at, message);
    }
    Ok(())
}
