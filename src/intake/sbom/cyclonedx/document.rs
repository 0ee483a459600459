//! A document in JSON, its lists taken item by item.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::assembly::Assembly;
use super::members::{Dependency, Part};
use crate::document::text::Text;

/// A document that may be a bill.
pub(super) struct Document<'t> {
    pub(super) bom_format: Text<'t>,
    pub(super) assembly: Assembly<'t>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    BomFormat,
    SpecVersion,
    SerialNumber,
    Metadata,
    Components,
    Dependencies,
    #[serde(other)]
    Other,
}

impl<'de: 't, 't> Deserialize<'de> for Document<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CycloneDX document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document<'de>, A::Error> {
        let (mut bom_format, mut spec_version, mut serial_number) = (None, None, None);
        let (mut metadata, mut components, mut dependencies) = (None, None, None);
        let mut assembly = Assembly::default();
        while let Some(key) = map.next_key()? {
            match key {
                Key::BomFormat => bom_format = Some(only(bom_format, "bomFormat", &mut map)?),
                Key::SpecVersion => {
                    spec_version = Some(only(spec_version, "specVersion", &mut map)?);
                }
                Key::SerialNumber => {
                    serial_number = Some(only(serial_number, "serialNumber", &mut map)?);
                }
                Key::Metadata => metadata = Some(only(metadata, "metadata", &mut map)?),
                Key::Components => {
                    let list = Each::new("a list of components", |part: Part<'de>| {
                        assembly.take_part(part);
                    });
                    components = Some(only_of(components, "components", &mut map, list)?);
                }
                Key::Dependencies => {
                    let list = Each::new("a list of dependencies", |one: Dependency<'de>| {
                        assembly.take_dependency(one);
                    });
                    dependencies = Some(only_of(dependencies, "dependencies", &mut map, list)?);
                }
                Key::Other => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        assembly.spec_version = spec_version.unwrap_or_default();
        assembly.serial_number = serial_number.flatten();
        assembly.metadata = metadata.unwrap_or_default();
        let bom_format = bom_format.ok_or_else(|| Error::missing_field("bomFormat"))?;
        Ok(Document { bom_format, assembly })
    }
}

/// The value of a key that was not there before.
fn only<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    before: Option<T>,
    key: &'static str,
    map: &mut A,
) -> Result<T, A::Error> {
    only_of(before, key, map, PhantomData)
}

fn only_of<'de, S: DeserializeSeed<'de>, A: MapAccess<'de>>(
    before: Option<S::Value>,
    key: &'static str,
    map: &mut A,
    seed: S,
) -> Result<S::Value, A::Error> {
    // The last of two would count here and perhaps the first in another reader.
    if before.is_some() { Err(Error::duplicate_field(key)) } else { map.next_value_seed(seed) }
}

/// Takes a list item by item, so that it is never in memory as a whole.
struct Each<T, F> {
    expected: &'static str,
    take: F,
    item: PhantomData<T>,
}

impl<T, F: FnMut(T)> Each<T, F> {
    fn new(expected: &'static str, take: F) -> Self {
        Self { expected, take, item: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Each<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element()? {
            (self.take)(item);
        }
        Ok(())
    }
}
