//! Fields with one name in the answer: they must be the same field, so that one answer serves all of them.
//!
//! Source: the GraphQL specification, October 2021, section 5.3.2.

use std::collections::BTreeMap;

use super::fragment::named;
use super::{Valid, fault};
use crate::rego::budget::Budget;
use crate::rego::builtin::graphql::schema::Schema;
use crate::rego::builtin::graphql::syntax::{
    Argument, Definition, Field, FieldDefinition, QueryDocument, Selection, Type,
};

pub(super) struct Overlap<'d, 'b> {
    schema: &'d Schema,
    document: &'d QueryDocument,
    budget: &'b mut Budget,
    /// Fragments that have been compared, and whether only as ones that exclude each other.
    compared: BTreeMap<(&'d str, &'d str), bool>,
}

/// A field where it stands.
#[derive(Clone, Copy)]
struct Found<'d> {
    field: &'d Field,
    parent: Option<&'d Definition>,
    definition: Option<&'d FieldDefinition>,
}

/// The fields of a selection by their names in the answer, and the fragments that it spreads.
#[derive(Default)]
struct Fields<'d> {
    named: Vec<(&'d str, Vec<Found<'d>>)>,
    spreads: Vec<&'d str>,
}

impl<'d> Fields<'d> {
    fn get(&self, name: &str) -> &[Found<'d>] {
        self.named.iter().find(|(known, _)| *known == name).map_or(&[], |(_, found)| found)
    }

    fn is_same(&self, other: &Self) -> bool {
        let all = |fields: &Self| -> Vec<*const Field> {
            let found = fields.named.iter().flat_map(|(_, found)| found);
            found.map(|found| std::ptr::from_ref(found.field)).collect()
        };
        all(self) == all(other)
    }
}

/// Why two fields do not go together.
type Conflict = Option<String>;

impl<'d, 'b> Overlap<'d, 'b> {
    pub(super) fn new(
        schema: &'d Schema,
        document: &'d QueryDocument,
        budget: &'b mut Budget,
    ) -> Self {
        Self { schema, document, budget, compared: BTreeMap::new() }
    }

    /// Compares everything within one selection.
    pub(super) fn within(&mut self, parent: Option<&'d Definition>, set: &'d [Selection]) -> Valid {
        let fields = self.collected(parent, set);
        for (_, found) in &fields.named {
            for (index, one) in found.iter().enumerate() {
                for other in found.iter().skip(index + 1) {
                    self.agree(false, *one, *other)?;
                }
            }
        }
        let mut seen = Vec::new();
        for (index, spread) in fields.spreads.iter().enumerate() {
            self.with_fragment(false, &fields, spread, &mut seen)?;
            for other in fields.spreads.iter().skip(index + 1) {
                self.fragments(false, spread, other)?;
            }
        }
        Ok(())
    }

    fn agree(&mut self, exclusive: bool, one: Found<'d>, other: Found<'d>) -> Valid {
        let Some(why) = self.conflict(exclusive, one, other)? else { return Ok(()) };
        let name = answered(one.field);
        fault(
            other.field.at,
            format!(
                "Fields {name:?} conflict because {why}. Use different aliases on the fields to fetch both if this was intentional"
            ),
        )
    }

    fn conflict(
        &mut self,
        exclusive: bool,
        one: Found<'d>,
        other: Found<'d>,
    ) -> Result<Conflict, super::Stop> {
        self.budget.charge(1)?;
        let (Some(parent), Some(other_parent)) = (one.parent, other.parent) else {
            return Ok(None);
        };
        let are_objects = parent.kind == "OBJECT" && other_parent.kind == "OBJECT";
        let exclusive = exclusive
            || parent.name != other_parent.name
                && are_objects
                && one.definition.is_some()
                && other.definition.is_some();
        if !exclusive {
            let (name, other_name) = (&one.field.name, &other.field.name);
            if name != other_name {
                return Ok(Some(format!("{name:?} and {other_name:?} are different fields")));
            }
            if !same_arguments(&one.field.arguments, &other.field.arguments) {
                return Ok(Some("they have differing arguments".to_owned()));
            }
        }
        if let (Some(a), Some(b)) = (one.definition, other.definition)
            && self.types_conflict(&a.kind, &b.kind)
        {
            let (a, b) = (a.kind.shown(), b.kind.shown());
            return Ok(Some(format!("they return conflicting types {a:?} and {b:?}")));
        }
        self.below(exclusive, one, other)?;
        Ok(None)
    }

