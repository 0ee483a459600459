//! What the Rego front end says of faulty files.
//!
//! A case is a `.rego` file beside the `.txt` that comes out: every fault with its place and help, or the rules. A name that
//! begins with `v0_` is read as v0, one with `strict_` is checked strictly. `UPDATE_EXPECT=1` rewrites what is expected.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use expect_test::expect_file;
use goldgate::document::{DocumentLimits, yaml};
use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::Fault;
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{Limits, Version, parse};

#[test]
fn faulty_files_are_told_what_is_wrong_and_what_to_write() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rego/front");
    let mut cases: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "rego"));
    cases.sort();
    assert!(cases.len() > 10, "the cases are missing");
    for case in cases {
        expect_file![case.with_extension("txt")].assert_eq(&shown(&case));
    }
}

fn shown(case: &Path) -> String {
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let version = if name.starts_with("v0_") { Version::V0 } else { Version::V1 };
    let file = Arc::new(SourceFile::new(name.clone(), fs::read_to_string(case).unwrap()));
    let read_yaml =
        |text: &str| match yaml::read(text, &DocumentLimits::default()).into_iter().next() {
            Some(Ok(document)) => Ok(document.value),
            Some(Err(fault)) => Err(fault.message.clone()),
            None => Ok(Value::Null),
        };
    let strict = name.starts_with("strict_");
    let options = Options { host: BTreeMap::new(), strict, read_yaml: &read_yaml };
    let resolved =
        parse(&file, version, &Limits::default()).and_then(|module| resolve(&[module], &options));
    let mut text = String::new();
    match resolved {
        Ok(unit) => {
            for rule in &unit.rules {
                writeln!(text, "data.{} {:?}", rule.path.join("."), rule.kind).unwrap();
            }
        }
        Err(mut faults) => {
            faults.sort_by(Fault::order);
            for fault in &faults {
                writeln!(text, "{fault}").unwrap();
            }
        }
    }
    text
}
