//! One repository, wherever it can be had: manifests, blobs and lists of referrers, each checked against its digest.

use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::Url;

use super::budget::Budget;
use super::fault::{fault, page_for_people};
use super::host::{Host, Hosts, same_origin};
use super::link::next_page;
use super::manifest::{ACCEPTED, Descriptor, Document, NoManifest, OCI_INDEX, parse};
use super::transport::{Ask, Fetched, Larger, Redirects, Transport};
use crate::domain::digest::Digest;
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;
use crate::domain::trust::TrustLimits;

/// Pages of one list; a registry that needs more does not get to its end.
const MAX_PAGES: usize = 64;
const RAISE_MANIFEST: &str = "remove what is not needed, or raise `limits.manifestBytes`";

/// A repository at its mirrors and at its registry.
#[derive(Debug)]
pub(super) struct Repository<'c> {
    transport: &'c Transport,
    limits: &'c TrustLimits,
    budget: &'c Budget,
    /// Mirrors first; only the last one, the registry itself, can say that there is no such thing.
    places: Vec<(Arc<Host>, String)>,
    /// `registry/repository`.
    pub(super) name: String,
}

/// A manifest whose bytes were digested.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) document: Document,
    pub(super) bytes: Vec<u8>,
}

/// The size limit of one blob and its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlobLimit {
    pub(super) max_bytes: usize,
    pub(super) if_larger: &'static str,
}

impl<'c> Repository<'c> {
    /// The repository `repository` of `registry`.
    ///
    /// # Errors
    /// `REGISTRY_NOT_ALLOWED`.
    pub(super) fn new(
        transport: &'c Transport,
        limits: &'c TrustLimits,
        budget: &'c Budget,
        (registry, repository): (&str, &str),
        stage: &str,
    ) -> Result<Self, LookFault> {
        let hosts: &Hosts = &transport.hosts;
        let places = hosts.places(registry, repository, stage)?;
        Ok(Self { transport, limits, budget, places, name: format!("{registry}/{repository}") })
    }

    /// The manifest under a tag or a digest.
    ///
    /// The digest is that of the bytes; what the header says is only compared with it.
    ///
    /// # Errors
    /// `DIGEST_MISMATCH`, `REGISTRY_MALFORMED`, `MANIFEST_UNSUPPORTED`, and whatever befalls the request.
    pub(super) async fn manifest(
        &self,
        reference: &str,
        stage: &'static str,
    ) -> Result<Option<Manifest>, LookFault> {
        let wanted = reference.parse::<Digest>().ok();
        let path = format!("manifests/{reference}");
        let ask = self.question(&path, ACCEPTED, stage);
        self.first(ask, Redirects::Refused, |host, fetched| {
            checked_manifest(host, fetched, wanted, stage)
        })
        .await
    }

    /// The bytes of a blob, as many as the descriptor says and with its digest.
    ///
    /// # Errors
    /// `LIMIT_BYTES` before anything is asked, `SIZE_MISMATCH`, `DIGEST_MISMATCH`, `ITEM_NOT_FOUND`, and whatever
    /// befalls the request.
    pub(super) async fn blob(
        &self,
        descriptor: &Descriptor,
        limit: BlobLimit,
        stage: &'static str,
    ) -> Result<Arc<[u8]>, LookFault> {
        let digest = supported(&descriptor.digest, stage)?;
        let size = usize::try_from(descriptor.size).unwrap_or(usize::MAX);
        if size > limit.max_bytes {
            let BlobLimit { max_bytes, if_larger } = limit;
            let message = format!(
                "`{}@{digest}` has {size} bytes, more than {max_bytes}; {if_larger}",
                self.name
            );
            return Err(fault(LookCode::LimitBytes, stage, message));
        }
        let path = format!("blobs/{digest}");
        let (max_bytes, if_larger) = (size, Larger::NotAsSaid);
        let ask = Question { path: &path, accept: "*/*", stage, max_bytes, if_larger };
        let found = self
            .first(ask, Redirects::ForBlobs, |host, fetched| {
                checked_blob(host, &fetched.bytes, digest, size, stage)?;
                Ok(Arc::from(fetched.bytes))
            })
            .await?;
        found.ok_or_else(|| self.missing(&digest.to_string(), stage))
    }

