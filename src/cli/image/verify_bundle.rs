//! `image verify-bundle`: one Sigstore bundle and one file, without a registry.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::cli::args::{ListFormat, VerifyBundleArgs};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::image::{self, BundleAnswer};
use crate::cli::print::json;
use crate::cli::session::Session;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::digest::Digest;
use crate::domain::trust::{AnchoredRegex, HashPolicy, IdentityPattern, LogDemand, TextPattern};
use crate::evidence::verify::key::PublicKey;
use crate::evidence::verify::{
    BundleArtifact, BundleQuestion, BundleSigner, public_good_root, verify_bundle,
};

/// What a bundle, a key or a trust root may have; an artifact may be larger.
const MAX_FILE_BYTES: u64 = 32 << 20;
const MAX_ARTIFACT_BYTES: u64 = 4 << 30;

/// Runs the verb.
///
/// # Errors
/// When a file cannot be read, or is not what it should be.
pub(super) fn run(session: &Session, args: &VerifyBundleArgs) -> Result<Exit, Failure> {
    let signer = signer(args)?;
    let bundle = read(Path::new(&args.file), "the bundle", MAX_FILE_BYTES)?;
    let root = match &args.trusted_root {
        Some(path) => read(path, "the trust root", MAX_FILE_BYTES)?,
        None => public_good_root().as_bytes().to_vec(),
    };
    let digest = args.artifact.starts_with("sha256:").then(|| args.artifact.parse::<Digest>());
    let digest = digest.transpose()?;
    let bytes = match digest {
        Some(_) => Vec::new(),
        None => read(Path::new(&args.artifact), "the artifact", MAX_ARTIFACT_BYTES)?,
    };
    let question = BundleQuestion {
        bundle: &bundle,
        artifact: digest.map_or(BundleArtifact::Bytes(&bytes), BundleArtifact::Digest),
        trusted_root: &root,
        signer,
        tlog: if args.ignore_tlog { LogDemand::Ignored } else { LogDemand::Required },
    };
    let verified = verify_bundle(&question, SystemClock.now()).map_err(|error| {
        let mut complaint = Complaint::from(error);
        complaint.place = args.trusted_root.as_ref().map(|path| path.display().to_string());
        complaint
    })?;
    let answer = match verified {
        Ok(mut facts) => {
            // A key has no other name here than its file's.
            if let (Some(key), Some(path)) = (&mut facts.signer.key, &args.key) {
                key.name = path.display().to_string();
            }
            BundleAnswer::Accepted {
                format: facts.format,
                signer: Box::new(facts.signer),
                predicate_type: facts.predicate.map(|(predicate_type, _)| predicate_type),
            }
        }
        Err(rejection) => {
            BundleAnswer::Rejected { reason: rejection.code, message: rejection.message }
        }
    };
    let text = match args.format {
        ListFormat::Human => image::render_bundle(&args.artifact, &answer, session.printer.look()),
        ListFormat::Json => json::pretty(&answer),
    };
    session.printer.out(&text)?;
    Ok(match answer {
        BundleAnswer::Accepted { .. } => Exit::Allow,
        BundleAnswer::Rejected { .. } => Exit::Deny,
    })
}

fn signer(args: &VerifyBundleArgs) -> Result<BundleSigner, Failure> {
    if let Some(path) = &args.key {
        let pem = read(path, "the key", MAX_FILE_BYTES)?;
        let pem = String::from_utf8_lossy(&pem);
        let key = PublicKey::from_pem(&pem).map_err(|reason| {
            let message = format!("cannot read the key `{}`: {reason}", path.display());
            Complaint::new(message, "name a file that begins with `-----BEGIN PUBLIC KEY-----`")
        })?;
        return Ok(BundleSigner::Key { key, hash: HashPolicy::AsTheKeyAllows });
    }
    let (Some(issuer), Some(subject)) = (&args.issuer, &args.identity) else {
        let (message, help) = match (&args.issuer, &args.identity) {
            (Some(_), None) => {
                ("`--issuer` alone would accept everybody there", "add `--identity`")
            }
            (None, Some(_)) => {
                ("`--identity` alone would accept whoever says so", "add `--issuer`")
            }
            (None, None) | (Some(_), Some(_)) => (
                "nobody is named who must have signed it",
                "add `--key FILE`, or `--issuer` and `--identity`",
            ),
        };
        return Err(Complaint::new(message, help).into());
    };
    Ok(BundleSigner::Identity(IdentityPattern {
        issuer: pattern("--issuer", issuer)?,
        subject: pattern("--identity", subject)?,
    }))
}

fn pattern(flag: &str, text: &str) -> Result<TextPattern, Failure> {
    let between = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let Some(written) = between else { return Ok(TextPattern::Exact(text.to_owned())) };
    let compiled = AnchoredRegex::new(written).map_err(|reason| {
        let message = format!("`{text}` behind `{flag}` is no regular expression: {reason}");
        Complaint::new(message, "mend it, or write the whole text without slashes")
    })?;
    Ok(TextPattern::Regex(compiled))
}

fn read(path: &Path, what: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let fault = |cause: String| {
        let message = format!("cannot read {what} `{}`: {cause}", path.display());
        Failure::from(Complaint::new(
            message,
            "check that the path is right and that you may read it",
        ))
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|cause| fault(cause.to_string()))?;
    if bytes.len() as u64 > most {
        return Err(fault(format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}
