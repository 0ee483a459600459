//! The words of `policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ListFormat;

/// `policy …`
#[derive(Debug, Subcommand)]
pub enum PolicyVerb {
    /// Every policy in force, and what it does here
    #[command(
        after_help = "Examples:\n  goldgate policy list\n  goldgate policy list --bundle policies/ -e staging -o json"
    )]
    List {
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Load bundles as the gate would, and report every fault
    #[command(
        after_help = "Examples:\n  goldgate policy check policies/\n  goldgate policy check\n  \
        goldgate policy check policies/ --strict\n  \
        goldgate policy check gatekeeper-library/ --no-builtin --dialect"
    )]
    Check {
        /// Refuse imports, variables and arguments that nobody uses; else they are warnings
        #[arg(long)]
        strict: bool,
        /// Bundles beside those of the configuration
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Say of each package how it is written: goldgate, conftest, gatekeeper …
        #[arg(long)]
        dialect: bool,
        /// How to print it; `json` says the dialects
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Run the tests of policies
    #[command(after_help = "Examples:\n  goldgate policy test policies/\n  \
        goldgate policy test policies/ --run 'replicas' -v\n  \
        goldgate policy test policies/ --coverage --threshold 90\n\n\
        Exit codes: 0 all passed, 1 a test failed or the coverage is too low, 2 could not run.")]
    Test(PolicyTestArgs),
    /// Run Gatekeeper's test suites (`suite.yaml`) as they are
    #[command(after_help = "Examples:\n  goldgate policy suite library/\n  \
        goldgate policy suite library/general/allowedrepos/suite.yaml -v\n  \
        goldgate policy suite library/ --run 'allowedrepos.*/both' -o json\n\n\
        Exit codes: 0 all passed, 1 a case failed, 2 could not run.")]
    Suite(PolicySuiteArgs),
    /// The manual of every policy, or the schema of what a policy sees
    #[command(after_help = "Examples:\n  goldgate policy docs -o markdown > docs/rules.md\n  \
        goldgate policy docs --schema > input.schema.json")]
    Docs {
        /// Print the JSON Schema of the input document
        #[arg(long)]
        schema: bool,
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: DocsFormat,
    },
    /// The functions of the language, in the form that OPA's tools read
    #[command(after_help = "Examples:\n  goldgate policy capabilities -o json > capabilities.json")]
    Capabilities {
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
}

/// `policy test`
#[derive(Args, Debug)]
pub struct PolicyTestArgs {
    /// Folders and files of policies and tests; only these are loaded
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// How to print the results
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ListFormat,
    /// Data beside them; may be repeated
    #[arg(long, value_name = "PATH")]
    pub policy_data: Vec<PathBuf>,
    /// Say which lines no test runs, and which conditions never hold or never fail
    #[arg(long)]
    pub coverage: bool,
    /// Run every test on the second engine as well, and fail where it comes to another end
    #[arg(long)]
    pub both_engines: bool,
    /// Fail when less than this percentage is covered
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub threshold: Option<u8>,
    /// Only tests whose `package.name` matches
    #[arg(long, value_name = "REGEX")]
    pub run: Option<String>,
}

/// `policy suite`
#[derive(Args, Debug)]
pub struct PolicySuiteArgs {
    /// Suites, and folders with suites in them
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// How to print the results
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ListFormat,
    /// Only cases whose `path/of/suite.yaml/test/case` matches
    #[arg(long, value_name = "REGEX")]
    pub run: Option<String>,
}

/// How a manual is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DocsFormat {
    /// One page of Markdown
    #[default]
    Markdown,
}
