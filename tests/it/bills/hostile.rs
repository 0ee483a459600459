//! Input that nobody should write: one clear fault with its place, and never a silence that looks like safety.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use goldgate::domain::advisory::MatchState;
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::error::ErrorKind;
use goldgate::domain::place::SourceFile;
use goldgate::domain::release::Release;
use goldgate::domain::request::Request;
use goldgate::domain::sbom::Sbom;
use goldgate::evidence::advisory::{Database, ImportLimits, import, snapshot};
use goldgate::intake::{self, Limits, sbom};

use super::same::database;

/// Every file of the cases, with its text.
fn texts() -> Vec<(String, String)> {
    let folders = fs::read_dir(super::cases()).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let files =
        files.map(|entry| entry.unwrap().path()).filter(|file| !file.ends_with("expect.txt"));
    let named = |file: std::path::PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(file).unwrap())
    };
    files.map(named).collect()
}

fn read(path: &str, content: impl Into<bytes::Bytes>, limits: &Limits) -> Release {
    let artifact =
        Artifact { path: path.to_owned(), content: content.into(), origin: ArtifactOrigin::Named };
    let request = Request { artifacts: vec![artifact], ..Request::default() };
    intake::read(&request, limits, b"salt").unwrap()
}

fn bill(path: &str, text: &str) -> Sbom {
    sbom::read(&SourceFile::new(path, text)).unwrap().unwrap()
}

#[test]
fn a_text_that_is_cut_off_anywhere_is_read_or_refused() {
    for (name, text) in texts() {
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let step = (ends.len() / 60).max(1);
        for end in ends.iter().step_by(step) {
            let cut = text[..*end].trim_end();
            let read = sbom::read(&SourceFile::new(name.as_str(), cut));
            // JSON and XML end with a bracket of their own, so that nothing less is a whole one.
            if matches!(name.rsplit_once('.'), Some((_, "json" | "xml"))) {
                assert!(!matches!(read, Some(Ok(_))), "{name} up to {end}");
            }
        }
    }
}

#[test]
fn a_key_that_is_written_twice_is_refused() {
    for (path, text) in [
        ("a.json", r#"{"bomFormat":"CycloneDX","components":[],"components":[{"name":"a"}]}"#),
        (
            "a.json",
            r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[],"packages":[]}"#,
        ),
        ("composer.lock", r#"{"packages":[],"packages":[]}"#),
        ("package-lock.json", r#"{"lockfileVersion":3,"lockfileVersion":3}"#),
        ("Cargo.lock", "version = 4\nversion = 4\n"),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages: {}\npackages: {}\n"),
    ] {
        let fault = sbom::read(&SourceFile::new(path, text)).unwrap().unwrap_err();
        assert!(
            fault.message.contains("duplicate")
                || fault.message.contains("already")
                || fault.message.contains("twice"),
            "{path}: {}",
            fault.message
        );
    }
}

#[test]
fn of_half_a_gigabyte_no_more_is_read_than_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bom.json");
    fs::File::create(&path).unwrap().set_len(500_000_000).unwrap();
    let limits = Limits { max_file_bytes: 1_000_000, ..Limits::default() };
    let walked = intake::walk(&[path.display().to_string()], None, &limits).unwrap();
    assert_eq!(walked.artifacts[0].content.len(), 1_000_001);
    let release = read("bom.json", walked.artifacts[0].content.clone(), &limits);
    assert_eq!(release.faults[0].code.as_str(), "INPUT-LIMIT");
}

#[test]
fn a_million_components_are_refused_with_the_limit_s_name() {
    let mut text = String::from(r#"{"bomFormat":"CycloneDX","components":["#);
    text.push_str(&r#"{"name":"a"},"#.repeat(999_999));
    text.push_str(r#"{"name":"a"}]}"#);
    let release = read("bom.json", text, &Limits::default());
    assert!(release.sboms.is_empty());
    assert!(release.faults[0].message.contains("`limits.maxComponents`"));
}

#[test]
fn elements_that_nest_without_end_and_entities_are_refused() {
    let deep = format!(
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6">{}"#,
        "<components><component>".repeat(50_000)
    );
    let laughs = r#"<!DOCTYPE bom [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>"#;
    let entity =
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>&b;</components></bom>"#;
    for (text, message) in [
        (deep.as_str(), "deeper than"),
        (laughs, "document type"),
        (entity, "`&b;` is not defined"),
    ] {
        let fault = sbom::read(&SourceFile::new("bom.xml", text)).unwrap().unwrap_err();
        assert!(fault.message.contains(message), "{}", fault.message);
    }
    let nested = format!(
        r#"{{"bomFormat":"CycloneDX","components":{}{}}}"#,
        r#"[{"name":"a","components":"#.repeat(500),
        "}]".repeat(500)
    );
    let fault = sbom::read(&SourceFile::new("a.json", nested)).unwrap().unwrap_err();
    assert!(fault.message.contains("nested deeper than"), "{}", fault.message);
}

const LODASH: &str = r#"[{"id":"GHSA-0000-0000-0001","modified":"2026-01-01T00:00:00Z",
  "affected":[{"package":{"ecosystem":"npm","name":"lodash"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"4.17.21"}]}]}]},
  {"id":"DSA-0000-1","modified":"2026-01-01T00:00:00Z",
  "affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.13"}]}]}]}]"#;

