//! `authorities`: keys and identities that rules may name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::page::{Node, Page, Section};
use super::{Entries, Named};
use crate::domain::evidence::code::TrustFaultCode as Fault;
use crate::domain::suggest;
use crate::domain::trust::{
    AnchoredRegex, Authority, Claim, HashPolicy, IdentityPattern, KeyAuthority, KeylessAuthority,
    LogDemand, SctDemand, SignatureHash, Signer, TextPattern, TimestampDemand, TrustMaterial,
    TrustRoot,
};

const LOG: &[(&str, LogDemand)] = &[
    ("required", LogDemand::Required),
    ("optional", LogDemand::Optional),
    ("ignored", LogDemand::Ignored),
];
const TIMESTAMP: &[(&str, TimestampDemand)] = &[
    ("tlog-or-tsa", TimestampDemand::LogOrAuthority),
    ("tsa", TimestampDemand::Authority),
    ("none", TimestampDemand::Nothing),
];
const HASH: &[(&str, HashPolicy)] = &[
    ("sha256", HashPolicy::Only(SignatureHash::Sha256)),
    ("sha384", HashPolicy::Only(SignatureHash::Sha384)),
    ("sha512", HashPolicy::Only(SignatureHash::Sha512)),
];

struct Reading<'r> {
    page: &'r Page,
    roots: &'r Entries<TrustRoot>,
    material: &'r dyn TrustMaterial,
    named: &'r mut Named,
}

pub(super) fn authorities(
    page: &Page,
    node: Node<'_>,
    roots: &Entries<TrustRoot>,
    material: &dyn TrustMaterial,
    named: &mut Named,
) -> Entries<Authority> {
    let mut reading = Reading { page, roots, material, named };
    let entries = page.entries(node, "authorities").into_iter();
    entries.map(|(name, node)| (name.to_owned(), reading.authority(name, node))).collect()
}

