//! What the advisories of one package say of its versions: written one behind the other, read without a copy.

use std::ops::Range;

use crate::domain::advisory::{Affected, Event};

/// A turning point in the versions of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evidence::advisory) enum Turn<'p> {
    Introduced(&'p str),
    Fixed(&'p str),
    LastAffected(&'p str),
}

/// Which versions an advisory is about.
#[derive(Clone, Copy, Debug)]
pub(in crate::evidence::advisory) struct Versions<'e, 'p> {
    turns: &'e [Turn<'p>],
    /// Where each range ends among the turns.
    ends: &'e [usize],
    pub(in crate::evidence::advisory) named: &'e [&'p str],
}

impl<'e, 'p> Versions<'e, 'p> {
    pub(in crate::evidence::advisory) const fn has_ranges(&self) -> bool {
        !self.ends.is_empty()
    }

    pub(in crate::evidence::advisory) const fn turns(&self) -> &'e [Turn<'p>] {
        self.turns
    }

    pub(in crate::evidence::advisory) fn ranges(&self) -> impl Iterator<Item = &'e [Turn<'p>]> {
        let Self { turns, ends, .. } = *self;
        let mut start = 0;
        ends.iter().map(move |end| {
            let range = start..*end;
            start = *end;
            turns.get(range).unwrap_or_default()
        })
    }
}

/// The entries of one package. Room that was made is used for the next one.
#[derive(Debug, Default)]
pub(in crate::evidence::advisory) struct Entries<'p> {
    turns: Vec<Turn<'p>>,
    ends: Vec<usize>,
    named: Vec<&'p str>,
    list: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    advisory: u32,
    is_certain: bool,
    turns: Range<usize>,
    ends: Range<usize>,
    named: Range<usize>,
}

impl<'p> Entries<'p> {
    pub(in crate::evidence::advisory) fn clear(&mut self) {
        self.turns.clear();
        self.ends.clear();
        self.named.clear();
        self.list.clear();
    }

    pub(in crate::evidence::advisory) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Where each advisory lies, whether it is certain that it is about the component, and which versions it is about.
    pub(in crate::evidence::advisory) fn iter(
        &self,
    ) -> impl Iterator<Item = (u32, bool, Versions<'_, 'p>)> {
        self.list.iter().map(|entry| {
            let versions = Versions {
                turns: self.turns.get(entry.turns.clone()).unwrap_or_default(),
                ends: self.ends.get(entry.ends.clone()).unwrap_or_default(),
                named: self.named.get(entry.named.clone()).unwrap_or_default(),
            };
            (entry.advisory, entry.is_certain, versions)
        })
    }

    /// Adds what [`write()`] wrote; none when the bytes are something else.
    pub(in crate::evidence::advisory) fn read(
        &mut self,
        cursor: &mut Cursor<'p>,
        is_certain: bool,
    ) -> Option<()> {
        for _ in 0..cursor.number()? {
            let advisory = u32::try_from(cursor.number()?).ok()?;
            let (first_turn, first_end, first_name) =
                (self.turns.len(), self.ends.len(), self.named.len());
            for _ in 0..cursor.number()? {
                for _ in 0..cursor.number()? {
                    let kind = cursor.number()?;
                    let version = cursor.text()?;
                    self.turns.push(match kind {
                        0 => Turn::Introduced(version),
                        1 => Turn::Fixed(version),
                        2 => Turn::LastAffected(version),
                        _ => return None,
                    });
                }
                self.ends.push(self.turns.len() - first_turn);
            }
            for _ in 0..cursor.number()? {
                self.named.push(cursor.text()?);
            }
            self.list.push(Entry {
                advisory,
                is_certain,
                turns: first_turn..self.turns.len(),
                ends: first_end..self.ends.len(),
                named: first_name..self.named.len(),
            });
        }
        Some(())
    }
}

#[cfg(test)]
impl<'p> Entries<'p> {
    /// The entries as they are read from where they are written.
    pub(in crate::evidence::advisory) fn of(
        entries: &[(u32, &Affected)],
        bytes: &'p mut Vec<u8>,
    ) -> Self {
        write(entries, bytes);
        let mut read = Self::default();
        read.read(&mut Cursor(bytes), true).unwrap();
        read
    }
}

