//! `scorecard`: where services stand.

use crate::cli::archive::{self, Archive};
use crate::cli::args::{ListFormat, PageArgs, ScorecardVerb};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::{json as json_format, scorecard as page, table};
use crate::cli::session::Session;
use crate::cli::worker;
use crate::config::Origin;
use crate::domain::scorecard::Scorecard;
use crate::domain::service::{Environment, ServiceRef};
use crate::record::{PageRequest, ScorecardFilter};

/// Runs the verb.
///
/// # Errors
/// When there is no such scorecard, or the record cannot be read.
pub fn run(session: &Session, verb: &ScorecardVerb) -> Result<Exit, Failure> {
    let text = match verb {
        ScorecardVerb::Show { service, format } => show(session, &service.parse()?, *format)?,
        ScorecardVerb::List { team, system, level, page } => {
            let filter = ScorecardFilter {
                team: team.clone(),
                system: system.clone(),
                level: level.clone(),
                environment: named_environment(session),
            };
            list(session, filter, page)?
        }
        ScorecardVerb::History { service, page } => history(session, &service.parse()?, page)?,
    };
    session.printer.out(&text)?;
    Ok(Exit::Allow)
}

/// The environment as a condition of a list: the default is none.
pub fn named_environment(session: &Session) -> Option<Environment> {
    let setting = &session.config.environment;
    match setting.origin {
        Origin::Flag(_) => Some(setting.value.clone()),
        Origin::Default | Origin::File { .. } | Origin::Variable(_) => None,
    }
}

/// Which page is asked for.
pub fn page_request(page: &PageArgs) -> PageRequest {
    PageRequest { size: page.limit, token: page.page_token.clone() }
}

fn show(session: &Session, service: &ServiceRef, format: ListFormat) -> Result<String, Failure> {
    let environment = &session.config.environment.value;
    let found = worker::run(|| async move {
        let archive = Archive::open(session).await?;
        Ok::<_, Failure>(archive.scorecard(service, environment).await?)
    })?;
    let Some(card) = found else {
        return Err(unknown(service, environment).into());
    };
    Ok(match format {
        ListFormat::Human => page::render(&card, session.printer.look()),
        ListFormat::Json => json_format::pretty(card.as_ref()),
    })
}

fn unknown(service: &ServiceRef, environment: &Environment) -> Complaint {
    let message = format!("there is no scorecard of `{service}` in `{environment}`");
    Complaint::new(message, "`goldgate scorecard list` shows which there are")
}

fn list(session: &Session, filter: ScorecardFilter, page: &PageArgs) -> Result<String, Failure> {
    let (environment, level) = (filter.environment.clone(), filter.level.clone());
    let found = worker::run(|| async move {
        let archive = Archive::open(session).await?;
        Ok::<_, Failure>(archive.scorecards(filter, page_request(page)).await?)
    })?;
    if found.items.is_empty() {
        archive::know(session, environment.as_ref(), level.as_deref())?;
    }
    if page.format == ListFormat::Json {
        return Ok(json_format::page(&found.items, found.next.as_deref()));
    }
    let row = |card: &std::sync::Arc<Scorecard>| {
        let next = card.next.first();
        vec![
            card.service.to_string(),
            card.environment.to_string(),
            page::points(card.score),
            card.level.clone(),
            next.map(|next| format!("{}: {}", next.level, next.missing.len())).unwrap_or_default(),
            card.team.clone(),
            table::moment(card.time),
        ]
    };
    let rows: Vec<Vec<String>> = found.items.iter().map(row).collect();
    let head = ["SERVICE", "ENVIRONMENT", "SCORE", "LEVEL", "MISSING", "TEAM", "MOVED"];
    let text = table::render(&head, &rows, session.printer.look());
    if rows.is_empty() {
        session.printer.note("no scorecard matches");
    }
    more(session, found.next.as_deref());
    Ok(text)
}

fn history(session: &Session, service: &ServiceRef, page: &PageArgs) -> Result<String, Failure> {
    let environment = &session.config.environment.value;
    let found = worker::run(|| async move {
        let archive = Archive::open(session).await?;
        Ok::<_, Failure>(archive.scorecard_history(service, environment, page_request(page)).await?)
    })?;
    if found.items.is_empty() && page.page_token.is_empty() {
        return Err(unknown(service, environment).into());
    }
    if page.format == ListFormat::Json {
        return Ok(json_format::page(&found.items, found.next.as_deref()));
    }
    let rows: Vec<Vec<String>> = found
        .items
        .iter()
        .map(|point| {
            vec![
                table::moment(point.time),
                page::points(point.score),
                point.level.clone(),
                point.decision.to_string(),
            ]
        })
        .collect();
    let text =
        table::render(&["TIME", "SCORE", "LEVEL", "DECISION"], &rows, session.printer.look());
    more(session, found.next.as_deref());
    Ok(text)
}

/// Says how to see the rest of a list.
pub fn more(session: &Session, next: Option<&str>) {
    if let Some(token) = next {
        session.printer.note(&format!("there is more: add `--page-token {token}`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_page_is_still_a_page() {
        let shown: serde_json::Value =
            serde_json::from_str(&json_format::page(&Vec::<u8>::new(), None)).unwrap();
        assert_eq!(shown, serde_json::json!({ "items": [], "nextPageToken": "" }));
    }
}