impl Reading<'_> {
    fn authority(&mut self, name: &str, node: Node<'_>) -> Option<Authority> {
        let page = self.page;
        let what = format!("authority `{name}`");
        let keys = ["key", "keyless", "trustRoot", "tlog", "timestamp", "annotations"];
        let section = page.section(node, &what, &keys);
        let annotations = annotations(page, section.get("annotations"));
        let (signer, inner, outer) = match (section.get("key"), section.get("keyless")) {
            (Some(node), None) => (self.key(node).map(Signer::Key), None, &section),
            (None, Some(node)) => {
                let keys = ["trustRoot", "tlog", "sct", "timestamp", "identities", "claims"];
                let keyless = page.section(node, &format!("`keyless` of {what}"), &keys);
                let signer = self.keyless(&what, &keyless).map(Signer::Keyless);
                (signer, Some(keyless), &section)
            }
            (Some(_), Some(_)) | (None, None) => {
                let help = "write `key:` with `pemFile`, or `keyless:` with `identities`";
                page.fault(
                    Fault::FieldsExclusive,
                    node.place.value,
                    format!("{what} needs one of `key` and `keyless`"),
                    help,
                );
                return None;
            }
        };
        let is_key = inner.is_none();
        // What is asked of log and time may stand beside `keyless` or in it.
        let at = |key: &str| inner.as_ref().and_then(|inner| inner.get(key)).or(outer.get(key));
        let trust_root = self.trust_root(&what, at("trustRoot"));
        if trust_root.is_none() && !is_key && at("trustRoot").is_none() {
            let help = "add `trustRoot:` with a name of `trustRoots`";
            page.fault(
                Fault::RootNotNamed,
                node.place.value,
                format!("{what} has no `trustRoot` for its certificates"),
                help,
            );
        }
        let log = match (is_key, &trust_root) {
            (false, _) => LogDemand::Required,
            (true, Some(_)) => LogDemand::Optional,
            (true, None) => LogDemand::Ignored,
        };
        let tlog = at("tlog").and_then(|node| page.word(node, "tlog", LOG)).unwrap_or(log);
        let time = if is_key { TimestampDemand::Nothing } else { TimestampDemand::LogOrAuthority };
        let timestamp = at("timestamp")
            .and_then(|node| page.word(node, "timestamp", TIMESTAMP))
            .unwrap_or(time);
        if is_key
            && trust_root.is_none()
            && at("trustRoot").is_none()
            && (tlog != LogDemand::Ignored || timestamp != TimestampDemand::Nothing)
        {
            let message = format!(
                "{what} asks for a log entry or a timestamp, and has no `trustRoot` to check them with"
            );
            page.fault(
                Fault::RootNotNamed,
                node.place.value,
                message,
                "add `trustRoot:`, or write `tlog: ignored` and `timestamp: none`",
            );
        }
        if !is_key && timestamp == TimestampDemand::Nothing {
            let message =
                format!("{what} asks for no signed time, and its certificates live for minutes");
            let span = at("timestamp").map_or(node.place.value, |node| node.place.value);
            page.fault(
                Fault::TimeNotAsked,
                span,
                message,
                "write `timestamp: tlog-or-tsa` or `timestamp: tsa`",
            );
        }
        Some(Authority {
            name: name.to_owned(),
            signer: signer?,
            trust_root,
            tlog,
            timestamp,
            annotations,
        })
    }

    fn trust_root(&self, what: &str, node: Option<Node<'_>>) -> Option<String> {
        let node = node?;
        let name = self.page.text(node, "trustRoot")?;
        if !self.roots.contains_key(name) {
            let known = self.roots.keys().map(String::as_str);
            let help = suggest::help(name, known, "add it to `trustRoots`");
            let message =
                format!("{what} names the trust root `{name}`, which is not in `trustRoots`");
            self.page.fault(Fault::NameUnknown, node.place.value, message, help);
            return None;
        }
        Some(name.to_owned())
    }

    fn key(&mut self, node: Node<'_>) -> Option<KeyAuthority> {
        let page = self.page;
        let section = page.section(node, "`key`", &["pemFile", "pem", "hash", "kms"]);
        if let Some(kms) = section.get("kms") {
            let help =
                "export the public key (`cosign public-key --key …`) and name it with `pemFile:`";
            page.fault(
                Fault::KmsUnsupported,
                kms.place.key,
                "`key.kms` is not supported: the gate asks no key service",
                help,
            );
            return None;
        }
        let (place, pem) = match (section.get("pemFile"), section.get("pem")) {
            (Some(node), None) => {
                let bytes = page.file(node, "pemFile", Fault::KeyFileUnreadable)?;
                (node.place.value, String::from_utf8_lossy(&bytes).into_owned())
            }
            (None, Some(node)) => (node.place.value, page.text(node, "pem")?.to_owned()),
            (Some(_), Some(_)) | (None, None) => {
                let help = "write `pemFile: release.pub`, or `pem: |` with the key below";
                page.fault(
                    Fault::FieldsExclusive,
                    node.place.value,
                    "`key` needs one of `pemFile` and `pem`",
                    help,
                );
                return None;
            }
        };
        match self.material.key(&pem) {
            Ok(spki) => {
                self.named.0.push(spki.to_vec());
                let hash = section.get("hash").and_then(|node| page.word(node, "hash", HASH));
                Some(KeyAuthority { spki: Arc::clone(&spki), hash: hash.unwrap_or_default() })
            }
            Err(cause) => {
                page.fault(
                    Fault::KeyUnusable,
                    place,
                    format!("the key cannot be used: {cause}"),
                    "name a public key in PEM",
                );
                None
            }
        }
    }

    fn keyless(&self, what: &str, section: &Section<'_, '_>) -> Option<KeylessAuthority> {
        let page = self.page;
        let sct = [("required", SctDemand::Required), ("ignored", SctDemand::Ignored)];
        let help =
            "add `identities:` with `issuer` and `subject` (or `issuerRegex` and `subjectRegex`)";
        let Some(node) = section.get("identities") else {
            let message = format!("{what} accepts anybody: it has no `identities`");
            page.fault(Fault::IdentityOpen, section.node.place.value, message, help);
            return None;
        };
        let items = page.items(node, "identities");
        if items.is_empty() {
            page.fault(
                Fault::IdentityOpen,
                node.place.value,
                format!("{what} has an empty list of `identities`"),
                help,
            );
            return None;
        }
        let identities: Vec<_> = items.iter().map(|node| identity(page, *node)).collect::<Vec<_>>();
        let claims = section.get("claims").map(|node| claims(page, node)).unwrap_or_default();
        let sct = section.word("sct", &sct, SctDemand::Required);
        let identities = identities.into_iter().collect::<Option<Vec<_>>>()?;
        Some(KeylessAuthority { identities, claims, sct })
    }
}

