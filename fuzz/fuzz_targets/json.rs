//! Any text is read as JSON without a panic, and what is read shows itself as JSON that reads the same.
#![no_main]

use goldgate::document::{DocumentLimits, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(document) = json::read(text, &DocumentLimits::default()) {
        let shown = document.value.to_string();
        let again = json::read(&shown, &DocumentLimits::default()).expect("what is shown can be read");
        assert_eq!(again.value, document.value);
    }
});
