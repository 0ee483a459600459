//! A `ConstraintTemplate`: the rule `violation` with its libraries, compiled alone, and what its parameters look like.
//!
//! Source: Gatekeeper, "Constraint Templates"; `templates.gatekeeper.sh/v1`, `v1beta1`, `v1alpha1`.

use std::sync::{Arc, OnceLock};

use super::super::dialect::{AnswerForm, EntryRule};
use super::super::node::Node;
use super::super::options::LoadOptions;
use super::document::Kept;
use super::embedded;
use super::schema::Schema;
use crate::domain::place::SourceFile;
use crate::domain::policy::RuleKind;
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::check::{CheckOptions, check_with};
use crate::rego::closed::{Asker, ClosedProgram, SecondProgram};
use crate::rego::engine::{Failure, Statement};
use crate::rego::evaluate;
use crate::rego::module::{Module, Shape, Version, parse};
use crate::rego::stored::{Stored as _, Writer, stored_struct};

/// The only target that there is.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// The name of the rule that speaks.
const RULE: &str = "violation";

/// A template that compiles.
#[derive(Debug)]
pub(in crate::policy) struct Template {
    /// The kind of its constraints: `K8sRequiredLabels`.
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) remediation: String,
    pub(super) schema: Schema,
    /// The rule that speaks, and where it stands.
    pub(super) rule: EntryRule,
    /// The parts of its package.
    pub(super) package: Vec<String>,
    pub(in crate::policy) file: Arc<SourceFile>,
    program: ClosedProgram,
    version: Version,
    /// Made when an answer is compared for the first time; `None` where the second engine refuses the rule.
    second: OnceLock<Option<SecondProgram>>,
    /// The same once more, which counts what it evaluates.
    counting: Option<ClosedProgram>,
}

/// What was compiled of a template before.
#[derive(Debug)]
pub(in crate::policy) struct CompiledTemplate {
    rule: EntryRule,
    package: Vec<String>,
    program: evaluate::Program,
}

stored_struct!(CompiledTemplate { rule, package, program });

/// The Rego of a template.
struct Code<'d> {
    rego: Node<'d>,
    libs: Vec<Node<'d>>,
    version: Version,
}

impl<'d> Code<'d> {
    /// The rule's text, then those of its libraries.
    fn texts(&self) -> impl Iterator<Item = &Node<'d>> {
        std::iter::once(&self.rego).chain(&self.libs)
    }
}

impl Template {
    /// Reads a template, and says everything that is wrong with it. What was `compiled` before is not compiled again.
    pub(super) fn read(
        kept: &Kept,
        options: &LoadOptions,
        compiled: Option<CompiledTemplate>,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let root = Node::root(&kept.file, &kept.document);
        let names = ["spec", "crd", "spec", "names", "kind"];
        let Some(kind) = root.at(&names) else {
            faults.push(
                root.fault("the template names no kind of constraint")
                    .with_help("write `spec.crd.spec.names.kind`, e.g. `kind: K8sRequiredLabels`"),
            );
            return None;
        };
        let kind_text = kind.text(faults)?;
        named_by_kind(&root, kind_text, faults);
        let code = code_of(&root, faults)?;
        let known = compiled.and_then(|compiled| compiled.over(kept, &code, options));
        let ((rule, package, program), counting) = match known {
            Some(known) => (known, None),
            None => compile(kept, &code, options, faults)?,
        };
        let annotation = |key: &str| {
            let text = root.at(&["metadata", "annotations"]).and_then(|it| it.get(key));
            text.and_then(|it| it.value.as_str()).unwrap_or_default().trim().to_owned()
        };
        let title = annotation("metadata.gatekeeper.sh/title");
        Some(Self {
            title: if title.is_empty() { kind_text.to_owned() } else { title },
            description: annotation("description"),
            remediation: annotation("goldgate.dev/remediation"),
            kind: kind_text.to_owned(),
            schema: schema_of(&root),
            rule,
            package,
            file: Arc::clone(&kept.file),
            program,
            version: code.version,
            second: OnceLock::new(),
            counting,
        })
    }

