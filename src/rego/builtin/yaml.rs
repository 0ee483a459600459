//! YAML as text, read and written as Kubernetes tools do. Source: OPA 1.x, `topdown/encoding.go`, sigs.k8s.io/yaml.

mod write;

use crate::document::{DocumentLimits, yaml};
use crate::domain::value::Value;

use super::conversion::is_valid;
use super::operand::{Answer, answer, any, failed, string};
use super::signature::{Builtin, CallContext, Type, entry};
use super::text::charge;

pub(super) const BUILTINS: &[Builtin] = &[
    entry("yaml.marshal", &[Type::Any], Type::String, marshal),
    entry("yaml.unmarshal", &[Type::String], Type::Any, unmarshal),
    entry("yaml.is_valid", &[Type::String], Type::Boolean, yaml_is_valid),
];

/// Bytes of a text that is read: aliases and deep nesting cost more than their length.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The first document of a text, as OPA takes it; what YAML readers disagree on is refused.
fn parsed(text: &str) -> Result<Value, String> {
    if text.len() > MAX_BYTES {
        return Err("the text is too large".to_owned());
    }
    if text.starts_with('\t') {
        return Err(
            "error converting YAML to JSON: yaml: found character that cannot start any token"
                .to_owned(),
        );
    }
    let text = first_document(text)?;
    let limits = DocumentLimits { max_nodes: 200_000, ..DocumentLimits::default() };
    match yaml::read(text, &limits).into_iter().next() {
        None => Ok(Value::Null),
        Some(Ok(document)) => Ok(document.value),
        Some(Err(fault)) => Err(format!("error converting YAML to JSON: yaml: {}", fault.message)),
    }
}

/// What stands before the mark `...`, which ends a document wherever a line begins with it; OPA reads no further.
fn first_document(text: &str) -> Result<&str, String> {
    let mut before = 0;
    let mut has_content = false;
    for line in text.split_inclusive('\n') {
        let behind = line.strip_prefix("...");
        if behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) {
            if !has_content {
                return Err("yaml: did not find expected node content".to_owned());
            }
            return Ok(text.get(..before).unwrap_or(text));
        }
        let written = line.trim_start();
        has_content |= !written.is_empty() && !written.starts_with('#');
        before += line.len();
    }
    Ok(text)
}

fn unmarshal(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    context.budget.charge(u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(text.len().saturating_mul(4))?;
    parsed(text).map(Some).map_err(failed)
}

fn yaml_is_valid(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let length = any(arguments, 1)?.as_str().map_or(0, str::len);
    context.budget.charge(u64::try_from(length).unwrap_or(u64::MAX))?;
    is_valid(arguments, |text| parsed(text).is_ok())
}

fn marshal(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = write::yaml_text(any(arguments, 1)?).map_err(failed)?;
    charge(text.len(), context)?;
    answer(text)
}
