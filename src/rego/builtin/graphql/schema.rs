//! A schema that has been checked: its types by name, together with those that every schema has.
//!
//! Source: the GraphQL specification, October 2021, section 3; OPA 1.20 for what is looked at and in which words.

use std::collections::BTreeMap;

use super::Fault;
use super::check::Check;
use super::definition;
use super::syntax::{
    Definition, Directive, DirectiveDefinition, FieldDefinition, SchemaDefinition, SchemaDocument,
    Type,
};

/// What every schema has: scalars, directives, and the types that describe a schema.
const PRELUDE: &str = include_str!("prelude.graphql");

/// Directives that a schema may define again.
const BUILT_IN_DIRECTIVES: [&str; 6] =
    ["include", "skip", "deprecated", "specifiedBy", "defer", "oneOf"];

#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) types: BTreeMap<String, Definition>,
    pub(super) directives: BTreeMap<String, DirectiveDefinition>,
    /// The object types that a type may turn out to be.
    possible: BTreeMap<String, Vec<String>>,
    pub(super) query: Option<String>,
    pub(super) mutation: Option<String>,
    pub(super) subscription: Option<String>,
}

impl Schema {
    /// Joins the document with what every schema has, and checks it.
    pub(super) fn of(document: &SchemaDocument) -> Result<Self, Fault> {
        let mut prelude = definition::schema(PRELUDE)?;
        for definition in &mut prelude.definitions {
            definition.built_in = true;
        }
        let mut schema = Self::default();
        let definitions = prelude.definitions.iter().chain(&document.definitions);
        let mut order = Vec::new();
        for definition in definitions {
            let name = &definition.name;
            if schema.types.insert(name.clone(), definition.clone()).is_some() {
                return Err(Fault::new(definition.at, format!("Cannot redeclare type {name}")));
            }
            order.push(name.clone());
        }
        for extension in &document.extensions {
            schema.extend(extension, &mut order)?;
        }
        schema.collect_possible(&order);
        for directive in prelude.directives.iter().chain(&document.directives) {
            schema.add_directive(directive)?;
        }
        if let Some(second) = document.schema.get(1) {
            let message =
                "Cannot have multiple schema entry points, consider schema extensions instead";
            return Err(Fault::new(second.at, message));
        }
        for definition in document.schema.iter().chain(&document.schema_extension) {
            schema.add_roots(definition)?;
        }
        Check { schema: &schema }.all()?;
        schema.complete(document.schema.is_empty());
        Ok(schema)
    }

    fn extend(&mut self, extension: &Definition, order: &mut Vec<String>) -> Result<(), Fault> {
        let name = &extension.name;
        let definition = self.types.entry(name.clone()).or_insert_with(|| {
            order.push(name.clone());
            Definition {
                kind: extension.kind.clone(),
                name: name.clone(),
                at: extension.at,
                ..Definition::default()
            }
        });
        if definition.kind != extension.kind {
            let message = format!(
                "Cannot extend type {name} because the base type is a {}, not {}",
                definition.kind, extension.kind
            );
            return Err(Fault::new(extension.at, message));
        }
        definition.directives.extend_from_slice(&extension.directives);
        definition.interfaces.extend_from_slice(&extension.interfaces);
        definition.fields.extend_from_slice(&extension.fields);
        definition.types.extend_from_slice(&extension.types);
        definition.enum_values.extend_from_slice(&extension.enum_values);
        Ok(())
    }

    fn collect_possible(&mut self, order: &[String]) {
        for name in order {
            let Some(definition) = self.types.get(name) else { continue };
            let mut may_be = |one: &str, other: &str| {
                self.possible.entry(one.to_owned()).or_default().push(other.to_owned());
            };
            match definition.kind.as_str() {
                "UNION" => definition.types.iter().for_each(|member| may_be(name, member)),
                "INTERFACE" | "OBJECT" | "INPUT_OBJECT" => {
                    definition.interfaces.iter().for_each(|interface| may_be(interface, name));
                    if definition.kind != "INTERFACE" {
                        may_be(name, name);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_directive(&mut self, directive: &DirectiveDefinition) -> Result<(), Fault> {
        let name = &directive.name;
        let is_known = self.directives.insert(name.clone(), directive.clone()).is_some();
        if is_known && !BUILT_IN_DIRECTIVES.contains(&name.as_str()) {
            return Err(Fault::new(directive.at, format!("Cannot redeclare directive {name}")));
        }
        Ok(())
    }

    fn add_roots(&mut self, definition: &SchemaDefinition) -> Result<(), Fault> {
        for root in &definition.operation_types {
            if !self.types.contains_key(&root.named) {
                let message = format!(
                    "Schema root {} refers to a type {} that does not exist",
                    root.operation, root.named
                );
                return Err(Fault::new(root.at, message));
            }
            let place = match root.operation.as_str() {
                "query" => &mut self.query,
                "mutation" => &mut self.mutation,
                "subscription" => &mut self.subscription,
                _ => continue,
            };
            *place = Some(root.named.clone());
        }
        Check { schema: self }.directives(&definition.directives, "SCHEMA", None, true)
    }

    /// Names the roots that go without saying, and gives the query what describes the schema.
    fn complete(&mut self, has_no_roots: bool) {
        if has_no_roots {
            let named = |name: &str| self.types.contains_key(name).then(|| name.to_owned());
            let roots = (named("Query"), named("Mutation"), named("Subscription"));
            self.query = self.query.take().or(roots.0);
            self.mutation = self.mutation.take().or(roots.1);
            self.subscription = self.subscription.take().or(roots.2);
        }
        let query = self.query.as_ref().and_then(|query| self.types.get_mut(query));
        let Some(query) = query else { return };
        let named = |named: &str, non_null: bool| Type {
            named_type: named.to_owned(),
            non_null,
            ..Type::default()
        };
        let field = |name: &str, kind: Type, arguments: Vec<FieldDefinition>| FieldDefinition {
            name: name.to_owned(),
            kind,
            arguments,
            ..FieldDefinition::default()
        };
        query.fields.push(field("__schema", named("__Schema", true), Vec::new()));
        let name = field("name", named("String", true), Vec::new());
        query.fields.push(field("__type", named("__Type", false), vec![name]));
    }

    /// The type of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Definition> {
        self.types.get(name)
    }

    pub(super) fn directive(&self, directive: &Directive) -> Option<&DirectiveDefinition> {
        self.directives.get(&directive.name)
    }

    /// The object types that the type may turn out to be.
    pub(super) fn possible(&self, definition: &Definition) -> &[String] {
        self.possible.get(&definition.name).map_or(&[], Vec::as_slice)
    }

    /// The type at the root of an operation.
    pub(super) fn root(&self, operation: &str) -> Option<&Definition> {
        let root = match operation {
            "" | "query" => &self.query,
            "mutation" => &self.mutation,
            _ => &self.subscription,
        };
        self.named(root.as_deref()?)
    }
}
