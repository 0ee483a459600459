//! The advisories as they lie on disk and in memory: bytes, and a table of where each package's are.
//!
//! A quarter of a million advisories as objects would take long to make and fill the memory, and of them a release needs a
//! handful. So nothing is decoded before it is asked for: first what the advisories of one package say of its versions, then
//! those advisories that are hit.

mod entry;
mod head;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(super) use self::entry::{Cursor, Entries, Turn, Versions};
use self::entry::{write_number, write_text};
use super::database::Records;
use crate::domain::advisory::{Advisory, Affected};
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
    n_packages: usize,
    /// Where the first package begins: behind the last advisory.
    packages_start: u32,
    pub(super) exploited: BTreeMap<Arc<str>, Arc<str>>,
    pub(super) probabilities: BTreeMap<Arc<str>, f64>,
}

/// Why bytes are not what was packed.
pub(super) const BROKEN: &str = "it cannot be decoded";

/// Bytes in front of the directory that say how long it is.
const LENGTH_BYTES: usize = 8;

#[derive(Debug)]
pub(super) struct Packed {
    pub(super) directory: Directory,
    /// INVARIANT: made by [`pack`]; the advisories one behind the other, then the packages, each with its number of an
    /// ecosystem, its name, the length of its entries, and these.
    bytes: Vec<u8>,
    /// Where the first advisory begins.
    base: usize,
    /// A table of packages by their hash.
    slots: Vec<Slot>,
}

/// A package of an ecosystem, by its number, that a component may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'n> {
    pub(super) ecosystem: usize,
    pub(super) name: &'n str,
    /// Whether it is certain that the component is of this ecosystem.
    pub(super) is_certain: bool,
}

