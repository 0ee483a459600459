//! The effective security context: what the container says, else what the pod says for it.
//!
//! Source: Kubernetes, `securitycontext.DetermineEffectiveSecurityContext`.

use std::sync::Arc;

use crate::document::shared_key;
use crate::domain::value::{Object, Value};

/// What a field of a security context holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Bool,
    Integer,
    Text,
    Object,
    Capabilities,
}

impl Holds {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Integer => value.as_i64().is_some(),
            Self::Text => matches!(value, Value::String(_)),
            Self::Object => matches!(value, Value::Object(_)),
            Self::Capabilities => {
                let is_list = |field: &str| match value.get(field) {
                    None | Some(Value::Null) => true,
                    Some(Value::Array(items)) => items.iter().all(|item| item.as_str().is_some()),
                    Some(_) => false,
                };
                matches!(value, Value::Object(_)) && is_list("add") && is_list("drop")
            }
        }
    }

    const fn described(self) -> &'static str {
        match self {
            Self::Bool => "a boolean",
            Self::Integer => "an integer",
            Self::Text => "a string",
            Self::Object => "an object",
            Self::Capabilities => "an object of lists of strings (`add`, `drop`)",
        }
    }
}

/// Whether the pod's field applies to containers that do not set it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    ContainerOnly,
    PodToo,
    /// Field by field.
    Merged,
}

/// By ascending name, in the model as in the manifest.
const FIELDS: [(&str, &str, Holds, From); 12] = [
    ("allow_privilege_escalation", "allowPrivilegeEscalation", Holds::Bool, From::ContainerOnly),
    ("app_armor_profile", "appArmorProfile", Holds::Object, From::PodToo),
    ("capabilities", "capabilities", Holds::Capabilities, From::ContainerOnly),
    ("privileged", "privileged", Holds::Bool, From::ContainerOnly),
    ("proc_mount", "procMount", Holds::Text, From::ContainerOnly),
    ("read_only_root_filesystem", "readOnlyRootFilesystem", Holds::Bool, From::ContainerOnly),
    ("run_as_group", "runAsGroup", Holds::Integer, From::PodToo),
    ("run_as_non_root", "runAsNonRoot", Holds::Bool, From::PodToo),
    ("run_as_user", "runAsUser", Holds::Integer, From::PodToo),
    ("se_linux_options", "seLinuxOptions", Holds::Object, From::PodToo),
    ("seccomp_profile", "seccompProfile", Holds::Object, From::PodToo),
    ("windows_options", "windowsOptions", Holds::Object, From::Merged),
];

/// The effective security context, an object in `snake_case` of what is set. Values of a wrong type are left out: a
/// policy would take `"false"` for set.
pub(super) fn effective(container: Option<&Value>, pod: Option<&Value>) -> Value {
    if container.is_none() && pod.is_none() {
        return Value::object(Vec::new());
    }
    let (container, pod) = (written(container), written(pod));
    let mut entries: Vec<(Arc<str>, Value)> = Vec::with_capacity(8);
    for ((name, _, holds, from), (container, pod)) in FIELDS.iter().zip(container.iter().zip(pod)) {
        let value = match from {
            From::ContainerOnly => container.cloned(),
            From::PodToo => container.or(pod).cloned(),
            From::Merged => merged(pod.cloned(), container.cloned()),
        };
        let Some(value) = value else { continue };
        let value = if *holds == Holds::Capabilities { both_lists(&value) } else { value };
        entries.push((shared_key(name), value));
    }
    Value::object(entries)
}

/// The fields of a security context whose values are of a wrong type, and what they must be.
pub(super) fn wrong_fields(
    context: &Value,
) -> impl Iterator<Item = (&'static str, &'static str, &Value)> {
    let entries = context.as_object().map(Object::entries).unwrap_or_default();
    entries.iter().filter(|(_, value)| !matches!(value, Value::Null)).filter_map(|(key, value)| {
        let (_, field, holds, _) = FIELDS.get(number_of(key)?)?;
        (!holds.fits(value)).then_some((*field, holds.described(), value))
    })
}

/// The values of the right type in a context, one for each field.
fn written(context: Option<&Value>) -> [Option<&Value>; FIELDS.len()] {
    let mut found = [None; FIELDS.len()];
    let entries = context.and_then(Value::as_object).map(Object::entries).unwrap_or_default();
    for (key, value) in entries {
        let Some(number) = number_of(key) else { continue };
        let fits = FIELDS.get(number).is_some_and(|(_, _, holds, _)| holds.fits(value));
        if let Some(place) = found.get_mut(number).filter(|_| fits) {
            *place = Some(value);
        }
    }
    found
}

/// The number of a field. Contexts have few, so that it is theirs that are looked up.
fn number_of(key: &str) -> Option<usize> {
    FIELDS.binary_search_by(|(_, field, ..)| (*field).cmp(key)).ok()
}

fn merged(pod: Option<Value>, container: Option<Value>) -> Option<Value> {
    let (pod, container) = match (pod, container) {
        (Some(pod), Some(container)) => (pod, container),
        (pod, container) => return container.or(pod),
    };
    let entries =
        |value: &Value| value.as_object().map(Object::entries).unwrap_or_default().to_vec();
    let mut both = entries(&pod);
    // Of equal keys the last one stands.
    both.extend(entries(&container).into_iter().filter(|(_, value)| !matches!(value, Value::Null)));
    Some(Value::object(both))
}

fn both_lists(capabilities: &Value) -> Value {
    let list = |field: &str| match capabilities.get(field) {
        Some(list @ Value::Array(_)) => list.clone(),
        Some(_) | None => Value::array(Vec::new()),
    };
    Value::object(vec![(shared_key("add"), list("add")), (shared_key("drop"), list("drop"))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(container: &str, pod: &str, expected: &str) {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(effective(Some(&read(container)), Some(&read(pod))).to_string(), expected);
    }

    #[test]
    fn the_container_wins_over_the_pod_and_null_says_nothing() {
        check(
            r#"{"runAsNonRoot":false,"runAsUser":null}"#,
            r#"{"runAsNonRoot":true,"runAsUser":7,"privileged":true}"#,
            r#"{"run_as_non_root":false,"run_as_user":7}"#,
        );
    }

    #[test]
    fn fields_ascend_in_both_spellings() {
        assert!(FIELDS.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
    }

    #[test]
    fn windows_options_are_merged_field_by_field_and_profiles_are_not() {
        check(
            r#"{"windowsOptions":{"runAsUserName":"a"},"seLinuxOptions":{"level":"s0"}}"#,
            r#"{"windowsOptions":{"runAsUserName":"b","hostProcess":true},"seLinuxOptions":{"user":"u"}}"#,
            r#"{"se_linux_options":{"level":"s0"},"windows_options":{"hostProcess":true,"runAsUserName":"a"}}"#,
        );
    }

    #[test]
    fn capabilities_have_both_lists() {
        check(
            r#"{"capabilities":{"drop":["ALL"]}}"#,
            "{}",
            r#"{"capabilities":{"add":[],"drop":["ALL"]}}"#,
        );
    }

    #[test]
    fn a_value_of_a_wrong_type_is_left_out_and_reported() {
        let context: Value =
            serde_json::from_str(r#"{"runAsNonRoot":"false","capabilities":{"drop":"ALL"}}"#)
                .unwrap();
        assert_eq!(effective(Some(&context), None).to_string(), "{}");
        let wrong: Vec<&str> = wrong_fields(&context).map(|(field, ..)| field).collect();
        assert_eq!(wrong, ["capabilities", "runAsNonRoot"]);
    }
}
