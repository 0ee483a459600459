//! An authority: one signer that a rule may name.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::trust::TextPattern;

/// One signer that a rule may name.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its name in the configuration.
    pub name: String,
    /// Who it is.
    pub signer: Signer,
    /// The trust root for certificates, logs and timestamps; a key without log and timestamp needs none.
    pub trust_root: Option<String>,
    /// What is asked of the transparency log.
    pub tlog: LogDemand,
    /// What is asked of timestamp authorities.
    pub timestamp: TimestampDemand,
    /// Annotations that a signature must have.
    pub annotations: BTreeMap<String, String>,
}

/// A key or an identity.
#[derive(Clone, Debug)]
pub enum Signer {
    /// A public key.
    Key(KeyAuthority),
    /// Identities that a certificate authority vouches for.
    Keyless(KeylessAuthority),
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAuthority {
    /// `SubjectPublicKeyInfo`, DER.
    pub spki: Arc<[u8]>,
    /// The digests that its signatures may be over.
    pub hash: HashPolicy,
}

/// The digests that a key's signatures may be over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashPolicy {
    /// Those that signers use with the type of key, in a fixed order.
    #[default]
    AsTheKeyAllows,
    /// This one only. For Ed25519, SHA-512 is Ed25519ph.
    Only(SignatureHash),
}

/// The digest that a signature is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureHash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Identities that a certificate authority vouches for.
#[derive(Clone, Debug)]
pub struct KeylessAuthority {
    /// One of them must match. Never empty in a checked configuration.
    pub identities: Vec<IdentityPattern>,
    /// Claims that the certificate must have, each with one of the values.
    pub claims: BTreeMap<Claim, Vec<String>>,
    /// Whether the certificate must be proven to be in a certificate log.
    pub sct: SctDemand,
}

/// An issuer and a subject.
#[derive(Clone, Debug)]
pub struct IdentityPattern {
    /// Who vouches for the subject.
    pub issuer: TextPattern,
    /// The subject.
    pub subject: TextPattern,
}

/// What is asked of the transparency log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogDemand {
    /// An entry must be there and be right.
    Required,
    /// An entry that is there must be right.
    Optional,
    /// Entries are not looked at. A certificate then needs a timestamp.
    Ignored,
}

/// What is asked of timestamp authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampDemand {
    /// A signed time is needed, from the log or from a timestamp authority. A certificate always needs one.
    LogOrAuthority,
    /// A timestamp of an authority must be there and be right.
    Authority,
    /// Nothing is asked; a timestamp that is there must be right. For keys only.
    Nothing,
}

/// Whether a certificate must be proven to be in a certificate log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SctDemand {
    /// It must.
    #[default]
    Required,
    /// It need not.
    Ignored,
}

/// Makes the claims with their names.
macro_rules! claims {
    ($($variant:ident $name:literal $oid:literal,)+) => {
        /// What a certificate can say of a build.
        ///
        /// Source: github.com/sigstore/fulcio, `docs/oid-info.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Claim {
            $(#[doc = concat!("`1.3.6.1.4.1.57264.1.", stringify!($oid), "`.")] $variant,)+
        }

        impl Claim {
            /// Every claim.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in facts (`source_repository_uri`); the configuration writes it in `lowerCamelCase`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl FromStr for Claim {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($name => Ok(Self::$variant),)+ _ => Err(()) }
            }
        }
    };
}

claims! {
    GithubWorkflowTrigger "github_workflow_trigger" 2,
    GithubWorkflowSha "github_workflow_sha" 3,
    GithubWorkflowName "github_workflow_name" 4,
    GithubWorkflowRepository "github_workflow_repository" 5,
    GithubWorkflowRef "github_workflow_ref" 6,
    BuildSignerUri "build_signer_uri" 9,
    BuildSignerDigest "build_signer_digest" 10,
    RunnerEnvironment "runner_environment" 11,
    SourceRepositoryUri "source_repository_uri" 12,
    SourceRepositoryDigest "source_repository_digest" 13,
    SourceRepositoryRef "source_repository_ref" 14,
    SourceRepositoryIdentifier "source_repository_identifier" 15,
    SourceRepositoryOwnerUri "source_repository_owner_uri" 16,
    SourceRepositoryOwnerIdentifier "source_repository_owner_identifier" 17,
    BuildConfigUri "build_config_uri" 18,
    BuildConfigDigest "build_config_digest" 19,
    BuildTrigger "build_trigger" 20,
    RunInvocationUri "run_invocation_uri" 21,
    SourceRepositoryVisibility "source_repository_visibility" 22,
    DeploymentEnvironment "deployment_environment" 23,
    TokenSubject "token_subject" 24,
}
