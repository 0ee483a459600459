//! `input.image`: the reference as written, who uses it, and the verified facts when somebody looked.

use std::sync::Arc;

use serde::Serialize;

use super::{Fields, origin};
use crate::domain::evidence::{AttestationFacts, ImageFacts, SignatureFacts};
use crate::domain::image::Image;
use crate::domain::release::{ImageUse, Release};
use crate::domain::value::Value;

/// The parts of a reference.
pub(super) fn written(image: &Image) -> Fields {
    let mut fields = Fields::default();
    fields.set("reference", Value::from(image.reference.as_str()));
    match &image.parts {
        Ok(parts) => {
            fields.set("registry", Value::from(parts.registry.as_str()));
            fields.set("repository", Value::from(parts.repository.as_str()));
            fields.set_if("tag", parts.tag.as_deref().map(Value::from));
            fields.set_if("digest", parts.digest.as_deref().map(Value::from));
        }
        Err(reason) => fields.set("invalid", Value::from(reason.as_str())),
    }
    fields
}

/// An image of a release: the reference, its users, and what is known of it.
pub(super) fn used(used: &ImageUse, release: &Release, facts: Option<&ImageFacts>) -> Value {
    let user = |(workload, container): &(usize, usize)| {
        let workload = release.workloads.get(*workload)?;
        let resource = release.resources.get(workload.resource)?;
        let container = workload.containers.get(*container)?;
        let mut whom = Fields::default();
        whom.set("kind", Value::from(resource.id.kind.as_str()));
        whom.set("namespace", Value::from(resource.id.namespace.as_str()));
        whom.set("name", Value::from(resource.id.name.as_str()));
        let mut fields = Fields::default();
        fields.set("workload", whom.into_value());
        fields.set("container", Value::from(container.name.as_str()));
        fields.set("origin", origin(resource, &container.path));
        Some(fields.into_value())
    };
    let mut fields = written(&used.image);
    fields.set("used_by", Value::array(used.used_by.iter().filter_map(user).collect()));
    let pinned = used.image.parts.as_ref().is_ok_and(|parts| parts.digest.is_some());
    fields.set("pinned_by_caller", Value::from(pinned));
    match facts {
        Some(facts) => verified(&mut fields, facts),
        None => unseen(&mut fields),
    }
    fields.into_value()
}

/// An image that nobody looked at has no signature that anybody knows of, so that a rule that asks for one fails.
fn unseen(fields: &mut Fields) {
    let status = vec![(Arc::from("status"), Value::from("not_looked_at"))];
    fields.set("verification", Value::object(status));
    for list in ["platforms", "signatures", "attestations", "rejected"] {
        fields.set(list, Value::array(Vec::new()));
    }
}

fn verified(fields: &mut Fields, facts: &ImageFacts) {
    fields.set_if("digest", facts.digest.map(|digest| Value::from(digest.to_string().as_str())));
    fields.set_if("resolved", facts.resolved.as_deref().map(Value::from));
    fields.set_if("media_type", facts.media_type.as_deref().map(Value::from));
    fields.set("platforms", converted(&facts.platforms));
    fields.set_if("configuration", facts.configuration.as_ref().map(converted));
    fields.set("verification", converted(&facts.verification));
    let signatures = facts.signatures.iter().map(|item| signature(item));
    fields.set("signatures", Value::array(signatures.collect()));
    let attestations = facts.attestations.iter().map(|item| attestation(item));
    fields.set("attestations", Value::array(attestations.collect()));
    fields.set("rejected", converted(&facts.rejected));
    let best =
        facts.attestations.iter().filter_map(|it| it.slsa.as_ref()).max_by_key(|it| it.level);
    fields.set_if("slsa", best.map(converted));
}

fn signature(signature: &SignatureFacts) -> Value {
    with(&converted(signature), [("verified", Value::from(true))])
}

fn attestation(facts: &AttestationFacts) -> Value {
    let mut fields = Fields::default();
    fields.set("verified", Value::from(true));
    fields.set("authority", Value::from(facts.authority.as_str()));
    fields.set_if("name", facts.name.as_deref().map(Value::from));
    fields.set("format", converted(&facts.format));
    fields.set("id", converted(&facts.id));
    fields.set("location", Value::from(facts.location.as_str()));
    fields.set("signed_digest", converted(&facts.signed_digest));
    fields.set("predicate_type", Value::from(facts.predicate_type.as_str()));
    fields.set("statement_type", Value::from(facts.statement_type.as_str()));
    fields.set("subject", converted(&facts.subject));
    fields.set("predicate_truncated", Value::from(facts.predicate_truncated));
    // Somebody else's document, shared and not copied: it may have megabytes, and its own `null`s stand.
    fields.set_if("predicate", (!facts.predicate_truncated).then(|| facts.predicate.clone()));
    fields.set("kind", Value::from(facts.facts.kind()));
    let typed = converted(&facts.facts);
    fields.set_if(facts.facts.kind(), typed.get(facts.facts.kind()).cloned());
    fields.set_if("slsa", facts.slsa.as_ref().map(converted));
    fields.set("signer", converted(&facts.signer));
    fields.into_value()
}

