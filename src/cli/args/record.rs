//! The words of the verbs that read the record.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::{Format, ListFormat};
use crate::config::{Flags, keys};

/// A verb that reads a record: the one here, or a server's.
#[derive(Args, Debug)]
pub struct AtServer<V: Subcommand> {
    /// Ask this server instead of the record here
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// What to read
    #[command(subcommand)]
    pub verb: V,
}

impl<V: Subcommand> AtServer<V> {
    /// Adds what this verb's flags say of the configuration.
    pub fn add_flags(&self, flags: &mut Flags) {
        flags.set(&keys::SERVER, self.server.clone());
    }
}

/// `scorecard …`
#[derive(Debug, Subcommand)]
pub enum ScorecardVerb {
    /// One service: score, level, what is missing, how each policy stands
    #[command(after_help = "Examples:\n  goldgate scorecard show checkout -e production\n  \
        goldgate scorecard show checkout --server https://goldgate.example")]
    Show {
        /// The service
        service: String,
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Every service
    #[command(after_help = "Examples:\n  goldgate scorecard list --team group:default/shop\n  \
        goldgate scorecard list --level none -o json")]
    List {
        /// Only services of this owner
        #[arg(long)]
        team: Option<String>,
        /// Only services of this system
        #[arg(long)]
        system: Option<String>,
        /// Only services that have reached exactly this level
        #[arg(long)]
        level: Option<String>,
        /// Which page
        #[command(flatten)]
        page: PageArgs,
    },
    /// How a service came to where it stands
    #[command(after_help = "Example:\n  goldgate scorecard history checkout --limit 10")]
    History {
        /// The service
        service: String,
        /// Which page
        #[command(flatten)]
        page: PageArgs,
    },
}

/// Which page of a list, and how to print it.
#[derive(Args, Debug)]
pub struct PageArgs {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// Where the page begins, as the page before said
    #[arg(long, value_name = "TOKEN", default_value = "", hide_default_value = true)]
    pub page_token: String,
    /// How to print it
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ListFormat,
}

/// `decision …`
#[derive(Debug, Subcommand)]
pub enum DecisionVerb {
    /// Decisions, newest first
    #[command(
        after_help = "Examples:\n  goldgate decision list --verdict deny --since 2026-11-01\n  \
        goldgate decision list --service checkout --environment staging\n  \
        goldgate decision list --code K8S-RUN-AS-ROOT -o json\n  \
        goldgate decision list --server https://goldgate.example"
    )]
    List {
        /// Only of this service
        #[arg(long)]
        service: Option<String>,
        /// Only of services of this owner
        #[arg(long)]
        team: Option<String>,
        /// Only with this verdict
        #[arg(long, value_parser = PossibleValuesParser::new(["allow", "deny"]))]
        verdict: Option<String>,
        /// Only with a finding of this code
        #[arg(long)]
        code: Option<String>,
        /// Only from this moment on: RFC 3339, or a date
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Which page
        #[command(flatten)]
        page: PageArgs,
    },
    /// One decision
    #[command(
        after_help = "Example:\n  goldgate decision show 0199b2c4-7a51-7c1e-9d55-2f0f3c1b8a77 -o json"
    )]
    Show {
        /// The decision's id
        id: String,
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: Format,
    },
}
