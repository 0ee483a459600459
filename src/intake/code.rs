//! The codes that only inputs have: what each asks, how bad it is, and what to do.

use crate::domain::code::Severity;
use crate::domain::release;

/// A code of an input fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputCode {
    /// Its name.
    pub code: &'static str,
    /// How bad it is: what cannot be read cannot be allowed.
    pub severity: Severity,
    /// One line: what is asked.
    pub title: &'static str,
    /// What to do when the fault itself has nothing better to say.
    pub remediation: &'static str,
    /// Whether something may not have been read, so that a scorecard must not get better by it.
    pub hides: bool,
}

impl InputCode {
    /// The same for a fault beside which everything was read.
    const fn hiding_nothing(self) -> Self {
        Self { hides: false, ..self }
    }
}

const fn high(code: &'static str, title: &'static str, remediation: &'static str) -> InputCode {
    InputCode { code, severity: Severity::High, title, remediation, hides: true }
}

pub(super) const YAML: InputCode = high(
    "INPUT-YAML",
    "YAML files can be read",
    "Correct the YAML; `kubectl apply --dry-run=client -f FILE` must read it too.",
);
pub(super) const JSON: InputCode = high(
    "INPUT-JSON",
    "JSON files can be read",
    "Correct the JSON; it must be plain RFC 8259, without comments or trailing commas.",
);
pub(super) const DUPLICATE_KEY: InputCode = high(
    "INPUT-DUPLICATE-KEY",
    "No key stands twice in one mapping",
    "Keep one of the two keys: readers disagree on which of them counts.",
);
pub(super) const AMBIGUOUS: InputCode = high(
    "INPUT-AMBIGUOUS",
    "Every reader of a file sees the same document",
    "Write it in a way that every YAML reader understands alike.",
);
pub(super) const LIMIT: InputCode = high(
    "INPUT-LIMIT",
    "Inputs stay within the configured limits",
    "Make the input smaller, or raise the limit in `goldgate.yaml`.",
);
pub(super) const NOT_TEXT: InputCode = high(
    "INPUT-NOT-TEXT",
    "Inputs are UTF-8 text",
    "Save the file as UTF-8 text, or leave it out of what is checked.",
);
pub(super) const NOT_A_MANIFEST: InputCode = high(
    release::NOT_A_MANIFEST,
    "A file that is named holds a manifest",
    "Name a file whose documents have `apiVersion` and `kind`.",
);
pub(super) const EMPTY: InputCode = high(
    "INPUT-EMPTY",
    "A file that is named is not empty",
    "Check the step that writes the file.",
);
pub(super) const TEMPLATE: InputCode = high(
    "INPUT-TEMPLATE",
    "Templates are rendered before they are checked",
    "Render the chart and check what comes out: `helm template CHART | goldgate check -`.",
);
pub(super) const SCHEMA: InputCode = high(
    "INPUT-SCHEMA",
    "Resources have the shape that Kubernetes expects",
    "Correct the field; `kubectl explain KIND` shows what it holds.",
)
.hiding_nothing();
pub(super) const IMAGE: InputCode = high(
    "INPUT-IMAGE",
    "An image that is named is an image reference",
    "Write the image as `registry/repository:tag` or `registry/repository@sha256:…`.",
)
.hiding_nothing();
pub(super) const UNREADABLE: InputCode = high(
    "INPUT-UNREADABLE",
    "Files that were found can be opened",
    "Make the file readable for the user who runs the check.",
);
pub(super) const NOTHING: InputCode = high(
    "INPUT-NOTHING",
    "There is something to check",
    "Name the folder or file that holds the manifests, e.g. `goldgate check deploy/`.",
);
pub(super) const SBOM: InputCode = high(
    "INPUT-SBOM",
    "Bills of materials and lock files can be read",
    "Write the bill anew with the tool that made it, or leave the file out of what is checked.",
);
pub(super) const SERVICE: InputCode = InputCode {
    code: "INPUT-SERVICE",
    severity: Severity::Medium,
    title: "It is known which service is released",
    remediation: "Name it with `--service NAME`, put a `catalog-info.yaml` beside the manifests, or label the workloads with `app.kubernetes.io/name`.",
    hides: false,
};

/// Every code of this room.
pub const CODES: [InputCode; 15] = [
    AMBIGUOUS,
    DUPLICATE_KEY,
    EMPTY,
    IMAGE,
    JSON,
    LIMIT,
    NOT_A_MANIFEST,
    NOT_TEXT,
    NOTHING,
    SBOM,
    SCHEMA,
    SERVICE,
    TEMPLATE,
    UNREADABLE,
    YAML,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;
    use crate::domain::decision::HIDE_NOTHING;

    #[test]
    fn every_code_is_one_and_stands_once() {
        let mut names: Vec<&str> = CODES.iter().map(|code| code.code).collect();
        for name in &names {
            assert!(name.starts_with("INPUT-") && name.parse::<Code>().is_ok(), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CODES.len());
    }

    #[test]
    fn decisions_know_which_faults_hide_nothing() {
        let nothing = CODES.iter().filter(|code| !code.hides).map(|code| code.code);
        assert_eq!(nothing.collect::<Vec<_>>(), HIDE_NOTHING);
    }
}
