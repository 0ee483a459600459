//! What an image says of itself in its configuration and its annotations.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde::Deserialize;

use super::manifest::Platform;
use crate::domain::evidence::{BaseImage, ImageConfiguration};

const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
const CREATED: &str = "org.opencontainers.image.created";
/// The reference under which BuildKit found what an image is built on.
const DOCKER_IMAGE: &str = "docker-image";

/// The configuration of an image as tools write it.
#[derive(Debug, Default, Deserialize)]
struct ConfigJson {
    created: Option<String>,
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
    config: Option<Execution>,
    /// BuildKit before 0.11: base64 of JSON.
    #[serde(rename = "moby.buildkit.buildinfo.v1")]
    build_info: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Execution {
    user: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
struct BuildInfo {
    sources: Option<Vec<BuildSource>>,
}

#[derive(Debug, Deserialize)]
struct BuildSource {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(rename = "ref", default)]
    reference: String,
    pin: Option<String>,
}

/// Reads the configuration of an image whose manifest has `annotations`.
///
/// # Errors
/// That it is not a configuration, and where it stops being one.
///
/// Source: OCI image specification 1.1, "Image Configuration" and "Annotations"; BuildKit, `docs/buildinfo.md`.
pub(super) fn read(
    bytes: &[u8],
    annotations: &BTreeMap<String, String>,
) -> Result<(ImageConfiguration, Platform), String> {
    let config: ConfigJson = serde_json::from_slice(bytes)
        .map_err(|error| format!("the image's configuration cannot be read: {error}"))?;
    let ConfigJson { created, os, architecture, variant, config, build_info } = config;
    let Execution { user, labels } = config.unwrap_or_default();
    let mut all_labels = annotations.clone();
    all_labels.extend(labels.unwrap_or_default());
    let created = created.or_else(|| all_labels.get(CREATED).cloned());
    let base_image =
        annotated_base(&all_labels).or_else(|| build_info.as_deref().and_then(built_on));
    let configuration = ImageConfiguration {
        created: created.and_then(|created| created.parse().ok()),
        base_image,
        labels: all_labels,
        user: user.filter(|user| !user.is_empty()),
    };
    Ok((configuration, Platform { os, architecture, variant }))
}

fn annotated_base(labels: &BTreeMap<String, String>) -> Option<BaseImage> {
    let (name, digest) = (labels.get(BASE_NAME).cloned(), labels.get(BASE_DIGEST).cloned());
    (name.is_some() || digest.is_some()).then_some(BaseImage { name, digest })
}

/// The only image that BuildKit used. Of several it does not say which one is the base.
fn built_on(build_info: &str) -> Option<BaseImage> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(build_info).ok()?;
    let BuildInfo { sources } = serde_json::from_slice(&bytes).ok()?;
    let sources = sources.unwrap_or_default();
    let mut images = sources.into_iter().filter(|source| source.kind == DOCKER_IMAGE);
    match (images.next(), images.next()) {
        (Some(BuildSource { kind: _, reference, pin }), None) => {
            Some(BaseImage { name: Some(reference), digest: pin })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_win_over_annotations_and_both_are_kept() {
        let text = r#"{"created": "2026-01-02T03:04:05Z", "os": "linux", "architecture": "arm64", "variant": "v8",
            "config": {"User": "1000:1000", "Labels": {"team": "pay"}}}"#;
        let annotations = map(&[
            ("team", "other"),
            ("x", "y"),
            (BASE_NAME, "debian:12"),
            (BASE_DIGEST, "sha256:ab"),
        ]);
        let (facts, platform) = read(text.as_bytes(), &annotations).unwrap();
        assert_eq!(facts.created.unwrap().to_string(), "2026-01-02T03:04:05.000Z");
        assert_eq!(facts.user.as_deref(), Some("1000:1000"));
        assert_eq!(facts.labels["team"], "pay");
        assert_eq!(facts.labels["x"], "y");
        let base =
            BaseImage { name: Some("debian:12".to_owned()), digest: Some("sha256:ab".to_owned()) };
        assert_eq!(facts.base_image, Some(base));
        assert_eq!(platform.variant.as_deref(), Some("v8"));
    }

    #[test]
    fn what_is_missing_or_null_is_unknown() {
        for text in [
            "{}",
            r#"{"config": null}"#,
            r#"{"created": "yesterday", "config": {"User": "", "Labels": null}}"#,
        ] {
            let (facts, _) = read(text.as_bytes(), &BTreeMap::new()).unwrap();
            assert_eq!(facts, ImageConfiguration::default(), "{text}");
        }
        assert!(read(b"[]", &BTreeMap::new()).is_err());
    }

    #[test]
    fn the_only_image_that_buildkit_used_is_the_base() {
        let one =
            r#"{"type":"docker-image","ref":"docker.io/library/debian:12","pin":"sha256:ab"}"#;
        let other = r#"{"type":"docker-image","ref":"golang:1"},{"type":"http","ref":"https://x"}"#;
        let base = |sources: &str| {
            let info = format!(r#"{{"sources":[{sources}]}}"#);
            let info = base64::engine::general_purpose::STANDARD.encode(info);
            let text = format!(r#"{{"moby.buildkit.buildinfo.v1":"{info}"}}"#);
            read(text.as_bytes(), &BTreeMap::new()).unwrap().0.base_image
        };
        assert_eq!(base(one).unwrap().name.as_deref(), Some("docker.io/library/debian:12"));
        assert_eq!(base(&format!("{one},{other}")), None);
        assert_eq!(base(""), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "[{}\\[\\]\":,a-zA-Z0-9.]{0,80}|\\PC{0,60}") {
            let _read = read(text.as_bytes(), &BTreeMap::new());
        }
    }
}
