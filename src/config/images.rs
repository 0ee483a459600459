//! `images.yaml`: whom to trust for which image (docs/images.md), checked as a whole, every fault with its place.

mod authority;
mod import;
mod page;
mod registry;
mod root;
mod rule;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

pub use self::import::import_policies;
use self::page::{Node, Page, Section};
use super::{ConfigFault, Origin};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::TrustFaultCode;
use crate::domain::trust::{CacheLifetimes, TrustConfiguration, TrustLimits, TrustMaterial};

/// The keys of the file.
const KEYS: &[&str] =
    &["apiVersion", "kind", "trustRoots", "authorities", "rules", "registries", "limits", "cache"];

/// A checked `images.yaml`.
#[derive(Clone, Debug)]
pub struct ImageTrust {
    /// Whom to trust for which image.
    pub configuration: TrustConfiguration,
    /// After this time a mirror wants to be asked again; none without a mirror.
    pub refresh: Option<Duration>,
    /// What is worth a line in the log: a mirror that could not be asked.
    pub warnings: Vec<String>,
}

/// What the file names: bytes that count for the digest of the configuration.
#[derive(Default)]
struct Named(Vec<Vec<u8>>);

/// Reads the file at `path`, which its author knows as `shown`, and everything that it names.
///
/// Blocks while a mirror of a trust root is asked.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn read_images(
    path: &Path,
    shown: &Path,
    material: &dyn TrustMaterial,
    now: Timestamp,
) -> Result<ImageTrust, Vec<ConfigFault>> {
    let text = std::fs::read(path)
        .map_err(|cause| cause.to_string())
        .and_then(|bytes| String::from_utf8(bytes).map_err(|cause| cause.to_string()));
    let text = text.map_err(|cause| {
        let file = shown.display().to_string();
        vec![ConfigFault {
            code: Some(TrustFaultCode::ConfigurationUnreadable.code()),
            origin: Origin::File { file, line: 1, column: 1 },
            message: format!("cannot read the trust configuration of images: {cause}"),
            help: Some("name a file with `--images FILE`, or say `--no-images`".to_owned()),
        }]
    })?;
    let (page, value, place) = Page::read(shown, text);
    if page.has_faults() {
        return Err(page.into_faults());
    }
    let trust = whole(&page, Node { value: &value, place }, material, now);
    let faults = page.into_faults();
    if faults.is_empty() { Ok(trust) } else { Err(faults) }
}

fn whole(page: &Page, node: Node<'_>, material: &dyn TrustMaterial, now: Timestamp) -> ImageTrust {
    let section = page.section(node, "`images.yaml`", KEYS);
    section.word("apiVersion", &[("gate/v1", ())], ());
    section.word("kind", &[("ImageVerification", ())], ());
    let mut named = Named::default();
    let root::Roots { by_name: roots, refresh, warnings } = section
        .get("trustRoots")
        .map(|node| root::roots(page, node, material, now))
        .unwrap_or_default();
    let authorities = section
        .get("authorities")
        .map(|node| authority::authorities(page, node, &roots, material, &mut named))
        .unwrap_or_default();
    let rules = rule::rules(page, &section, &authorities);
    let registries = registry::registries(page, section.get("registries"), &mut named);
    let text = node.value.to_string();
    let parts = std::iter::once(text.as_bytes()).chain(named.0.iter().map(Vec::as_slice));
    ImageTrust {
        configuration: TrustConfiguration {
            digest: Digest::of_parts(parts),
            roots: checked(roots),
            authorities: checked(authorities),
            rules,
            registries,
            limits: limits(page, &section),
            cache: cache(page, &section),
        },
        refresh,
        warnings,
    }
}

/// Entries by name; one with a fault is none, so that whoever names it is not told of a second one.
type Entries<T> = BTreeMap<String, Option<T>>;

fn checked<T>(entries: Entries<T>) -> BTreeMap<String, T> {
    entries.into_iter().filter_map(|(name, entry)| Some((name, entry?))).collect()
}

fn limits(page: &Page, section: &Section<'_, '_>) -> TrustLimits {
    let default = TrustLimits::default();
    let Some(node) = section.get("limits") else { return default };
    let keys = [
        "manifestBytes",
        "payloadBytes",
        "bundleBytes",
        "attestationBytes",
        "totalBytesPerImage",
        "layersPerSignatureManifest",
        "referrers",
        "signaturesVerified",
        "imagesPerRequest",
        "perRequestTimeout",
        "perImageTimeout",
        "allImagesTimeout",
    ];
    let section = page.section(node, "`limits`", &keys);
    let count = |key: &str, default| section.count(key, default);
    TrustLimits {
        manifest_bytes: count("manifestBytes", default.manifest_bytes),
        payload_bytes: count("payloadBytes", default.payload_bytes),
        bundle_bytes: count("bundleBytes", default.bundle_bytes),
        attestation_bytes: count("attestationBytes", default.attestation_bytes),
        total_bytes_per_image: count("totalBytesPerImage", default.total_bytes_per_image),
        layers_per_signature_manifest: count(
            "layersPerSignatureManifest",
            default.layers_per_signature_manifest,
        ),
        referrers: count("referrers", default.referrers),
        signatures_verified: count("signaturesVerified", default.signatures_verified),
        images_per_request: count("imagesPerRequest", default.images_per_request),
        per_request_timeout: section.duration("perRequestTimeout", default.per_request_timeout),
        per_image_timeout: section.duration("perImageTimeout", default.per_image_timeout),
        all_images_timeout: section.duration("allImagesTimeout", default.all_images_timeout),
    }
}

fn cache(page: &Page, section: &Section<'_, '_>) -> CacheLifetimes {
    let default = CacheLifetimes::default();
    let Some(node) = section.get("cache") else { return default };
    let keys = ["positiveTtl", "negativeTtl", "errorTtl", "maxEntries"];
    let section = page.section(node, "`cache`", &keys);
    CacheLifetimes {
        positive: section.duration("positiveTtl", default.positive),
        negative: section.duration("negativeTtl", default.negative),
        error: section.duration("errorTtl", default.error),
        max_entries: section.count("maxEntries", default.max_entries),
    }
}
