//! The one table of everything that can be set: its name in the file, its variable, its flag.

/// Something that can be set.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// The key in `goldgate.yaml`; sections are joined by dots.
    pub name: &'static str,
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
        ($($ident:ident: $name:literal, $variable:expr, $flag:expr, $kind:ident;)*) => {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $ident: Key =
                    Key { name: $name, variable: $variable, flag: $flag, kind: Kind::$kind };
            )*
            pub(super) const ALL: &[&Key] = &[$(&$ident),*];
        };
    }

    keys! {
        BUNDLE: "bundle", Some("GOLDGATE_BUNDLE"), Some("--bundle"), Paths;
        NO_BUILTIN: "noBuiltin", Some("GOLDGATE_NO_BUILTIN"), Some("--no-builtin"), Switch;
        DATA: "data", Some("GOLDGATE_DATA"), Some("--data"), Path;
        ENVIRONMENT: "environment", Some("GOLDGATE_ENVIRONMENT"), Some("--environment"), Text;
        SERVICE: "service", Some("GOLDGATE_SERVICE"), Some("--service"), Text;
        FAIL_ON: "failOn", Some("GOLDGATE_FAIL_ON"), Some("--fail-on"), Text;
        COLOR: "color", Some("GOLDGATE_COLOR"), Some("--color"), Text;
        QUIET: "quiet", Some("GOLDGATE_QUIET"), Some("--quiet"), Switch;
        VERBOSE: "verbose", Some("GOLDGATE_VERBOSE"), Some("--verbose"), Switch;
        SERVER: "server", Some("GOLDGATE_SERVER"), Some("--server"), Text;
        ACTOR: "trigger.actor", Some("GOLDGATE_ACTOR"), Some("--actor"), Text;
        PIPELINE_URL: "trigger.pipelineUrl", Some("GOLDGATE_PIPELINE_URL"), Some("--pipeline-url"), Text;
        COMMIT: "trigger.commit", Some("GOLDGATE_COMMIT"), Some("--commit"), Text;
        REPOSITORY: "trigger.repository", Some("GOLDGATE_REPOSITORY"), Some("--repository"), Text;
        MAX_FILE_BYTES: "limits.maxFileBytes", None, None, Count;
        MAX_TOTAL_BYTES: "limits.maxTotalBytes", None, None, Count;
        MAX_FILES: "limits.maxFiles", None, None, Count;
        MAX_RESOURCES: "limits.maxResources", None, None, Count;
        MAX_DEPTH: "limits.maxDepth", None, None, Count;
        MAX_NODES: "limits.maxNodes", None, None, Count;
        MAX_SCALAR_BYTES: "limits.maxScalarBytes", None, None, Count;
        MAX_DOCUMENTS: "limits.maxDocuments", None, None, Count;
        POLICY_TIME: "policy.timeoutMs", None, None, Count;
        LISTEN: "serve.listen", Some("GOLDGATE_LISTEN"), Some("--listen"), Text;
        ADMISSION_LISTEN: "serve.admissionListen", Some("GOLDGATE_ADMISSION_LISTEN"), Some("--admission-listen"), Text;
        TLS_CERT: "serve.tlsCert", Some("GOLDGATE_TLS_CERT"), Some("--tls-cert"), Path;
        TLS_KEY: "serve.tlsKey", Some("GOLDGATE_TLS_KEY"), Some("--tls-key"), Path;
        TLS_CLIENT_CA: "serve.tlsClientCa", Some("GOLDGATE_TLS_CLIENT_CA"), Some("--tls-client-ca"), Path;
        ADMISSION_ENVIRONMENT: "serve.admissionEnvironment", Some("GOLDGATE_ADMISSION_ENVIRONMENT"),
            Some("--admission-environment"), Text;
        LOG_FORMAT: "serve.logFormat", Some("GOLDGATE_LOG_FORMAT"), Some("--log-format"), Text;
        MAX_IN_FLIGHT: "serve.maxInFlight", None, None, Count;
        MAX_MESSAGE_BYTES: "serve.maxMessageBytes", None, None, Count;
        MAX_BUFFERED_BYTES: "serve.maxBufferedBytes", None, None, Count;
        MAX_WATCHERS: "serve.maxWatchers", None, None, Count;
        BATCH_CONCURRENCY: "serve.batchConcurrency", None, None, Count;
        MAX_CONNECTIONS: "serve.maxConnections", None, None, Count;
        DEADLINE: "serve.deadlineMs", None, None, Count;
        GRACE: "serve.graceMs", None, None, Count;
        HOST_NAMES: "serve.hostNames", None, None, Texts;
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
