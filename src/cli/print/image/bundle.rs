//! What came of one bundle that was verified without a registry.

use super::super::text::labelled;
use super::super::tree::Tree;
use super::super::{ERROR, GOOD, Look, STRONG};
use super::{signer, word};
use crate::domain::evidence::code::RejectionCode;
use crate::domain::evidence::{ItemFormat, SignerFacts};

/// What came of one bundle.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum BundleAnswer {
    /// It is about the artifact and by who must have signed it.
    Accepted {
        /// Its version.
        format: ItemFormat,
        /// Who signed.
        signer: Box<SignerFacts>,
        /// The type of the predicate, when it holds a statement.
        predicate_type: Option<String>,
    },
    /// It is not.
    Rejected {
        /// The code.
        reason: RejectionCode,
        /// What a person needs to know.
        message: String,
    },
}

/// Renders what came of one bundle.
pub fn render_bundle(artifact: &str, answer: &BundleAnswer, look: Look) -> String {
    match answer {
        BundleAnswer::Accepted { format, signer: by, predicate_type } => {
            let stated = predicate_type.iter().map(|it| Tree::headed(STRONG, "statement", it));
            Tree::headed(GOOD, "accepted:", artifact)
                .with([Tree::headed(STRONG, "format", word(format))])
                .with(stated)
                .with(signer(by))
                .render(look)
        }
        BundleAnswer::Rejected { reason, message } => {
            let tree = Tree::headed(ERROR, "rejected:", artifact)
                .with([Tree::headed(STRONG, reason.code(), message)])
                .render(look);
            tree + &labelled("next:", bundle_help(*reason), look.width)
        }
    }
}

/// What to type next where flags stand for the rule that other helps speak of.
fn bundle_help(reason: RejectionCode) -> &'static str {
    const ROOT: &str =
        "sign again; when it is a Sigstore of your own, name its trust root with `--trusted-root`";
    const SIGNER: &str =
        "let the right workflow sign; when this one may, name it with `--issuer` and `--identity`";
    const WITH_FLAGS: [(RejectionCode, &str); 9] = [
        (RejectionCode::DigestMismatch, "name the file that was signed with `--artifact`"),
        (
            RejectionCode::SignerNotWanted,
            "name who signed: `--key`, or `--issuer` and `--identity`",
        ),
        (RejectionCode::KeyMismatch, "name the key that signed with `--key`"),
        (
            RejectionCode::LogEntryMissing,
            "sign without `--tlog-upload=false`; for a key, `--ignore-tlog` asks for no entry",
        ),
        (RejectionCode::LogEntryInvalid, ROOT),
        (RejectionCode::TimestampInvalid, ROOT),
        (RejectionCode::CertificateInvalid, ROOT),
        (RejectionCode::IssuerMismatch, SIGNER),
        (RejectionCode::SubjectMismatch, SIGNER),
    ];
    let with_flags = WITH_FLAGS.into_iter().find(|(code, _)| *code == reason);
    with_flags.map_or(reason.help(), |(_, help)| help)
}
