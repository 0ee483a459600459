//! `inventory`: what runs where, and who has which component.

mod change;

use serde::Serialize;

use crate::cli::archive::{self, Archive};
use crate::cli::args::{InventoryVerb, ListFormat, PageArgs, WhoHasArgs};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::{inventory as lines, json as json_format, table};
use crate::cli::scorecard::{more, named_environment, page_request};
use crate::cli::session::Session;
use crate::cli::worker;
use crate::domain::inventory::{Holder, HolderCounts, ReleaseFilter};
use crate::domain::service::ServiceRef;
use crate::gate::inventory::ComponentRange;
use crate::record::PageRequest;

/// Lines that are fetched at a time.
const FETCHED: u32 = 500;

/// Runs the verb.
///
/// # Errors
/// When the question is none, or the record cannot be read.
pub fn run(session: &Session, verb: &InventoryVerb) -> Result<Exit, Failure> {
    let text = match verb {
        InventoryVerb::WhoHas(args) => who_has(session, args)?,
        InventoryVerb::List { service, team, page } => {
            let filter = ReleaseFilter {
                service: service.as_deref().map(str::parse).transpose()?,
                environment: named_environment(session),
                team: team.clone(),
                part: None,
            };
            list(session, filter, page)?
        }
        InventoryVerb::Show { service, format } => show(session, &service.parse()?, *format)?,
        InventoryVerb::Forget { service, dry_run, format } => {
            change::forget(session, &service.parse()?, *dry_run, *format)?
        }
        InventoryVerb::Rebuild { dry_run, format } => change::rebuild(session, *dry_run, *format)?,
    };
    session.printer.out(&text)?;
    Ok(Exit::Allow)
}

/// Who has it, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    component: &'a str,
    items: &'a [Holder],
    #[serde(flatten)]
    counts: HolderCounts,
}

fn who_has(session: &Session, args: &WhoHasArgs) -> Result<String, Failure> {
    let range: ComponentRange = args.component.parse()?;
    let environment = named_environment(session);
    let (holders, counts) = worker::run(|| async {
        let archive = Archive::open(session).await?;
        let (mut holders, mut token) = (Vec::new(), String::new());
        loop {
            let left = args.limit.map_or(FETCHED, |limit| {
                let so_far = u32::try_from(holders.len()).unwrap_or(u32::MAX);
                limit.saturating_sub(so_far).min(FETCHED)
            });
            let page = PageRequest { size: left, token };
            let found = archive
                .who_has(range.clone(), environment.clone(), args.team.clone(), page)
                .await?;
            holders.extend(found.page.items);
            match found
                .page
                .next
                .filter(|_| args.limit.is_none_or(|it| holders.len() < it as usize))
            {
                Some(next) => token = next,
                None => return Ok::<_, Failure>((holders, found.counts)),
            }
        }
    })?;
    if holders.is_empty() {
        archive::know(session, environment.as_ref(), None)?;
    }
    if args.format == ListFormat::Json {
        let component = &range.to_string();
        return Ok(json_format::pretty(&Answer { component, items: &holders, counts }));
    }
    Ok(lines::holders(&holders, counts, &range.to_string(), session.printer.look()))
}

fn list(session: &Session, filter: ReleaseFilter, page: &PageArgs) -> Result<String, Failure> {
    let environment = filter.environment.clone();
    let found = worker::run(|| async move {
        let archive = Archive::open(session).await?;
        Ok::<_, Failure>(archive.releases(filter, page_request(page)).await?)
    })?;
    if found.items.is_empty() {
        archive::know(session, environment.as_ref(), None)?;
    }
    if page.format == ListFormat::Json {
        return Ok(json_format::page(&found.items, found.next.as_deref()));
    }
    let text = lines::releases(&found.items, session.printer.look());
    if found.items.is_empty() {
        session
            .printer
            .note("nothing matches: `goldgate check` of the stage deploy writes what runs");
    }
    more(session, found.next.as_deref());
    Ok(text)
}

fn show(session: &Session, service: &ServiceRef, format: ListFormat) -> Result<String, Failure> {
    let environment = &session.config.environment.value;
    let found = worker::run(|| async move {
        let archive = Archive::open(session).await?;
        let (mut components, mut page) =
            (Vec::new(), PageRequest { size: FETCHED, ..PageRequest::default() });
        loop {
            let found = archive.components(service, environment, page.clone()).await?;
            let Some(found) = found else { return Ok::<_, Failure>(None) };
            components.extend(found.items);
            match found.next {
                Some(next) => page.token = next,
                None => return Ok(Some(components)),
            }
        }
    })?;
    let Some(components) = found else {
        let message = format!("nothing of `{service}` runs in `{environment}`");
        let help = "`goldgate inventory list` shows what runs where";
        return Err(Complaint::new(message, help).into());
    };
    if format == ListFormat::Json {
        return Ok(json_format::page(&components, None));
    }
    if components.is_empty() {
        let help = "it came without a bill or a lock file; hand one in with the next check";
        session.printer.note(help);
    }
    let rows: Vec<Vec<String>> = components
        .iter()
        .map(|component| {
            vec![
                component.package.to_string(),
                lines::version(&component.version),
                component.ecosystem.to_string(),
                lines::way(component.direct, &component.through),
            ]
        })
        .collect();
    Ok(table::render(
        &["COMPONENT", "VERSION", "ECOSYSTEM", "COMES IN"],
        &rows,
        session.printer.look(),
    ))
}
