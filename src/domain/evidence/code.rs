//! The codes of the images' room: one list each, so that every fact has one name everywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Makes an enum of codes with their text and their meaning.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $text:literal $meaning:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = $meaning] #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every code, for tables and ratchets.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as facts, logs and documents write it.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What it means, in one line.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

codes! {
    /// Why an image is not verified.
    ShortfallCode {
        Unsigned "UNSIGNED" "nothing that hangs on the image is a signature",
        SignedByOthers "SIGNED_BY_OTHERS" "the image has signatures, and none is from a trusted signer",
        ThresholdNotMet "THRESHOLD_NOT_MET" "too few of the trusted signers have signed",
        AttestationMissing "ATTESTATION_MISSING" "no attestation of a type that the rule asks for",
        AttestedByOthers "ATTESTED_BY_OTHERS" "there are attestations of the type, and none is from a trusted signer",
        DeniedByRule "DENIED_BY_RULE" "the rule for this image denies it",
        CouldNotLook "COULD_NOT_LOOK" "something that hangs on the image could not be looked at",
    }
}

codes! {
    /// Why an item that hangs on an image is not accepted; in the order of the checks, so that of two codes the later one
    /// came closer.
    RejectionCode {
        Unreadable "UNREADABLE" "the item is not what its media type says",
        UnknownMediaType "UNKNOWN_MEDIA_TYPE" "the item's media type is not one that is verified",
        Unsupported "UNSUPPORTED" "the item is of a kind or version that is not verified",
        DuplicateKey "DUPLICATE_KEY" "the JSON has two keys of one name",
        PredicateMalformed "PREDICATE_MALFORMED" "the predicate does not have the form that its type promises",
        PredicateTooLarge "PREDICATE_TOO_LARGE" "the JSON has more parts or levels than are read",
        NotASignature "NOT_A_SIGNATURE" "the payload is not a simple signing payload",
        NotInToto "NOT_IN_TOTO" "the envelope's payload is not an in-toto statement",
        DigestMismatch "DIGEST_MISMATCH" "the item is about something else",
        SignatureMissing "SIGNATURE_MISSING" "the item carries no signature",
        ManySignatures "MANY_SIGNATURES" "the envelope has more than one signature",
        FormatNotAllowed "FORMAT_NOT_ALLOWED" "the rule does not allow this format",
        PredicateNotWanted "PREDICATE_NOT_WANTED" "no demand of the rule is about this type of predicate",
        SignerNotWanted "SIGNER_NOT_WANTED" "signed by a key where a certificate is wanted, or the reverse",
        KeyMismatch "KEY_MISMATCH" "the bundle says that another key has signed",
        SignatureInvalid "SIGNATURE_INVALID" "no trusted key verifies the signature",
        LogEntryMissing "LOG_ENTRY_MISSING" "no entry of a transparency log",
        LogEntryInvalid "LOG_ENTRY_INVALID" "the log entry is not by a trusted log, or is about something else",
        TimestampMissing "TIMESTAMP_MISSING" "no signed time",
        TimestampInvalid "TIMESTAMP_INVALID" "the timestamp is not by a trusted authority, or is about something else",
        SignedInFuture "SIGNED_IN_FUTURE" "the log's time is later than this gate's clock",
        CertificateInvalid "CERTIFICATE_INVALID" "the certificate does not lead to a trusted root, or was not valid at the time",
        SctInvalid "SCT_INVALID" "the certificate is not proven to be in a trusted certificate log",
        IdentityMissing "IDENTITY_MISSING" "the certificate names no identity that can be compared",
        IssuerMismatch "ISSUER_MISMATCH" "the signer's issuer is not a trusted one",
        SubjectMismatch "SUBJECT_MISMATCH" "the signer's subject is not a trusted one",
        ClaimMismatch "CLAIM_MISMATCH" "the certificate does not have a claim that is asked for",
        AnnotationMismatch "ANNOTATION_MISMATCH" "the signature does not have an annotation that is asked for",
    }
}

codes! {
    /// Why something could not be looked at.
    LookCode {
        ReferenceInvalid "REFERENCE_INVALID" "the reference is not an image reference",
        RegistryNotAllowed "REGISTRY_NOT_ALLOWED" "the registry is not on the list of allowed ones",
        AddressNotAllowed "ADDRESS_NOT_ALLOWED" "the registry's name leads to a private address",
        RegistryUnreachable "REGISTRY_UNREACHABLE" "the registry cannot be reached",
        RegistryTls "REGISTRY_TLS" "the registry's certificate is not trusted",
        RegistryTimeout "REGISTRY_TIMEOUT" "the registry did not answer in time",
        RegistryUnauthorized "REGISTRY_UNAUTHORIZED" "the registry asks for credentials, or refuses those it was given",
        RegistryThrottled "REGISTRY_THROTTLED" "the registry asks to come back later",
        RegistryFault "REGISTRY_FAULT" "the registry answers with a fault of its own",
        RegistryMalformed "REGISTRY_MALFORMED" "the registry's answer is not what the protocol says",
        RedirectNotAllowed "REDIRECT_NOT_ALLOWED" "the registry sends the client to a host that is not allowed",
        TokenRealmNotAllowed "TOKEN_REALM_NOT_ALLOWED" "the registry asks for credentials to be sent to another host",
        ImageNotFound "IMAGE_NOT_FOUND" "the registry has no such image",
        ItemNotFound "ITEM_NOT_FOUND" "the registry lists an item that it does not have",
        DigestMismatch "DIGEST_MISMATCH" "the bytes are not those of the digest",
        TagDigestMismatch "TAG_DIGEST_MISMATCH" "the tag of the reference leads to another digest than the one beside it",
        DigestUnsupported "DIGEST_UNSUPPORTED" "the digest is not a SHA-256 digest",
        ManifestUnsupported "MANIFEST_UNSUPPORTED" "the manifest has a format without a digest of its own",
        SizeMismatch "SIZE_MISMATCH" "the bytes are not as many as the descriptor says",
        LimitBytes "LIMIT_BYTES" "something is larger than its limit",
        LimitItems "LIMIT_ITEMS" "more items hang on the image than are looked at",
        LimitSignatures "LIMIT_SIGNATURES" "more signatures than are verified",
        LimitTime "LIMIT_TIME" "the time for this image was used up",
        TrustRootMissing "TRUST_ROOT_MISSING" "the trust root is not there",
        TrustRootUnreadable "TRUST_ROOT_UNREADABLE" "the trust root cannot be read",
        TrustRootStale "TRUST_ROOT_STALE" "the trust root was not refreshed for too long",
        NoRule "NO_RULE" "no rule is about this image",
        NotPinned "NOT_PINNED" "the rule asks for a digest in the reference",
        CredentialsUnavailable "CREDENTIALS_UNAVAILABLE" "the credentials for the registry cannot be had",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_code_means_two_things_in_one_list() {
        let texts: BTreeSet<_> = RejectionCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(texts.len(), RejectionCode::ALL.len());
        let texts: BTreeSet<_> = LookCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(texts.len(), LookCode::ALL.len());
    }
}
