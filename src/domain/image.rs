//! Image references as people write them in manifests, and what a decision says of each.

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::evidence::{ImageFacts, VerificationStatus};

/// An image reference as written, and its parts when it is one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// The reference as written.
    pub reference: String,
    /// Its parts, or why it is not a reference.
    pub parts: Result<ImageParts, String>,
}

/// The parts of an image reference as a container runtime resolves them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageParts {
    /// Host with optional port, in the spelling of [`canonical_registry`]; `docker.io` when not written.
    pub registry: String,
    /// Path below the registry; `library/nginx` for a bare `nginx`.
    pub repository: String,
    /// The tag as written.
    pub tag: Option<String>,
    /// The digest as written, algorithm included.
    pub digest: Option<String>,
}

impl Image {
    /// Takes a reference as written, whether or not it is one.
    pub fn parse(reference: &str) -> Self {
        Self { reference: reference.to_owned(), parts: reference.parse() }
    }
}

/// Where a bare name is pulled from.
const DEFAULT_REGISTRY: &str = "docker.io";
/// The older name of the same.
const DOCKER_INDEX: &str = "index.docker.io";
/// What a registry is asked at when no port is written.
const HTTPS_PORT: u16 = 443;
/// The most characters of registry and repository together.
const MAX_NAME_BYTES: usize = 255;
const MAX_TAG_BYTES: usize = 128;

impl FromStr for ImageParts {
    type Err = String;

    /// Reads `[registry/]repository[:tag][@digest]`; the error says what is wrong and what to write.
    ///
    /// Source: github.com/distribution/reference, `ParseNormalizedNamed`, which kubelets use.
    fn from_str(text: &str) -> Result<Self, String> {
        refuse_at_sight(text)?;
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(checked_digest(digest)?)),
            None => (text, None),
        };
        let (registry, rest) = split_registry(rest);
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(checked_tag(tag)?)),
            None => (rest, None),
        };
        check_repository(repository)?;
        let registry = registry.map(canonical_registry).transpose()?;
        let registry = registry.unwrap_or_else(|| DEFAULT_REGISTRY.to_owned());
        let repository = if registry == DEFAULT_REGISTRY && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        if registry.len() + 1 + repository.len() > MAX_NAME_BYTES {
            return Err(format!("the name has more than {MAX_NAME_BYTES} characters"));
        }
        let (tag, digest) = (tag.map(str::to_owned), digest.map(str::to_owned));
        Ok(Self { registry, repository, tag, digest })
    }
}

impl fmt::Display for ImageParts {
    /// The reference with nothing left to a default but the tag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Refuses the usual mistakes in words of their own.
fn refuse_at_sight(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty; write `registry/repository:tag`".to_owned());
    }
    if text.contains("{{") || text.contains("${") || text.contains("$(") {
        return Err("a template in it was not filled in; render it before the check".to_owned());
    }
    if text.contains("://") {
        return Err("a reference has no scheme; leave out `https://`".to_owned());
    }
    if let Some(odd) = text.chars().find(|char| char.is_whitespace() || char.is_control()) {
        return Err(format!("a reference has no blanks, but this one has {odd:?}"));
    }
    if text.len() == 64 && text.bytes().all(is_hex) {
        return Err(
            "64 hexadecimal digits alone are an image id; write `repository@sha256:…`".to_owned()
        );
    }
    Ok(())
}

/// The first part is a registry when it cannot be part of a repository.
fn split_registry(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':', '['])
                || first == "localhost"
                || first.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        Some(_) | None => (None, text),
    }
}

