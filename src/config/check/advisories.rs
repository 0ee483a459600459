//! Where advisories come from by themselves.

use std::path::PathBuf;

use super::{Check, milliseconds, url};
use crate::config::{AdvisorySettings, ConfigFault, Setting, keys};

impl Check {
    pub(super) fn advisories(&mut self) -> AdvisorySettings {
        let folder = self.optional(&keys::ADVISORY_FOLDER, |path| Ok(PathBuf::from(path))).value;
        let mirrors: Setting<Vec<String>> = self.list(&keys::ADVISORY_MIRRORS);
        for address in &mirrors.value {
            if url(address).is_err() {
                self.faults.push(ConfigFault {
                    origin: mirrors.origin.clone(),
                    message: format!("`{address}` is no address of a mirror"),
                    code: None,
                    help: Some("write e.g. `https://mirror.example/osv/npm/all.zip`".to_owned()),
                });
            }
        }
        AdvisorySettings {
            folder,
            mirrors: mirrors.value,
            refresh: self.count(&keys::ADVISORY_REFRESH).map(milliseconds),
            ca_file: self.optional(&keys::ADVISORY_CA, |path| Ok(PathBuf::from(path))).value,
        }
    }
}
