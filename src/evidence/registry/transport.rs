//! One bounded request to one host: authorization, retries, redirects and the body within its limits.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LINK,
    LOCATION, WWW_AUTHENTICATE,
};
use reqwest::{Response, StatusCode, Url};
use tokio::time::{Instant, timeout_at};

use super::RESOLVE;
use super::budget::Budget;
use super::challenge::strongest;
use super::fault::{fault, of_sending, page_for_people};
use super::host::{Host, Hosts};
use super::retry::{MAX_ATTEMPTS, asked_pause, chance, is_passing, own_pause};
use super::secret::Secret;
use super::token::Shown;
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;

/// The most redirects that are followed for one blob.
const MAX_REDIRECTS: usize = 3;
/// Requests with ever new answers to a 401: without, with a remembered token, with a new one.
const MAX_CHALLENGES: usize = 3;
const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// What is asked of a registry.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub(super) url: Url,
    /// The name of the repository at this host: the scope of the token.
    pub(super) repository: &'a str,
    pub(super) accept: &'static str,
    pub(super) stage: &'static str,
    /// The most bytes of the answer, and what it means when they are more.
    pub(super) max_bytes: usize,
    pub(super) if_larger: Larger,
    pub(super) redirects: Redirects,
    /// The form to post, for what is not read by GET.
    pub(super) form: Option<Secret>,
}

/// Whether redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Redirects {
    Refused,
    /// Without any credentials, to allowed hosts only.
    ForBlobs,
}

/// What a body is that has more bytes than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Larger {
    /// Beyond a limit of ours; the words say what to do.
    BeyondLimit(&'static str),
    /// Not what its descriptor says.
    NotAsSaid,
}

/// A body with the headers that mean something.
#[derive(Clone, Debug)]
pub(super) struct Fetched {
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) link: Option<String>,
    pub(super) url: Url,
}

/// The way to every host that may be asked.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) hosts: Hosts,
}

/// What came of one attempt.
enum Attempt {
    Done(Option<Fetched>),
    /// Not this time; the pause that the registry asks for.
    Again(LookFault, Option<Duration>),
    Challenged(HeaderMap),
    Redirected(Url),
}

/// What came of a request after all attempts.
pub(super) enum Outcome {
    Done(Option<Fetched>),
    Challenged(HeaderMap),
    Redirected(Url),
}

impl Transport {
    /// Asks `host`; `None` is its 404.
    ///
    /// # Errors
    /// Every other answer than the one that was asked for.
    pub(super) async fn ask(
        &self,
        host: &Arc<Host>,
        ask: &Ask<'_>,
        budget: &Budget,
    ) -> Result<Option<Fetched>, LookFault> {
        for _ in 0..MAX_CHALLENGES {
            let shown = self.shown(host, ask, budget).await?;
            match self.send(host, ask, shown.header.as_ref(), budget).await? {
                Outcome::Done(answer) => return Ok(answer),
                Outcome::Redirected(target) => return self.follow(host, ask, target, budget).await,
                Outcome::Challenged(headers) => learn(host, ask, &headers, &shown).await?,
            }
        }
        Err(refused(host, ask.stage))
    }

    /// Sends one request, and again while its failure is one that passes.
    pub(super) async fn send(
        &self,
        host: &Host,
        ask: &Ask<'_>,
        authorization: Option<&HeaderValue>,
        budget: &Budget,
    ) -> Result<Outcome, LookFault> {
        let mut attempts = 1;
        loop {
            let (fault, asked) = match attempt(host, ask, authorization, budget).await? {
                Attempt::Done(answer) => return Ok(Outcome::Done(answer)),
                Attempt::Challenged(headers) => return Ok(Outcome::Challenged(headers)),
                Attempt::Redirected(target) => return Ok(Outcome::Redirected(target)),
                Attempt::Again(fault, asked) => (fault, asked),
            };
            let pause = asked.unwrap_or_else(|| own_pause(attempts, chance()));
            let too_late = pause >= budget.deadline.saturating_duration_since(Instant::now());
            if attempts >= MAX_ATTEMPTS || too_late {
                return Err(fault);
            }
            tokio::time::sleep(pause).await;
            attempts += 1;
        }
    }

