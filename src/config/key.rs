//! The one table of everything that can be set: its name in the file, its variable, its flag.

/// Something that can be set.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// The key in `goldgate.yaml`; sections are joined by dots.
    pub name: &'static str,
    /// A right value, as it is written in the file.
    pub example: &'static str,
    /// The environment variable.
    pub variable: Option<&'static str>,
    /// The flag.
    pub flag: Option<&'static str>,
    /// What a value looks like.
    pub kind: Kind,
}

/// What a value looks like in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A list of paths, or one.
    Paths,
    /// A path; in the file it is relative to the file.
    Path,
    /// A word or another text.
    Text,
    /// A list of texts, or one.
    Texts,
    /// `true` or `false`.
    Switch,
    /// A whole number from 1.
    Count,
}

/// Every key by a name of its own.
pub mod keys {
    use super::{Key, Kind};

    macro_rules! keys {
        ($($ident:ident: $name:literal, $example:literal, $variable:expr, $flag:expr, $kind:ident;)*) => {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $ident: Key =
                    Key { name: $name, example: $example, variable: $variable, flag: $flag, kind: Kind::$kind };
            )*
            pub(super) const ALL: &[&Key] = &[$(&$ident),*];
        };
    }

    keys! {
        BUNDLE: "bundle", "[policies]", Some("GOLDGATE_BUNDLE"), Some("--bundle"), Paths;
        NO_BUILTIN: "noBuiltin", "true", Some("GOLDGATE_NO_BUILTIN"), Some("--no-builtin"), Switch;
        DATA: "data", ".goldgate", Some("GOLDGATE_DATA"), Some("--data"), Path;
        ENVIRONMENT: "environment", "production", Some("GOLDGATE_ENVIRONMENT"), Some("--environment"), Text;
        SERVICE: "service", "component:default/checkout", Some("GOLDGATE_SERVICE"), Some("--service"), Text;
        FAIL_ON: "failOn", "deny", Some("GOLDGATE_FAIL_ON"), Some("--fail-on"), Text;
        COLOR: "color", "auto", Some("GOLDGATE_COLOR"), Some("--color"), Text;
        QUIET: "quiet", "true", Some("GOLDGATE_QUIET"), Some("--quiet"), Switch;
        VERBOSE: "verbose", "true", Some("GOLDGATE_VERBOSE"), Some("--verbose"), Switch;
        IMAGES: "images", "images.yaml", Some("GOLDGATE_IMAGES"), Some("--images"), Path;
        NO_IMAGES: "noImages", "true", Some("GOLDGATE_NO_IMAGES"), Some("--no-images"), Switch;
        SERVER: "server", "https://goldgate.example", Some("GOLDGATE_SERVER"), Some("--server"), Text;
        ACTOR: "trigger.actor", "someone", Some("GOLDGATE_ACTOR"), Some("--actor"), Text;
        PIPELINE_URL: "trigger.pipelineUrl", "https://ci.example/1", Some("GOLDGATE_PIPELINE_URL"), Some("--pipeline-url"), Text;
        COMMIT: "trigger.commit", "\"4f1c2d\"", Some("GOLDGATE_COMMIT"), Some("--commit"), Text;
        REPOSITORY: "trigger.repository", "shop/checkout", Some("GOLDGATE_REPOSITORY"), Some("--repository"), Text;
        MAX_FILE_BYTES: "limits.maxFileBytes", "100", None, None, Count;
        MAX_TOTAL_BYTES: "limits.maxTotalBytes", "100", None, None, Count;
        MAX_FILES: "limits.maxFiles", "100", None, None, Count;
        MAX_RESOURCES: "limits.maxResources", "100", None, None, Count;
        MAX_COMPONENTS: "limits.maxComponents", "5000", None, None, Count;
        MAX_DEPTH: "limits.maxDepth", "100", None, None, Count;
        MAX_NODES: "limits.maxNodes", "100", None, None, Count;
        MAX_SCALAR_BYTES: "limits.maxScalarBytes", "100", None, None, Count;
        MAX_DOCUMENTS: "limits.maxDocuments", "100", None, None, Count;
        POLICY_TIME: "policy.timeoutMs", "100", None, None, Count;
        REQUEST_TIME: "policy.requestTimeoutMs", "100", None, None, Count;
        COMPARE: "policy.compareOneIn", "1000", None, None, Count;
        OWN_TESTS: "policy.ownTests", "false", None, None, Switch;
        POLICY_CACHE: "policy.cache", "false", None, None, Switch;
        ADVISORY_FOLDER: "advisories.folder", "advisories", None, None, Path;
        ADVISORY_MIRRORS: "advisories.mirrors", "[\"https://mirror.example/osv/npm/all.zip\"]", None, None, Texts;
        ADVISORY_REFRESH: "advisories.refreshMs", "3600000", None, None, Count;
        ADVISORY_CA: "advisories.caFile", "mirror-ca.pem", None, None, Path;
        VEX_AUTHORS: "vex.authors", "[\"https://acme.example\"]", None, None, Texts;
        VEX_AUTHORITIES: "vex.authorities", "[release-key]", None, None, Texts;
        LASTING_RECORD: "lastingRecord", "true", Some("GOLDGATE_LASTING_RECORD"), Some("--lasting-record"), Switch;
        LISTEN: "serve.listen", "\"127.0.0.1:7117\"", Some("GOLDGATE_LISTEN"), Some("--listen"), Text;
        ADMISSION_LISTEN: "serve.admissionListen", "\"127.0.0.1:8443\"", Some("GOLDGATE_ADMISSION_LISTEN"), Some("--admission-listen"), Text;
        TLS_CERT: "serve.tlsCert", "tls.crt", Some("GOLDGATE_TLS_CERT"), Some("--tls-cert"), Path;
        TLS_KEY: "serve.tlsKey", "tls.key", Some("GOLDGATE_TLS_KEY"), Some("--tls-key"), Path;
        TLS_CLIENT_CA: "serve.tlsClientCa", "ca.crt", Some("GOLDGATE_TLS_CLIENT_CA"), Some("--tls-client-ca"), Path;
        ADMISSION_ENVIRONMENT: "serve.admissionEnvironment", "production", Some("GOLDGATE_ADMISSION_ENVIRONMENT"),
            Some("--admission-environment"), Text;
        LOG_FORMAT: "serve.logFormat", "json", Some("GOLDGATE_LOG_FORMAT"), Some("--log-format"), Text;
        MAX_IN_FLIGHT: "serve.maxInFlight", "100", None, None, Count;
        MAX_MESSAGE_BYTES: "serve.maxMessageBytes", "100", None, None, Count;
        MAX_BUFFERED_BYTES: "serve.maxBufferedBytes", "100", None, None, Count;
        MAX_WATCHERS: "serve.maxWatchers", "100", None, None, Count;
        BATCH_CONCURRENCY: "serve.batchConcurrency", "100", None, None, Count;
        MAX_CONNECTIONS: "serve.maxConnections", "100", None, None, Count;
        DEADLINE: "serve.deadlineMs", "100", None, None, Count;
        GRACE: "serve.graceMs", "100", None, None, Count;
        HOST_NAMES: "serve.hostNames", "[goldgate.example]", None, None, Texts;
    }
}

