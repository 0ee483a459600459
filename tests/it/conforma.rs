//! Functions of Conforma's policies over images of a real registry. Cases are under `tests/cases/conforma/`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use expect_test::expect_file;
use goldgate::config::read_images;
use goldgate::domain::clock::{FixedClock, Timestamp};
use goldgate::domain::image::Image;
use goldgate::domain::policy::{Outcome, PolicyResult};
use goldgate::domain::release::{ImageUse, Release};
use goldgate::domain::request::Request;
use goldgate::evidence::images::ImageSource;
use goldgate::evidence::material::SigstoreMaterial;
use goldgate::evidence::{Source, gather};
use goldgate::policy::{BundleSource, LoadOptions, Revision};

use crate::registry::server::RegistryServer;

const FOLDER: &str = "tests/cases/conforma";

fn source(host: &str, now: Timestamp) -> Arc<ImageSource> {
    let folder = Path::new(FOLDER);
    let text = fs::read_to_string(folder.join("images.yaml")).unwrap().replace("REGISTRY", host);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("images.yaml");
    fs::write(&file, text).unwrap();
    let trust = read_images(&file, &folder.join("images.yaml"), &SigstoreMaterial, now).unwrap();
    Arc::new(ImageSource::new(trust.configuration, Arc::new(FixedClock(now))).unwrap())
}

fn shown(outcome: &Outcome, host: &str) -> String {
    let code = &outcome.policy.code;
    let text = match &outcome.result {
        PolicyResult::Failed(found) => {
            let texts: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
            texts.join("\n    ")
        }
        PolicyResult::Error(reason) => format!("error: {reason}"),
        other @ (PolicyResult::Passed | PolicyResult::OutOfTime(_)) => format!("{other:?}"),
    };
    format!("  {code}\n    {}\n", text.replace(host, "REGISTRY"))
}

#[tokio::test]
async fn functions_of_conforma_answer_from_what_was_verified_and_from_nothing_else() {
    let Some(server) = RegistryServer::start() else { return };
    let (host, now) = (server.host(), crate::verify::question::now());
    let sources: Vec<Box<dyn Source>> = vec![Box::new(source(&host, now))];
    let bundle = BundleSource::Path(Path::new(FOLDER).join("policy"));
    let revision = Revision::load(&[bundle], &LoadOptions::default()).unwrap();
    let cases =
        ["att-bundle-slsa1", "keyless-legacy-slsa1", "keyless-bundle-release", "unsigned-index"];
    let mut found = String::new();
    for case in cases {
        let image = Image::parse(&format!("{host}/cases/{case}:v1"));
        let images = vec![ImageUse::named(image)];
        let release = Release { images, ..Release::default() };
        let evidence = gather(&sources, &release).await.unwrap();
        let outcomes = revision.evaluate(&Request::default(), &release, &evidence, now);
        let _ = writeln!(found, "{case}");
        for outcome in &outcomes {
            found.push_str(&shown(outcome, &host));
        }
    }
    expect_file![Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join("expect.txt")]
        .assert_eq(&found);
}