    /// Appends what was compiled, as [`CompiledTemplate`] is read.
    pub(in crate::policy) fn write(&self, writer: &mut Writer) {
        self.rule.write(writer);
        self.package.write(writer);
        self.program.program().write(writer);
    }

    /// What the rule answers over what it sees of a review.
    ///
    /// # Errors
    /// When it fails or its time is used up.
    pub(super) fn answer(
        &self,
        asker: &mut Asker,
        input: Value,
        inventory: &Value,
    ) -> Result<Option<Value>, Failure> {
        self.program.answer(asker, &self.package, RULE, input, documents(inventory.clone()))
    }

    /// What the second engine answers; `None` where it refuses the rule.
    pub(super) fn second_answer(
        &self,
        asker: &Asker,
        input: &Value,
        inventory: &Value,
    ) -> Option<Result<Option<Value>, Failure>> {
        let second = self.second.get_or_init(|| self.program.second(self.version)).as_ref()?;
        let documents = documents(inventory.clone());
        Some(second.answer(asker, &self.package, RULE, input, &documents))
    }

    /// What became of each statement over a review; nothing unless it was loaded to be traced.
    pub(super) fn statements(
        &self,
        asker: &mut Asker,
        input: &Value,
        inventory: &Value,
    ) -> Vec<Statement> {
        let Some(counting) = &self.counting else { return Vec::new() };
        let documents = documents(inventory.clone());
        counting.statements(asker, &self.package, RULE, input.clone(), documents)
    }
}

impl CompiledTemplate {
    /// What it makes with the texts of its template.
    fn over(self, kept: &Kept, code: &Code<'_>, options: &LoadOptions) -> Option<Program> {
        let Self { rule, package, program } = self;
        let source = |node: &Node<'_>| {
            let text = node.value.as_str()?;
            Some(embedded::source(&kept.file, node.span(), text))
        };
        let files = code.texts().map(source).collect::<Option<Vec<_>>>()?;
        Some((rule, package, ClosedProgram::kept(program, files, options.budget)?))
    }
}

/// The rule that speaks, its package, and what runs it.
type Program = (EntryRule, Vec<String>, ClosedProgram);

