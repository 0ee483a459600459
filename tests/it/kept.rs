//! The compiled cache: what was compiled is read back as long as nothing changed, and what is damaged is compiled anew.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::evidence::EvidenceSet;
use goldgate::domain::request::Request;
use goldgate::intake::Limits;
use goldgate::policy::{BundleSource, LoadOptions, Revision};

/// Mark, key and digest.
const HEAD_BYTES: usize = 72;

const POLICY: &str = r#"# METADATA
# title: Containers have a limit
# custom:
#   code: ACME-LIMIT
#   severity: high
#   scope: workload
#   remediation: Set `limits.memory`.
package acme.limit

import data.acme.lib

allowed := {"a", "b", 1.0, 12345678901234567890123}

deny contains finding if {
	some index, container in input.workload.containers
	not lib.limited(container)
	count([name | some name in allowed; name == container.name]) == 0
	finding := {
		"message": sprintf("%s has no limit", [container.name]),
		"path": sprintf("/spec/template/spec/containers/%d", [index]),
	}
}

warn contains 1 / data.acme.zero if input.workload.name == "broken"
"#;

const LIBRARY: &str =
    "package acme.lib\n\nlimited(container) if container.resources.limits.memory\n";

fn bundle(policy: &str) -> BundleSource {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let files = vec![
        file("limit.rego", policy),
        file("lib.rego", LIBRARY),
        file("acme/data.json", r#"{"zero": 0, "one": 1.0}"#),
    ];
    BundleSource::Memory { name: "acme".to_owned(), files }
}

fn options(folder: &Path) -> LoadOptions {
    LoadOptions { cache: Some(folder.join("compiled")), ..LoadOptions::default() }
}

fn loaded(source: &BundleSource, options: &LoadOptions) -> Revision {
    Revision::load(std::slice::from_ref(source), options).unwrap()
}

/// The only file of the cache.
fn kept_file(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder.join("compiled")).unwrap();
    let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    file.clone()
}

/// Everything that the policies say of the files below `examples`, and of one that makes a rule fail.
fn said(revision: &Revision) -> String {
    let mut texts = vec![(
        "broken.yaml".to_owned(),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: broken}\nspec:\n  template:\n    spec:\n      \
         containers: [{name: c, image: a/b:v1}]\n"
            .to_owned(),
    )];
    for folder in ["examples/storefront", "examples/storefront-fixed"] {
        collect(Path::new(folder), &mut texts);
    }
    let artifacts = texts.into_iter().map(|(path, text)| Artifact {
        path,
        content: text.into_bytes().into(),
        origin: ArtifactOrigin::Named,
    });
    let request = Request { artifacts: artifacts.collect(), ..Request::default() };
    let release = goldgate::intake::read(&request, &Limits::default(), b"salt").unwrap();
    let now = Timestamp::from_millis(1_795_327_326_000);
    let evidence = EvidenceSet::default();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(16 * 1024 * 1024);
        let evaluate = || revision.evaluate(&request, &release, &evidence, now);
        let outcomes = thread.spawn_scoped(scope, evaluate).unwrap().join().unwrap();
        format!("{outcomes:#?}")
    })
}