fn with<const N: usize>(value: &Value, more: [(&str, Value); N]) -> Value {
    let own = value.as_object().map(|object| object.entries().to_vec()).unwrap_or_default();
    let more = more.map(|(key, value)| (Arc::from(key), value));
    Value::object(own.into_iter().chain(more).collect())
}

/// A fact in its own words; what is not known is left out.
fn converted(fact: &impl Serialize) -> Value {
    // INVARIANT: facts have text keys and finite numbers only, so they can be written down.
    let json = serde_json::to_value(fact).unwrap_or_default();
    without_nulls(&json)
}

fn without_nulls(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::from(*flag),
        serde_json::Value::Number(_) => serde_json::from_value(json.clone()).unwrap_or_default(),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => Value::array(items.iter().map(without_nulls).collect()),
        serde_json::Value::Object(object) => {
            let known = object.iter().filter(|(_, value)| !value.is_null());
            Value::object(
                known.map(|(key, value)| (Arc::from(key.as_str()), without_nulls(value))).collect(),
            )
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::digest::Digest;
    use crate::domain::evidence::code::{LookCode, RejectionCode, ShortfallCode};
    use crate::domain::evidence::{
        BaseImage, IdentityFacts, ImageConfiguration, ItemFormat, ItemKind, KeyFacts,
        LogEntryFacts, LogFacts, LookFault, PlatformFacts, RejectedItem, SignerFacts, SignerKind,
        SubjectFacts, SubjectType, TimeFacts, TimeSource, Verification, VerificationStatus,
        Verified,
    };
    use crate::domain::image::Image;
    use crate::domain::predicate::{
        Invocation, Material, Predicate, Provenance, SbomFormat, SbomHandle, SlsaLevel, Source,
    };

    fn signer() -> SignerFacts {
        SignerFacts {
            kind: SignerKind::Keyless,
            key: None,
            identity: Some(IdentityFacts {
                issuer: "https://token.actions.githubusercontent.com".into(),
                subject: "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1"
                    .into(),
                subject_type: SubjectType::Uri,
                claims: BTreeMap::from([("runner_environment".into(), "github-hosted".into())]),
            }),
            tlog: LogFacts {
                verified: true,
                entries: vec![LogEntryFacts {
                    kind: "dsse/0.0.1".into(),
                    log_id: "bG9n".into(),
                    log_index: 7,
                    integrated_time: Some(Timestamp::from_millis(0)),
                    inclusion_proof: true,
                    set: false,
                }],
            },
            timestamps: vec![TimeFacts {
                source: TimeSource::Tsa,
                time: Timestamp::from_millis(0),
            }],
            sct: true,
        }
    }

    fn attested(
        predicate_type: &str,
        facts: Predicate,
        slsa: Option<SlsaLevel>,
    ) -> AttestationFacts {
        AttestationFacts {
            authority: "release".into(),
            name: Some("provenance".into()),
            format: ItemFormat::BundleV03,
            id: Digest::of(b"bundle"),
            location: "registry.example/app@sha256:0".into(),
            signed_digest: Digest::of(b"image"),
            predicate_type: predicate_type.into(),
            statement_type: "https://in-toto.io/Statement/v1".into(),
            subject: vec![SubjectFacts { name: None, digest: BTreeMap::new() }],
            predicate: Value::object(vec![(Arc::from("own"), Value::Null)]),
            predicate_truncated: false,
            facts,
            slsa,
            signer: signer(),
        }
    }

    /// An image of which everything is known, one that could not be looked at, and one that no rule asks about.
    pub(in super::super) fn every_fact(reference: &str) -> Vec<ImageFacts> {
        let digest = Digest::of(b"image");
        let configuration = ImageConfiguration {
            created: Some(Timestamp::from_millis(0)),
            base_image: Some(BaseImage { name: Some("debian:13".into()), digest: None }),
            labels: BTreeMap::new(),
            user: None,
        };
        let provenance = Provenance {
            version: "1".into(),
            builder_id: "https://github.com/actions/runner/github-hosted".into(),
            build_type: "t".into(),
            source: Some(Source {
                repository: "https://github.com/acme/app".into(),
                reference: None,
                commit: None,
                path: None,
            }),
            materials: vec![Material { uri: String::new(), digest: BTreeMap::new() }],
            invocation: Invocation::default(),
        };
        let sbom = SbomHandle {
            format: SbomFormat::CyclonedxJson,
            spec_version: "1.6".into(),
            digest,
            size_bytes: 2,
            n_components: Some(0),
            created: None,
        };
        let slsa = Some(SlsaLevel { level: 2, reason: "hosted".into() });
        let provenance = Predicate::Provenance(Box::new(provenance));
        let key = KeyFacts {
            name: "release-key".into(),
            fingerprint: digest,
            algorithm: "ecdsa-p256-sha256".into(),
        };
        let known = ImageFacts {
            requested: reference.into(),
            registry: "registry.example".into(),
            repository: "app".into(),
            tag: Some("1".into()),
            digest: Some(digest),
            resolved: Some(format!("registry.example/app@{digest}")),
            pinned_by_caller: false,
            media_type: Some("application/vnd.oci.image.index.v1+json".into()),
            platforms: vec![PlatformFacts {
                os: "linux".into(),
                architecture: "amd64".into(),
                variant: None,
                digest,
                configuration: Some(configuration.clone()),
            }],
            configuration: Some(configuration),
            verification: Verification {
                status: VerificationStatus::Unverified,
                shortfalls: vec![ShortfallCode::ThresholdNotMet],
                rule: Some("acme".into()),
                config_hash: digest,
                trust_roots: BTreeMap::from([("public".into(), digest)]),
                verified_at: Timestamp::from_millis(0),
                cached: false,
                complete: true,
                errors: Vec::new(),
            },
            signatures: vec![Verified::by_the_verifier(SignatureFacts {
                authority: "release-key".into(),
                format: ItemFormat::SimpleSigning,
                id: digest,
                location: "registry.example/app@sha256:0".into(),
                signed_digest: digest,
                signer: SignerFacts {
                    kind: SignerKind::Key,
                    key: Some(key),
                    identity: None,
                    tlog: LogFacts::default(),
                    timestamps: Vec::new(),
                    sct: false,
                },
                annotations: BTreeMap::from([("env".into(), "prod".into())]),
            })],
            attestations: [
                attested("https://slsa.dev/provenance/v1", provenance, slsa),
                attested("https://cyclonedx.org/bom", Predicate::Sbom(sbom), None),
                attested("https://acme.example/x", Predicate::Other, None),
            ]
            .map(Verified::by_the_verifier)
            .to_vec(),
            rejected: vec![RejectedItem {
                id: None,
                kind: ItemKind::Unknown,
                predicate_type: None,
                reason: RejectionCode::Unreadable,
                message: "no JSON".into(),
            }],
        };
        let fault = LookFault {
            code: LookCode::RegistryTimeout,
            stage: "resolve".into(),
            message: "no answer".into(),
        };
        let mut failed = known.clone();
        failed.verification.status = VerificationStatus::Error;
        failed.verification.errors = vec![fault];
        failed.digest = None;
        failed.resolved = None;
        vec![known, failed]
    }

    fn seen(facts: &ImageFacts) -> Value {
        let image = ImageUse::named(Image::parse("registry.example/app:1"));
        used(&image, &Release::default(), Some(facts))
    }

    #[test]
    fn facts_keep_their_words_and_what_is_not_known_is_absent() {
        let facts = every_fact("registry.example/app:1");
        let image = seen(&facts[0]);
        let at = |pointer: &str| image.pointer(pointer).map(ToString::to_string);
        assert_eq!(at("/verification/status").as_deref(), Some(r#""unverified""#));
        assert_eq!(at("/verification/shortfalls/0").as_deref(), Some(r#""THRESHOLD_NOT_MET""#));
        assert_eq!(at("/signatures/0/verified").as_deref(), Some("true"));
        assert_eq!(at("/signatures/0/key/name").as_deref(), Some(r#""release-key""#));
        assert_eq!(at("/signatures/0/identity"), None);
        assert_eq!(at("/signatures/0/annotations/env").as_deref(), Some(r#""prod""#));
        assert_eq!(at("/attestations/0/kind").as_deref(), Some(r#""provenance""#));
        let source = at("/attestations/0/provenance/source");
        assert_eq!(source.as_deref(), Some(r#"{"repository":"https://github.com/acme/app"}"#));
        assert_eq!(at("/attestations/0/slsa/level").as_deref(), Some("2"));
        assert_eq!(at("/slsa/level").as_deref(), Some("2"));
        assert_eq!(at("/attestations/1/sbom/format").as_deref(), Some(r#""cyclonedx-json""#));
        assert_eq!(at("/attestations/1/slsa"), None);
        assert_eq!(at("/attestations/2/other"), None);
        assert_eq!(at("/attestations/2/predicate").as_deref(), Some(r#"{"own":null}"#));
        assert_eq!(at("/digest"), Some(format!("\"{}\"", Digest::of(b"image"))));
    }

    #[test]
    fn an_image_that_nobody_looked_at_has_no_signature() {
        let image = ImageUse::named(Image::parse("registry.example/app:1"));
        let image = used(&image, &Release::default(), None);
        let at = |pointer: &str| image.pointer(pointer).map(ToString::to_string);
        assert_eq!(at("/verification/status").as_deref(), Some(r#""not_looked_at""#));
        assert_eq!(at("/signatures").as_deref(), Some("[]"));
        assert_eq!(at("/pinned_by_caller").as_deref(), Some("false"));
        assert_eq!(at("/slsa"), None);
    }
}
