//! The words of `check`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::Format;
use crate::config::{Flags, keys};

/// `check`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    goldgate check deploy/\n  \
    goldgate check deploy/app.yaml catalog-info.yaml -e staging\n  \
    kustomize build overlays/production | goldgate check -\n  \
    helm template ./chart | goldgate check - --service component:shop/checkout\n  \
    goldgate check deploy/ --sbom bom.cdx.json\n  \
    goldgate check --image registry.example/shop/checkout:1.4.2 --images images.yaml\n  \
    goldgate check deploy/ -o sarif --output-file goldgate.sarif\n  \
    goldgate check deploy/ --server https://goldgate.example\n  \
    goldgate check deploy/ --idempotency-key \"$CI_PIPELINE_ID\"\n\n\
    Exit codes: 0 allow, 1 deny, 2 could not decide, bad usage, or a named file that cannot be read.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct CheckArgs {
    /// Files and folders to judge; `-` is standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// An image of the release; may be repeated
    #[arg(long, value_name = "REF")]
    pub image: Vec<String>,
    /// A bill of materials, by file or by the digest of a kept one; may be repeated
    #[arg(long, value_name = "FILE|DIGEST")]
    pub sbom: Vec<String>,
    /// Whose release it is [default: as catalog-info.yaml or labels say]
    #[arg(long, short, value_name = "SERVICE")]
    pub service: Option<String>,
    /// At which point of the golden path [default: deploy]
    #[arg(long, value_name = "STAGE", value_parser = PossibleValuesParser::new(["build", "deploy", "admission", "plan", "audit", "watch"]))]
    pub stage: Option<String>,
    /// Ask this server instead of deciding here
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// How to print the decision
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
    /// Write FORMAT to this file, and the human format to standard output
    #[arg(long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Data of the policies beside the bundles; may be repeated
    #[arg(long, value_name = "PATH", conflicts_with = "server")]
    pub policy_data: Vec<PathBuf>,
    /// Of plain policies (Conftest) only those of this package; may be repeated
    #[arg(long, value_name = "PACKAGE", conflicts_with = "server")]
    pub namespace: Vec<String>,
    /// Show plain policies (Conftest) everything at once, as a list of `path` and `contents`
    #[arg(long, conflicts_with = "server")]
    pub combine: bool,
    /// A VEX document that you vouch for, for this run; may be repeated
    #[arg(long, value_name = "FILE")]
    pub vex: Vec<String>,
    /// This record is kept from run to run: grace periods may begin when it first saw something
    #[arg(long)]
    pub lasting_record: bool,
    /// Decide, but record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The same request with the same key is one decision
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// Exit with 2 when the decision could not be recorded
    #[arg(long, conflicts_with = "dry_run")]
    pub require_record: bool,
    /// Who asks
    #[arg(
        long,
        value_name = "WHO",
        help_heading = "Written into the decision (each also as GOLDGATE_…)"
    )]
    pub actor: Option<String>,
    /// The pipeline's page
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Written into the decision (each also as GOLDGATE_…)"
    )]
    pub pipeline_url: Option<String>,
    /// The commit that is released
    #[arg(
        long,
        value_name = "SHA",
        help_heading = "Written into the decision (each also as GOLDGATE_…)"
    )]
    pub commit: Option<String>,
    /// The repository it comes from
    #[arg(
        long,
        value_name = "REPOSITORY",
        help_heading = "Written into the decision (each also as GOLDGATE_…)"
    )]
    pub repository: Option<String>,
}

impl CheckArgs {
    /// Adds what this verb's flags say of the configuration.
    pub fn add_flags(&self, flags: &mut Flags) {
        flags.set(&keys::SERVICE, self.service.clone());
        flags.set(&keys::SERVER, self.server.clone());
        flags.switch(&keys::LASTING_RECORD, self.lasting_record);
        flags.set(&keys::ACTOR, self.actor.clone());
        flags.set(&keys::PIPELINE_URL, self.pipeline_url.clone());
        flags.set(&keys::COMMIT, self.commit.clone());
        flags.set(&keys::REPOSITORY, self.repository.clone());
    }
}
