//! `images.yaml`, and images looked at as it says. Cases are under `tests/cases/images/`; `GOLDGATE_BLESS=1` rewrites.

mod attested;
mod counted;
mod deny;
mod mirror;
mod progress;
mod reload;
mod unseen;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use goldgate::config::{ConfigFault, ImageTrust, read_images};
use goldgate::domain::clock::{FixedClock, Timestamp};
use goldgate::domain::evidence::code::TrustFaultCode;
use goldgate::domain::evidence::{EvidenceSet, ImageFacts, VerificationStatus};
use goldgate::domain::image::Image;
use goldgate::domain::release::{ImageUse, Release};
use goldgate::domain::trust::TrustConfiguration;
use goldgate::evidence::images::ImageSource;
use goldgate::evidence::material::SigstoreMaterial;
use goldgate::evidence::{Source as _, gather};
use goldgate::record::sqlite::SqliteAnswers;

use crate::registry::server::RegistryServer;

const NOW: &str = "2026-11-25T12:00:00Z";
const PINNED: &str = "sha256:23bd43562625d474b2975252f054aa840debbb38b68a03db7154e5e87cef8ab4";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn read(path: &Path) -> Result<ImageTrust, Vec<ConfigFault>> {
    read_images(path, path, &SigstoreMaterial, now())
}

fn lines(faults: &[ConfigFault]) -> String {
    let mut lines = String::new();
    for fault in faults {
        let help = fault.help.as_deref().unwrap_or("-");
        let code = fault.code.unwrap_or("-");
        writeln!(lines, "{} {code}: {}\n    help: {help}", fault.origin, fault.message).unwrap();
    }
    lines
}

#[test]
fn every_fault_of_images_yaml_is_told_at_once_with_its_place() {
    let folder = Path::new("tests/cases/images/faults");
    let found = lines(&read(&folder.join("images.yaml")).unwrap_err());
    let expected = folder.join("expect.txt");
    if std::env::var_os("GOLDGATE_BLESS").is_some() {
        fs::write(&expected, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&expected).unwrap_or_default());
}

#[test]
fn a_file_that_is_not_there_is_a_fault_and_says_how_to_go_without() {
    let faults = read(Path::new("nowhere.yaml")).unwrap_err();
    assert!(faults[0].help.as_deref().unwrap().contains("--no-images"));
}

/// What no case of a file shows, because it ends the reading, depends on time, or is about a file of the machine's.
fn told_elsewhere() -> Vec<TrustFaultCode> {
    let place = tempfile::tempdir().unwrap();
    let of = |yaml: &str| {
        let file = place.path().join("images.yaml");
        fs::write(&file, yaml).unwrap();
        let faults = read(&file).unwrap_err();
        let codes = TrustFaultCode::ALL.iter();
        let code = codes.copied().find(|code| Some(code.code()) == faults[0].code).unwrap();
        assert_eq!(faults.len(), 1, "{}", lines(&faults));
        code
    };
    let mirror = "trustRoots: {t: {tuf: {mirror: \"http://127.0.0.1:1\", rootFile: images.yaml, cacheDir: cache}}}\nrules: [{name: a, images: [\"**\"], action: deny}]";
    vec![
        read(Path::new("nowhere.yaml"))
            .map_or(TrustFaultCode::ConfigurationUnreadable, |_| panic!()),
        of("rules: [\n"),
        of(mirror),
    ]
}

/// `ROOT_STALE` has its cases in `mirror`.
#[test]
fn every_code_of_a_fault_of_the_trust_configuration_has_a_case() {
    let cases = ["faults/expect.txt", "import/refused/expect.txt"];
    let told: Vec<String> = cases
        .iter()
        .map(|case| fs::read_to_string(Path::new("tests/cases/images").join(case)).unwrap())
        .collect();
    let elsewhere = told_elsewhere();
    let mirror = include_str!("images/mirror.rs");
    let missing: Vec<_> = TrustFaultCode::ALL
        .iter()
        .filter(|code| {
            let said = format!(" {code}: ");
            !told.iter().any(|told| told.contains(&said))
                && !elsewhere.contains(code)
                && !mirror.contains(&said)
        })
        .collect();
    assert!(missing.is_empty(), "no case tells {missing:?}");
}

/// The source of the good case, for a registry.
pub(crate) fn source(host: &str) -> Arc<ImageSource> {
    Arc::new(ImageSource::new(trust(host), Arc::new(FixedClock(now()))).unwrap())
}

/// The configuration of the good case, for a registry.
pub(crate) fn trust(host: &str) -> TrustConfiguration {
    let folder = Path::new("tests/cases/images/good");
    let text = fs::read_to_string(folder.join("images.yaml")).unwrap().replace("REGISTRY", host);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("images.yaml");
    fs::write(&file, text).unwrap();
    // Paths in it are relative to the case, and so must be the name by which it is known.
    let trust = read_images(&file, &folder.join("images.yaml"), &SigstoreMaterial, now());
    trust.unwrap_or_else(|faults| panic!("{}", lines(&faults))).configuration
}

async fn ask(source: &Arc<ImageSource>, references: &[String]) -> Vec<ImageFacts> {
    let images =
        references.iter().map(|reference| ImageUse::named(Image::parse(reference))).collect();
    let release = Release { images, ..Release::default() };
    source.gather(&release, &EvidenceSet::default()).await.unwrap().images
}

