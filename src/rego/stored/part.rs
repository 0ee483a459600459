//! How parts of common shapes are kept: texts, lists, choices, and what is made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Reader, Stored, Writer};
use crate::domain::value::Value;

/// Keeps one field: as its type is kept, or as the module `how` says.
macro_rules! stored_field {
    (write $field:ident, $writer:ident) => {
        $crate::rego::stored::Stored::write($field, $writer)
    };
    (write $field:ident, $writer:ident, $how:ident) => {
        $how::write($field, $writer)
    };
    (read $reader:ident) => {
        $crate::rego::stored::Stored::read($reader)?
    };
    (read $reader:ident, $how:ident) => {
        $how::read($reader)?
    };
}

/// Keeps a struct field by field, in the order in which they are named: all of them, or it does not compile.
macro_rules! stored_struct {
    ($name:ident { $($field:ident $(: $how:ident)?),* $(,)? }) => {
        impl $crate::rego::stored::Stored for $name {
            fn write(&self, writer: &mut $crate::rego::stored::Writer) {
                let Self { $($field),* } = self;
                $($crate::rego::stored::stored_field!(write $field, writer $(, $how)?);)*
            }

            fn read(reader: &mut $crate::rego::stored::Reader<'_>) -> Option<Self> {
                $(let $field = $crate::rego::stored::stored_field!(read reader $(, $how)?);)*
                Some(Self { $($field),* })
            }
        }
    };
}

/// Keeps an enum by a byte for the variant and then its fields.
macro_rules! stored_enum {
    ($name:ident { $($tag:literal = $variant:ident $(($($field:ident $(: $how:ident)?),*))?),* $(,)? }) => {
        impl $crate::rego::stored::Stored for $name {
            fn write(&self, writer: &mut $crate::rego::stored::Writer) {
                writer.nested(|writer| match self {
                    $(Self::$variant $(($($field),*))? => {
                        writer.byte($tag);
                        $($($crate::rego::stored::stored_field!(write $field, writer $(, $how)?);)*)?
                    })*
                });
            }

            fn read(reader: &mut $crate::rego::stored::Reader<'_>) -> Option<Self> {
                reader.nested(|reader| match reader.byte()? {
                    $($tag => {
                        $($(
                            let $field =
                                $crate::rego::stored::stored_field!(read reader $(, $how)?);
                        )*)?
                        Some(Self::$variant $(($($field),*))?)
                    })*
                    _ => None,
                })
            }
        }
    };
}

pub(crate) use {stored_enum, stored_field, stored_struct};

impl Stored for bool {
    fn write(&self, writer: &mut Writer) {
        writer.byte(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        match reader.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Stored for u32 {
    fn write(&self, writer: &mut Writer) {
        writer.number(u64::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Self::try_from(reader.number()?).ok()
    }
}

impl Stored for String {
    fn write(&self, writer: &mut Writer) {
        writer.text(self);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text().map(|text| text.as_ref().to_owned())
    }
}

impl Stored for Arc<str> {
    fn write(&self, writer: &mut Writer) {
        writer.text(self);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text().cloned()
    }
}

impl Stored for Value {
    fn write(&self, writer: &mut Writer) {
        writer.constant(self);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.constant()
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, writer: &mut Writer) {
        writer.count(self.len());
        for item in self {
            item.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.items(T::read)
    }
}

impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn write(&self, writer: &mut Writer) {
        writer.count(self.len());
        for item in self {
            item.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(reader.items(T::read)?.into_iter().collect())
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn write(&self, writer: &mut Writer) {
        writer.count(self.len());
        for (key, value) in self {
            key.write(writer);
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(reader.items(Stored::read)?.into_iter().collect())
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, writer: &mut Writer) {
        self.is_some().write(writer);
        if let Some(inner) = self {
            inner.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(if bool::read(reader)? { Some(T::read(reader)?) } else { None })
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, writer: &mut Writer) {
        self.as_ref().write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        T::read(reader).map(Self::new)
    }
}

impl<T: Stored> Stored for Arc<T> {
    fn write(&self, writer: &mut Writer) {
        self.as_ref().write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        T::read(reader).map(Self::new)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        self.1.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some((A::read(reader)?, B::read(reader)?))
    }
}

impl<A: Stored, B: Stored, C: Stored> Stored for (A, B, C) {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        self.1.write(writer);
        self.2.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some((A::read(reader)?, B::read(reader)?, C::read(reader)?))
    }
}
