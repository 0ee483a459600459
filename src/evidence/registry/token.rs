//! What to show a registry: nothing, a password, or a token that its token server makes.

use std::path::Path;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::HeaderValue;
use tokio::time::timeout_at;

use super::authorization::{MAX_TOKEN_BYTES, Token, basic};
use super::budget::Budget;
use super::challenge::Challenge;
use super::credential::{Credential, CredentialFile, Found};
use super::credential_helper;
use super::fault::fault;
use super::host::Host;
use super::secret::Secret;
use super::transport::{Ask, Fetched, Larger, Outcome, Redirects, Transport, refused};
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;
use crate::domain::trust::CredentialSource;

/// A file of credentials is a few kilobytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What a request shows.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) header: Option<HeaderValue>,
    /// The challenge that it answers.
    pub(super) answers: Option<Challenge>,
    /// Whether the header carries a token from before this request.
    pub(super) remembered: bool,
}

impl Transport {
    /// What to show `host` for `ask`: what answers the challenge it sent last, nothing when it never sent one.
    ///
    /// # Errors
    /// `CREDENTIALS_UNAVAILABLE`, `TOKEN_REALM_NOT_ALLOWED`, and whatever befalls the request for a token.
    pub(super) async fn shown(
        &self,
        host: &Arc<Host>,
        ask: &Ask<'_>,
        budget: &Budget,
    ) -> Result<Shown, LookFault> {
        let answers = host.authorization.challenge();
        let (header, remembered) = match &answers {
            None => (None, false),
            Some(Challenge::Basic) => {
                let credential = credential(host, ask, budget).await?;
                (credential.as_ref().and_then(basic), false)
            }
            Some(Challenge::Bearer { realm, service }) => {
                let slot = host.authorization.slot(ask.repository);
                let Ok(mut slot) = timeout_at(budget.deadline, slot.lock()).await else {
                    return Err(budget.out_of_time(ask.stage));
                };
                if let Some(header) = slot.as_ref().and_then(Token::header) {
                    (Some(header), true)
                } else {
                    let service = service.as_deref();
                    let token = self.new_token(host, ask, realm, service, budget).await?;
                    let header = token.header();
                    *slot = Some(token);
                    (header, false)
                }
            }
        };
        Ok(Shown { header, answers, remembered })
    }

    /// Has a token made that may pull from one repository and do nothing else.
    ///
    /// Source: distribution, "Token Authentication Specification" and "`OAuth2` Token Authentication".
    async fn new_token(
        &self,
        host: &Arc<Host>,
        ask: &Ask<'_>,
        realm: &str,
        service: Option<&str>,
        budget: &Budget,
    ) -> Result<Token, LookFault> {
        let credential = credential(host, ask, budget).await?;
        if let Some(Credential::RegistryToken(token)) = credential {
            return Ok(Token::configured(token));
        }
        let (mut url, realm_host) = self.realm(host, ask, realm)?;
        let scope = format!("repository:{}:pull", ask.repository);
        let mut parameters = vec![("scope", scope.as_str())];
        parameters.extend(service.map(|service| ("service", service)));
        let form = match &credential {
            Some(Credential::IdentityToken(token)) => {
                parameters.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", "goldgate"),
                    ("refresh_token", token.expose()),
                ]);
                Some(Secret::new(encoded(&url, &parameters)))
            }
            Some(Credential::Password { .. } | Credential::RegistryToken(_)) | None => {
                url.query_pairs_mut().extend_pairs(&parameters);
                None
            }
        };
        let header = credential.as_ref().and_then(basic);
        let question = Ask {
            url,
            repository: ask.repository,
            accept: "application/json",
            stage: ask.stage,
            max_bytes: MAX_TOKEN_BYTES,
            if_larger: Larger::BeyondLimit("that is no token; see that it is a token server"),
            redirects: Redirects::Refused,
            form,
        };
        match self.send(&realm_host, &question, header.as_ref(), budget).await? {
            Outcome::Done(Some(Fetched { bytes, .. })) => Token::parse(&bytes).map_err(|reason| {
                let message = format!("`{}` gives no token: {reason}", realm_host.name);
                fault(LookCode::RegistryMalformed, ask.stage, message)
            }),
            Outcome::Done(None) | Outcome::Challenged(_) | Outcome::Redirected(_) => {
                Err(refused(host, ask.stage))
            }
        }
    }

    /// The token server, when it is one to which this registry may send.
    fn realm(
        &self,
        host: &Arc<Host>,
        ask: &Ask<'_>,
        realm: &str,
    ) -> Result<(Url, Arc<Host>), LookFault> {
        let url = Url::parse(realm).ok();
        let found = url.and_then(|url| Some((self.hosts.realm(host, &url)?, url)));
        if let Some((realm_host, url)) = found {
            return Ok((url, realm_host));
        }
        let name = &host.name;
        let shown: String = realm.chars().filter(|c| !c.is_control()).take(200).collect();
        let message = format!(
            "`{name}` asks to have tokens made at `{shown}`, which is not allowed; if that is its token server, add its host to `registries.tokenRealmHosts.\"{name}\"`"
        );
        Err(fault(LookCode::TokenRealmNotAllowed, ask.stage, message))
    }
}

/// `name=value&…` as a form is posted.
fn encoded(url: &Url, parameters: &[(&str, &str)]) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.query_pairs_mut().extend_pairs(parameters);
    url.query().unwrap_or_default().to_owned()
}

/// The credential for this host and repository, read where the configuration says that it is.
async fn credential(
    host: &Host,
    ask: &Ask<'_>,
    budget: &Budget,
) -> Result<Option<Credential>, LookFault> {
    let no_helpers = Vec::new();
    let (file, helpers) = match &host.credentials {
        CredentialSource::Anonymous => return Ok(None),
        CredentialSource::DockerConfig { file, allowed_helpers } => (file, allowed_helpers),
        CredentialSource::PullSecret { file, .. } => (file, &no_helpers),
    };
    let unavailable = |reason: String| {
        let of = match &host.credentials {
            CredentialSource::PullSecret { namespace, name, .. } => {
                format!("the pull secret `{namespace}/{name}`")
            }
            CredentialSource::Anonymous | CredentialSource::DockerConfig { .. } => {
                format!("`{}`", file.display())
            }
        };
        let message =
            format!("the credentials for `{}` cannot be read from {of}: {reason}", host.name);
        fault(LookCode::CredentialsUnavailable, ask.stage, message)
    };
    let bytes = read_bounded(file).await.map_err(&unavailable)?;
    let found = CredentialFile::parse(&bytes)
        .and_then(|file| file.lookup(&host.name, ask.repository))
        .map_err(&unavailable)?;
    match found {
        None => Ok(None),
        Some(Found::Credential(credential)) => Ok(Some(credential)),
        Some(Found::Helper { name, server }) => {
            let answer =
                timeout_at(budget.deadline, credential_helper::ask(&name, &server, helpers)).await;
            answer.map_err(|_elapsed| budget.out_of_time(ask.stage))?.map_err(&unavailable)
        }
    }
}

/// Reads a file on a thread that may wait; a secret that was exchanged is seen with the next token.
async fn read_bounded(file: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let file = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::fs::File::open(file)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    });
    let bytes = reading.await.map_err(|_stopped| "the gate is stopping".to_owned())?;
    let bytes = bytes.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("it is larger than {MAX_FILE_BYTES} bytes"));
    }
    Ok(bytes)
}
