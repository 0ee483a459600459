//! `go.mod` and `go.sum`.
//!
//! Sources: go.dev/ref/mod, "go.mod files" and "go.sum files".

use std::collections::BTreeMap;

use super::Bill;
use super::index::{self, Index};
use crate::domain::package::Component;
use crate::domain::sbom::SbomFormat;

/// A module that stands in for another one; without a version it is a folder.
type Replacement<'t> = (&'t str, Option<&'t str>);

#[derive(Default)]
struct Module<'t> {
    path: Option<&'t str>,
    go: Option<&'t str>,
    toolchain: Option<&'t str>,
    /// Path, version, and whether the module itself asks for it.
    required: Vec<(&'t str, &'t str, bool)>,
    replaced: BTreeMap<(&'t str, Option<&'t str>), Replacement<'t>>,
}

/// Reads a `go.mod`: since Go 1.17 it lists every module that the build needs.
pub(super) fn read(text: &str) -> Bill {
    let module = module(text);
    let mut bill = Bill::new(SbomFormat::GoMod, module.go.unwrap_or_default());
    bill.subject = module.path.map(str::to_owned);
    let mut index = Index::default();
    for (path, version, is_direct) in &module.required {
        let replaced = module
            .replaced
            .get(&(*path, Some(*version)))
            .or_else(|| module.replaced.get(&(*path, None)));
        let (path, version) = match replaced {
            Some((folder, None)) => {
                bill.leave_out(format!("`{path}` is replaced by the folder `{folder}`"));
                continue;
            }
            Some((other, Some(version))) => (*other, *version),
            None => (*path, *version),
        };
        let own = index.add(&mut bill, version, component(path, version));
        if *is_direct {
            bill.direct.push(own);
        }
    }
    // The language's own packages are fixed with the toolchain; a bare `go 1.22` says only what is needed at least.
    let toolchain = module.toolchain.and_then(|name| name.strip_prefix("go"));
    let go = module.go.filter(|version| version.split('.').count() == 3);
    if let Some(version) = toolchain.or(go) {
        let own = index.add(&mut bill, version, component("stdlib", version));
        bill.direct.push(own);
    }
    if !lists_all(module.go.unwrap_or_default()) {
        bill.leave_out("before Go 1.17 `go.mod` does not list what comes in through others".into());
    }
    bill
}

/// Whether a `go.mod` of this version lists what comes in through other modules too.
pub(super) fn lists_all(go: &str) -> bool {
    let mut numbers = go.split('.').map(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next().flatten(), numbers.next().flatten());
    (major, minor) >= (Some(1), Some(17))
}

/// Reads a `go.sum`: of each module the highest version whose content was fetched.
pub(super) fn read_sums(text: &str) -> Bill {
    let mut bill = Bill::new(SbomFormat::GoSum, "");
    let mut highest: BTreeMap<&str, &str> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        let (Some(path), Some(version), Some(_)) = (words.next(), words.next(), words.next())
        else {
            if !line.trim().is_empty() {
                bill.leave_out(format!("line {} is no `module version hash`", number + 1));
            }
            continue;
        };
        // Of these only the list of what they need was read.
        if version.ends_with("/go.mod") {
            continue;
        }
        let known = highest.entry(path).or_insert(version);
        if semantic(known) < semantic(version) {
            *known = version;
        }
    }
    for (path, version) in highest {
        bill.add(component(path, version));
    }
    bill
}

fn semantic(version: &str) -> Option<semver::Version> {
    semver::Version::parse(version.trim_start_matches('v')).ok()
}

fn component(path: &str, version: &str) -> Component {
    index::component("golang", path, version)
}

fn module(text: &str) -> Module<'_> {
    let mut module = Module::default();
    let mut block: Option<&str> = None;
    for line in text.lines() {
        let (line, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut words = line.split_whitespace().map(|word| word.trim_matches(['"', '`']));
        let Some(first) = words.next() else { continue };
        if first == ")" {
            block = None;
            continue;
        }
        let rest: Vec<&str> = words.collect();
        if rest == ["("] {
            block = Some(first);
            continue;
        }
        match block {
            Some(verb) => {
                let all: Vec<&str> = [first].into_iter().chain(rest).collect();
                module.take(verb, &all, comment);
            }
            None => module.take(first, &rest, comment),
        }
    }
    module
}

impl<'t> Module<'t> {
    fn take(&mut self, verb: &str, words: &[&'t str], comment: &str) {
        match (verb, words) {
            ("module", [path]) => self.path = Some(path),
            ("go", [version]) => self.go = Some(version),
            ("toolchain", [name]) => self.toolchain = Some(name),
            ("require", [path, version]) => {
                self.required.push((path, version, !comment.trim().starts_with("indirect")));
            }
            ("replace", _) => {
                let mut sides = words.split(|word| *word == "=>");
                let (Some(old), Some([new, version @ ..])) = (sides.next(), sides.next()) else {
                    return;
                };
                if let [path, of @ ..] = old {
                    let key = (*path, of.first().copied());
                    self.replaced.insert(key, (new, version.first().copied()));
                }
            }
            _ => {}
        }
    }
}
