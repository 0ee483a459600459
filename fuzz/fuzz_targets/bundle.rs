//! Any bundle is answered without a panic, and none of a stranger's is accepted.
#![no_main]

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::trust::{IdentityPattern, LogDemand, TextPattern};
use goldgate::evidence::verify::{
    BundleArtifact, BundleQuestion, BundleSigner, public_good_root, verify_bundle,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bundle: &[u8]| {
    let exact = |text: &str| TextPattern::Exact(text.to_owned());
    let nobody = IdentityPattern { issuer: exact("nobody"), subject: exact("nobody") };
    let question = BundleQuestion {
        bundle,
        artifact: BundleArtifact::Digest(Digest::of(b"nothing")),
        trusted_root: public_good_root().as_bytes(),
        signer: BundleSigner::Identity(nobody),
        tlog: LogDemand::Required,
    };
    let answer = verify_bundle(&question, Timestamp::from_millis(1_795_478_400_000));
    assert!(answer.expect("the trust root can be read").is_err());
});
