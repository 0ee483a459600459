//! The codes of the images' room: one list each, so that every fact has one name everywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Makes an enum of codes with their text, their meaning and what to do.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $text:literal $meaning:literal $help:literal,)+ }) => {
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

            /// What to do about it.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
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
        Unsigned "UNSIGNED" "nothing that hangs on the image is a signature"
            "sign it in the job that builds it: `cosign sign registry/repository@sha256:…`",
        SignedByOthers "SIGNED_BY_OTHERS" "the image has signatures, and none is from a trusted signer"
            "`goldgate image verify IMAGE` shows under `rejected` who signed; let the release job sign, or add that signer to `authorities`",
        ThresholdNotMet "THRESHOLD_NOT_MET" "too few of the trusted signers have signed"
            "let the other signers sign too, or lower `threshold` of the rule",
        AttestationMissing "ATTESTATION_MISSING" "no attestation of a type that the rule asks for"
            "attest it: `cosign attest --type slsaprovenance1 --predicate provenance.json registry/repository@sha256:…`",
        AttestedByOthers "ATTESTED_BY_OTHERS" "there are attestations of the type, and none is from a trusted signer"
            "let the release job attest, or add the signer to `authorities` of the demand",
        DeniedByRule "DENIED_BY_RULE" "the rule for this image denies it"
            "write a rule for the image above the one that denies it, or use another image",
        CouldNotLook "COULD_NOT_LOOK" "the image, or something that hangs on it, could not be looked at"
            "the codes beside it say what: `goldgate image verify IMAGE` shows them",
    }
}

codes! {
    /// Why an item that hangs on an image is not accepted; in the order of the checks, so that of two codes the later one
    /// came closer.
    RejectionCode {
        Unreadable "UNREADABLE" "the item is not what its media type says"
            "remove the item; nothing that signs images writes it so",
        UnknownMediaType "UNKNOWN_MEDIA_TYPE" "the item's media type is not one that is verified"
            "nothing, when it is no signature; else sign with a tool that writes Sigstore bundles or simple signing",
        Unsupported "UNSUPPORTED" "the item is of a kind or version that is not verified"
            "sign with a current tool (bundle 0.1 to 0.3, Rekor v1 or v2)",
        DuplicateKey "DUPLICATE_KEY" "the JSON has two keys of one name"
            "attest again: readers disagree on what such JSON says",
        PredicateMalformed "PREDICATE_MALFORMED" "the predicate does not have the form that its type promises"
            "mend the predicate: the message names the place; attest again",
        PredicateTooLarge "PREDICATE_TOO_LARGE" "the JSON has more parts or levels than are read"
            "attest a smaller document: fewer than four million values, fewer than 100 levels",
        NotASignature "NOT_A_SIGNATURE" "the payload is not a simple signing payload"
            "sign again with `cosign sign`",
        NotInToto "NOT_IN_TOTO" "the envelope's payload is not an in-toto statement"
            "attest again with `cosign attest`",
        DigestMismatch "DIGEST_MISMATCH" "the item is about something else"
            "it was copied from another image; sign this one",
        SignatureMissing "SIGNATURE_MISSING" "the item carries no signature"
            "sign again",
        ManySignatures "MANY_SIGNATURES" "the envelope has more than one signature"
            "attest again with one signature for each envelope",
        FormatNotAllowed "FORMAT_NOT_ALLOWED" "the rule does not allow this format"
            "sign in a format of the rule's `formats`, or add this one",
        PredicateNotWanted "PREDICATE_NOT_WANTED" "no demand of the rule is about this type of predicate"
            "nothing, or add a demand for this type to `attestations` of the rule",
        SignerNotWanted "SIGNER_NOT_WANTED" "signed by a key where a certificate is wanted, or the reverse"
            "sign as the authorities of the rule say: with their key, or with an identity",
        KeyMismatch "KEY_MISMATCH" "the bundle says that another key has signed"
            "sign with the key of an authority, or add this key",
        SignatureInvalid "SIGNATURE_INVALID" "no trusted key verifies the signature"
            "the item was changed, or the key is another one: sign again",
        LogEntryMissing "LOG_ENTRY_MISSING" "no entry of a transparency log"
            "sign without `--tlog-upload=false`, or write `tlog: optional` for a key",
        LogEntryInvalid "LOG_ENTRY_INVALID" "the log entry is not by a trusted log, or is about something else"
            "sign again; when it is a log of your own, its key must be in the trust root",
        TimestampMissing "TIMESTAMP_MISSING" "no signed time"
            "sign with a log or a timestamp authority, so that it is known when",
        TimestampInvalid "TIMESTAMP_INVALID" "the timestamp is not by a trusted authority, or is about something else"
            "sign again; when it is an authority of your own, its certificate must be in the trust root",
        SignedInFuture "SIGNED_IN_FUTURE" "the log's time is later than this gate's clock"
            "set the clock of this machine",
        CertificateInvalid "CERTIFICATE_INVALID" "the certificate does not lead to a trusted root, or was not valid at the time"
            "sign again within the lifetime of the certificate; when it is a Sigstore of your own, name its trust root",
        SctInvalid "SCT_INVALID" "the certificate is not proven to be in a trusted certificate log"
            "sign again within the lifetime of the certificate; or write `sct: ignored` for a certificate authority without a log",
        IdentityMissing "IDENTITY_MISSING" "the certificate names no identity that can be compared"
            "sign with an identity that is an address or a mail address",
        IssuerMismatch "ISSUER_MISMATCH" "the signer's issuer is not a trusted one"
            "sign with a token of the issuer that the authority names",
        SubjectMismatch "SUBJECT_MISMATCH" "the signer's subject is not a trusted one"
            "let the workflow sign that the authority names, at the ref that it names",
        ClaimMismatch "CLAIM_MISMATCH" "the certificate does not have a claim that is asked for"
            "build where the claims of the authority say, e.g. on a hosted runner",
        AnnotationMismatch "ANNOTATION_MISMATCH" "the signature does not have an annotation that is asked for"
            "sign with `cosign sign -a key=value` as the authority says",
    }
}