    /// The referrers of `digest`; `None` when the registry does not have the API.
    ///
    /// # Errors
    /// `LIMIT_ITEMS`, `REGISTRY_MALFORMED`, and whatever befalls the requests.
    pub(super) async fn referrers(
        &self,
        digest: Digest,
        stage: &'static str,
    ) -> Result<Option<Vec<Descriptor>>, LookFault> {
        let path = format!("referrers/{digest}");
        let ask = self.question(&path, OCI_INDEX, stage);
        let mut place = None;
        let first = self
            .first(ask, Redirects::Refused, |host, fetched| {
                let page = page(host, &fetched, stage)?;
                place = Some(Arc::clone(host));
                Ok((page, fetched))
            })
            .await?;
        let (Some((mut found, mut last)), Some(host)) = (first, place) else { return Ok(None) };
        let mut seen = BTreeSet::from([last.url.clone()]);
        while let Some(next) = next_url(&host, &last, stage)? {
            self.check_count(found.len(), stage)?;
            if !seen.insert(next.clone()) || seen.len() > MAX_PAGES {
                let message =
                    format!("`{}` lists referrers of `{digest}` without an end", host.name);
                return Err(fault(LookCode::RegistryMalformed, stage, message));
            }
            let ask = self.at(&host, next, ask);
            let page_bytes = self.transport.ask(&host, &ask, self.budget).await?;
            last = page_bytes.ok_or_else(|| self.missing("the next page of referrers", stage))?;
            found.extend(page(&host, &last, stage)?);
        }
        self.check_count(found.len(), stage)?;
        Ok(Some(found))
    }

    /// Whether so many referrers are still looked at.
    ///
    /// # Errors
    /// `LIMIT_ITEMS`.
    pub(super) fn check_count(&self, count: usize, stage: &str) -> Result<(), LookFault> {
        let limit = self.limits.referrers;
        if count <= limit {
            return Ok(());
        }
        let message = format!(
            "more than {limit} items refer to the image; remove those that are not needed, or raise `limits.referrers`"
        );
        Err(fault(LookCode::LimitItems, stage, message))
    }

    /// The first place that has it. A mirror's failure or absence is not the last word; the registry's is.
    async fn first<T>(
        &self,
        question: Question<'_>,
        redirects: Redirects,
        mut check: impl FnMut(&Arc<Host>, Fetched) -> Result<T, LookFault>,
    ) -> Result<Option<T>, LookFault> {
        let mut last = Ok(None);
        for (host, repository) in &self.places {
            let url = host
                .api(question.stage)
                .map(|api| api.join(&format!("{repository}/{}", question.path)).unwrap_or(api));
            last = match url {
                Err(fault) => Err(fault),
                Ok(url) => {
                    let ask = Ask { redirects, ..question.to(url, repository) };
                    // On the heap: what is in the middle of a request is large, and waits in every caller.
                    match Box::pin(self.transport.ask(host, &ask, self.budget)).await {
                        Ok(Some(fetched)) => check(host, fetched).map(Some),
                        Ok(None) => Ok(None),
                        Err(fault) => Err(fault),
                    }
                }
            };
            if matches!(last, Ok(Some(_))) {
                return last;
            }
        }
        last
    }

    fn at<'a>(&'a self, host: &Arc<Host>, url: Url, question: Question<'a>) -> Ask<'a> {
        let name = self.places.iter().find(|(place, _)| Arc::ptr_eq(place, host));
        question.to(url, name.map_or("", |(_, name)| name))
    }

    fn question<'a>(
        &self,
        path: &'a str,
        accept: &'static str,
        stage: &'static str,
    ) -> Question<'a> {
        let max_bytes = self.limits.manifest_bytes;
        let if_larger = Larger::BeyondLimit(RAISE_MANIFEST);
        Question { path, accept, stage, max_bytes, if_larger }
    }

    fn missing(&self, what: &str, stage: &str) -> LookFault {
        let message = format!(
            "`{}` lists `{what}` and does not have it; push it again, or remove what lists it",
            self.name
        );
        fault(LookCode::ItemNotFound, stage, message)
    }
}

/// What is asked, wherever it is asked.
#[derive(Clone, Copy)]
struct Question<'a> {
    path: &'a str,
    accept: &'static str,
    stage: &'static str,
    max_bytes: usize,
    if_larger: Larger,
}

