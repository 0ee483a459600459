//! Why an item is not accepted, in our codes.

use sigstore_verify::bundle::Error as ShapeError;
use sigstore_verify::{
    CertificateError, Error as CrateError, TimestampError, TransparencyLogError,
};

use crate::domain::evidence::code::RejectionCode;

/// Why an item is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The code.
    pub code: RejectionCode,
    /// What a person needs to know.
    pub message: String,
}

impl Rejection {
    pub(super) fn new(code: RejectionCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Of several reasons, the one of the signer who came closest: codes stand in the order of the checks.
    pub(super) fn closest(self, other: Self) -> Self {
        if other.code > self.code { other } else { self }
    }
}

impl From<CrateError> for Rejection {
    fn from(error: CrateError) -> Self {
        Self::new(code_of(&error), error.to_string())
    }
}

fn code_of(error: &CrateError) -> RejectionCode {
    match error {
        CrateError::IdentityMismatch { .. } => RejectionCode::SubjectMismatch,
        CrateError::IssuerMismatch { .. } => RejectionCode::IssuerMismatch,
        CrateError::SignatureInvalid(_) | CrateError::Crypto(_) => RejectionCode::SignatureInvalid,
        CrateError::ArtifactMismatch(_) => RejectionCode::DigestMismatch,
        CrateError::Certificate(CertificateError::Sct(_)) => RejectionCode::SctInvalid,
        CrateError::Certificate(_)
        | CrateError::TrustRoot(_)
        | CrateError::TrustedCertificate(_)
        | CrateError::InvalidTrustRoot(_) => RejectionCode::CertificateInvalid,
        CrateError::TransparencyLog(cause) => code_of_log(cause),
        CrateError::Timestamp(TimestampError::NoVerifiedTimestamp(_)) => {
            RejectionCode::TimestampMissing
        }
        CrateError::Timestamp(_) => RejectionCode::TimestampInvalid,
        CrateError::Bundle(cause) => code_of_shape(cause),
        CrateError::InvalidBundle(_) | CrateError::Types(_) | CrateError::ArtifactRead(_) => {
            RejectionCode::Unreadable
        }
        CrateError::UnsupportedBundle(_) | CrateError::UnsupportedArtifact(_) | _ => {
            RejectionCode::Unsupported
        }
    }
}

fn code_of_log(error: &TransparencyLogError) -> RejectionCode {
    match error {
        TransparencyLogError::IntegratedTime(_) => RejectionCode::TimestampInvalid,
        TransparencyLogError::UnknownLog { .. }
        | TransparencyLogError::InclusionProof(_)
        | TransparencyLogError::Checkpoint(_)
        | TransparencyLogError::InclusionPromise(_)
        | TransparencyLogError::EntryMismatch(_)
        | TransparencyLogError::MalformedEntry(_)
        | _ => RejectionCode::LogEntryInvalid,
    }
}

fn code_of_shape(error: &ShapeError) -> RejectionCode {
    match error {
        ShapeError::MissingInclusionPromise(_)
        | ShapeError::MissingInclusionProof(_)
        | ShapeError::MissingSigningTimeEvidence => RejectionCode::LogEntryMissing,
        ShapeError::MissingTimestamp => RejectionCode::TimestampMissing,
        ShapeError::MissingCheckpoint
        | ShapeError::LogIndexOutOfRange { .. }
        | ShapeError::CheckpointRootMismatch => RejectionCode::LogEntryInvalid,
        ShapeError::UnsupportedMediaType(_)
        | ShapeError::UnsupportedVerificationMaterial
        | ShapeError::CertificateChainNotAllowed(_)
        | _ => RejectionCode::Unsupported,
    }
}
