//! Where advisories come from by themselves.

use std::path::PathBuf;

use super::{Check, milliseconds, url};
use crate::config::{AdvisorySettings, ConfigFault, Setting, keys};

impl Check {
    pub(super) fn advisories(&mut self) -> AdvisorySettings {
        let folder = self.optional(&keys::ADVISORY_FOLDER, |path| Ok(PathBuf::from(path))).value;
        let mirrors: Setting<Vec<String>> = self.list(&keys::ADVISORY_MIRRORS);
        for address in &mirrors.value {
            let (message, help) = match host_with_credentials(address) {
                Some(host) => (
                    format!("the address of the mirror at `{host}` has credentials in it"),
                    "addresses are told in logs: let a proxy add them, or a job fill `advisories.folder`",
                ),
                None if url(address).is_err() => (
                    format!("`{address}` is no address of a mirror"),
                    "write e.g. `https://mirror.example/osv/npm/all.zip`",
                ),
                None => continue,
            };
            let (origin, help) = (mirrors.origin.clone(), Some(help.to_owned()));
            self.faults.push(ConfigFault { origin, message, code: None, help });
        }
        AdvisorySettings {
            folder,
            mirrors: mirrors.value,
            refresh: self.count(&keys::ADVISORY_REFRESH).map(milliseconds),
            ca_file: self.optional(&keys::ADVISORY_CA, |path| Ok(PathBuf::from(path))).value,
        }
    }
}

/// What stands behind a name and a password in an address.
fn host_with_credentials(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_stand_before_the_host_alone() {
        let of = host_with_credentials;
        assert_eq!(of("https://mia:hunter2@mirror.example/all.zip"), Some("mirror.example"));
        assert_eq!(of("https://token@mirror.example:8443"), Some("mirror.example:8443"));
        assert_eq!(of("https://mirror.example/@scope/all.zip?mail=a@b"), None);
        assert_eq!(of("mirror.example"), None);
    }
}
