//! Config: flags, environment variables, `goldgate.yaml` and defaults to one checked configuration.
//!
//! A value comes from the first of these that names it: flag, environment variable, file, default. Every fault of every
//! source is reported at once, each with its place. No other room reads the environment.

mod check;
mod file;
mod images;
mod key;
mod process;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use check::resolve;
pub use file::{FILE_NAME, find_file};
pub use images::{ImageTrust, import_policies, read_images};
pub use key::{Flags, KEYS, Key, Kind, keys};
pub use process::{Variables, data_folder};

use crate::domain::request::Trigger;
use crate::domain::service::{Environment, ServiceRef};
use crate::domain::vex::VexTrust;

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Who said so.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of `goldgate.yaml`.
    File {
        /// The file's path.
        file: String,
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
    },
    /// An environment variable.
    Variable(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    /// `default`, `goldgate.yaml:3:1`, `GOLDGATE_DATA` or `--data`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// Its code, where faults have one: those of `images.yaml` do.
    pub code: Option<&'static str>,
    /// Where it was said.
    pub origin: Origin,
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Everything that can be configured, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
    /// Bundles beside the built-in one: folders and files.
    pub bundles: Setting<Vec<PathBuf>>,
    /// Whether the built-in bundle is in force.
    pub builtin: Setting<bool>,
    /// Folder of the embedded record; `None` when the platform names none.
    pub data: Setting<Option<PathBuf>>,
    /// Where a release goes when nobody says so.
    pub environment: Setting<Environment>,
    /// Whose release it is, when the manifests do not say.
    pub service: Setting<Option<ServiceRef>>,
    /// What makes the exit code 1.
    pub fail_on: Setting<FailOn>,
    /// When to colour.
    pub color: Setting<ColorChoice>,
    /// Whether to say only what was asked for.
    pub quiet: Setting<bool>,
    /// Whether to say more.
    pub verbose: Setting<bool>,
    /// Whom to trust for which image: `images.yaml`, unless images are not to be looked at.
    pub images: Setting<Option<PathBuf>>,
    /// The server to ask instead of deciding here.
    pub server: Setting<Option<String>>,
    /// Who or what asks.
    pub trigger: Trigger,
    /// Bounds of what one request may hand in; `None` where nothing was said.
    pub limits: LimitSettings,
    /// How long one policy may run over one subject; `None` where nothing was said.
    pub policy_time: Option<Duration>,
    /// How long all policies of one request may run together; `None` where nothing was said.
    pub request_time: Option<Duration>,
    /// A server compares the engines on one input in so many; `None` where nothing was said.
    pub compare_one_in: Option<usize>,
    /// Whether a server runs the policies' own tests on both engines after it has started.
    pub own_tests: Setting<bool>,
    /// Whether compiled policies are kept in the data folder and read again.
    pub policy_cache: Setting<bool>,
    /// Where advisories come from by themselves.
    pub advisories: AdvisorySettings,
    /// Whose word about vulnerabilities counts.
    pub vex: VexTrust,
    /// Whether the record outlives this run, so that grace periods may begin when it first saw something.
    pub lasting_record: Setting<bool>,
    /// The servers.
    pub serve: ServeSettings,
    /// Every setting as text, for `goldgate config show`.
    pub shown: Vec<Shown>,
}

/// One setting as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The key in `goldgate.yaml`, sections joined by dots.
    pub name: &'static str,
    /// The value; `None` when nothing is set.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Limits that were set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitSettings {
    /// Bytes of one file.
    pub max_file_bytes: Option<usize>,
    /// Bytes of all files together.
    pub max_total_bytes: Option<usize>,
    /// Number of files.
    pub max_files: Option<usize>,
    /// Number of resources.
    pub max_resources: Option<usize>,
    /// Number of components of one bill of materials.
    pub max_components: Option<usize>,
    /// Nesting of collections.
    pub max_depth: Option<usize>,
    /// Values of one document after aliases are expanded.
    pub max_nodes: Option<usize>,
    /// Bytes of one scalar.
    pub max_scalar_bytes: Option<usize>,
    /// Documents in one file.
    pub max_documents: Option<usize>,
}

/// Where a server gets advisories from by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdvisorySettings {
    /// A folder with what databases publish, which is watched.
    pub folder: Option<PathBuf>,
    /// Addresses of files that databases publish.
    pub mirrors: Vec<String>,
    /// After how long mirrors are asked again; `None` where nothing was said.
    pub refresh: Option<Duration>,
    /// Certificates that a mirror's may lead to, beside the machine's, PEM.
    pub ca_file: Option<PathBuf>,
}

/// What the servers are told.
#[derive(Clone, Debug)]
pub struct ServeSettings {
    /// Where gRPC and HTTP are answered.
    pub listen: Setting<SocketAddr>,
    /// Where admission reviews are answered.
    pub admission_listen: Setting<Option<SocketAddr>>,
    /// The webhook's certificate chain, PEM.
    pub tls_cert: Setting<Option<PathBuf>>,
    /// The webhook's private key, PEM.
    pub tls_key: Setting<Option<PathBuf>>,
    /// Certificates that a caller of the webhook must lead to, PEM.
    pub tls_client_ca: Setting<Option<PathBuf>>,
    /// The environment that the cluster is.
    pub admission_environment: Setting<Option<Environment>>,
    /// How the log is written.
    pub log_format: Setting<LogFormat>,
    /// Requests that are worked on at the same time.
    pub max_in_flight: Option<usize>,
    /// Bytes of one request.
    pub max_message_bytes: Option<usize>,
    /// Bytes of all requests that are worked on.
    pub max_buffered_bytes: Option<usize>,
    /// Streams that watch.
    pub max_watchers: Option<usize>,
    /// Questions of one batch that are worked on at the same time.
    pub batch_concurrency: Option<usize>,
    /// Connections of one listener.
    pub max_connections: Option<usize>,
    /// How long one request may take.
    pub deadline: Option<Duration>,
    /// How long requests may go on after the server was told to stop.
    pub grace: Option<Duration>,
    /// Names by which the server may be addressed, beside `localhost` and IP addresses.
    pub host_names: Vec<String>,
}

/// What makes the exit code 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// A deny.
    #[default]
    Deny,
    /// A deny or an open finding that warns.
    Warn,
    /// Nothing: for reports only.
    Never,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The sources of a configuration, before they are read.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// What the flags said.
    pub flags: &'a Flags,
    /// What the environment says.
    pub variables: &'a Variables,
    /// Where the search for `goldgate.yaml` begins.
    pub folder: &'a Path,
}

#[cfg(test)]
mod tests;
