//! What stands for credentials: what one may see in a registry, another may not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::domain::digest::Digest;
use crate::domain::trust::{CredentialSource, Registries};

/// The contents of the files of credentials, as digests, read again when a file changes.
#[derive(Debug, Default)]
pub(super) struct Scopes(Mutex<BTreeMap<PathBuf, (Stamp, Digest)>>);

/// Which writing of a file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    n_bytes: u64,
}

impl Scopes {
    /// What stands for everything that is shown to those of `names` and to their mirrors.
    ///
    /// The contents count and not the path: who exchanges a secret sees what the new one may see. A helper's secret is
    /// not known before it is asked; its name and the file that names it stand for it.
    pub(super) fn of(&self, registries: &Registries, names: &[&str]) -> Digest {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for name in names {
            let special = |name: &str| {
                let mut hosts = registries.hosts.iter();
                hosts.find(|(host, _)| host.eq_ignore_ascii_case(name)).map(|(_, host)| host)
            };
            let mirrors = special(name).into_iter().flat_map(|host| &host.mirrors);
            let mirrors = mirrors.map(|mirror| mirror.split('/').next().unwrap_or(mirror));
            for host in std::iter::once(*name).chain(mirrors) {
                parts.push(host.to_ascii_lowercase().into_bytes());
                let credentials = special(host).map(|host| &host.credentials);
                parts.push(self.of_source(credentials).as_bytes().to_vec());
            }
        }
        Digest::of_parts(parts.iter().map(Vec::as_slice))
    }

    fn of_source(&self, source: Option<&CredentialSource>) -> Digest {
        match source {
            None | Some(CredentialSource::Anonymous) => Digest::of(b""),
            Some(CredentialSource::DockerConfig { file, allowed_helpers }) => {
                let helpers = allowed_helpers.join(",");
                Digest::of_parts([self.contents(file).as_bytes().as_slice(), helpers.as_bytes()])
            }
            Some(CredentialSource::PullSecret { file, .. }) => self.contents(file),
        }
    }

    /// The digest of a file; of one that cannot be read, that of its name.
    fn contents(&self, path: &Path) -> Digest {
        let unreadable =
            || Digest::of_parts([b"unreadable".as_slice(), path.as_os_str().as_encoded_bytes()]);
        let Ok(data) = fs::metadata(path) else { return unreadable() };
        let stamp = Stamp { modified: data.modified().ok(), n_bytes: data.len() };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((earlier, digest)) = known.get(path)
            && *earlier == stamp
        {
            return *digest;
        }
        let Ok(bytes) = fs::read(path) else { return unreadable() };
        let digest = Digest::of(&bytes);
        known.insert(path.to_owned(), (stamp, digest));
        digest
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::trust::RegistryHost;

    use super::*;

    fn registries(file: &Path) -> Registries {
        let credentials = CredentialSource::PullSecret {
            namespace: "shop".to_owned(),
            name: "pull".to_owned(),
            file: file.to_owned(),
        };
        let of = |credentials, mirrors: &[&str]| RegistryHost {
            credentials,
            mirrors: mirrors.iter().map(|&mirror| mirror.to_owned()).collect(),
            ..RegistryHost::default()
        };
        let hosts = BTreeMap::from([
            ("Secret.example".to_owned(), of(credentials, &[])),
            ("mirrored.example".to_owned(), of(CredentialSource::Anonymous, &["secret.example/x"])),
        ]);
        Registries { hosts, ..Registries::default() }
    }

    #[test]
    fn the_contents_of_a_secret_count_and_not_where_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        fs::write(&one, "same").unwrap();
        fs::write(&two, "same").unwrap();
        let scopes = Scopes::default();
        let of = |file: &Path, name: &str| scopes.of(&registries(file), &[name]);
        let before = of(&one, "secret.example");
        assert_eq!(before, of(&two, "secret.example"));
        let mirrored = of(&one, "mirrored.example");
        assert_ne!(of(&one, "open.example"), before);
        fs::write(&one, "another").unwrap();
        assert_ne!(of(&one, "secret.example"), before, "another secret is another caller");
        assert_ne!(of(&one, "mirrored.example"), mirrored, "the mirror shows it too");
        fs::remove_file(&one).unwrap();
        assert_ne!(of(&one, "secret.example"), before);
    }
}
