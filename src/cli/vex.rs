//! `vex`: what suppliers say of vulnerabilities in their products.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;

use crate::cli::args::{ListFormat, VexVerb};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::local;
use crate::cli::print::{json, table, text};
use crate::cli::session::Session;
use crate::cli::watch;
use crate::domain::clock::{Clock as _, SystemClock, Timestamp};
use crate::domain::error::Error;
use crate::domain::vex::{VexDocument, VexTrust, Voucher};
use crate::evidence::vex::store::{self, Taken};
use crate::evidence::vex::{self, Held};

/// Bytes of one document: suppliers write a few of them, and a whole catalogue is many documents.
const MAX_BYTES: u64 = 64 << 20;

/// Runs the verb.
///
/// # Errors
/// When a document cannot be read, or what was taken in cannot be.
pub fn run(session: &Session, verb: &VexVerb) -> Result<Exit, Failure> {
    match verb {
        VexVerb::Import { paths } => import(session, paths),
        VexVerb::List { format } => list(session, *format),
        VexVerb::Remove { ids } => remove(session, ids),
    }
}

/// The documents that were named for one run; who names them vouches for them.
///
/// # Errors
/// Everything that cannot be read, at once.
pub fn named(session: &Session, paths: &[String]) -> Result<Vec<Held>, Failure> {
    let held = read_all(session, paths)?.into_iter().map(|(source, document)| Held {
        document,
        voucher: Voucher::Operator,
        source,
        subject: None,
    });
    Ok(held.collect())
}

fn file(session: &Session) -> Result<PathBuf, Error> {
    local::vex_file(&session.config).ok_or_else(local::no_folder)
}

/// Every document; what had to be left out of one is a warning.
fn read_all(session: &Session, paths: &[String]) -> Result<Vec<(String, VexDocument)>, Failure> {
    let (mut documents, mut complaints) = (Vec::new(), Vec::new());
    for path in paths {
        match read(path) {
            Ok(document) => {
                for fault in &document.skipped {
                    let message = format!("`{path}`: {fault}");
                    let help = "this statement was left out; tell its author, or mend it";
                    session.printer.warning(&Complaint::new(message, help));
                }
                documents.push((path.clone(), document));
            }
            Err(complaint) => complaints.push(*complaint),
        }
    }
    if complaints.is_empty() { Ok(documents) } else { Err(Failure::from(complaints)) }
}

fn read(path: &str) -> Result<VexDocument, Box<Complaint>> {
    let unreadable = |cause: std::io::Error| {
        let help = "name a file that exists and that you may read";
        Box::new(Complaint::new(format!("cannot read `{path}`: {cause}"), help))
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_BYTES {
        let message = format!("`{path}` has {length} bytes, the limit is {MAX_BYTES}");
        return Err(Box::new(Complaint::new(message, "name one document")));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let Ok(text) = String::from_utf8(bytes) else {
        let complaint = Complaint::new(format!("`{path}` is not UTF-8"), "save it as UTF-8");
        return Err(Box::new(complaint));
    };
    let refused = |why: String| {
        let help = "name an OpenVEX, CycloneDX or CSAF 2.0 VEX document in JSON";
        Box::new(Complaint::new(format!("`{path}` cannot be read as VEX: {why}"), help))
    };
    let document = vex::read(&text).map_err(|fault| refused(fault.to_string()))?;
    // An empty document would take the place of a good one of the same id.
    if document.statements.is_empty() {
        let first = document.skipped.first().map(ToString::to_string);
        return Err(refused(first.unwrap_or_else(|| "it has no statement".to_owned())));
    }
    Ok(document)
}

fn import(session: &Session, paths: &[String]) -> Result<Exit, Failure> {
    let file = file(session)?;
    let now = SystemClock.now();
    let newer = read_all(session, paths)?;
    let newer = newer.into_iter().map(|(source, document)| Taken { source, time: now, document });
    let newer: Vec<Taken> = newer.collect();
    let trust = &session.config.vex;
    for taken in &newer {
        if let Some(objection) = trust.objection(&Voucher::Operator, &taken.document.author) {
            let message = format!("`{}` will not count: {objection}", taken.source);
            let help = "add the author to `vex.authors` in goldgate.yaml";
            session.printer.warning(&Complaint::new(message, help));
        }
    }
    let (n_documents, n_statements) =
        (newer.len(), newer.iter().map(|taken| taken.document.statements.len()).sum::<usize>());
    let documents = store::joined(store::read(&file)?, newer);
    local::data_folder(&session.config)?;
    store::write(&file, &documents)?;
    session.printer.out(&format!(
        "took in {} with {}; {} in force in {}\n",
        text::counted(n_documents, "document"),
        text::counted(n_statements, "statement"),
        documents.len(),
        file.display()
    ))?;
    watch::after_import(session);
    Ok(Exit::Allow)
}

fn remove(session: &Session, ids: &[String]) -> Result<Exit, Failure> {
    let file = file(session)?;
    let documents = store::read(&file)?;
    let known: BTreeSet<&str> = documents.iter().map(|taken| taken.document.id.as_ref()).collect();
    if let Some(unknown) = ids.iter().find(|id| !known.contains(id.as_str())) {
        let help = "`goldgate vex list` shows the ids that there are";
        return Err(Complaint::new(format!("there is no document `{unknown}`"), help).into());
    }
    let n_before = documents.len();
    let kept: Vec<Taken> = documents
        .into_iter()
        .filter(|taken| !ids.iter().any(|id| *id == *taken.document.id))
        .collect();
    store::write(&file, &kept)?;
    let n_removed = n_before - kept.len();
    session.printer.out(&format!("removed {}\n", text::counted(n_removed, "document")))?;
    watch::after_import(session);
    Ok(Exit::Allow)
}

/// One document as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'t> {
    id: &'t str,
    author: &'t str,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Timestamp>,
    taken: Timestamp,
    source: &'t str,
    n_statements: usize,
    n_left_out: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    objection: Option<String>,
}

impl<'t> Line<'t> {
    fn of(taken: &'t Taken, trust: &VexTrust) -> Self {
        let Taken { source, time, document } = taken;
        Self {
            id: &document.id,
            author: &document.author,
            format: document.format.as_str(),
            time: document.time,
            taken: *time,
            source,
            n_statements: document.statements.len(),
            n_left_out: document.skipped.len(),
            objection: trust.objection(&Voucher::Operator, &document.author),
        }
    }
}

fn list(session: &Session, format: ListFormat) -> Result<Exit, Failure> {
    let documents = store::read(&file(session)?)?;
    let lines: Vec<Line<'_>> =
        documents.iter().map(|taken| Line::of(taken, &session.config.vex)).collect();
    let text = match format {
        ListFormat::Json => json::pretty(&lines),
        ListFormat::Human if lines.is_empty() => {
            "no document was taken in; `goldgate vex import FILE…` does it\n".to_owned()
        }
        ListFormat::Human => {
            let row = |line: &Line<'_>| {
                vec![
                    line.id.to_owned(),
                    line.author.to_owned(),
                    line.format.to_owned(),
                    line.n_statements.to_string(),
                    table::moment(line.taken),
                    line.objection.clone().unwrap_or_else(|| "counts".to_owned()),
                ]
            };
            let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
            let heads = ["ID", "AUTHOR", "FORMAT", "STATEMENTS", "TAKEN IN", "COUNTS"];
            table::render(&heads, &rows, session.printer.look())
        }
    };
    session.printer.out(&text)?;
    Ok(Exit::Allow)
}
