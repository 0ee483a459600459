//! One artifact: what sort of text it is, and the documents in it.

use std::fmt::Write as _;
use std::sync::Arc;

use super::catalog::{self, Entity};
use super::code::{self, InputCode};
use super::kubernetes::{self, Found};
use super::template::{self, Charts};
use super::{Limits, fault, sbom, secret, vex};
use crate::document::{self, Document, Fault, FaultKind};
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::place::{SourceFile, Span};
use crate::domain::release::{FileRead, InputFault, Note, Release};
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::sbom::Sbom;

/// The endings of files that are ours to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Yaml,
    Json,
    Other,
}

impl Ending {
    pub(super) fn of(path: &str) -> Self {
        let ends = |ending: &str| {
            path.len()
                .checked_sub(ending.len())
                .and_then(|at| path.get(at..))
                .is_some_and(|end| end.eq_ignore_ascii_case(ending))
        };
        if ends(".yaml") || ends(".yml") {
            return Self::Yaml;
        }
        if ends(".json") { Self::Json } else { Self::Other }
    }
}

/// The release as far as it was read.
pub(super) struct Reading<'r> {
    /// Which of the request's artifacts is read.
    pub(super) index: usize,
    pub(super) release: &'r mut Release,
    pub(super) entities: &'r mut Vec<Entity>,
    pub(super) secrets: &'r mut Vec<String>,
    pub(super) limits: &'r Limits,
    pub(super) charts: &'r Charts,
}

