//! The questions of `tests/fixtures/images/cases.json`, as rules of a trust configuration.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, LazyLock};

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::trust::{
    AnchoredRegex, AttestationDemand, Authority, CacheLifetimes, Claim, Format, HashPolicy,
    IdentityPattern, KeyAuthority, KeylessAuthority, LogDemand, PinPolicy, Registries, Rule,
    RuleAction, SctDemand, SignatureDemand, SignatureHash, Signer, TextPattern, TimestampDemand,
    TrustConfiguration, TrustLimits, TrustRoot,
};
use goldgate::evidence::attachment::Attachments;
use goldgate::evidence::verify::key::PublicKey;
use goldgate::evidence::verify::{Answer, ImageVerifier};
use serde_json::Value;

use super::store::{STORE, fixtures};

/// Every question of every case.
pub(crate) static QUESTIONS: LazyLock<Vec<Question>> = LazyLock::new(questions);

/// Some time after the images were signed.
pub(crate) fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

/// One question about one image, with the answer of a careful verifier.
pub(crate) struct Question {
    /// The case and the number of the question in it.
    pub(crate) name: String,
    /// `accept`, `reject` or `either`.
    pub(crate) expect: String,
    /// The repository of the image.
    pub(crate) repository: String,
    /// Its digest.
    pub(crate) digest: Digest,
    /// The question as `cases.json` has it.
    pub(crate) json: Value,
}

impl Question {
    /// The answer to it.
    pub(crate) fn answer(&self) -> Answer {
        self.answer_with(&STORE.attachments(&self.repository, self.digest))
    }

    /// The answer to it if these hung on the image.
    pub(crate) fn answer_with(&self, attachments: &Attachments) -> Answer {
        let verifier = verifier(vec![self.authority()]);
        verifier.verify(&self.rule(), &[self.digest], attachments, now())
    }

    /// Who is trusted.
    pub(crate) fn authority(&self) -> Authority {
        let text = |name: &str| self.json[name].as_str();
        let signer = match text("key") {
            Some(key) => key_signer(key, text("hash")),
            None => Signer::Keyless(self.keyless()),
        };
        let tlog = match text("tlog") {
            Some("ignored") => LogDemand::Ignored,
            Some("required") | None => LogDemand::Required,
            Some(other) => panic!("tlog {other}"),
        };
        let timestamp = match (text("timestamp"), &signer) {
            (Some("required"), _) => TimestampDemand::Authority,
            (_, Signer::Key(_)) => TimestampDemand::Nothing,
            (_, Signer::Keyless(_)) => TimestampDemand::LogOrAuthority,
        };
        Authority {
            name: "asked".to_owned(),
            signer,
            trust_root: text("trust_root").map(str::to_owned),
            tlog,
            timestamp,
            annotations: texts(&self.json["annotations"]),
        }
    }

    fn keyless(&self) -> KeylessAuthority {
        let text = |name: &str| self.json[name].as_str();
        let subject = match text("identity_regex") {
            Some(regex) => TextPattern::Regex(AnchoredRegex::new(regex).unwrap()),
            None => TextPattern::Exact(text("identity").unwrap().to_owned()),
        };
        let issuer = TextPattern::Exact(text("issuer").unwrap().to_owned());
        let claims = texts(&self.json["claims"]).into_iter().map(|(name, value)| {
            let claim: Claim = format!("github_workflow_{name}").parse().unwrap();
            (claim, vec![value])
        });
        KeylessAuthority {
            identities: vec![IdentityPattern { issuer, subject }],
            claims: claims.collect(),
            sct: SctDemand::Required,
        }
    }

    /// What is asked for.
    pub(crate) fn rule(&self) -> Rule {
        let names = vec!["asked".to_owned()];
        match self.json["predicateType"].as_str() {
            None => rule(Some(SignatureDemand { any_of: names, threshold: 1 }), Vec::new()),
            Some(predicate_type) => rule(
                None,
                vec![AttestationDemand {
                    name: "wanted".to_owned(),
                    predicate_types: vec![predicate_type.to_owned()],
                    authorities: names,
                    threshold: 1,
                    required: true,
                }],
            ),
        }
    }
}