    /// Follows redirects of a blob by hand. No header of the first request goes along but what is asked for.
    async fn follow(
        &self,
        from: &Arc<Host>,
        ask: &Ask<'_>,
        first: Url,
        budget: &Budget,
    ) -> Result<Option<Fetched>, LookFault> {
        let mut target = first;
        for _ in 0..MAX_REDIRECTS {
            let Some(host) = self.hosts.redirect(from, &target) else {
                return Err(redirect_refused(from, &target, ask.stage));
            };
            let ask = Ask { url: target, ..ask.clone() };
            target = match self.send(&host, &ask, None, budget).await? {
                Outcome::Done(answer) => return Ok(answer),
                Outcome::Redirected(next) => next,
                Outcome::Challenged(_) => return Err(refused(&host, ask.stage)),
            };
        }
        let message = format!(
            "`{}` sends a blob's reader on more than {MAX_REDIRECTS} times; pull from where it ends",
            from.name
        );
        Err(fault(LookCode::RedirectNotAllowed, ask.stage, message))
    }
}

/// Learns from a 401 what to send.
///
/// # Errors
/// `REGISTRY_UNAUTHORIZED` when what was sent is all that there is.
async fn learn(
    host: &Host,
    ask: &Ask<'_>,
    headers: &HeaderMap,
    shown: &Shown,
) -> Result<(), LookFault> {
    let offered = headers.get_all(WWW_AUTHENTICATE).iter();
    let offered: Vec<_> = offered.filter_map(|value| value.to_str().ok()).collect();
    let Some(challenge) = strongest(&offered.join(", ")) else {
        let name = &host.name;
        let message =
            format!("`{name}` asks for credentials in a way that is neither Bearer nor Basic");
        return Err(fault(LookCode::RegistryUnauthorized, ask.stage, message));
    };
    if shown.answers.as_ref() != Some(&challenge) {
        host.authorization.remember(challenge);
        return Ok(());
    }
    match (&shown.header, shown.remembered) {
        // A token that was kept may have been withdrawn; a new one is worth one more request.
        (Some(header), true) => {
            host.authorization.forget(ask.repository, header).await;
            Ok(())
        }
        (None, _) | (Some(_), false) => Err(refused(host, ask.stage)),
    }
}

/// One request and its answer, within the time of one request.
async fn attempt(
    host: &Host,
    ask: &Ask<'_>,
    authorization: Option<&HeaderValue>,
    budget: &Budget,
) -> Result<Attempt, LookFault> {
    host.check_literal(&ask.url, ask.stage)?;
    let permit = timeout_at(budget.deadline, host.permits.acquire()).await;
    // The semaphore is never closed, so the only failure is the time.
    let Ok(Ok(_permit)) = permit else { return Err(budget.out_of_time(ask.stage)) };
    let request = match &ask.form {
        None => host.http.get(ask.url.clone()),
        Some(form) => host
            .http
            .post(ask.url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.expose().to_owned()),
    };
    let mut request = request.header(ACCEPT, ask.accept).header(ACCEPT_ENCODING, "identity");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let (deadline, late) = budget.until(ask.stage, &host.name);
    let answered = timeout_at(deadline, async {
        match request.send().await {
            Ok(response) => read(host, ask, response, budget).await,
            Err(error) => not_sent(&error, host, ask.stage),
        }
    });
    answered.await.unwrap_or(Err(late))
}

async fn read(
    host: &Host,
    ask: &Ask<'_>,
    response: Response,
    budget: &Budget,
) -> Result<Attempt, LookFault> {
    let status = response.status();
    if status == StatusCode::NOT_FOUND {
        return if ask.stage == RESOLVE && is_page(&response) {
            Err(page_for_people(&host.name, ask.stage))
        } else {
            Ok(Attempt::Done(None))
        };
    }
    if status == StatusCode::UNAUTHORIZED {
        return Ok(Attempt::Challenged(response.headers().clone()));
    }
    if status.is_redirection() {
        return redirected(host, ask, &response);
    }
    if status != StatusCode::OK {
        let asked = asked_pause(response.headers());
        let fault = of_status(host, status, ask.stage);
        let again = is_passing(status);
        return if again { Ok(Attempt::Again(fault, asked)) } else { Err(fault) };
    }
    let text = |name: HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let (media_type, digest, link) = (text(CONTENT_TYPE), text(DOCKER_CONTENT_DIGEST), text(LINK));
    let url = response.url().clone();
    match body(host, ask, response, budget).await? {
        Ok(bytes) => Ok(Attempt::Done(Some(Fetched { bytes, media_type, digest, link, url }))),
        Err(broken) => Ok(Attempt::Again(broken, None)),
    }
}

