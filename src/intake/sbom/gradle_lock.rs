//! `gradle.lockfile`.
//!
//! Source: docs.gradle.org, "Locking dependency versions".

use super::Bill;
use super::index::{self, Index};
use crate::domain::package::Component;
use crate::domain::sbom::SbomFormat;

/// Reads a lock file: `group:artifact:version=configurations`, one a line, without what depends on what.
pub(super) fn read(text: &str) -> Bill {
    let mut bill = Bill::new(SbomFormat::GradleLock, "");
    let mut index = Index::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("empty=") {
            continue;
        }
        let coordinate = line.split_once('=').map_or(line, |(coordinate, _)| coordinate);
        let mut words = coordinate.split(':');
        let (Some(group), Some(artifact), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            bill.leave_out(format!("line {} is no `group:artifact:version`", number + 1));
            continue;
        };
        let component = index::component("maven", &format!("{group}/{artifact}"), version);
        let component = Component { name: format!("{group}:{artifact}").into(), ..component };
        index.add(&mut bill, version, component);
    }
    bill
}
