//! `registries`: which may be asked, and how.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Named;
use super::page::{Node, Page, Section};
use crate::domain::evidence::code::TrustFaultCode as Fault;
use crate::domain::image::canonical_registry;
use crate::domain::place::Span;
use crate::domain::trust::{CredentialSource, Registries, RegistryHost};

pub(super) fn registries(page: &Page, node: Option<Node<'_>>, named: &mut Named) -> Registries {
    let Some(node) = node else { return Registries::default() };
    let keys = ["allow", "hosts", "tokenRealmHosts", "redirectHosts"];
    let section = page.section(node, "`registries`", &keys);
    let allow = section.get("allow").map(|node| hosts_of(page, node, "allow")).unwrap_or_default();
    let mut hosts = BTreeMap::new();
    if let Some(node) = section.get("hosts") {
        for (name, node) in page.entries(node, "hosts") {
            let special = host(page, name, node, named);
            if let Some(name) = checked_host(page, node.place.key, name)
                && hosts.insert(name.clone(), special).is_some()
            {
                let message = format!("a second entry for the host `{name}`");
                page.fault(Fault::NameTwice, node.place.key, message, "keep one of them");
            }
        }
    }
    let token_realm_hosts = others(page, section.get("tokenRealmHosts"), "tokenRealmHosts");
    let redirect_hosts = others(page, section.get("redirectHosts"), "redirectHosts");
    Registries { allow, hosts, token_realm_hosts, redirect_hosts }
}

fn host(page: &Page, name: &str, node: Node<'_>, named: &mut Named) -> RegistryHost {
    let what = format!("host `{name}`");
    let keys = ["mirrors", "caFile", "plainHttp", "allowPrivateAddresses", "auth"];
    let section = page.section(node, &what, &keys);
    let ca_pem = section.get("caFile").and_then(|node| {
        let pem = page.file(node, "caFile", Fault::CaFileUnreadable)?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            page.fault(
                Fault::CaFileUnreadable,
                node.place.value,
                "`caFile` holds no certificate",
                "name a PEM file",
            );
        }
        named.0.push(pem.clone());
        Some(Arc::from(pem))
    });
    RegistryHost {
        mirrors: section.get("mirrors").map(|node| mirrors(page, node)).unwrap_or_default(),
        ca_pem,
        plain_http: section.switch("plainHttp"),
        allow_private_addresses: section.switch("allowPrivateAddresses"),
        credentials: section
            .get("auth")
            .map(|node| credentials(page, &what, node))
            .unwrap_or_default(),
    }
}

fn credentials(page: &Page, what: &str, node: Node<'_>) -> CredentialSource {
    let keys = ["dockerConfigFile", "allowedHelpers", "pullSecret"];
    let section = page.section(node, &format!("`auth` of {what}"), &keys);
    match (section.get("dockerConfigFile"), section.get("pullSecret")) {
        (Some(node), None) => {
            existing(page, node, "dockerConfigFile").map_or(CredentialSource::Anonymous, |file| {
                CredentialSource::DockerConfig { file, allowed_helpers: helpers(page, &section) }
            })
        }
        (None, Some(node)) => {
            let keys = ["namespace", "name", "file"];
            let secret = page.section(node, "`pullSecret`", &keys);
            let file = secret.get("file").and_then(|node| existing(page, node, "file"));
            if let (Some(namespace), Some(name), Some(file)) =
                (secret.text("namespace"), secret.text("name"), file)
            {
                let (namespace, name) = (namespace.to_owned(), name.to_owned());
                return CredentialSource::PullSecret { namespace, name, file };
            }
            let help = "write `{namespace: shop, name: pull, file: /var/run/secrets/pull/.dockerconfigjson}`";
            let message = "`pullSecret` needs `namespace`, `name` and a `file` that is there";
            page.fault(Fault::FieldMissing, node.place.value, message, help);
            CredentialSource::Anonymous
        }
        (Some(_), Some(_)) | (None, None) => {
            let help = "write `dockerConfigFile: config.json`, or leave `auth` out";
            page.fault(
                Fault::FieldsExclusive,
                node.place.value,
                "`auth` needs one of `dockerConfigFile` and `pullSecret`",
                help,
            );
            CredentialSource::Anonymous
        }
    }
}

/// Names of helpers, which are the end of a program's name and no path.
fn helpers(page: &Page, section: &Section<'_, '_>) -> Vec<String> {
    let names = section.texts("allowedHelpers");
    let odd = |name: &&String| {
        !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    if let (Some(name), Some(node)) = (names.iter().find(odd), section.get("allowedHelpers")) {
        let message = format!("`{name}` is no name of a credential helper");
        page.fault(
            Fault::ValueInvalid,
            node.place.value,
            message,
            "write `ecr-login` for `docker-credential-ecr-login`",
        );
    }
    names
}

/// A file that must be there; it is read when it is needed.
fn existing(page: &Page, node: Node<'_>, what: &str) -> Option<PathBuf> {
    let path = page.path(node, what)?;
    if path.is_file() {
        return Some(path);
    }
    let message = format!("there is no file `{}` for `{what}`", path.display());
    page.fault(Fault::CredentialsFileMissing, node.place.value, message, "name a file that exists");
    None
}

fn others(page: &Page, node: Option<Node<'_>>, what: &str) -> BTreeMap<String, Vec<String>> {
    let Some(node) = node else { return BTreeMap::new() };
    let entries = page.entries(node, what).into_iter();
    let known = entries.filter_map(|(name, node)| {
        let name = checked_host(page, node.place.key, name);
        let others = hosts_of(page, node, what);
        Some((name?, others))
    });
    known.collect()
}

/// `host[:port][/path]` of places that are asked first.
fn mirrors(page: &Page, node: Node<'_>) -> Vec<String> {
    let items = page.items(node, "mirrors").into_iter();
    let checked = items.filter_map(|item| {
        let text = page.text(item, "mirrors")?;
        let is_address = text.contains("://");
        let (host, path) = text.split_once('/').filter(|_| !is_address).unwrap_or((text, ""));
        let host = checked_host(page, item.place.value, host)?;
        Some(if path.is_empty() { host } else { format!("{host}/{path}") })
    });
    checked.collect()
}

fn hosts_of(page: &Page, node: Node<'_>, what: &str) -> Vec<String> {
    let items = page.items(node, what).into_iter();
    let checked =
        items.filter_map(|item| checked_host(page, item.place.value, page.text(item, what)?));
    checked.collect()
}

/// The host in the one spelling that references are compared with.
fn checked_host(page: &Page, span: Span, name: &str) -> Option<String> {
    match canonical_registry(name) {
        Ok(host) => Some(host),
        Err(_reason) => {
            let message = format!("`{name}` is no host");
            page.fault(
                Fault::HostInvalid,
                span,
                message,
                "write a host with an optional port, e.g. `registry.example:5000`",
            );
            None
        }
    }
}