codes! {
    /// Why something could not be looked at.
    LookCode {
        RegistryNotAllowed "REGISTRY_NOT_ALLOWED" "the registry is not on the list of allowed ones"
            "add the registry to `registries.allow`, or copy the image to one that is there",
        AddressNotAllowed "ADDRESS_NOT_ALLOWED" "the registry's name leads to a private address"
            "when the registry is in your own network, write `allowPrivateAddresses: true` for its host",
        RegistryUnreachable "REGISTRY_UNREACHABLE" "the registry cannot be reached"
            "check name, port and network: `curl -I https://REGISTRY/v2/`",
        RegistryTls "REGISTRY_TLS" "the registry's certificate is not trusted"
            "see what `curl -v https://REGISTRY/v2/` says; name its certificate authority with `caFile`, or write `plainHttp: true` where it has none",
        RegistryTimeout "REGISTRY_TIMEOUT" "the registry did not answer in time"
            "try again; raise `perRequestTimeout` for a slow registry",
        RegistryUnauthorized "REGISTRY_UNAUTHORIZED" "the registry asks for credentials, or refuses those it was given"
            "name credentials under `auth` of the host; try them with `docker login REGISTRY`",
        RegistryThrottled "REGISTRY_THROTTLED" "the registry asks to come back later"
            "try again later; log in, or name a mirror",
        RegistryFault "REGISTRY_FAULT" "the registry answers with a fault of its own"
            "try again; ask who runs the registry",
        RegistryMalformed "REGISTRY_MALFORMED" "the registry's answer is not what the protocol says"
            "check that the host is a registry and no login page",
        RedirectNotAllowed "REDIRECT_NOT_ALLOWED" "the registry sends the client to a host that is not allowed"
            "when the other host is the registry's own storage, add it to `redirectHosts`",
        TokenRealmNotAllowed "TOKEN_REALM_NOT_ALLOWED" "the registry asks for credentials to be sent to another host"
            "when the other host is the registry's own, add it to `tokenRealmHosts`",
        ImageNotFound "IMAGE_NOT_FOUND" "the registry has no such image"
            "check the name and the tag; push the image before the check",
        ItemNotFound "ITEM_NOT_FOUND" "the registry lists an item that it does not have"
            "push the signature again: the registry lost it, or hides it",
        DigestMismatch "DIGEST_MISMATCH" "the bytes are not those of the digest"
            "the registry or something before it changes bytes: do not trust it until you know why",
        TagDigestMismatch "TAG_DIGEST_MISMATCH" "the tag of the reference leads to another digest than the one beside it"
            "leave the tag out, or write the digest that it leads to now",
        DigestUnsupported "DIGEST_UNSUPPORTED" "the digest is not a SHA-256 digest"
            "name the image by its SHA-256 digest",
        ManifestUnsupported "MANIFEST_UNSUPPORTED" "the manifest has a format without a digest of its own"
            "build and push the image again with a current tool (OCI, or Docker schema 2)",
        SizeMismatch "SIZE_MISMATCH" "the bytes are not as many as the descriptor says"
            "the registry or something before it changes bytes: do not trust it until you know why",
        LimitBytes "LIMIT_BYTES" "something is larger than its limit"
            "remove what is too large, or raise the limit that the message names",
        LimitItems "LIMIT_ITEMS" "more items hang on the image than are looked at"
            "remove what hangs on the image without need: somebody with push rights may have put it there",
        LimitSignatures "LIMIT_SIGNATURES" "more signatures than are verified"
            "remove what hangs on the image without need: somebody with push rights may have put it there",
        LimitTime "LIMIT_TIME" "the time for this image was used up"
            "try again; raise `perImageTimeout`",
        TrustRootMissing "TRUST_ROOT_MISSING" "the trust root is not there"
            "write the file that `trustRoots` names",
        TrustRootUnreadable "TRUST_ROOT_UNREADABLE" "the trust root cannot be read"
            "write a `trusted_root.json` as Sigstore has it",
        TrustRootStale "TRUST_ROOT_STALE" "the trust root was not refreshed for too long"
            "let the gate reach the TUF mirror, or raise `maxStale`",
        NoRule "NO_RULE" "no rule is about this image"
            "write a rule whose pattern matches the image; end with one for `**`",
        NotPinned "NOT_PINNED" "the rule asks for a digest in the reference"
            "deploy by digest: `goldgate image verify IMAGE` prints it as resolved",
        CredentialsUnavailable "CREDENTIALS_UNAVAILABLE" "the credentials for the registry cannot be had"
            "check the file or the helper that `auth` names",
    }
}

