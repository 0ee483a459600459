//! The hosts that may be asked, each with its own HTTP client. A host that is not in this table cannot be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::sync::Semaphore;

use super::address::{AddressPolicy, AddressRefused, GuardedResolver};
use super::authorization::HostAuthorization;
use super::fault::{address_refused, fault};
use crate::domain::error::Error;
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;
use crate::domain::trust::{CredentialSource, Registries, RegistryHost};

/// Requests to one host at the same time: the 64 images of a large request, each with two questions under way.
const MAX_REQUESTS_PER_HOST: usize = 128;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For one file of a trust root's mirror.
const MIRROR_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// Docker Hub is known by one name and answers at others.
const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_API: &str = "registry-1.docker.io";
const DOCKER_HUB_REALM: &str = "auth.docker.io";
const DOCKER_HUB_BLOBS: [&str; 2] =
    ["production.cloudflare.docker.com", "production.cloudfront.docker.com"];

/// One host that may be asked.
#[derive(Debug)]
pub(super) struct Host {
    /// `host[:port]` as the configuration names it.
    pub(super) name: String,
    pub(super) http: reqwest::Client,
    pub(super) permits: Semaphore,
    pub(super) credentials: CredentialSource,
    pub(super) authorization: HostAuthorization,
    mirrors: Vec<String>,
    realm_hosts: BTreeSet<String>,
    redirect_hosts: BTreeSet<String>,
    origin: Url,
    addresses: AddressPolicy,
}

impl Host {
    /// The address of the registry's API, `https://host/v2/`.
    ///
    /// # Errors
    /// `ADDRESS_NOT_ALLOWED` when the host is written as an address that may not be asked.
    pub(super) fn api(&self, stage: &str) -> Result<Url, LookFault> {
        self.check_literal(&self.origin, stage)?;
        Ok(self.origin.clone())
    }

