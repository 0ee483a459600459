//! METADATA: comment blocks in YAML that say what the package or rule below them is.
//!
//! Source: OPA 1.x, "Annotations": a block begins with a comment that holds only `METADATA` and goes on as long as
//! comments follow line by line; it speaks of the statement below it.

use std::sync::Arc;

use super::fault::Fault;
use super::module::Module;
use super::syntax::Comment;
use crate::domain::place::{Place, Places, SourceFile, Span};
use crate::domain::suggest;
use crate::domain::value::{Object, Value};

/// Reads the YAML of a block: what it says with places in the text, or what is wrong where.
pub type ReadYaml<'r> = &'r dyn Fn(&str) -> Result<(Value, Arc<Places>, Place), YamlFault>;

/// Why a block is no YAML.
#[derive(Clone, Debug)]
pub struct YamlFault {
    /// What is wrong.
    pub message: String,
    /// Where in the text that was handed in.
    pub span: Span,
    /// What to write instead.
    pub help: Option<String>,
}

/// One block, checked for its form.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// What it speaks of.
    pub scope: Scope,
    /// The path of the rule below it within its package; empty above a package.
    pub rule: Vec<String>,
    /// What it says.
    pub value: Value,
    /// The whole block.
    pub span: Span,
    file: Arc<SourceFile>,
    places: Arc<Places>,
    root: Place,
    lines: Lines,
}

/// What a block speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The one rule below it.
    Rule,
    /// Every rule of that name.
    Document,
    /// The package.
    Package,
    /// The package and all below it.
    Subpackages,
}

const KEYS: [&str; 10] = [
    "scope",
    "title",
    "description",
    "related_resources",
    "authors",
    "organizations",
    "schemas",
    "entrypoint",
    "custom",
    "compile",
];

impl Annotation {
    /// The file it stands in.
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// Where the value at `pointer` stands, or the nearest place on the way to it.
    pub fn span_of(&self, pointer: &str) -> Span {
        let (place, value) = self.places.locate(self.root, &self.value, pointer);
        let collection = matches!(value, Value::Array(_) | Value::Object(_));
        let span = if collection && !place.key.is_empty() { place.key } else { place.value };
        if pointer.is_empty() { self.span } else { self.lines.span(span) }
    }

    /// A fault at the key of the value at `pointer`.
    fn key_fault(&self, pointer: &str, message: String) -> Fault {
        let (place, _) = self.places.locate(self.root, &self.value, pointer);
        Fault::new(&self.file, self.lines.span(place.key), message)
    }

    /// A fault at the value at `pointer`.
    pub fn fault(&self, pointer: &str, message: impl Into<String>) -> Fault {
        Fault::new(&self.file, self.span_of(pointer), message)
    }
}

/// The blocks of `module`, and what is wrong with others of them.
pub fn annotations(module: &Module, read: ReadYaml<'_>) -> (Vec<Annotation>, Vec<Fault>) {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for block in blocks(&module.file, &module.tree.comments) {
        match annotation(module, &block, read) {
            Ok(annotation) => {
                faults.extend(unknown_keys(&annotation));
                found.push(annotation);
            }
            Err(fault) => faults.push(fault),
        }
    }
    (found, faults)
}

/// A block as it stands: the text of its lines without `# `, and where each line begins in the file.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) span: Span,
    pub(super) text: String,
    lines: Lines,
}

/// For each line of a text where it begins there, and where in the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Vec<(u32, u32)>);

impl Lines {
    fn span(&self, span: Span) -> Span {
        Span { start: self.offset(span.start), end: self.offset(span.end) }
    }

    fn offset(&self, offset: u32) -> u32 {
        let index = self.0.partition_point(|(in_text, _)| *in_text <= offset);
        let line = self.0.get(index.saturating_sub(1));
        line.map_or(0, |(in_text, in_file)| in_file + (offset - in_text.min(&offset)))
    }
}

