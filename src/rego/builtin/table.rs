//! The table of all built-ins of the own evaluator.

use super::signature::Builtin;
use super::{
    aggregate, arithmetic, array, bit, certificate, comparison, config, conforma, conversion,
    digest, display, encoding, glob, identity, json, net, object, regex, schema, semver, set,
    template, text, time, token, unit, uri, yaml,
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
    identity::BUILTINS,
    json::BUILTINS,
    json::PATCHES,
    json::PATHS,
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
    let of_others = config::BUILTINS.iter().chain(conforma::families());
    all().chain(of_others).find(|builtin| builtin.name == name)
}

/// Every built-in of OPA, in no order.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    FAMILIES.iter().copied().flatten()
}
