//! Label selectors, as Kubernetes reads them.

use std::collections::BTreeMap;

use super::super::node::Node;
use crate::domain::value::Value;
use crate::rego::Fault;

/// Which labels are asked for. Without a requirement every set of labels fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

const OPERATORS: [(&str, Operator); 4] = [
    ("In", Operator::In),
    ("NotIn", Operator::NotIn),
    ("Exists", Operator::Exists),
    ("DoesNotExist", Operator::DoesNotExist),
];

impl Selector {
    /// Reads `matchLabels` and `matchExpressions`.
    pub(super) fn read(node: &Node<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut requirements = Vec::new();
        for (key, node) in node.fields(&["matchLabels", "matchExpressions"], faults) {
            if key == "matchExpressions" {
                let items = node.items(faults);
                requirements.extend(items.iter().filter_map(|item| expression(item, faults)));
                continue;
            }
            if !node.value.is_object() && *node.value != Value::Null {
                faults.push(node.wrong("an object of labels"));
            }
            requirements.extend(node.entries().into_iter().filter_map(|(label, value)| {
                Some(Requirement {
                    key: label.to_owned(),
                    operator: Operator::In,
                    values: vec![value.text(faults)?.to_owned()],
                })
            }));
        }
        Self { requirements }
    }

    /// Whether an object with these labels is meant.
    pub(super) fn fits(&self, labels: &BTreeMap<&str, &str>) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(labels))
    }

    /// Whether nothing is asked but labels among `known`.
    pub(super) fn asks_only_for(&self, known: &str) -> bool {
        self.requirements.iter().all(|requirement| requirement.key == known)
    }
}

impl Requirement {
    fn holds(&self, labels: &BTreeMap<&str, &str>) -> bool {
        let value = labels.get(self.key.as_str());
        let listed = value.is_some_and(|value| self.values.iter().any(|known| known == value));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

fn expression(node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<Requirement> {
    node.fields(&["key", "operator", "values"], faults);
    let key = node.required("key", "write the label's name", faults)?.text(faults)?;
    let help = "write `In`, `NotIn`, `Exists` or `DoesNotExist`";
    let operator = node.required("operator", help, faults)?;
    let operator = operator.word(&OPERATORS, faults)?;
    let written = node.get("values");
    let values = written.map(|values| values.texts(faults)).unwrap_or_default();
    let wants_values = matches!(operator, Operator::In | Operator::NotIn);
    if wants_values == values.is_empty() {
        let (message, help) = if wants_values {
            ("this operator needs `values`", "list at least one value")
        } else {
            ("this operator takes no `values`", "remove them")
        };
        faults.push(written.unwrap_or(*node).fault(message).with_help(help));
        return None;
    }
    Some(Requirement { key: key.to_owned(), operator, values })
}

/// The labels of an object.
pub(super) fn labels_of(object: &Value) -> BTreeMap<&str, &str> {
    let labels = object.at(&["metadata", "labels"]).and_then(Value::as_object);
    let entries = labels.map(crate::domain::value::Object::entries).unwrap_or_default();
    entries.iter().filter_map(|(key, value)| Some((key.as_ref(), value.as_str()?))).collect()
}
