//! The registries that may be asked, and how.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The registries that may be asked, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registries {
    /// Hosts, with port where it is not the usual one; others are not asked.
    pub allow: Vec<String>,
    /// What is special about a host.
    pub hosts: BTreeMap<String, RegistryHost>,
    /// Other hosts to which a registry may send for a token.
    pub token_realm_hosts: BTreeMap<String, Vec<String>>,
    /// Other hosts to which a registry may send for a blob.
    pub redirect_hosts: BTreeMap<String, Vec<String>>,
}

/// What is special about a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryHost {
    /// `host[:port][/path]` of places that are asked first.
    pub mirrors: Vec<String>,
    /// Certificates (PEM) that are trusted for this host besides the system's.
    pub ca_pem: Option<Arc<[u8]>>,
    /// HTTP and not HTTPS.
    pub plain_http: bool,
    /// Whether its name may lead to a private address.
    pub allow_private_addresses: bool,
    /// Where its credentials come from.
    pub credentials: CredentialSource,
}

/// Where credentials come from. Never the credentials themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CredentialSource {
    /// None are sent.
    #[default]
    Anonymous,
    /// The `auths` of a Docker `config.json`, and its helpers that are in `allowed_helpers`.
    DockerConfig {
        /// The file.
        file: PathBuf,
        /// Names of credential helpers that may be run (`ecr-login`).
        allowed_helpers: Vec<String>,
    },
    /// A pull secret of Kubernetes (`kubernetes.io/dockerconfigjson`), mounted or read by reference.
    PullSecret {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Where it is mounted.
        file: PathBuf,
    },
}
