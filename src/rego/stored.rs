//! The form in which a compiled program is kept: bytes that this very build wrote and reads again.
//!
//! Texts, constants and built-ins stand in tables of their own, each once, and are shared again when they are read. What
//! is read is believed in nothing: every number lies within what was read before, and nothing is allocated that the bytes
//! do not hold. Whoever reads answers [`None`] for anything else, and the caller compiles.

mod part;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builtin::{self, Builtin};
use crate::domain::value::Value;

pub(crate) use part::{stored_enum, stored_field, stored_struct};

/// A part of a program, written to bytes and read again.
pub(crate) trait Stored: Sized {
    /// Appends it.
    fn write(&self, writer: &mut Writer);

    /// Reads what [`Stored::write`] wrote; `None` where the bytes are something else.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Parts within parts: no source nests as deep, since the front end refuses it.
const MAX_DEPTH: u32 = 1000;
/// Room that is made before items are read; behind it room grows with what was read.
const MAX_ROOM: usize = 1024;

/// Writes parts.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    texts: Table<Arc<str>>,
    /// By their own bytes, since equal values may be written differently (`1` and `1.0`).
    constants: Table<Vec<u8>>,
    builtins: Table<&'static str>,
    bytes: Vec<u8>,
    depth: u32,
    last: Mark,
    is_refused: bool,
}

/// What was written once and is known by its number.
#[derive(Debug)]
struct Table<T> {
    numbers: BTreeMap<T, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new() }
    }
}

impl<T: Ord> Table<T> {
    fn number(&mut self, item: T) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(item).or_insert(next)
    }

    /// The items in the order of their numbers.
    fn in_order(self) -> Vec<T> {
        let mut items: Vec<(u32, T)> =
            self.numbers.into_iter().map(|(item, number)| (number, item)).collect();
        items.sort_unstable_by_key(|(number, _)| *number);
        items.into_iter().map(|(_, item)| item).collect()
    }
}

/// The place that was written last: the next one is mostly near.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    pub(crate) line: u32,
    pub(crate) start: u32,
}

/// Reads parts.
#[derive(Debug)]
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    texts: Vec<Arc<str>>,
    constants: Vec<Value>,
    builtins: Vec<&'static Builtin>,
    depth: u32,
    last: Mark,
    /// What numbers lie below of.
    pub(crate) bounds: Bounds,
}

/// How many of each there are, so that no number leads beyond.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) rules: u32,
    pub(crate) nodes: u32,
    pub(crate) inputs: u32,
    pub(crate) bases: u32,
    pub(crate) memos: u32,
    pub(crate) joins: u32,
    /// Of the definition that is being read.
    pub(crate) slots: u32,
}

impl Writer {
    /// The bytes; `None` where a part cannot be kept.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        let Self { texts, constants, builtins, bytes: body, is_refused, .. } = self;
        if is_refused {
            return None;
        }
        let mut whole = Self::default();
        let texts = texts.in_order();
        whole.count(texts.len());
        for text in texts {
            whole.raw(text.as_bytes());
        }
        let constants = constants.in_order();
        whole.count(constants.len());
        for constant in constants {
            whole.bytes.extend(constant);
        }
        let builtins = builtins.in_order();
        whole.count(builtins.len());
        for name in builtins {
            whole.raw(name.as_bytes());
        }
        whole.bytes.extend(body);
        Some(whole.bytes)
    }

    /// Refuses the whole: there is a part that cannot be kept.
    pub(crate) fn refuse(&mut self) {
        self.is_refused = true;
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, the lowest first.
    pub(crate) fn number(&mut self, number: u64) {
        let mut rest = number;
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                return self.byte(low & 0x7f);
            }
            self.byte(low | 0x80);
        }
    }

    /// A number of any sign, small ones in few bytes.
    pub(crate) fn signed(&mut self, number: i64) {
        let folded = (number << 1) ^ (number >> 63);
        self.number(u64::from_le_bytes(folded.to_le_bytes()));
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        let number = match self.texts.numbers.get(text) {
            Some(number) => *number,
            None => self.texts.number(Arc::from(text)),
        };
        self.number(u64::from(number));
    }

    pub(crate) fn constant(&mut self, value: &Value) {
        // Its texts join the table of all texts, its bytes that of constants.
        let outside = std::mem::take(&mut self.bytes);
        value::write(value, self);
        let bytes = std::mem::replace(&mut self.bytes, outside);
        let number = self.constants.number(bytes);
        self.number(u64::from(number));
    }

    /// A value that stands nowhere else, so that nothing is gained by a table.
    pub(crate) fn document(&mut self, value: &Value) {
        value::write(value, self);
    }

    pub(crate) fn builtin(&mut self, builtin: &'static Builtin) {
        let number = self.builtins.number(builtin.name);
        self.number(u64::from(number));
    }

    /// Writes what lies one step deeper.
    pub(crate) fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            return self.refuse();
        }
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    pub(crate) fn place(&mut self, mark: Mark) {
        let step = |from: u32, to: u32| i64::from(to) - i64::from(from);
        self.signed(step(self.last.line, mark.line));
        self.signed(step(self.last.start, mark.start));
        self.last = mark;
    }
}