impl Reading<'_> {
    /// Reads one artifact.
    pub(super) fn artifact(&mut self, artifact: &Artifact) {
        let named = match artifact.origin {
            ArtifactOrigin::Named => true,
            ArtifactOrigin::Found => false,
            ArtifactOrigin::Unreadable => {
                let reason = String::from_utf8_lossy(&artifact.content);
                let message = format!("what is here cannot be judged: {reason}");
                self.fault(fault::of_file(&code::UNREADABLE, &artifact.path, false, message));
                return;
            }
        };
        let limit = self.limits.max_file_bytes;
        if artifact.content.len() > limit {
            let message = format!("the file is larger than {limit} bytes (`limits.maxFileBytes`)");
            self.fault(fault::of_file(&code::LIMIT, &artifact.path, named, message));
            return;
        }
        match text_of(artifact) {
            Ok(text) => self.text(SourceFile::new(artifact.path.as_str(), text), named),
            // An image or an archive beside the manifests is none of our business.
            Err(_) if !named && Ending::of(&artifact.path) == Ending::Other => self.ignore(),
            Err((message, span)) => self.not_text(artifact, named, message, span),
        }
    }

    fn text(&mut self, file: SourceFile, named: bool) {
        let file = Arc::new(file);
        if self.charts.is_template(&file.path) && template::has_expression(&file.text) {
            self.template(&file, named);
            return;
        }
        if let Some(bill) = sbom::read(&file) {
            self.bill(bill, file, named);
            return;
        }
        if vex::is_document(&file) {
            // What it says is weighed with the evidence; here it is a file that is ours.
            self.release.files.push(FileRead { artifact: self.index, file, secrets: Vec::new() });
            return;
        }
        let (documents, syntax) = parse(&file, self.limits);
        if documents.is_empty() {
            self.empty(&file, named);
            return;
        }
        let mut spans = Vec::new();
        let (mut n_ours, mut n_faults) = (0, 0);
        for document in &documents {
            match document {
                Ok(document) => n_ours += usize::from(self.document(document, &file, &mut spans)),
                Err(fault) => {
                    n_faults += 1;
                    if !self.broken(fault, syntax, &file, named) {
                        n_faults -= 1;
                    }
                }
            }
        }
        if n_ours == 0 && n_faults == 0 {
            if !named {
                self.ignore();
                return;
            }
            self.strangers(&documents, &file);
            let message = "no document of this file has both `apiVersion` and `kind`";
            self.fault(fault::of_file(&code::NOT_A_MANIFEST, &file.path, true, message));
        }
        // What could not be parsed, or is none of ours, is searched line by line.
        if n_ours < documents.len() {
            secret::in_text(&file.text, &mut spans, self.secrets);
        }
        secret::in_comments(&file.text, &mut spans);
        let secrets = secret::merged(spans);
        self.release.files.push(FileRead { artifact: self.index, file, secrets });
    }

    /// Keeps documents that are none of ours: a plain policy may be about them.
    fn strangers(&mut self, documents: &[Result<Document, Fault>], file: &Arc<SourceFile>) {
        for document in documents.iter().flatten() {
            self.release.documents.push(Resource {
                id: ResourceId::default(),
                document: document.value.clone(),
                file: Arc::clone(file),
                places: Arc::clone(&document.places),
                place: document.root,
                pointer: String::new(),
            });
        }
    }

    /// Takes a bill of materials or a lock file.
    fn bill(&mut self, bill: Result<Sbom, sbom::BillFault>, file: Arc<SourceFile>, named: bool) {
        let limit = self.limits.max_components;
        match bill {
            Ok(bill) if bill.components.len() > limit => {
                let n = bill.components.len();
                let message = format!(
                    "the bill has {n} components, the limit is {limit} (`limits.maxComponents`)"
                );
                self.fault(fault::of_file(&code::LIMIT, &file.path, named, message));
            }
            // A document that only says what vulnerabilities mean elsewhere is no bill without a component.
            Ok(bill) if bill.components.is_empty() && vex::is_document(&file) => {}
            Ok(bill) => {
                self.note_left_out(&bill);
                self.release.sboms.push(bill);
            }
            Err(wrong) => {
                let location = file.location(wrong.span, "");
                let message = format!("the components cannot be read: {}", wrong.message);
                self.fault(InputFault { named, ..fault::at(&code::SBOM, location, message) });
            }
        }
        // Bills and lock files hold names and hashes: what looks like a token there is a checksum.
        self.release.files.push(FileRead { artifact: self.index, file, secrets: Vec::new() });
    }

    /// Says what of a bill is compared with nothing.
    fn note_left_out(&mut self, bill: &Sbom) {
        const MAX_TOLD: usize = 3;
        let left_out = &bill.claims.left_out;
        if left_out.is_empty() {
            return;
        }
        let mut message = left_out.iter().take(MAX_TOLD).cloned().collect::<Vec<_>>().join("; ");
        if let Some(more @ 1..) = left_out.len().checked_sub(MAX_TOLD) {
            let _ = write!(message, "; and {more} more");
        }
        self.release.notes.push(Note { file: bill.source.file.clone(), message, help: None });
    }

    /// Takes what a document holds; whether it was ours.
    fn document(
        &mut self,
        document: &Document,
        file: &Arc<SourceFile>,
        spans: &mut Vec<Span>,
    ) -> bool {
        match kubernetes::collect(document, file, self.release) {
            Found::Resources => {}
            Found::Entity => match catalog::entity(document, file) {
                Ok(entity) => self.entities.extend(entity),
                Err(made) => self.fault(*made),
            },
            Found::Kustomization => {
                self.note_kustomization(file);
            }
            Found::Nothing => return false,
        }
        secret::in_document(document, &file.text, spans, self.secrets);
        true
    }

    /// Says what is wrong with a document that cannot be read; whether anything had to be said.
    fn broken(
        &mut self,
        fault: &Fault,
        syntax: &InputCode,
        file: &Arc<SourceFile>,
        named: bool,
    ) -> bool {
        if !named && *syntax == code::JSON && !looks_like_ours(&file.text) {
            return false;
        }
        if fault.kind == FaultKind::Syntax && template::explains(fault, &file.text) {
            self.template_fault(file, named, Some(fault));
            return true;
        }
        self.fault(fault::of_document(fault, syntax, file, named));
        true
    }

    fn template(&mut self, file: &Arc<SourceFile>, named: bool) {
        if named {
            self.template_fault(file, named, None);
        }
        let mut spans = Vec::new();
        secret::in_text(&file.text, &mut spans, self.secrets);
        secret::in_comments(&file.text, &mut spans);
        let secrets = secret::merged(spans);
        let file = Arc::clone(file);
        self.release.files.push(FileRead { artifact: self.index, file, secrets });
    }

    fn template_fault(&mut self, file: &SourceFile, named: bool, cause: Option<&Fault>) {
        let chart = self.charts.chart_of(&file.path);
        let command = template::command(chart);
        let message = "this is a template that was not rendered";
        if !named {
            self.release.notes.push(Note {
                file: file.path.clone(),
                message: format!("{message}, so it was left alone"),
                help: Some(format!("check what it renders to: `{command}`")),
            });
            return;
        }
        let mut made = fault::of_file(&code::TEMPLATE, &file.path, true, message);
        if let Some(cause) = cause {
            made.location = file.location(cause.span, "");
        }
        made.remediation = format!("Render it and check what comes out: `{command}`.");
        self.fault(made);
    }

    fn note_kustomization(&mut self, file: &SourceFile) {
        let folder = match template::folder(&file.path) {
            "" => ".",
            folder => folder,
        };
        self.release.notes.push(Note {
            file: file.path.clone(),
            message: "a kustomization is not built here, so its patches were not applied"
                .to_owned(),
            help: Some(format!(
                "check what it builds: `kustomize build {folder} | goldgate check -`"
            )),
        });
    }

    fn empty(&mut self, file: &SourceFile, named: bool) {
        if named {
            let message = "the file holds no document";
            self.fault(fault::of_file(&code::EMPTY, &file.path, true, message));
        } else {
            self.ignore();
        }
    }

    fn not_text(&mut self, artifact: &Artifact, named: bool, message: String, at: usize) {
        let mut made = fault::of_file(&code::NOT_TEXT, &artifact.path, named, message);
        if let Some(before) = artifact.content.get(..at)
            && let Ok(before) = std::str::from_utf8(before)
        {
            let file = SourceFile::new(artifact.path.as_str(), before);
            made.location = file.location(Span::new(at, at), "");
        }
        self.fault(made);
    }

    fn fault(&mut self, fault: InputFault) {
        self.release.faults.push(fault);
    }

    fn ignore(&mut self) {
        self.release.n_ignored += 1;
    }
}

