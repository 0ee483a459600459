//! A client that reads from OCI registries and trusts nothing that they say: every read is bounded, every digest is
//! computed from the bytes, credentials go to one host only, and "there is none" is told from "could not look".
//!
//! Source: OCI distribution specification 1.1; OCI image specification 1.1.

mod address;
mod authorization;
mod budget;
mod challenge;
mod collector;
mod configuration;
mod credential;
mod credential_helper;
mod fault;

mod host;
mod link;
mod manifest;
mod repository;
mod retry;
mod scope;
mod secret;
mod token;
mod transport;

use budget::Budget;
use collector::Collector;
use fault::fault;
use host::Hosts;
pub(in crate::evidence) use host::{download_client, mirror_client};
use manifest::{Document, ImageManifest, Platform};
use repository::{BlobLimit, Manifest, Repository, supported};
use scope::Scopes;
use transport::Transport;

use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::code::LookCode;
use crate::domain::evidence::{HeldDocument, ImageConfiguration, LookFault, PlatformFacts};
use crate::domain::image::ImageParts;
use crate::domain::trust::{Registries, TrustLimits};
use crate::evidence::attachment::Attachments;

/// The stage of a [`LookFault`] before anything that hangs on the image is looked at.
const RESOLVE: &str = "resolve";
/// The annotation by which BuildKit marks entries of an index that are no platform.
const BUILDKIT_REFERENCE: &str = "vnd.docker.reference.type";
const DEFAULT_TAG: &str = "latest";
const CONFIG_LIMIT_ADVICE: &str =
    "make the image's configuration smaller, or raise `limits.manifestBytes`";

/// The media type of a manifest, where a list goes on, and whether a challenge is known, as a registry sends them. Public for the
/// fuzz target alone, which has no registry.
#[doc(hidden)]
pub fn read_answer<'h>(
    manifest: &[u8],
    header: &'h str,
) -> (Option<String>, Option<&'h str>, bool) {
    let manifest = manifest::parse(manifest, Some(header)).ok();
    let media_type = manifest.map(|(_, media_type)| media_type);
    (media_type, link::next_page(header), challenge::strongest(header).is_some())
}

/// Reads from the registries that the configuration allows, and from no other host.
#[derive(Debug)]
pub struct RegistryClient {
    transport: Transport,
    registries: Registries,
    limits: TrustLimits,
    scopes: Scopes,
}

/// One look at one image, with a budget of its own: everything that is asked through it counts together.
#[derive(Debug)]
pub struct Look<'c> {
    client: &'c RegistryClient,
    budget: Budget,
}

/// An image that was resolved to a digest, once.
#[derive(Clone, Debug)]
pub struct ResolvedImage {
    /// Host with optional port, as the reference names it.
    pub registry: String,
    /// Path below the registry.
    pub repository: String,
    /// The digest of the manifest's bytes.
    pub digest: Digest,
    /// The media type of the manifest or index.
    pub media_type: String,
    manifest: Document,
    bytes: Vec<u8>,
}

/// What an image says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The platforms of an index, or the one of an image. Of an index, the one for `linux/amd64` (else the first) has
    /// its configuration.
    pub platforms: Vec<PlatformFacts>,
    /// The configuration of an image that is no index.
    pub configuration: Option<ImageConfiguration>,
    /// The image's manifest, of an index also that of the platform with a configuration, and the configuration.
    pub documents: Vec<HeldDocument>,
    /// What could not be read.
    pub faults: Vec<LookFault>,
}

impl RegistryClient {
    /// Makes a client for `registries`.
    ///
    /// # Errors
    /// `Invalid` for a host that is none and for certificates that cannot be read.
    pub fn new(registries: &Registries, limits: &TrustLimits) -> Result<Self, Error> {
        let transport = Transport { hosts: Hosts::new(registries)? };
        let (registries, limits) = (registries.clone(), limits.clone());
        Ok(Self { transport, registries, limits, scopes: Scopes::default() })
    }

    /// Begins a look at an image: its time runs from now.
    pub fn look(&self) -> Look<'_> {
        Look { client: self, budget: Budget::of(&self.limits) }
    }

    /// What stands for the credentials that are shown to `registries` and their mirrors.
    pub fn credential_scope(&self, registries: &[&str]) -> Digest {
        self.scopes.of(&self.registries, registries)
    }
}

impl ResolvedImage {
    /// `registry/repository@digest`, the reference to deploy.
    pub fn reference(&self) -> String {
        format!("{}/{}@{}", self.registry, self.repository, self.digest)
    }
}

