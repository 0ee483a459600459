//! Values inside the table of constants: exactly as they were, however equal ones are written.

use std::sync::Arc;

use num_bigint::BigInt;

use super::{Reader, Stored as _, Writer};
use crate::domain::value::{Number, Value};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INTEGER: u8 = 3;
const BIG: u8 = 4;
const FLOAT: u8 = 5;
const DECIMAL: u8 = 6;
const STRING: u8 = 7;
const ARRAY: u8 = 8;
const OBJECT: u8 = 9;
const MAP: u8 = 10;
const SET: u8 = 11;

pub(super) fn write(value: &Value, writer: &mut Writer) {
    writer.nested(|writer| match value {
        Value::Null => writer.byte(NULL),
        Value::Bool(flag) => writer.byte(if *flag { TRUE } else { FALSE }),
        Value::Number(number) => write_number(number, writer),
        Value::String(text) => {
            writer.byte(STRING);
            writer.text(text);
        }
        Value::Array(items) => {
            writer.byte(ARRAY);
            write_all(items, writer);
        }
        Value::Object(object) => {
            writer.byte(OBJECT);
            writer.count(object.len());
            for (key, value) in object.entries() {
                writer.text(key);
                write(value, writer);
            }
        }
        Value::Map(map) => {
            writer.byte(MAP);
            writer.count(map.len());
            for (key, value) in map.entries() {
                write(key, writer);
                write(value, writer);
            }
        }
        Value::Set(set) => {
            writer.byte(SET);
            write_all(set.items(), writer);
        }
    });
}

fn write_all(items: &[Value], writer: &mut Writer) {
    writer.count(items.len());
    for item in items {
        write(item, writer);
    }
}

fn write_number(number: &Number, writer: &mut Writer) {
    match number {
        Number::Int(number) => {
            writer.byte(INTEGER);
            writer.signed(*number);
        }
        Number::Big(number) => {
            writer.byte(BIG);
            writer.text(&number.to_string());
        }
        Number::Float(number) => {
            writer.byte(FLOAT);
            writer.number(number.to_bits());
        }
        Number::Decimal(text) => {
            writer.byte(DECIMAL);
            writer.text(text);
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Value> {
    reader.nested(|reader| {
        Some(match reader.byte()? {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INTEGER => Value::from(reader.signed()?),
            BIG => Value::Number(Number::Big(Arc::new(reader.text()?.parse::<BigInt>().ok()?))),
            FLOAT => Value::Number(Number::from_f64(f64::from_bits(reader.number()?))?),
            DECIMAL => {
                let text = Arc::<str>::read(reader)?;
                // It is printed as it stands, so it must be a number of JSON.
                serde_json::from_str::<&serde_json::value::RawValue>(&text).ok()?;
                Number::from_json_text(&text)?;
                Value::Number(Number::Decimal(text))
            }
            STRING => Value::String(Arc::<str>::read(reader)?),
            ARRAY => Value::array(reader.items(read)?),
            OBJECT => Value::object(
                reader.items(|reader| Some((Arc::<str>::read(reader)?, read(reader)?)))?,
            ),
            MAP => Value::map(reader.items(|reader| Some((read(reader)?, read(reader)?)))?),
            SET => Value::set(reader.items(read)?),
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(Number::from_json_text(text).unwrap())
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            (-1e300..1e300_f64).prop_map(|it| Value::Number(Number::Float(it))),
            proptest::sample::select(vec![
                "1.0",
                "1E3",
                "-0",
                "1e400",
                "340282366920938463463374607431768211457"
            ])
            .prop_map(number),
            "[a-cé]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let items = || proptest::collection::vec(inner.clone(), 0..5);
            let entries = proptest::collection::vec(("[a-c]{0,2}", inner.clone()), 0..5);
            let pairs = proptest::collection::vec((inner.clone(), inner.clone()), 0..5);
            prop_oneof![
                items().prop_map(Value::array),
                items().prop_map(Value::set),
                pairs.prop_map(Value::map),
                entries.prop_map(|entries| Value::object(
                    entries.into_iter().map(|(key, value)| (Arc::from(key), value)).collect()
                )),
            ]
        })
    }

    proptest! {
        #[test]
        fn constants_read_back_as_they_are_printed(values in proptest::collection::vec(any_value(), 0..6)) {
            let mut writer = Writer::default();
            values.write(&mut writer);
            let bytes = writer.finish().unwrap();
            let mut reader = Reader::over(&bytes).unwrap();
            let again = Vec::<Value>::read(&mut reader).unwrap();
            // Equal values may print differently, so both are asked for.
            prop_assert_eq!(&again, &values);
            prop_assert_eq!(format!("{again:?}"), format!("{values:?}"));
            prop_assert!(reader.is_at_end());
        }
    }

    #[test]
    fn equal_numbers_that_were_written_differently_stay_apart() {
        let mut writer = Writer::default();
        let values = vec![number("1"), number("1.0"), number("1")];
        values.write(&mut writer);
        let bytes = writer.finish().unwrap();
        let again = Vec::<Value>::read(&mut Reader::over(&bytes).unwrap()).unwrap();
        let shown: Vec<String> = again.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["1", "1.0", "1"]);
    }
}
