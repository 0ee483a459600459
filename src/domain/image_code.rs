//! The codes by which an image that is not verified denies, whatever policies are loaded. They are those of the built-in
//! policies about the same facts, so that `enforcement.yaml` softens both by one name.

use crate::domain::evidence::code::{LookCode, ShortfallCode};

/// A code of an image that is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageCode {
    /// Its name.
    pub code: &'static str,
    /// One line: what is asked.
    pub title: &'static str,
    /// Why it is asked.
    pub why: &'static str,
    /// What to do when the reason itself has nothing better to say.
    pub remediation: &'static str,
}

/// The pack that these codes belong to.
pub const IMAGE_PACK: &str = "supply_chain";

const UNSIGNED: ImageCode = ImageCode {
    code: "IMG-UNSIGNED",
    title: "Images are signed",
    why: "Whoever can push to the registry, or stand between it and the cluster, decides what runs when nothing is signed.",
    remediation: "Sign the image in the job that builds it with `cosign sign registry/repository@sha256:…`, and see what hangs on it with `goldgate image verify IMAGE`.",
};
const SIGNER: ImageCode = ImageCode {
    code: "IMG-SIGNER",
    title: "Images are signed by those who may release them",
    why: "A signature by somebody else proves only that somebody else pushed it; the signature that counts is that of the release.",
    remediation: "Let the release job sign the image. See who signed it with `goldgate image verify IMAGE`; when that signer may release it, add it to `authorities` in `images.yaml`.",
};
const ATTESTATION: ImageCode = ImageCode {
    code: "IMG-ATTESTATION",
    title: "Images have the attestations that are asked for",
    why: "The rule for this image asks for attestations by trusted signers, such as provenance; without them nobody can say where the image comes from.",
    remediation: "Attest in the release job, e.g. with `cosign attest --type slsaprovenance1 --predicate provenance.json registry/repository@sha256:…`, and look at the result with `goldgate image verify IMAGE`.",
};
const LOOKUP: ImageCode = ImageCode {
    code: "IMG-LOOKUP",
    title: "Images can be looked at",
    why: "What could not be looked at is not known to be signed. It denies, so that a registry that is down or in the wrong hands does not open the gate.",
    remediation: "Run `goldgate image verify IMAGE`, which names what could not be looked at. Mend the reference, the credentials or the network, and check again.",
};
const REGISTRY: ImageCode = ImageCode {
    code: "IMG-REGISTRY",
    title: "Images come from registries that are allowed",
    why: "A reference decides whom the cluster talks to. What comes from elsewhere was never looked at by anybody here.",
    remediation: "Copy the image to a registry that is allowed, e.g. with `skopeo copy docker://SOURCE docker://registry.example/…`, or add the registry to `registries.allow` in `images.yaml`.",
};
const DIGEST: ImageCode = ImageCode {
    code: "IMG-DIGEST",
    title: "Images are named by their digest",
    why: "A tag can be moved after the check; a digest names the very bytes that were judged.",
    remediation: "Deploy the reference that `goldgate image verify IMAGE` prints as resolved, `registry/repository@sha256:…`.",
};

impl ImageCode {
    /// Every code.
    pub const ALL: [Self; 6] = [ATTESTATION, DIGEST, LOOKUP, REGISTRY, SIGNER, UNSIGNED];

    /// By which code an image denies of which nothing is known.
    pub const UNKNOWN: Self = LOOKUP;

    /// By which code an image denies that falls short of its rule.
    pub const fn of_shortfall(shortfall: ShortfallCode) -> Self {
        match shortfall {
            ShortfallCode::Unsigned => UNSIGNED,
            ShortfallCode::SignedByOthers | ShortfallCode::ThresholdNotMet => SIGNER,
            ShortfallCode::AttestationMissing | ShortfallCode::AttestedByOthers => ATTESTATION,
            ShortfallCode::DeniedByRule => REGISTRY,
            ShortfallCode::CouldNotLook => LOOKUP,
        }
    }

    /// By which code an image denies that could not be looked at.
    pub fn of_fault(fault: LookCode) -> Self {
        if fault == LookCode::RegistryNotAllowed {
            return REGISTRY;
        }
        if fault == LookCode::NotPinned { DIGEST } else { LOOKUP }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;

    #[test]
    fn every_code_is_one_and_stands_once() {
        let mut names: Vec<&str> = ImageCode::ALL.iter().map(|code| code.code).collect();
        assert!(names.iter().all(|name| name.starts_with("IMG-") && name.parse::<Code>().is_ok()));
        assert!(names.is_sorted());
        names.dedup();
        assert_eq!(names.len(), ImageCode::ALL.len());
    }
}
