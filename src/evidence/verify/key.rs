//! Public keys and the signatures they verify.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{Digest as HashValue, SHA256};
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use ed25519_dalek::{Signature as EdSignature, VerifyingKey as EdKey};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha512};

use crate::domain::digest::Digest;
use crate::domain::trust::{HashPolicy, SignatureHash};

/// A public key, ready to verify.
pub struct PublicKey {
    spki: Arc<[u8]>,
    fingerprint: Digest,
    /// In the order in which they are tried; never empty.
    schemes: Vec<Scheme>,
}

/// A key with the digest that goes with it.
struct Scheme {
    name: String,
    hash: SignatureHash,
    key: SchemeKey,
}

enum SchemeKey {
    Plain(ParsedPublicKey),
    /// Ed25519ph signs the SHA-512 digest; aws-lc-rs does not offer it.
    Prehashed(EdKey),
}

/// What a signature is over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Message<'m> {
    Bytes(&'m [u8]),
    /// Bytes that are not at hand, by their SHA-256 digest.
    Digest(Digest),
}

/// A scheme that verified a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// `ecdsa-p256-sha256`.
    pub(super) name: String,
    pub(super) hash: SignatureHash,
}

type EcdsaSchemes = (&'static str, [(SignatureHash, &'static dyn VerificationAlgorithm); 3]);

/// The curves, each with its digests: what cosign 3 signs with first, then what cosign 2 and openssl do.
static ECDSA: [EcdsaSchemes; 3] = [
    (
        "ecdsa-p256",
        [
            (SignatureHash::Sha256, &signature::ECDSA_P256_SHA256_ASN1),
            (SignatureHash::Sha384, &signature::ECDSA_P256_SHA384_ASN1),
            (SignatureHash::Sha512, &signature::ECDSA_P256_SHA512_ASN1),
        ],
    ),
    (
        "ecdsa-p384",
        [
            (SignatureHash::Sha384, &signature::ECDSA_P384_SHA384_ASN1),
            (SignatureHash::Sha256, &signature::ECDSA_P384_SHA256_ASN1),
            (SignatureHash::Sha512, &signature::ECDSA_P384_SHA512_ASN1),
        ],
    ),
    (
        "ecdsa-p521",
        [
            (SignatureHash::Sha512, &signature::ECDSA_P521_SHA512_ASN1),
            (SignatureHash::Sha256, &signature::ECDSA_P521_SHA256_ASN1),
            (SignatureHash::Sha384, &signature::ECDSA_P521_SHA384_ASN1),
        ],
    ),
];

static RSA: [(SignatureHash, &dyn VerificationAlgorithm); 3] = [
    (SignatureHash::Sha256, &signature::RSA_PKCS1_2048_8192_SHA256),
    (SignatureHash::Sha384, &signature::RSA_PKCS1_2048_8192_SHA384),
    (SignatureHash::Sha512, &signature::RSA_PKCS1_2048_8192_SHA512),
];

impl PublicKey {
    /// Reads a `-----BEGIN PUBLIC KEY-----` block.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        if pem.contains("PRIVATE KEY-----") {
            return Err(
                "it holds a private key; keep that out of the gate and name the public one"
                    .to_owned(),
            );
        }
        if pem.contains("BEGIN CERTIFICATE-----") {
            return Err(
                "it holds a certificate; write its key with `openssl x509 -pubkey -noout -in FILE`"
                    .to_owned(),
            );
        }
        let spki = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|cause| {
            format!("it is no public key in PEM (`-----BEGIN PUBLIC KEY-----`): {cause}")
        })?;
        Self::from_spki(spki.as_ref())
    }

    /// Reads a `SubjectPublicKeyInfo` (DER).
    ///
    /// # Errors
    /// That it is none, or of a kind that is not verified.
    pub fn from_spki(spki: &[u8]) -> Result<Self, String> {
        let schemes = schemes_of(spki).ok_or_else(|| {
            "it is no key that can verify; use ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 8192 bits"
                .to_owned()
        })?;
        Ok(Self { spki: Arc::from(spki), fingerprint: Digest::of(spki), schemes })
    }

    /// The key as `SubjectPublicKeyInfo` (DER).
    pub fn spki(&self) -> &Arc<[u8]> {
        &self.spki
    }

    /// The SHA-256 digest of the `SubjectPublicKeyInfo`.
    pub const fn fingerprint(&self) -> Digest {
        self.fingerprint
    }

    /// The scheme by which `signature` is this key's signature of `message`.
    pub(super) fn verify(
        &self,
        message: Message<'_>,
        signature: &[u8],
        policy: HashPolicy,
    ) -> Option<Match> {
        let scheme = self
            .schemes
            .iter()
            .filter(|scheme| match policy {
                HashPolicy::AsTheKeyAllows => true,
                HashPolicy::Only(hash) => scheme.hash == hash,
            })
            .find(|scheme| scheme.verifies(message, signature))?;
        Some(Match { name: scheme.name.clone(), hash: scheme.hash })
    }
}

