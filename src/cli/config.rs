//! `config`: what is in force, and where each value came from.

use serde_json::json;

use crate::cli::args::{ConfigVerb, ListFormat};
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::local;
use crate::cli::print::{json as json_format, table};
use crate::cli::session::Session;
use crate::config::{Config, Shown};
use crate::intake;

/// Runs the verb.
///
/// # Errors
/// When standard output cannot be written to.
pub fn run(session: &Session, verb: &ConfigVerb) -> Result<Exit, Failure> {
    let ConfigVerb::Show { format } = verb;
    // Addresses may hold a token; what stands in its place differs from call to call.
    let salt = local::salt(None)?;
    let shown = |setting: &Shown| setting.value.as_ref().map(|value| intake::hidden(value, &salt));
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

fn json_of(config: &Config, shown: impl Fn(&Shown) -> Option<String>) -> String {
    let settings = config.shown.iter().map(|setting| {
        json!({ "name": setting.name, "value": shown(setting), "from": setting.origin.to_string() })
    });
    json_format::pretty(&json!({
        "file": config.file.as_ref().map(|file| file.display().to_string()),
        "settings": settings.collect::<Vec<_>>(),
    }))
}
