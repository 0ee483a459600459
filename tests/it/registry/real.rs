//! All signed images of the fixture, collected through a real registry.

use std::collections::{BTreeMap, BTreeSet};

use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::code::LookCode;
use goldgate::domain::image::ImageParts;
use goldgate::domain::trust::{Registries, RegistryHost, TrustLimits};
use goldgate::evidence::attachment::{AttachmentPlace, Attachments};
use goldgate::evidence::registry::RegistryClient;
use serde::Deserialize;

use super::server::RegistryServer;
use crate::verify::complaint;
use crate::verify::question::QUESTIONS;
use crate::verify::store::STORE;

#[derive(Deserialize)]
struct Case {
    name: String,
    image: String,
    kind: String,
    tag: String,
    #[serde(rename = "mediaType")]
    media_type: String,
    attached: Vec<Attached>,
    #[serde(default)]
    platforms: Vec<String>,
}

#[derive(Deserialize)]
struct Attached {
    format: String,
}

/// A client that may ask the loopback registry and no other.
pub(crate) fn client(host: &str) -> RegistryClient {
    let special =
        RegistryHost { plain_http: true, allow_private_addresses: true, ..RegistryHost::default() };
    let registries = Registries {
        allow: vec![host.to_owned()],
        hosts: BTreeMap::from([(host.to_owned(), special)]),
        ..Registries::default()
    };
    RegistryClient::new(&registries, &TrustLimits::default()).unwrap()
}

fn cases() -> Vec<Case> {
    let text = std::fs::read("tests/fixtures/images/cases.json").unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test]
async fn every_attachment_of_every_signed_image_is_collected() {
    let Some(server) = RegistryServer::start() else { return };
    let client = client(&server.host());
    let (mut wrong, cases) = (Vec::new(), cases());
    assert_eq!(cases.len(), 131);
    for case in &cases {
        if let Err(reason) = check(&client, &server.host(), case).await {
            wrong.push(format!("{}: {reason}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The way through the registry gives the verifier what the way past it gives, and so the same answers.
#[tokio::test]
async fn every_question_is_answered_through_the_registry() {
    let Some(server) = RegistryServer::start() else { return };
    let (host, client) = (server.host(), client(&server.host()));
    let mut wrong = Vec::new();
    assert_eq!(QUESTIONS.len(), 331);
    for question in QUESTIONS.iter() {
        let look = client.look();
        let found = look.attachments((&host, &question.repository), question.digest).await;
        let answer = question.answer_with(&found);
        if let Some(complaint) = complaint(question, &answer) {
            wrong.push(format!("{}: {complaint}: {answer:#?}", question.name));
        }
        let past = STORE.attachments(&question.repository, question.digest);
        let contents = |all: &Attachments| {
            let items = all.items.iter().map(|item| (item.digest, item.annotations.clone()));
            items.collect::<BTreeSet<_>>()
        };
        if !contents(&past).is_superset(&contents(&found)) {
            wrong.push(format!("{}: what was collected is not what is stored", question.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn check(client: &RegistryClient, host: &str, case: &Case) -> Result<(), String> {
    let (repository, digest) = case.image.split_once('@').unwrap();
    let look = client.look();
    let by_both: ImageParts = format!("{host}/{repository}:{}@{digest}", case.tag).parse().unwrap();
    let by_digest: ImageParts = format!("{host}/{repository}@{digest}").parse().unwrap();
    let moved = case.name.starts_with("retag-moved");
    let image = match look.resolve(&by_both).await {
        Err(fault) if moved && fault.code == LookCode::TagDigestMismatch => {
            look.resolve(&by_digest).await.map_err(|fault| format!("{fault:?}"))?
        }
        Ok(image) if !moved => image,
        other => return Err(format!("{other:?}")),
    };
    let digest: Digest = digest.parse().unwrap();
    same("digest", &image.digest, &digest)?;
    same("media type", &image.media_type, &case.media_type)?;

    let description = look.describe(&image).await;
    same("faults of the description", &description.faults, &Vec::new())?;
    if case.kind == "index" {
        let platforms: Vec<String> =
            description.platforms.iter().map(|facts| facts.digest.to_string()).collect();
        same("platforms", &platforms, &case.platforms)?;
        let described = description.platforms.iter().filter(|p| p.configuration.is_some());
        same("platforms with a configuration", &described.count(), &1)?;
    } else {
        same("platforms", &description.platforms.len(), &1)?;
        same("configuration", &description.configuration.is_some(), &true)?;
    }

    let mut found = Attachments::default();
    for of in [digest].into_iter().chain(case.platforms.iter().map(|p| p.parse().unwrap())) {
        let part = look.attachments((host, repository), of).await;
        found.items.extend(part.items);
        found.faults.extend(part.faults);
    }
    same("faults", &found.faults, &Vec::new())?;
    let unreadable: Vec<_> = found.items.iter().filter(|item| item.content.is_err()).collect();
    if !unreadable.is_empty() {
        return Err(format!("{unreadable:?}"));
    }
    for item in &found.items {
        let bytes = item.content.as_ref().unwrap();
        same("digest of an item", &Digest::of(bytes), &item.digest)?;
    }
    for (format, places) in [
        ("sig-tag", &[AttachmentPlace::SigTag][..]),
        ("att-tag", &[AttachmentPlace::AttTag]),
        ("bundle-referrer", &[AttachmentPlace::FallbackTag, AttachmentPlace::Referrer]),
    ] {
        let counts = |one: &&Attached| {
            one.format == format
                || (format == "bundle-referrer" && one.format == "simplesigning-referrer")
        };
        let expected = case.attached.iter().filter(counts).count();
        let items = found.items.iter().filter(|item| places.contains(&item.found));
        let carriers: BTreeSet<_> = items.clone().map(|item| &item.location).collect();
        // A tag holds all its items in one manifest, a referrer is a manifest of its own.
        let collected = if format == "bundle-referrer" { carriers.len() } else { items.count() };
        if (collected == 0) != (expected == 0) || collected < expected {
            return Err(format!("{collected} items of `{format}`, {expected} attached"));
        }
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}")) }
}
