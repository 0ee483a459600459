//! `trustRoots`: the built-in one, files, mirrors.

use std::sync::Arc;
use std::time::Duration;

use super::Entries;
use super::page::{Node, Page};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::TrustFaultCode as Fault;
use crate::domain::trust::{RootFault, TrustMaterial, TrustRoot, TufMirror};

const DAY: Duration = Duration::from_hours(24);

/// The trust roots, and what else was learnt while they were read.
#[derive(Default)]
pub(super) struct Roots {
    pub(super) by_name: Entries<TrustRoot>,
    pub(super) refresh: Option<Duration>,
    pub(super) warnings: Vec<String>,
}

/// Where a trust root comes from, and what only a mirror's has.
struct Origin {
    json: Arc<[u8]>,
    refreshed_at: Option<Timestamp>,
    max_stale: Option<Duration>,
}

pub(super) fn roots(
    page: &Page,
    node: Node<'_>,
    material: &dyn TrustMaterial,
    now: Timestamp,
) -> Roots {
    let mut read = Roots::default();
    for (name, node) in page.entries(node, "trustRoots") {
        let root = origin(page, node, name, material, now, &mut read);
        let root = root.map(|origin| TrustRoot {
            name: name.to_owned(),
            digest: Digest::of(&origin.json),
            json: origin.json,
            refreshed_at: origin.refreshed_at,
            max_stale: origin.max_stale,
        });
        let root = root.filter(|root| {
            let usable = material.usable(&root.json, now);
            if let Err(unusable) = &usable {
                let (code, cause) = match unusable {
                    RootFault::Unusable(cause) => (Fault::RootUnusable, cause),
                    RootFault::Expired(cause) => (Fault::RootExpired, cause),
                };
                let message = format!("the trust root `{name}` cannot be used: {cause}");
                page.fault(
                    code,
                    node.place.value,
                    message,
                    "name a `trusted_root.json` that is in force",
                );
            }
            usable.is_ok()
        });
        read.by_name.insert(name.to_owned(), root);
    }
    read
}

fn origin(
    page: &Page,
    node: Node<'_>,
    name: &str,
    material: &dyn TrustMaterial,
    now: Timestamp,
    read: &mut Roots,
) -> Option<Origin> {
    let what = format!("trust root `{name}`");
    let section = page.section(node, &what, &["builtin", "file", "tuf"]);
    let plain = |json| Origin { json, refreshed_at: None, max_stale: None };
    match (section.get("builtin"), section.get("file"), section.get("tuf")) {
        (Some(node), None, None) => {
            page.word(node, "builtin", &[("public-good", ())])?;
            Some(plain(Arc::from(material.public_good().as_bytes())))
        }
        (None, Some(node), None) => {
            page.file(node, "file", Fault::RootFileUnreadable).map(|json| plain(Arc::from(json)))
        }
        (None, None, Some(node)) => mirrored(page, node, name, material, now, read),
        (..) => {
            let help =
                "write `builtin: public-good`, `file: trusted_root.json`, or `tuf:` with its keys";
            page.fault(
                Fault::FieldsExclusive,
                node.place.value,
                format!("{what} needs one origin"),
                help,
            );
            None
        }
    }
}

fn mirrored(
    page: &Page,
    node: Node<'_>,
    name: &str,
    material: &dyn TrustMaterial,
    now: Timestamp,
    read: &mut Roots,
) -> Option<Origin> {
    let what = format!("`tuf` of trust root `{name}`");
    let keys = ["mirror", "rootFile", "cacheDir", "refresh", "maxStale"];
    let section = page.section(node, &what, &keys);
    for key in ["mirror", "rootFile", "cacheDir"] {
        if section.get(key).is_none() {
            let help = format!("add `{key}:`; docs/images.md says what it holds");
            page.fault(
                Fault::FieldMissing,
                node.place.value,
                format!("{what} has no `{key}`"),
                help,
            );
        }
    }
    let url = section.get("mirror").and_then(|node| {
        let url = page.text(node, "mirror")?;
        let good = url.starts_with("https://") || url.starts_with("http://127.0.0.1:");
        if !good {
            let message = format!("`{url}` is no address of a mirror");
            page.fault(Fault::HostInvalid, node.place.value, message, "write `https://…`");
        }
        good.then(|| url.to_owned())
    });
    let root = section
        .get("rootFile")
        .and_then(|node| page.file(node, "rootFile", Fault::RootFileUnreadable));
    let cache = section.get("cacheDir").and_then(|node| page.path(node, "cacheDir"));
    let refresh = section.duration("refresh", DAY);
    let max_stale = section.duration("maxStale", 7 * DAY);
    let mirror = TufMirror { url: url?, root: Arc::from(root?), cache: cache?, refresh };
    match material.mirrored(&mirror, now) {
        Ok(found) => {
            read.refresh = Some(read.refresh.map_or(refresh, |other| other.min(refresh)));
            let age_ms = now.as_millis().saturating_sub(found.refreshed_at.as_millis());
            let age = Duration::from_millis(u64::try_from(age_ms).unwrap_or(0));
            if let Some(trouble) = found.trouble {
                read.warnings.push(format!(
                    "the mirror `{}` of trust root `{name}` cannot be asked, what it said {} h ago is used (until {} h): {trouble}",
                    mirror.url, age.as_secs() / 3600, max_stale.as_secs() / 3600
                ));
            }
            if age > max_stale {
                let message = format!(
                    "the trust root `{name}` is stale: its mirror last confirmed it {} h ago, and `maxStale` is {} h",
                    age.as_secs() / 3600,
                    max_stale.as_secs() / 3600
                );
                let help =
                    format!("make `{}` reachable, or name a fresh root with `file:`", mirror.url);
                page.fault(Fault::RootStale, node.place.value, message, help);
            }
            Some(Origin {
                json: found.json,
                refreshed_at: Some(found.refreshed_at),
                max_stale: Some(max_stale),
            })
        }
        Err(cause) => {
            let message =
                format!("the trust root `{name}` cannot be had from `{}`: {cause}", mirror.url);
            let help = "make the mirror reachable, or copy its verified folder to `cacheDir`";
            page.fault(Fault::MirrorUnavailable, node.place.value, message, help);
            None
        }
    }
}