/// The blocks among the comments of a file.
pub(super) fn blocks(file: &SourceFile, comments: &[Comment]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(Block, u32)> = None;
    for comment in comments.iter().filter(|comment| comment.own_line) {
        let (line, _) = file.line_and_column(comment.span.start);
        let text = file.text.get(comment.span.range()).unwrap_or("").trim_end_matches('\r');
        let inner = text.strip_prefix('#').unwrap_or("");
        if inner.trim() == "METADATA" {
            blocks.extend(open.take().map(|(block, _)| block));
            let block = Block { span: comment.span, text: String::new(), lines: Lines::default() };
            open = Some((block, line));
            continue;
        }
        let Some((mut block, last)) = open.take() else { continue };
        if line != last + 1 {
            blocks.push(block);
            continue;
        }
        let stripped = inner.strip_prefix(' ').unwrap_or(inner);
        let skipped = u32::try_from(text.len() - stripped.len()).unwrap_or(0);
        let in_text = u32::try_from(block.text.len()).unwrap_or(u32::MAX);
        block.lines.0.push((in_text, comment.span.start + skipped));
        block.text.push_str(stripped);
        block.text.push('\n');
        block.span.end = comment.span.end;
        open = Some((block, line));
    }
    blocks.extend(open.map(|(block, _)| block));
    blocks
}

fn annotation(module: &Module, block: &Block, read: ReadYaml<'_>) -> Result<Annotation, Fault> {
    let file = &module.file;
    let fault = |message: &str| Fault::new(file, block.span, message);
    let (value, places, root) = read(&block.text).map_err(|cause| {
        let help = cause
            .help
            .unwrap_or_else(|| "write METADATA as YAML, each line behind `# `".to_owned());
        let message = format!("METADATA cannot be read: {}", cause.message);
        Fault::new(file, block.lines.span(cause.span), message).with_help(help)
    })?;
    if value.as_object().is_none() {
        return Err(fault("METADATA says nothing").with_help("write e.g. `# title: …` below it"));
    }
    let below = below(module, block.span.end);
    let mut annotation = Annotation {
        scope: Scope::Rule,
        rule: Vec::new(),
        value,
        span: block.span,
        file: Arc::clone(file),
        places,
        root,
        lines: block.lines.clone(),
    };
    let written = match annotation.value.get("scope") {
        None => None,
        Some(scope) => Some(match scope.as_str() {
            Some("rule") => Scope::Rule,
            Some("document") => Scope::Document,
            Some("package") => Scope::Package,
            Some("subpackages") => Scope::Subpackages,
            Some(_) | None => {
                let message = format!("`{scope}` is no scope of METADATA");
                return Err(annotation
                    .fault("/scope", message)
                    .with_help("write `package`, `subpackages`, `document` or `rule`"));
            }
        }),
    };
    let (default, rule) = match below {
        Below::Package => (Scope::Package, Vec::new()),
        Below::Rule(rule) => (Scope::Rule, rule),
        Below::Import => {
            return Err(fault("this METADATA stands above an import")
                .with_help("move it above `package` or above a rule"));
        }
        Below::Nothing => {
            return Err(fault("this METADATA stands above nothing")
                .with_help("move it above `package` or above a rule"));
        }
    };
    let scope = written.unwrap_or(default);
    let of_package = |scope: Scope| matches!(scope, Scope::Package | Scope::Subpackages);
    if of_package(scope) != of_package(default) {
        let (what, words) = if of_package(default) {
            ("a package", "`package` or `subpackages`")
        } else {
            ("a rule", "`rule` or `document`")
        };
        return Err(annotation
            .fault("/scope", format!("METADATA above {what} cannot have this scope"))
            .with_help(format!("write {words}, or leave `scope` out")));
    }
    annotation.scope = scope;
    annotation.rule = rule;
    Ok(annotation)
}

enum Below {
    Package,
    Import,
    Rule(Vec<String>),
    Nothing,
}

/// The first statement behind `offset`.
fn below(module: &Module, offset: u32) -> Below {
    if module.package_span.start >= offset {
        return Below::Package;
    }
    let import =
        module.imports.iter().map(|import| import.span.start).filter(|at| *at >= offset).min();
    let rule = module.rules.iter().find(|rule| rule.extent.start >= offset);
    match (import, rule) {
        (Some(import), Some(rule)) if import < rule.extent.start => Below::Import,
        (Some(_), None) => Below::Import,
        (_, Some(rule)) => Below::Rule(rule.path.clone()),
        (None, None) => Below::Nothing,
    }
}

