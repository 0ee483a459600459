//! Lists of numbers in few bytes: seven bits a byte, the low ones first.

use crate::domain::error::Error;
use crate::record::row;

/// How many releases share a row of a package.
pub(super) const RELEASES_PER_ROW: i64 = 256;

/// A version of a package in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) package: i64,
    pub(super) version: i64,
    /// As [`super::names`] numbers it.
    pub(super) via: i64,
}

/// A release that holds a version of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) release: i64,
    pub(super) version: i64,
    pub(super) via: i64,
    /// Seconds since the Unix epoch.
    pub(super) since: i64,
}

/// The list of what a release holds, ascending.
pub(super) fn list_of(parts: &[Part]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.len() * 4);
    let mut last = 0;
    for part in parts {
        put(&mut bytes, part.package - last);
        put(&mut bytes, part.version);
        put(&mut bytes, part.via);
        last = part.package;
    }
    bytes
}

/// What [`list_of`] made.
pub(super) fn list(bytes: &[u8]) -> Result<Vec<Part>, Error> {
    let mut numbers = Numbers(bytes);
    let (mut parts, mut last) = (Vec::new(), 0);
    while !numbers.is_at_end() {
        last += numbers.next()?;
        parts.push(Part { package: last, version: numbers.next()?, via: numbers.next()? });
    }
    Ok(parts)
}

/// The row of a package, by ascending release and version.
pub(super) fn row_of(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 9);
    for entry in entries {
        put(&mut bytes, entry.release.rem_euclid(RELEASES_PER_ROW));
        put(&mut bytes, entry.version);
        put(&mut bytes, entry.via);
        put(&mut bytes, entry.since);
    }
    bytes
}

/// What [`row_of`] made of the releases of `chunk`.
pub(super) fn entries(bytes: &[u8], chunk: i64) -> Result<Vec<Entry>, Error> {
    let mut numbers = Numbers(bytes);
    let mut entries = Vec::with_capacity(bytes.len() / 8);
    while !numbers.is_at_end() {
        entries.push(Entry {
            release: chunk * RELEASES_PER_ROW + numbers.next()?,
            version: numbers.next()?,
            via: numbers.next()?,
            since: numbers.next()?,
        });
    }
    Ok(entries)
}

/// Adds a number, which is none below zero.
fn put(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = u64::try_from(number).unwrap_or(0);
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap_or(0);
        rest >>= 7;
        if rest == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

struct Numbers<'b>(&'b [u8]);

impl Numbers<'_> {
    const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn next(&mut self) -> Result<i64, Error> {
        let (mut number, mut shift) = (0_i64, 0_u32);
        loop {
            let (byte, rest) = self.0.split_first().ok_or_else(row::damaged)?;
            self.0 = rest;
            if shift > 56 {
                return Err(row::damaged());
            }
            number |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            shift += 7;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_reads_back(
            numbers in prop::collection::vec((0_i64..1 << 40, 0_i64..300, 0_i64..1 << 30, 0_i64..1 << 33), 0..50),
        ) {
            let mut parts: Vec<Part> =
                numbers.iter().map(|(package, version, via, _)| Part { package: *package, version: *version, via: *via }).collect();
            parts.sort_unstable();
            prop_assert_eq!(list(&list_of(&parts)).unwrap(), parts);
            let rows: Vec<Entry> = numbers
                .iter()
                .map(|(release, version, via, since)| Entry {
                    release: 7 * RELEASES_PER_ROW + release % RELEASES_PER_ROW,
                    version: *version,
                    via: *via,
                    since: *since,
                })
                .collect();
            prop_assert_eq!(entries(&row_of(&rows), 7).unwrap(), rows);
        }

        #[test]
        fn damaged_rows_are_errors_or_other_numbers_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _list = list(&bytes);
            let _entries = entries(&bytes, 1);
        }
    }

    #[test]
    fn a_row_that_is_cut_off_is_damaged() {
        let entry = Entry { release: 300, version: 200, via: 2, since: 1_764_000_000 };
        let bytes = row_of(&[entry]);
        assert!(entries(&bytes[..bytes.len() - 1], 1).is_err());
        assert!(entries(&[0xff; 11], 0).is_err());
    }
}
