//! A VEX document of each of the three formats is read or refused, and the same each time; every fault has a place.
#![no_main]

use goldgate::evidence::vex;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // The first bytes decide which format it means to be, so that each of the readers is reached from the start.
    for head in ["", r#"{"@context":"openvex.dev/ns","#, r#"{"bomFormat":"CycloneDX","vulnerabilities":[],"#, r#"{"csaf_version":"2.0","#] {
        let whole = format!("{head}{text}");
        let once = vex::read(&whole);
        assert_eq!(once, vex::read(&whole));
        match once {
            Ok(document) => assert!(document.skipped.iter().all(|fault| !fault.place.is_empty())),
            Err(fault) => assert!(!fault.place.is_empty() && !fault.message.is_empty()),
        }
    }
});
