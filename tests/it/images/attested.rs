//! Bills of materials and VEX that the real signing program attested, from a real registry to the decision.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::Place;
use crate::registry::server::RegistryServer;

const FIXTURE: &str = "tests/fixtures/images/vex.tar.zst";
const IMAGES: [&str; 2] = [
    "vex/bundle@sha256:cc3ac7ec965d8d6dc8b5e1cff1de94cb4455c40ab7d412978e557b5171265d04",
    "vex/legacy@sha256:bf13dff6aa20aa61f3b8669b9e6f55fa7a5a62fb01dd098409834bec5d60f816",
];

/// What the bill's `log4j-core` 2.14.1 has.
const ADVISORY: &str = r#"{"id": "GHSA-jfh8-c2jp-5v3q", "aliases": ["CVE-2021-44228"], "modified": "2022-01-01T00:00:00Z",
  "published": "2021-12-10T00:00:00Z", "summary": "Remote code injection in Log4j",
  "affected": [{"package": {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"},
    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.15.0"}]}]}],
  "database_specific": {"severity": "CRITICAL"}}"#;

/// Whose bills and whose VEX are accepted.
#[derive(Clone, Copy)]
struct Accepted {
    bills_of: &'static str,
    vex_of: &'static str,
}

struct Shop {
    place: Place,
    host: String,
}

impl Shop {
    fn open(host: String) -> Self {
        let place = Place::with(Path::new("none"));
        fs::write(place.work().join("advisory.json"), ADVISORY).unwrap();
        let shop = Self { place, host };
        shop.run(&["advisories", "import", "advisory.json"]);
        shop
    }

    fn accept(&self, Accepted { bills_of, vex_of }: Accepted, vex_authorities: &str) {
        let keys = std::env::current_dir().unwrap().join("tests/fixtures/images/vex-keys");
        let (keys, host) = (keys.display(), &self.host);
        let images = format!(
            "authorities:\n  release: {{key: {{pemFile: {keys}/release.pub}}}}\n  supplier: {{key: {{pemFile: {keys}/supplier.pub}}}}\n\
             rules:\n  - name: all\n    images: [\"**\"]\n    signatures: {{anyOf: [release]}}\n    attestations:\n\
             \x20     - {{name: sbom, predicateTypes: [\"https://cyclonedx.org/bom\"], authorities: [{bills_of}]}}\n\
             \x20     - {{name: vex, predicateTypes: [\"https://openvex.dev/ns\"], authorities: [{vex_of}]}}\n\
             registries: {{allow: [\"{host}\"], hosts: {{\"{host}\": {{plainHttp: true, allowPrivateAddresses: true}}}}}}\n"
        );
        fs::write(self.place.work().join("images.yaml"), images).unwrap();
        let file = format!("images: images.yaml\nvex: {{authorities: [{vex_authorities}]}}\n");
        fs::write(self.place.work().join("goldgate.yaml"), file).unwrap();
    }

    fn run(&self, args: &[&str]) -> String {
        let output = self.place.command().args(args).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.code() < Some(2),
            "{args:?}\n{stdout}\n{output:?}",
            output = output.stderr
        );
        stdout
    }

    /// The findings about the component of the bill.
    fn found(&self, image: &str) -> Vec<Value> {
        let reference = format!("{}/{image}", self.host);
        let said = self.run(&["check", "--image", &reference, "--service", "shop", "-o", "json"]);
        let decision: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(decision["images"][0]["status"], "verified", "{decision:#}");
        let findings = decision["findings"].as_array().unwrap().iter();
        let wanted = |finding: &&Value| finding["code"].as_str().unwrap().starts_with("VULN-");
        findings.filter(wanted).cloned().collect()
    }
}

#[test]
fn an_attested_bill_is_judged_and_vex_of_a_named_authority_clears_what_is_found() {
    let Some(server) = RegistryServer::start_with(FIXTURE) else { return };
    let shop = Shop::open(server.host());
    for image in IMAGES {
        shop.accept(Accepted { bills_of: "release", vex_of: "supplier" }, "supplier");
        let cleared = shop.found(image);
        assert_eq!(cleared.len(), 1, "{cleared:#?}");
        assert_eq!(cleared[0]["code"], "VULN-CLEARED");
        assert_eq!(cleared[0]["enforcement"], "audit");
        let vex = &cleared[0]["facts"]["vex"];
        assert_eq!(vex["author"], "Supplier");
        assert_eq!(vex["justification"], "vulnerable_code_not_in_execute_path");
        assert!(cleared[0]["location"]["file"].as_str().unwrap().contains(image), "{cleared:#?}");
    }
}

#[test]
fn vex_of_an_authority_that_is_not_named_is_shown_and_changes_nothing() {
    let Some(server) = RegistryServer::start_with(FIXTURE) else { return };
    let shop = Shop::open(server.host());
    for image in IMAGES {
        // Its signer may attest VEX to images, but nobody said that its word counts.
        shop.accept(Accepted { bills_of: "release", vex_of: "supplier" }, "release");
        let known = shop.found(image);
        assert_eq!((known.len(), &known[0]["code"]), (1, &Value::from("VULN-KNOWN")));
        assert_eq!(known[0]["enforcement"], "deny");
        let ignored = &known[0]["facts"]["vex_ignored"][0];
        assert_eq!(ignored["author"], "Supplier", "{known:#?}");
        assert!(ignored["objection"].as_str().unwrap().contains("supplier"), "{ignored:#}");
    }
}

#[test]
fn what_nobody_attested_who_may_is_neither_a_bill_nor_vex() {
    let Some(server) = RegistryServer::start_with(FIXTURE) else { return };
    let shop = Shop::open(server.host());
    for image in IMAGES {
        shop.accept(Accepted { bills_of: "release", vex_of: "release" }, "release, supplier");
        let known = shop.found(image);
        assert_eq!((known.len(), &known[0]["code"]), (1, &Value::from("VULN-KNOWN")));
        assert!(known[0]["facts"].get("vex_ignored").is_none(), "{known:#?}");
        let told = shop.run(&["image", "verify", &format!("{}/{image}", shop.host)]);
        let (_, rejected) = told.split_once("rejected").unwrap();
        assert!(rejected.contains("https://openvex.dev/ns"), "{told}");
        shop.accept(Accepted { bills_of: "supplier", vex_of: "supplier" }, "supplier");
        assert_eq!(shop.found(image), Vec::<Value>::new(), "nobody vouches for the bill");
    }
}
