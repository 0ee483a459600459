//! Images that are signed and attested here, with a key of the test's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use goldgate::domain::digest::Digest;
use serde_json::json;
use sigstore_verify::crypto::KeyPair;

use super::faulty::{FaultyRegistry, SIMPLE_SIGNING};

const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A key that signs.
pub(crate) struct Signer(KeyPair);

impl Signer {
    pub(crate) fn new() -> Self {
        Self(KeyPair::generate_ecdsa_p256().unwrap())
    }

    /// An `images.yaml` that trusts this key for every image of `host` and for what it attests.
    pub(crate) fn images_yaml(&self, host: &str, more: &str) -> String {
        let pem = self.0.public_key_der().unwrap().to_pem().replace('\n', "\n        ");
        format!(
            "authorities:\n  release:\n    key:\n      pem: |\n        {pem}\n\
             rules:\n  - name: all\n    images: [\"**\"]\n    signatures: {{anyOf: [release]}}\n    attestations:\n      \
             - {{name: sbom, predicateTypes: [\"https://cyclonedx.org/bom\"], authorities: [release]}}\n\
             registries: {{allow: [\"{host}\"], hosts: {{\"{host}\": {{plainHttp: true, allowPrivateAddresses: true}}}}}}\n{more}"
        )
    }

    /// Hangs a signature on an image, as cosign 2 does.
    pub(crate) fn sign(&self, registry: &FaultyRegistry, repository: &str, image: Digest) {
        let payload = format!(
            r#"{{"critical":{{"image":{{"docker-manifest-digest":"{image}"}},"type":"cosign container image signature"}}}}"#
        );
        let mut layer = registry.put_blob(repository, SIMPLE_SIGNING, payload.as_bytes());
        layer["annotations"] = json!({SIGNATURE: self.signature(payload.as_bytes())});
        registry.put_tag(repository, &format!("sha256-{}.sig", image.to_hex()), &[layer]);
    }

    /// Hangs a CycloneDX bill of materials on an image.
    pub(crate) fn attest(
        &self,
        registry: &FaultyRegistry,
        repository: &str,
        image: Digest,
        bill: &str,
    ) {
        let statement = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://cyclonedx.org/bom","subject":[{{"name":"x","digest":{{"sha256":"{}"}}}}],"predicate":{bill}}}"#,
            image.to_hex()
        );
        self.attest_statement(registry, repository, image, &statement);
    }

    /// Hangs a statement on an image, whatever it is about.
    pub(crate) fn attest_statement(
        &self,
        registry: &FaultyRegistry,
        repository: &str,
        image: Digest,
        statement: &str,
    ) {
        // Source: github.com/secure-systems-lab/dsse, `protocol.md`.
        let signed = format!("DSSEv1 {} {IN_TOTO} {} {statement}", IN_TOTO.len(), statement.len());
        let envelope = json!({"payloadType": IN_TOTO, "payload": STANDARD.encode(statement),
            "signatures": [{"sig": self.signature(signed.as_bytes())}]});
        let mut layer = registry.put_blob(repository, ENVELOPE, envelope.to_string().as_bytes());
        layer["annotations"] = json!({SIGNATURE: ""});
        registry.put_tag(repository, &format!("sha256-{}.att", image.to_hex()), &[layer]);
    }

    fn signature(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message).unwrap().as_bytes())
    }
}