/// One spelling for every way to write a registry: names in lower case, addresses in their shortest form, no port that is
/// meant anyway. Otherwise a rule about `registry.example` would not be about `Registry.EXAMPLE:443`, which is pulled from
/// the same place.
///
/// # Errors
/// Why it is no host with an optional port.
pub fn canonical_registry(text: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "`{text}` is no registry; write a host with an optional port, e.g. `registry.example:5000`"
        )
    };
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, behind) = rest.split_once(']').ok_or_else(wrong)?;
            let address: Ipv6Addr =
                address.parse().map_err(|_none| format!("`[{address}]` is no IPv6 address"))?;
            let port = behind.strip_prefix(':').or(if behind.is_empty() { None } else { Some("") });
            (format!("[{address}]"), port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host.to_owned(), Some(port)),
            None => (text.to_owned(), None),
        },
    };
    if !host.starts_with('[') && !host.split('.').all(is_label) {
        return Err(wrong());
    }
    let port = port.map(|port| checked_port(port, &wrong)).transpose()?;
    // What has neither a dot nor a port is a registry only by its upper case.
    let is_known_by_its_port =
        !host.contains(['.', '[']) && !host.eq_ignore_ascii_case("localhost");
    let host =
        if is_known_by_its_port && port.is_none() { host } else { host.to_ascii_lowercase() };
    match (host.as_str(), port) {
        (DOCKER_INDEX, None | Some(HTTPS_PORT)) => Ok(DEFAULT_REGISTRY.to_owned()),
        (_, Some(HTTPS_PORT)) if !is_known_by_its_port => Ok(host),
        (_, Some(port)) => Ok(format!("{host}:{port}")),
        (_, None) => Ok(host),
    }
}

fn is_label(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && label.starts_with(|first: char| first.is_ascii_alphanumeric())
        && label.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn checked_port(port: &str, wrong: &dyn Fn() -> String) -> Result<u16, String> {
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number = port.parse().ok().filter(|port| *port != 0);
    number.ok_or_else(|| format!("`{port}` is no port; write a number from 1 to 65535"))
}

fn check_repository(repository: &str) -> Result<(), String> {
    if repository.is_empty() {
        return Err("the repository is missing; write `registry/repository:tag`".to_owned());
    }
    if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!(
            "the repository `{repository}` has upper-case letters; write `{}`",
            repository.to_ascii_lowercase()
        ));
    }
    match repository.split('/').find(|part| !is_path_component(part)) {
        None => Ok(()),
        Some("") => Err("the repository has an empty part between two `/`".to_owned()),
        Some(part) => Err(format!(
            "`{part}` is no part of a repository; write lower-case letters and digits, joined by `.`, `_`, `__` or `-`"
        )),
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_path_component(part: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends_well =
        [bytes.first(), bytes.last()].into_iter().all(|end| end.is_some_and(|b| word(*b)));
    let separators = part.split(|char: char| char.is_ascii_lowercase() || char.is_ascii_digit());
    ends_well
        && separators.filter(|separator| !separator.is_empty()).all(|separator| {
            matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

fn checked_tag(tag: &str) -> Result<&str, String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let valid = tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
        && tag.bytes().next().is_some_and(word);
    if tag.len() > MAX_TAG_BYTES {
        return Err(format!("the tag has more than {MAX_TAG_BYTES} characters"));
    }
    if valid {
        return Ok(tag);
    }
    if tag.is_empty() {
        return Err("the tag behind `:` is missing".to_owned());
    }
    Err(format!("`{tag}` is no tag; write letters, digits, `_`, `.` and `-`"))
}

fn checked_digest(digest: &str) -> Result<&str, String> {
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return Err(format!("`{digest}` is no digest; write `sha256:` and 64 hexadecimal digits"));
    };
    let n_digits = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Err(format!("`{algorithm}` is no algorithm of digests; write `sha256`")),
    };
    if hex.len() != n_digits || !hex.bytes().all(is_hex) {
        return Err(format!(
            "the digest has {} characters behind `{algorithm}:`; it needs {n_digits} hexadecimal digits in lower case",
            hex.chars().count()
        ));
    }
    Ok(digest)
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// What the decision says of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageStatus {
    /// The reference as written.
    pub requested: String,
    /// The reference by digest, when it was resolved.
    pub resolved: Option<String>,
    /// What is known of it.
    pub status: ImageVerification,
    /// The rule of `images.yaml` that was applied.
    #[serde(default)]
    pub rule: Option<String>,
    /// The authorities whose signatures were accepted, each once.
    #[serde(default)]
    pub signed_by: Vec<String>,
    /// The kinds of what was attested and accepted, each once.
    #[serde(default)]
    pub attested: Vec<String>,
    /// The SLSA build level that is shown; none without provenance.
    #[serde(default)]
    pub slsa_level: Option<u8>,
    /// Why it is not verified: codes of what is missing and of what could not be looked at, each once.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// When it was verified; earlier than the decision when that answer was kept.
    #[serde(default)]
    pub verified_at: Option<Timestamp>,
    /// Whether an earlier answer was used.
    #[serde(default)]
    pub cached: bool,
}

impl ImageStatus {
    /// An image of which nothing is known but its reference.
    pub fn unseen(requested: String, status: ImageVerification) -> Self {
        Self {
            requested,
            resolved: None,
            status,
            rule: None,
            signed_by: Vec::new(),
            attested: Vec::new(),
            slsa_level: None,
            reasons: Vec::new(),
            verified_at: None,
            cached: false,
        }
    }

    /// An image that somebody looked at, or tried to.
    pub fn seen(requested: String, facts: &ImageFacts) -> Self {
        let verification = &facts.verification;
        let shortfalls = verification.shortfalls.iter().map(|code| code.code());
        let faults = verification.errors.iter().map(|fault| fault.code.code());
        let signed_by = facts.signatures.iter().map(|signature| signature.authority.as_str());
        let attested = facts.attestations.iter().map(|attestation| attestation.facts.kind());
        let levels = facts.attestations.iter().filter_map(|attestation| attestation.slsa.as_ref());
        Self {
            requested,
            resolved: facts.resolved.clone(),
            status: verification.status.into(),
            rule: verification.rule.clone(),
            signed_by: each_once(signed_by),
            attested: each_once(attested),
            slsa_level: levels.map(|slsa| slsa.level).max(),
            reasons: each_once(shortfalls.chain(faults)),
            verified_at: Some(verification.verified_at),
            cached: verification.cached,
        }
    }
}

fn each_once<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    words.collect::<BTreeSet<&str>>().into_iter().map(str::to_owned).collect()
}

