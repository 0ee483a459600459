//! Any payload of an envelope is read as a statement without a panic, and without a signature it is not accepted.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::trust::{IdentityPattern, LogDemand, TextPattern};
use goldgate::evidence::verify::{
    BundleArtifact, BundleQuestion, BundleSigner, public_good_root, verify_bundle,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let bundle = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":""}}}},"dsseEnvelope":{{"payload":"{}","payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"AAAA"}}]}}}}"#,
        STANDARD.encode(payload)
    );
    let exact = |text: &str| TextPattern::Exact(text.to_owned());
    let nobody = IdentityPattern { issuer: exact("nobody"), subject: exact("nobody") };
    let question = BundleQuestion {
        bundle: bundle.as_bytes(),
        artifact: BundleArtifact::Bytes(b"a file"),
        trusted_root: public_good_root().as_bytes(),
        signer: BundleSigner::Identity(nobody),
        tlog: LogDemand::Required,
    };
    let answer = verify_bundle(&question, Timestamp::from_millis(1_795_478_400_000));
    assert!(answer.expect("the trust root can be read").is_err());
});
