//! What is remembered of how a registry wants to be asked: its challenge, and the tokens it gave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::time::Instant;

use super::challenge::Challenge;
use super::credential::Credential;
use super::secret::Secret;

/// The most that a token server may answer.
pub(super) const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// How long a token holds of which the server says nothing.
///
/// Source: distribution, "Token Authentication Specification": `expires_in` defaults to 60 seconds.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(1);
/// A token is not used in its last moments: it would run out on the way.
const MARGIN: Duration = Duration::from_secs(10);
/// Repositories whose tokens are remembered; beyond that the memory starts again.
const MAX_REPOSITORIES: usize = 1024;

/// A token and until when it may be used.
#[derive(Clone, Debug)]
pub(super) struct Token {
    secret: Secret,
    until: Instant,
}

/// The slot of one repository's token. Whoever holds the lock fetches the token; the others wait for it.
pub(super) type TokenSlot = Arc<tokio::sync::Mutex<Option<Token>>>;

/// What is remembered of one host.
#[derive(Debug, Default)]
pub(super) struct HostAuthorization {
    challenge: Mutex<Option<Challenge>>,
    tokens: Mutex<BTreeMap<String, TokenSlot>>,
}

impl HostAuthorization {
    /// The challenge that the host sent last.
    pub(super) fn challenge(&self) -> Option<Challenge> {
        self.challenge.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn remember(&self, challenge: Challenge) {
        *self.challenge.lock().unwrap_or_else(PoisonError::into_inner) = Some(challenge);
    }

    /// The slot of `repository`'s token.
    pub(super) fn slot(&self, repository: &str) -> TokenSlot {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_REPOSITORIES && !tokens.contains_key(repository) {
            tokens.clear();
        }
        Arc::clone(tokens.entry(repository.to_owned()).or_default())
    }

    /// Forgets the token of `repository` if it is still the one that `header` carries.
    pub(super) async fn forget(&self, repository: &str, header: &HeaderValue) {
        let slot = self.slot(repository);
        let mut token = slot.lock().await;
        if token.as_ref().and_then(Token::header).as_ref() == Some(header) {
            *token = None;
        }
    }
}

impl Token {
    /// The header that carries it, while it holds.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        if Instant::now() < self.until { bearer(&self.secret) } else { None }
    }

    /// A token that the configuration gives; it holds until the registry refuses it.
    pub(super) fn configured(secret: Secret) -> Self {
        Self { secret, until: Instant::now() + Duration::from_hours(1) }
    }

    /// Reads the answer of a token server.
    ///
    /// # Errors
    /// What is wrong with it, without any of its text.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let answer: Answer = serde_json::from_slice(bytes).map_err(|error| {
            format!(
                "it is not the JSON of a token (line {}, column {})",
                error.line(),
                error.column()
            )
        })?;
        let Answer { token, access_token, expires_in } = answer;
        let secret = token.or(access_token).filter(|token| !token.is_empty());
        let secret = secret.ok_or("it has neither `token` nor `access_token`")?;
        if bearer(&secret).is_none() {
            return Err("its token cannot stand in a header".to_owned());
        }
        let lifetime = expires_in.map_or(DEFAULT_LIFETIME, Duration::from_secs);
        // A day at most: the arithmetic of a clock has an end.
        let lifetime = lifetime.clamp(DEFAULT_LIFETIME, Duration::from_hours(24));
        Ok(Self { secret, until: Instant::now() + lifetime.saturating_sub(MARGIN) })
    }
}

#[derive(Deserialize)]
struct Answer {
    token: Option<Secret>,
    access_token: Option<Secret>,
    expires_in: Option<u64>,
}

fn bearer(token: &Secret) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {}", token.expose()))
}

/// The header of user name and password; `None` for a credential that is no password.
pub(super) fn basic(credential: &Credential) -> Option<HeaderValue> {
    use base64::Engine as _;
    let Credential::Password { user, password } = credential else { return None };
    let pair = format!("{user}:{}", password.expose());
    sensitive(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}

/// A header value that the HTTP library does not show either.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(header: Option<HeaderValue>) -> Option<String> {
        header.map(|header| header.to_str().unwrap().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_holds_as_long_as_the_server_says_less_a_margin() {
        let token = Token::parse(br#"{"access_token": "abc", "expires_in": 300}"#).unwrap();
        assert_eq!(text(token.header()).as_deref(), Some("Bearer abc"));
        tokio::time::advance(Duration::from_secs(289)).await;
        assert!(token.header().is_some());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(token.header().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_without_or_with_a_wild_lifetime_is_used_all_the_same() {
        for answer in
            [r#"{"token": "abc"}"#, r#"{"token": "abc", "expires_in": 18446744073709551615}"#]
        {
            assert!(Token::parse(answer.as_bytes()).unwrap().header().is_some(), "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_token_is_refused_without_showing_it() {
        for answer in ["hunter2", "{}", r#"{"token": ""}"#, r#"{"token": "hunter2\n"}"#, "<html>"] {
            let fault = Token::parse(answer.as_bytes()).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn headers_do_not_show_themselves() {
        let password = Secret::new("hunter2");
        let header = basic(&Credential::Password { user: "me".to_owned(), password });
        assert_eq!(text(header.clone()).as_deref(), Some("Basic bWU6aHVudGVyMg=="));
        assert!(!format!("{header:?}").contains("bWU6"));
    }
}
