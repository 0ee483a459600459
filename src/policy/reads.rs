//! Which parts of a bill policies look at, told from their text: what nobody reads need not be made for each bill.
//!
//! Whatever is not plainly one part counts as all of them, so that a policy never misses what it would have read.

use std::borrow::Borrow as _;
use std::collections::BTreeSet;

use crate::rego::module::Module;
use crate::rego::stored::{Reader, Stored, Writer};
use crate::rego::syntax;
use crate::rego::syntax::ast::{Term, TermKind};
use crate::rego::syntax::visit::{Visited, each_part};

/// Parts of `input.sbom` by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// Every one, or nobody knows.
    All,
    /// These alone.
    Parts(BTreeSet<String>),
}

impl Reads {
    /// What any rule of `modules` reads.
    pub(super) fn of<'m>(modules: impl Iterator<Item = &'m Module>) -> Self {
        let mut found = Found::default();
        for module in modules {
            let tree: &syntax::Module = module.borrow();
            for import in &tree.imports {
                let path: Vec<&str> = import.path.iter().map(|name| name.text.as_ref()).collect();
                match path.as_slice() {
                    ["input"] | ["input", "sbom"] => found.all = true,
                    ["input", "sbom", part, ..] => found.add(part),
                    _ => {}
                }
            }
            for rule in &tree.rules {
                found.look(Visited::Rule(rule));
            }
        }
        if found.all { Self::All } else { Self::Parts(found.parts) }
    }

    /// Whether the part is read.
    pub(super) fn has(&self, part: &str) -> bool {
        match self {
            Self::All => true,
            Self::Parts(parts) => parts.contains(part),
        }
    }
}

impl Default for Reads {
    fn default() -> Self {
        Self::Parts(BTreeSet::new())
    }
}

impl Stored for Reads {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::All => None,
            Self::Parts(parts) => Some(parts.clone()),
        }
        .write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match Option::<BTreeSet<String>>::read(reader)? {
            None => Self::All,
            Some(parts) => Self::Parts(parts),
        })
    }
}

#[derive(Default)]
struct Found {
    all: bool,
    parts: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, part: &str) {
        if !self.parts.contains(part) {
            self.parts.insert(part.to_owned());
        }
    }

    fn look(&mut self, node: Visited<'_>) {
        if let Visited::Term(term) = node {
            if is_input(term) {
                self.all = true;
            }
            if let TermKind::Reference(base, steps) = &term.kind
                && is_input(base)
            {
                self.steps(steps);
                for step in steps {
                    self.look(Visited::Term(step));
                }
                return;
            }
        }
        each_part(node, &mut |part| self.look(part));
    }

    fn steps(&mut self, steps: &[Term]) {
        let text = |place: usize| match steps.get(place) {
            Some(Term { kind: TermKind::String(text), .. }) => Some(text.as_ref()),
            Some(_) | None => None,
        };
        match (text(0), text(1)) {
            (Some("sbom"), Some(part)) => self.add(part),
            (Some("sbom") | None, _) => self.all = true,
            // Another part of the input.
            (Some(_), _) => {}
        }
    }
}

fn is_input(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Name(name) if name.as_ref() == "input")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::place::SourceFile;
    use crate::rego::module;
    use crate::rego::syntax::Limits;

    fn reads(rules: &str) -> Option<Vec<String>> {
        let text = format!("package a\n{rules}");
        let file = Arc::new(SourceFile::new("a.rego".to_owned(), text));
        let module = module::parse(&file, None, &Limits::default()).unwrap();
        match Reads::of(std::iter::once(&module)) {
            Reads::All => None,
            Reads::Parts(parts) => Some(parts.into_iter().collect()),
        }
    }

    #[test]
    fn single_parts_are_told_wherever_they_stand() {
        let parts = |list: &[&str]| Some(list.iter().map(|part| (*part).to_owned()).collect());
        assert_eq!(reads("x if input.service.tier == \"a\""), parts(&[]));
        assert_eq!(
            reads("x if input.sbom.file == input[\"sbom\"][\"format\"]"),
            parts(&["file", "format"])
        );
        assert_eq!(
            reads("x contains y if some y in input.sbom.by_purl[input.sbom.file]"),
            parts(&["by_purl", "file"])
        );
        assert_eq!(
            reads("x := [y | some y in input.sbom.vulnerabilities; not input.sbom.scan]"),
            parts(&["scan", "vulnerabilities"])
        );
        assert_eq!(reads("import input.sbom.quality as q\nx := q.n"), parts(&["quality"]));
        assert_eq!(reads("x := f(input.sbom.tools)\nf(y) := count(y)"), parts(&["tools"]));
        assert_eq!(
            reads(
                "x := 1 if { every y in input.sbom.tools { y != \"\" } } else := input.sbom.file"
            ),
            parts(&["file", "tools"])
        );
    }

    #[test]
    fn whatever_else_is_read_is_everything() {
        for rules in [
            "x := input",
            "x := input.sbom",
            "x := input[_].file",
            "x := input[y].file if y := \"sbom\"",
            "x := input.sbom[y] if y := \"file\"",
            "x if walk(input, [_, 1])",
            "import input as i\nx := i.sbom.file",
            "import input.sbom\nx := sbom.file",
            "x := object.get(input, [\"sbom\", \"file\"], \"\")",
            "x := [input]",
            "x := y if { y := 1 with input as {} }",
        ] {
            assert_eq!(reads(rules), None, "{rules}");
        }
    }
}
