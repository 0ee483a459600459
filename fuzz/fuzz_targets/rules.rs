//! Any file of a bundle is loaded or refused, each fault with its message: enforcement, scorecards, data, templates, policies.
#![no_main]

use goldgate::policy::{BundleSource, LoadOptions, Revision};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 7] = [
    "enforcement.yaml",
    "scorecard.yaml",
    "data.yaml",
    "sbom/data.json",
    ".manifest",
    "template.yaml",
    "a/policy.rego",
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let name = NAMES[usize::from(choice) % NAMES.len()].to_owned();
    let source = BundleSource::Memory { name: "fuzz".to_owned(), files: vec![(name, text.to_owned())] };
    match Revision::load(&[source], &LoadOptions::default()) {
        Ok(revision) => {
            let _ = (revision.enforcement(), revision.scorecard_rules());
        }
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.message.is_empty())),
    }
});
