//! The codes that only inputs have: what each asks, how bad it is, what to do, and whether it hides something.

use super::code::Severity;
use super::release;

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

pub(crate) const YAML: InputCode = high(
    "INPUT-YAML",
    "YAML files can be read",
    "Correct the YAML; `kubectl apply --dry-run=client -f FILE` must read it too.",
);
pub(crate) const JSON: InputCode = high(
    "INPUT-JSON",
    "JSON files can be read",
    "Correct the JSON; it must be plain RFC 8259, without comments or trailing commas.",
);
pub(crate) const DUPLICATE_KEY: InputCode = high(
    "INPUT-DUPLICATE-KEY",
    "No key stands twice in one mapping",
    "Keep one of the two keys: readers disagree on which of them counts.",
);
pub(crate) const AMBIGUOUS: InputCode = high(
    "INPUT-AMBIGUOUS",
    "Every reader of a file sees the same document",
    "Write it in a way that every YAML reader understands alike.",
);
pub(crate) const LIMIT: InputCode = high(
    "INPUT-LIMIT",
    "Inputs stay within the configured limits",
    "Make the input smaller, or raise the limit in `goldgate.yaml`.",
);
pub(crate) const NOT_TEXT: InputCode = high(
    "INPUT-NOT-TEXT",
    "Inputs are UTF-8 text",
    "Save the file as UTF-8 text, or leave it out of what is checked.",
);
pub(crate) const NOT_A_MANIFEST: InputCode = high(
    release::NOT_A_MANIFEST,
    "A file that is named holds a manifest",
    "Name a file whose documents have `apiVersion` and `kind`.",
);
pub(crate) const EMPTY: InputCode = high(
    "INPUT-EMPTY",
    "A file that is named is not empty",
    "Check the step that writes the file.",
);
pub(crate) const TEMPLATE: InputCode = high(
    "INPUT-TEMPLATE",
    "Templates are rendered before they are checked",
    "Render the chart and check what comes out: `helm template CHART | goldgate check -`.",
);
pub(crate) const SCHEMA: InputCode = high(
    "INPUT-SCHEMA",
    "Resources have the shape that Kubernetes expects",
    "Correct the field; `kubectl explain KIND` shows what it holds.",
)
.hiding_nothing();
pub(crate) const IMAGE: InputCode = high(
    "INPUT-IMAGE",
    "An image that is named is an image reference",
    "Write the image as `registry/repository:tag` or `registry/repository@sha256:…`.",
)
.hiding_nothing();
pub(crate) const NO_IMAGE: InputCode = high(
    "INPUT-NO-IMAGE",
    "Every container and every volume of an image names it",
    "Write the image as `registry/repository@sha256:…`. When something else fills it in before the pods start, check what that makes of it, or say `action: warn` for `INPUT-NO-IMAGE` in `enforcement.yaml`.",
)
.hiding_nothing();
pub(crate) const UNREADABLE: InputCode = high(
    "INPUT-UNREADABLE",
    "Files that were found can be opened",
    "Make the file readable for the user who runs the check.",
);
pub(crate) const NOTHING: InputCode = high(
    "INPUT-NOTHING",
    "There is something to check",
    "Name the folder or file that holds the manifests, e.g. `goldgate check deploy/`.",
);
pub(crate) const SBOM: InputCode = high(
    "INPUT-SBOM",
    "Bills of materials and lock files can be read",
    "Write the bill anew with the tool that made it, or leave the file out of what is checked.",
);
pub(crate) const SERVICE: InputCode = InputCode {
    code: "INPUT-SERVICE",
    severity: Severity::Medium,
    title: "It is known which service is released",
    remediation: "Name it with `--service NAME`, put a `catalog-info.yaml` beside the manifests, or label the workloads with `app.kubernetes.io/name`.",
    hides: false,
};

/// Every code.
pub const CODES: [InputCode; 16] = [
    AMBIGUOUS,
    DUPLICATE_KEY,
    EMPTY,
    IMAGE,
    JSON,
    LIMIT,
    NOT_A_MANIFEST,
    NOT_TEXT,
    NOTHING,
    NO_IMAGE,
    SBOM,
    SCHEMA,
    SERVICE,
    TEMPLATE,
    UNREADABLE,
    YAML,
];

/// Whether something may not have been read beside a fault of this code; so it is of a code that is not known.
pub fn hides(code: &str) -> bool {
    CODES.iter().find(|known| known.code == code).is_none_or(|known| known.hides)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;

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
    fn what_is_not_known_may_hide_anything() {
        assert!(hides("INPUT-OF-A-LATER-VERSION") && hides("INPUT-YAML") && !hides("INPUT-SCHEMA"));
    }
}
