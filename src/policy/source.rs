//! Where bundles come from, and the files in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::gatekeeper;
use crate::domain::digest::Digest;
use crate::domain::place::{SourceFile, Span};
use crate::rego::Fault;

/// Where a bundle comes from.
#[derive(Clone, Debug)]
pub enum BundleSource {
    /// The bundle that is part of goldgate.
    Builtin,
    /// A folder, or one file.
    Path(PathBuf),
    /// Files in memory: path within the bundle and text.
    Memory {
        /// The name by which messages know it.
        name: String,
        /// Path within the bundle (`kubernetes/a.rego`) and text.
        files: Vec<(String, String)>,
    },
}

/// The files of the built-in bundle, without tests.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// A file of a bundle.
#[derive(Clone, Debug)]
pub(super) struct BundleFile {
    /// Its path within the bundle, with `/`.
    pub(super) inner: String,
    /// The text, by the path that people know it by.
    pub(super) source: Arc<SourceFile>,
}

/// The files of one bundle.
#[derive(Clone, Debug)]
pub(super) struct Bundle {
    /// How messages call it.
    pub(super) name: String,
    /// Ascending by path.
    pub(super) files: Vec<BundleFile>,
}

/// Which files of a bundle are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// Those that decide.
    Deciding,
    /// The tests as well.
    WithTests,
    /// Every document in YAML or JSON.
    Documents,
}

const MAX_FILES: usize = 10_000;
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
const MAX_FOLDER_DEPTH: usize = 16;

impl Bundle {
    /// Reads a bundle, and says which files could not be read.
    pub(super) fn read(source: &BundleSource, selection: Selection) -> (Self, Vec<Fault>) {
        let memory = |name: &str, files: &mut dyn Iterator<Item = (&str, &str)>| {
            let mut files: Vec<BundleFile> = files
                .filter(|(inner, text)| {
                    is_wanted(inner, selection)
                        && has_meaning(inner, text)
                        && !(selection == Selection::Deciding && is_test(inner, text))
                })
                .map(|(inner, text)| BundleFile {
                    inner: inner.to_owned(),
                    source: Arc::new(SourceFile::new(format!("{name}/{inner}"), text)),
                })
                .collect();
            files.sort_by(|a, b| a.inner.cmp(&b.inner));
            Self { name: name.to_owned(), files }
        };
        match source {
            BundleSource::Builtin => (memory("builtin", &mut BUILTIN.iter().copied()), Vec::new()),
            BundleSource::Memory { name, files } => {
                let mut files = files.iter().map(|(inner, text)| (inner.as_str(), text.as_str()));
                (memory(name, &mut files), Vec::new())
            }
            BundleSource::Path(path) => Self::read_path(path, selection),
        }
    }

    fn read_path(path: &Path, selection: Selection) -> (Self, Vec<Fault>) {
        let mut reader = Reader { selection, files: Vec::new(), faults: Vec::new() };
        let name = shown(path);
        if !path.exists() {
            reader.fault(path, "there is no such file or folder".to_owned(), READABLE);
        } else if path.is_dir() {
            reader.folder(path, "", 0);
        } else {
            let inner = path.file_name().map(|name| name.to_string_lossy().into_owned());
            reader.file(path, &inner.unwrap_or_default());
        }
        reader.files.sort_by(|a, b| a.inner.cmp(&b.inner));
        if reader.files.is_empty() && reader.faults.is_empty() {
            let (message, help) = if selection == Selection::Documents {
                ("there is no data here", "name a folder that holds `.yaml` or `.json` files")
            } else {
                let help = "name a folder that holds `.rego` files, e.g. `--bundle policies/`";
                ("there is no policy here", help)
            };
            reader.fault(path, message.to_owned(), help);
        }
        (Self { name, files: reader.files }, reader.faults)
    }

    /// The digest of paths and texts.
    pub(super) fn digest(&self) -> Digest {
        let parts = self.files.iter().flat_map(|file| [file.inner.as_str(), &file.source.text]);
        Digest::of_parts(parts.map(str::as_bytes))
    }
}

/// What a file of a bundle is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Rego,
    /// A document mounted at its folder.
    Data,
    Enforcement,
    Scorecard,
    Manifest,
    /// YAML that may hold objects of a cluster.
    Kubernetes,
    /// A policy set of Terraform Cloud.
    TerraformSet,
}

