//! What is asked of fragments as a whole, and through them.

use std::collections::BTreeSet;

use super::{Valid, fault};
use crate::rego::builtin::graphql::syntax::{
    Field, Fragment, Operation, Place, QueryDocument, Selection, Spread,
};

/// Lists of fields of the schema inside one another.
const MAX_INTROSPECTION: usize = 3;

pub(super) fn named<'d>(document: &'d QueryDocument, name: &str) -> Option<&'d Fragment> {
    document.fragments.iter().find(|fragment| fragment.name == name)
}

/// No fragment spreads itself, directly or through others.
pub(super) fn no_cycles(document: &QueryDocument) -> Valid {
    let mut done = BTreeSet::new();
    for fragment in &document.fragments {
        acyclic(document, fragment, &mut Vec::new(), &mut done)?;
    }
    Ok(())
}

fn acyclic<'d>(
    document: &'d QueryDocument,
    fragment: &'d Fragment,
    path: &mut Vec<&'d str>,
    done: &mut BTreeSet<&'d str>,
) -> Valid {
    if !done.insert(&fragment.name) {
        return Ok(());
    }
    path.push(&fragment.name);
    let mut spreads = Vec::new();
    all_spreads(&fragment.selection_set, &mut spreads);
    for spread in spreads {
        if let Some(start) = path.iter().position(|name| *name == spread.name) {
            let via: Vec<String> =
                path.iter().skip(start + 1).map(|name| format!("{name:?}")).collect();
            let via =
                if via.is_empty() { String::new() } else { format!(" via {}", via.join(", ")) };
            let message = format!("Cannot spread fragment {:?} within itself{via}", spread.name);
            return fault(spread.at, message);
        }
        // Each fragment is entered once, so that the path is never longer than they are.
        if path.len() < MAX_CHAIN
            && let Some(next) = named(document, &spread.name)
        {
            acyclic(document, next, path, done)?;
        } else if path.len() >= MAX_CHAIN {
            return fault(spread.at, format!("more than {MAX_CHAIN} fragments inside one another"));
        }
    }
    path.pop();
    Ok(())
}

/// Fragments inside one another; more would not fit on the stack.
const MAX_CHAIN: usize = 50;

fn all_spreads<'d>(set: &'d [Selection], spreads: &mut Vec<&'d Spread>) {
    for selection in set {
        match selection {
            Selection::Spread(spread) => spreads.push(spread),
            Selection::Field(field) => all_spreads(&field.selection_set, spreads),
            Selection::Inline(inline) => all_spreads(&inline.selection_set, spreads),
        }
    }
}

/// Whether a question about the schema asks for lists of lists of lists. Fragments have no cycles any more.
pub(super) fn is_too_deep(document: &QueryDocument, field: &Field) -> bool {
    field_is_too_deep(document, field, 0)
}

fn field_is_too_deep(document: &QueryDocument, field: &Field, depth: usize) -> bool {
    let is_list =
        matches!(field.name.as_str(), "fields" | "interfaces" | "possibleTypes" | "inputFields");
    let depth = depth + usize::from(is_list);
    depth >= MAX_INTROSPECTION || set_is_too_deep(document, &field.selection_set, depth)
}

fn set_is_too_deep(document: &QueryDocument, set: &[Selection], depth: usize) -> bool {
    set.iter().any(|selection| match selection {
        Selection::Field(field) => field_is_too_deep(document, field, depth),
        Selection::Inline(inline) => set_is_too_deep(document, &inline.selection_set, depth),
        Selection::Spread(spread) => named(document, &spread.name)
            .is_some_and(|fragment| set_is_too_deep(document, &fragment.selection_set, depth)),
    })
}

/// A subscription selects one field, which is none of the schema's own.
pub(super) fn one_top_field(document: &QueryDocument, operation: &Operation) -> Valid {
    let name = if operation.name.is_empty() {
        "Anonymous Subscription".to_owned()
    } else {
        format!("Subscription {:?}", operation.name)
    };
    let mut fields: Vec<(&str, Place)> = Vec::new();
    top_fields(document, &operation.selection_set, &mut fields);
    if let Some((_, at)) = fields.get(1) {
        return fault(*at, format!("{name} must select only one top level field"));
    }
    match fields.iter().find(|(field, _)| field.starts_with("__")) {
        Some((_, at)) => {
            fault(*at, format!("{name} must not select an introspection top level field"))
        }
        None => Ok(()),
    }
}

fn top_fields<'d>(
    document: &'d QueryDocument,
    set: &'d [Selection],
    fields: &mut Vec<(&'d str, Place)>,
) {
    for selection in set {
        match selection {
            Selection::Field(field) => {
                if !fields.iter().any(|(known, _)| *known == field.name) {
                    fields.push((&field.name, field.at));
                }
            }
            Selection::Inline(inline) => top_fields(document, &inline.selection_set, fields),
            Selection::Spread(spread) => {
                if let Some(fragment) = named(document, &spread.name) {
                    top_fields(document, &fragment.selection_set, fields);
                }
            }
        }
    }
}
