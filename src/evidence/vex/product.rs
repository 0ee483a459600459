//! Names of products: package URLs, digests, and all the others.

use std::sync::Arc;

use super::digest;
use crate::domain::vex::VexNames;

/// Adds a name as somebody wrote it: what it is shows in itself.
pub(super) fn add(names: &mut VexNames, name: &str) {
    let name = name.trim();
    if name.is_empty() {
        return;
    }
    if name.starts_with("pkg:") {
        names.purls.push(Arc::from(name));
        return;
    }
    let of_image = name.rsplit_once('@').map_or(name, |(_, behind)| behind);
    let written = of_image.split_once(':').and_then(|(algorithm, hex)| digest(algorithm, hex));
    match written {
        Some(written) => names.digests.push(written),
        None => names.others.push(Arc::from(name)),
    }
}

/// Whether a name is shared.
pub(super) fn shares(left: &[Arc<str>], right: &[Arc<str>]) -> bool {
    left.iter().any(|name| right.contains(name))
}
