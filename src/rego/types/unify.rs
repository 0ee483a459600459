//! Terms against types: variables without a type yet take the one that is asked of them.

use super::infer::Scope;
use super::kind::Type;
use crate::domain::value::Value;
use crate::rego::ir::Term;

impl Scope<'_, '_> {
    /// Whether a term may be of a type. In a `union` a variable may be of any of several.
    pub(super) fn takes(&mut self, term: &Term, wanted: &Type, union: bool) -> bool {
        match (term, wanted) {
            (Term::Local(slot), _) if union => {
                let known = self.local(*slot).cloned();
                let both = known.map_or_else(|| wanted.clone(), |known| known.or(wanted.clone()));
                self.bind(*slot, both);
                true
            }
            (Term::Local(slot), _) => {
                if let Some(known) = self.local(*slot) {
                    return known.unifies(wanted);
                }
                self.bind(*slot, wanted.clone());
                true
            }
            (Term::Wildcard, _) => true,
            (Term::Array(_) | Term::Object(_) | Term::Set(_), Type::Any(types)) => {
                if types.is_empty() {
                    self.takes_parts(term);
                    return true;
                }
                let mut takes = false;
                for one in types.iter() {
                    takes = self.takes(term, one, true) || takes;
                }
                takes
            }
            (Term::Array(items), Type::Array(array)) => {
                if items.len() != array.fixed.len() && array.rest.is_none() {
                    return false;
                }
                items.iter().enumerate().all(|(index, item)| {
                    let wanted = array.fixed.get(index).or(array.rest.as_ref());
                    wanted.is_none_or(|wanted| self.takes(item, wanted, union))
                })
            }
            (Term::Set(items), Type::Set(of)) => {
                items.iter().all(|item| self.takes(item, of, union))
            }
            (Term::Object(entries), Type::Object(object)) => {
                if entries.len() != object.fixed.len() && object.rest.is_none() {
                    return false;
                }
                entries.iter().all(|(key, value)| {
                    if let Term::Constant(key) = key {
                        return wanted
                            .at(key)
                            .is_some_and(|wanted| self.takes(value, &wanted, union));
                    }
                    self.takes(value, &Type::anything(), union);
                    true
                })
            }
            (Term::Array(_) | Term::Object(_) | Term::Set(_), _) => false,
            _ => self.type_of(term).is_none_or(|known| known.unifies(wanted)),
        }
    }

    /// The variables inside a composite may be anything.
    fn takes_parts(&mut self, term: &Term) {
        let anything = Type::anything();
        match term {
            Term::Array(items) | Term::Set(items) => {
                for item in items {
                    self.takes(item, &anything, true);
                }
            }
            Term::Object(entries) => {
                for (_, value) in entries {
                    self.takes(value, &anything, true);
                }
            }
            _ => {}
        }
    }

    /// Whether two terms may be equal.
    pub(super) fn equals(&mut self, left: &Term, right: &Term) -> bool {
        match (self.type_of(left), self.type_of(right)) {
            (Some(left), Some(right)) => left.unifies(&right),
            (None, Some(known)) => self.takes(left, &known, false),
            (Some(known), None) => self.takes(right, &known, false),
            (None, None) => match (left, right) {
                (Term::Array(lefts), Term::Array(rights)) => {
                    let mut pairs = lefts.iter().zip(rights);
                    lefts.len() == rights.len()
                        && pairs.all(|(left, right)| self.equals(left, right))
                }
                (Term::Object(lefts), Term::Object(rights)) => {
                    let is_key = |key: &Term, wanted: &Value| matches!(key, Term::Constant(known) if known == wanted);
                    lefts.iter().all(|(key, left)| {
                        let Term::Constant(key) = key else { return true };
                        let same = rights.iter().find(|(other, _)| is_key(other, key));
                        same.is_none_or(|(_, right)| self.equals(left, right))
                    })
                }
                _ => {
                    self.takes(left, &Type::anything(), false);
                    self.takes(right, &Type::anything(), false);
                    true
                }
            },
        }
    }
}
