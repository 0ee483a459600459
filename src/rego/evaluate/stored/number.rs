//! Numbers of a program's parts, each read only where there is such a part.

use crate::rego::stored::{Reader, Stored, Writer};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident below $bound:ident;)*) => {$(
        $(#[$doc])*
        pub(super) mod $name {
            use super::{Reader, Stored, Writer};

            pub(in super::super) fn write(number: &impl Stored, writer: &mut Writer) {
                number.write(writer);
            }

            pub(in super::super) fn read(reader: &mut Reader<'_>) -> Option<u32> {
                reader.below(reader.bounds.$bound)
            }
        }
    )*};
}

numbers! {
    /// A rule.
    rule below rules;
    /// A node of the tree.
    node below nodes;
    /// An input path.
    input below inputs;
    /// A base path.
    base below bases;
    /// A thing that is remembered.
    memo below memos;
    /// A local of the definition that is being read.
    slot below slots;
}

macro_rules! maybe {
    ($($(#[$doc:meta])* $name:ident below $bound:ident;)*) => {$(
        $(#[$doc])*
        pub(super) mod $name {
            use super::{Reader, Stored, Writer};

            pub(in super::super) fn write(number: &impl Stored, writer: &mut Writer) {
                number.write(writer);
            }

            pub(in super::super) fn read(reader: &mut Reader<'_>) -> Option<Option<u32>> {
                let bound = reader.bounds.$bound;
                Some(if bool::read(reader)? { Some(reader.below(bound)?) } else { None })
            }
        }
    )*};
}

maybe! {
    /// Perhaps a thing that is remembered.
    maybe_memo below memos;
    /// Perhaps a join that all threads share.
    maybe_join below joins;
    /// Perhaps a local.
    maybe_slot below slots;
}

/// Several locals.
pub(super) mod slots {
    use super::{Reader, Stored, Writer, slot};

    pub(in super::super) fn write(numbers: &impl Stored, writer: &mut Writer) {
        numbers.write(writer);
    }

    pub(in super::super) fn read(reader: &mut Reader<'_>) -> Option<Vec<u32>> {
        reader.items(slot::read)
    }
}