/// A rule for every image, with every format.
pub(crate) fn rule(
    signatures: Option<SignatureDemand>,
    attestations: Vec<AttestationDemand>,
) -> Rule {
    Rule {
        name: "all".to_owned(),
        images: vec!["**".to_owned()],
        action: RuleAction::Verify,
        formats: Format::ALL.to_vec(),
        signatures,
        attestations,
        signature_repository: None,
        pin: PinPolicy::Resolve,
    }
}

/// A verifier that knows these authorities and the two trust roots of the fixtures.
pub(crate) fn verifier(authorities: Vec<Authority>) -> ImageVerifier {
    ImageVerifier::new(Arc::new(configuration(authorities)))
}

/// The configuration of [`verifier`].
pub(crate) fn configuration(authorities: Vec<Authority>) -> TrustConfiguration {
    let named = authorities.into_iter().map(|authority| (authority.name.clone(), authority));
    TrustConfiguration {
        digest: Digest::of(b"test"),
        roots: ["private", "other"].map(|name| (name.to_owned(), trust_root(name))).into(),
        authorities: named.collect(),
        rules: Vec::new(),
        registries: Registries::default(),
        limits: TrustLimits::default(),
        cache: CacheLifetimes::default(),
    }
}

/// A trust root of the fixtures.
pub(crate) fn trust_root(name: &str) -> TrustRoot {
    let json = fs::read(fixtures().join(format!("{name}-sigstore/trusted_root.json"))).unwrap();
    TrustRoot {
        name: name.to_owned(),
        digest: Digest::of(&json),
        json: json.into(),
        refreshed_at: None,
        max_stale: None,
    }
}

/// A public key of the fixtures.
pub(crate) fn public_key(name: &str) -> PublicKey {
    let pem = fs::read_to_string(fixtures().join(format!("test-keys/{name}.pub"))).unwrap();
    PublicKey::from_pem(&pem).unwrap()
}

/// A signer by a key of the fixtures.
pub(crate) fn key_signer(name: &str, hash: Option<&str>) -> Signer {
    let hash = match hash {
        None => HashPolicy::AsTheKeyAllows,
        Some("sha384") => HashPolicy::Only(SignatureHash::Sha384),
        Some("sha512") => HashPolicy::Only(SignatureHash::Sha512),
        Some(other) => panic!("hash {other}"),
    };
    Signer::Key(KeyAuthority { spki: public_key(name).spki().clone(), hash })
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn questions() -> Vec<Question> {
    let text = fs::read_to_string(fixtures().join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut questions = Vec::new();
    for case in &cases {
        for (index, check) in case["checks"].as_array().unwrap().iter().enumerate() {
            let reference = check["ref"].as_str().unwrap();
            let (repository, digest): (_, Digest) =
                if let Some((repository, digest)) = reference.split_once('@') {
                    (repository, digest.parse().unwrap())
                } else {
                    let (repository, tag) = reference.split_once(':').unwrap();
                    (repository, STORE.tag(repository, tag).unwrap())
                };
            // This one asks about the manifest behind the tag `.sbom`.
            let command = check["cosign_command"].as_str().unwrap();
            let digest = if command.contains("--attachment sbom") {
                let tag = digest.to_string().replace(':', "-") + ".sbom";
                STORE.tag(repository, &tag).unwrap()
            } else {
                digest
            };
            questions.push(Question {
                name: format!("{}#{index}", case["name"].as_str().unwrap()),
                expect: check["expect"].as_str().unwrap().to_owned(),
                repository: repository.to_owned(),
                digest,
                json: check.clone(),
            });
        }
    }
    questions
}
