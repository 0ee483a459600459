//! `config`: what is in force, and where each value came from.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::cli::args::{ConfigVerb, ListFormat};
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::local;
use crate::cli::print::{json as json_format, table};
use crate::cli::serve;
use crate::cli::session::Session;
use crate::config::{Config, Shown};
use crate::intake;
use crate::policy::{COMPARE_ONE_IN, LoadOptions};

/// Runs the verb.
///
/// # Errors
/// When standard output cannot be written to.
pub fn run(session: &Session, verb: &ConfigVerb) -> Result<Exit, Failure> {
    let ConfigVerb::Show { format } = verb;
    // Addresses may hold a token; what stands in its place differs from call to call.
    let salt = local::salt(None)?;
    let bounds = bounds(&session.config);
    let shown = |setting: &Shown| match &setting.value {
        Some(value) => Some(intake::hidden(value, &salt)),
        None => bounds.get(setting.name).cloned(),
    };
    let text = match format {
        ListFormat::Human => {
            let rows: Vec<Vec<String>> = session
                .config
                .shown
                .iter()
                .map(|setting| {
                    let value = shown(setting).unwrap_or_else(|| "-".to_owned());
                    vec![setting.name.to_owned(), value, setting.origin.to_string()]
                })
                .collect();
            table::render(&["SETTING", "VALUE", "FROM"], &rows, session.printer.look())
        }
        ListFormat::Json => json_of(&session.config, shown),
    };
    session.printer.out(&text)?;
    Ok(Exit::Allow)
}

/// The bounds in force where none is set: the rooms know their own defaults.
fn bounds(config: &Config) -> BTreeMap<&'static str, String> {
    let read = local::limits(&config.limits);
    let served = serve::options(&config.serve);
    let millis = |duration: Duration| duration.as_millis().to_string();
    let count = |bound: usize| bound.to_string();
    BTreeMap::from([
        ("limits.maxFileBytes", count(read.max_file_bytes)),
        ("limits.maxTotalBytes", count(read.max_total_bytes)),
        ("limits.maxFiles", count(read.max_files)),
        ("limits.maxResources", count(read.max_resources)),
        ("limits.maxComponents", count(read.max_components)),
        ("limits.maxDepth", count(read.document.max_depth)),
        ("limits.maxNodes", count(read.document.max_nodes)),
        ("limits.maxScalarBytes", count(read.document.max_scalar_bytes)),
        ("limits.maxDocuments", count(read.document.max_documents)),
        ("policy.timeoutMs", millis(LoadOptions::default().budget)),
        ("policy.requestTimeoutMs", millis(LoadOptions::default().request_budget)),
        ("policy.compareOneIn", COMPARE_ONE_IN.to_string()),
        ("advisories.refreshMs", millis(local::REFRESH_EVERY)),
        ("serve.maxMessageBytes", count(served.limits.max_message_bytes)),
        ("serve.maxBufferedBytes", count(served.limits.max_buffered_bytes)),
        ("serve.maxInFlight", count(served.limits.max_in_flight)),
        ("serve.maxWatchers", count(served.limits.max_watchers)),
        ("serve.batchConcurrency", count(served.limits.batch_concurrency)),
        ("serve.maxConnections", count(served.max_connections)),
        ("serve.deadlineMs", millis(served.limits.deadline)),
        ("serve.graceMs", millis(served.grace)),
    ])
}

fn json_of(config: &Config, shown: impl Fn(&Shown) -> Option<String>) -> String {
    let settings = config.shown.iter().map(|setting| {
        json!({ "name": setting.name, "value": shown(setting), "from": setting.origin.to_string() })
    });
    json_format::pretty(&json!({
        "file": config.file.as_ref().map(|file| file.display().to_string()),
        "settings": settings.collect::<Vec<_>>(),
    }))
}
