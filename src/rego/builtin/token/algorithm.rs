//! Algorithms of signatures.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

use super::key::{Curve, PublicKey};

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    RsaPss,
    Ecdsa,
    EdDsa,
    Hmac,
}

/// The bits of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// An algorithm of RFC 7518.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm {
    pub(super) kind: Kind,
    pub(super) hash: Hash,
}

impl Algorithm {
    pub(super) fn parse(name: &str) -> Option<Self> {
        if name == "EdDSA" {
            return Some(Self { kind: Kind::EdDsa, hash: Hash::Sha512 });
        }
        let kind = match name.get(..2)? {
            "RS" => Kind::Rsa,
            "PS" => Kind::RsaPss,
            "ES" => Kind::Ecdsa,
            "HS" => Kind::Hmac,
            _ => return None,
        };
        let hash = match name.get(2..)? {
            "256" => Hash::Sha256,
            "384" => Hash::Sha384,
            "512" => Hash::Sha512,
            _ => return None,
        };
        Some(Self { kind, hash })
    }

    pub(super) fn is_symmetric(self) -> bool {
        self.kind == Kind::Hmac
    }

    pub(super) fn hmac(self) -> hmac::Algorithm {
        match self.hash {
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha384 => hmac::HMAC_SHA384,
            Hash::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn rsa(self, n_bits: usize) -> Option<&'static RsaParameters> {
        let is_short = n_bits < 2_048;
        Some(match (self.kind, self.hash) {
            (Kind::Rsa, Hash::Sha256) if is_short => {
                &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
            }
            (Kind::Rsa, Hash::Sha512) if is_short => {
                &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
            }
            (Kind::Rsa, Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
            (Kind::Rsa, Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (Kind::Rsa, Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
            (Kind::RsaPss, Hash::Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
            (Kind::RsaPss, Hash::Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
            (Kind::RsaPss, Hash::Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
            (Kind::Ecdsa | Kind::EdDsa | Kind::Hmac, _) => return None,
        })
    }
}

/// Whether the key has signed the message; a key of another kind has not.
pub(super) fn verified(
    key: &PublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    match (key, algorithm.kind) {
        (PublicKey::Rsa { n, e }, Kind::Rsa | Kind::RsaPss) => {
            algorithm.rsa(n.len() * 8).is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            })
        }
        (PublicKey::Ec { curve, point }, Kind::Ecdsa) => {
            let parameters = match (curve, algorithm.hash) {
                (Curve::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_FIXED,
                (Curve::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_FIXED,
                (Curve::P521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_FIXED,
                _ => return false,
            };
            UnparsedPublicKey::new(parameters, point).verify(message, signature).is_ok()
        }
        (PublicKey::Ed25519(bytes), Kind::EdDsa) => {
            UnparsedPublicKey::new(&signature::ED25519, bytes).verify(message, signature).is_ok()
        }
        (PublicKey::Secret(secret), Kind::Hmac) => {
            hmac::verify(&hmac::Key::new(algorithm.hmac(), secret), message, signature).is_ok()
        }
        _ => false,
    }
}
