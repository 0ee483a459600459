//! Small bills of every format, and how they are read.

use super::*;
use crate::domain::package::Licence;

#[track_caller]
fn bill(path: &str, text: &str) -> Sbom {
    read(&SourceFile::new(path, text)).unwrap().unwrap()
}

/// `name@version` of each component on the way to `index`.
fn way(bill: &Sbom, name: &str) -> String {
    let index = bill.components.iter().position(|component| *component.name == *name).unwrap();
    let shown = bill.path_to(index).into_iter().map(|index| {
        let component = &bill.components[index];
        format!("{}@{}", component.name, component.version.as_deref().unwrap_or("?"))
    });
    shown.collect::<Vec<_>>().join(" > ")
}

#[test]
fn cyclonedx_is_read_with_its_nested_components_and_its_graph() {
    let bill = bill(
        "bom.json",
        r#"{"components":[
            {"bom-ref":"a","type":"library","group":"org.x","name":"core","version":"1","purl":"pkg:maven/org.x/core@1",
             "licenses":[{"license":{"id":"MIT"}},{"license":{"name":"Apache 2.0"}}],
             "components":[{"bom-ref":"b","type":"library","name":"inner","version":"2","purl":"pkg:npm/inner@2"}]},
            {"type":"file","name":"/etc/passwd"}],
          "dependencies":[{"ref":"root","dependsOn":["a","gone"]},{"ref":"a","dependsOn":["b"]}],
          "metadata":{"timestamp":"2026-01-02T03:04:05Z","component":{"bom-ref":"root","name":"shop","version":"7"},
            "tools":{"components":[{"name":"syft","version":"1.18.1"}]}},
          "specVersion":"1.6","bomFormat":"CycloneDX"}"#,
    );
    assert_eq!(bill.source.subject.as_deref(), Some("shop@7"));
    assert_eq!(bill.source.tools, ["syft 1.18.1"]);
    assert_eq!(bill.source.format_version, "1.6");
    assert_eq!(bill.source.created.unwrap().to_string(), "2026-01-02T03:04:05.000Z");
    assert_eq!(bill.components.len(), 2);
    assert_eq!(bill.components[0].licence, Licence::Expression("MIT AND Apache-2.0".into()));
    assert_eq!(way(&bill, "inner"), "org.x:core@1 > inner@2");
}

#[test]
fn tools_of_cyclonedx_1_4_are_a_list() {
    let bill = bill(
        "bom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.4","metadata":{"tools":[{"vendor":"x","name":"t","version":"2"}]}}"#,
    );
    assert_eq!(bill.source.tools, ["t 2"]);
    assert!(!bill.has_graph);
}

#[test]
fn spdx_is_read_with_its_relationships() {
    let bill = bill(
        "bom.spdx.json",
        r#"{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3",
          "creationInfo":{"created":"2026-01-02T03:04:05Z","creators":["Tool: syft-1.18.1","Organization: x"]},
          "packages":[
            {"SPDXID":"SPDXRef-root","name":"shop","versionInfo":"7"},
            {"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1","licenseConcluded":"NOASSERTION","licenseDeclared":"MIT",
             "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/a@1"}]},
            {"SPDXID":"SPDXRef-b","name":"b","versionInfo":"2","licenseConcluded":"NONE"}],
          "relationships":[
            {"spdxElementId":"SPDXRef-DOCUMENT","relatedSpdxElement":"SPDXRef-root","relationshipType":"DESCRIBES"},
            {"spdxElementId":"SPDXRef-root","relatedSpdxElement":"SPDXRef-a","relationshipType":"CONTAINS"},
            {"spdxElementId":"SPDXRef-b","relatedSpdxElement":"SPDXRef-a","relationshipType":"DEPENDENCY_OF"}]}"#,
    );
    assert_eq!(bill.source.subject.as_deref(), Some("shop@7"));
    assert_eq!(bill.source.tools, ["syft 1.18.1"]);
    let licences: Vec<&Licence> =
        bill.components.iter().map(|component| &component.licence).collect();
    assert_eq!(licences, [&Licence::Expression("MIT".into()), &Licence::None]);
    assert_eq!(way(&bill, "b"), "a@1 > b@2");
}

