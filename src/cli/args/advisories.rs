//! The words of `advisories`.

use clap::Subcommand;

use super::ListFormat;

/// `advisories …`
#[derive(Debug, Subcommand)]
pub enum AdvisoriesVerb {
    /// Take in what databases publish; it replaces what was imported before, as a whole
    #[command(after_help = "Examples:\n  \
        goldgate advisories import advisory-db/                    the RustSec database as cloned\n  \
        goldgate advisories import npm.zip PyPI.zip rustsec.tar.gz OSV exports beside it\n  \
        goldgate advisories import osv/ kev.json epss.csv.gz       with what attackers use\n\n\
        Formats: OSV records (.json, folders, .zip, .tar, .tar.gz, .tar.zst), RustSec (.md), the catalogue of known\n\
        exploited vulnerabilities (.json), exploit probabilities (.csv, .csv.gz). Nothing is fetched.\n\n\
        Exit codes: 0 imported, 2 nothing could be imported; what was in force before stays.")]
    Import {
        /// Folders, archives and files; all of them are one import
        #[arg(value_name = "FILE", required = true)]
        paths: Vec<String>,
        /// Keep what was imported before, and add to it
        #[arg(long)]
        add: bool,
    },
    /// Ask the configured mirrors and look at the configured folder, once, as a server does by itself
    #[command(
        after_help = "What is asked stands in goldgate.yaml: advisories.folder, advisories.mirrors.\n\n\
        Exit codes: 0 the newest is in force, 2 something could not be taken; what was in force before stays."
    )]
    Refresh,
    /// What is in force: how much, how old
    #[command(after_help = "Example:\n  goldgate advisories status -o json")]
    Status {
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
}
