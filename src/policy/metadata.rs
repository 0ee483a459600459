//! METADATA of a policy, checked; and what stands in for it where a policy of others has none.

use std::collections::BTreeMap;

use super::dialect::{EntryRule, Placed};
use super::node::{listed, phrase};
use crate::domain::code::{Code, Severity};
use crate::domain::policy::{Dialect, Needs, PolicyMeta, RuleKind, Scope};
use crate::domain::suggest;
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::metadata::Annotation;

/// Reads the fields of a policy, nearest block first.
pub(super) struct MetadataReader<'m, 'f> {
    pub(super) annotations: Vec<&'m Annotation>,
    /// The module that stands for the package.
    pub(super) main: Placed<'m>,
    pub(super) package: &'m [String],
    pub(super) faults: &'f mut Vec<Fault>,
}

impl<'m> MetadataReader<'m, '_> {
    pub(super) fn goldgate(&mut self) -> Option<PolicyMeta> {
        let n_before = self.faults.len();
        let code = self.code();
        let title = self.required(
            "title",
            "say in one line what is asked, e.g. `title: Containers do not run as root`",
        );
        let remediation = self.required(
            "custom/remediation",
            "say what to write instead, e.g. `remediation: Set runAsNonRoot to true.`",
        );
        let severity =
            self.word("custom/severity", &Severity::ALL.map(|it| (it.as_str(), it)), true);
        let scope = self.word("custom/scope", &Scope::ALL.map(|it| (it.as_str(), it)), true);
        let needs = self.word("custom/needs", &Needs::ALL.map(|it| (it.as_str(), it)), false);
        let description = self.optional("description");
        let kinds = self.list("custom/kinds");
        let controls = self.list("custom/controls");
        if self.faults.len() > n_before {
            return None;
        }
        let scope = scope?;
        if needs.is_some() && scope != Scope::Image {
            let message = format!("`needs` says nothing in the scope `{}`", scope.as_str());
            self.fault_at("custom/needs", message, "remove it, or write `scope: image`");
        }
        if !kinds.is_empty() && !matches!(scope, Scope::Resource | Scope::Workload) {
            let message = format!("`kinds` says nothing in the scope `{}`", scope.as_str());
            self.fault_at("custom/kinds", message, "remove it, or write `scope: resource`");
        }
        let meta = self.meta(
            code?,
            title?,
            description,
            remediation?,
            severity?,
            scope,
            kinds,
            controls,
            Dialect::Goldgate,
        );
        Some(PolicyMeta { needs: needs.unwrap_or_default(), ..meta })
    }

    /// What the plain form does not say is derived.
    pub(super) fn plain(
        &mut self,
        rules: &BTreeMap<&str, EntryRule>,
        scope: Scope,
        dialect: Dialect,
    ) -> Option<(PolicyMeta, bool)> {
        let n_before = self.faults.len();
        let name = self.package.join(".");
        let derived = derived_code(self.package);
        let Ok(code) = derived.parse::<Code>() else {
            let file = &self.main.module.file;
            self.faults.push(
                Fault::new(
                    file,
                    self.main.module.package_span,
                    format!("no code can be derived from the package `{name}`"),
                )
                .with_help("add METADATA with `custom.code`, or rename the package"),
            );
            return None;
        };
        let title = self.optional("title");
        let description = self.optional("description");
        let remediation = self.optional("custom/remediation");
        let written = self.severity();
        let kinds = self.list("custom/kinds");
        let controls = self.list("custom/controls");
        if self.faults.len() > n_before {
            return None;
        }
        let only_warns = rules.values().all(|rule| rule.kind == RuleKind::Warn);
        let severity = written.unwrap_or(if only_warns { Severity::Low } else { Severity::High });
        let title = if title.is_empty() { name } else { title };
        let remediation = if remediation.is_empty() {
            let what = if scope == Scope::Release { "release" } else { "resource" };
            format!("Change the {what} until `{}` has nothing more to say.", self.main.inner)
        } else {
            remediation
        };
        let meta = self.meta(
            code,
            title,
            description,
            remediation,
            severity,
            scope,
            kinds,
            controls,
            dialect,
        );
        Some((meta, written.is_some()))
    }

    #[expect(clippy::too_many_arguments, reason = "one per field, in the order of the fields")]
    fn meta(
        &self,
        code: Code,
        title: String,
        description: String,
        remediation: String,
        severity: Severity,
        scope: Scope,
        kinds: Vec<String>,
        controls: Vec<String>,
        dialect: Dialect,
    ) -> PolicyMeta {
        let module = self.main.module;
        PolicyMeta {
            code,
            title,
            description,
            remediation,
            severity,
            scope,
            needs: Needs::Reference,
            kinds,
            controls,
            package: self.package.join("."),
            pack: pack_of(self.main.inner, self.package),
            dialect,
            file: self.main.inner.to_owned(),
            line: module.file.line_and_column(module.package_span.start).0,
        }
    }

    fn find(&self, path: &str) -> Option<(&'m Annotation, &'m Value)> {
        let keys: Vec<&str> = path.split('/').collect();
        self.annotations
            .iter()
            .find_map(|annotation| Some((*annotation, annotation.value.at(&keys)?)))
    }

    /// A fault at a field, or at the whole block where it is missing.
    pub(super) fn fault_at(&mut self, path: &str, message: String, help: &str) {
        let fault = match (self.find(path), self.annotations.first()) {
            (Some((annotation, _)), _) => annotation.fault(&format!("/{path}"), message),
            (None, Some(annotation)) => annotation.fault("", message),
            (None, None) => {
                Fault::new(&self.main.module.file, self.main.module.package_span, message)
            }
        };
        self.faults.push(fault.with_help(help));
    }

    fn code(&mut self) -> Option<Code> {
        let (annotation, value) = self.find("custom/code")?;
        let Some(text) = value.as_str() else {
            let message = format!("`custom.code` is {}, not a text", phrase(value));
            self.fault_at("custom/code", message, "write e.g. `code: K8S-RUN-AS-ROOT`");
            return None;
        };
        match text.parse() {
            Ok(code) => Some(code),
            Err(error) => {
                let error: crate::domain::error::Error = error;
                let fault = annotation.fault("/custom/code", error.external());
                self.faults.push(fault.with_help(error.help().unwrap_or_default()));
                None
            }
        }
    }

    fn required(&mut self, path: &str, help: &str) -> Option<String> {
        let text = self.text(path)?;
        let text = text.trim();
        if text.is_empty() {
            let message = format!("METADATA says no `{}`", path.replace('/', "."));
            self.fault_at(path, message, help);
            return None;
        }
        Some(text.to_owned())
    }

    fn optional(&mut self, path: &str) -> String {
        self.text(path).unwrap_or_default().trim().to_owned()
    }

    /// The text at `path`, empty when there is none; `None` (and a fault) when it is something else.
    fn text(&mut self, path: &str) -> Option<String> {
        match self.find(path).map(|(_, value)| value) {
            None | Some(Value::Null) => Some(String::new()),
            Some(Value::String(text)) => Some(text.to_string()),
            Some(value) => {
                let message =
                    format!("`{}` is {}, not a text", path.replace('/', "."), phrase(value));
                self.fault_at(path, message, "write it in quotes");
                None
            }
        }
    }

    fn word<T: Copy>(&mut self, path: &str, words: &[(&str, T)], required: bool) -> Option<T> {
        let text = self.text(path)?;
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let otherwise = format!("write {}", listed(&known));
        if text.is_empty() {
            if required {
                let message = format!("METADATA says no `{}`", path.replace('/', "."));
                self.fault_at(path, message, &otherwise);
            }
            return None;
        }
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let message = format!("`{text}` is no `{}`", path.replace('/', "."));
            let help = suggest::help(&text, known.iter().copied(), &otherwise);
            self.fault_at(path, message, &help);
        }
        found
    }

    /// The severity in whatever case policies of others write it.
    fn severity(&mut self) -> Option<Severity> {
        let text = self.text("custom/severity")?.to_lowercase();
        text.parse().ok()
    }

    fn list(&mut self, path: &str) -> Vec<String> {
        let Some((annotation, value)) = self.find(path) else { return Vec::new() };
        let items = value.as_array().map(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        if let Some(Some(items)) = items {
            return items;
        }
        let message = format!("`{}` is no list of texts", path.replace('/', "."));
        let fault = annotation.fault(&format!("/{path}"), message);
        self.faults.push(fault.with_help("write e.g. `[PSS-restricted]`"));
        Vec::new()
    }
}

/// The folder the file stands in; for a file that stands in none, the last part of the package but one.
fn pack_of(inner: &str, package: &[String]) -> String {
    let folder = inner.rsplit('/').nth(1);
    let part = package.iter().rev().nth(1).or(package.last());
    folder.or(part.map(String::as_str)).unwrap_or_default().to_owned()
}

/// `k8s.labels` → `K8S-LABELS`
fn derived_code(package: &[String]) -> String {
    let upper = package.join("-").to_uppercase();
    let words = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_packs_are_derived() {
        let package = ["k8s".to_owned(), "label_owner".to_owned()];
        assert_eq!(derived_code(&package), "K8S-LABEL-OWNER");
        assert_eq!(pack_of("kubernetes/a.rego", &package), "kubernetes");
        assert_eq!(pack_of("a.rego", &package), "k8s");
        assert_eq!(pack_of("a.rego", &["main".to_owned()]), "main");
    }
}