#[test]
fn cargo_lock_names_the_crates_that_were_pulled_in() {
    let bill = bill(
        "a/Cargo.lock",
        r#"version = 4
[[package]]
name = "shop"
version = "0.1.0"
dependencies = ["a", "b 2.0.0"]
[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["b 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)"]
[[package]]
name = "b"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "b"
version = "2.0.0"
source = "git+https://example.org/b"
"#,
    );
    assert_eq!(bill.source.subject.as_deref(), Some("shop@0.1.0"));
    assert_eq!(way(&bill, "b"), "a@1.0.0 > b@1.0.0");
    assert!(bill.is_direct(2));
    let purls: Vec<Option<&str>> =
        bill.components.iter().map(|component| component.purl.as_deref()).collect();
    assert_eq!(purls, [Some("pkg:cargo/a@1.0.0"), Some("pkg:cargo/b@1.0.0"), None]);
}

#[test]
fn a_package_lock_resolves_names_as_node_does() {
    let bill = bill(
        "package-lock.json",
        r#"{"name":"shop","lockfileVersion":3,"packages":{
          "":{"name":"shop","version":"7.0.0","dependencies":{"a":"^1"},"devDependencies":{"c":"^1"}},
          "node_modules/a":{"version":"1.0.0","license":"MIT","dependencies":{"b":"^1"}},
          "node_modules/a/node_modules/b":{"version":"1.0.0"},
          "node_modules/b":{"version":"2.0.0","dependencies":{"@x/d":"1"}},
          "node_modules/@x/d":{"version":"1.0.0","dependencies":{"b":"2"}},
          "node_modules/c":{"version":"1.0.0","dependencies":{"b":"2"}},
          "packages/w":{"version":"0.0.1"},"node_modules/w":{"resolved":"packages/w","link":true}}}"#,
    );
    let named: Vec<String> = bill
        .components
        .iter()
        .enumerate()
        .map(|(index, component)| {
            let path = bill.path_to(index).len();
            format!(
                "{} {path} {}",
                component.purl.as_deref().unwrap_or_default(),
                bill.is_direct(index)
            )
        })
        .collect();
    assert_eq!(
        named,
        [
            "pkg:npm/%40x/d@1.0.0 3 false",
            "pkg:npm/a@1.0.0 1 true",
            "pkg:npm/b@1.0.0 2 false",
            "pkg:npm/b@2.0.0 2 false",
            "pkg:npm/c@1.0.0 1 true",
        ]
    );
}

#[test]
fn what_only_mentions_the_words_is_no_bill() {
    let manifest = r#"{"apiVersion":"v1","kind":"ConfigMap","data":{"x":"\"bomFormat\""}}"#;
    assert!(read(&SourceFile::new("a.json", manifest)).is_none());
    assert!(read(&SourceFile::new("package.json", r#"{"name":"x"}"#)).is_none());
}

#[test]
fn a_broken_bill_shows_where() {
    for (path, text, message, at) in [
        ("b.json", "{\"bomFormat\": \"CycloneDX\",\n \"components\": [}", "expected value", 43),
        (
            "b.json",
            r#"{"bomFormat":"CycloneDX","bomFormat":"CycloneDX"}"#,
            "the key `bomFormat` stands twice in one object",
            35,
        ),
        ("Cargo.lock", "version = 4\n[[package]\n", "unclosed", 22),
        ("package-lock.json", r#"{"packages":{}}"#, "missing field `lockfileVersion`", 14),
    ] {
        let fault = read(&SourceFile::new(path, text)).unwrap().unwrap_err();
        assert!(fault.message.contains(message), "{path}: {}", fault.message);
        assert_eq!(fault.span.range().start, at, "{path} {}", fault.message);
    }
}
