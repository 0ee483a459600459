//! A predicate of any type is read or refused, and the same each time; what was read can be written down.
#![no_main]

use goldgate::document::{DocumentLimits, json};
use goldgate::domain::predicate::Predicate;
use goldgate::evidence::predicate;
use libfuzzer_sys::fuzz_target;

const TYPES: [&str; 9] = [
    "https://slsa.dev/provenance/v1",
    "https://slsa.dev/provenance/v0.2",
    "https://slsa.dev/verification_summary/v1",
    "https://cyclonedx.org/bom",
    "https://spdx.dev/Document",
    "https://cosign.sigstore.dev/attestation/vuln/v1",
    "https://openvex.dev/ns",
    "https://in-toto.io/attestation/test-result/v0.1",
    "https://in-toto.io/attestation/release/v0.2",
];

fuzz_target!(|text: &str| {
    let Ok(document) = json::read(text, &DocumentLimits::default()) else { return };
    for predicate_type in TYPES {
        let once = predicate::read(predicate_type, &document.value, text);
        assert_eq!(once, predicate::read(predicate_type, &document.value, text));
        if let Ok(facts) = once {
            let written = serde_json::to_string(&facts).expect("facts have no map of odd keys");
            assert_eq!(serde_json::from_str::<Predicate>(&written).expect("own words"), facts);
        }
    }
});
