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
    /// Take a service that was taken down out of the list of what runs
    #[command(after_help = "Examples:\n  goldgate inventory forget checkout --dry-run\n  \
        goldgate inventory forget checkout -e staging\n  \
        goldgate inventory forget component:default/checkout --server https://goldgate.example\n\n\
        Without `-e` it is taken out of every environment. It is not judged again then, and `who-has` does not find it. Its\n\
        decisions and its scorecard stay, and the next release that is let in is listed again. GOLDGATE_ACTOR says who asks.\n\n\
        Exit codes: 0 forgotten, also when nothing of it ran; 2 the record does not know the service or cannot be written.")]
    Forget {
        /// The service
        service: String,
        /// Only tell what would be forgotten
        #[arg(long)]
        dry_run: bool,
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
    /// List what was let in before there was an inventory, from the decisions of the record
    #[command(
        after_help = "Examples:\n  goldgate inventory rebuild --dry-run\n  goldgate inventory rebuild\n\n\
        Of every service of which nothing is listed the newest decision that let a release in is read again, with the files\n\
        that the record keeps of it. What cannot be known any more is said: bills that were attested to images are not kept.\n\
        What is listed stays as it is, and so does what was forgotten. What is put back is judged again at once.\n\n\
        Exit codes: 0 done, also when there was nothing to do; 2 the record cannot be read or written."
    )]
    Rebuild {
        /// Only tell what would be listed
        #[arg(long)]
        dry_run: bool,
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