    /// Compares what two fields select.
    fn below(&mut self, exclusive: bool, one: Found<'d>, other: Found<'d>) -> Valid {
        let one = self.collected(self.kind_of(one), &one.field.selection_set);
        let other = self.collected(self.kind_of(other), &other.field.selection_set);
        self.between(exclusive, &one, &other)?;
        for spread in &other.spreads {
            self.with_fragment(exclusive, &one, spread, &mut Vec::new())?;
        }
        for spread in &one.spreads {
            self.with_fragment(exclusive, &other, spread, &mut Vec::new())?;
        }
        for spread in &one.spreads {
            for other in &other.spreads {
                self.fragments(exclusive, spread, other)?;
            }
        }
        Ok(())
    }

    fn between(&mut self, exclusive: bool, one: &Fields<'d>, other: &Fields<'d>) -> Valid {
        for (name, found) in &one.named {
            for one in found {
                for other in other.get(name) {
                    self.agree(exclusive, *one, *other)?;
                }
            }
        }
        Ok(())
    }

    fn with_fragment(
        &mut self,
        exclusive: bool,
        fields: &Fields<'d>,
        spread: &'d str,
        seen: &mut Vec<&'d str>,
    ) -> Valid {
        if seen.contains(&spread) {
            return Ok(());
        }
        seen.push(spread);
        let Some(other) = self.fragment(spread) else { return Ok(()) };
        if fields.is_same(&other) {
            return Ok(());
        }
        self.between(exclusive, fields, &other)?;
        for inner in other.spreads.iter().filter(|inner| **inner != spread) {
            self.with_fragment(exclusive, fields, inner, seen)?;
        }
        Ok(())
    }

    fn fragments(&mut self, exclusive: bool, one: &'d str, other: &'d str) -> Valid {
        if one == other {
            return Ok(());
        }
        let pair = if one < other { (one, other) } else { (other, one) };
        // What was compared without exclusion need not be compared with it.
        if self.compared.get(&pair).is_some_and(|known| exclusive || !known) {
            return Ok(());
        }
        self.compared.insert(pair, exclusive);
        let (Some(a), Some(b)) = (self.fragment(one), self.fragment(other)) else { return Ok(()) };
        self.between(exclusive, &a, &b)?;
        for spread in &b.spreads {
            self.fragments(exclusive, one, spread)?;
        }
        for spread in &a.spreads {
            self.fragments(exclusive, spread, other)?;
        }
        Ok(())
    }

    fn fragment(&self, name: &str) -> Option<Fields<'d>> {
        let fragment = named(self.document, name)?;
        let parent = self.schema.named(&fragment.type_condition);
        Some(self.collected(parent, &fragment.selection_set))
    }

    fn kind_of(&self, found: Found<'d>) -> Option<&'d Definition> {
        self.schema.named(found.definition?.kind.name())
    }

    fn collected(&self, parent: Option<&'d Definition>, set: &'d [Selection]) -> Fields<'d> {
        let mut fields = Fields::default();
        self.collect(parent, set, &mut fields);
        fields
    }

    fn collect(
        &self,
        parent: Option<&'d Definition>,
        set: &'d [Selection],
        fields: &mut Fields<'d>,
    ) {
        for selection in set {
            match selection {
                Selection::Field(field) => {
                    let definition = parent.and_then(|parent| parent.field(&field.name));
                    let found = Found { field, parent, definition };
                    let name = answered(field);
                    match fields.named.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, all)) => all.push(found),
                        None => fields.named.push((name, vec![found])),
                    }
                }
                Selection::Inline(inline) => {
                    let condition = &inline.type_condition;
                    let parent =
                        if condition.is_empty() { parent } else { self.schema.named(condition) };
                    self.collect(parent, &inline.selection_set, fields);
                }
                Selection::Spread(spread) => fields.spreads.push(&spread.name),
            }
        }
    }

    fn types_conflict(&self, one: &Type, other: &Type) -> bool {
        match (&one.elem, &other.elem) {
            (Some(one), Some(other)) => return self.types_conflict(one, other),
            (Some(_), None) | (None, Some(_)) => return true,
            (None, None) => {}
        }
        if one.non_null != other.non_null {
            return true;
        }
        let kinds = (self.schema.named(&one.named_type), self.schema.named(&other.named_type));
        let (Some(one), Some(other)) = kinds else { return false };
        one.is_leaf() && other.is_leaf() && one.name != other.name
    }
}

/// The name of a field in the answer.
fn answered(field: &Field) -> &str {
    if field.alias.is_empty() { &field.name } else { &field.alias }
}

fn same_arguments(one: &[Argument], other: &[Argument]) -> bool {
    let same = |a: &Argument, b: &Argument| {
        a.name == b.name && a.value.kind == b.value.kind && a.value.raw == b.value.raw
    };
    one.len() == other.len() && one.iter().all(|a| other.iter().any(|b| same(a, b)))
}