/// Puts the entries of one package behind `bytes`.
pub(super) fn write(entries: &[(u32, &Affected)], bytes: &mut Vec<u8>) {
    write_number(entries.len(), bytes);
    for (advisory, affected) in entries {
        write_number(*advisory as usize, bytes);
        write_number(affected.ranges.len(), bytes);
        for range in &affected.ranges {
            write_number(range.len(), bytes);
            for event in range {
                let (kind, version) = match event {
                    Event::Introduced(version) => (0, version),
                    Event::Fixed(version) => (1, version),
                    Event::LastAffected(version) => (2, version),
                };
                write_number(kind, bytes);
                write_text(version, bytes);
            }
        }
        write_number(affected.versions.len(), bytes);
        for version in &affected.versions {
            write_text(version, bytes);
        }
    }
}

/// Seven bits in each byte, the lowest first; the highest bit says that more follow.
pub(super) fn write_number(mut number: usize, bytes: &mut Vec<u8>) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low & 0x7f);
            return;
        }
        bytes.push(low | 0x80);
    }
}

pub(super) fn write_text(text: &str, bytes: &mut Vec<u8>) {
    write_number(text.len(), bytes);
    bytes.extend_from_slice(text.as_bytes());
}

/// Reads what was written, from the front.
#[derive(Debug)]
pub(in crate::evidence::advisory) struct Cursor<'p>(pub(super) &'p [u8]);

impl<'p> Cursor<'p> {
    pub(super) fn number(&mut self) -> Option<usize> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        if byte & 0x80 == 0 {
            return Some(usize::from(*byte));
        }
        self.long_number(usize::from(byte & 0x7f))
    }

    fn long_number(&mut self, mut number: usize) -> Option<usize> {
        let mut shift = 7;
        while shift < usize::BITS {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
        None
    }

    pub(super) fn text(&mut self) -> Option<&'p str> {
        let n_bytes = self.number()?;
        let (text, rest) = self.0.split_at_checked(n_bytes)?;
        self.0 = rest;
        str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::package::{Ecosystem, Package};

    fn affected() -> impl Strategy<Value = Affected> {
        let version = "[0-9a-z.]{0,200}".prop_map(Arc::<str>::from);
        let event = (0..3, version.clone()).prop_map(|(kind, version)| match kind {
            0 => Event::Introduced(version),
            1 => Event::Fixed(version),
            _ => Event::LastAffected(version),
        });
        let ranges = prop::collection::vec(prop::collection::vec(event, 0..4), 0..4);
        (ranges, prop::collection::vec(version, 0..4)).prop_map(|(ranges, versions)| Affected {
            package: Package::new(Ecosystem::known("npm"), "a"),
            ranges,
            versions,
        })
    }

    fn event(turn: &Turn<'_>) -> Event {
        match turn {
            Turn::Introduced(version) => Event::Introduced(Arc::from(*version)),
            Turn::Fixed(version) => Event::Fixed(Arc::from(*version)),
            Turn::LastAffected(version) => Event::LastAffected(Arc::from(*version)),
        }
    }

    proptest! {
        #[test]
        fn entries_are_read_as_they_were_written(
            written in prop::collection::vec((any::<u32>(), affected()), 0..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = Vec::new();
            let borrowed: Vec<(u32, &Affected)> = written.iter().map(|(at, one)| (*at, one)).collect();
            write(&borrowed, &mut bytes);
            let mut entries = Entries::default();
            prop_assert!(entries.read(&mut Cursor(&bytes), true).is_some());
            prop_assert_eq!(entries.iter().count(), written.len());
            for ((at, _, versions), (place, affected)) in entries.iter().zip(&written) {
                let ranges: Vec<Vec<Event>> =
                    versions.ranges().map(|range| range.iter().map(event).collect()).collect();
                let named: Vec<Arc<str>> = versions.named.iter().map(|name| Arc::from(*name)).collect();
                prop_assert_eq!((at, &ranges, &named), (*place, &affected.ranges, &affected.versions));
            }
            let cut = cut.index(bytes.len());
            prop_assert!(Entries::default().read(&mut Cursor(&bytes[..cut]), true).is_none());
        }
    }
}
