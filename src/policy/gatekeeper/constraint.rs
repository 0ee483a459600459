//! A constraint: a template with parameters, and the objects that it speaks of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::answer::violations;
use super::super::both::either;
use super::super::dialect::EntryRule;
use super::super::node::Node;
use super::action::{Action, Point};
use super::case::Heard;
use super::document::Kept;
use super::matching::{Home, Match};
use super::template::{Template, input_of};
use crate::domain::code::{Code, Severity};
use crate::domain::digest::Digest;
use crate::domain::place::{SourceFile, Span};
use crate::domain::policy::{Dialect, Needs, PolicyMeta, RuleKind, Scope, Violation};
use crate::domain::release::Release;
use crate::domain::suggest;
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::closed::Asker;
use crate::rego::engine::{Failure, Statement};

/// A constraint that may be asked.
#[derive(Debug)]
pub(in crate::policy) struct Constraint {
    pub(in crate::policy) meta: Arc<PolicyMeta>,
    /// Where its name stands.
    pub(in crate::policy) place: (Arc<SourceFile>, Span),
    template: Arc<Template>,
    parameters: Value,
    matching: Match,
    action: Action,
    asks_both: AtomicBool,
}

/// One object under review.
#[derive(Clone, Debug)]
pub(super) struct Review<'o> {
    /// What the rule sees as `input.review`.
    pub(super) document: Value,
    /// The object, and the one that it replaces.
    pub(super) objects: Vec<&'o Value>,
    pub(super) home: Home<'o>,
}

impl Constraint {
    /// Reads a constraint of one of the `templates`, and says everything that is wrong with it.
    pub(super) fn read(
        kept: &Kept,
        templates: &BTreeMap<String, Arc<Template>>,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let root = Node::root(&kept.file, &kept.document);
        let kind = root.get("kind").and_then(|kind| Some((kind, kind.text(faults)?)));
        let Some((kind, kind_text)) = kind else {
            faults
                .push(root.fault("the constraint has no `kind`").with_help("name its template's"));
            return None;
        };
        let Some(template) = templates.get(kind_text) else {
            let known = templates.keys().map(String::as_str);
            let otherwise = "put its `ConstraintTemplate` into the same bundle";
            let message = format!("there is no template of the kind `{kind_text}`");
            let help = suggest::help(kind_text, known, otherwise);
            faults.push(kind.fault(message).with_help(help));
            return None;
        };
        let Some(name) = root.at(&["metadata", "name"]) else {
            let message = "the constraint has no `metadata.name`";
            faults.push(root.fault(message).with_help("give it a name of its own"));
            return None;
        };
        let place = (Arc::clone(&kept.file), name.span());
        let name = name.text(faults)?;
        let n_before = faults.len();
        let spec = root.get("spec");
        let known = ["match", "parameters", "enforcementAction", "scopedEnforcementActions"];
        if let Some(spec) = spec {
            spec.fields(&known, faults);
        }
        let action = Action::read(spec, faults);
        let matching = spec.and_then(|spec| spec.get("match"));
        let matching = matching.map(|node| Match::read(&node, faults)).unwrap_or_default();
        let parameters = spec.and_then(|spec| spec.get("parameters"));
        let written = parameters.map_or_else(|| Value::object(Vec::new()), |it| it.value.clone());
        if let Some(parameters) = parameters {
            template.schema.check(&parameters, faults);
        }
        let meta = meta(&root, kept, template, name, &action, &matching, faults);
        if faults.len() > n_before {
            return None;
        }
        Some(Self {
            meta: Arc::new(meta?),
            place,
            template: Arc::clone(template),
            parameters: template.schema.defaulted(&written),
            matching,
            action,
            asks_both: AtomicBool::new(false),
        })
    }

    /// What it does at a point; `None` when it is not asked there.
    pub(super) fn action(&self, point: Point) -> Option<RuleKind> {
        self.action.at(point)
    }

