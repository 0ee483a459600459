//! A text under the name of any lock file, or under none, is a bill or no bill, and the same each time; every way in it ends.
#![no_main]

use goldgate::domain::place::SourceFile;
use goldgate::intake::sbom;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 14] = [
    "bom",
    "Cargo.lock",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "poetry.lock",
    "uv.lock",
    "requirements.txt",
    "go.mod",
    "go.sum",
    "gradle.lockfile",
    "Gemfile.lock",
    "composer.lock",
    "report.sarif",
];

/// What a file without a name of its own begins with, so that each of the readers is reached from the start.
const HEADS: [&str; 10] = [
    "",
    r#"{"bomFormat":"CycloneDX","#,
    r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6">"#,
    r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","#,
    r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"CreationInfo","specVersion":"3.0.1"},"#,
    "SPDXVersion: SPDX-2.3\n",
    r#"{"SchemaVersion":2,"ArtifactName":"a","Results":["#,
    r#"{"descriptor":{"name":"grype"},"matches":["#,
    r#"{"$schema":"sarif","version":"2.1.0","runs":[{"tool":{"driver":{"name":"a"}},"results":["#,
    r#"{"scanner":{"uri":"a"},"metadata":{"scanStartedOn":"","scanFinishedOn":""},"scanner":{"result":"#,
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let choice = usize::from(choice);
    let name = NAMES[choice % NAMES.len()];
    let head = if name == "bom" { HEADS[choice / NAMES.len() % HEADS.len()] } else { "" };
    let file = SourceFile::new(name, format!("{head}{text}"));
    let once = sbom::read(&file);
    assert_eq!(format!("{once:?}"), format!("{:?}", sbom::read(&file)));
    match once {
        Some(Ok(bill)) => {
            for index in 0..bill.components.len() {
                assert!(bill.path_to(index).len() <= bill.components.len());
            }
        }
        Some(Err(fault)) => {
            let _ = file.location(fault.span, "");
        }
        None => {}
    }
});
