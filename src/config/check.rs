//! Loose values of all sources to one checked configuration.

mod advisories;

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::file::{self, Given, Layer};
use super::{
    ColorChoice, Config, ConfigFault, FailOn, KEYS, Key, Kind, LimitSettings, LogFormat, Origin,
    ServeSettings, Setting, Shown, Sources, data_folder, keys,
};
use crate::domain::error::Error;
use crate::domain::request::Trigger;
use crate::domain::service::{Environment, ServiceRef};
use crate::domain::suggest;
use crate::domain::vex::VexTrust;

/// Where gRPC and HTTP are answered unless something else is said.
const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7117);

/// Reads every source and checks every value.
///
/// # Errors
/// Everything that is wrong, at once, in the order file, variables, flags.
pub fn resolve(sources: Sources<'_>) -> Result<Config, Vec<ConfigFault>> {
    let mut faults = Vec::new();
    let path = configuration_file(sources, &mut faults);
    // A file in the current folder is named as the user would name it, and so are the paths in it.
    let shown = path.as_deref().map(|path| path.strip_prefix(sources.folder).unwrap_or(path));
    let file = path.as_deref().zip(shown).map(|(path, shown)| file::read(path, shown, &mut faults));
    let layers = [file.unwrap_or_default(), variables(sources), flags(sources)];
    let mut check = Check { layers, faults, shown: Vec::new() };
    let config = check.config(shown.map(Path::to_path_buf));
    if check.faults.is_empty() {
        return Ok(Config { shown: check.shown, ..config });
    }
    check.faults.sort_by_key(|fault| match fault.origin {
        Origin::Default => (0, 0, 0),
        Origin::File { line, column, .. } => (1, line, column),
        Origin::Variable(_) => (2, 0, 0),
        Origin::Flag(_) => (3, 0, 0),
    });
    Err(check.faults)
}

/// The file that was named, or else found. A named one must exist.
fn configuration_file(sources: Sources<'_>, faults: &mut Vec<ConfigFault>) -> Option<PathBuf> {
    let flag = sources.flags.config.clone().map(|path| (path, Origin::Flag("--config")));
    let variable =
        sources.variables.config_file().map(|path| (path, Origin::Variable("GOLDGATE_CONFIG")));
    let Some((path, origin)) = flag.or(variable) else { return file::find_file(sources.folder) };
    if path.is_file() {
        return Some(path);
    }
    faults.push(ConfigFault {
        code: None,
        origin,
        message: format!("there is no file `{}`", path.display()),
        help: Some("name an existing file, or type `goldgate init` to write one".to_owned()),
    });
    None
}

fn variables(sources: Sources<'_>) -> Layer {
    let given = KEYS.iter().filter_map(|key| {
        let variable = key.variable?;
        let value = sources.variables.value(variable)?;
        let texts = match key.kind {
            Kind::Paths | Kind::Texts => {
                value.split(',').map(|path| path.trim().to_owned()).collect()
            }
            Kind::Path | Kind::Text | Kind::Switch | Kind::Count => vec![value.to_owned()],
        };
        Some((key.name, Given { texts, origin: Origin::Variable(variable) }))
    });
    given.collect()
}

fn flags(sources: Sources<'_>) -> Layer {
    let given = sources.flags.given().iter().filter_map(|(key, texts)| {
        Some((key.name, Given { texts: texts.clone(), origin: Origin::Flag(key.flag?) }))
    });
    given.collect()
}

struct Check {
    /// Lowest precedence first.
    layers: [Layer; 3],
    faults: Vec<ConfigFault>,
    shown: Vec<Shown>,
}

impl Check {
    fn config(&mut self, file: Option<PathBuf>) -> Config {
        let bundles = self.list(&keys::BUNDLE);
        let no_builtin = self.one(&keys::NO_BUILTIN, false, switch);
        let data = self.optional_or(&keys::DATA, data_folder(), |path| Ok(PathBuf::from(path)));
        let environment = self.one(&keys::ENVIRONMENT, Environment::default(), parsed);
        let service = self.optional(&keys::SERVICE, parsed::<ServiceRef>);
        let fail_on = self.one(&keys::FAIL_ON, FailOn::default(), word);
        let color = self.one(&keys::COLOR, ColorChoice::default(), word);
        let quiet = self.one(&keys::QUIET, false, switch);
        let verbose = self.one(&keys::VERBOSE, false, switch);
        let images = self.images();
        let server = self.optional(&keys::SERVER, url);
        let trigger = self.trigger();
        let limits = self.limits();
        let policy_time = self.count(&keys::POLICY_TIME).map(milliseconds);
        let request_time = self.count(&keys::REQUEST_TIME).map(milliseconds);
        let compare_one_in = self.count(&keys::COMPARE);
        let own_tests = self.one(&keys::OWN_TESTS, true, switch);
        let policy_cache = self.one(&keys::POLICY_CACHE, true, switch);
        let advisories = self.advisories();
        let vex = VexTrust {
            authors: self.list(&keys::VEX_AUTHORS).value,
            authorities: self.list(&keys::VEX_AUTHORITIES).value,
        };
        let lasting_record = self.one(&keys::LASTING_RECORD, false, switch);
        let serve = self.serve();
        Config {
            file,
            bundles,
            builtin: Setting { value: !no_builtin.value, origin: no_builtin.origin },
            data,
            environment,
            service,
            fail_on,
            color,
            quiet,
            verbose,
            images,
            server,
            trigger,
            limits,
            policy_time,
            request_time,
            compare_one_in,
            own_tests,
            policy_cache,
            advisories,
            vex,
            lasting_record,
            serve,
            shown: Vec::new(),
        }
    }

