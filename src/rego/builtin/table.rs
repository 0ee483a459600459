//! The table of all built-ins of the own evaluator.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::signature::Builtin;
use super::{
    aggregate, arithmetic, array, bit, certificate, comparison, config, conforma, conversion,
    digest, display, encoding, glob, graphql, identity, json, module, net, object, regex, schema,
    semver, set, template, text, time, token, unit, uri, yaml,
};

/// The families, each a list of built-ins in any order.
const FAMILIES: &[&[Builtin]] = &[
    aggregate::BUILTINS,
    arithmetic::BUILTINS,
    array::BUILTINS,
    bit::BUILTINS,
    certificate::BUILTINS,
    comparison::BUILTINS,
    conversion::BUILTINS,
    digest::BUILTINS,
    display::BUILTINS,
    encoding::BUILTINS,
    encoding::QUERIES,
    glob::BUILTINS,
    graphql::BUILTINS,
    identity::BUILTINS,
    json::BUILTINS,
    json::PATCHES,
    json::PATHS,
    module::BUILTINS,
    net::BUILTINS,
    object::BUILTINS,
    regex::BUILTINS,
    schema::BUILTINS,
    semver::BUILTINS,
    set::BUILTINS,
    template::BUILTINS,
    text::AFFIXES,
    text::BUILTINS,
    text::REPLACEMENTS,
    time::BUILTINS,
    token::BUILTINS,
    unit::BUILTINS,
    uri::BUILTINS,
    yaml::BUILTINS,
];

/// The built-in of this name.
pub fn lookup(name: &str) -> Option<&'static Builtin> {
    // Every call of every module is looked up several times while it is loaded.
    static BY_NAME: OnceLock<BTreeMap<&str, &Builtin>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| {
        let of_others = config::BUILTINS.iter().chain(conforma::families());
        of_others.chain(all()).map(|builtin| (builtin.name, builtin)).collect()
    });
    by_name.get(name).copied()
}

/// Every built-in of OPA, in no order.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    FAMILIES.iter().copied().flatten()
}
