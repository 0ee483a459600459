//! `decision`: what was decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cli::archive::{self, Archive};
use crate::cli::args::{DecisionVerb, Format, ListFormat, PageArgs};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::excerpt::Excerpts;
use crate::cli::print::{self, Keeping, Report, json as json_format, table};
use crate::cli::scorecard::{more, named_environment, page_request};
use crate::cli::session::Session;
use crate::cli::worker;
use crate::domain::code::Code;
use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::record::DecisionFilter;

/// Runs the verb.
///
/// # Errors
/// When there is no such decision, or the record cannot be read.
pub fn run(session: &Session, verb: &DecisionVerb) -> Result<Exit, Failure> {
    let text = match verb {
        DecisionVerb::List { service, team, verdict, code, since, page } => {
            let filter = DecisionFilter {
                service: service.as_deref().map(str::parse).transpose()?,
                team: team.clone(),
                environment: named_environment(session),
                verdict: verdict.as_deref().map(|verdict| match verdict {
                    "allow" => Verdict::Allow,
                    _ => Verdict::Deny,
                }),
                code: code.as_deref().map(str::parse).transpose()?,
                since: since.as_deref().map(str::parse).transpose()?,
                until: None,
            };
            list(session, filter, page)?
        }
        DecisionVerb::Show { id, format } => told(session, id.parse()?, *format, &BTreeMap::new())?,
    };
    session.printer.out(&text)?;
    Ok(Exit::Allow)
}

/// A recorded decision, as `format` prints it.
///
/// # Errors
/// When there is no such decision, or the record cannot be read.
pub fn told(
    session: &Session,
    id: DecisionId,
    format: Format,
    reasons: &BTreeMap<Code, String>,
) -> Result<String, Failure> {
    let found = worker::run(|| async move {
        let archive = Archive::open(session).await?;
        let Some(decision) = archive.decision(id).await? else { return Ok(None) };
        let mut excerpts = Excerpts::default();
        for file in archive.files(&decision).await? {
            excerpts.add_recorded(&file.path, &file.text);
        }
        Ok::<_, Failure>(Some((decision, excerpts)))
    })?;
    let Some((decision, excerpts)) = found else {
        let message = format!("there is no decision `{id}`");
        return Err(
            Complaint::new(message, "`goldgate decision list` shows which there are").into()
        );
    };
    let report = Report {
        decision: &decision,
        files: &[],
        excerpts: &excerpts,
        reasons,
        keeping: Keeping::Read,
    };
    Ok(print::rendered(&report, format, session.printer.look()))
}

fn list(session: &Session, filter: DecisionFilter, page: &PageArgs) -> Result<String, Failure> {
    let environment = filter.environment.clone();
    let found = worker::run(|| async move {
        let archive = Archive::open(session).await?;
        Ok::<_, Failure>(archive.decisions(filter, page_request(page)).await?)
    })?;
    if found.items.is_empty() {
        archive::know(session, environment.as_ref(), None)?;
    }
    if page.format == ListFormat::Json {
        return Ok(json_format::page(&found.items, found.next.as_deref()));
    }
    let row = |decision: &Arc<Decision>| {
        let service = decision.service.as_ref().map_or("-".to_owned(), ToString::to_string);
        vec![
            table::moment(decision.time),
            decision.verdict.to_string(),
            service,
            decision.environment.to_string(),
            decision.summary.deny.to_string(),
            decision.summary.warn.to_string(),
            decision.id.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = found.items.iter().map(row).collect();
    let head = ["TIME", "VERDICT", "SERVICE", "ENVIRONMENT", "DENY", "WARN", "DECISION"];
    let text = table::render(&head, &rows, session.printer.look());
    if rows.is_empty() {
        session.printer.note("no decision matches");
    }
    more(session, found.next.as_deref());
    Ok(text)
}
