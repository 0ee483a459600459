//! A licence expression has choices or a reason why not; no choice holds another one.
#![no_main]

use goldgate::domain::license;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let short = license::bounded(text);
    assert_eq!(short, license::bounded(&short));
    let Ok(choices) = license::choices(text) else { return };
    assert!(!choices.is_empty() && choices.len() <= 64);
    for choice in &choices {
        assert!(!choice.is_empty());
        assert!(choices.iter().all(|other| other == choice || !other.is_subset(choice)));
    }
});
