//! `spec.match`: which objects a constraint speaks of.
//!
//! Source: Gatekeeper, "The match field": every part that is written must fit, and an object fits when it or the object
//! that it replaces does.

use super::super::node::Node;
use super::selector::{Selector, labels_of};
use crate::domain::value::Value;
use crate::rego::Fault;

/// Which objects are meant. What is not written fits every object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Match {
    kinds: Vec<Kinds>,
    scope: Option<Scope>,
    namespaces: Vec<Glob>,
    excluded_namespaces: Vec<Glob>,
    labels: Option<Selector>,
    namespace_labels: Option<Selector>,
    name: Option<Glob>,
    /// Whether only objects are meant that an expansion made; there are none here.
    only_generated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Kinds {
    groups: Vec<String>,
    kinds: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Any,
    Cluster,
    Namespaced,
}

const SCOPES: [(&str, Scope); 3] =
    [("*", Scope::Any), ("Cluster", Scope::Cluster), ("Namespaced", Scope::Namespaced)];

const SOURCES: [(&str, bool); 3] = [("All", false), ("Original", false), ("Generated", true)];

/// What is known of the namespace of an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Home<'o> {
    /// The object belongs to the cluster.
    Cluster,
    /// It lies in a namespace of this name, empty when nobody wrote it, whose object is there or is not.
    Namespace(&'o str, Option<&'o Value>),
}

const ANY: &str = "*";

impl Match {
    pub(super) fn read(node: &Node<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut read = Self::default();
        let known = [
            "kinds",
            "scope",
            "namespaces",
            "excludedNamespaces",
            "labelSelector",
            "namespaceSelector",
            "name",
            "source",
        ];
        for (key, node) in node.fields(&known, faults) {
            match key {
                "kinds" => {
                    let items = node.items(faults);
                    read.kinds = items.iter().map(|item| Kinds::read(item, faults)).collect();
                }
                "scope" => read.scope = node.word(&SCOPES, faults),
                "namespaces" => read.namespaces = globs(&node, faults),
                "excludedNamespaces" => read.excluded_namespaces = globs(&node, faults),
                "labelSelector" => read.labels = Some(Selector::read(&node, faults)),
                "namespaceSelector" => read.namespace_labels = Some(Selector::read(&node, faults)),
                "name" => read.name = Glob::read(&node, faults).filter(|glob| !glob.0.is_empty()),
                _ => read.only_generated = node.word(&SOURCES, faults).unwrap_or_default(),
            }
        }
        read
    }

    /// The kinds as METADATA writes them, empty where every kind is meant.
    pub(super) fn kinds(&self) -> Vec<String> {
        let mut shown = Vec::new();
        for entry in &self.kinds {
            for kind in &entry.kinds {
                let groups = entry.groups.iter().filter(|group| *group != ANY);
                let named = groups.filter(|group| !group.is_empty());
                let with_group: Vec<String> =
                    named.map(|group| format!("{group}/{kind}")).collect();
                if with_group.len() == entry.groups.len() && !with_group.is_empty() {
                    shown.extend(with_group);
                } else {
                    shown.push(kind.clone());
                }
            }
        }
        if shown.iter().any(|kind| kind == ANY) { Vec::new() } else { shown }
    }

