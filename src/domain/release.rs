//! What intake made of the artifacts: the release under judgement.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::code::{Code, Severity};
use crate::domain::image::Image;
use crate::domain::place::{Location, SourceFile, Span};
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::sbom::Sbom;
use crate::domain::secret::Secrets;
use crate::domain::service::Service;
use crate::domain::value::Value;
use crate::domain::workload::Workload;

/// The release under judgement: everything that was found in what was handed in.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// The service, when it is known.
    pub service: Option<Service>,
    /// Every resource, in the order of the files.
    pub resources: Vec<Resource>,
    /// The workloads among them.
    pub workloads: Vec<Workload>,
    /// Distinct image references of the workloads and those named by the caller, in order of appearance.
    pub images: Vec<ImageUse>,
    /// Documents of files that the caller named and that hold no resource, as resources without a name: plain policies
    /// are asked about them.
    pub documents: Vec<Resource>,
    /// Bills of materials and lock files, in the order of the files.
    pub sboms: Vec<Sbom>,
    /// Inputs that could not be read and other faults that are findings (`INPUT-…`).
    pub faults: Vec<InputFault>,
    /// What is worth saying without being a finding: an unrendered Helm template, files left alone.
    pub notes: Vec<Note>,
    /// Every file that was read as text, whether or not it holds a resource.
    pub files: Vec<FileRead>,
    /// The secrets in them.
    pub secrets: Secrets,
    /// How many files were left alone because they are not ours.
    pub n_ignored: usize,
}

/// The code of a named file that holds no resource.
pub const NOT_A_MANIFEST: &str = "INPUT-NOT-A-MANIFEST";

impl Release {
    /// Takes back that named files hold no resource, where a document in them is judged as it is.
    pub fn accept_documents(&mut self, is_judged: impl Fn(&Value) -> bool) {
        let judged = self.documents.iter().filter(|document| is_judged(&document.document));
        let judged: BTreeSet<&str> = judged.map(|document| document.file.path.as_str()).collect();
        self.faults.retain(|fault| {
            fault.code.as_str() != NOT_A_MANIFEST || !judged.contains(fault.location.file.as_str())
        });
    }
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct FileRead {
    /// Which of the request's artifacts it is.
    pub artifact: usize,
    /// The file.
    pub file: Arc<SourceFile>,
    /// Where secrets stand in it.
    pub secrets: Vec<Span>,
}

/// An image and who uses it.
#[derive(Clone, Debug)]
pub struct ImageUse {
    /// The image.
    pub image: Image,
    /// Index of the workload and of its container.
    pub used_by: Vec<(usize, usize)>,
    /// Index of the workload and of its volume of an image.
    pub mounted_by: Vec<(usize, usize)>,
}

impl ImageUse {
    /// An image that no manifest names: the caller did.
    pub const fn named(image: Image) -> Self {
        Self { image, used_by: Vec::new(), mounted_by: Vec::new() }
    }

    /// Whether no manifest names it.
    pub const fn is_named(&self) -> bool {
        self.used_by.is_empty() && self.mounted_by.is_empty()
    }
}

/// A fault of the input that is a finding of its own.
#[derive(Clone, Debug)]
pub struct InputFault {
    /// `INPUT-YAML`, `INPUT-JSON`, `INPUT-LIMIT`, `INPUT-SERVICE` …: codes that only inputs have.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One line: what is asked.
    pub title: &'static str,
    /// What is wrong, where the reader can see it.
    pub message: String,
    /// What to write instead.
    pub remediation: String,
    /// Where.
    pub location: Location,
    /// The other place, of a duplicate key.
    pub related: Option<Location>,
    /// Whose fault it is, when that much could be read.
    pub resource: ResourceId,
    /// Whether the caller named the file, so that it could not be decided at all.
    pub named: bool,
}

/// Something worth saying that is no finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about, as a path.
    pub file: String,
    /// What is worth saying.
    pub message: String,
    /// What to type, when there is something.
    pub help: Option<String>,
}