/// What the file at `inner` is; `None` when a bundle has no use for it.
pub(super) fn kind_of(inner: &str) -> Option<FileKind> {
    let name = inner.rsplit('/').next().unwrap_or(inner);
    let is_rego = Path::new(name).extension().is_some_and(|extension| extension == "rego");
    match name {
        "data.json" | "data.yaml" | "data.yml" => Some(FileKind::Data),
        "policies.hcl" => Some(FileKind::TerraformSet),
        _ if is_rego => Some(FileKind::Rego),
        _ => match inner {
            "enforcement.yaml" | "enforcement.yml" => Some(FileKind::Enforcement),
            "scorecard.yaml" | "scorecard.yml" => Some(FileKind::Scorecard),
            ".manifest" => Some(FileKind::Manifest),
            _ if is_yaml(name) => Some(FileKind::Kubernetes),
            _ => None,
        },
    }
}

fn is_yaml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Whether the text of a file means something: of YAML only what may hold a policy does.
fn has_meaning(inner: &str, text: &str) -> bool {
    kind_of(inner) != Some(FileKind::Kubernetes) || gatekeeper::may_be_one(text)
}

/// The name and the folder of rules that do not stand at the root of their bundle.
fn misplaced(inner: &str) -> Option<(&str, &str)> {
    let (folder, name) = inner.rsplit_once('/')?;
    let is_rules =
        |stem: &str| name.strip_prefix(stem).is_some_and(|rest| matches!(rest, ".yaml" | ".yml"));
    (is_rules("enforcement") || is_rules("scorecard")).then_some((name, folder))
}

/// Whether a text looks like one of ours, and not like somebody else's file of the same name.
fn says_rules(text: &str) -> bool {
    let keys = ["rules:", "default:", "environments:", "levels:", "weights:", "uncounted:"];
    text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)))
}

/// Whether the file holds tests and what they need. One that is named so and has rules that judge in place of tests is a
/// policy that somebody has named unluckily: left out it would let everything pass.
pub(super) fn is_test(inner: &str, text: &str) -> bool {
    inner.ends_with("_test.rego") && (has_tests(text) || !judges(text))
}

fn has_tests(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("test_") || line.starts_with("todo_test_"))
}

fn judges(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.lines().any(|line| {
        let (rule, has_default) = match line.strip_prefix("default ") {
            Some(rule) => (rule, true),
            None => (line, false),
        };
        let end = rule.find(|c| !is_word(c)).unwrap_or(rule.len());
        let Some((name, rest)) = rule.split_at_checked(end) else { return false };
        let is_entry = matches!(name, "deny" | "violation" | "warn" | "allow")
            || ["deny_", "violation_", "warn_"].iter().any(|prefix| name.starts_with(prefix));
        // What is only given a value is data of tests.
        let rest = rest.trim_start();
        let has_body = ["contains ", "[", "if ", "{"].iter().any(|next| rest.starts_with(next));
        is_entry && (has_default || has_body)
    })
}

fn is_wanted(inner: &str, selection: Selection) -> bool {
    let name = inner.rsplit('/').next().unwrap_or(inner);
    match selection {
        Selection::Deciding | Selection::WithTests => kind_of(inner).is_some(),
        Selection::Documents => {
            is_yaml(name) || Path::new(name).extension().is_some_and(|it| it == "json")
        }
    }
}

struct Reader {
    selection: Selection,
    files: Vec<BundleFile>,
    faults: Vec<Fault>,
}

impl Reader {
    fn folder(&mut self, folder: &Path, inner: &str, depth: usize) {
        if depth > MAX_FOLDER_DEPTH {
            let message = format!("folders are nested deeper than {MAX_FOLDER_DEPTH}");
            return self.fault(folder, message, "remove the link that leads back up");
        }
        let entries =
            fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<fs::DirEntry>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(cause) => {
                return self.fault(folder, format!("the folder cannot be read: {cause}"), READABLE);
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let inner = if inner.is_empty() { name.clone() } else { format!("{inner}/{name}") };
            // Hidden folders hold the working state of tools.
            if name.starts_with('.') && name != ".manifest" {
                continue;
            }
            let path = entry.path();
            if path.is_dir() {
                self.folder(&path, &inner, depth + 1);
            } else {
                self.file(&path, &inner);
            }
        }
    }

