//! The storage folder of the registry in `tests/fixtures/images`, read in memory, without a registry.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::LookFault;
use goldgate::domain::evidence::code::LookCode;
use goldgate::evidence::attachment::{Attachment, AttachmentPlace, Attachments};
use serde_json::Value;

/// `tests/fixtures/images`.
pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images")
}

/// The storage folder, opened once.
pub(crate) static STORE: LazyLock<Store> = LazyLock::new(Store::open);

/// The files of a registry's storage folder (Docker registry, storage layout v2).
pub(crate) struct Store {
    files: BTreeMap<String, Vec<u8>>,
}

impl Store {
    fn open() -> Self {
        let packed = std::fs::read(fixtures().join("images.tar.zst")).unwrap();
        let tar = zstd::decode_all(&packed[..]).unwrap();
        Self { files: untar(&tar) }
    }

    /// The digest that a tag of a repository names.
    pub(crate) fn tag(&self, repository: &str, tag: &str) -> Option<Digest> {
        let path = format!("repositories/{repository}/_manifests/tags/{tag}/current/link");
        self.text(&path)?.parse().ok()
    }

    /// The bytes of a manifest of a repository.
    pub(crate) fn manifest(&self, repository: &str, digest: Digest) -> Option<&[u8]> {
        let hex = digest.to_hex();
        self.text(&format!("repositories/{repository}/_manifests/revisions/sha256/{hex}/link"))?;
        self.blob(digest)
    }

    fn layer(&self, repository: &str, digest: Digest) -> Option<&[u8]> {
        let hex = digest.to_hex();
        self.text(&format!("repositories/{repository}/_layers/sha256/{hex}/link"))?;
        self.blob(digest)
    }

    fn blob(&self, digest: Digest) -> Option<&[u8]> {
        let hex = digest.to_hex();
        let path = format!("docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]);
        self.files.get(&path).map(Vec::as_slice)
    }

    fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(&format!("docker/registry/v2/{path}"))?).ok()
    }

    /// What hangs on a manifest, as a client of a registry without a referrers API finds it.
    pub(crate) fn attachments(&self, repository: &str, digest: Digest) -> Attachments {
        let mut found = Attachments::default();
        let tag = digest.to_string().replace(':', "-");
        let places = [
            (format!("{tag}.sig"), AttachmentPlace::SigTag),
            (format!("{tag}.att"), AttachmentPlace::AttTag),
        ];
        for (tag, place) in places {
            if let Some(carrier) = self.tag(repository, &tag) {
                self.carried_by(repository, carrier, digest, place, &mut found);
            }
        }
        if let Some(index) = self.tag(repository, &tag) {
            let index = json(self.manifest(repository, index).unwrap());
            for entry in index["manifests"].as_array().into_iter().flatten() {
                let carrier = entry["digest"].as_str().unwrap().parse().unwrap();
                let place = AttachmentPlace::FallbackTag;
                self.carried_by(repository, carrier, digest, place, &mut found);
            }
        }
        found
    }

    fn carried_by(
        &self,
        repository: &str,
        carrier: Digest,
        attached_to: Digest,
        found: AttachmentPlace,
        attachments: &mut Attachments,
    ) {
        let Some(bytes) = self.manifest(repository, carrier) else {
            attachments.faults.push(missing(carrier, found));
            return;
        };
        let manifest = json(bytes);
        let artifact_type = [&manifest["artifactType"], &manifest["config"]["mediaType"]];
        for layer in manifest["layers"].as_array().unwrap() {
            let digest = layer["digest"].as_str().unwrap().parse().unwrap();
            let mut annotations = texts(&manifest["annotations"]);
            annotations.extend(texts(&layer["annotations"]));
            let content = self.layer(repository, digest).map(Arc::from);
            attachments.items.push(Attachment {
                found,
                attached_to,
                location: format!("registry.test/{repository}@{carrier}"),
                artifact_type: artifact_type.iter().find_map(|it| it.as_str()).map(str::to_owned),
                media_type: layer["mediaType"].as_str().unwrap().to_owned(),
                digest,
                annotations,
                content: content.ok_or_else(|| missing(digest, found)),
            });
        }
    }
}

fn missing(digest: Digest, place: AttachmentPlace) -> LookFault {
    LookFault {
        code: LookCode::ItemNotFound,
        stage: place.stage().to_owned(),
        message: format!("the registry has no `{digest}`"),
    }
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// The regular files of a tar archive: as much of the format as GNU tar needs for this one.
fn untar(tar: &[u8]) -> BTreeMap<String, Vec<u8>> {
    const BLOCK: usize = 512;
    let mut files = BTreeMap::new();
    let mut long_name = None;
    let mut at = 0;
    while let Some(header) = tar.get(at..at + BLOCK) {
        let size_digits = field(&header[124..136]);
        if size_digits.is_empty() {
            break; // Two empty blocks end an archive.
        }
        let size = usize::from_str_radix(&size_digits, 8).unwrap();
        let content = &tar[at + BLOCK..at + BLOCK + size];
        at += BLOCK + size.div_ceil(BLOCK) * BLOCK;
        match header[156] {
            b'L' => long_name = Some(field(content)),
            b'0' | 0 => {
                let name = long_name.take().unwrap_or_else(|| field(&header[..100]));
                files.insert(name, content.to_vec());
            }
            _ => long_name = None,
        }
    }
    files
}

/// A text that ends at its first zero byte.
fn field(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap().trim().to_owned()
}