/// The text of an artifact, or why it is none and from which byte on.
fn text_of(artifact: &Artifact) -> Result<&str, (String, usize)> {
    let bytes = artifact.content.as_ref();
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(("the file is UTF-16, not UTF-8".to_owned(), 0));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => match memchr::memchr(0, bytes) {
            Some(at) => Err(("the file holds a NUL byte, so it is not text".to_owned(), at)),
            None => Ok(text),
        },
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            Err((format!("the file is not UTF-8 text: byte {at} is {byte:#04x}"), at))
        }
    }
}

type Documents = Vec<Result<Document, Fault>>;

/// The documents of a text, and the code for what is not even one.
fn parse(file: &SourceFile, limits: &Limits) -> (Documents, &'static InputCode) {
    let text = file.text.trim_start_matches('\u{feff}').trim_start();
    let is_json = Ending::of(&file.path) == Ending::Json;
    let syntax = if is_json { &code::JSON } else { &code::YAML };
    if !text.starts_with(['{', '[']) {
        return (document::yaml::read(&file.text, &limits.document), syntax);
    }
    let json = document::json::read(&file.text, &limits.document);
    let wrong = match json {
        Err(fault) if fault.kind == FaultKind::Syntax && !is_json => fault,
        Ok(_) | Err(_) => return (vec![json], &code::JSON),
    };
    let yaml = document::yaml::read(&file.text, &limits.document);
    // A flow mapping with a quoted first key was meant to be JSON, so its fault says more.
    let meant_json = text.get(1..).unwrap_or_default().trim_start().starts_with(['"', '{']);
    let meant_template = text.starts_with("{{");
    if meant_json && !meant_template && yaml.iter().any(Result::is_err) {
        return (vec![Err(wrong)], &code::JSON);
    }
    (yaml, syntax)
}

/// Whether broken JSON may have been a manifest; an escape may hide the words.
fn looks_like_ours(text: &str) -> bool {
    ["\"apiVersion\"", "\"kind\"", "\\u"].iter().any(|word| text.contains(word))
}