fn unknown_keys(annotation: &Annotation) -> Vec<Fault> {
    let keys = annotation.value.as_object().map(Object::entries).unwrap_or_default();
    let unknown = keys.iter().filter(|(key, _)| !KEYS.contains(&key.as_ref()));
    unknown
        .map(|(key, _)| {
            let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
            let otherwise = format!("write it below `custom`, or one of {}", KEYS.join(", "));
            annotation
                .key_fault(&pointer, format!("METADATA has no field `{key}`"))
                .with_help(suggest::help(key, KEYS, &otherwise))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rego::module::parse;
    use crate::rego::syntax::Limits;

    /// Lines of `key: value`, each with its place: enough YAML for what is asked here.
    fn read(text: &str) -> Result<(Value, Arc<Places>, Place), YamlFault> {
        let mut entries = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let Some((key, value)) = line.trim_end().split_once(": ") else {
                let span = Span::new(start, start + line.len());
                return Err(YamlFault { message: "no YAML".into(), span, help: None });
            };
            let at = start + key.len() + 2;
            let place = Place {
                key: Span::new(start, start + key.len()),
                value: Span::new(at, at + value.len()),
                children: 0,
            };
            entries.push((Arc::from(key), Value::from(value), place));
            start += line.len();
        }
        entries.sort_by(|a: &(Arc<str>, Value, Place), b| a.0.cmp(&b.0));
        let mut places = Places::default();
        let children = places.add_children(entries.iter().map(|(_, _, place)| *place));
        let root = Place { children, ..Place::default() };
        let object = entries.into_iter().map(|(key, value, _)| (key, value)).collect();
        Ok((Value::object(object), Arc::new(places), root))
    }

    fn all(text: &str) -> (Vec<Annotation>, Vec<String>) {
        let file = Arc::new(SourceFile::new("p.rego", text));
        let module = parse(&file, None, &Limits::default()).unwrap();
        let (found, faults) = annotations(&module, &read);
        (found, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_block_speaks_of_the_statement_below_it() {
        let (found, faults) = all(
            "# METADATA\n# title: one\npackage p\n\n# METADATA\n# title: two\n# scope: document\n\nx := 1\n# other comment\ny := 2 # METADATA\n",
        );
        assert!(faults.is_empty(), "{faults:?}");
        let shown: Vec<String> =
            found.iter().map(|it| format!("{:?} {:?} {}", it.scope, it.rule, it.value)).collect();
        assert_eq!(
            shown,
            [
                r#"Package [] {"title":"one"}"#,
                r#"Document ["x"] {"scope":"document","title":"two"}"#
            ]
        );
    }

    #[test]
    fn faults_stand_where_they_are_in_the_file() {
        let (_, faults) =
            all("#METADATA\n#nonsense\npackage p\n\n# METADATA\n# titel: x\nx := 1\n");
        assert!(
            faults[0].starts_with("p.rego:2:2: METADATA cannot be read: no YAML"),
            "{faults:?}"
        );
        assert!(faults[1].starts_with("p.rego:6:3: METADATA has no field `titel`"), "{faults:?}");
    }

    proptest! {
        #[test]
        fn no_comments_make_the_reader_panic(
            lines in proptest::collection::vec(
                proptest::sample::select(vec![
                    "# METADATA", "#METADATA", "  # METADATA", "# a: b", "#", "# é: ü", "x := 1", "# scope: rule",
                    "", "y := 2 # METADATA", "# scope: package\r", "import data.a", "package p",
                ]),
                0..30,
            )
        ) {
            let text = lines.join("\n");
            let file = Arc::new(SourceFile::new("p.rego", text));
            if let Ok(module) = parse(&file, None, &Limits::default()) {
                drop(annotations(&module, &read));
            }
        }
    }
}