impl<'a> Question<'a> {
    fn to(self, url: Url, repository: &'a str) -> Ask<'a> {
        let Self { path: _, accept, stage, max_bytes, if_larger } = self;
        let redirects = Redirects::Refused;
        Ask { url, repository, accept, stage, max_bytes, if_larger, redirects, form: None }
    }
}

/// The digest of a descriptor.
///
/// # Errors
/// `DIGEST_UNSUPPORTED`.
pub(super) fn supported(digest: &str, stage: &str) -> Result<Digest, LookFault> {
    digest.parse().map_err(|_refused| {
        let shown: String = digest.chars().take(140).collect();
        let message = format!(
            "`{shown}` is not a SHA-256 digest; others are not verified: push the image with `sha256`"
        );
        fault(LookCode::DigestUnsupported, stage, message)
    })
}

fn checked_manifest(
    host: &Host,
    fetched: Fetched,
    wanted: Option<Digest>,
    stage: &str,
) -> Result<Manifest, LookFault> {
    let digest = Digest::of(&fetched.bytes);
    let mismatch = |other: Digest, whose: &str| {
        let message = format!(
            "`{}` sends a manifest with the digest `{digest}`, but {whose} `{other}`; the content was altered on the way or in the registry",
            host.name
        );
        fault(LookCode::DigestMismatch, stage, message)
    };
    // A page for people is told as such before its digest is.
    let parsed = parse(&fetched.bytes, fetched.media_type.as_deref());
    if parsed.as_ref().err() != Some(&NoManifest::Html) {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != digest) {
            return Err(mismatch(wanted, "it was asked for"));
        }
        let said = fetched.digest.as_deref().and_then(|said| said.parse::<Digest>().ok());
        if let Some(said) = said.filter(|said| *said != digest) {
            return Err(mismatch(said, "its header says"));
        }
    }
    let (document, media_type) = parsed.map_err(|reason| no_manifest(host, reason, stage))?;
    Ok(Manifest { digest, media_type, document, bytes: fetched.bytes })
}

fn no_manifest(host: &Host, reason: NoManifest, stage: &str) -> LookFault {
    let name = &host.name;
    match reason {
        NoManifest::Html => page_for_people(name, stage),
        NoManifest::SchemaOne => fault(
            LookCode::ManifestUnsupported,
            stage,
            format!(
                "`{name}` has this image in the first schema of Docker, which has no digest of its own; push it again with a current tool"
            ),
        ),
        NoManifest::Malformed(reason) => fault(
            LookCode::RegistryMalformed,
            stage,
            format!("`{name}` sends no manifest: {reason}"),
        ),
    }
}

fn checked_blob(
    host: &Host,
    bytes: &[u8],
    wanted: Digest,
    size: usize,
    stage: &str,
) -> Result<(), LookFault> {
    if bytes.len() != size {
        let message = format!(
            "`{}` sends {} bytes for `{wanted}`, which should have {size}",
            host.name,
            bytes.len()
        );
        return Err(fault(LookCode::SizeMismatch, stage, message));
    }
    let digest = Digest::of(bytes);
    if digest == wanted {
        return Ok(());
    }
    let message = format!(
        "`{}` sends `{digest}` for `{wanted}`; the content was altered on the way or in the registry",
        host.name
    );
    Err(fault(LookCode::DigestMismatch, stage, message))
}

/// One page of a list of referrers.
fn page(host: &Host, fetched: &Fetched, stage: &str) -> Result<Vec<Descriptor>, LookFault> {
    let parsed = parse(&fetched.bytes, fetched.media_type.as_deref());
    match parsed.map_err(|reason| no_manifest(host, reason, stage))? {
        (Document::Index(index), _) => Ok(index.manifests),
        (Document::Image(_), _) => {
            let message = format!("`{}` answers with an image for a list of referrers", host.name);
            Err(fault(LookCode::RegistryMalformed, stage, message))
        }
    }
}

/// The next page: on the same host, of the same list.
fn next_url(host: &Host, page: &Fetched, stage: &str) -> Result<Option<Url>, LookFault> {
    let Some(target) = page.link.as_deref().and_then(next_page) else { return Ok(None) };
    let next = page.url.join(target).ok();
    let next = next.filter(|next| same_origin(next, &page.url) && next.path() == page.url.path());
    next.map(Some).ok_or_else(|| {
        let message = format!("`{}` continues its list of referrers at another address", host.name);
        fault(LookCode::RegistryMalformed, stage, message)
    })
}
