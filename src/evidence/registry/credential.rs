//! Credentials as Docker and Kubernetes keep them: `config.json` and pull secrets of type `kubernetes.io/dockerconfigjson`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;

use super::secret::Secret;

/// How the gate proves to one registry who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// User name and password.
    Password { user: String, password: Secret },
    /// A refresh token that the registry's token server changes into an access token.
    IdentityToken(Secret),
    /// An access token that goes to the registry as it is.
    RegistryToken(Secret),
}

/// Where a file says that the credential of a registry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// In the file itself.
    Credential(Credential),
    /// With a helper: the program `docker-credential-<name>`, asked for `server`.
    Helper { name: String, server: String },
}

/// The credentials of a Docker `config.json`, by registry.
#[derive(Debug)]
pub(super) struct CredentialFile {
    /// Longest key first, so that the most specific one answers.
    /// Invariant: sorted by descending length of the path, then exact hosts before patterns.
    entries: Vec<(Scope, Result<Credential, String>)>,
    helpers: BTreeMap<String, String>,
    store: Option<String>,
}

/// What a key of `auths` covers: a host, or a host with the beginning of a repository's path.
#[derive(Debug, PartialEq, Eq)]
struct Scope {
    host: String,
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigJson {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
}

/// Docker's name for its own registry in `config.json`.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";
const DOCKER_HUB: &str = "docker.io";

impl CredentialFile {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// Why it is not one, without any text of the file: parts of it are secret.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let config: ConfigJson = serde_json::from_slice(bytes).map_err(|error| {
            format!(
                "it is not a Docker `config.json` at line {}, column {}",
                error.line(),
                error.column()
            )
        })?;
        let ConfigJson { auths, cred_helpers, creds_store } = config;
        let mut entries: Vec<_> = auths
            .into_iter()
            .map(|(key, entry)| (Scope::of(&key), entry.credential(&key)))
            .filter_map(|(scope, credential)| Some((scope, credential.transpose()?)))
            .collect();
        entries.sort_by(|(a, _), (b, _)| {
            b.path.len().cmp(&a.path.len()).then_with(|| a.is_pattern().cmp(&b.is_pattern()))
        });
        let helpers = cred_helpers.into_iter().map(|(key, name)| (Scope::of(&key).host, name));
        Ok(Self { entries, helpers: helpers.collect(), store: creds_store })
    }

    /// What the file says of `repository` at `host`; a registry's own helper before an entry, an entry before the store.
    ///
    /// # Errors
    /// Why the entry that covers it cannot be used.
    pub(super) fn lookup(&self, host: &str, repository: &str) -> Result<Option<Found>, String> {
        let helper = |name: &String| Found::Helper {
            name: name.clone(),
            server: if host == DOCKER_HUB { DOCKER_HUB_KEY.to_owned() } else { host.to_owned() },
        };
        if let Some(name) = self.helpers.get(host) {
            return Ok(Some(helper(name)));
        }
        match self.entries.iter().find(|(scope, _)| scope.covers(host, repository)) {
            Some((_, credential)) => {
                credential.clone().map(|credential| Some(Found::Credential(credential)))
            }
            None => Ok(self.store.as_ref().map(helper)),
        }
    }
}

impl Scope {
    fn of(key: &str) -> Self {
        let key = key.trim();
        let bare = key.strip_prefix("https://").or(key.strip_prefix("http://")).unwrap_or(key);
        let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
        let path = match path.trim_end_matches('/') {
            // The version of the API, not a part of a repository.
            "v1" | "v2" => "",
            path => path,
        };
        let host = match host {
            "index.docker.io" | "registry-1.docker.io" => DOCKER_HUB,
            host => host,
        };
        Self { host: host.to_ascii_lowercase(), path: path.to_owned() }
    }

    fn is_pattern(&self) -> bool {
        self.host.contains('*')
    }

    /// A `*` stands for one label of the host, as in the kubelet.
    ///
    /// Source: kubernetes.io, "Images", "Interpretation of config.json".
    fn covers(&self, host: &str, repository: &str) -> bool {
        let path = self.path.is_empty()
            || repository
                .strip_prefix(self.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let host = host.to_ascii_lowercase();
        let labels = |host: &str| host.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (wanted, given) = (labels(&self.host), labels(&host));
        path && wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(wanted, given)| wanted == "*" || wanted == given)
    }
}

impl Entry {
    /// The credential, `None` for an entry that only says that a helper has it.
    fn credential(self, key: &str) -> Result<Option<Credential>, String> {
        let Self { auth, username, password, identitytoken, registrytoken } = self;
        let given = |secret: Option<Secret>| secret.filter(|secret| !secret.is_empty());
        if let Some(token) = given(registrytoken) {
            return Ok(Some(Credential::RegistryToken(token)));
        }
        if let Some(token) = given(identitytoken) {
            return Ok(Some(Credential::IdentityToken(token)));
        }
        if let Some(auth) = given(auth) {
            return decoded(&auth)
                .map(Some)
                .ok_or_else(|| format!("`auths.{key}.auth` is not the base64 of `user:password`"));
        }
        match (username, given(password)) {
            (Some(user), Some(password)) => Ok(Some(Credential::Password { user, password })),
            (None | Some(_), None) => Ok(None),
            (None, Some(_)) => Err(format!("`auths.{key}` has a password and no `username`")),
        }
    }
}

