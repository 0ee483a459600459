//! What the parser says, in words that help.

use granit_parser::{ErrorKind, ScanError};

use super::super::tree::too_deep;
use super::super::{Fault, FaultKind, char_at};

const CHECK_INDENTATION: &str =
    "check the indentation: what belongs together begins in the same column";

/// What is said of a quote that the parser does not find the end of.
pub(super) const UNINDENTED: &str = "a quote is not closed, or the text in it is not indented";

/// The fault that the parser's error is, `base` bytes into `text`.
pub(super) fn fault(text: &str, base: usize, error: &ScanError, max_depth: usize) -> Fault {
    let offset = error.marker().byte_offset().unwrap_or(0);
    let span = char_at(text, (base + offset).min(text.len()));
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(max_depth, span);
    }
    if *error.kind() == ErrorKind::ExpectedDocumentStart
        && !text.get(base..).unwrap_or_default().trim_start().starts_with('%')
    {
        let message = "this line belongs to nothing: it is indented like no line above it";
        return Fault::new(FaultKind::Syntax, message, span).with_help(CHECK_INDENTATION);
    }
    let fault = Fault::new(FaultKind::Syntax, message(error), span);
    match help(error.kind()) {
        Some(help) => fault.with_help(help),
        None => fault,
    }
}

fn message(error: &ScanError) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest speak for themselves")]
    let message = match error.kind() {
        ErrorKind::MappingValueNotAllowed => "a `: ` cannot stand here",
        ErrorKind::UnexpectedCharacter { character } => {
            return format!("a value cannot begin with `{character}`");
        }
        ErrorKind::UnknownAnchor => "this alias names no anchor",
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::UnclosedQuotedScalar => UNINDENTED,
        ErrorKind::UnclosedFlowCollection { .. } => "this bracket is not closed",
        ErrorKind::MisplacedFlowCollectionEnd => "this bracket closes nothing",
        ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            "a tab stands where only spaces indent"
        }
        ErrorKind::ExpectedBlockMappingKey => "a key was expected here",
        ErrorKind::ExpectedBlockSequenceEntry => "a `- ` was expected here",
        ErrorKind::ExpectedDocumentStart => "a document was expected behind this directive",
        _ => return error.info(),
    };
    message.to_owned()
}

fn help(kind: &ErrorKind) -> Option<&'static str> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only some have a usual cause")]
    match kind {
        ErrorKind::MappingValueNotAllowed => {
            Some("check the indentation, or put text that holds `: ` into quotes")
        }
        ErrorKind::UnexpectedCharacter { .. } => Some("put the value into quotes"),
        ErrorKind::UnknownAnchor => Some(
            "define it earlier in the same document, e.g. `&name`; text that begins with `*` stands in quotes",
        ),
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::UnclosedQuotedScalar => {
            Some("close the quote in its line, or indent the lines that continue it")
        }
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInPlainScalar => Some("replace tabs by spaces"),
        ErrorKind::CommentNotSeparated => Some("put a space before `#`"),
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            Some("put the dash into quotes: `[\"-\"]`")
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => {
            Some(CHECK_INDENTATION)
        }
        ErrorKind::ExpectedDocumentStart => {
            Some("remove the line that begins with `%`: Kubernetes does not read directives")
        }
        ErrorKind::UnclosedFlowCollection { .. } => {
            Some("close it, or put text that begins with a bracket into quotes")
        }
        _ => None,
    }
}
