//! The built-in functions: which exist, how many arguments they take, and which a gate does not run.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a function names the types that it takes; all others are refused in OPA's words"
)]
#![expect(
    clippy::unnecessary_wraps,
    reason = "every built-in has one signature, also those that never fail"
)]

mod aggregate;
mod arithmetic;
mod array;
mod bit;
mod cache;
mod capability;
mod certificate;
mod comparison;
mod config;
mod conversion;
mod der;
#[cfg(test)]
mod differential;
mod digest;
mod display;
mod encoding;
mod format;
mod glob;
mod graph;
mod identity;
mod json;
mod net;
mod number;
mod object;
mod operand;
mod pem;
#[cfg(test)]
mod property;
mod regex;
mod schema;
mod semver;
mod set;
mod signature;
mod table;
mod template;
mod text;
mod time;
mod token;
mod unit;
mod uri;
mod yaml;

use regorus::unstable::BUILTINS;

pub use cache::Cache;
pub use capability::{capabilities, is_deprecated};
pub use signature::{Builtin, BuiltinError, CallContext, Function, Type};
pub use table::{all, lookup};

/// Whether the engine has a built-in function of this name.
pub fn exists(name: &str) -> bool {
    matches!(name, "print" | "parse_config") || BUILTINS.contains_key(name)
}

/// How many arguments a built-in takes; `None` when it is none, or takes any number.
pub fn arity(name: &str) -> Option<usize> {
    BUILTINS.get(name).map(|(_, arity)| usize::from(*arity))
}

/// Every name, in no order.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILTINS.keys().copied().filter(|name| !name.starts_with("__"))
}

/// Why a built-in is not run here, and what to write instead.
pub fn refusal(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "http.send" => (
            "reaches out to the network, which a decision must not depend on",
            "put what you need into `data.json`",
        ),
        "net.lookup_ip_addr" => (
            "asks a name server, which a decision must not depend on",
            "write addresses into `data.json`",
        ),
        "opa.runtime" => {
            ("shows the engine's own surroundings", "read `input.environment` and `input.stage`")
        }
        "parse_config_file" | "parse_combined_config_files" => (
            "reads files of the machine, which a decision must not depend on",
            "hand the files in (`goldgate check FILE…`, several at once with `--combine`), or write the text into `parse_config(\"yaml\", …)`",
        ),
        "graph.reachable_paths" => (
            "may list more paths than there is memory for",
            "use `graph.reachable`, which lists nodes",
        ),
        _ => return None,
    })
}

/// Whether OPA has a built-in of this name that the engine does not.
pub fn is_missing(name: &str) -> bool {
    const FAMILIES: [&str; 5] = ["crypto.", "io.jwt.", "graphql.", "providers.", "uri."];
    const MISSING: [&str; 23] = [
        "all",
        "any",
        "array.flatten",
        "cast_array",
        "cast_boolean",
        "cast_null",
        "cast_object",
        "cast_set",
        "cast_string",
        "json.match_schema",
        "json.verify_schema",
        "net.cidr_contains_matches",
        "net.cidr_intersects",
        "net.cidr_merge",
        "net.cidr_overlap",
        "re_match",
        "regex.find_all_string_submatch_n",
        "rego.metadata.chain",
        "rego.metadata.rule",
        "rego.parse_module",
        "set_diff",
        "strings.render_template",
        "strings.split_n",
    ];
    FAMILIES.iter().any(|family| name.starts_with(family)) || MISSING.contains(&name)
}

/// What to write instead of a built-in that is missing.
pub fn instead_of_missing(name: &str) -> &'static str {
    match name {
        "re_match" => "write `regex.match(pattern, value)`",
        "any" => "write `some item in collection; item`, or `true in collection`",
        "all" => "write `every item in collection { item }`",
        "set_diff" => "write `a - b`",
        "array.flatten" => "write `[item | some list in lists; some item in list]`",
        "strings.split_n" => "write `split` and take the parts you need",
        "rego.metadata.rule" | "rego.metadata.chain" => {
            "write the value into the rule; the gate adds code and title from METADATA by itself"
        }
        _ => "put the result into `data.json`, or leave this check to a tool that has it",
    }
}