    /// Whether this object is meant.
    ///
    /// # Errors
    /// When labels of a namespace are asked for that nobody knows.
    pub(super) fn fits(&self, object: &Value, home: Home<'_>) -> Result<bool, String> {
        let (group, kind) = type_of(object);
        let is_namespace = group.is_empty() && kind == "Namespace";
        let text =
            |key: &str| object.at(&["metadata", key]).and_then(Value::as_str).unwrap_or_default();
        let in_namespace = match home {
            Home::Cluster => None,
            Home::Namespace(name, _) => Some(name),
        };
        let namespace = if is_namespace { Some(text("name")) } else { in_namespace };
        let namespace = namespace.filter(|name| !name.is_empty());
        let among =
            |globs: &[Glob]| namespace.is_some_and(|name| globs.iter().any(|glob| glob.fits(name)));
        let in_scope = match self.scope {
            None | Some(Scope::Any) => true,
            Some(Scope::Cluster) => is_namespace || in_namespace.is_none(),
            Some(Scope::Namespaced) => !is_namespace && in_namespace.is_some(),
        };
        let of_kind = self.kinds.is_empty() || self.kinds.iter().any(|it| it.fits(group, kind));
        let named = self.name.as_ref().is_none_or(|glob| {
            glob.fits(text("name")) || glob.fits_beginning(text("generateName"))
        });
        let placed = self.namespaces.is_empty() || namespace.is_none() || among(&self.namespaces);
        let labelled = self.labels.as_ref().is_none_or(|labels| labels.fits(&labels_of(object)));
        let fits = of_kind && in_scope && named && placed && labelled && !self.only_generated;
        if !fits || among(&self.excluded_namespaces) {
            return Ok(false);
        }
        let Some(selector) = &self.namespace_labels else { return Ok(true) };
        if is_namespace {
            return Ok(selector.fits(&labels_of(object)));
        }
        let Home::Namespace(name, namespace) = home else { return Ok(true) };
        let mut labels = namespace.map(labels_of).unwrap_or_default();
        if namespace.is_none() && (name.is_empty() || !selector.asks_only_for(NAME_LABEL)) {
            return Err(format!(
                "`namespaceSelector` asks for labels of the namespace `{name}`, which nobody handed in"
            ));
        }
        labels.entry(NAME_LABEL).or_insert(name);
        Ok(selector.fits(&labels))
    }
}

/// The label that every cluster gives to every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Kinds {
    fn read(node: &Node<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut read = Self { groups: Vec::new(), kinds: Vec::new() };
        for (key, node) in node.fields(&["apiGroups", "kinds"], faults) {
            let texts = node.texts(faults);
            if key == "kinds" { read.kinds = texts } else { read.groups = texts }
        }
        read
    }

    fn fits(&self, group: &str, kind: &str) -> bool {
        let has = |list: &[String], wanted: &str| {
            list.is_empty() || list.iter().any(|it| it == ANY || it == wanted)
        };
        has(&self.groups, group) && has(&self.kinds, kind)
    }
}

/// The API group and the kind of an object.
pub(super) fn type_of(object: &Value) -> (&str, &str) {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    (group, text("kind"))
}

/// A name with `*` at its beginning, at its end, or at both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob(String);

fn globs(node: &Node<'_>, faults: &mut Vec<Fault>) -> Vec<Glob> {
    let items = node.items(faults);
    items.iter().filter_map(|item| Glob::read(item, faults)).collect()
}

impl Glob {
    fn read(node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let text = node.text(faults)?;
        let inner = text.strip_prefix('*').unwrap_or(text);
        let inner = inner.strip_suffix('*').unwrap_or(inner);
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-:.".contains(c);
        if !inner.chars().all(is_name) {
            let message = format!("`{text}` can be the name of nothing");
            faults.push(node.fault(message).with_help(
                "write a name, or `kube-*`, `*-system`, `*team*`: a `*` stands at either end",
            ));
            return None;
        }
        Some(Self(text.to_owned()))
    }

    fn fits(&self, name: &str) -> bool {
        let glob = self.0.as_str();
        match (glob.strip_prefix('*'), glob.strip_suffix('*')) {
            (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or(rest)),
            (Some(end), None) => name.ends_with(end),
            (None, Some(beginning)) => name.starts_with(beginning),
            (None, None) => name == glob,
        }
    }

