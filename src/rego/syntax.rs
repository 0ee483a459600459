//! Text to syntax tree: a bounded lexer and a recursive-descent parser of our own for Rego v0 and v1.
//!
//! Every fault of a file is reported at once: behind a fault the parser goes on at the next statement or rule. Brackets are
//! counted before anything recurses, and the few places where the grammar must read ahead draw on a common allowance, so
//! that the time is linear in the text.
//!
//! Source: the Open Policy Agent's documentation of the language, version 1.20, and the behaviour of its parser.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a parser asks for the tokens that it knows and refuses all others"
)]

pub mod ast;
mod collection;
mod escape;
pub(crate) mod fault;
mod head;
mod lexer;
mod logical;
mod module;
mod parser;
mod statement;
mod term;
mod token;
pub(crate) mod visit;

use std::sync::Arc;

pub use ast::{Module, Version};
pub use token::Comment;

use super::fault::Fault;
use crate::domain::place::{SourceFile, Span};
use fault::{Code, Report};

/// Bounds of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub max_bytes: usize,
    /// Nesting of brackets.
    pub max_depth: usize,
    /// Steps of one reference: `input.a[b].c` has three.
    pub max_steps: usize,
    /// Operators of one expression outside brackets.
    pub max_operators: usize,
    /// Levels of one expression, brackets and operators together.
    pub max_height: usize,
    /// Statements of one body.
    pub max_statements: usize,
    /// Tokens that may be read again where the grammar is ambiguous, over the whole file, for each token of it.
    pub max_rereads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 4 * 1_048_576,
            max_depth: 64,
            max_steps: 256,
            max_operators: 256,
            max_height: 400,
            max_statements: 2_000,
            max_rereads: 8,
        }
    }
}

/// Reads `file` as Rego of `version`; `import rego.v1` makes a v0 file a v1 file.
///
/// # Errors
/// All faults of the file.
pub fn parse(
    file: &Arc<SourceFile>,
    version: Version,
    limits: &Limits,
) -> Result<Module, Vec<Fault>> {
    let mut report = Report::new(file);
    if file.text.len() > limits.max_bytes {
        let message = format!("the file has more than {} bytes", limits.max_bytes);
        report
            .fault(Code::Limit, Span::default(), message)
            .help("split it, or move data into `data.json`");
        return Err(report.faults);
    }
    let lexed = lexer::lex(&file.text, limits, &mut report);
    let module = parser::Parser::new(file, lexed, version, limits, &mut report).module();
    match module {
        Some(module) if report.faults.is_empty() => Ok(module),
        _ => Err(report.faults),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, version: Version) -> Result<Module, Vec<String>> {
        let file = Arc::new(SourceFile::new("p.rego", text));
        parse(&file, version, &Limits::default())
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn all_faults_of_a_file_are_reported_at_once() {
        let faults = read("package p\n\na if {\n\tx := \n\ty = = 2\n}\n\nb := ]\n", Version::V1);
        let faults = faults.unwrap_err();
        assert!(faults[0].contains("closes none that is open"), "{faults:?}");
        let text =
            "package p\n\na if {\n\tx := +\n\ty = = 2\n\tz := 1\n}\n\nb { true }\n\nc := not\n";
        let faults = read(text, Version::V1).unwrap_err();
        let lines: Vec<&str> =
            faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
        assert_eq!(lines, ["p.rego:4:7", "p.rego:5:6", "p.rego:9:3", "p.rego:11:6"], "{faults:#?}");
    }

    #[test]
    fn template_strings_hold_any_expression() {
        let text = "package p\nx := $\"a {input.y[{\"}\": 1}[\"}\"]]} \\{ {[1 | true][0]}\"\n";
        let module = read(text, Version::V1).unwrap();
        let shown = format!("{:?}", module.rules[0].head.makes);
        assert!(shown.contains("Template") && shown.contains(" { "), "{shown}");
    }

    #[test]
    fn a_union_with_a_comma_behind_it_is_no_comprehension() {
        read("package p\nx := [{1} | {2}, 3]\n", Version::V1).unwrap();
        read("package p\nx := {\"a\": {1} | {2}, \"b\": 3}\n", Version::V1).unwrap();
    }

    #[test]
    fn ambiguous_and_deep_texts_are_refused_without_delay() {
        for text in [
            format!("package p\nx := {}1{}", "[".repeat(50_000), "]".repeat(50_000)),
            format!("package p\nx := {}1{}", "[{1} | ".repeat(60), ", 2]".repeat(60)),
            format!("package p\nx := {}1", "1 + ".repeat(50_000)),
            format!("package p\nx := input{}", "[0]".repeat(20_000)),
            format!(
                "package p\nx := {}1{}",
                "(".repeat(60),
                "+ 1 + 1 + 1 + 1 + 1 + 1 + 1)".repeat(60)
            ),
            format!("package p\nx if {{\n{}}}", "y = 1\n".repeat(3_000)),
        ] {
            assert!(read(&text, Version::V1).is_err());
        }
        let nested = format!("package p\nx := {}1{}", "[{\"a\": ".repeat(31), "}]".repeat(31));
        read(&nested, Version::V1).unwrap();
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            drop(read(&format!("package p\n{text}"), Version::V1));
            drop(read(&text, Version::V0));
        }

        #[test]
        fn no_soup_of_tokens_makes_the_parser_panic(
            words in proptest::collection::vec(
                proptest::sample::select(vec![
                    "package", " p", "import ", "data.a", "rego.v1", "x", ".y", "[", "]", "{", "}", "(", ")",
                    " if ", " contains ", " := ", " = ", " == ", "|", "&", "-", " not ", "some ", " in ",
                    "every ", ", ", ";", "\n", "\"a\"", "`r`", "$\"t {", "}\"", " with ", " as ", "else ",
                    "default ", "1", ".5", "#c\n", "_", "null", "é", "\0", "future.keywords", " and ", " or ",
                ]),
                0..120,
            )
        ) {
            let text = format!("package p\nimport future.keywords\n{}", words.concat());
            drop(read(&text, Version::V1));
            drop(read(&text, Version::V0));
        }
    }
}
