//! What is asked, and by which policies.

use std::fs;
use std::path::{Path, PathBuf};

use super::POLICY;

/// What is asked, and by which policies.
pub(super) struct Workload {
    pub(super) name: &'static str,
    pub(super) goal: &'static str,
    pub(super) policies: PathBuf,
    /// Where OPA answers.
    pub(super) path: &'static str,
}

impl Workload {
    /// W1: one package of 13 rules.
    pub(super) fn first() -> Self {
        Self {
            name: "W1",
            goal: "P2: CPU 6, p99 4, rate 4.5",
            policies: POLICY.into(),
            path: "/v1/data/k8s/deny/deny",
        }
    }

    /// W3: 200 packages that look at the manifest; a label is missing for some.
    pub(super) fn third(policies: &Path) -> Self {
        Self {
            name: "W3",
            goal: "P3: CPU 30",
            policies: policies.to_owned(),
            path: "/v1/data/policies",
        }
    }
}

/// A folder with 200 packages of three rules each.
pub(super) fn many_packages() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..200 {
        let text = format!(
            r#"package policies.p{number}

deny contains msg if {{
	input.kind == "Deployment"
	some container in input.spec.template.spec.containers
	container.resources.limits.memory == "{number}Mi"
	msg := sprintf("p{number}: %s has a memory limit that is not allowed", [container.name])
}}

deny contains "p{number}: a label is missing" if {{
	input.kind == "Deployment"
	not input.metadata.labels["label-{label}"]
	input.spec.replicas < {replicas}
}}

deny contains "p{number}: no StatefulSets" if input.kind == "StatefulSet"
"#,
            label = number % 7,
            replicas = number % 5,
        );
        fs::write(folder.path().join(format!("p{number}.rego")), text).expect("a file");
    }
    folder
}