    /// The trust configuration of images; `--no-images` wins over every layer that names one.
    fn images(&mut self) -> Setting<Option<PathBuf>> {
        let named = self.optional(&keys::IMAGES, |path| Ok(PathBuf::from(path)));
        let none = self.one(&keys::NO_IMAGES, false, switch);
        if none.value { Setting { value: None, origin: none.origin } } else { named }
    }

    fn trigger(&mut self) -> Trigger {
        let mut part =
            |key| self.optional(key, |text| Ok(text.to_owned())).value.unwrap_or_default();
        Trigger {
            actor: part(&keys::ACTOR),
            pipeline_url: part(&keys::PIPELINE_URL),
            commit: part(&keys::COMMIT),
            repository: part(&keys::REPOSITORY),
        }
    }

    fn limits(&mut self) -> LimitSettings {
        LimitSettings {
            max_file_bytes: self.count(&keys::MAX_FILE_BYTES),
            max_total_bytes: self.count(&keys::MAX_TOTAL_BYTES),
            max_files: self.count(&keys::MAX_FILES),
            max_resources: self.count(&keys::MAX_RESOURCES),
            max_components: self.count(&keys::MAX_COMPONENTS),
            max_depth: self.count(&keys::MAX_DEPTH),
            max_nodes: self.count(&keys::MAX_NODES),
            max_scalar_bytes: self.count(&keys::MAX_SCALAR_BYTES),
            max_documents: self.count(&keys::MAX_DOCUMENTS),
        }
    }

    fn serve(&mut self) -> ServeSettings {
        ServeSettings {
            listen: self.one(&keys::LISTEN, DEFAULT_LISTEN, address),
            admission_listen: self.optional(&keys::ADMISSION_LISTEN, address),
            tls_cert: self.optional(&keys::TLS_CERT, |path| Ok(PathBuf::from(path))),
            tls_key: self.optional(&keys::TLS_KEY, |path| Ok(PathBuf::from(path))),
            tls_client_ca: self.optional(&keys::TLS_CLIENT_CA, |path| Ok(PathBuf::from(path))),
            admission_environment: self.optional(&keys::ADMISSION_ENVIRONMENT, parsed),
            log_format: self.one(&keys::LOG_FORMAT, LogFormat::default(), word),
            max_in_flight: self.count(&keys::MAX_IN_FLIGHT),
            max_message_bytes: self.count(&keys::MAX_MESSAGE_BYTES),
            max_buffered_bytes: self.count(&keys::MAX_BUFFERED_BYTES),
            max_watchers: self.count(&keys::MAX_WATCHERS),
            batch_concurrency: self.count(&keys::BATCH_CONCURRENCY),
            max_connections: self.count(&keys::MAX_CONNECTIONS),
            deadline: self.count(&keys::DEADLINE).map(milliseconds),
            grace: self.count(&keys::GRACE).map(milliseconds),
            host_names: self.list(&keys::HOST_NAMES).value,
        }
    }

