//! Runs `tests/cases/intake/<case>`: `input/` is collected and read, what came of it is compared with `expect.txt`.
//!
//! `args.txt` holds what a caller would type, one argument a line; without it the folder itself is named. A file
//! `x.escaped` is written as `x` with `\n`, `\t`, `\0`, `\xff` and `\u{feff}` put in; `dot-x` is written as `.x`.
//! `GOLDGATE_BLESS=1` rewrites what is expected.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use goldgate::document::DocumentLimits;
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::error::ErrorKind;
use goldgate::domain::place::Location;
use goldgate::domain::release::{InputFault, Release};
use goldgate::domain::request::Request;
use goldgate::domain::service::ServiceRef;
use goldgate::domain::value::Value;
use goldgate::domain::workload::{Container, Quantity, Workload};
use goldgate::intake::{self, Limits};

#[test]
fn every_case_is_read_as_expected() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/intake");
    let mut names: Vec<_> =
        fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(!names.is_empty());
    let bless = std::env::var_os("GOLDGATE_BLESS").is_some();
    let mut wrong = String::new();
    for case in names {
        let shown = run(&case);
        let file = case.join("expect.txt");
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if bless {
            fs::write(&file, &shown).unwrap();
        } else if shown != expected {
            let _ =
                writeln!(wrong, "== {}\n-- expected\n{expected}-- found\n{shown}", case.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nset GOLDGATE_BLESS=1 to take what was found");
}

/// Copies the case to a folder of its own, so that nothing above it is found.
fn run(case: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repo");
    copy(&case.join("input"), &root);
    let git = root.join(".git");
    if !git.exists() {
        fs::create_dir(git).unwrap();
    }
    let prefix = format!("{}/", root.display());
    let (mut paths, mut service, mut images, mut stdin) = (Vec::new(), None, Vec::new(), None);
    let args = fs::read_to_string(case.join("args.txt")).unwrap_or_else(|_| ".".to_owned());
    for arg in args.lines() {
        match arg.split_once(' ') {
            Some(("--service", name)) => service = Some(name.parse::<ServiceRef>().unwrap()),
            Some(("--image", image)) => images.push(image.to_owned()),
            Some(("--stdin", file)) => {
                stdin = Some(Bytes::from(fs::read(root.join(file)).unwrap()));
                fs::remove_file(root.join(file)).unwrap();
                paths.push("-".to_owned());
            }
            Some(_) | None if arg == "." => paths.push(root.display().to_string()),
            Some(_) | None => paths.push(format!("{prefix}{arg}")),
        }
    }
    let limits = Limits::default();
    let mut walked = match intake::walk(&paths, stdin, &limits) {
        Ok(walked) => walked,
        Err(error) => return format!("error: {}\n", error.external()).replace(&prefix, ""),
    };
    for artifact in &mut walked.artifacts {
        artifact.path = artifact.path.replace(&prefix, "");
    }
    match intake::read(
        &Request { artifacts: walked.artifacts, service, images, ..Request::default() },
        &limits,
        b"salt",
    ) {
        Ok(release) => summary(&release, walked.n_ignored).replace(&prefix, ""),
        Err(error) => format!("error: {}\n", error.external()),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = name.strip_prefix("dot-").map_or(name.clone(), |name| format!(".{name}"));
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else if let Some(name) = name.strip_suffix(".escaped") {
            let text = fs::read_to_string(entry.path()).unwrap();
            fs::write(to.join(name), unescaped(text.trim_end_matches('\n'))).unwrap();
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut parts = text.split('\\');
    out.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let mut chars = part.chars();
        match chars.next() {
            Some('n') => out.push(b'\n'),
            Some('r') => out.push(b'\r'),
            Some('t') => out.push(b'\t'),
            Some('0') => out.push(0),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            Some('u') => {
                let digits: String = chars.by_ref().take_while(|char| *char != '}').collect();
                let code = u32::from_str_radix(digits.trim_start_matches('{'), 16).unwrap();
                out.extend(char::from_u32(code).unwrap().to_string().bytes());
            }
            other => panic!("no such escape: {other:?}"),
        }
        out.extend(chars.as_str().bytes());
    }
    out
}

fn summary(release: &Release, n_left: usize) -> String {
    let mut out = String::new();
    match &release.service {
        Some(service) => {
            let _ = write!(out, "service {} from {}", service.reference, service.source.as_str());
            for (name, fact) in [
                ("owner", &service.owner),
                ("system", &service.system),
                ("tier", &service.tier),
                ("lifecycle", &service.lifecycle),
            ] {
                if let Some(fact) = fact {
                    let _ = write!(out, " {name}={fact}");
                }
            }
            out.push('\n');
        }
        None => out.push_str("service unknown\n"),
    }
    for resource in &release.resources {
        let _ = writeln!(
            out,
            "resource {} {} at {}",
            resource.id.api_version,
            resource.id,
            at(&resource.location(""))
        );
    }
    for workload in &release.workloads {
        show_workload(release, workload, &mut out);
    }
    for image in &release.images {
        let shown = match &image.image.parts {
            Ok(parts) => parts.to_string(),
            Err(reason) => format!("invalid: {reason}"),
        };
        let _ =
            writeln!(out, "image {} = {shown} used by {:?}", image.image.reference, image.used_by);
    }
    for fault in &release.faults {
        show_fault(fault, &mut out);
    }
    for note in &release.notes {
        let _ = writeln!(
            out,
            "note {}: {} ({})",
            note.file,
            note.message,
            note.help.as_deref().unwrap_or("-")
        );
    }
    for read in &release.files {
        let secrets: Vec<String> = read
            .secrets
            .iter()
            .map(|span| {
                let place = read.file.location(*span, "");
                format!("{}:{}-{}:{}", place.line, place.column, place.end_line, place.end_column)
            })
            .collect();
        let _ = writeln!(out, "file {} secrets [{}]", read.file.path, secrets.join(", "));
    }
    let _ = writeln!(out, "left alone {} + {n_left}", release.n_ignored);
    out
}

fn at(location: &Location) -> String {
    let path = if location.path.is_empty() { String::new() } else { format!(" {}", location.path) };
    format!("{}-{}:{}{path}", location, location.end_line, location.end_column)
}

fn show_fault(fault: &InputFault, out: &mut String) {
    let named = if fault.named { " named" } else { "" };
    let _ =
        writeln!(out, "fault {} {}{named} at {}", fault.code, fault.severity, at(&fault.location));
    let _ = writeln!(out, "  {}", fault.message);
    let _ = writeln!(out, "  {}", fault.remediation);
    if let Some(related) = &fault.related {
        let _ = writeln!(out, "  first at {}", at(related));
    }
    if !fault.resource.kind.is_empty() {
        let _ = writeln!(out, "  of {}", fault.resource);
    }
}

fn show_workload(release: &Release, workload: &Workload, out: &mut String) {
    let Some(resource) = release.resources.get(workload.resource) else { panic!("no resource") };
    let _ = write!(
        out,
        "workload {} pod {} at {}",
        resource.id,
        workload.pod_path,
        at(&resource.location(&workload.pod_path))
    );
    let written = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
    for (name, value) in [
        ("replicas", written(&workload.replicas)),
        ("selector", written(&workload.selector)),
        ("labels", Some(workload.labels.to_string())),
        ("annotations", Some(workload.annotations.to_string())),
        ("pod labels", Some(workload.pod_labels.to_string())),
        ("pod annotations", Some(workload.pod_annotations.to_string())),
    ] {
        if let Some(value) = value.filter(|value| value != "{}") {
            let _ = write!(out, "\n  {name} {value}");
        }
    }
    out.push('\n');
    for container in &workload.containers {
        let place = at(&resource.location(&container.path));
        let _ = writeln!(out, "  {} `{}` at {place}", container.kind.as_str(), container.name);
        show_container(container, out);
    }
}

fn show_container(container: &Container, out: &mut String) {
    match &container.image {
        None => out.push_str("    no image\n"),
        Some(image) => {
            let _ = writeln!(out, "    image {}", image.reference);
        }
    }
    for (name, quantities) in [("requests", &container.requests), ("limits", &container.limits)] {
        if !quantities.is_empty() {
            let _ = writeln!(out, "    {name} {}", shown(quantities));
        }
    }
    if container.security.to_string() != "{}" {
        let _ = writeln!(out, "    security {}", container.security);
    }
}

fn shown(quantities: &[(String, Quantity)]) -> String {
    let shown = quantities.iter().map(|(name, quantity)| {
        let value = quantity.value.map_or_else(|| "?".to_owned(), |value| value.to_string());
        format!("{name}={} ({value})", quantity.written)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn artifact(path: &str, content: impl Into<Bytes>) -> Artifact {
    Artifact { path: path.to_owned(), content: content.into(), origin: ArtifactOrigin::Named }
}

fn request(artifacts: &[Artifact]) -> Request {
    Request { artifacts: artifacts.to_vec(), ..Request::default() }
}

fn codes(artifacts: &[Artifact], limits: &Limits) -> Vec<String> {
    let release = intake::read(&request(artifacts), limits, b"salt").unwrap();
    release.faults.iter().map(|fault| fault.code.as_str().to_owned()).collect()
}

#[test]
fn a_hundred_thousand_brackets_are_one_fault() {
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "a: ".repeat(100_000),
        "- ".repeat(100_000),
    ] {
        let found = codes(&[artifact("a.yaml", text)], &Limits::default());
        assert!(
            matches!(found.first().map(String::as_str), Some("INPUT-LIMIT" | "INPUT-YAML")),
            "{found:?}"
        );
    }
}

#[test]
fn every_limit_names_itself() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n";
    let document = DocumentLimits::default();
    let limits = Limits::default();
    for (limits, name) in [
        (Limits { max_file_bytes: 10, ..limits }, "limits.maxFileBytes"),
        (
            Limits { document: DocumentLimits { max_depth: 1, ..document }, ..limits },
            "limits.maxDepth",
        ),
        (
            Limits { document: DocumentLimits { max_nodes: 3, ..document }, ..limits },
            "limits.maxNodes",
        ),
        (
            Limits { document: DocumentLimits { max_scalar_bytes: 2, ..document }, ..limits },
            "limits.maxScalarBytes",
        ),
        (
            Limits { document: DocumentLimits { max_documents: 0, ..document }, ..limits },
            "limits.maxDocuments",
        ),
    ] {
        let release = intake::read(&request(&[artifact("a.yaml", pod)]), &limits, b"").unwrap();
        let fault = release.faults.first().unwrap();
        assert_eq!(fault.code.as_str(), "INPUT-LIMIT");
        assert!(fault.message.contains(name), "{}", fault.message);
    }
    for (limits, name) in [
        (Limits { max_total_bytes: 10, ..limits }, "limits.maxTotalBytes"),
        (Limits { max_files: 0, ..limits }, "limits.maxFiles"),
        (Limits { max_resources: 0, ..limits }, "limits.maxResources"),
    ] {
        let error = intake::read(&request(&[artifact("a.yaml", pod)]), &limits, b"").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.external().contains(name), "{}", error.external());
    }
}

#[test]
fn an_unreadable_file_that_was_found_is_a_fault_and_a_named_one_an_error() {
    let unreadable =
        Artifact { origin: ArtifactOrigin::Unreadable, ..artifact("a.yaml", "permission denied") };
    let pod = artifact(
        "b.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{}]}\n",
    );
    assert_eq!(
        codes(&[unreadable, pod], &Limits::default()),
        ["INPUT-UNREADABLE", "INPUT-SERVICE"]
    );
    let error = intake::walk(&["no/such/file".to_owned()], None, &Limits::default()).unwrap_err();
    assert_eq!(error.external(), "cannot read `no/such/file`: there is no such file or folder");
    let error = intake::walk(&["-".to_owned()], None, &Limits::default()).unwrap_err();
    assert!(error.help().unwrap().contains("goldgate check -"));
}

#[test]
fn walking_stops_at_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..3 {
        fs::write(folder.path().join(format!("{n}.yaml")), "a: 1\n").unwrap();
    }
    let paths = [folder.path().display().to_string()];
    for limits in [
        Limits { max_files: 2, ..Limits::default() },
        Limits { max_total_bytes: 9, ..Limits::default() },
    ] {
        assert_eq!(intake::walk(&paths, None, &limits).unwrap_err().kind(), ErrorKind::TooLarge);
    }
    let limits = Limits { max_file_bytes: 2, ..Limits::default() };
    let walked = intake::walk(&paths, None, &limits).unwrap();
    assert!(walked.artifacts.iter().all(|artifact| artifact.content.len() == 3));
}
