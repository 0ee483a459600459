//! What a name means outside its rule: an import, a rule of the package, a document, a built-in.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::uses::Uses;
use crate::domain::suggest;
use crate::rego::builtin;
use crate::rego::ir::{Callee, Path};
use crate::rego::syntax::{Module, Version};

/// The meaning of a name or a constant path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Below `input`.
    Input(Path),
    /// Below `data`.
    Data(Path),
    /// A built-in function.
    Builtin(Arc<str>),
}

/// What all modules together define.
#[derive(Debug, Default)]
pub(super) struct World {
    /// The first words of the rules of each package.
    pub(super) rules: BTreeMap<Path, BTreeSet<Arc<str>>>,
    /// The functions by path, with the number of their arguments.
    pub(super) functions: BTreeMap<Path, usize>,
    /// The rules that are no functions.
    pub(super) values: BTreeSet<Path>,
    /// Functions of the host, by name.
    pub(super) host: BTreeMap<String, usize>,
}

/// What one module sees.
#[derive(Debug)]
pub(super) struct Globals<'w> {
    world: &'w World,
    names: BTreeMap<Arc<str>, Meaning>,
    /// The names that were asked for.
    asked: RefCell<BTreeSet<Arc<str>>>,
    /// What the rules speak of.
    pub(super) uses: RefCell<Uses>,
    /// Whether modules are missing, so that an unknown function may be one of theirs.
    incomplete: bool,
    version: Version,
    strict: bool,
}

impl<'w> Globals<'w> {
    pub(super) fn new(world: &'w World, module: &Module, strict: bool, incomplete: bool) -> Self {
        let package = package_of(module);
        let mut names = BTreeMap::new();
        for rule in world.rules.get(&package).into_iter().flatten() {
            let mut path = package.clone();
            path.push(Arc::clone(rule));
            names.insert(Arc::clone(rule), Meaning::Data(path));
        }
        for import in &module.imports {
            let path: Path =
                import.path.iter().skip(1).map(|name| Arc::clone(&name.text)).collect();
            let meaning = match import.path.first().map(|name| name.text.as_ref()) {
                Some("data") => Meaning::Data(path),
                Some("input") => Meaning::Input(path),
                _ => continue,
            };
            let name = import.alias.as_ref().or(import.path.last());
            names.extend(name.map(|name| (Arc::clone(&name.text), meaning)));
        }
        Self {
            world,
            names,
            asked: RefCell::default(),
            uses: RefCell::default(),
            incomplete,
            version: module.version,
            strict,
        }
    }

    /// What a name means as a value.
    pub(super) fn value(&self, name: &str) -> Option<Meaning> {
        match self.names.get_key_value(name) {
            Some((name, meaning)) => {
                self.asked.borrow_mut().insert(Arc::clone(name));
                Some(meaning.clone())
            }
            None if name == "input" => Some(Meaning::Input(Vec::new())),
            None if name == "data" => Some(Meaning::Data(Vec::new())),
            None => None,
        }
    }

    /// What a name with constant steps means, also as a function.
    pub(super) fn meaning(&self, head: &str, steps: &[Arc<str>]) -> Option<Meaning> {
        let below = |mut path: Path| {
            path.extend(steps.iter().cloned());
            path
        };
        match self.value(head) {
            Some(Meaning::Input(path)) => Some(Meaning::Input(below(path))),
            Some(Meaning::Data(path)) => Some(Meaning::Data(below(path))),
            Some(Meaning::Builtin(_)) | None => {
                let mut name = head.to_owned();
                for step in steps {
                    name.push('.');
                    name.push_str(step);
                }
                let known = self.builtin_arity(&name).is_some();
                known.then(|| Meaning::Builtin(Arc::from(name)))
            }
        }
    }

    /// Whether anything of the module asked for the name.
    pub(super) fn was_asked(&self, name: &str) -> bool {
        self.asked.borrow().contains(name)
    }

    pub(super) fn is_v1(&self) -> bool {
        self.version == Version::V1
    }

    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    fn builtin_arity(&self, name: &str) -> Option<usize> {
        let known = || builtin::lookup(name).map(builtin::Builtin::arity);
        self.world.host.get(name).copied().or_else(known).or_else(|| unavailable(name))
    }

    /// How many arguments a function takes; `None` where there is no such function.
    pub(super) fn arity(&self, callee: &Callee) -> Option<usize> {
        match callee {
            Callee::Builtin(name) => self.builtin_arity(name),
            Callee::Rule(path) => self.world.functions.get(path).copied(),
        }
    }

