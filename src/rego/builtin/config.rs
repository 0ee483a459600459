//! `parse_config`: a text in one of the formats that policies are about. Source: Conftest, `builtins/parse_config.go`.

use crate::document::{DocumentLimits, json, yaml};
use crate::domain::value::Value;

use super::operand::{Answer, failed, string};
use super::signature::{Builtin, CallContext, Type, entry};
use super::text::charge;

pub(super) const BUILTINS: &[Builtin] =
    &[entry("parse_config", &[Type::String, Type::String], Type::Any, parse_config)];

/// The formats that are read.
const FORMATS: &str = "`yaml`, `json` and `toml`";

/// Bytes of a text that is read: aliases and deep nesting cost more than their length.
const MAX_BYTES: usize = 4 * 1024 * 1024;

fn parse_config(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let format = string(arguments, 1)?;
    let text = string(arguments, 2)?;
    charge(text.len(), context)?;
    context.budget.charge(u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(text.len().saturating_mul(4))?;
    if text.len() > MAX_BYTES {
        return Err(failed("the text is too large"));
    }
    parsed(format, text).map(Some).map_err(failed)
}

fn parsed(format: &str, text: &str) -> Result<Value, String> {
    let limits = DocumentLimits { max_nodes: 200_000, ..DocumentLimits::default() };
    match format {
        "json" => json::read(text, &limits).map(|it| it.value).map_err(|fault| fault.message),
        "yaml" => {
            let documents: Result<Vec<Value>, String> = yaml::read(text, &limits)
                .into_iter()
                .map(|document| document.map(|it| it.value).map_err(|fault| fault.message))
                .collect();
            let mut documents = documents?;
            match documents.len() {
                0 => Ok(Value::Null),
                1 => Ok(documents.remove(0)),
                // A text of several documents is a list of them.
                _ => Ok(Value::array(documents)),
            }
        }
        "toml" => toml::from_str(text).map_err(|cause| cause.message().to_owned()),
        other => Err(format!("the format `{other}` is not read here, only {FORMATS}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_by_the_name_of_their_format() {
        let shown = |format, text| parsed(format, text).map(|value| value.to_string());
        assert_eq!(shown("yaml", "a: [1, yes]").unwrap(), r#"{"a":[1,true]}"#);
        assert_eq!(shown("yaml", "a: 1\n---\nb: 2\n").unwrap(), r#"[{"a":1},{"b":2}]"#);
        assert_eq!(shown("json", "{\"a\": 1}").unwrap(), r#"{"a":1}"#);
        assert_eq!(shown("toml", "[a]\nb = 'x'\n").unwrap(), r#"{"a":{"b":"x"}}"#);
        assert!(shown("hcl2", "a = 1").unwrap_err().contains("`hcl2` is not read here"));
        for (format, broken) in [("yaml", "a: ["), ("json", "{"), ("toml", "a =")] {
            assert!(shown(format, broken).is_err(), "{format}");
        }
    }
}
