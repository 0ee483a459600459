//! The words of `inventory`.

use clap::{Args, Subcommand};

use super::{ListFormat, PageArgs};

/// `inventory …`
#[derive(Debug, Subcommand)]
pub enum InventoryVerb {
    /// Which services contain a component
    #[command(after_help = "Examples:\n  \
        goldgate inventory who-has 'pkg:cargo/openssl@<0.10.66'\n  \
        goldgate inventory who-has 'pkg:npm/lodash@>=4.0.0,<4.17.21' -e production\n  \
        goldgate inventory who-has 'pkg:deb/debian/openssl@<3.0.11-1~deb12u2?distro=debian-12' -o json\n  \
        goldgate inventory who-has pkg:maven/org.apache.logging.log4j/log4j-core --server https://goldgate.example\n\n\
        The range is a list of bounds (`<`, `<=`, `>`, `>=`, `=`, `!=`) with commas between them, compared in the order of\n\
        the component's ecosystem; without one every version counts. A version that is missing or cannot be compared is\n\
        listed too, and said to be unsure.\n\n\
        Exit codes: 0 answered, also when nobody has it; 2 the question or the record cannot be read.")]
    WhoHas(WhoHasArgs),
    /// What runs where, as the newest decision that let it in says
    #[command(after_help = "Examples:\n  goldgate inventory list -e production\n  \
        goldgate inventory list --team group:default/shop -o json")]
    List {
        /// Only of this service
        #[arg(long)]
        service: Option<String>,
        /// Only of services of this owner
        #[arg(long)]
        team: Option<String>,
        /// Which page
        #[command(flatten)]
        page: PageArgs,
    },
    /// The components of a service that runs
    #[command(after_help = "Examples:\n  goldgate inventory show checkout\n  \
        goldgate inventory show checkout -e staging -o json")]
    Show {
        /// The service
        service: String,
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
}

/// `inventory who-has`
#[derive(Args, Debug)]
pub struct WhoHasArgs {
    /// A package URL, and behind `@` a range of versions
    #[arg(value_name = "PURL-RANGE")]
    pub component: String,
    /// Only in services of this owner
    #[arg(long)]
    pub team: Option<String>,
    /// At most this many lines [default: all of them]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// How to print it
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ListFormat,
}