#[test]
fn what_cannot_be_compared_counts_as_affected() {
    let database = database(LODASH);
    for (component, expected) in [
        (r#""version":"4.17.20","purl":"pkg:npm/lodash@4.17.20""#, Some(MatchState::Affected)),
        (r#""version":"4.17.21","purl":"pkg:npm/lodash@4.17.21""#, None),
        // No version, and none that any scheme orders.
        (r#""purl":"pkg:npm/lodash""#, Some(MatchState::CannotCompare)),
        (r#""version":"","purl":"pkg:npm/lodash""#, Some(MatchState::CannotCompare)),
        (r#""version":"latest","purl":"pkg:npm/lodash@latest""#, Some(MatchState::CannotCompare)),
        (r#""version":"4.17","purl":"pkg:npm/lodash@4.17""#, Some(MatchState::CannotCompare)),
        // A package URL that lies about the release, by saying nothing of it.
        (
            r#""version":"3.0.11","purl":"pkg:deb/debian/openssl@3.0.11""#,
            Some(MatchState::CannotCompare),
        ),
        // One that lies about the type: nothing is known of such a package.
        (r#""version":"4.17.20","purl":"pkg:pypi/lodash@4.17.20""#, None),
        (r#""version":"4.17.20","purl":"npm:lodash""#, None),
        (r#""version":"4.17.20""#, None),
    ] {
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"name":"lodash",{component}}}]}}"#
        );
        let found = database.matches(&[bill("a.json", &text)]);
        assert_eq!(found.first().map(|one| one.state), expected, "{component}");
    }
}

#[test]
fn a_graph_in_a_circle_has_ways_that_end() {
    let text = r#"{"bomFormat":"CycloneDX","components":[
        {"bom-ref":"a","name":"a"},{"bom-ref":"b","name":"b"},{"bom-ref":"c","name":"c"}],
      "dependencies":[{"ref":"a","dependsOn":["b","a"]},{"ref":"b","dependsOn":["c"]},{"ref":"c","dependsOn":["a"]}]}"#;
    let bill = bill("a.json", text);
    for index in 0..3 {
        assert!(bill.path_to(index).len() <= 3);
    }
}

#[test]
fn ranges_that_overlap_are_one_and_one_that_is_empty_is_refused() {
    let record = |ranges: &str| {
        format!(
            r#"[{{"id":"A","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"ranges":{ranges}}}]}}]"#
        )
    };
    let overlapping = record(
        r#"[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"3.0.0"}]},{"type":"SEMVER","events":[{"introduced":"2.0.0"},{"fixed":"4.0.0"}]}]"#,
    );
    let database = database(&overlapping);
    let text = r#"{"bomFormat":"CycloneDX","components":[{"name":"a","purl":"pkg:npm/a@2.5.0"}]}"#;
    let found = database.matches(&[bill("a.json", text)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fixed.as_deref(), Some("4.0.0"));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    fs::write(&file, record(r#"[{"type":"SEMVER","events":[]}]"#)).unwrap();
    let (records, report) =
        import(&[file.display().to_string()], &ImportLimits::default()).unwrap();
    assert_eq!((records.advisories.len(), report.n_bad), (0, 1));
}

/// A zip of these files, deflated.
fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn an_archive_that_unpacks_without_end_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("all.zip");
    let record = br#"{"id":"A","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1.0.0"]}]}"#;
    let bomb = vec![b' '; 50_000_000];
    fs::write(&archive, zipped(&[("bomb.json", &bomb), ("a.json", record)])).unwrap();
    let paths = [archive.display().to_string()];
    let small = ImportLimits { max_record_bytes: 1_000_000, ..ImportLimits::default() };
    let (records, report) = import(&paths, &small).unwrap();
    assert_eq!((records.advisories.len(), report.n_bad), (1, 1));
    let tiny = ImportLimits { max_total_bytes: 2_000, ..small };
    assert_eq!(import(&paths, &tiny).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn a_path_that_climbs_out_of_an_archive_is_a_name_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let archive = inner.join("all.zip");
    let record = br#"{"id":"A","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1.0.0"]}]}"#;
    fs::write(&archive, zipped(&[("../climbed.json", record)])).unwrap();
    let (records, _) = import(&[archive.display().to_string()], &ImportLimits::default()).unwrap();
    assert_eq!(records.advisories.len(), 1);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn a_list_of_any_length_is_read_record_by_record() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.json");
    let mut list = String::from("[");
    for index in 0..2_000 {
        let _ = write!(
            list,
            r#"{{"id":"A-{index}","modified":"2026-01-01T00:00:00Z","details":"{}","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"versions":["1.0.0"]}}]}},"#,
            "x".repeat(1_000)
        );
    }
    // The last one is half written: what stood before it counts.
    list.push_str(r#"{"id":"A-2"#);
    fs::write(&file, list).unwrap();
    let limits = ImportLimits { max_record_bytes: 100_000, ..ImportLimits::default() };
    let (records, report) = import(&[file.display().to_string()], &limits).unwrap();
    assert_eq!((records.advisories.len(), report.n_bad), (2_000, 1));
    let small = ImportLimits { max_total_bytes: 50_000, ..limits };
    let refused = import(&[file.display().to_string()], &small).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
}

#[test]
fn advisories_on_disk_are_for_their_owner_alone_and_half_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("advisories.db");
    let (records, _) = {
        let list = folder.path().join("list.json");
        fs::write(&list, LODASH).unwrap();
        import(&[list.display().to_string()], &ImportLimits::default()).unwrap()
    };
    snapshot::write(&path, &records, Timestamp::from_millis(0)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let whole: Database = snapshot::open(&path).unwrap().unwrap();
    assert_eq!(whole.n_advisories(), 2);
    let bytes = fs::read(&path).unwrap();
    for end in [0, 7, 55, 56, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..end]).unwrap();
        let refused = snapshot::open(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable, "{end}");
    }
    for at in [3, 9, 40, 70] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        assert!(snapshot::open(&path).is_err(), "{at}");
    }
}

#[test]
fn a_package_url_that_lies_about_its_type_is_never_taken_for_compared() {
    let written = [
        // A type that nobody knows, no URL at all, and a type that asks for a namespace.
        ("pkg:unheard-of/a@1.0.0", None),
        ("npm/a@1.0.0", None),
        ("pkg:composer/a@1.0.0", None),
        ("pkg:npm/@1.0.0", None),
        // A distribution of another family has no advisories under that name, which is told as a missing ecosystem.
        ("pkg:deb/alpine/musl@1.2.4?distro=alpine-3.18", Some("deb alpine")),
        ("pkg:rpm/debian/bash@5.2?distro=debian-12", Some("rpm debian")),
    ];
    let components: Vec<String> = written
        .iter()
        .map(|(purl, _)| format!(r#"{{"name":"a","version":"1.0.0","purl":"{purl}"}}"#))
        .collect();
    let text = format!(r#"{{"bomFormat":"CycloneDX","components":[{}]}}"#, components.join(","));
    let bill = bill("bom.json", &text);
    for (component, (purl, ecosystem)) in bill.components.iter().zip(written) {
        let found = component.package.as_ref().map(|package| package.ecosystem.as_str());
        assert_eq!(found, ecosystem, "{purl}");
    }
}
