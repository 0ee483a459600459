//! Everything that hangs on a digest: tags, referrers and what they hold. One fetch per item, and one item's fault is its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, stream};
use tokio::sync::OnceCell;

use super::fault::fault;
use super::manifest::{Descriptor, Document, ImageManifest};
use super::repository::{BlobLimit, Manifest, Repository, supported};
use crate::domain::digest::Digest;
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;
use crate::domain::trust::TrustLimits;
use crate::evidence::attachment::{Attachment, AttachmentPlace, Attachments};

/// Items of one image that are fetched at the same time; the host's own limit stands behind it.
const MAX_ITEMS_AT_ONCE: usize = 16;
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const DSSE_ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// With the version as a part of the name or as a parameter.
const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

type Content = Result<Arc<[u8]>, LookFault>;

/// Collects what hangs on one digest in one repository.
#[derive(Debug)]
pub(super) struct Collector<'c> {
    repository: Repository<'c>,
    limits: &'c TrustLimits,
    subject: Digest,
    /// What was fetched: several signatures of one image have one payload.
    blobs: Mutex<BTreeMap<Digest, Arc<OnceCell<Content>>>>,
}

/// The manifest that carries items.
struct Carrier<'m> {
    found: AttachmentPlace,
    location: String,
    digest: Digest,
    artifact_type: Option<String>,
    annotations: &'m BTreeMap<String, String>,
}

impl<'c> Collector<'c> {
    pub(super) fn new(
        repository: Repository<'c>,
        limits: &'c TrustLimits,
        subject: Digest,
    ) -> Self {
        Self { repository, limits, subject, blobs: Mutex::default() }
    }

    /// Everything, in the order tags first. What cannot be looked at is said, and does not keep the rest away.
    pub(super) async fn attachments(&self) -> Attachments {
        let (signatures, attestations, referrers) = futures_util::join!(
            self.tag(AttachmentPlace::SigTag, "sig"),
            self.tag(AttachmentPlace::AttTag, "att"),
            self.referrers(),
        );
        let mut all = Attachments::default();
        for part in [signatures, attestations, referrers] {
            match part {
                Ok(items) => all.items.extend(items),
                Err(fault) => all.faults.push(fault),
            }
        }
        all
    }

    /// The layers of the manifest under `sha256-<hex>.<suffix>`.
    async fn tag(
        &self,
        found: AttachmentPlace,
        suffix: &str,
    ) -> Result<Vec<Attachment>, LookFault> {
        let tag = format!("sha256-{}.{suffix}", self.subject.to_hex());
        let Some(manifest) = self.repository.manifest(&tag, found.stage()).await? else {
            return Ok(Vec::new());
        };
        let Document::Image(image) = &manifest.document else {
            let message =
                format!("`{}:{tag}` is an index and not a manifest", self.repository.name);
            return Err(fault(LookCode::RegistryMalformed, found.stage(), message));
        };
        self.check_layers(image, &tag, found)?;
        let limit = match found {
            AttachmentPlace::AttTag => self.attestation_limit(),
            AttachmentPlace::SigTag | AttachmentPlace::Referrer | AttachmentPlace::FallbackTag => {
                self.payload_limit()
            }
        };
        let layers = image.layers.iter().map(|layer| (layer, limit)).collect();
        Ok(self.layers(&self.carrier(found, &manifest, image), layers).await)
    }

    /// What refers to the digest, through the API or, where the registry does not have it, through the tag in its place.
    ///
    /// Source: OCI distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema".
    async fn referrers(&self) -> Result<Vec<Attachment>, LookFault> {
        let stage = AttachmentPlace::Referrer.stage();
        let listed = self.repository.referrers(self.subject, stage).await?;
        let (found, descriptors) = match listed {
            Some(descriptors) => (AttachmentPlace::Referrer, descriptors),
            None => (AttachmentPlace::FallbackTag, self.fallback().await?),
        };
        let mut seen = BTreeSet::new();
        let mut opened = Vec::new();
        for descriptor in descriptors.iter().filter(|one| seen.insert(one.digest.as_str())) {
            opened.push(self.opened(found, descriptor));
        }
        let items: Vec<Vec<Attachment>> =
            stream::iter(opened).buffered(MAX_ITEMS_AT_ONCE).collect().await;
        Ok(items.into_iter().flatten().collect())
    }

    async fn fallback(&self) -> Result<Vec<Descriptor>, LookFault> {
        let stage = AttachmentPlace::FallbackTag.stage();
        let tag = format!("sha256-{}", self.subject.to_hex());
        match self.repository.manifest(&tag, stage).await? {
            None => Ok(Vec::new()),
            Some(Manifest { document: Document::Index(index), .. }) => {
                self.repository.check_count(index.manifests.len(), stage)?;
                Ok(index.manifests)
            }
            Some(Manifest { document: Document::Image(_), .. }) => {
                let message =
                    format!("`{}:{tag}` is a manifest and not an index", self.repository.name);
                Err(fault(LookCode::RegistryMalformed, stage, message))
            }
        }
    }

    /// Opens a referrer: what it is, its manifest says; the type in the list is not always right.
    async fn opened(&self, found: AttachmentPlace, descriptor: &Descriptor) -> Vec<Attachment> {
        let manifest = match self.referrer(found, descriptor).await {
            Ok(manifest) => manifest,
            Err(fault) => return vec![self.unopened(found, descriptor, fault)],
        };
        // An index that refers to an image is no signature of it.
        let Document::Image(image) = &manifest.document else { return Vec::new() };
        if let Err(fault) = self.check_layers(image, &descriptor.digest, found) {
            return vec![self.unopened(found, descriptor, fault)];
        }
        let layers = image.layers.iter().filter_map(|layer| Some((layer, self.limit_of(layer)?)));
        self.layers(&self.carrier(found, &manifest, image), layers.collect()).await
    }