/// Where a package lies, and a part of its hash, so that nearly every other package is passed by without a look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    tag: u32,
    /// Zero in a free slot: there an advisory lies, never a package.
    start: u32,
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
    let mut by_package: BTreeMap<(&Ecosystem, &str), Vec<(u32, &Affected)>> = BTreeMap::new();
    for advisory in &records.advisories {
        let at = place(blob.len())?;
        head::write(advisory, &mut blob);
        blob = postcard::to_extend(&advisory.affected, blob)?;
        directory.newest = directory.newest.max(advisory.modified);
        let mut families = BTreeSet::new();
        for affected in &advisory.affected {
            let package = &affected.package;
            families.insert(package.ecosystem.family());
            let entries = by_package.entry((&package.ecosystem, &package.name)).or_default();
            entries.push((at, affected));
        }
        for family in families {
            *directory.counts.entry(family.to_owned()).or_default() += 1;
        }
    }
    directory.n_packages = by_package.len();
    directory.packages_start = place(blob.len())?;
    let mut entries_bytes = Vec::new();
    for ((ecosystem, name), entries) in &by_package {
        if directory.ecosystems.last() != Some(*ecosystem) {
            directory.ecosystems.push((*ecosystem).clone());
        }
        let ecosystem = directory.ecosystems.len() - 1;
        u16::try_from(ecosystem).map_err(|_too_many| postcard::Error::SerializeBufferFull)?;
        place(blob.len())?;
        entries_bytes.clear();
        entry::write(entries, &mut entries_bytes);
        write_number(ecosystem, &mut blob);
        write_text(name, &mut blob);
        write_number(entries_bytes.len(), &mut blob);
        blob.extend_from_slice(&entries_bytes);
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
        let base = LENGTH_BYTES + length;
        let slots = slots(&directory, bytes.get(base..).unwrap_or_default()).ok_or(BROKEN)?;
        Ok(Self { directory, bytes, base, slots })
    }

    /// Where the entries of each package begin that is asked for; none of one that no advisory is about.
    ///
    /// The table and the packages lie all over the memory. Looked up in one go, first the slots of all and then the packages,
    /// many are waited for at once instead of each for itself.
    pub(super) fn locate<'p>(&'p self, asked: &[Asked<'_>], found: &mut Vec<Option<Cursor<'p>>>) {
        let likely: Vec<(u64, bool)> = asked
            .iter()
            .map(|one| {
                let hash = hash(one.ecosystem, one.name);
                let first = probes(hash, self.slots.len()).next();
                let slot = first.and_then(|slot| self.slots.get(slot));
                (hash, slot.is_some_and(|slot| *slot != Slot::default()))
            })
            .collect();
        found.clear();
        found.extend(asked.iter().zip(likely).map(|(one, (hash, is_there))| {
            if is_there { self.package(hash, one.ecosystem, one.name) } else { None }
        }));
    }

    /// The entries of a package.
    fn package(&self, hash: u64, ecosystem: usize, name: &str) -> Option<Cursor<'_>> {
        for slot in probes(hash, self.slots.len()) {
            let slot = self.slots.get(slot).filter(|slot| **slot != Slot::default())?;
            if slot.tag != tag(hash) {
                continue;
            }
            let mut cursor = Cursor(self.bytes.get(self.base + slot.start as usize..)?);
            if cursor.number()? == ecosystem && cursor.text()? == name {
                cursor.number()?;
                return Some(cursor);
            }
        }
        None
    }

    /// The advisory at a place, without the packages that it is about: these were asked already.
    pub(super) fn advisory(&self, at: u32) -> Option<Arc<Advisory>> {
        let bytes = self.bytes.get(self.base + at as usize..)?;
        let advisory = head::read(&mut Cursor(bytes));
        if advisory.is_none() {
            // The digest of the whole was that of what we wrote ourselves.
            tracing::error!(at, "Cannot decode an advisory");
        }
        advisory.map(Arc::new)
    }

    /// Everything, as it was packed.
    pub(super) fn into_records(self) -> Result<Records, &'static str> {
        let mut advisories = Vec::with_capacity(self.directory.n_advisories);
        let mut cursor = Cursor(self.bytes.get(self.base..).unwrap_or_default());
        for _ in 0..self.directory.n_advisories {
            let advisory = head::read(&mut cursor).ok_or(BROKEN)?;
            let (affected, behind) =
                postcard::take_from_bytes(cursor.0).map_err(|_broken| BROKEN)?;
            advisories.push(Advisory { affected, ..advisory });
            cursor.0 = behind;
        }
        let Directory { exploited, probabilities, .. } = self.directory;
        Ok(Records { advisories, exploited, probabilities })
    }
}

/// Walks over all packages and notes where each lies; none when they are not what was packed.
fn slots(directory: &Directory, blob: &[u8]) -> Option<Vec<Slot>> {
    // Half of the slots stay free, so that a search ends soon. A package takes four bytes at least.
    let n_packages = directory.n_packages.min(blob.len() / 4);
    let mut slots = vec![Slot::default(); (n_packages * 2).next_power_of_two()];
    let n_slots = slots.len();
    let mut cursor = Cursor(blob.get(directory.packages_start as usize..)?);
    for _ in 0..n_packages {
        let start = u32::try_from(blob.len() - cursor.0.len()).ok()?;
        let hash = hash(cursor.number()?, cursor.text()?);
        let n_bytes = cursor.number()?;
        cursor.0 = cursor.0.get(n_bytes..)?;
        let free = probes(hash, n_slots)
            .find(|slot| slots.get(*slot).is_some_and(|slot| *slot == Slot::default()));
        *slots.get_mut(free?)? = Slot { tag: tag(hash), start };
    }
    Some(slots)
}

fn hash(ecosystem: usize, name: &str) -> u64 {
    // FNV-1a: short, and the names come from databases that we took in.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ (ecosystem as u64);
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^ (hash >> 32)
}

const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The slots in which a package may stand, the likeliest first.
fn probes(hash: u64, n_slots: usize) -> impl Iterator<Item = usize> {
    let mask = n_slots.saturating_sub(1);
    let first = usize::try_from(hash & 0xffff_ffff).unwrap_or_default();
    (0..n_slots).map(move |step| first.wrapping_add(step) & mask)
}
