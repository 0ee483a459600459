//! Any text is read as YAML without a panic, and every place lies inside the text.
#![no_main]

use goldgate::document::{DocumentLimits, yaml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for document in yaml::read(text, &DocumentLimits::default()) {
        match document {
            Ok(document) => assert!(document.root.value.range().end <= text.len()),
            Err(fault) => assert!(!fault.message.is_empty()),
        }
    }
});
