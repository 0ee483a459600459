//! An attachment that was read: what it claims, and what it offers as proof.

use std::collections::BTreeMap;

use sigstore_verify::types::{
    Artifact, Bundle, DsseEnvelope, MediaType, MessageSignature, Sha256Hash, SignatureBytes,
    SignatureContent, TimestampToken,
};

use crate::domain::digest::Digest;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::evidence::{ItemFormat, ItemKind};
use crate::domain::trust::Format;
use crate::domain::value::Value;
use crate::evidence::attachment::Attachment;
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::statement::{self, Statement};
use crate::evidence::verify::{json, legacy, proof, simple};

const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const BUNDLE_PREFIX: &str = "application/vnd.dev.sigstore.bundle";

/// An attachment that was read. Nothing in it is verified yet.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) format: ItemFormat,
    pub(super) claim: Claim,
    /// The digest that it is about, one of those that were asked for.
    pub(super) signed_digest: Digest,
    /// The proof. Every format becomes a bundle, so that one verifier sees them all.
    pub(super) bundle: Bundle,
    /// The bytes that are signed, when they are not in the bundle.
    pub(super) payload: Option<&'a [u8]>,
    /// A timestamp over the whole envelope, with the envelope.
    pub(super) envelope_timestamp: Option<(TimestampToken, &'a [u8])>,
}

impl Item<'_> {
    /// What was signed: the bytes where they are at hand, else the digest of the image.
    pub(super) fn artifact(&self) -> Result<Artifact<'_>, Rejection> {
        if let Some(payload) = self.payload {
            return Ok(Artifact::Blob(payload));
        }
        let digest = Sha256Hash::try_from(&self.signed_digest.as_bytes()[..])
            .map_err(|cause| unsupported(&cause.to_string()))?;
        Ok(Artifact::from(digest))
    }

    /// The signature's bytes.
    pub(super) fn signature(&self) -> Result<&SignatureBytes, Rejection> {
        match &self.bundle.content {
            SignatureContent::DsseEnvelope(envelope) => Ok(&envelope.signature.sig),
            SignatureContent::MessageSignature(message) => Ok(&message.signature),
            _ => Err(unsupported("the bundle holds neither an envelope nor a signature")),
        }
    }

    /// Whether it carries a timestamp of a timestamp authority.
    pub(super) fn has_timestamp(&self) -> bool {
        proof::tokens(&self.bundle).len() > 0 || self.envelope_timestamp.is_some()
    }
}

/// What an item claims.
#[derive(Debug)]
pub(super) enum Claim {
    Signature { annotations: BTreeMap<String, String> },
    Attestation(Statement),
}

/// An attachment that cannot be an item.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) kind: ItemKind,
    pub(super) predicate_type: Option<String>,
    pub(super) rejection: Rejection,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { kind: ItemKind::Unknown, predicate_type: None, rejection }
    }
}

/// The family of formats that a media type belongs to.
pub(super) fn family_of(media_type: &str) -> Option<Format> {
    match media_type {
        SIMPLE_SIGNING => Some(Format::SimpleSigning),
        ENVELOPE => Some(Format::Att),
        _ if media_type.starts_with(BUNDLE_PREFIX) => Some(Format::Bundle),
        _ => None,
    }
}

/// Reads an attachment and finds which of `digests` it is about.
pub(super) fn read<'a>(
    attachment: &'a Attachment,
    bytes: &'a [u8],
    family: Format,
    digests: &[Digest],
) -> Result<Item<'a>, Refused> {
    match family {
        Format::SimpleSigning => read_simple(attachment, bytes, digests),
        Format::Att => read_envelope(attachment, bytes, digests),
        Format::Bundle => read_bundle(bytes, digests),
    }
}

fn read_simple<'a>(
    attachment: &'a Attachment,
    payload: &'a [u8],
    digests: &[Digest],
) -> Result<Item<'a>, Refused> {
    let simple = simple::read(payload)?;
    let refuse = |rejection| Refused { kind: ItemKind::Signature, predicate_type: None, rejection };
    if !digests.contains(&simple.digest) {
        return Err(refuse(other_digest(&format!("the payload names `{}`", simple.digest))));
    }
    let signature = legacy::signature(&attachment.annotations).map_err(refuse)?;
    let evidence = legacy::evidence(&attachment.annotations).map_err(refuse)?;
    let media_type = evidence.media_type;
    let content = SignatureContent::MessageSignature(MessageSignature::new(signature));
    let bundle = Bundle::new(media_type, evidence.with_timestamp(), content);
    let format = if bundle.signing_certificate().is_some() {
        ItemFormat::LegacyKeyless
    } else {
        ItemFormat::SimpleSigning
    };
    Ok(Item {
        format,
        claim: Claim::Signature { annotations: simple.annotations },
        signed_digest: simple.digest,
        bundle,
        payload: Some(payload),
        envelope_timestamp: None,
    })
}