fn collect(folder: &Path, texts: &mut Vec<(String, String)>) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, texts);
        } else if let Ok(text) = fs::read_to_string(&path) {
            texts.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn what_was_kept_says_what_was_compiled() {
    for source in [BundleSource::Builtin, bundle(POLICY)] {
        let data = tempfile::tempdir().unwrap();
        let compiled = loaded(&source, &options(data.path()));
        let kept = loaded(&source, &options(data.path()));
        assert_eq!((compiled.was_kept(), kept.was_kept()), (false, true));
        assert_eq!(compiled.reference(), kept.reference());
        assert_eq!(format!("{:?}", compiled.policies()), format!("{:?}", kept.policies()));
        assert_eq!(format!("{:?}", compiled.enforcement()), format!("{:?}", kept.enforcement()));
        assert_eq!(compiled.scorecard_rules(), kept.scorecard_rules());
        let answers = said(&compiled);
        assert!(answers.contains("Failed(") || answers.contains("Error("), "{answers}");
        assert_eq!(answers, said(&kept));
    }
}

#[test]
fn an_error_names_the_same_place() {
    let data = tempfile::tempdir().unwrap();
    let source = bundle(POLICY);
    let compiled = said(&loaded(&source, &options(data.path())));
    assert!(compiled.contains("divide by zero"), "{compiled}");
    assert!(compiled.contains("(acme/limit.rego:24:15)"), "{compiled}");
    assert_eq!(compiled, said(&loaded(&source, &options(data.path()))));
}

#[test]
fn whatever_decides_differently_is_compiled_anew() {
    let data = tempfile::tempdir().unwrap();
    let first = options(data.path());
    assert!(!loaded(&bundle(POLICY), &first).was_kept());
    let other_text = bundle(&POLICY.replace("high", "low"));
    assert!(!loaded(&other_text, &first).was_kept());
    let BundleSource::Memory { files, .. } = bundle(POLICY) else { panic!("a bundle in memory") };
    let other_name = BundleSource::Memory { name: "other".to_owned(), files };
    assert!(!loaded(&other_name, &first).was_kept());
    let beside = data.path().join("beside");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("more.json"), r#"{"n": 1}"#).unwrap();
    let with_data = LoadOptions { data: vec![beside.clone()], ..first.clone() };
    assert!(!loaded(&bundle(POLICY), &with_data).was_kept());
    fs::write(beside.join("more.json"), r#"{"n": 2}"#).unwrap();
    assert!(!loaded(&bundle(POLICY), &with_data).was_kept());
    assert!(loaded(&bundle(POLICY), &with_data).was_kept());
    for other in [
        LoadOptions { strict: true, ..first.clone() },
        LoadOptions { combine: true, ..first.clone() },
    ] {
        assert!(!loaded(&bundle(POLICY), &other).was_kept());
    }
    // Budgets are said anew each time, and nothing is compiled of them.
    let other_budget =
        LoadOptions { budget: first.budget * 2, request_budget: first.budget, ..first.clone() };
    assert!(loaded(&bundle(POLICY), &other_budget).was_kept());
    assert!(loaded(&bundle(POLICY), &first).was_kept());
}

#[test]
fn a_fault_is_said_again_each_time() {
    let data = tempfile::tempdir().unwrap();
    let faulty = bundle(&POLICY.replace("lib.limited", "lib.limitd"));
    let said = || {
        let faults = Revision::load(std::slice::from_ref(&faulty), &options(data.path()));
        format!("{:?}", faults.unwrap_err())
    };
    assert_eq!(said(), said());
    assert!(!data.path().join("compiled").exists());
}

#[test]
fn what_is_damaged_is_compiled_anew_and_kept_again() {
    let data = tempfile::tempdir().unwrap();
    let (source, options) = (bundle(POLICY), options(data.path()));
    let right = said(&loaded(&source, &options));
    let file = kept_file(data.path());
    let whole = fs::read(&file).unwrap();
    let damaged = (0..40).flat_map(|n| {
        let place = n * 7919 % whole.len();
        let mut changed = whole.clone();
        changed[place] ^= 1 << (n % 8);
        [changed, whole[..place].to_vec()]
    });
    for bytes in damaged {
        write_private(&file, &bytes);
        let revision = loaded(&source, &options);
        assert!(!revision.was_kept());
        assert_eq!(said(&revision), right);
        assert_eq!(fs::read(&file).unwrap(), whole);
        assert!(loaded(&source, &options).was_kept());
    }
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    let mut file = fs::OpenOptions::new();
    let file = file.write(true).create_new(true).mode(0o600).open(path);
    std::io::Write::write_all(&mut file.unwrap(), bytes).unwrap();
}

/// Behind the digest, as if somebody had written it anew: every flipped bit and every cut.
#[test]
fn no_forged_form_makes_the_loader_panic() {
    let data = tempfile::tempdir().unwrap();
    let source = bundle(POLICY);
    loaded(&source, &options(data.path()));
    let form = fs::read(kept_file(data.path())).unwrap().split_off(HEAD_BYTES);
    let sources = [source];
    let plain = LoadOptions::default();
    let read = |form: &[u8]| Revision::of_compiled(form, &sources, &plain);
    assert!(read(&form).is_some());
    let mut n_read = 0;
    for place in 0..form.len() {
        assert!(read(&form[..place]).is_none(), "cut at {place}");
        for bit in 0..8 {
            let mut forged = form.clone();
            forged[place] ^= 1 << bit;
            if let Some(revision) = read(&forged) {
                n_read += 1;
                // It says something else, and says it without an end to the process.
                if (place + bit) % 16 == 0 {
                    said(&revision);
                }
            }
        }
    }
    assert!(n_read > 0);
}

/// `goldgate check` of the example, with what `more` says.
fn checked(data: &Path, more: &[&str]) -> (serde_json::Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_goldgate"))
        .args(["check", "examples/storefront", "-v", "-o", "json", "--data"])
        .arg(data)
        .args(more)
        .env_clear()
        .env("HOME", data)
        .output()
        .unwrap();
    let mut decision: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let fields = decision.as_object_mut().unwrap();
    for varying in ["id", "time", "timings", "scorecard"] {
        fields.remove(varying);
    }
    (decision, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_program_reads_what_it_compiled_the_last_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (compiled, said) = checked(&data, &[]);
    assert!(!said.contains("compiled earlier"), "{said}");
    let (kept, said) = checked(&data, &[]);
    assert!(said.contains("compiled earlier"), "{said}");
    assert_eq!(compiled, kept);
    let config = folder.path().join("goldgate.yaml");
    fs::write(&config, "policy: {cache: false}\n").unwrap();
    let (without, said) = checked(&data, &["--config", config.to_str().unwrap()]);
    assert!(!said.contains("compiled earlier"), "{said}");
    assert_eq!(compiled, without);
}

#[test]
fn a_dry_run_leaves_no_folder_behind() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    checked(&data, &["--dry-run"]);
    assert!(!data.exists());
}
