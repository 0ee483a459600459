//! `advisories`: what is known to be bad about components.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::app;
use crate::cli::args::{AdvisoriesVerb, ListFormat};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::local;
use crate::cli::print::{json, table};
use crate::cli::session::Session;
use crate::cli::watch;
use crate::domain::advisory::DatabaseFacts;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::error::Error;
use crate::evidence::advisory::refresh::{Look, RefreshState, Troubles};
use crate::evidence::advisory::{self, ImportLimits, ImportReport, Records, snapshot};

/// Runs the verb.
///
/// # Errors
/// When nothing can be imported, or what was imported cannot be read.
pub fn run(session: &Session, verb: &AdvisoriesVerb) -> Result<Exit, Failure> {
    match verb {
        AdvisoriesVerb::Import { paths, add } => import(session, paths, *add),
        AdvisoriesVerb::Refresh => refresh(session),
        AdvisoriesVerb::Status { format } => status(session, *format),
    }
}

fn file(session: &Session) -> Result<PathBuf, Error> {
    local::advisories_file(&session.config).ok_or_else(local::no_folder)
}

fn import(session: &Session, paths: &[String], add: bool) -> Result<Exit, Failure> {
    let file = file(session)?;
    let (mut records, report) = advisory::import(paths, &ImportLimits::default())?;
    for (name, reason) in &report.bad {
        let message = format!("left out of `{name}`: {reason}");
        session.printer.warning(&Complaint::new(message, "fetch it again, or tell its database"));
    }
    if let Some(more) = report.n_bad.checked_sub(report.bad.len()).filter(|more| *more > 0) {
        session.printer.detail(&format!("{more} more records were left out"));
    }
    let withdraws = add && !report.withdrawn.is_empty();
    if records == Records::default() && !withdraws {
        return Err(nothing_to_import());
    }
    if add && let Some((earlier, ..)) = snapshot::read(&file)? {
        records = joined(earlier, records, &report.withdrawn);
    }
    if records == Records::default() {
        return Err(nothing_to_import());
    }
    local::data_folder(&session.config)?;
    let n_in_force = records.advisories.len();
    snapshot::write(&file, &records, SystemClock.now())?;
    session.printer.out(&told(&report, n_in_force, &file.display().to_string()))?;
    watch::after_import(session);
    Ok(Exit::Allow)
}

fn nothing_to_import() -> Failure {
    let message = "there is no advisory in what was named, so nothing was changed";
    let help = "name what a database publishes, e.g. `advisory-db/` or `all.zip`";
    Complaint::new(message, help).into()
}

fn refresh(session: &Session) -> Result<Exit, Failure> {
    let troubles = Troubles::default();
    let Some(refresh) = local::refresh(&session.config, &troubles)? else {
        let message = "neither a folder nor a mirror of advisories is configured";
        let help = "name one in goldgate.yaml: `advisories: {mirrors: [\"https://…/all.zip\"]}`";
        return Err(Complaint::new(message, help).into());
    };
    let runtime = app::runtime()?;
    let _entered = runtime.enter();
    let asked = refresh.look(true)?;
    // A folder counts once it has stood still between two looks.
    let look = match refresh.folder {
        Some(_) => [asked, refresh.look(false)?].contains(&Look::Swapped),
        None => asked == Look::Swapped,
    };
    for trouble in troubles.told() {
        session
            .printer
            .warning(&Complaint::new(trouble, "mend it; what was in force before stays in force"));
    }
    let said = if look { "other advisories are in force" } else { "there is nothing new" };
    session.printer.out(&format!("{said}\n"))?;
    Ok(if troubles.told().is_empty() { Exit::Allow } else { Exit::Undecided })
}

/// Of equal ids the newer import's stands; what it says is withdrawn goes.
fn joined(earlier: Records, newer: Records, withdrawn: &BTreeSet<Arc<str>>) -> Records {
    let earlier_ones = earlier.advisories.into_iter();
    let kept = earlier_ones.filter(|advisory| !withdrawn.contains(&advisory.id));
    let advisories = kept.chain(newer.advisories);
    let by_id: BTreeMap<_, _> =
        advisories.map(|advisory| (Arc::clone(&advisory.id), advisory)).collect();
    let (mut exploited, mut probabilities) = (earlier.exploited, earlier.probabilities);
    exploited.extend(newer.exploited);
    probabilities.extend(newer.probabilities);
    Records { advisories: by_id.into_values().collect(), exploited, probabilities }
}

fn told(report: &ImportReport, n_in_force: usize, file: &str) -> String {
    let ImportReport { n_advisories, n_skipped, n_exploited, n_probabilities, n_bad, .. } = report;
    let mut text =
        format!("imported {n_advisories} advisories; {n_in_force} are in force in {file}\n");
    let rest = [
        (n_skipped, "withdrawn, or about nothing that a bill lists"),
        (n_exploited, "CVEs known to be exploited"),
        (n_probabilities, "CVEs with a probability"),
        (n_bad, "records that could not be read"),
    ];
    for (n, what) in rest.into_iter().filter(|(n, _)| **n > 0) {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "  {n} {what}");
    }
    text
}

/// What is in force.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'s> {
    file: String,
    loaded: bool,
    #[serde(flatten)]
    database: Option<&'s DatabaseFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_days: Option<i64>,
    /// What keeps newer ones out.
    troubles: &'s [String],
}

fn status(session: &Session, format: ListFormat) -> Result<Exit, Failure> {
    let file = file(session)?;
    let database = snapshot::open(&file)?;
    let facts = database.as_ref().map(advisory::Database::facts);
    let age = facts.map(|facts| SystemClock.now().as_days() - facts.imported.as_days());
    let shown = file.display().to_string();
    let kept = file.with_extension("");
    let troubles = RefreshState::read(&kept).troubles();
    let text = match format {
        ListFormat::Json => json::pretty(&Status {
            file: shown,
            loaded: facts.is_some(),
            database: facts,
            age_days: age,
            troubles: &troubles,
        }),
        ListFormat::Human => match facts {
            None => format!(
                "no advisories are loaded, so components are compared with nothing\n\
                 import them with `goldgate advisories import FILE…`; they are kept in {shown}\n"
            ),
            Some(facts) => human(session, facts, age.unwrap_or_default(), &shown),
        },
    };
    session.printer.out(&text)?;
    if format == ListFormat::Human {
        for trouble in troubles {
            let help = "mend it; what is shown here stays in force meanwhile";
            session.printer.warning(&Complaint::new(trouble, help));
        }
    }
    Ok(Exit::Allow)
}

fn human(session: &Session, facts: &DatabaseFacts, age: i64, file: &str) -> String {
    let imported = table::moment(facts.imported);
    let newest = facts.newest.map_or_else(|| "unknown".to_owned(), table::moment);
    let rows: Vec<Vec<String>> =
        facts.advisories.iter().map(|(family, n)| vec![family.clone(), n.to_string()]).collect();
    format!(
        "imported {imported}, {age} days ago; newest change {newest}\n{file} {}\n\n{}",
        facts.digest,
        table::render(&["ECOSYSTEM", "ADVISORIES"], &rows, session.printer.look())
    )
}