/// Every key, in the order in which they are shown.
pub const KEYS: &[&Key] = keys::ALL;

/// What the flags of one call said.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config FILE`, or its variable's value is asked for when this is empty.
    pub config: Option<std::path::PathBuf>,
    given: Vec<(&'static Key, Vec<String>)>,
}

impl Flags {
    /// Adds a flag's value, when it was given.
    pub fn set(&mut self, key: &'static Key, value: Option<impl Into<String>>) {
        self.given.extend(value.map(|value| (key, vec![value.into()])));
    }

    /// Adds the values of a flag that may be repeated.
    pub fn set_all(&mut self, key: &'static Key, values: Vec<String>) {
        if !values.is_empty() {
            self.given.push((key, values));
        }
    }

    /// Adds a flag without a value, when it was given.
    pub fn switch(&mut self, key: &'static Key, on: bool) {
        self.set(key, on.then_some("true"));
    }

    /// What was given.
    pub fn given(&self) -> &[(&'static Key, Vec<String>)] {
        &self.given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_a_variable_as_well() {
        for key in KEYS {
            let variable = key.flag.map(|flag| {
                format!(
                    "GOLDGATE_{}",
                    flag.trim_start_matches('-').replace('-', "_").to_uppercase()
                )
            });
            assert_eq!(variable.as_deref(), key.variable, "{}", key.name);
        }
    }
}
