//! The words of the command line.

mod advisories;
mod check;
mod image;
mod inventory;
mod policy;
mod record;
mod serve;
mod vex;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, Styles, styling::AnsiColor};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use advisories::AdvisoriesVerb;
pub use check::CheckArgs;
pub use image::{ImageVerb, ImageVerifyArgs, ImportPolicyArgs, VerifyBundleArgs};
pub use inventory::{InventoryVerb, WhoHasArgs};
pub use policy::{DocsFormat, PolicySuiteArgs, PolicyTestArgs, PolicyVerb};
pub use record::{AtServer, DecisionVerb, PageArgs, ScorecardVerb};
pub use serve::ServeArgs;
pub use vex::VexVerb;

use crate::config::{Flags, keys};

/// How help and errors of usage are coloured.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// May this release of this service go to this environment? Answers with reasons, and writes the answer down.
#[derive(Debug, Parser)]
#[command(
    name = "goldgate",
    version,
    styles = STYLES,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        goldgate check deploy/                     may these go to production?\n  \
        goldgate check deploy/ -o sarif > r.sarif  the same, for a code scanner's page\n  \
        goldgate explain K8S-RUN-AS-ROOT           what a policy asks, and why\n  \
        goldgate init                              configuration, a first rule, CI\n\n\
        Exit codes: 0 allow, 1 deny, 2 could not decide or bad usage."
)]
pub struct Cli {
    /// Flags that every verb knows.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags that every verb knows. Each is also a variable and a key of `goldgate.yaml`.
#[derive(Args, Debug)]
#[command(next_help_heading = "Common options (each also as GOLDGATE_… and in goldgate.yaml)")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Common {
    /// Policies beside the built-in ones: a folder or a file; may be repeated
    #[arg(long, global = true, value_name = "DIR|FILE")]
    pub bundle: Vec<String>,
    /// Only the policies named with --bundle
    #[arg(long, global = true)]
    pub no_builtin: bool,
    /// Configuration file [default: goldgate.yaml here or above, up to the repository's root]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the embedded record [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<String>,
    /// Whom to trust for which image (docs/images.md); without it images are not looked at
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_images")]
    pub images: Option<String>,
    /// Look at no image: for runs without a network
    #[arg(long, global = true)]
    pub no_images: bool,
    /// Where the release shall go [default: production]
    #[arg(long, short = 'e', global = true, value_name = "NAME")]
    pub environment: Option<String>,
    /// What makes the exit code 1 [default: deny]
    #[arg(long, global = true, value_name = "WHAT", value_parser = PossibleValuesParser::new(["deny", "warn", "never"]))]
    pub fail_on: Option<String>,
    /// When to colour [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: Option<String>,
    /// Say only what was asked for
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: what was read, which policies, how long each step took
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

impl Common {
    /// The flags as a source of the configuration.
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        flags.config.clone_from(&self.config);
        flags.set_all(&keys::BUNDLE, self.bundle.clone());
        flags.switch(&keys::NO_BUILTIN, self.no_builtin);
        flags.set(&keys::DATA, self.data.clone());
        flags.set(&keys::IMAGES, self.images.clone());
        flags.switch(&keys::NO_IMAGES, self.no_images);
        flags.set(&keys::ENVIRONMENT, self.environment.clone());
        flags.set(&keys::FAIL_ON, self.fail_on.clone());
        flags.set(&keys::COLOR, self.color.clone());
        flags.switch(&keys::QUIET, self.quiet);
        flags.switch(&keys::VERBOSE, self.verbose);
        flags
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge manifests before they are deployed
    Check(CheckArgs),
    /// Answer checks and admission reviews as a server
    Serve(ServeArgs),
    /// Explain a policy, or why a decision came out so
    Explain(ExplainArgs),
    /// Where services stand
    #[command(arg_required_else_help = true)]
    Scorecard(AtServer<ScorecardVerb>),
    /// What was decided
    #[command(arg_required_else_help = true)]
    Decision(AtServer<DecisionVerb>),
    /// Look at, check and test policies
    #[command(subcommand, arg_required_else_help = true)]
    Policy(PolicyVerb),
    /// Look at images: who signed them, what is attested
    #[command(subcommand, arg_required_else_help = true)]
    Image(ImageVerb),
    /// What is known to be bad about components: import it, see how old it is
    #[command(subcommand, arg_required_else_help = true)]
    Advisories(AdvisoriesVerb),
    /// What suppliers say of vulnerabilities in their products: take it in, list it, forget it
    #[command(subcommand, arg_required_else_help = true)]
    Vex(VexVerb),
    /// What runs where, and which services contain a component
    #[command(arg_required_else_help = true)]
    Inventory(AtServer<InventoryVerb>),
    /// Write a configuration, a first rule with its test, and CI snippets
    Init(InitArgs),
    /// Print the completions of a shell
    #[command(after_help = "Examples:\n  \
        goldgate completions bash > /etc/bash_completion.d/goldgate\n  \
        goldgate completions fish > ~/.config/fish/completions/goldgate.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Look at the configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigVerb),
}

/// How a decision is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with source excerpts
    #[default]
    Human,
    /// The whole decision
    Json,
    /// SARIF 2.1.0, for code scanners' pages
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// Workflow commands of GitHub Actions
    Github,
}

/// How lists and details are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// `explain`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    goldgate explain K8S-RUN-AS-ROOT\n  \
    goldgate explain K8S-RUN-AS-ROOT deploy/\n  \
    goldgate explain 0199b2c4-7a51-7c1e-9d55-2f0f3c1b8a77\n  \
    goldgate explain K8S-RUN-AS-ROOT --server https://goldgate.example")]
pub struct ExplainArgs {
    /// A policy's code, or a decision's id
    #[arg(value_name = "CODE|DECISION")]
    pub what: String,
    /// What to ask the policy about: it is shown statement by statement, and nothing is decided or recorded
    #[arg(value_name = "PATH", conflicts_with = "server")]
    pub paths: Vec<String>,
    /// An image to ask the policy about; may be repeated
    #[arg(long, value_name = "REF", conflicts_with = "server")]
    pub image: Vec<String>,
    /// A bill of materials to ask the policy about, by file or by the digest of a kept one; may be repeated
    #[arg(long, value_name = "FILE|DIGEST", conflicts_with = "server")]
    pub sbom: Vec<String>,
    /// Ask this server instead of the policies and the record here
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// How to print it
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ListFormat,
}

/// `init`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  goldgate init\n  goldgate init services/checkout\n\n\
    A file that is already there is left as it is.")]
pub struct InitArgs {
    /// Where
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// What is in force, and where each value came from
    #[command(
        after_help = "Examples:\n  goldgate config show\n  GOLDGATE_ENVIRONMENT=staging goldgate config show -o json"
    )]
    Show {
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_command_line_fit_together() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
