//! `image verify`: what the gate sees of one image.

use crate::cli::args::{ImageVerifyArgs, ListFormat};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::{image, json};
use crate::cli::session::Session;
use crate::cli::{local, progress, worker};
use crate::config::Origin;
use crate::domain::evidence::{EvidenceSet, ImageFacts, VerificationStatus};
use crate::domain::image::Image;
use crate::domain::release::{ImageUse, Release};
use crate::evidence;

/// Runs the verb.
///
/// # Errors
/// When the reference is none, or nothing is configured.
pub(super) fn run(session: &Session, args: &ImageVerifyArgs) -> Result<Exit, Failure> {
    let image = Image::parse(&args.reference);
    if let Err(reason) = &image.parts {
        let message = format!("`{}` is no image reference: {reason}", args.reference);
        let help = "write `registry/repository:tag` or `registry/repository@sha256:…`";
        return Err(Complaint::new(message, help).into());
    }
    let sources = local::sources(session)?;
    let release = Release { images: vec![ImageUse::named(image)], ..Release::default() };
    let what = format!("looking at {}", args.reference);
    let evidence: EvidenceSet = worker::run(|| async {
        let gathered = evidence::gather(&sources, &release);
        progress::shown(&session.printer, &what, gathered).await
    })?;
    let Some(facts) = evidence.image(&args.reference) else {
        return Err(not_configured(&session.config.images.origin).into());
    };
    let text = match args.format {
        ListFormat::Human => image::render(facts, session.printer.look()),
        ListFormat::Json => json::pretty(facts),
    };
    session.printer.out(&text)?;
    Ok(exit(facts))
}

fn not_configured(origin: &Origin) -> Complaint {
    let (message, help) = match origin {
        Origin::Default => (
            "no image verification is configured, so nothing is known of any image",
            "write an `images.yaml` as docs/images.md shows, and name it with `--images FILE` or in `goldgate.yaml`",
        ),
        Origin::Flag(_) => (
            "`--no-images` leaves images out, so nothing is known of any image",
            "leave `--no-images` out",
        ),
        Origin::Variable(_) | Origin::File { .. } => (
            "`noImages` of the configuration leaves images out, so nothing is known of any image",
            "name an `images.yaml` with `--images FILE`; `goldgate config show` says where `noImages` comes from",
        ),
    };
    Complaint::new(message, help)
}

fn exit(facts: &ImageFacts) -> Exit {
    match facts.verification.status {
        VerificationStatus::Verified | VerificationStatus::Skipped => Exit::Allow,
        VerificationStatus::Unverified => Exit::Deny,
        VerificationStatus::Error => Exit::Undecided,
    }
}