    async fn referrer(
        &self,
        found: AttachmentPlace,
        descriptor: &Descriptor,
    ) -> Result<Manifest, LookFault> {
        let (stage, listed) = (found.stage(), &descriptor.digest);
        let digest = supported(listed, stage)?;
        let manifest = self.repository.manifest(&digest.to_string(), "manifest").await?;
        let Some(manifest) = manifest else {
            let message = format!(
                "`{}@{listed}` refers to the image and is not there; push it again, or remove the entry",
                self.repository.name
            );
            return Err(fault(LookCode::ItemNotFound, stage, message));
        };
        if manifest.bytes.len() as u64 == descriptor.size {
            return Ok(manifest);
        }
        let message = format!(
            "`{}@{listed}` has {} bytes, and the list of referrers says {}",
            self.repository.name,
            manifest.bytes.len(),
            descriptor.size
        );
        Err(fault(LookCode::SizeMismatch, stage, message))
    }

    /// Fetches layers, several at a time, in their order.
    async fn layers(
        &self,
        carrier: &Carrier<'_>,
        layers: Vec<(&Descriptor, BlobLimit)>,
    ) -> Vec<Attachment> {
        let mut items = Vec::with_capacity(layers.len());
        for (layer, limit) in layers {
            items.push(self.item(carrier, layer, limit));
        }
        stream::iter(items).buffered(MAX_ITEMS_AT_ONCE).collect().await
    }

    async fn item(
        &self,
        carrier: &Carrier<'_>,
        layer: &Descriptor,
        limit: BlobLimit,
    ) -> Attachment {
        let mut annotations = carrier.annotations.clone();
        annotations.extend(layer.annotations.clone());
        let (digest, content) = match supported(&layer.digest, "blob") {
            Ok(digest) => (digest, self.content(digest, layer, limit).await),
            // Known by its manifest, since its own digest cannot be read.
            Err(fault) => (carrier.digest, Err(fault)),
        };
        Attachment {
            found: carrier.found,
            attached_to: self.subject,
            location: carrier.location.clone(),
            artifact_type: carrier.artifact_type.clone(),
            media_type: layer.media_type.clone(),
            digest,
            annotations,
            content,
        }
    }

    async fn content(&self, digest: Digest, layer: &Descriptor, limit: BlobLimit) -> Content {
        let cell = {
            let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(blobs.entry(digest).or_default())
        };
        let fetch = || async { self.repository.blob(layer, limit, "blob").await };
        let content = cell.get_or_init(fetch).await.clone()?;
        // The same blob may stand in two manifests, once with a wrong size or under a smaller limit.
        if content.len() as u64 == layer.size && content.len() <= limit.max_bytes {
            return Ok(content);
        }
        let message =
            format!("`{digest}` has {} bytes, and a manifest says {}", content.len(), layer.size);
        Err(fault(LookCode::SizeMismatch, "blob", message))
    }

    /// Stands for a referrer that could not be opened.
    fn unopened(
        &self,
        found: AttachmentPlace,
        descriptor: &Descriptor,
        fault: LookFault,
    ) -> Attachment {
        Attachment {
            found,
            attached_to: self.subject,
            location: format!("{}@{}", self.repository.name, descriptor.digest),
            artifact_type: descriptor.artifact_type.clone(),
            media_type: descriptor.media_type.clone(),
            digest: descriptor.digest.parse().unwrap_or(self.subject),
            annotations: descriptor.annotations.clone(),
            content: Err(fault),
        }
    }

    fn carrier<'m>(
        &self,
        found: AttachmentPlace,
        manifest: &Manifest,
        image: &'m ImageManifest,
    ) -> Carrier<'m> {
        let of_config = || image.config.as_ref().map(|config| config.media_type.clone());
        Carrier {
            found,
            location: format!("{}@{}", self.repository.name, manifest.digest),
            digest: manifest.digest,
            artifact_type: image.artifact_type.clone().or_else(of_config),
            annotations: &image.annotations,
        }
    }

    fn check_layers(
        &self,
        image: &ImageManifest,
        reference: &str,
        found: AttachmentPlace,
    ) -> Result<(), LookFault> {
        let limit = self.limits.layers_per_signature_manifest;
        if image.layers.len() <= limit {
            return Ok(());
        }
        let message = format!(
            "`{reference}` in `{}` holds {} items, more than {limit}; remove those that are not needed, or raise `limits.layersPerSignatureManifest`",
            self.repository.name,
            image.layers.len()
        );
        Err(fault(LookCode::LimitItems, found.stage(), message))
    }

    /// How large a layer of a referrer may be; none for a layer that is not of a kind that is verified.
    fn limit_of(&self, layer: &Descriptor) -> Option<BlobLimit> {
        match layer.media_type.as_str() {
            SIMPLE_SIGNING => Some(self.payload_limit()),
            DSSE_ENVELOPE => Some(self.attestation_limit()),
            other if other.starts_with(SIGSTORE_BUNDLE) => Some(BlobLimit {
                max_bytes: self.limits.bundle_bytes,
                if_larger: "make the bundle smaller, or raise `limits.bundleBytes`",
            }),
            _ => None,
        }
    }

    fn payload_limit(&self) -> BlobLimit {
        BlobLimit {
            max_bytes: self.limits.payload_bytes,
            if_larger: "a payload of a signature is small; sign again, or raise `limits.payloadBytes`",
        }
    }

    fn attestation_limit(&self) -> BlobLimit {
        BlobLimit {
            max_bytes: self.limits.attestation_bytes,
            if_larger: "make the attestation smaller, or raise `limits.attestationBytes`",
        }
    }
}