    pub(super) fn is_function(&self, path: &[Arc<str>]) -> bool {
        self.world.functions.contains_key(path)
    }

    /// Whether `f()` is another way to write the rule at `path`.
    pub(super) fn is_value(&self, path: &[Arc<str>]) -> bool {
        self.world.values.contains(path)
    }

    /// Whether a function may stand in a module that was not read.
    pub(super) fn may_be_missing(&self, callee: &Callee) -> bool {
        self.incomplete && matches!(callee, Callee::Rule(_))
    }

    /// The rule or import whose name is much like one that nothing binds.
    pub(super) fn similar_name(&self, written: &str) -> Option<String> {
        let near = suggest::nearest(written, self.names.keys().map(AsRef::as_ref))?;
        Some(format!("did you mean `{near}`?"))
    }

    /// What may have been meant by an unknown function of a package.
    pub(super) fn similar_rule(&self, path: &[Arc<str>]) -> String {
        if self.is_value(path) {
            return "it is no function: leave the brackets away".to_owned();
        }
        let names: Vec<String> = self.world.functions.keys().map(|path| path.join(".")).collect();
        suggest::nearest(&path.join("."), names.iter().map(String::as_str)).map_or_else(
            || "define it in that package, or correct the name".to_owned(),
            |near| format!("did you mean `data.{near}`?"),
        )
    }

    /// What may have been meant by an unknown function.
    pub(super) fn similar_function(&self, written: &str) -> String {
        if let Some((reason, instead)) = builtin::refusal(written) {
            return format!("it {reason}: {instead}");
        }
        let names = builtin::all().map(|builtin| builtin.name);
        let local = self.names.keys().map(AsRef::as_ref);
        suggest::help(
            written,
            names.chain(local),
            "name a rule with arguments, or a built-in function of OPA",
        )
    }
}

/// The arity of what OPA has and the table has not: what asks the network, what only `opa` itself can answer, and words
/// of the language that are called like functions.
fn unavailable(name: &str) -> Option<usize> {
    Some(match name {
        "opa.runtime" | "rego.metadata.chain" | "rego.metadata.rule" => 0,
        "print"
        | "parse_config_file"
        | "parse_combined_config_files"
        | "http.send"
        | "net.lookup_ip_addr"
        | "internal.template_string"
        | "walk"
        | "trace"
        | "graphql.parse_query"
        | "graphql.parse_schema"
        | "graphql.schema_is_valid"
        | "crypto.parse_private_keys"
        | "crypto.x509.parse_certificates"
        | "crypto.x509.parse_certificate_request"
        | "crypto.x509.parse_rsa_private_key"
        | "crypto.x509.parse_and_verify_certificates"
        | "any"
        | "all"
        | "cast_array"
        | "cast_boolean"
        | "cast_null"
        | "cast_object"
        | "cast_set"
        | "cast_string" => 1,
        "eq"
        | "assign"
        | "internal.member_2"
        | "graphql.is_valid"
        | "graphql.parse"
        | "graphql.parse_and_verify"
        | "strings.render_template"
        | "crypto.x509.parse_keypair"
        | "crypto.x509.parse_and_verify_certificates_with_options"
        | "rego.parse_module"
        | "net.cidr_overlap"
        | "re_match"
        | "set_diff" => 2,
        "internal.member_3" | "providers.aws.sign_req" => 3,
        _ => return None,
    })
}

/// What to write instead of a built-in that v1 no longer has.
pub(super) fn deprecated(name: &str) -> Option<&'static str> {
    Some(match name {
        "any" | "all" => "write `some x in xs; …` or `every x in xs { … }`",
        "re_match" => "write `regex.match(pattern, text)`",
        "set_diff" => "write `a - b`",
        "net.cidr_overlap" => "write `net.cidr_contains(cidr, other)`",
        "cast_array" | "cast_boolean" | "cast_null" | "cast_object" | "cast_set"
        | "cast_string" => {
            "ask with `is_array`, `is_boolean`, `is_null`, `is_object`, `is_set` or `is_string`"
        }
        _ => return None,
    })
}

/// The path of a module's package below `data`.
pub(super) fn package_of(module: &Module) -> Path {
    module.package.path.iter().map(|name| Arc::clone(&name.text)).collect()
}