/// Whether an image was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageVerification {
    /// Nobody looked: no verification is configured.
    NotLookedAt,
    /// The reference is not one.
    Invalid,
    /// What its rule asks for is there.
    Verified,
    /// All was looked at, and what its rule asks for is not there.
    Unverified,
    /// It could not be found out.
    Error,
    /// Its rule asks for nothing.
    Skipped,
}

impl ImageVerification {
    /// Every word.
    pub const ALL: [Self; 6] = [
        Self::NotLookedAt,
        Self::Invalid,
        Self::Verified,
        Self::Unverified,
        Self::Error,
        Self::Skipped,
    ];

    /// As people read it.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::NotLookedAt => "not looked at",
            Self::Invalid => "not a reference",
            Self::Verified => "verified",
            Self::Unverified => "not verified",
            Self::Error => "could not be looked at",
            Self::Skipped => "its rule asks for nothing",
        }
    }
}

impl From<VerificationStatus> for ImageVerification {
    fn from(status: VerificationStatus) -> Self {
        match status {
            VerificationStatus::Verified => Self::Verified,
            VerificationStatus::Unverified => Self::Unverified,
            VerificationStatus::Error => Self::Error,
            VerificationStatus::Skipped => Self::Skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904b825dc642cb6eb9a060e54bf";

    #[test]
    fn references_are_completed_as_a_runtime_completes_them() {
        for (text, whole) in [
            ("nginx", "docker.io/library/nginx"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("bitnami/redis", "docker.io/bitnami/redis"),
            ("docker.io/nginx", "docker.io/library/nginx"),
            ("index.docker.io/a/b", "docker.io/a/b"),
            ("localhost/app", "localhost/app"),
            ("localhost:5000/app:v1", "localhost:5000/app:v1"),
            ("registry.example/a__b/c--d.e_f:T_1.x-y", "registry.example/a__b/c--d.e_f:T_1.x-y"),
            ("[2001:db8::1]:5000/app", "[2001:db8::1]:5000/app"),
            ("Registry/app", "Registry/app"),
            ("Registry:5000/app", "registry:5000/app"),
            ("Registry.EXAMPLE/app:V1", "registry.example/app:V1"),
            ("registry.example:443/app", "registry.example/app"),
            ("registry.example:0443/app", "registry.example/app"),
            ("registry:443/app", "registry:443/app"),
            ("LOCALHOST/app", "localhost/app"),
            ("Docker.IO/nginx", "docker.io/library/nginx"),
            ("index.docker.io:443/nginx", "docker.io/library/nginx"),
            ("[2001:DB8:0:0::1]:5000/app", "[2001:db8::1]:5000/app"),
        ] {
            assert_eq!(text.parse::<ImageParts>().unwrap().to_string(), whole, "{text}");
        }
    }

    #[test]
    fn tag_and_digest_keeps_both() {
        let text = format!("registry.example/a:v1@sha256:{HEX}");
        let parts = text.parse::<ImageParts>().unwrap();
        assert_eq!(parts.tag.as_deref(), Some("v1"));
        assert_eq!(parts.digest, Some(format!("sha256:{HEX}")));
        assert_eq!(parts.to_string(), text);
    }

    #[test]
    fn what_is_no_reference_is_explained() {
        for (text, part) in [
            ("", "empty"),
            ("shop/App", "write `shop/app`"),
            ("nginx:", "tag"),
            ("nginx:a b", "blanks"),
            ("nginx:-a", "`-a` is no tag"),
            ("a//b", "empty part"),
            ("a/-b", "`-b`"),
            ("a/b_-c", "`b_-c`"),
            ("a@sha256:123", "needs 64"),
            ("a@md5:123", "`md5`"),
            ("a@x", "`x` is no digest"),
            ("https://a/b", "scheme"),
            ("{{ .Values.image }}", "template"),
            (HEX, "image id"),
            ("a.b:x/c", "no registry"),
            ("[::g]/a", "no IPv6"),
            ("[2001:db8::1/a", "no registry"),
            ("[2001:db8::1]:x/a", "no registry"),
            ("registry.example:/a", "no registry"),
            ("registry.example:0/a", "`0` is no port"),
            ("registry.example:65536/a", "from 1 to 65535"),
            ("-a.example/b", "no registry"),
            ("a@sha512:123", "needs 128"),
            ("a@sha256:", "needs 64"),
            ("a@SHA256:123", "`SHA256`"),
            ("a@", "no digest"),
            ("a:v1@sha256:4b8d@sha256:4b8d", "needs 64"),
            ("/a", "empty part"),
        ] {
            let reason = text.parse::<ImageParts>().unwrap_err();
            assert!(reason.contains(part), "{text}: {reason}");
        }
        let upper = format!("a@sha256:{}", HEX.to_ascii_uppercase());
        assert!(upper.parse::<ImageParts>().unwrap_err().contains("lower case"));
        assert!(format!("a:{}", "x".repeat(129)).parse::<ImageParts>().is_err());
        assert!("a/".repeat(200).trim_end_matches('/').parse::<ImageParts>().is_err());
    }

    proptest! {
        #[test]
        fn a_reference_shown_reads_back_the_same(
            registry in "(([a-z0-9]{1,8}\\.){1,2}[a-z]{2,5}|localhost)(:[1-5][0-9]{3,4})?",
            repository in "[a-z0-9]{1,6}((\\.|_|__|-{1,3}|/)[a-z0-9]{1,6}){0,4}",
            tag in proptest::option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}"),
            digest in proptest::option::of("sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}"),
        ) {
            let parts = ImageParts { registry, repository, tag, digest };
            prop_assert_eq!(parts.to_string().parse::<ImageParts>(), Ok(parts));
        }

        #[test]
        fn no_text_makes_it_panic_and_what_is_read_reads_back(text in "[a-zA-Z0-9:@/._\\[\\] -]{0,40}") {
            if let Ok(parts) = text.parse::<ImageParts>() {
                prop_assert_eq!(parts.to_string().parse::<ImageParts>(), Ok(parts));
            }
        }
    }
}
