//! What a policy says of itself, and what became of it in one evaluation.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::code::{Code, Severity};
use crate::domain::value::Value;

/// A policy's METADATA, checked.
#[derive(Clone, Debug)]
pub struct PolicyMeta {
    /// Its code, unique in a revision.
    pub code: Code,
    /// One line: what is asked.
    pub title: String,
    /// Why it matters.
    pub description: String,
    /// What to write instead, imperative.
    pub remediation: String,
    /// How bad a failure is, unless a finding says otherwise.
    pub severity: Severity,
    /// What one evaluation sees.
    pub scope: Scope,
    /// What must be known of an image before the policy is asked about it.
    pub needs: Needs,
    /// The kinds it wants to see (`Ingress`, `networking.k8s.io/Ingress`); empty: every kind.
    pub kinds: Vec<String>,
    /// The controls it implements: `PSS-restricted`, `CIS-K8S-5.2.7`.
    pub controls: Vec<String>,
    /// The Rego package without `data.`: `goldgate.kubernetes.run_as_root`.
    pub package: String,
    /// The pack (the folder, or the last package part but one): `kubernetes`.
    pub pack: String,
    /// How the policy is written.
    pub dialect: Dialect,
    /// The file it stands in, relative to its bundle.
    pub file: String,
    /// The line of its `package`.
    pub line: u32,
}

/// What one evaluation of a policy sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Each workload of the release, one at a time.
    Workload,
    /// Each resource of the release, one at a time.
    Resource,
    /// Each distinct image, one at a time.
    Image,
    /// Each SBOM, one at a time.
    Sbom,
    /// An infrastructure plan.
    Plan,
    /// Everything at once.
    Release,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] =
        [Self::Workload, Self::Resource, Self::Image, Self::Sbom, Self::Plan, Self::Release];

    /// The word in METADATA and in the input document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Resource => "resource",
            Self::Image => "image",
            Self::Sbom => "sbom",
            Self::Plan => "plan",
            Self::Release => "release",
        }
    }
}

/// What must be known of an image before a policy of the scope `image` is asked about it. Where less is known the policy
/// does not apply: nobody shall read "passed" of an image that nobody looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Its reference.
    #[default]
    Reference,
    /// That its verification was tried.
    Verification,
    /// That its verification came to an end, so that what is not among the facts is not there.
    Facts,
}

impl Needs {
    /// Every need, the least first.
    pub const ALL: [Self; 3] = [Self::Reference, Self::Verification, Self::Facts];

    /// The word in METADATA.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Verification => "verification",
            Self::Facts => "facts",
        }
    }
}

/// How a policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// METADATA with `custom.code`; sees the input document of goldgate.
    Goldgate,
    /// `deny`, `violation` and `warn` over the resource itself, as Conftest runs them.
    Conftest,
    /// A constraint of a Gatekeeper template; its rule sees `input.review` and `input.parameters`.
    Gatekeeper,
    /// A boolean `allow` or `deny` with a default, over the input document of the whole release.
    Opa,
    /// A query of a policy set of Terraform Cloud; it sees `plan` and `run`.
    Terraform,
    /// A rule with a short name, as Conforma has it; it sees the verified attestations of an image.
    Conforma,
}

impl Dialect {
    /// The word in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Goldgate => "goldgate",
            Self::Conftest => "conftest",
            Self::Gatekeeper => "gatekeeper",
            Self::Opa => "opa",
            Self::Terraform => "terraform",
            Self::Conforma => "conforma",
        }
    }
}

/// Whom one evaluation was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The release as a whole.
    Release,
    /// A resource, by its index in the release.
    Resource(usize),
    /// An image, by its index in the release.
    Image(usize),
    /// A bill of materials, by its index in the release.
    Sbom(usize),
    /// A document that is no resource, by its index in the release.
    Document(usize),
}

/// One evaluation of one policy over one subject.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The policy.
    pub policy: Arc<PolicyMeta>,
    /// Whom it was about.
    pub subject: Subject,
    /// What came out.
    pub result: PolicyResult,
    /// Whether the second engine had a part in it.
    pub second_engine: bool,
}

/// What came out of one evaluation.
#[derive(Clone, Debug)]
pub enum PolicyResult {
    /// Nothing to say against it.
    Passed,
    /// At least one violation.
    Failed(Vec<Violation>),
    /// The policy failed, ran out of time or answered the wrong shape; the text says which and where.
    Error(String),
    /// The policy was not asked, or not about everything: the time of the whole request, which is told, was used up.
    OutOfTime(Duration),
}

/// One thing that a policy found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong with what.
    pub message: String,
    /// JSON pointer into the subject.
    pub path: String,
    /// The severity, when the policy overrides its METADATA.
    pub severity: Option<Severity>,
    /// What to do about it, when the policy knows more than its METADATA says.
    pub remediation: Option<String>,
    /// Facts for machines.
    pub facts: Value,
    /// Whom it is about, when a policy over the whole release says so.
    pub subject: Option<Subject>,
    /// Whether the rule was `deny` (or `violation`), or only `warn`.
    pub rule: RuleKind,
}

/// Which rule of a policy spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// May deny, as enforcement says.
    Deny,
    /// Never denies.
    Warn,
    /// Is recorded, and neither denies nor warns.
    Audit,
}
