//! `requirements.txt`: what is pinned in it, and what is not.
//!
//! Source: pip.pypa.io/en/stable/reference/requirements-file-format; PEP 508.

use super::index::Index;
use super::{Bill, poetry_lock};
use crate::domain::sbom::SbomFormat;

/// One requirement with the lines it goes on over.
struct Line {
    number: usize,
    text: String,
    /// What asked for it, as the programs that write such files say it in comments.
    via: Vec<String>,
}

/// Reads a file. A line that pins no version is a component without one, so that it counts as affected, and it is said.
pub(super) fn read(text: &str) -> Bill {
    let mut bill = Bill::new(SbomFormat::Requirements, "");
    let mut index = Index::default();
    let lines = logical_lines(text);
    let mut read: Vec<(usize, &Line)> = Vec::new();
    for line in &lines {
        let (number, text) = (line.number, line.text.as_str());
        if let Some(option) = text.strip_prefix('-') {
            let elsewhere = ["r ", "-requirement", "c ", "-constraint", "e ", "-editable"];
            if elsewhere.iter().any(|name| option.starts_with(name)) {
                bill.leave_out(format!("line {number} names something else: `{text}`"));
            }
            continue;
        }
        let Some((name, rest)) = name_of(text) else {
            bill.leave_out(format!("line {number} is no requirement: `{}`", shortened(text)));
            continue;
        };
        let version = pinned(rest);
        if version.is_none() {
            bill.leave_out(format!("line {number} pins no version: `{}`", shortened(text)));
        }
        let version = version.unwrap_or_default();
        let component = poetry_lock::component(name, version, true);
        read.push((index.add(&mut bill, version, component), line));
    }
    for (own, line) in read {
        let mut is_direct = line.via.is_empty();
        for parent in &line.via {
            match index.find(&poetry_lock::normal(parent), None) {
                Some(parent) => bill.add_edges(parent, [own]),
                // The project itself, or the file that it asks in.
                None => is_direct = true,
            }
        }
        if is_direct {
            bill.direct.push(own);
        }
    }
    bill
}

/// Lines without comments, those that go on joined.
fn logical_lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let (mut goes_on, mut says_via) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            let comment = comment.trim();
            let parent = match comment.strip_prefix("via") {
                Some(parent) => {
                    says_via = true;
                    parent.trim()
                }
                None => comment,
            };
            if let Some(last) = lines.last_mut().filter(|_| says_via && !parent.is_empty()) {
                last.via.push(parent.split(" (").next().unwrap_or(parent).to_owned());
            }
            continue;
        }
        says_via = false;
        let line = line.split(" #").next().unwrap_or(line).trim_end();
        let (line, more) = match line.strip_suffix('\\') {
            Some(line) => (line.trim_end(), true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some(open) => {
                open.text.push(' ');
                open.text.push_str(line);
            }
            None if line.is_empty() => {}
            None => {
                lines.push(Line { number: index + 1, text: line.to_owned(), via: Vec::new() });
            }
        }
        goes_on = more;
    }
    lines
}

/// The name in front, and what stands behind it and its extras.
fn name_of(line: &str) -> Option<(&str, &str)> {
    let is_of_name = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    let end = line.find(|char| !is_of_name(char)).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end)?;
    let is_edge = |char: char| char.is_ascii_alphanumeric();
    if !(name.starts_with(is_edge) && name.ends_with(is_edge)) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    // Prose is no requirement: behind a name stand only these.
    let goes_on = ["=", "~", "!", "<", ">", ";", "@", "(", "--"];
    let is_requirement = rest.is_empty() || goes_on.iter().any(|sign| rest.starts_with(sign));
    is_requirement.then_some((name, rest))
}

/// The version of `==1.2.3`, and of nothing that leaves a choice.
fn pinned(rest: &str) -> Option<&str> {
    let specifiers = rest.split([';', '@']).next()?.split(" --").next()?.trim();
    let specifiers = specifiers.trim_start_matches('(').trim_end_matches(')').trim();
    let version = specifiers.strip_prefix("===").or_else(|| specifiers.strip_prefix("=="))?.trim();
    let is_one = !version.is_empty() && !version.contains(['*', ',', '<', '>', '!', '~', ' ']);
    is_one.then_some(version)
}

fn shortened(line: &str) -> String {
    const MAX_CHARS: usize = 80;
    line.chars().take(MAX_CHARS).collect()
}