    /// Whether names that begin so are meant.
    fn fits_beginning(&self, beginning: &str) -> bool {
        self.0.ends_with('*') && self.fits(beginning)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::node;
    use super::*;
    use crate::domain::place::SourceFile;

    fn matching(yaml: &str) -> (Match, Vec<String>) {
        let file = Arc::new(SourceFile::new("c.yaml", yaml));
        let document = node::read(&file).unwrap().unwrap();
        let mut faults = Vec::new();
        let read = Match::read(&Node::root(&file, &document), &mut faults);
        (read, faults.iter().map(ToString::to_string).collect())
    }

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    /// Whether an object in (or of) a namespace with one label fits.
    fn fits(yaml: &str, object: &str, namespace: Option<&str>) -> Result<bool, String> {
        let (read, faults) = matching(yaml);
        assert!(faults.is_empty(), "{faults:?}");
        let object = value(object);
        let labels = value(r#"{"metadata": {"labels": {"env": "prod"}}}"#);
        let home = match namespace {
            None => Home::Cluster,
            Some("elsewhere") => Home::Namespace("elsewhere", None),
            Some(name) => Home::Namespace(name, Some(&labels)),
        };
        read.fits(&object, home)
    }

    const POD: &str = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "labels": {"app": "web"}}}"#;
    const NAMESPACE: &str =
        r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop-a"}}"#;
    const ROLE: &str = r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"generateName": "web-"}}"#;

    #[test]
    fn each_part_that_is_written_must_fit() {
        let shop = Some("shop");
        for (yaml, object, namespace, expected) in [
            ("{}", POD, shop, true),
            (r#"kinds: [{apiGroups: [""], kinds: ["Pod"]}]"#, POD, shop, true),
            (r#"kinds: [{apiGroups: ["apps"], kinds: ["*"]}]"#, POD, shop, false),
            (r#"kinds: [{apiGroups: ["*"]}, {kinds: ["X"]}]"#, POD, shop, true),
            ("scope: Cluster", POD, shop, false),
            ("scope: Cluster", ROLE, None, true),
            ("scope: Cluster", NAMESPACE, None, true),
            ("scope: Namespaced", NAMESPACE, None, false),
            ("scope: Namespaced", POD, shop, true),
            ("namespaces: [shop, b]", POD, shop, true),
            ("namespaces: ['sho*']", NAMESPACE, None, true),
            ("namespaces: [other]", POD, shop, false),
            ("namespaces: [other]", ROLE, None, true),
            ("namespaces: [other]", POD, Some(""), true),
            ("excludedNamespaces: ['*op']", POD, shop, false),
            ("excludedNamespaces: ['*op']", NAMESPACE, None, true),
            ("excludedNamespaces: ['*ho*']", NAMESPACE, None, false),
            ("excludedNamespaces: [other]", POD, shop, true),
            ("labelSelector: {matchLabels: {app: web}}", POD, shop, true),
            ("labelSelector: {matchLabels: {app: db}}", POD, shop, false),
            (
                "labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
                POD,
                shop,
                false,
            ),
            (
                "labelSelector: {matchExpressions: [{key: x, operator: DoesNotExist}]}",
                POD,
                shop,
                true,
            ),
            ("namespaceSelector: {matchLabels: {env: prod}}", POD, shop, true),
            ("namespaceSelector: {matchLabels: {env: test}}", POD, shop, false),
            ("namespaceSelector: {matchLabels: {env: test}}", ROLE, None, true),
            ("namespaceSelector: {matchLabels: {env: test}}", NAMESPACE, None, false),
            (
                "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: elsewhere}}",
                POD,
                Some("elsewhere"),
                true,
            ),
            ("name: 'web-*'", POD, shop, true),
            ("name: 'web-*'", ROLE, None, true),
            ("name: web-1", POD, shop, true),
            ("name: 'db*'", POD, shop, false),
            ("source: Generated", POD, shop, false),
            ("source: Original", POD, shop, true),
        ] {
            assert_eq!(fits(yaml, object, namespace), Ok(expected), "{yaml} on {object}");
        }
    }

    #[test]
    fn labels_of_a_namespace_that_nobody_knows_are_an_error_and_never_a_pass() {
        let yaml = "namespaceSelector: {matchLabels: {env: prod}}";
        assert!(fits(yaml, POD, Some("elsewhere")).unwrap_err().contains("`elsewhere`"));
    }

    #[test]
    fn what_cannot_be_meant_is_a_fault() {
        for (yaml, said) in [
            ("kind: [Pod]", "there is no field `kind`"),
            ("scope: Namespace", "`Namespace` is none of"),
            ("namespaces: ['a*b']", "can be the name of nothing"),
            (
                "labelSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}",
                "`in` is none of",
            ),
            ("labelSelector: {matchExpressions: [{key: a, operator: In}]}", "needs `values`"),
            ("labelSelector: {matchLabels: {a: 1}}", "expected a text"),
        ] {
            let (_, faults) = matching(yaml);
            assert!(faults.iter().any(|fault| fault.contains(said)), "{yaml}: {faults:?}");
        }
    }
}