impl<'b> Reader<'b> {
    /// Begins to read what [`Writer::finish`] gave.
    pub(crate) fn over(bytes: &'b [u8]) -> Option<Self> {
        let mut reader = Self {
            bytes,
            texts: Vec::new(),
            constants: Vec::new(),
            builtins: Vec::new(),
            depth: 0,
            last: Mark::default(),
            bounds: Bounds::default(),
        };
        reader.texts = reader.items(|reader| reader.raw().map(Arc::from))?;
        reader.constants = reader.items(value::read)?;
        reader.builtins = reader.items(|reader| builtin::lookup(reader.raw()?))?;
        Some(reader)
    }

    /// Whether everything was read.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            number |= bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let folded = self.number()?;
        let half = i64::from_le_bytes((folded >> 1).to_le_bytes());
        Some(if folded & 1 == 0 { half } else { !half })
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> Option<u32> {
        u32::try_from(self.number()?).ok().filter(|number| *number < bound)
    }

    /// How many items follow: each has a byte at least.
    pub(crate) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.bytes.len())
    }

    /// As many items as were written.
    pub(crate) fn items<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = self.count()?;
        let mut items = Vec::with_capacity(count.min(MAX_ROOM));
        for _ in 0..count {
            items.push(read(self)?);
        }
        items.shrink_to_fit();
        Some(items)
    }

    fn raw(&mut self) -> Option<&'b str> {
        let count = self.count()?;
        let (text, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        std::str::from_utf8(text).ok()
    }

    pub(crate) fn text(&mut self) -> Option<&Arc<str>> {
        let number = usize::try_from(self.number()?).ok()?;
        self.texts.get(number)
    }

    pub(crate) fn constant(&mut self) -> Option<Value> {
        let number = usize::try_from(self.number()?).ok()?;
        self.constants.get(number).cloned()
    }

    pub(crate) fn document(&mut self) -> Option<Value> {
        value::read(self)
    }

    pub(crate) fn builtin(&mut self) -> Option<&'static Builtin> {
        let number = usize::try_from(self.number()?).ok()?;
        self.builtins.get(number).copied()
    }

    /// Reads what lies one step deeper.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let done = read(self);
        self.depth -= 1;
        done
    }

    pub(crate) fn place(&mut self) -> Option<Mark> {
        let step = |from: u32, by: i64| u32::try_from(i64::from(from).checked_add(by)?).ok();
        let line = step(self.last.line, self.signed()?)?;
        let start = step(self.last.start, self.signed()?)?;
        self.last = Mark { line, start };
        Some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn back<T: Stored>(part: &T) -> Option<T> {
        let mut writer = Writer::default();
        part.write(&mut writer);
        let bytes = writer.finish()?;
        let mut reader = Reader::over(&bytes)?;
        T::read(&mut reader).filter(|_| reader.is_at_end())
    }

    #[test]
    fn a_text_is_written_once_and_shared_again() {
        let texts: Vec<Arc<str>> = ["a", "b", "a"].map(Arc::from).to_vec();
        let again = back(&texts).unwrap();
        assert_eq!(again, texts);
        assert!(Arc::ptr_eq(&again[0], &again[2]));
    }

    #[test]
    fn a_count_beyond_the_bytes_is_refused() {
        let mut writer = Writer::default();
        writer.count(1_000_000_000);
        let bytes = writer.finish().unwrap();
        assert!(Vec::<bool>::read(&mut Reader::over(&bytes).unwrap()).is_none());
    }

    proptest! {
        #[test]
        fn numbers_read_back_the_same(number: u64, signed: i64) {
            let mut writer = Writer::default();
            writer.number(number);
            writer.signed(signed);
            let bytes = writer.finish().unwrap();
            let mut reader = Reader::over(&bytes).unwrap();
            prop_assert_eq!((reader.number(), reader.signed()), (Some(number), Some(signed)));
            prop_assert!(reader.is_at_end());
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            if let Some(mut reader) = Reader::over(&bytes) {
                drop(Vec::<(Value, Vec<String>)>::read(&mut reader));
            }
        }
    }
}
