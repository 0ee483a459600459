//! The words of `vex`.

use clap::Subcommand;

use super::ListFormat;

/// `vex …`
#[derive(Debug, Subcommand)]
pub enum VexVerb {
    /// Take in what suppliers say; of equal id and author the new document stands
    #[command(after_help = "Examples:\n  \
        goldgate vex import vex/openssl.openvex.json\n  \
        goldgate vex import supplier.csaf.json product.cdx.json\n\n\
        Formats: OpenVEX, CycloneDX (in a bill or on its own), CSAF 2.0 with the profile VEX. Who takes a document in\n\
        vouches for it; `vex.authors` in goldgate.yaml says whose documents count. Nothing is fetched.\n\n\
        Exit codes: 0 taken in, 2 a document cannot be read; then nothing was changed.")]
    Import {
        /// Documents; all of them are one import
        #[arg(value_name = "FILE", required = true)]
        paths: Vec<String>,
    },
    /// What was taken in, and whether it counts
    #[command(after_help = "Example:\n  goldgate vex list -o json")]
    List {
        /// How to print it
        #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Forget documents
    #[command(after_help = "Example:\n  goldgate vex remove https://acme.example/vex/2026-1")]
    Remove {
        /// Their ids, as `goldgate vex list` shows them
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
}
