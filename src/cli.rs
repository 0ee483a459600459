//! Command line: one file per verb. Parses, runs, and says how it ended.

pub mod advisories;
pub mod archive;
pub mod args;
pub mod artifacts;
pub mod check;
pub mod complaint;
pub mod completions;
pub mod config;
pub mod decision;
pub mod exit;
pub mod explain;
pub mod image;
pub mod init;
pub mod inventory;
pub mod local;
pub mod policy;
pub mod print;
pub mod progress;
pub mod scorecard;
pub mod serve;
pub mod session;
pub mod vex;
mod watch;
pub mod worker;

use std::process::ExitCode;

use clap::Parser as _;

use crate::app::telemetry::{self, LogOptions};
use crate::config::{ColorChoice, Variables, keys};
use args::{Cli, Verb};
use complaint::Failure;
use exit::Exit;
use print::Printer;
use session::Session;

/// Runs the command line that this process was started with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return usage_exit(&usage).into(),
    };
    if !matches!(cli.verb, Verb::Serve(_)) {
        // Without it a panic would print what it says, which may hold a secret of what is checked.
        let errors = LogOptions { filter: "error".to_owned(), ..LogOptions::default() };
        let _second_start = telemetry::start(&errors);
    }
    let variables = Variables::of_process();
    let ended = match cli.verb {
        Verb::Completions { shell } => completions::run(first_printer(&cli, &variables), shell),
        Verb::Init(ref args) => init::run(first_printer(&cli, &variables), args),
        Verb::Check(_)
        | Verb::Serve(_)
        | Verb::Explain(_)
        | Verb::Scorecard(_)
        | Verb::Decision(_)
        | Verb::Inventory(_)
        | Verb::Policy(_)
        | Verb::Image(_)
        | Verb::Advisories(_)
        | Verb::Vex(_)
        | Verb::Config(_) => configured(&cli, &variables),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            first_printer(&cli, &variables).failure(&failure);
            Exit::Undecided.into()
        }
    }
}

/// The verbs that need to know the configuration.
fn configured(cli: &Cli, variables: &Variables) -> Result<Exit, Failure> {
    let mut flags = cli.common.flags();
    match &cli.verb {
        Verb::Check(args) => args.add_flags(&mut flags),
        Verb::Serve(args) => args.add_flags(&mut flags),
        Verb::Explain(args) => flags.set(&keys::SERVER, args.server.clone()),
        Verb::Scorecard(args) => args.add_flags(&mut flags),
        Verb::Decision(args) => args.add_flags(&mut flags),
        Verb::Inventory(args) => args.add_flags(&mut flags),
        Verb::Policy(_)
        | Verb::Image(_)
        | Verb::Advisories(_)
        | Verb::Vex(_)
        | Verb::Init(_)
        | Verb::Completions { .. }
        | Verb::Config(_) => {}
    }
    let session = Session::open(&flags, variables)?;
    match &cli.verb {
        Verb::Check(args) => check::run(&session, args),
        Verb::Serve(_) => serve::run(&session),
        Verb::Explain(args) => explain::run(&session, args),
        Verb::Scorecard(args) => scorecard::run(&session, &args.verb),
        Verb::Decision(args) => decision::run(&session, &args.verb),
        Verb::Inventory(args) => inventory::run(&session, &args.verb),
        Verb::Policy(verb) => policy::run(&session, verb),
        Verb::Image(verb) => image::run(&session, verb),
        Verb::Advisories(verb) => advisories::run(&session, verb),
        Verb::Vex(verb) => vex::run(&session, verb),
        Verb::Config(verb) => config::run(&session, verb),
        Verb::Init(args) => init::run(session.printer, args),
        Verb::Completions { shell } => completions::run(session.printer, *shell),
    }
}

/// A printer that knows the flags only: for verbs without configuration, and for faults of the configuration itself.
fn first_printer(cli: &Cli, variables: &Variables) -> Printer {
    let color = match cli.common.color.as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        Some(_) | None => ColorChoice::Auto,
    };
    Printer::new(variables, color, cli.common.quiet, cli.common.verbose)
}

/// Help and version are answers, everything else is bad usage.
fn usage_exit(usage: &clap::Error) -> Exit {
    // A reader that has gone away has read what it wanted.
    let _unheard = usage.print();
    if usage.use_stderr() { Exit::Undecided } else { Exit::Allow }
}
