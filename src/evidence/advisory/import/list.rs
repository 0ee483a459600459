//! A list of records in one file, which may be a whole database: read record by record, within bounds.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};

use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How many bytes may still come.
pub(super) struct Left {
    of_record: Cell<u64>,
    of_all: Cell<u64>,
    max_record_bytes: u64,
}

impl Left {
    pub(super) const fn new(max_record_bytes: u64, of_all: u64) -> Self {
        Self { of_record: Cell::new(max_record_bytes), of_all: Cell::new(of_all), max_record_bytes }
    }

    /// How many bytes of everything may still come; none when there were too many.
    pub(super) const fn of_all(&self) -> u64 {
        self.of_all.get()
    }
}

/// Reads a list, and hands on the text of every record.
///
/// # Errors
/// Where the list is broken or too large; what stood before it was handed on.
pub(super) fn read(
    content: impl Read,
    left: &Left,
    take: &mut dyn FnMut(&str),
) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_reader(Bounded { content, left });
    reader.deserialize_seq(RecordList { take, left })?;
    reader.end()
}

/// A reader that ends in an error where a record or everything is larger than it may be.
struct Bounded<'l, R> {
    content: R,
    left: &'l Left,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(buffer)?;
        let n_bytes = n as u64;
        for (left, what) in [(&self.left.of_all, "everything"), (&self.left.of_record, "a record")]
        {
            if left.get() < n_bytes {
                left.set(0);
                return Err(io::Error::other(format!("{what} is larger than it may be")));
            }
            left.set(left.get() - n_bytes);
        }
        Ok(n)
    }
}

/// Takes the records of a list as they come.
struct RecordList<'t> {
    take: &'t mut dyn FnMut(&str),
    left: &'t Left,
}

impl<'de> Visitor<'de> for RecordList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        while let Some(record) = records.next_element::<Box<RawValue>>()? {
            (self.take)(record.get());
            self.left.of_record.set(self.left.max_record_bytes);
        }
        Ok(())
    }
}

/// Whether the first character is that of a list; nothing is taken away.
pub(super) fn begins(content: &mut BufReader<impl Read>) -> bool {
    let head = content.fill_buf().unwrap_or_default();
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
}