fn decoded(auth: &Secret) -> Option<Credential> {
    let text = auth.expose().trim();
    let bytes = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    // Docker pads some of these with zero bytes.
    let (user, password) = text.trim_end_matches('\0').split_once(':')?;
    if user.is_empty() || user.contains(char::is_control) || password.contains(char::is_control) {
        return None;
    }
    Some(Credential::Password { user: user.to_owned(), password: Secret::new(password) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn password(user: &str, password: &str) -> Found {
        let password = Secret::new(password);
        Found::Credential(Credential::Password { user: user.to_owned(), password })
    }

    fn file(text: &str) -> CredentialFile {
        CredentialFile::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_most_specific_entry_answers() {
        // `a:1`, `b:2`, `c:3`, `d:4` in base64
        let file = file(
            r#"{"auths": {
                "https://registry.example/v2/": {"auth": "YToxOg=="},
                "registry.example/team": {"auth": "Yjoy"},
                "*.corp.example": {"auth": "Yzoz"},
                "https://index.docker.io/v1/": {"username": "d", "password": "4"}
            }}"#,
        );
        for (host, repository, found) in [
            ("registry.example", "other/app", Some(password("a", "1:"))),
            ("registry.example", "team/app", Some(password("b", "2"))),
            ("registry.example", "teams/app", Some(password("a", "1:"))),
            ("a.corp.example", "app", Some(password("c", "3"))),
            ("a.b.corp.example", "app", None),
            ("registry.example.evil.example", "app", None),
            ("registry.example:5000", "app", None),
            ("docker.io", "library/nginx", Some(password("d", "4"))),
        ] {
            assert_eq!(file.lookup(host, repository), Ok(found), "{host} {repository}");
        }
    }

    #[test]
    fn tokens_and_helpers_are_told_apart() {
        let file = file(
            r#"{"auths": {"a.example": {"identitytoken": "t"}, "b.example": {"registrytoken": "r"}, "c.example": {}},
                "credHelpers": {"e.example": "ecr-login"}, "credsStore": "pass", "HttpHeaders": {}}"#,
        );
        let helper = |name: &str, server: &str| {
            Ok(Some(Found::Helper { name: name.to_owned(), server: server.to_owned() }))
        };
        let token = Found::Credential(Credential::IdentityToken(Secret::new("t")));
        assert_eq!(file.lookup("a.example", "x"), Ok(Some(token)));
        let token = Found::Credential(Credential::RegistryToken(Secret::new("r")));
        assert_eq!(file.lookup("b.example", "x"), Ok(Some(token)));
        assert_eq!(file.lookup("c.example", "x"), helper("pass", "c.example"));
        assert_eq!(file.lookup("e.example", "x"), helper("ecr-login", "e.example"));
        assert_eq!(file.lookup("docker.io", "x"), helper("pass", DOCKER_HUB_KEY));
    }

    #[test]
    fn faults_are_told_without_the_secret() {
        let file = file(
            r#"{"auths": {"a.example": {"auth": "hunter2!"}, "b.example": {"auth": "Yjoy"}}}"#,
        );
        let fault = file.lookup("a.example", "x").unwrap_err();
        assert!(fault.contains("a.example") && !fault.contains("hunter2"), "{fault}");
        assert_eq!(file.lookup("b.example", "x"), Ok(Some(password("b", "2"))));
        let fault = CredentialFile::parse(br#"{"auths": {"a": {"auth": hunter2}}}"#).unwrap_err();
        assert!(fault.contains("line 1") && !fault.contains("hunter2"), "{fault}");
        let shown = format!(
            "{:?}",
            CredentialFile::parse(br#"{"auths": {"a": {"auth": "YTpodW50ZXIy"}}}"#)
        );
        assert!(!shown.contains("hunter2") && shown.contains("<redacted>"), "{shown}");
    }

    proptest! {
        #[test]
        fn a_password_shown_reads_back(user in "[a-z]{1,8}", secret in "[!-~]{0,20}") {
            let auth = STANDARD.encode(format!("{user}:{secret}"));
            let text = format!(r#"{{"auths": {{"r.example": {{"auth": "{auth}"}}}}}}"#);
            prop_assert_eq!(file(&text).lookup("r.example", "x"), Ok(Some(password(&user, &secret))));
        }

        #[test]
        fn no_bytes_make_it_panic(text in "[{}\":a-z*/.,\\[\\]]{0,60}|\\PC{0,60}", host in "[a-z.*:/]{0,20}") {
            let text = format!(r#"{{"auths": {{"{host}": {{"auth": "{}"}}}}}}"#, text.replace(['"', '\\'], ""));
            if let Ok(file) = CredentialFile::parse(text.as_bytes()) {
                let _found = file.lookup(&host, "x");
            }
            let _read = CredentialFile::parse(host.as_bytes());
        }
    }
}
