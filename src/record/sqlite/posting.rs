//! Which decisions have a property: one bit per decision, 1024 decisions a row.
//!
//! An index entry per decision and code would cost the writer more than the decision itself. A row of bits is written
//! once per batch, and any combination of properties is an AND of a few rows per thousand decisions.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

/// Decisions per row.
pub(super) const CHUNK: i64 = 1024;

const WORDS: usize = 16;

/// What a row of bits is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Code = 1,
    Team = 2,
    Verdict = 3,
    Environment = 4,
}

/// One bit for each decision of a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    /// Reads a row; bytes that are missing at the end are zero.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut bits = Self::default();
        for (word, part) in bits.0.iter_mut().zip(bytes.chunks(8)) {
            let mut whole = [0; 8];
            for (to, from) in whole.iter_mut().zip(part) {
                *to = *from;
            }
            *word = u64::from_le_bytes(whole);
        }
        bits
    }

    /// The row, without the zero bytes at its end.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.0.iter().flat_map(|word| word.to_le_bytes()).collect();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(used);
        bytes
    }

    /// Every decision of a chunk.
    pub(super) fn all() -> Self {
        Self([u64::MAX; WORDS])
    }

    /// Marks the decision `seq` of this chunk.
    pub(super) fn set(&mut self, seq: i64) {
        let bit = seq.rem_euclid(CHUNK);
        let word = usize::try_from(bit / 64).ok().and_then(|index| self.0.get_mut(index));
        if let Some(word) = word {
            *word |= 1 << (bit % 64);
        }
    }

    /// Whether the decision `seq` of this chunk is marked.
    pub(super) fn has(&self, seq: i64) -> bool {
        let bit = seq.rem_euclid(CHUNK);
        let word = usize::try_from(bit / 64).ok().and_then(|index| self.0.get(index));
        word.is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// Keeps what `other` has as well.
    pub(super) fn keep(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine &= theirs;
        }
    }

    /// The decisions that are marked, newest first; `chunk` is which chunk this is.
    pub(super) fn newest_first(&self, chunk: i64) -> impl Iterator<Item = i64> + '_ {
        let first = chunk * CHUNK;
        (first..first + CHUNK).rev().filter(|seq| self.has(*seq))
    }
}

/// The row of bits of one property in one chunk; empty when there is none.
pub(super) fn load(
    connection: &Connection,
    kind: Kind,
    text: &str,
    chunk: i64,
) -> rusqlite::Result<Bits> {
    let mut statement = connection
        .prepare_cached("SELECT bits FROM posting WHERE kind = ?1 AND text = ?2 AND chunk = ?3")?;
    let bits = statement
        .query_row(params![kind as i64, text, chunk], |row| {
            Ok(Bits::from_bytes(row.get_ref(0)?.as_blob()?))
        })
        .optional()?;
    Ok(bits.unwrap_or_default())
}

/// The writer's rows of the chunk that is being filled.
#[derive(Debug, Default)]
pub(super) struct Postings {
    chunk: i64,
    rows: BTreeMap<Kind, BTreeMap<Box<str>, Row>>,
}

#[derive(Debug)]
struct Row {
    bits: Bits,
    unwritten: bool,
}

impl Postings {
    /// Marks the decision `seq`. It reaches the file with [`Self::write`].
    pub(super) fn mark(
        &mut self,
        connection: &Connection,
        kind: Kind,
        text: &str,
        seq: i64,
    ) -> rusqlite::Result<()> {
        let chunk = seq.div_euclid(CHUNK);
        if chunk != self.chunk {
            self.write(connection)?;
            self.rows.clear();
            self.chunk = chunk;
        }
        let rows = self.rows.entry(kind).or_default();
        if let Some(row) = rows.get_mut(text) {
            row.bits.set(seq);
            row.unwritten = true;
            return Ok(());
        }
        let mut bits = load(connection, kind, text, chunk)?;
        bits.set(seq);
        rows.insert(text.into(), Row { bits, unwritten: true });
        Ok(())
    }

    /// Writes what was marked since the last time.
    pub(super) fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO posting (kind, text, chunk, bits) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET bits = excluded.bits",
        )?;
        for (kind, rows) in &mut self.rows {
            for (text, row) in rows.iter_mut().filter(|(_, row)| row.unwritten) {
                statement.execute(params![
                    *kind as i64,
                    &**text,
                    self.chunk,
                    row.bits.to_bytes()
                ])?;
                row.unwritten = false;
            }
        }
        Ok(())
    }

    /// Forgets everything: another process wrote, or a batch was rolled back.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_read_back_newest_first(seqs in prop::collection::btree_set(3 * CHUNK..4 * CHUNK, 0..64)) {
            let mut bits = Bits::default();
            for seq in &seqs {
                bits.set(*seq);
            }
            let read: Vec<i64> = Bits::from_bytes(&bits.to_bytes()).newest_first(3).collect();
            prop_assert!(seqs.iter().all(|seq| bits.has(*seq)));
            prop_assert_eq!(read, seqs.iter().rev().copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn only_what_both_have_is_kept() {
        let (mut a, mut b) = (Bits::default(), Bits::default());
        for (mine, theirs) in [(1, 5), (5, 7), (1023, 1023)] {
            a.set(mine);
            b.set(theirs);
        }
        a.keep(&b);
        assert_eq!(a.newest_first(0).collect::<Vec<_>>(), [1023, 5]);
    }
}
