//! What follows an import: what runs is judged again, here or by the server that keeps watch.

use std::sync::Arc;

use crate::app;
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::local;
use crate::cli::print::{table, text};
use crate::cli::session::Session;
use crate::domain::clock::SystemClock;
use crate::domain::decision::Decision;
use crate::gate::{Gate, Lanes, WatchReport};
use crate::record::sqlite::{SqliteStore, Turn};
use crate::record::{Inventory as _, Store};

/// Decisions that are listed; the rest are a number.
const LISTED: usize = 20;

/// Judges again what runs and says what came of it. The import stands whatever happens here.
pub(super) fn after_import(session: &Session) {
    match rejudged(session) {
        Ok(told) => {
            if let Some(told) = told {
                session.printer.note(told.trim_end());
            }
        }
        Err(failure) => {
            let message = format!("what runs was not judged again: {}", failure.lines());
            let help = "mend that and import again, or start `goldgate serve`, which keeps watch";
            session.printer.warning(&Complaint::new(message, help));
        }
    }
}

/// What is to be told; none without a record, or when nothing runs.
fn rejudged(session: &Session) -> Result<Option<String>, Failure> {
    let config = &session.config;
    let Some(folder) = config.data.value.as_ref().filter(|it| SqliteStore::file_in(it).exists())
    else {
        return Ok(None);
    };
    let Some(_turn) = Turn::take(folder)? else {
        let told = "a server keeps watch over this record: it judges again what runs";
        return Ok(Some(told.to_owned()));
    };
    let runtime = app::runtime()?;
    let store = local::store(config)?;
    let told = if runtime.block_on(store.held())?.is_empty() {
        None
    } else {
        let gate = Arc::new(gate(session, Arc::clone(&store) as Arc<dyn Store>)?);
        let report = runtime.block_on(gate.rejudge(Lanes::All))?;
        Some(told(session, &report))
    };
    runtime.block_on(store.close())?;
    Ok(told)
}

/// A gate over the record, with what is known of components here.
pub(super) fn gate(session: &Session, store: Arc<dyn Store>) -> Result<Gate, Failure> {
    let config = &session.config;
    let revision = local::revision(session)?;
    let sources = local::boxed(config, None, Vec::new());
    let salt = local::salt(config.data.value.as_deref())?;
    let limits = local::limits(&config.limits);
    let gate = Gate::new(limits, sources, revision, Some(store), Arc::new(SystemClock), salt);
    Ok(gate.with_lasting_record(config.lasting_record.value))
}

fn told(session: &Session, report: &WatchReport) -> String {
    let n_changed = report.decisions.len();
    if n_changed == 0 {
        return "nothing new about what runs".to_owned();
    }
    let row = |decision: &Arc<Decision>| {
        vec![
            decision.verdict.to_string(),
            decision.service.as_ref().map_or("-".to_owned(), ToString::to_string),
            decision.environment.to_string(),
            decision.summary.deny.to_string(),
            decision.summary.warn.to_string(),
            decision.id.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = report.decisions.iter().take(LISTED).map(row).collect();
    let head = ["VERDICT", "SERVICE", "ENVIRONMENT", "DENY", "WARN", "DECISION"];
    let table = table::render(&head, &rows, session.printer.look());
    let more = n_changed.saturating_sub(LISTED);
    let more = if more == 0 { String::new() } else { format!("and {more} more\n") };
    let verb = if n_changed == 1 { "stands" } else { "stand" };
    let of = text::counted(n_changed, "running release");
    format!("{of} {verb} otherwise than before; nothing was stopped\n{table}{more}")
}
