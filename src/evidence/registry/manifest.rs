//! Manifests and indexes as registries store them: only the fields that the gate reads.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

pub(super) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(super) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// What the client asks for; the first version of Docker's format is not among it.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

/// A pointer to content. `urls` are not read on purpose: they would send the gate to hosts that an attacker names.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
    pub(super) artifact_type: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) platform: Option<Platform>,
}

/// The platform of one manifest of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Platform {
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) architecture: String,
    pub(super) variant: Option<String>,
}

/// A manifest of either kind.
#[derive(Clone, Debug)]
pub(super) enum Document {
    /// One image, or one artifact in the shape of an image.
    Image(ImageManifest),
    /// A list of manifests.
    Index(Index),
}

/// The manifest of one image or artifact.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageManifest {
    pub(super) artifact_type: Option<String>,
    pub(super) config: Option<Descriptor>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) layers: Vec<Descriptor>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) annotations: BTreeMap<String, String>,
}

/// An image index or manifest list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) manifests: Vec<Descriptor>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) annotations: BTreeMap<String, String>,
}

/// Why bytes are not a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoManifest {
    /// A page for people instead of an answer of a registry.
    Html,
    /// Docker's first format, which has no digest of its own.
    SchemaOne,
    /// Something else, and what.
    Malformed(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    schema_version: Option<u64>,
    media_type: Option<String>,
    layers: Option<Json>,
    config: Option<Json>,
    manifests: Option<Json>,
}

/// Reads a manifest and says its media type.
///
/// The type in the bytes counts, since the digest covers it; a header that names another type is refused, as are bytes
/// that could be read as either kind.
///
/// # Errors
/// What it is instead.
///
/// Source: OCI image specification 1.1; advisory GHSA-mc8v-mgrf-8f4m (the ambiguity).
pub(super) fn parse(bytes: &[u8], header: Option<&str>) -> Result<(Document, String), NoManifest> {
    let header = header.and_then(|header| header.split(';').next()).map(str::trim);
    let html = || {
        header.is_some_and(|header| header.eq_ignore_ascii_case("text/html"))
            || bytes.trim_ascii_start().first() == Some(&b'<')
    };
    let malformed = |error: serde_json::Error| {
        if html() {
            NoManifest::Html
        } else {
            NoManifest::Malformed(format!("it is no manifest: {error}"))
        }
    };
    let shape: Shape = serde_json::from_slice(bytes).map_err(malformed)?;
    if shape.schema_version == Some(1) {
        return Err(NoManifest::SchemaOne);
    }
    let media_type = agreed_media_type(&shape, header)?;
    let document = match media_type.as_str() {
        OCI_INDEX | DOCKER_LIST => {
            Document::Index(serde_json::from_slice(bytes).map_err(malformed)?)
        }
        _ => Document::Image(serde_json::from_slice(bytes).map_err(malformed)?),
    };
    Ok((document, media_type))
}

fn agreed_media_type(shape: &Shape, header: Option<&str>) -> Result<String, NoManifest> {
    let known =
        |name: &str| matches!(name, OCI_MANIFEST | OCI_INDEX | DOCKER_MANIFEST | DOCKER_LIST);
    let header = header.filter(|header| known(header));
    let (is_index, is_image) =
        (shape.manifests.is_some(), shape.layers.is_some() || shape.config.is_some());
    if is_index && is_image {
        return Err(NoManifest::Malformed(
            "it has both `manifests` and `layers`, so that two readers see two images".to_owned(),
        ));
    }
    let media_type = match (shape.media_type.as_deref(), header) {
        (Some(inside), Some(header)) if inside != header => {
            return Err(NoManifest::Malformed(format!(
                "its media type is `{}` inside and `{header}` in the header",
                inside.chars().take(100).collect::<String>()
            )));
        }
        (Some(inside), _) if known(inside) => inside,
        (Some(other), _) => {
            return Err(NoManifest::Malformed(format!(
                "`{}` is no media type of an image",
                other.chars().take(100).collect::<String>()
            )));
        }
        (None, Some(header)) => header,
        (None, None) if is_index => OCI_INDEX,
        (None, None) if is_image => OCI_MANIFEST,
        (None, None) => {
            return Err(NoManifest::Malformed(
                "it has neither `manifests` nor `layers`".to_owned(),
            ));
        }
    };
    if is_index != matches!(media_type, OCI_INDEX | DOCKER_LIST) {
        return Err(NoManifest::Malformed(format!("its fields are not those of `{media_type}`")));
    }
    Ok(media_type.to_owned())
}

/// Programs in Go write an empty list or map as `null`.
fn null_is_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZERO: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    fn kind(text: &str, header: Option<&str>) -> Result<String, NoManifest> {
        parse(text.as_bytes(), header).map(|(document, media_type)| match document {
            Document::Image(_) => format!("image {media_type}"),
            Document::Index(_) => format!("index {media_type}"),
        })
    }

    #[test]
    fn the_four_kinds_are_told_apart() {
        for (media_type, fields, word) in [
            (OCI_MANIFEST, "\"layers\":[]", "image"),
            (DOCKER_MANIFEST, "\"layers\":null,\"config\":null", "image"),
            (OCI_INDEX, "\"manifests\":[]", "index"),
            (DOCKER_LIST, "\"manifests\":[]", "index"),
        ] {
            let whole = format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}",{fields}}}"#);
            let expected = Ok(format!("{word} {media_type}"));
            assert_eq!(kind(&whole, Some(media_type)), expected);
            assert_eq!(kind(&whole, Some("application/json; charset=utf-8")), expected);
            let bare = format!(r#"{{"schemaVersion":2,{fields}}}"#);
            assert_eq!(kind(&bare, Some(media_type)), expected);
        }
        assert_eq!(kind(r#"{"layers":[]}"#, None), Ok(format!("image {OCI_MANIFEST}")));
        assert_eq!(kind(r#"{"manifests":[]}"#, None), Ok(format!("index {OCI_INDEX}")));
    }

    #[test]
    fn what_two_readers_see_differently_is_refused() {
        for (text, header, part) in [
            (r#"{"layers":[],"manifests":[]}"#.to_owned(), None, "both"),
            (format!(r#"{{"mediaType":"{OCI_INDEX}","layers":[]}}"#), None, "fields"),
            (
                format!(r#"{{"mediaType":"{OCI_INDEX}","manifests":[]}}"#),
                Some(OCI_MANIFEST),
                "header",
            ),
            (r#"{"mediaType":"text/plain","layers":[]}"#.to_owned(), None, "text/plain"),
            ("{}".to_owned(), None, "neither"),
            (format!(r#"{{"layers":[{{"digest":"{ZERO}","size":-1}}]}}"#), None, "invalid value"),
        ] {
            let Err(NoManifest::Malformed(reason)) = kind(&text, header) else { panic!("{text}") };
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }

    #[test]
    fn html_and_the_first_schema_have_words_of_their_own() {
        assert_eq!(kind("<!DOCTYPE html>", None), Err(NoManifest::Html));
        assert_eq!(kind("sign in", Some("text/html; charset=utf-8")), Err(NoManifest::Html));
        let first = r#"{"schemaVersion":1,"name":"a","fsLayers":[],"history":[]}"#;
        assert_eq!(kind(first, None), Err(NoManifest::SchemaOne));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "[{}\\[\\]\":,a-zA-Z0-9]{0,80}|\\PC{0,60}") {
            let _read = parse(text.as_bytes(), Some(&text));
        }
    }
}
