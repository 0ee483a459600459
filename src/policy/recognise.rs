//! Which packages are policies, and in whose way each is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::dialect::{self, Placed, Policy};
use super::load::Loaded;
use super::options::LoadOptions;
use super::terraform::{self, Query};
use super::unique;
use crate::domain::place::{SourceFile, Span};
use crate::domain::policy::Dialect;
use crate::domain::suggest;
use crate::rego::Fault;
use crate::rego::metadata::Annotation;
use crate::rego::module::Module;

impl Loaded {
    /// Every package that is a policy, by ascending code.
    pub(super) fn policies(&self, options: &LoadOptions, faults: &mut Vec<Fault>) -> Vec<Policy> {
        let all: Vec<(&Module, &[Annotation])> =
            self.modules.iter().zip(self.annotations.iter().map(Vec::as_slice)).collect();
        let mut packages: BTreeMap<&[String], Vec<Placed<'_>>> = BTreeMap::new();
        for ((module, annotations), (inner, bundle)) in all.iter().zip(&self.places) {
            let placed = Placed { module, inner, bundle: *bundle, annotations };
            packages.entry(module.package.as_slice()).or_default().push(placed);
        }
        let above = dialect::speaking_of_others(&all);
        let placed =
            |package: &[String]| packages.get(package).map(Vec::as_slice).unwrap_or_default();
        let queries = terraform::queries(&self.shelf.bundles, faults);
        let asked: BTreeSet<&[String]> = queries.iter().map(Query::package).collect();
        let mut policies: Vec<Policy> = queries
            .iter()
            .filter_map(|query| query.policy(placed(query.package()), faults))
            .collect();
        // What a set says of a package is all that is to be said.
        let others = packages.iter().filter(|(package, _)| !asked.contains(*package));
        policies.extend(others.flat_map(|(package, placed)| {
            let inherited = dialect::inherited(package, &above);
            dialect::policies(package, placed, &inherited, options, faults)
        }));
        policies.sort_by(|a, b| (&a.meta.code, &a.package).cmp(&(&b.meta.code, &b.package)));
        for (one, other) in policies.iter().zip(policies.iter().skip(1)) {
            if one.meta.code == other.meta.code {
                faults.extend(unique::equal_codes(self, &one.meta, &other.meta));
            }
        }
        policies
    }
}

/// Namespaces that no plain policy has.
pub(super) fn unknown_namespaces(policies: &[Policy], options: &LoadOptions) -> Vec<Fault> {
    let plain = policies.iter().filter(|policy| policy.meta.dialect == Dialect::Conftest);
    let known: Vec<&str> = plain.map(|policy| policy.meta.package.as_str()).collect();
    let unknown = options.namespaces.iter().filter(|name| !known.contains(&name.as_str()));
    let fault = |name: &String| {
        let nowhere = Arc::new(SourceFile::new("--namespace", ""));
        let message = format!("there is no plain policy in the package `{name}`");
        let otherwise = "name a package that `goldgate policy check --dialect` shows as `conftest`";
        Fault::new(&nowhere, Span::default(), message).with_help(suggest::help(
            name,
            known.iter().copied(),
            otherwise,
        ))
    };
    unknown.map(fault).collect()
}