    fn file(&mut self, path: &Path, inner: &str) {
        if !is_wanted(inner, self.selection) {
            return;
        }
        // Manifests that lie beside policies may be as large and as broken as they like.
        let may_be_strange =
            self.selection != Selection::Documents && kind_of(inner) == Some(FileKind::Kubernetes);
        let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
        if size > MAX_FILE_BYTES {
            if may_be_strange {
                return;
            }
            let message = format!("the file has {size} bytes, more than {MAX_FILE_BYTES}");
            return self.fault(path, message, "split it");
        }
        let read = fs::read(path).map(String::from_utf8);
        if may_be_strange && !matches!(&read, Ok(Ok(text)) if has_meaning(inner, text)) {
            let decides = self.selection == Selection::Deciding;
            if let Some((what, folder)) = misplaced(inner).filter(|_| decides)
                && matches!(&read, Ok(Ok(text)) if says_rules(text))
            {
                let message = format!("`{what}` is read at the root of a bundle alone");
                let help = format!("move it there, or name `{folder}` as a bundle of its own");
                self.fault(path, message, &help);
            }
            return;
        }
        let decides = self.selection == Selection::Deciding;
        if decides && matches!(&read, Ok(Ok(text)) if is_test(inner, text)) {
            return;
        }
        if self.files.len() >= MAX_FILES {
            let message = format!("the bundle has more than {MAX_FILES} files");
            return self.fault(path, message, "name a smaller folder");
        }
        match read {
            Ok(Ok(text)) => self.files.push(BundleFile {
                inner: inner.to_owned(),
                source: Arc::new(SourceFile::new(shown(path), text)),
            }),
            Ok(Err(cause)) => {
                let at = cause.utf8_error().valid_up_to();
                let message = format!("the file is not UTF-8 (byte {at})");
                self.fault(path, message, "save it as UTF-8");
            }
            Err(cause) => {
                self.fault(path, format!("the file cannot be read: {cause}"), READABLE);
            }
        }
    }

    fn fault(&mut self, path: &Path, message: String, help: &str) {
        let nowhere = Arc::new(SourceFile::new(shown(path), ""));
        self.faults.push(Fault::new(&nowhere, Span::default(), message).with_help(help));
    }
}

const READABLE: &str = "check that the path is right and that you may read it";

fn shown(path: &Path) -> String {
    let shown = path.to_string_lossy().replace('\\', "/");
    // Whoever names `.` knows the files by what stands behind it.
    shown.strip_prefix("./").filter(|rest| !rest.is_empty()).unwrap_or(&shown).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_bundle_has_policies_and_no_tests() {
        let (bundle, faults) = Bundle::read(&BundleSource::Builtin, Selection::WithTests);
        assert!(faults.is_empty());
        assert!(bundle.files.iter().any(|file| file.inner == "enforcement.yaml"));
        assert!(!bundle.files.iter().any(|file| is_test(&file.inner, &file.source.text)));
    }

    #[test]
    fn a_policy_that_is_named_like_a_test_is_none() {
        assert!(is_test("a/b_test.rego", "package b_test\n\ntest_a if true\n"));
        assert!(is_test("b_test.rego", "package b_test\n\nfixture := 1\ndenylist := []\n"));
        assert!(is_test("b_test.rego", "package b\n\ndeny if 1\n\ntodo_test_a if true\n"));
        assert!(is_test("b_test.rego", "package b\n\ndeny_all := {\"a\": 1}\nallowed if true\n"));
        for rule in ["deny contains \"x\"", "deny_x[msg] { msg := 1 }", "default allow := false"] {
            assert!(!is_test("load_test.rego", &format!("package load\n\n{rule}\n")), "{rule}");
        }
        assert!(!is_test("test.rego", "package a\n\ntest_a if true\n"));
    }

    #[test]
    fn rules_below_the_root_of_a_bundle_are_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        fs::write(below.join("a.rego"), "package a\n").unwrap();
        fs::write(below.join("enforcement.yaml"), "rules:\n  - {action: deny}\n").unwrap();
        fs::write(below.join("scorecard.yml"), "kind: Service\n").unwrap();
        let source = BundleSource::Path(folder.path().to_owned());
        let (_, faults) = Bundle::read(&source, Selection::Deciding);
        let messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(messages, ["`enforcement.yaml` is read at the root of a bundle alone"]);
        assert!(faults[0].help.as_deref().unwrap().contains("`below`"));
        assert!(Bundle::read(&source, Selection::WithTests).1.is_empty());
    }

    #[test]
    fn only_files_that_mean_something_to_a_bundle_are_read() {
        assert_eq!(kind_of("a/data.yaml"), Some(FileKind::Data));
        assert_eq!(kind_of("a/enforcement.yaml"), Some(FileKind::Kubernetes));
        assert!(!has_meaning("a/enforcement.yaml", "rules: []"));
        assert_eq!(kind_of("README.md"), None);
        assert_eq!(kind_of("a/b.rego"), Some(FileKind::Rego));
    }
}
