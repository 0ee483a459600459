//! The words of `image`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListFormat;

/// `image …`
#[derive(Debug, Subcommand)]
pub enum ImageVerb {
    /// What the gate sees of an image: who signed it, what is attested, what was rejected and why
    Verify(ImageVerifyArgs),
    /// Verify one Sigstore bundle and one file, without a registry
    VerifyBundle(VerifyBundleArgs),
    /// Write `images.yaml` from policies of Sigstore's policy controller or Kyverno
    ImportPolicy(ImportPolicyArgs),
}

/// `image verify`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    goldgate image verify registry.example/shop/checkout:1.4.2\n  \
    goldgate image verify registry.example/shop/checkout@sha256:4b82… -o json\n\n\
    Exit codes: 0 verified (or no rule asks for anything), 1 not verified, 2 could not be looked at or bad usage.")]
pub struct ImageVerifyArgs {
    /// The image, by tag or digest
    #[arg(value_name = "REF")]
    pub reference: String,
    /// How to print it: `json` prints what policies see as `input.image`
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ListFormat,
}

/// `image verify-bundle`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    goldgate image verify-bundle --bundle app.sigstore.json --artifact app.tar.gz \\\n    \
        --issuer https://token.actions.githubusercontent.com \\\n    \
        --identity https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3\n  \
    goldgate image verify-bundle --bundle app.sigstore.json --artifact sha256:4b82… \\\n    \
        --key release.pub --ignore-tlog\n\n\
    Exit codes: 0 accepted, 1 rejected, 2 could not decide or bad usage.")]
pub struct VerifyBundleArgs {
    /// The bundle
    #[arg(id = "bundle", long = "bundle", value_name = "FILE")]
    pub file: String,
    /// What it is about: a file, or a digest `sha256:…`
    #[arg(long, value_name = "FILE|DIGEST")]
    pub artifact: String,
    /// Whose certificates and logs to trust [default: the public Sigstore's]
    #[arg(long, value_name = "FILE")]
    pub trusted_root: Option<PathBuf>,
    /// The public key that must have signed it (PEM)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["identity", "issuer"])]
    pub key: Option<PathBuf>,
    /// Who must have vouched for the identity; between slashes a regular expression of the whole text
    #[arg(long, value_name = "ISSUER|/REGEX/")]
    pub issuer: Option<String>,
    /// Who must have signed it; between slashes a regular expression of the whole text
    #[arg(long, value_name = "SUBJECT|/REGEX/")]
    pub identity: Option<String>,
    /// Do not ask for an entry in a transparency log
    #[arg(long, requires = "key")]
    pub ignore_tlog: bool,
    /// How to print it
    #[arg(long = "output", short = 'o', value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ListFormat,
}

/// `image import-policy`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    goldgate image import-policy cluster-image-policy.yaml > images.yaml\n  \
    goldgate image import-policy policies/*.yaml -o images.yaml\n\n\
    Reads ClusterImagePolicy (Sigstore), ImageValidatingPolicy and verifyImages of ClusterPolicy (Kyverno). \
    What cannot be carried over is refused with its place, and nothing is written.\n\n\
    Exit codes: 0 written, 2 something cannot be carried over, or bad usage.")]
pub struct ImportPolicyArgs {
    /// Files of policies
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Write to this file, and not to standard output
    #[arg(long, short, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}
