//! Any text is a public key or a trust root, or is none, with a reason.
#![no_main]

use goldgate::evidence::verify::check_trust_root;
use goldgate::evidence::verify::key::PublicKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for whole in [text.to_owned(), format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")] {
        if let Err(reason) = PublicKey::from_pem(&whole) {
            assert!(!reason.is_empty());
        }
    }
    if let Err(reason) = check_trust_root(text.as_bytes()) {
        assert!(!reason.is_empty());
    }
});