codes! {
    /// Why `images.yaml`, or the policy of another verifier, cannot be used.
    TrustFaultCode {
        ConfigurationUnreadable "CONFIGURATION_UNREADABLE" "the file is not there, or is no text"
            "name a file with `--images FILE`, or say `--no-images`",
        YamlInvalid "YAML_INVALID" "it is not one YAML document"
            "mend the YAML at the place that is told",
        FieldUnknown "FIELD_UNKNOWN" "there is no such key"
            "write one of the keys that the message names",
        FieldMissing "FIELD_MISSING" "a key that is needed is not there"
            "add the key that the message names",
        FieldsExclusive "FIELDS_EXCLUSIVE" "of several keys exactly one must be there"
            "keep one of them",
        ValueInvalid "VALUE_INVALID" "the value is not one that the key takes"
            "write what the message asks for",
        KeyFileUnreadable "KEY_FILE_UNREADABLE" "the file of a key cannot be read"
            "write the public key there: `cosign public-key --key cosign.key > release.pub`",
        KeyUnusable "KEY_UNUSABLE" "the key is none that signatures can be verified with"
            "name a public key in PEM, on P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 8192 bits",
        KmsUnsupported "KMS_UNSUPPORTED" "the key is in a key service"
            "export the public key and name it with `pemFile`",
        RootFileUnreadable "ROOT_FILE_UNREADABLE" "the file of a trust root cannot be read"
            "write the `trusted_root.json` that `trustRoots` names",
        RootUnusable "ROOT_UNUSABLE" "the trust root is none"
            "write a `trusted_root.json` as Sigstore has it",
        RootExpired "ROOT_EXPIRED" "every certificate authority of the trust root has expired"
            "name a `trusted_root.json` that is in force, or a mirror that keeps it so",
        RootStale "ROOT_STALE" "the mirror has not confirmed the trust root for longer than `maxStale`"
            "let the gate reach the mirror, or name a fresh root with `file`",
        MirrorUnavailable "MIRROR_UNAVAILABLE" "the trust root cannot be had from its mirror, and none is kept"
            "let the gate reach the mirror, or copy its verified folder to `cacheDir`",
        RootNotNamed "ROOT_NOT_NAMED" "the authority names no trust root, and needs one"
            "add `trustRoot` with a name of `trustRoots`",
        IdentityOpen "IDENTITY_OPEN" "the authority would accept everybody"
            "add `identities` with `issuer` and `subject`",
        ExpressionInvalid "EXPRESSION_INVALID" "the regular expression is none, or too large"
            "write one that matches the whole text; `\\.` is a dot",
        TimeNotAsked "TIME_NOT_ASKED" "nothing proves when a certificate was used"
            "write `timestamp: tlog-or-tsa` or `timestamp: tsa`",
        NameUnknown "NAME_UNKNOWN" "the name is not defined"
            "define it, or write the name that the message suggests",
        NameTwice "NAME_TWICE" "the name stands twice"
            "give each a name of its own",
        ThresholdUnreachable "THRESHOLD_UNREACHABLE" "more authorities are asked for than are named"
            "lower `threshold`, or name more authorities",
        PatternInvalid "PATTERN_INVALID" "the pattern matches no image"
            "write `registry.example/**`, without tag, digest and scheme",
        PatternUnreachable "PATTERN_UNREACHABLE" "an earlier rule is about every image of the pattern"
            "put the narrower rule before the wider one",
        RuleEmpty "RULE_EMPTY" "the rule is about nothing, or asks for nothing"
            "say what it is about and what it asks for, or write `action: skip`",
        RuleContradicts "RULE_CONTRADICTS" "the rule asks for what its action never looks at"
            "leave `action` out, or leave out what is asked for",
        HostInvalid "HOST_INVALID" "it is no host, or no address of a mirror"
            "write a host with an optional port; a mirror is `https://…`",
        CaFileUnreadable "CA_FILE_UNREADABLE" "the file of a certificate authority cannot be read, or holds no certificate"
            "name a PEM file",
        CredentialsFileMissing "CREDENTIALS_FILE_MISSING" "the file of credentials is not there"
            "name a `config.json` that exists, or leave `auth` out",
        NotCarriedOver "NOT_CARRIED_OVER" "the policy of another verifier says what cannot be said here"
            "do what the message says, or keep that verifier for it",
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
        let texts: BTreeSet<_> = TrustFaultCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(texts.len(), TrustFaultCode::ALL.len());
    }
}