impl Scheme {
    fn verifies(&self, message: Message<'_>, signature: &[u8]) -> bool {
        match (&self.key, message) {
            (SchemeKey::Plain(key), Message::Bytes(bytes)) => {
                key.verify_sig(bytes, signature).is_ok()
            }
            (SchemeKey::Plain(key), Message::Digest(digest)) => {
                self.hash == SignatureHash::Sha256
                    && HashValue::import_less_safe(digest.as_bytes(), &SHA256)
                        .is_ok_and(|digest| key.verify_digest_sig(&digest, signature).is_ok())
            }
            (SchemeKey::Prehashed(key), Message::Bytes(bytes)) => {
                EdSignature::from_slice(signature).is_ok_and(|signature| {
                    let prehashed = Sha512::new().chain_update(bytes);
                    key.verify_prehashed_strict(prehashed, None, &signature).is_ok()
                })
            }
            (SchemeKey::Prehashed(_), Message::Digest(_)) => false,
        }
    }
}

fn schemes_of(spki: &[u8]) -> Option<Vec<Scheme>> {
    // A bare point or a bare PKCS#1 key would be read as well, and has another fingerprint than everybody expects.
    if spki.first() != Some(&0x30) {
        return None;
    }
    ecdsa_schemes(spki).or_else(|| ed25519_schemes(spki)).or_else(|| rsa_schemes(spki))
}

fn ecdsa_schemes(spki: &[u8]) -> Option<Vec<Scheme>> {
    ECDSA.iter().find_map(|(curve, hashes)| plain_schemes(spki, curve, hashes))
}

fn rsa_schemes(spki: &[u8]) -> Option<Vec<Scheme>> {
    let bits = PublicEncryptingKey::from_der(spki).ok()?.key_size_bits();
    (2_048..=8_192)
        .contains(&bits)
        .then(|| plain_schemes(spki, &format!("rsa-pkcs1v15-{bits}"), &RSA))
        .flatten()
}

fn plain_schemes(
    spki: &[u8],
    kind: &str,
    hashes: &[(SignatureHash, &'static dyn VerificationAlgorithm)],
) -> Option<Vec<Scheme>> {
    hashes
        .iter()
        .map(|(hash, algorithm)| {
            let key = SchemeKey::Plain(ParsedPublicKey::new(*algorithm, spki).ok()?);
            Some(Scheme { name: format!("{kind}-{}", name_of(*hash)), hash: *hash, key })
        })
        .collect()
}

/// The bytes before the 32 bytes of an Ed25519 key. Source: RFC 8410, section 4.
const ED25519_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

fn ed25519_schemes(spki: &[u8]) -> Option<Vec<Scheme>> {
    let bytes: &[u8; 32] = spki.strip_prefix(&ED25519_PREFIX)?.try_into().ok()?;
    let plain = ParsedPublicKey::new(&signature::ED25519, spki).ok()?;
    let prehashed = EdKey::from_bytes(bytes).ok()?;
    Some(vec![
        // Plain Ed25519 hashes inside; the name of no digest goes with it.
        Scheme {
            name: "ed25519".to_owned(),
            hash: SignatureHash::Sha256,
            key: SchemeKey::Plain(plain),
        },
        Scheme {
            name: "ed25519ph".to_owned(),
            hash: SignatureHash::Sha512,
            key: SchemeKey::Prehashed(prehashed),
        },
    ])
}

const fn name_of(hash: SignatureHash) -> &'static str {
    match hash {
        SignatureHash::Sha256 => "sha256",
        SignatureHash::Sha384 => "sha384",
        SignatureHash::Sha512 => "sha512",
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.schemes.iter().map(|scheme| &scheme.name).collect();
        write!(f, "PublicKey({}, {kinds:?})", self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(pem: &str) -> String {
        PublicKey::from_pem(pem).unwrap_err()
    }

    #[test]
    fn the_usual_wrong_files_are_told_apart() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        assert!(complaint(&block("ENCRYPTED SIGSTORE PRIVATE KEY")).contains("a private key"));
        assert!(complaint(&block("CERTIFICATE")).contains("openssl x509 -pubkey"));
        assert!(complaint("hello").contains("BEGIN PUBLIC KEY"));
        assert!(complaint(&block("PUBLIC KEY")).contains("ECDSA"));
    }

    #[test]
    fn a_bare_point_is_no_key() {
        assert!(PublicKey::from_spki(&[4; 65]).is_err());
        assert!(PublicKey::from_spki(&[]).is_err());
    }

    #[test]
    fn an_ed25519_key_is_tried_plain_and_prehashed() {
        // The key of RFC 8032, section 7.1, test 1.
        let point = [
            0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64,
            0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68,
            0xf7, 0x07, 0x51, 0x1a,
        ];
        let key = PublicKey::from_spki(&[&ED25519_PREFIX[..], &point].concat()).unwrap();
        let names: Vec<_> = key.schemes.iter().map(|scheme| scheme.name.as_str()).collect();
        assert_eq!(names, ["ed25519", "ed25519ph"]);
        let none = key.verify(Message::Bytes(b""), &[0; 64], HashPolicy::AsTheKeyAllows);
        assert_eq!(none, None);
    }
}