fn read_envelope<'a>(
    attachment: &Attachment,
    bytes: &'a [u8],
    digests: &[Digest],
) -> Result<Item<'a>, Refused> {
    let value = json::read(bytes, "the envelope")?;
    check_one_signature(&value)?;
    let envelope: DsseEnvelope =
        serde_json::from_slice(bytes).map_err(|cause| unreadable(&cause))?;
    let (claim, signed_digest) = claim_of(&envelope, digests)?;
    let evidence = legacy::evidence(&attachment.annotations)?;
    Ok(Item {
        format: ItemFormat::DsseAtt,
        claim,
        signed_digest,
        bundle: Bundle::new(
            evidence.media_type,
            evidence.material,
            SignatureContent::DsseEnvelope(envelope),
        ),
        payload: None,
        envelope_timestamp: evidence.timestamp.map(|token| (token, bytes)),
    })
}

fn read_bundle<'a>(bytes: &[u8], digests: &[Digest]) -> Result<Item<'a>, Refused> {
    let bundle = parse_bundle(bytes)?;
    let (claim, signed_digest) = match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => claim_of(envelope, digests)?,
        SignatureContent::MessageSignature(message) => signed_manifest(message, digests)?,
        _ => return Err(unsupported("the bundle holds neither an envelope nor a signature").into()),
    };
    let format = version_of(&bundle)?;
    Ok(Item { format, claim, signed_digest, bundle, payload: None, envelope_timestamp: None })
}

/// Reads a bundle strictly.
pub(super) fn parse_bundle(bytes: &[u8]) -> Result<Bundle, Rejection> {
    let value = json::read(bytes, "the bundle")?;
    if let Some(envelope) = value.get("dsseEnvelope") {
        check_one_signature(envelope)?;
    }
    serde_json::from_slice(bytes).map_err(|cause| unreadable(&cause))
}

/// The version of a bundle.
pub(super) fn version_of(bundle: &Bundle) -> Result<ItemFormat, Rejection> {
    match bundle.media_type {
        MediaType::Bundle0_1 => Ok(ItemFormat::BundleV01),
        MediaType::Bundle0_2 => Ok(ItemFormat::BundleV02),
        MediaType::Bundle0_3 => Ok(ItemFormat::BundleV03),
        _ => Err(unsupported("the bundle is of a version that is not known")),
    }
}

/// The verification material of a bundle vouches for one signature only.
fn check_one_signature(envelope: &Value) -> Result<(), Rejection> {
    match envelope.get("signatures").and_then(Value::as_array).map_or(0, <[Value]>::len) {
        0 => Err(Rejection::new(RejectionCode::SignatureMissing, "the envelope has no signature")),
        1 => Ok(()),
        count => Err(Rejection::new(
            RejectionCode::ManySignatures,
            format!("the envelope has {count} signatures, and one is expected"),
        )),
    }
}

fn claim_of(envelope: &DsseEnvelope, digests: &[Digest]) -> Result<(Claim, Digest), Refused> {
    let statement = statement::read(&envelope.payload_type, envelope.payload.as_bytes())?;
    let Some((digest, subject)) = statement.about(digests) else {
        let (kind, predicate_type) = if statement.is_signature() {
            (ItemKind::Signature, None)
        } else {
            (ItemKind::Attestation, Some(statement.predicate_type))
        };
        let rejection = other_digest("no subject of the statement has its digest");
        return Err(Refused { kind, predicate_type, rejection });
    };
    if statement.is_signature() {
        let annotations = subject.annotations.clone();
        return Ok((Claim::Signature { annotations }, digest));
    }
    Ok((Claim::Attestation(statement), digest))
}

/// A bundle over the bytes of the manifest itself says by their digest which one.
fn signed_manifest(
    message: &MessageSignature,
    digests: &[Digest],
) -> Result<(Claim, Digest), Refused> {
    let named = message.message_digest.as_ref().map(|named| named.digest.as_bytes());
    let digest = digests.iter().find(|digest| named == Some(&digest.as_bytes()[..]));
    let Some(digest) = digest else {
        let rejection = other_digest("the bundle's message digest is another one");
        return Err(Refused { kind: ItemKind::Signature, predicate_type: None, rejection });
    };
    Ok((Claim::Signature { annotations: BTreeMap::new() }, *digest))
}

fn other_digest(message: &str) -> Rejection {
    Rejection::new(
        RejectionCode::DigestMismatch,
        format!("the item is not about this image: {message}"),
    )
}

fn unreadable(cause: &serde_json::Error) -> Rejection {
    Rejection::new(RejectionCode::Unreadable, format!("cannot read the item: {cause}"))
}

fn unsupported(message: &str) -> Rejection {
    Rejection::new(RejectionCode::Unsupported, message)
}
