//! Any text is read as Rego of both versions and resolved without a panic; every fault stands inside the text.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{Limits, Version, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = Arc::new(SourceFile::new("p.rego", text));
    for version in [Version::V0, Version::V1] {
        let read_yaml = |_: &str| Ok(Value::object(Vec::new()));
        let options = Options { host: BTreeMap::new(), strict: true, read_yaml: &read_yaml };
        let faults = match parse(&file, version, &Limits::default()) {
            Ok(module) => resolve(&[module], &options).err().unwrap_or_default(),
            Err(faults) => faults,
        };
        assert!(faults.iter().all(|fault| text.get(fault.span.range()).is_some()), "{faults:?}");
    }
});