    /// The value of `key` in force. Every layer's value is checked, also one that another layer overrides.
    fn find<T>(
        &mut self,
        key: &Key,
        check: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Option<Setting<T>> {
        let mut found = None;
        for layer in &self.layers {
            let Some(given) = layer.get(key.name) else { continue };
            match check(given.texts.first().map_or("", String::as_str)) {
                Ok(value) => found = Some(Setting { value, origin: given.origin.clone() }),
                Err(refusal) => self.faults.push(ConfigFault {
                    code: None,
                    origin: given.origin.clone(),
                    message: refusal.message,
                    help: refusal.help,
                }),
            }
        }
        found
    }

    fn one<T: Display>(
        &mut self,
        key: &Key,
        default: T,
        check: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Setting<T> {
        let found = self.find(key, check);
        let setting = found.unwrap_or(Setting { value: default, origin: Origin::Default });
        self.show(key, Some(setting.value.to_string()), setting.origin.clone());
        setting
    }

    fn optional<T: Show>(
        &mut self,
        key: &Key,
        check: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Setting<Option<T>> {
        self.optional_or(key, None, check)
    }

    fn optional_or<T: Show>(
        &mut self,
        key: &Key,
        default: Option<T>,
        check: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Setting<Option<T>> {
        let setting = match self.find(key, check) {
            Some(Setting { value, origin }) => Setting { value: Some(value), origin },
            None => Setting { value: default, origin: Origin::Default },
        };
        self.show(key, setting.value.as_ref().map(Show::show), setting.origin.clone());
        setting
    }

    fn count(&mut self, key: &Key) -> Option<usize> {
        self.optional(key, |text| {
            text.parse::<usize>()
                .map_err(|cause| Refusal::new(format!("`{text}`: {cause}"), "write a whole number"))
        })
        .value
    }

    fn list<T: Show + for<'t> From<&'t str>>(&mut self, key: &Key) -> Setting<Vec<T>> {
        let given = self.layers.iter().rev().find_map(|layer| layer.get(key.name)).cloned();
        let setting =
            given.map_or(Setting { value: Vec::new(), origin: Origin::Default }, |given| Setting {
                value: given.texts.iter().map(|text| T::from(text.as_str())).collect(),
                origin: given.origin,
            });
        let shown: Vec<String> = setting.value.iter().map(Show::show).collect();
        let shown = if shown.is_empty() { None } else { Some(shown.join(", ")) };
        self.show(key, shown, setting.origin.clone());
        setting
    }

    fn show(&mut self, key: &Key, value: Option<String>, origin: Origin) {
        self.shown.push(Shown { name: key.name, value, origin });
    }
}

/// A value as `config show` prints it; paths have no `Display`.
trait Show {
    fn show(&self) -> String;
}

impl Show for PathBuf {
    fn show(&self) -> String {
        self.display().to_string()
    }
}

macro_rules! show_by_display {
    ($($type:ty),*) => { $(impl Show for $type { fn show(&self) -> String { self.to_string() } })* };
}
show_by_display!(String, usize, SocketAddr, Environment, ServiceRef);

/// Why a value is not taken.
struct Refusal {
    message: String,
    help: Option<String>,
}

impl Refusal {
    fn new(message: String, help: impl Into<String>) -> Self {
        Self { message, help: Some(help.into()) }
    }
}

/// A closed set of words.
trait Words: Sized + Copy + 'static {
    const ALL: &'static [(&'static str, Self)];
    const WHAT: &'static str;
}

impl Words for FailOn {
    const ALL: &'static [(&'static str, Self)] =
        &[("deny", Self::Deny), ("warn", Self::Warn), ("never", Self::Never)];
    const WHAT: &'static str = "something to fail on";
}

impl Words for ColorChoice {
    const ALL: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("always", Self::Always), ("never", Self::Never)];
    const WHAT: &'static str = "a choice of colour";
}

impl Words for LogFormat {
    const ALL: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
    const WHAT: &'static str = "a log format";
}

macro_rules! display_words {
    ($($type:ty),*) => { $(impl Display for $type {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(Self::ALL.iter().find(|(_, value)| value == self).map_or("", |(word, _)| word))
        }
    })* };
}
display_words!(FailOn, ColorChoice, LogFormat);

fn word<T: Words>(text: &str) -> Result<T, Refusal> {
    if let Some((_, value)) = T::ALL.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let words: Vec<&str> = T::ALL.iter().map(|(word, _)| *word).collect();
    let otherwise = format!("write one of `{}`", words.join("`, `"));
    let help = suggest::help(text, words, &otherwise);
    Err(Refusal::new(format!("`{text}` is not {}", T::WHAT), help))
}

fn parsed<T: FromStr<Err = Error>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error: Error| Refusal {
        message: error.external().to_owned(),
        help: error.help().map(str::to_owned),
    })
}

fn switch(text: &str) -> Result<bool, Refusal> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => {
            Err(Refusal::new(format!("`{text}` is neither yes nor no"), "write `true` or `false`"))
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, Refusal> {
    let numbered = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numbered.as_deref().unwrap_or(text).parse().map_err(|_cause: std::net::AddrParseError| {
        Refusal::new(
            format!("`{text}` is not an address to listen on"),
            "write IP and port, e.g. `127.0.0.1:7117`",
        )
    })
}

fn url(text: &str) -> Result<String, Refusal> {
    if ["http://", "https://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
    {
        return Ok(text.to_owned());
    }
    Err(Refusal::new(
        format!("`{text}` is not a server's address"),
        "write e.g. `http://127.0.0.1:7117`",
    ))
}

fn milliseconds(count: usize) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or(u64::MAX))
}