#[tokio::test]
async fn images_of_a_real_registry_are_looked_at_as_the_rules_say() {
    let Some(server) = RegistryServer::start() else { return };
    let host = server.host();
    let source = source(&host);
    let asked = [
        "cases/keyless-legacy:v1",
        "cases/keyless-legacy-evil:v1",
        "cases/keyless-bundle-rekor:v1",
        "cases/nowhere:v1",
        "vendor/app:v1",
        "forbidden/app:v1",
        "elsewhere/app:v1",
        "cases/keyless-bundle-rekor2-tsa:v1",
        "cases/keyless-legacy-tsa:v1",
    ];
    let references: Vec<String> = asked.iter().map(|name| format!("{host}/{name}")).collect();
    let mut found = String::new();
    for facts in ask(&source, &references).await {
        let verification = &facts.verification;
        let codes = verification.shortfalls.iter().map(|code| code.code());
        let faults = verification.errors.iter().map(|fault| fault.code.code());
        let codes: Vec<&str> = codes.chain(faults).collect();
        let rule = verification.rule.as_deref().unwrap_or("-");
        let words = [&[rule][..], &codes].concat().join(" ");
        writeln!(found, "{} {:?} {words}", facts.repository, verification.status).unwrap();
    }
    expect_test::expect![[r"
        cases/keyless-legacy Verified all
        cases/keyless-legacy-evil Unverified all SIGNED_BY_OTHERS
        cases/keyless-bundle-rekor Error pinned COULD_NOT_LOOK NOT_PINNED
        cases/nowhere Error all COULD_NOT_LOOK IMAGE_NOT_FOUND
        vendor/app Skipped vendor
        forbidden/app Unverified forbidden DENIED_BY_RULE
        elsewhere/app Error - COULD_NOT_LOOK NO_RULE
        cases/keyless-bundle-rekor2-tsa Verified all
        cases/keyless-legacy-tsa Error - COULD_NOT_LOOK LIMIT_ITEMS
    "]]
    .assert_eq(&found);
}

#[tokio::test]
async fn an_answer_is_kept_and_serves_when_the_registry_is_down() {
    let Some(server) = RegistryServer::start() else { return };
    let source = source(&server.host());
    let reference = format!("{}/cases/keyless-legacy@{PINNED}", server.host());
    let first = ask(&source, std::slice::from_ref(&reference)).await.remove(0);
    assert_eq!(first.verification.status, VerificationStatus::Verified);
    assert!(!first.verification.cached);
    drop(server);
    let second = ask(&source, &[reference]).await.remove(0);
    assert_eq!(second.verification.status, VerificationStatus::Verified);
    assert!(second.verification.cached);
    assert_eq!(second.verification.verified_at, first.verification.verified_at);
    let other = format!("{}/cases/keyless-legacy:v1", second.registry);
    let unknown = ask(&source, &[other]).await.remove(0);
    assert_eq!(unknown.verification.status, VerificationStatus::Error, "a tag leads nowhere now");
}

#[tokio::test]
async fn another_process_is_answered_from_what_this_one_kept() {
    let Some(server) = RegistryServer::start() else { return };
    let host = server.host();
    let folder = tempfile::tempdir().unwrap();
    let process = || {
        let source = Arc::into_inner(source(&host)).unwrap();
        let kept = SqliteAnswers::open(folder.path()).unwrap();
        Arc::new(source.with_kept(Arc::new(kept)))
    };
    let reference = format!("{host}/cases/keyless-legacy@{PINNED}");
    let first = ask(&process(), std::slice::from_ref(&reference)).await.remove(0);
    drop(server);
    let second = ask(&process(), &[reference]).await.remove(0);
    assert!(!first.verification.cached && second.verification.cached);
    assert_eq!(second.signatures, first.signatures);
    assert_eq!(second.verification.status, VerificationStatus::Verified);
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_looks() {
    let Some(server) = RegistryServer::start() else { return };
    let source = source(&server.host());
    let reference = [format!("{}/cases/keyless-legacy@{PINNED}", server.host())];
    let asked = futures_util::future::join_all((0..16).map(|_| ask(&source, &reference))).await;
    let looks = asked.iter().flatten().filter(|facts| !facts.verification.cached).count();
    assert_eq!(looks, 1);
}

#[tokio::test]
async fn without_a_source_nothing_is_known() {
    assert!(gather(&[], &Release::default()).await.unwrap().images.is_empty());
}

#[test]
fn policies_of_others_are_carried_over_whole_or_refused_by_name() {
    for case in ["sigstore", "kyverno", "refused"] {
        let folder = Path::new("tests/cases/images/import").join(case);
        let input = fs::read_to_string(folder.join("input.yaml")).unwrap();
        let written = goldgate::config::import_policies([(Path::new("input.yaml"), input)]);
        assert_eq!(written.is_err(), case == "refused");
        if let Ok(yaml) = &written {
            let place = tempfile::tempdir().unwrap();
            let file = place.path().join("images.yaml");
            fs::write(&file, yaml).unwrap();
            let faults = read(&file).map_or_else(|faults| lines(&faults), |_| String::new());
            assert_eq!(faults, "", "{yaml}");
        }
        let found = written.unwrap_or_else(|faults| lines(&faults));
        let expected = folder.join("expect.txt");
        if std::env::var_os("GOLDGATE_BLESS").is_some() {
            fs::write(&expected, &found).unwrap();
        }
        assert_eq!(found, fs::read_to_string(&expected).unwrap_or_default(), "{case}");
    }
}