    /// Whether `url` may be asked with the settings of this host.
    ///
    /// # Errors
    /// `ADDRESS_NOT_ALLOWED`: addresses written as such never reach the resolver.
    pub(super) fn check_literal(&self, url: &Url, stage: &str) -> Result<(), LookFault> {
        let text = url.host_str().unwrap_or_default();
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.addresses.allows(address) => {
                let refused = AddressRefused { host: self.name.clone(), address };
                let message = address_refused(&self.name, &refused.to_string());
                Err(fault(LookCode::AddressNotAllowed, stage, message))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Every host that may be asked.
#[derive(Debug)]
pub(super) struct Hosts {
    /// Names of registries as references write them.
    registries: BTreeSet<String>,
    hosts: BTreeMap<String, Arc<Host>>,
}

impl Hosts {
    /// Makes one client for every host that the configuration names.
    ///
    /// # Errors
    /// `Invalid` for a host that is none and for certificates that cannot be read.
    pub(super) fn new(registries: &Registries) -> Result<Self, Error> {
        let registries = with_docker_hub(registries);
        let Registries { allow, hosts, token_realm_hosts, redirect_hosts } = &registries;
        let mirrors = hosts.values().flat_map(|host| &host.mirrors).map(|mirror| host_of(mirror));
        let others = token_realm_hosts.values().chain(redirect_hosts.values()).flatten();
        let names: BTreeSet<String> = allow
            .iter()
            .map(String::as_str)
            .chain(others.map(String::as_str))
            .chain(mirrors)
            .map(str::to_ascii_lowercase)
            .collect();
        let system = Roots::default();
        let mut table = BTreeMap::new();
        for name in names {
            let special = hosts.get(&name).cloned().unwrap_or_default();
            let mut host = host(&name, special, &system)?;
            let listed = |lists: &BTreeMap<String, Vec<String>>| {
                let listed = lists.get(&name).into_iter().flatten().map(|h| h.to_ascii_lowercase());
                listed.collect::<BTreeSet<_>>()
            };
            host.realm_hosts = listed(token_realm_hosts);
            host.redirect_hosts = listed(redirect_hosts);
            table.insert(name, Arc::new(host));
        }
        let registries = allow.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(Self { registries, hosts: table })
    }

    /// The places that have the repository of an image, mirrors first: each host with the repository's name there.
    ///
    /// # Errors
    /// `REGISTRY_NOT_ALLOWED`.
    pub(super) fn places(
        &self,
        registry: &str,
        repository: &str,
        stage: &str,
    ) -> Result<Vec<(Arc<Host>, String)>, LookFault> {
        let name = registry.to_ascii_lowercase();
        let origin = self.registries.get(&name).and_then(|name| self.hosts.get(name));
        let Some(origin) = origin else {
            return Err(fault(
                LookCode::RegistryNotAllowed,
                stage,
                format!(
                    "`{registry}` is not among the registries that may be asked; add it to `registries.allow` in `images.yaml`, or use an image from one that is there"
                ),
            ));
        };
        let mut places = Vec::with_capacity(origin.mirrors.len() + 1);
        for mirror in &origin.mirrors {
            let (host, path) = mirror.split_once('/').unwrap_or((mirror, ""));
            if let Some(host) = self.hosts.get(&host.to_ascii_lowercase()) {
                let path = path.trim_matches('/');
                let name = if path.is_empty() {
                    repository.to_owned()
                } else {
                    format!("{path}/{repository}")
                };
                places.push((Arc::clone(host), name));
            }
        }
        places.push((Arc::clone(origin), repository.to_owned()));
        Ok(places)
    }

    /// The host at which `from` may have its tokens made.
    pub(super) fn realm(&self, from: &Arc<Host>, url: &Url) -> Option<Arc<Host>> {
        self.related(from, &from.realm_hosts, url)
    }

    /// The host to which `from` may send for a blob.
    pub(super) fn redirect(&self, from: &Arc<Host>, url: &Url) -> Option<Arc<Host>> {
        self.related(from, &from.redirect_hosts, url)
    }

    /// The host of `url` when it is `from` itself or one of `listed`, asked in the way that it is configured to be asked.
    fn related(&self, from: &Arc<Host>, listed: &BTreeSet<String>, url: &Url) -> Option<Arc<Host>> {
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let itself = same_origin(url, &from.origin);
        let mut others = listed.iter().filter_map(|name| self.hosts.get(name));
        if itself {
            Some(Arc::clone(from))
        } else {
            others.find(|host| same_origin(url, &host.origin)).cloned()
        }
    }
}

/// Whether both are asked in the same way: scheme, host and port.
pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host_str() == b.host_str()
        && a.port_or_known_default() == b.port_or_known_default()
}

/// Docker Hub's other hosts need not be configured where it is allowed.
fn with_docker_hub(registries: &Registries) -> Registries {
    let mut registries = registries.clone();
    if registries.allow.iter().any(|name| name.eq_ignore_ascii_case(DOCKER_HUB)) {
        let hub = || DOCKER_HUB.to_owned();
        registries.token_realm_hosts.entry(hub()).or_insert_with(|| vec![DOCKER_HUB_REALM.into()]);
        let blobs = || DOCKER_HUB_BLOBS.map(str::to_owned).to_vec();
        registries.redirect_hosts.entry(hub()).or_insert_with(blobs);
    }
    let hosts = std::mem::take(&mut registries.hosts).into_iter();
    registries.hosts = hosts.map(|(name, host)| (name.to_ascii_lowercase(), host)).collect();
    registries
}

fn host_of(mirror: &str) -> &str {
    mirror.split_once('/').map_or(mirror, |(host, _)| host)
}

fn host(name: &str, special: RegistryHost, system: &Roots) -> Result<Host, Error> {
    let RegistryHost { mirrors, ca_pem, plain_http, allow_private_addresses, credentials } =
        special;
    let scheme = if plain_http { "http" } else { "https" };
    let api = if name == DOCKER_HUB { DOCKER_HUB_API } else { name };
    let no_host = || {
        Error::invalid(format!("`{name}` is no host")).with_help("write `registry.example:5000`")
    };
    let origin = Url::parse(&format!("{scheme}://{api}/v2/"))
        .map_err(|cause| no_host().with_source(cause))?;
    if origin.path() != "/v2/" || !origin.username().is_empty() {
        return Err(no_host());
    }
    let addresses =
        if allow_private_addresses { AddressPolicy::PrivateToo } else { AddressPolicy::PublicOnly };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("goldgate/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(MAX_REQUESTS_PER_HOST)
        .dns_resolver(GuardedResolver(addresses))
        .tls_backend_preconfigured(system.client_config(name, ca_pem.as_deref(), plain_http)?);
    if !plain_http {
        builder = builder.https_only(true);
    }
    let http = builder.build().map_err(|cause| {
        Error::internal_fault(format!("cannot make the HTTP client of `{name}`")).with_source(cause)
    })?;
    Ok(Host {
        name: name.to_owned(),
        http,
        permits: Semaphore::new(MAX_REQUESTS_PER_HOST),
        credentials,
        authorization: HostAuthorization::default(),
        mirrors,
        realm_hosts: BTreeSet::new(),
        redirect_hosts: BTreeSet::new(),
        origin,
        addresses,
    })
}

/// A client for the mirror of a trust root: what it brings is signed, so only time and certificates are watched here.
///
/// # Errors
/// `Internal` when the client cannot be made.
pub(in crate::evidence) fn mirror_client() -> Result<reqwest::Client, Error> {
    // The crate makes a client of its own before it takes this one, and that needs the provider of the whole process.
    let _installed_before = aws_lc_rs::default_provider().install_default();
    let config = Roots::default().client_config("the mirror", None, false)?;
    reqwest::Client::builder()
        .user_agent(concat!("goldgate/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(MIRROR_TIMEOUT)
        .tls_backend_preconfigured(config)
        .build()
        .map_err(|cause| {
            Error::internal_fault("cannot make the HTTP client of a mirror").with_source(cause)
        })
}

/// A client for large files that nobody signed: it follows a few ways on, but none from `https` to `http`.
///
/// # Errors
/// `Invalid` when `ca_pem` cannot be read, `Internal` when the client cannot be made.
pub(in crate::evidence) fn download_client(
    ca_pem: Option<&[u8]>,
    silence: Duration,
    whole: Duration,
) -> Result<reqwest::Client, Error> {
    const MAX_REDIRECTS: usize = 5;
    // The crate makes a client of its own before it takes this one, and that needs the provider of the whole process.
    let _installed_before = aws_lc_rs::default_provider().install_default();
    let config = Roots::default().client_config("the mirror", ca_pem, false)?;
    let redirects = Policy::custom(|attempt| {
        let is_safe = |url: &Url| url.scheme() == "https";
        if attempt.previous().len() > MAX_REDIRECTS {
            return attempt.error("it leads on too often");
        }
        if attempt.previous().last().is_some_and(is_safe) && !is_safe(attempt.url()) {
            return attempt.error("it leads from `https` to `http`");
        }
        attempt.follow()
    });
    reqwest::Client::builder()
        .user_agent(concat!("goldgate/", env!("CARGO_PKG_VERSION")))
        .redirect(redirects)
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(silence)
        .timeout(whole)
        .tls_backend_preconfigured(config)
        .build()
        .map_err(|cause| {
            Error::internal_fault("cannot make the HTTP client of a mirror").with_source(cause)
        })
}

/// The certificates that the machine trusts, read when the first host needs them.
#[derive(Default)]
struct Roots(std::sync::OnceLock<Arc<RootCertStore>>);

impl Roots {
    fn client_config(
        &self,
        name: &str,
        ca_pem: Option<&[u8]>,
        plain_http: bool,
    ) -> Result<rustls::ClientConfig, Error> {
        let mut roots = if plain_http {
            Arc::new(RootCertStore::empty())
        } else {
            Arc::clone(self.0.get_or_init(|| Arc::new(system_roots())))
        };
        for certificate in ca_pem.into_iter().flat_map(CertificateDer::pem_slice_iter) {
            let unreadable = || {
                Error::invalid(format!("the certificates for `{name}` cannot be read"))
                    .with_field(format!("registries.hosts.\"{name}\".caFile"))
                    .with_help("write certificates in PEM, each between `-----BEGIN CERTIFICATE-----` and its end")
            };
            let certificate = certificate.map_err(|cause| unreadable().with_source(cause))?;
            // Copied only for a host with certificates of its own.
            Arc::make_mut(&mut roots)
                .add(certificate)
                .map_err(|cause| unreadable().with_source(cause))?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|cause| Error::internal_fault("no TLS versions").with_source(cause))?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

/// A certificate that cannot be read is one that nobody trusts; the others are not worse for it.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
