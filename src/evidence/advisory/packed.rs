//! The advisories as they lie on disk and in memory: bytes, and an index of where each package's are.
//!
//! A quarter of a million advisories as objects would take long to make and fill the memory, and of them a release needs a
//! handful. So nothing is decoded before it is asked for: first what the advisories of one package say of its versions, then
//! those advisories that are hit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::database::Records;
use super::lookup::Versions;
use crate::domain::advisory::Advisory;
use crate::domain::clock::Timestamp;
use crate::domain::package::Ecosystem;

/// What stands in front of the advisories.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Directory {
    pub(super) n_advisories: usize,
    /// The newest change of an advisory.
    pub(super) newest: Option<Timestamp>,
    /// How many advisories there are of each family.
    pub(super) counts: BTreeMap<String, usize>,
    pub(super) ecosystems: Vec<Ecosystem>,
    /// Every package, and where its advisories' versions begin.
    packages: Vec<Listed>,
    pub(super) exploited: BTreeMap<Arc<str>, Arc<str>>,
    pub(super) probabilities: BTreeMap<Arc<str>, f64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    ecosystem: u16,
    name: Box<str>,
    start: u32,
}

/// What the advisories of one package say of its versions, each with the place of the advisory.
pub(super) type Entries<'p> = Vec<(u32, Versions<'p>)>;

/// Why bytes are not what was packed.
pub(super) const BROKEN: &str = "it cannot be decoded";

/// Bytes in front of the directory that say how long it is.
const LENGTH_BYTES: usize = 8;

#[derive(Debug)]
pub(super) struct Packed {
    pub(super) directory: Directory,
    /// INVARIANT: made by [`pack`]; the advisories one behind the other, then each package's versions.
    bytes: Vec<u8>,
    /// Where the first advisory begins.
    base: usize,
    /// A table of packages by their hash; each slot has the number of a package plus one, or zero.
    slots: Vec<u32>,
}

/// Puts records into bytes.
///
/// # Errors
/// When there are more than 4 GiB or 65,536 ecosystems of them.
pub(super) fn pack(records: &Records) -> Result<Vec<u8>, postcard::Error> {
    let mut blob: Vec<u8> = Vec::new();
    let mut directory = Directory {
        n_advisories: records.advisories.len(),
        exploited: records.exploited.clone(),
        probabilities: records.probabilities.clone(),
        ..Directory::default()
    };
    let mut by_package: BTreeMap<(&Ecosystem, &str), Entries<'_>> = BTreeMap::new();
    for advisory in &records.advisories {
        let at = place(blob.len())?;
        blob = postcard::to_extend(advisory, blob)?;
        directory.newest = directory.newest.max(advisory.modified);
        let mut families = BTreeSet::new();
        for affected in &advisory.affected {
            let package = &affected.package;
            families.insert(package.ecosystem.family());
            let entries = by_package.entry((&package.ecosystem, &package.name)).or_default();
            entries.push((at, Versions::of(affected)));
        }
        for family in families {
            *directory.counts.entry(family.to_owned()).or_default() += 1;
        }
    }
    for ((ecosystem, name), entries) in &by_package {
        if directory.ecosystems.last() != Some(*ecosystem) {
            directory.ecosystems.push((*ecosystem).clone());
        }
        let ecosystem = u16::try_from(directory.ecosystems.len() - 1)
            .map_err(|_too_many| postcard::Error::SerializeBufferFull)?;
        let start = place(blob.len())?;
        blob = postcard::to_extend(entries, blob)?;
        directory.packages.push(Listed { ecosystem, name: Box::from(*name), start });
    }
    let head = postcard::to_allocvec(&directory)?;
    let mut bytes = Vec::with_capacity(LENGTH_BYTES + head.len() + blob.len());
    bytes.extend_from_slice(&(head.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&blob);
    Ok(bytes)
}

fn place(length: usize) -> Result<u32, postcard::Error> {
    u32::try_from(length).map_err(|_too_long| postcard::Error::SerializeBufferFull)
}

impl Packed {
    /// Takes what [`pack`] made.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, &'static str> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>().ok_or(BROKEN)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_long| BROKEN)?;
        let head = rest.get(..length).ok_or(BROKEN)?;
        let directory: Directory = postcard::from_bytes(head).map_err(|_broken| BROKEN)?;
        // Half of the slots stay free, so that a search ends soon.
        let n_slots = (directory.packages.len() * 2).next_power_of_two();
        let mut slots = vec![0_u32; n_slots];
        for (number, package) in (1_u32..).zip(&directory.packages) {
            let ecosystem = usize::from(package.ecosystem);
            let free = probes(ecosystem, &package.name, n_slots)
                .find(|slot| slots.get(*slot).is_some_and(|number| *number == 0));
            if let Some(slot) = free.and_then(|slot| slots.get_mut(slot)) {
                *slot = number;
            }
        }
        let base = LENGTH_BYTES + length;
        Ok(Self { directory, bytes, base, slots })
    }

    /// What the advisories of a package say of its versions; none when there is no such package.
    pub(super) fn entries(&self, ecosystem: usize, name: &str) -> Entries<'_> {
        for slot in probes(ecosystem, name, self.slots.len()) {
            let number = self.slots.get(slot).copied().unwrap_or_default();
            let package = (number as usize)
                .checked_sub(1)
                .and_then(|index| self.directory.packages.get(index));
            let Some(package) = package else { return Vec::new() };
            if usize::from(package.ecosystem) == ecosystem && package.name.as_ref() == name {
                return self.decoded(package.start).unwrap_or_default();
            }
        }
        Vec::new()
    }

    /// The advisory at a place.
    pub(super) fn advisory(&self, at: u32) -> Option<Arc<Advisory>> {
        self.decoded::<Advisory>(at).map(Arc::new)
    }

    /// Everything, as it was packed.
    pub(super) fn into_records(self) -> Result<Records, &'static str> {
        let mut advisories = Vec::with_capacity(self.directory.n_advisories);
        let mut rest = self.bytes.get(self.base..).unwrap_or_default();
        for _ in 0..self.directory.n_advisories {
            let (advisory, behind) =
                postcard::take_from_bytes::<Advisory>(rest).map_err(|_broken| BROKEN)?;
            advisories.push(advisory);
            rest = behind;
        }
        let Directory { exploited, probabilities, .. } = self.directory;
        Ok(Records { advisories, exploited, probabilities })
    }

    fn decoded<'p, T: Deserialize<'p>>(&'p self, at: u32) -> Option<T> {
        let bytes = self.bytes.get(self.base + at as usize..)?;
        match postcard::take_from_bytes(bytes) {
            Ok((value, _)) => Some(value),
            Err(cause) => {
                // The digest of the whole was that of what we wrote ourselves.
                tracing::error!(%cause, "Cannot decode advisories");
                None
            }
        }
    }
}

/// The slots in which a package may stand, the likeliest first.
fn probes(ecosystem: usize, name: &str, n_slots: usize) -> impl Iterator<Item = usize> {
    // FNV-1a: short, and the names come from databases that we took in.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ (ecosystem as u64);
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    let mask = n_slots.saturating_sub(1);
    let first = usize::try_from(hash & 0xffff_ffff).unwrap_or_default();
    (0..n_slots).map(move |step| first.wrapping_add(step) & mask)
}