fn compile(
    kept: &Kept,
    code: &Code<'_>,
    options: &LoadOptions,
    faults: &mut Vec<Fault>,
) -> Option<(Program, Option<ClosedProgram>)> {
    let (modules, package) = modules(kept, code, options, faults)?;
    let rule = entry_rule(&modules, code, faults)?;
    let data = documents(Value::object(Vec::new()));
    let n_before = faults.len();
    let checks = CheckOptions {
        data: &data,
        strict: options.strict,
        incomplete: false,
        inputs: &[],
        foreign: &[],
    };
    faults.extend(check_with(&modules, checks).faults);
    if faults.len() > n_before {
        return None;
    }
    let counting = options.trace.then(|| data.clone());
    let counting =
        counting.and_then(|data| ClosedProgram::counting(&modules, data, options.budget).ok());
    match ClosedProgram::of(&modules, data, options.budget) {
        Ok(program) => Some(((rule, package, program), counting)),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

/// What the rule sees as `input`.
pub(super) fn input_of(review: &Value, parameters: &Value) -> Value {
    Value::object(vec![
        (Arc::from("review"), review.clone()),
        (Arc::from("parameters"), parameters.clone()),
    ])
}

/// What the rule may read below `data` beside its libraries.
fn documents(inventory: Value) -> Value {
    Value::object(vec![(Arc::from("inventory"), inventory)])
}

/// A template is called as its kind in lower case.
fn named_by_kind(root: &Node<'_>, kind: &str, faults: &mut Vec<Fault>) {
    let Some(name) = root.at(&["metadata", "name"]) else { return };
    let wanted = kind.to_lowercase();
    if name.value.as_str() != Some(wanted.as_str()) {
        let message = "a template is called as its kind in lower case";
        faults.push(name.fault(message).with_help(format!("write `name: {wanted}`")));
    }
}

fn schema_of(root: &Node<'_>) -> Schema {
    let validation = root.at(&["spec", "crd", "spec", "validation"]);
    let written = validation.and_then(|it| it.get("openAPIV3Schema")).map(|it| it.value.clone());
    let legacy = validation.and_then(|it| it.get("legacySchema"));
    let version = root.value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let takes_unknown =
        legacy.and_then(|it| it.value.as_bool()).unwrap_or(!version.ends_with("/v1"));
    Schema { written, takes_unknown }
}

fn code_of<'d>(root: &Node<'d>, faults: &mut Vec<Fault>) -> Option<Code<'d>> {
    let help =
        "write `spec.targets` with one target, `admission.k8s.gatekeeper.sh`, and its `rego`";
    let Some(targets) = root.at(&["spec", "targets"]) else {
        faults.push(root.fault("the template has no `spec.targets`").with_help(help));
        return None;
    };
    let items = targets.items(faults);
    let [target] = items.as_slice() else {
        let message = format!("a template has one target, and this one has {}", items.len());
        faults.push(targets.fault(message).with_help(help));
        return None;
    };
    let name = target.required("target", help, faults)?;
    if name.value.as_str() != Some(TARGET) {
        let message = format!("there is no target `{}`", name.text(faults)?);
        faults.push(name.fault(message).with_help(format!("write `target: {TARGET}`")));
        return None;
    }
    let sources = target.get("code").map(|code| code.items(faults)).unwrap_or_default();
    let rego = sources.iter().find(|node| engine_of(node) == Some("Rego"));
    let holder = match rego {
        Some(node) => node.required("source", "write `source: {rego: …}`", faults)?,
        None => *target,
    };
    let Some(rego) = holder.get("rego") else {
        let fault = if sources.iter().any(|node| engine_of(node) == Some("K8sNativeValidation")) {
            target.fault("this template is written in CEL, which is not evaluated here")
        } else {
            target.fault("the template has no `rego`")
        };
        faults.push(fault.with_help(
            "write the rule `violation` in Rego, below `rego` or below `code` with `engine: Rego`",
        ));
        return None;
    };
    let version = holder.get("version").map(|it| it.value.as_str());
    Some(Code {
        rego,
        libs: holder.get("libs").map(|libs| libs.items(faults)).unwrap_or_default(),
        version: if version == Some(Some("v1")) { Version::V1 } else { Version::V0 },
    })
}

fn engine_of<'d>(code: &Node<'d>) -> Option<&'d str> {
    code.get("engine")?.value.as_str()
}

/// The rule's module, then its libraries, and the package of the former.
fn modules(
    kept: &Kept,
    code: &Code<'_>,
    options: &LoadOptions,
    faults: &mut Vec<Fault>,
) -> Option<(Vec<Module>, Vec<String>)> {
    let mut modules = Vec::new();
    let n_texts = code.texts().count();
    for node in code.texts() {
        let Some(text) = node.text(faults) else { continue };
        let source = embedded::source(&kept.file, node.span(), text);
        match parse(&source, Some(code.version), &options.limits) {
            Ok(module) => modules.push(module),
            Err(found) => faults.extend(found),
        }
    }
    if modules.len() < n_texts {
        return None;
    }
    let package = modules.first().map(|module| module.package.clone())?;
    for module in modules.iter().skip(1) {
        if module.package.first().map(String::as_str) != Some("lib") {
            let message = "the package of a library begins with `lib`";
            faults.push(
                Fault::new(&module.file, module.package_span, message)
                    .with_help("write e.g. `package lib.exempt_container`"),
            );
        }
    }
    Some((modules, package))
}

fn entry_rule(modules: &[Module], code: &Code<'_>, faults: &mut Vec<Fault>) -> Option<EntryRule> {
    let module = modules.first()?;
    let rule = module.rules.iter().find(|rule| {
        rule.path == [RULE] && !matches!(rule.shape, Shape::Function(_) | Shape::Default)
    });
    let Some(rule) = rule else {
        faults.push(
            code.rego
                .key_fault("the template has no rule `violation`")
                .with_help("write `violation[{\"msg\": msg}] { … }`"),
        );
        return None;
    };
    Some(EntryRule {
        name: RULE.to_owned(),
        kind: RuleKind::Deny,
        suffix: String::new(),
        answer: AnswerForm::Findings,
        is_set: rule.shape == Shape::Set,
        location: module.file.location(rule.span, ""),
    })
}
