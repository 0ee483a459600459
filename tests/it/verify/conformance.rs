//! The public conformance set of bundles (github.com/sigstore/sigstore-conformance, `test/assets/bundle-verify`).
//!
//! Its folder is named by `SIGSTORE_CONFORMANCE_DIR`; without it the test is skipped.

use std::fs;
use std::path::{Path, PathBuf};

use goldgate::domain::evidence::code::RejectionCode;
use goldgate::domain::trust::{HashPolicy, IdentityPattern, LogDemand, TextPattern};
use goldgate::evidence::verify::key::PublicKey;
use goldgate::evidence::verify::{
    BundleArtifact, BundleFacts, BundleQuestion, BundleSigner, public_good_root, verify_bundle,
};

use super::question::now;
use crate::component;

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";
const FOLDER: &str = "SIGSTORE_CONFORMANCE_DIR";

#[test]
fn the_public_bundles_are_answered_as_their_names_say() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        component::say("the public conformance set", &format!("`{FOLDER}` names no folder"));
        return;
    };
    let cases: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("bundle.sigstore.json").is_file())
        .collect();
    assert!(!cases.is_empty(), "{} holds no cases", folder.display());
    let wrong: Vec<_> = cases.iter().filter_map(|case| complaint(case)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn complaint(case: &Path) -> Option<String> {
    let name = case.file_name()?.to_str()?;
    let answer = answer(case);
    match (&answer, name.ends_with("_fail")) {
        (Ok(_), false) | (Err(_), true) => None,
        (Ok(_), true) => Some(format!("{name} is accepted")),
        (Err(cause), false) => Some(format!("{name}: {cause}")),
    }
}

fn answer(case: &Path) -> Result<BundleFacts, String> {
    let text = |name: &str| fs::read_to_string(case.join(name)).ok();
    let artifact = fs::read(case.join("artifact"))
        .or_else(|_| fs::read(case.with_file_name("a.txt")))
        .unwrap();
    let signer = if let Some(pem) = text("key.pub") {
        BundleSigner::Key { key: PublicKey::from_pem(&pem)?, hash: HashPolicy::AsTheKeyAllows }
    } else {
        let exact = |name: &str, usual: &str| {
            let text = text(name).unwrap_or_else(|| usual.to_owned());
            TextPattern::Exact(text.trim_end().to_owned())
        };
        BundleSigner::Identity(IdentityPattern {
            issuer: exact("issuer", ISSUER),
            subject: exact("identity", IDENTITY),
        })
    };
    let root = text("trusted_root.json").unwrap_or_else(|| public_good_root().to_owned());
    let question = BundleQuestion {
        bundle: &fs::read(case.join("bundle.sigstore.json")).unwrap(),
        artifact: BundleArtifact::Bytes(&artifact),
        trusted_root: root.as_bytes(),
        signer,
        tlog: LogDemand::Required,
    };
    match verify_bundle(&question, now()) {
        Ok(Ok(facts)) => Ok(facts),
        Ok(Err(rejection)) if rejection.code == RejectionCode::Unreadable => {
            Err(format!("unreadable: {}", rejection.message))
        }
        Ok(Err(rejection)) => Err(format!("{}: {}", rejection.code, rejection.message)),
        Err(error) => Err(error.external().to_owned()),
    }
}