/// Whether the answer is a page for people, which no registry answers of a manifest that it does not have.
fn is_page(response: &Response) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|it| it.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// Reads the body as far as its limit; the inner error is a connection that broke.
async fn body(
    host: &Host,
    ask: &Ask<'_>,
    mut response: Response,
    budget: &Budget,
) -> Result<Result<Vec<u8>, LookFault>, LookFault> {
    let too_large = || {
        let (code, what) = match ask.if_larger {
            Larger::BeyondLimit(advice) => (LookCode::LimitBytes, advice),
            Larger::NotAsSaid => (LookCode::SizeMismatch, "its descriptor does not say so"),
        };
        let message = format!("`{}` sends more than {} bytes; {what}", host.name, ask.max_bytes);
        Err(fault(code, ask.stage, message))
    };
    let claimed = response.content_length().map(usize::try_from);
    let claimed = claimed.transpose().unwrap_or(Some(usize::MAX)).unwrap_or(0);
    if claimed > ask.max_bytes {
        return too_large();
    }
    // What is claimed is not allocated before it comes.
    let mut bytes = Vec::with_capacity(claimed.min(64 * 1024));
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(Ok(bytes)),
            Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) > ask.max_bytes => {
                return too_large();
            }
            Ok(Some(chunk)) => {
                budget.spend(chunk.len(), ask.stage)?;
                bytes.extend_from_slice(&chunk);
            }
            Err(error) => {
                let broken = of_sending(&error, &host.name);
                return Ok(Err(fault(broken.code, ask.stage, broken.message)));
            }
        }
    }
}

fn not_sent(error: &reqwest::Error, host: &Host, stage: &str) -> Result<Attempt, LookFault> {
    let sending = of_sending(error, &host.name);
    let fault = fault(sending.code, stage, sending.message);
    if sending.passing { Ok(Attempt::Again(fault, None)) } else { Err(fault) }
}

fn redirected(host: &Host, ask: &Ask<'_>, response: &Response) -> Result<Attempt, LookFault> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| response.url().join(location).ok());
    match (target, ask.redirects) {
        (Some(target), Redirects::ForBlobs) => Ok(Attempt::Redirected(target)),
        (Some(target), Redirects::Refused) => Err(redirect_refused(host, &target, ask.stage)),
        (None, _) => {
            let message = format!("`{}` redirects to nowhere", host.name);
            Err(fault(LookCode::RegistryMalformed, ask.stage, message))
        }
    }
}

fn redirect_refused(host: &Host, target: &Url, stage: &str) -> LookFault {
    let name = &host.name;
    let to = target.host_str().unwrap_or("nowhere");
    let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
    let message = match stage {
        "blob" => format!(
            "`{name}` sends the reader to `{}://{to}{port}`, which is not allowed; add `{to}{port}` to `registries.redirectHosts.\"{name}\"` if its blobs are kept there over HTTPS",
            target.scheme()
        ),
        _ => format!(
            "`{name}` sends the reader to `{to}{port}`; only blobs may be elsewhere: name the registry that has the image"
        ),
    };
    fault(LookCode::RedirectNotAllowed, stage, message)
}

/// The registry did not accept what it was given, or was given nothing.
pub(super) fn refused(host: &Host, stage: &str) -> LookFault {
    let name = &host.name;
    let message = format!(
        "`{name}` refuses access; name a file that has credentials for it in `registries.hosts.\"{name}\".auth`, and see that they may pull from this repository"
    );
    fault(LookCode::RegistryUnauthorized, stage, message)
}

fn of_status(host: &Host, status: StatusCode, stage: &str) -> LookFault {
    let name = &host.name;
    match status {
        StatusCode::FORBIDDEN => refused(host, stage),
        StatusCode::TOO_MANY_REQUESTS => fault(
            LookCode::RegistryThrottled,
            stage,
            format!(
                "`{name}` answers that there were too many requests; try again later, give it credentials, or use a mirror"
            ),
        ),
        _ if status.is_server_error() => fault(
            LookCode::RegistryFault,
            stage,
            format!("`{name}` has a fault of its own (HTTP {}); try again later", status.as_u16()),
        ),
        _ => fault(
            LookCode::RegistryFault,
            stage,
            format!(
                "`{name}` answers with HTTP {}, which the protocol does not know here; see that it is a registry",
                status.as_u16()
            ),
        ),
    }
}