    /// Whether it speaks of what is reviewed.
    ///
    /// # Errors
    /// When that cannot be said.
    pub(super) fn concerns(&self, review: &Review<'_>) -> Result<bool, String> {
        for object in &review.objects {
            if self.matching.fits(object, review.home)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What its rule sees of a review, and what became of each of its statements.
    pub(super) fn statements(
        &self,
        asker: &mut Asker,
        review: &Review<'_>,
        inventory: &Value,
    ) -> (Value, Vec<Statement>) {
        let input = self.input(review);
        let statements = self.template.statements(asker, &input, inventory);
        (input, statements)
    }

    /// What its rule sees.
    fn input(&self, review: &Review<'_>) -> Value {
        input_of(&review.document, &self.parameters)
    }

    /// From now on both engines are asked.
    pub(super) fn ask_both(&self) {
        self.asks_both.store(true, Ordering::Relaxed);
    }

    /// Whether the second engine has a part in the answers.
    pub(super) fn hears_the_second(&self) -> bool {
        self.asks_both.load(Ordering::Relaxed)
    }

    /// What the second engine answers; `None` where it refuses the rule.
    pub(super) fn second_answer(
        &self,
        asker: &Asker,
        input: &Value,
        inventory: &Value,
    ) -> Option<Result<Option<Value>, Failure>> {
        self.template.second_answer(asker, input, inventory)
    }

    /// Whether its rule is that of `template`.
    pub(in crate::policy) fn is_of(&self, template: &Arc<Template>) -> bool {
        Arc::ptr_eq(&self.template, template)
    }

    /// What its rule is called.
    pub(super) fn rule_name(&self) -> &str {
        &self.template.rule.name
    }

    /// The file that its template stands in.
    pub(in crate::policy) fn rule_file(&self) -> &str {
        &self.template.rule.location.file
    }

    /// What it has to say against what is reviewed; `heard` is told what its rule answered.
    ///
    /// # Errors
    /// When its rule fails, runs out of time or answers the wrong shape.
    pub(super) fn violations(
        self: &Arc<Self>,
        asker: &mut Asker,
        review: &Review<'_>,
        inventory: &Value,
        kind: RuleKind,
        heard: Option<&mut Vec<Heard>>,
    ) -> Result<Vec<Violation>, String> {
        let input = self.input(review);
        let answer = self.template.answer(asker, input.clone(), inventory);
        if let Some(heard) = heard {
            let answer = answer.as_ref().map_err(|_failure| ()).cloned();
            heard.push(Heard { constraint: Arc::clone(self), input: input.clone(), answer });
        }
        let first = self.said(answer, kind);
        let asks_second = self.hears_the_second();
        match asks_second.then(|| self.second_answer(asker, &input, inventory)).flatten() {
            Some(second) => either(first, self.said(second, kind)),
            None => first,
        }
    }

    fn said(
        &self,
        answer: Result<Option<Value>, Failure>,
        kind: RuleKind,
    ) -> Result<Vec<Violation>, String> {
        let rule = EntryRule { kind, ..self.template.rule.clone() };
        let answer = answer.map_err(|failure| {
            let place = failure.place.is_none().then(|| format!(" ({})", rule.location));
            let place = place.unwrap_or_default();
            format!("the rule `{}` could not be evaluated: {failure}{place}", rule.name)
        })?;
        violations(&rule, answer.as_ref(), None, &Release::default())
    }
}

/// What stands in for METADATA.
fn meta(
    root: &Node<'_>,
    kept: &Kept,
    template: &Template,
    name: &str,
    action: &Action,
    matching: &Match,
    faults: &mut Vec<Fault>,
) -> Option<PolicyMeta> {
    let own = root.at(&["metadata", "annotations"]);
    let annotation = |key: &str| own.and_then(|own| own.get(&format!("goldgate.dev/{key}")));
    let text = |key: &str, faults: &mut Vec<Fault>| {
        annotation(key).and_then(|node| node.text(faults)).map(|text| text.trim().to_owned())
    };
    let code = match annotation("code") {
        Some(node) => node.parsed::<Code>(faults)?,
        None => derived_code(&template.kind, name)?,
    };
    let severity = match annotation("severity") {
        Some(node) => node.word(&Severity::ALL.map(|it| (it.as_str(), it)), faults)?,
        None if action.strictest() == Some(RuleKind::Deny) => Severity::High,
        None => Severity::Low,
    };
    let remediation = text("remediation", faults);
    let remediation =
        remediation.or(Some(template.remediation.clone()).filter(|text| !text.is_empty()));
    let (folder, line) =
        (kept.inner.rsplit('/').nth(1), kept.file.line_and_column(root.span().start).0);
    Some(PolicyMeta {
        code,
        title: text("title", faults).unwrap_or_else(|| template.title.clone()),
        description: template.description.clone(),
        remediation: remediation.unwrap_or_else(|| {
            format!("Change the object until the constraint `{name}` has nothing more to say.")
        }),
        severity,
        scope: Scope::Resource,
        needs: Needs::Reference,
        kinds: matching.kinds(),
        controls: Vec::new(),
        package: template.package.join("."),
        pack: folder.unwrap_or("gatekeeper").to_owned(),
        dialect: Dialect::Gatekeeper,
        file: kept.inner.clone(),
        line,
    })
}

/// `K8sRequiredLabels` and `all-must-have-owner` → `K8S-REQUIRED-LABELS-ALL-MUST-HAVE-OWNER`; what is too long for a code
/// is cut, and ends with a digest.
fn derived_code(kind: &str, name: &str) -> Option<Code> {
    let mut words = String::new();
    let mut before = ' ';
    let mut kind = kind.chars().peekable();
    while let Some(c) = kind.next() {
        let begins = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || kind.peek().is_some_and(char::is_ascii_lowercase)
                    && before.is_ascii_uppercase());
        if begins {
            words.push('-');
        }
        words.push(c);
        before = c;
    }
    let upper = format!("{words}-{name}").to_uppercase();
    let parts = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let whole = parts.collect::<Vec<_>>().join("-");
    if let Ok(code) = whole.parse() {
        return Some(code);
    }
    let digest: String = Digest::of(whole.as_bytes()).to_hex().chars().take(8).collect();
    let cut: String = whole.chars().take(64 - 1 - digest.len()).collect();
    format!("{}-{}", cut.trim_end_matches('-'), digest.to_uppercase()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_made_of_kind_and_name() {
        let code = |kind, name| derived_code(kind, name).unwrap().to_string();
        assert_eq!(
            code("K8sRequiredLabels", "all-must-have-owner"),
            "K8S-REQUIRED-LABELS-ALL-MUST-HAVE-OWNER"
        );
        assert_eq!(code("K8sPSPHostNamespace", "a.b"), "K8S-PSP-HOST-NAMESPACE-A-B");
        let long = code("K8sRequiredLabels", &"n".repeat(80));
        assert!(long.len() <= 64 && long.starts_with("K8S-REQUIRED-LABELS-NNN"), "{long}");
    }
}