impl Look<'_> {
    /// Resolves a reference to a digest with one request.
    ///
    /// With a tag and a digest the tag is asked for, and must lead to the digest; a tag that is gone does not matter
    /// then, as it does not matter to a runtime.
    ///
    /// # Errors
    /// `IMAGE_NOT_FOUND`, `TAG_DIGEST_MISMATCH`, and whatever befalls the request.
    pub async fn resolve(&self, image: &ImageParts) -> Result<ResolvedImage, LookFault> {
        let ImageParts { registry, repository, tag, digest } = image;
        let source = self.repository((registry, repository), RESOLVE)?;
        let wanted = digest.as_deref().map(|digest| supported(digest, RESOLVE)).transpose()?;
        let by_digest = wanted.map(|wanted| wanted.to_string());
        let first = tag.as_deref().or(by_digest.as_deref()).unwrap_or(DEFAULT_TAG);
        let mut found = source.manifest(first, RESOLVE).await?;
        if let (None, Some(_), Some(digest)) = (&found, tag, &by_digest) {
            found = source.manifest(digest, RESOLVE).await?;
        }
        let Some(Manifest { digest, media_type, document, bytes }) = found else {
            let message = format!(
                "there is no `{image}`; check the name and the tag, and that it was pushed (a private repository may say so to those who may not see it)"
            );
            return Err(fault(LookCode::ImageNotFound, RESOLVE, message));
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != digest) {
            let message = format!(
                "the tag of `{image}` leads to `{digest}` and not to `{wanted}`; write the one that is meant, or leave out the tag"
            );
            return Err(fault(LookCode::TagDigestMismatch, RESOLVE, message));
        }
        let (registry, repository) = (registry.clone(), repository.clone());
        Ok(ResolvedImage { registry, repository, digest, media_type, manifest: document, bytes })
    }

    /// Everything that hangs on `digest` in the repository `source` (registry and path).
    pub async fn attachments(&self, source: (&str, &str), digest: Digest) -> Attachments {
        match self.repository(source, RESOLVE) {
            Ok(repository) => {
                Collector::new(repository, &self.client.limits, digest).attachments().await
            }
            Err(fault) => Attachments { items: Vec::new(), faults: vec![fault] },
        }
    }

    /// Reads what the image says of itself.
    pub async fn describe(&self, image: &ResolvedImage) -> Description {
        let mut description = Description::default();
        description.documents.extend(held(&image.media_type, image.digest, &image.bytes));
        let source = match self.repository((&image.registry, &image.repository), "blob") {
            Ok(source) => source,
            Err(fault) => {
                description.faults.push(fault);
                return description;
            }
        };
        match &image.manifest {
            Document::Image(manifest) => match self.configuration(&source, manifest).await {
                Ok(None) => {}
                Ok(Some((configuration, platform, document))) => {
                    description.platforms.push(facts_of(platform, image.digest));
                    description.configuration = Some(configuration);
                    description.documents.extend(document);
                }
                Err(fault) => description.faults.push(fault),
            },
            Document::Index(index) => {
                description.platforms = platforms(index);
                if let Err(fault) = self.one_platform(&source, &mut description).await {
                    description.faults.push(fault);
                }
                if let Some(configuration) =
                    description.platforms.iter_mut().find_map(|found| found.configuration.as_mut())
                {
                    let mut labels = index.annotations.clone();
                    labels.append(&mut configuration.labels);
                    configuration.labels = labels;
                }
            }
        }
        description
    }

    /// Reads the configuration of the platform that stands for the index.
    async fn one_platform(
        &self,
        source: &Repository<'_>,
        description: &mut Description,
    ) -> Result<(), LookFault> {
        let Description { platforms, documents, .. } = description;
        let usual = |facts: &PlatformFacts| facts.os == "linux" && facts.architecture == "amd64";
        let at = platforms.iter().position(usual).unwrap_or(0);
        let Some(facts) = platforms.get_mut(at) else { return Ok(()) };
        match source.manifest(&facts.digest.to_string(), "manifest").await? {
            Some(Manifest { document: Document::Image(manifest), digest, media_type, bytes }) => {
                documents.extend(held(&media_type, digest, &bytes));
                if let Some((configuration, _, document)) =
                    self.configuration(source, &manifest).await?
                {
                    facts.configuration = Some(configuration);
                    documents.extend(document);
                }
                Ok(())
            }
            Some(Manifest { document: Document::Index(_), .. }) => Ok(()),
            None => {
                let message = format!(
                    "the index lists `{}@{}` and the registry does not have it; push the image again with all its platforms",
                    source.name, facts.digest
                );
                Err(fault(LookCode::ItemNotFound, "manifest", message))
            }
        }
    }

    async fn configuration(
        &self,
        source: &Repository<'_>,
        manifest: &ImageManifest,
    ) -> Result<Option<(ImageConfiguration, Platform, Option<HeldDocument>)>, LookFault> {
        let Some(descriptor) = &manifest.config else { return Ok(None) };
        let max_bytes = self.client.limits.manifest_bytes;
        let limit = BlobLimit { max_bytes, if_larger: CONFIG_LIMIT_ADVICE };
        let bytes = source.blob(descriptor, limit, "blob").await?;
        let (configuration, platform) = configuration::read(&bytes, &manifest.annotations)
            .map_err(|reason| fault(LookCode::RegistryMalformed, "blob", reason))?;
        let document = held(&descriptor.media_type, Digest::of(&bytes), &bytes);
        Ok(Some((configuration, platform, document)))
    }

    fn repository(&self, source: (&str, &str), stage: &str) -> Result<Repository<'_>, LookFault> {
        let RegistryClient { transport, limits, registries: _, scopes: _ } = self.client;
        Repository::new(transport, limits, &self.budget, source, stage)
    }
}

/// The platforms of an index; what BuildKit puts beside them is none.
fn platforms(index: &manifest::Index) -> Vec<PlatformFacts> {
    let entries = index.manifests.iter();
    let real = entries.filter(|entry| !entry.annotations.contains_key(BUILDKIT_REFERENCE));
    real.filter_map(|entry| {
        let digest = entry.digest.parse().ok()?;
        Some(facts_of(entry.platform.clone().unwrap_or_default(), digest))
    })
    .collect()
}

/// The document, which JSON that was read makes text.
fn held(media_type: &str, digest: Digest, bytes: &[u8]) -> Option<HeldDocument> {
    let text = std::str::from_utf8(bytes).ok()?.into();
    Some(HeldDocument { media_type: media_type.to_owned(), digest, text })
}

fn facts_of(platform: Platform, digest: Digest) -> PlatformFacts {
    let Platform { os, architecture, variant } = platform;
    PlatformFacts { os, architecture, variant, digest, configuration: None }
}
