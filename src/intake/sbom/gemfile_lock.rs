//! `Gemfile.lock`.
//!
//! Source: github.com/rubygems/rubygems, `bundler/lib/bundler/lockfile_parser.rb`.

use super::index::{self, Index};
use super::{Bill, BillFault};
use crate::domain::place::Span;
use crate::domain::sbom::SbomFormat;

/// Which list the lines stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Fetched from a server of gems.
    Gem,
    /// From a repository or a folder: no gem that advisories know for sure.
    Elsewhere,
    Dependencies,
    BundledWith,
    Other,
}

/// Reads a lock file; what the `Gemfile` names is direct.
///
/// # Errors
/// A conflict of a merge, which stands in such files more often than in others.
pub(super) fn read(text: &str) -> Result<Bill, BillFault> {
    let mut bill = Bill::new(SbomFormat::GemfileLock, "");
    let mut index = Index::default();
    let mut section = Section::Other;
    let mut own = None;
    let mut edges: Vec<(usize, &str)> = Vec::new();
    let mut direct: Vec<&str> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        if line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") {
            let span = Span::new(start, start + line.len());
            return Err(BillFault::new("a conflict of a merge stands in the file", span));
        }
        let trimmed = line.trim_start();
        match (line.len() - trimmed.len(), section) {
            (0, _) if !trimmed.is_empty() => section = section_of(trimmed),
            (4, Section::Gem | Section::Elsewhere) => {
                let Some((name, version)) = name_and_version(trimmed) else {
                    own = None;
                    continue;
                };
                // `1.15.0-x86_64-linux` is built for a platform; the version is what stands before it.
                let version = version.split_once('-').map_or(version, |(version, _)| version);
                let mut component = index::component("gem", name, version);
                if section == Section::Elsewhere {
                    component.purl = None;
                }
                own = Some(index.add(&mut bill, version, component));
            }
            (6, Section::Gem | Section::Elsewhere) => {
                edges.extend(own.map(|own| (own, first_word(trimmed))));
            }
            (2, Section::Dependencies) => direct.push(first_word(trimmed)),
            (_, Section::BundledWith) if !trimmed.is_empty() => {
                bill.tools.push(format!("bundler {trimmed}"));
            }
            _ => {}
        }
    }
    for (from, name) in edges {
        bill.add_edges(from, index.find(name, None));
    }
    bill.direct.extend(direct.into_iter().filter_map(|name| index.find(name, None)));
    Ok(bill)
}

fn section_of(title: &str) -> Section {
    match title {
        "GEM" => Section::Gem,
        "GIT" | "PATH" | "PLUGIN SOURCE" => Section::Elsewhere,
        "DEPENDENCIES" => Section::Dependencies,
        "BUNDLED WITH" => Section::BundledWith,
        _ => Section::Other,
    }
}

/// `rack (2.2.3)` as `rack` and `2.2.3`.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let (name, version) = line.split_once(" (")?;
    Some((name, version.strip_suffix(')')?))
}

/// The name of `rails (~> 7.0)` and of `rails!`.
fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap_or(line).trim_end_matches('!')
}
