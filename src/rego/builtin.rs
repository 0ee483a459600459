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
mod conforma;
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
mod graphql;
mod identity;
mod json;
mod module;
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

pub use cache::Cache;
pub use capability::{capabilities, is_deprecated};
pub use format::PlainFormat;
pub use identity::runtime_of;
pub use signature::{Builtin, BuiltinError, CallContext, Function, Type};
pub use table::{all, lookup};

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
        "parse_config_file" | "parse_combined_config_files" => (
            "reads files of the machine, which a decision must not depend on",
            "hand the files in (`goldgate check FILE…`, several at once with `--combine`), or write the text into `parse_config(\"yaml\", …)`",
        ),
        _ => return None,
    })
}
