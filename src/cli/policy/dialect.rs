//! `policy check --dialect`: how each package is written, as the loader took it.

use serde::Serialize;

use crate::cli::args::ListFormat;
use crate::cli::print::{Look, json, table};
use crate::domain::code::Code;
use crate::policy::Revision;

/// One policy, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'r> {
    package: &'r str,
    dialect: &'static str,
    code: &'r Code,
    /// `workload`, `resource` …: what one evaluation sees.
    scope: &'static str,
    file: &'r str,
    line: u32,
}

/// Every policy with its package and dialect, by ascending package.
pub(super) fn show(revision: &Revision, format: ListFormat, look: Look) -> String {
    let mut items: Vec<Item<'_>> = revision
        .policies()
        .iter()
        .map(|policy| Item {
            package: &policy.package,
            dialect: policy.dialect.as_str(),
            code: &policy.code,
            scope: policy.scope.as_str(),
            file: &policy.file,
            line: policy.line,
        })
        .collect();
    items.sort_by(|a, b| (a.package, a.code).cmp(&(b.package, b.code)));
    match format {
        ListFormat::Json => json::page(&items, None),
        ListFormat::Human => {
            let rows: Vec<Vec<String>> = items
                .iter()
                .map(|item| {
                    vec![
                        item.package.to_owned(),
                        item.dialect.to_owned(),
                        item.code.to_string(),
                        format!("{}:{}", item.file, item.line),
                    ]
                })
                .collect();
            table::render(&["PACKAGE", "DIALECT", "CODE", "SOURCE"], &rows, look)
        }
    }
}