fn identity(page: &Page, node: Node<'_>) -> Option<IdentityPattern> {
    let keys = ["issuer", "issuerRegex", "subject", "subjectRegex"];
    let section = page.section(node, "an identity", &keys);
    let issuer = pattern(page, &section, "issuer", "issuerRegex");
    let subject = pattern(page, &section, "subject", "subjectRegex");
    Some(IdentityPattern { issuer: issuer?, subject: subject? })
}

fn pattern(
    page: &Page,
    section: &Section<'_, '_>,
    exact: &str,
    regex: &str,
) -> Option<TextPattern> {
    match (section.get(exact), section.get(regex)) {
        (Some(node), None) => {
            page.text(node, exact).map(|text| TextPattern::Exact(text.to_owned()))
        }
        (None, Some(node)) => match AnchoredRegex::new(page.text(node, regex)?) {
            Ok(compiled) => Some(TextPattern::Regex(compiled)),
            Err(cause) => {
                let message =
                    format!("`{regex}` is no regular expression: {}", cause.replace('\n', " "));
                page.fault(
                    Fault::ExpressionInvalid,
                    node.place.value,
                    message,
                    "it must match the whole text; `\\.` is a dot",
                );
                None
            }
        },
        (None, None) => {
            let message = format!("an identity without `{exact}` accepts everybody's");
            page.fault(
                Fault::IdentityOpen,
                section.node.place.value,
                message,
                format!("add `{exact}:` or `{regex}:`"),
            );
            None
        }
        (Some(_), Some(node)) => {
            page.fault(
                Fault::FieldsExclusive,
                node.place.key,
                format!("both `{exact}` and `{regex}`"),
                "leave one of them out",
            );
            None
        }
    }
}

fn claims(page: &Page, node: Node<'_>) -> BTreeMap<Claim, Vec<String>> {
    let names: Vec<(String, Claim)> =
        Claim::ALL.iter().map(|claim| (camel(claim.name()), *claim)).collect();
    let mut claims = BTreeMap::new();
    for (name, node) in page.entries(node, "claims") {
        let Some((_, claim)) = names.iter().find(|(known, _)| known == name) else {
            let known = names.iter().map(|(known, _)| known.as_str());
            let help = suggest::help(name, known, "docs/images.md lists the claims");
            page.fault(
                Fault::NameUnknown,
                node.place.key,
                format!("there is no claim `{name}`"),
                help,
            );
            continue;
        };
        let values = page.texts(node, name);
        if values.is_empty() {
            page.fault(
                Fault::ValueInvalid,
                node.place.key,
                format!("the claim `{name}` allows no value"),
                "list the values that are right, or leave it out",
            );
        }
        claims.insert(*claim, values);
    }
    claims
}

/// `source_repository_uri` as `sourceRepositoryUri`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        camel.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(chars.as_str());
    }
    camel
}

fn annotations(page: &Page, node: Option<Node<'_>>) -> BTreeMap<String, String> {
    let Some(node) = node else { return BTreeMap::new() };
    let entries = page.entries(node, "annotations").into_iter();
    entries
        .filter_map(|(name, node)| Some((name.to_owned(), page.text(node, name)?.to_owned())))
        .collect()
}
