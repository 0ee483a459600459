//! Formats in which `%s`, `%v` and `%d` stand alone: their parts are known before there are values.

use std::fmt::Write as _;

use crate::domain::value::{Number, Value};

/// A format of which no verb has flags, a width, a precision or an index.
#[derive(Clone, Debug)]
pub struct PlainFormat {
    /// The text before each verb.
    verbs: Vec<(String, Verb)>,
    end: String,
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Text,
    Integer,
    Any,
}

/// A longer text is left to the function itself, which charges for it before it is made.
const MAX_PART_BYTES: usize = 4096;

impl PlainFormat {
    /// The format in parts, if it is a plain one.
    pub fn of(format: &str) -> Option<Self> {
        let (mut verbs, mut text) = (Vec::new(), String::new());
        let mut chars = format.chars();
        while let Some(char) = chars.next() {
            if char != '%' {
                text.push(char);
                continue;
            }
            let verb = match chars.next()? {
                '%' => {
                    text.push('%');
                    continue;
                }
                's' => Verb::Text,
                'd' => Verb::Integer,
                'v' => Verb::Any,
                _ => return None,
            };
            verbs.push((std::mem::take(&mut text), verb));
        }
        Some(Self { verbs, end: text })
    }

    /// How many values it takes.
    pub fn arity(&self) -> usize {
        self.verbs.len()
    }

    /// Adds what stands before a verb, and the value in its place; `false` where that is not plain.
    pub fn push(&self, number: usize, value: &Value, text: &mut String) -> bool {
        let Some((before, verb)) = self.verbs.get(number) else { return false };
        text.push_str(before);
        match (verb, value) {
            (Verb::Text | Verb::Any, Value::String(part)) if part.len() <= MAX_PART_BYTES => {
                text.push_str(part);
                true
            }
            (Verb::Integer | Verb::Any, Value::Number(Number::Int(number))) => {
                write!(text, "{number}").is_ok()
            }
            _ => false,
        }
    }

    /// Adds what stands behind the last verb.
    pub fn finish(&self, text: &mut String) {
        text.push_str(&self.end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::lookup;
    use super::super::super::{Cache, CallContext};
    use super::*;
    use crate::rego::budget::{Budget, Limits};

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[a-z%é]{0,5}".prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
            Just(Value::array(vec![Value::from(1)])),
        ]
    }

    fn directly(format: &str, values: &[Value]) -> Option<Value> {
        let format = PlainFormat::of(format).filter(|format| format.arity() == values.len())?;
        let mut text = String::new();
        let mut all = (0..).zip(values);
        all.all(|(number, value)| format.push(number, value, &mut text)).then(|| {
            format.finish(&mut text);
            Value::from(text)
        })
    }

    fn called(format: &str, values: &[Value]) -> Option<Value> {
        let mut context = CallContext {
            now_ns: 0,
            seed: 0,
            budget: &mut Budget::start(Limits::default()),
            cache: &mut Cache::default(),
            held: None,
            data: &Value::Null,
        };
        let arguments = [Value::from(format), Value::array(values.to_vec())];
        (lookup("sprintf").unwrap().function)(&arguments, &mut context).unwrap()
    }

    proptest! {
        #[test]
        fn a_plain_format_gives_what_the_function_gives(
            format in "([a-z é]|%s|%d|%v|%%|%x|%5s|%){0,6}",
            values in proptest::collection::vec(value(), 0..4),
        ) {
            if let Some(text) = directly(&format, &values) {
                prop_assert_eq!(Some(text), called(&format, &values));
            }
        }
    }

    #[test]
    fn texts_and_integers_are_plain() {
        let values = [Value::from("a"), Value::from(7), Value::from("%b")];
        let text = directly("%s: 100%% of %d %v.", &values);
        assert_eq!(text, Some(Value::from("a: 100% of 7 %b.")));
        assert_eq!(directly("%5s", &values[..1]), None);
        assert_eq!(directly("%s", &[Value::from(7)]), None);
        assert_eq!(directly("%d", &[Value::from("7")]), None);
    }
}
