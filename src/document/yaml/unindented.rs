//! Quoted text that goes on in a line which is not indented: the parser refuses it, and a cluster reads it.
//!
//! Source: sigs.k8s.io/yaml 1.6 (go-yaml), which asks for no indentation inside of quotes.

use std::ops::Range;
use std::sync::Arc;

use super::explain::UNINDENTED;
use super::full;
use crate::document::{Document, DocumentLimits, Fault};
use crate::domain::place::{Place, Span};

/// How many lines of a document are indented for it; whoever has more is told.
const MAX_LINES: usize = 32;

/// Spaces at the beginning of a line inside of quotes mean nothing, so that more than enough do no harm.
const INDENTATION: &str = "                                                                ";

/// Reads the piece again with the lines indented at which the parser stopped; otherwise `fault`, what it said first.
pub(super) fn read(
    text: &str,
    range: Range<usize>,
    limits: &DocumentLimits,
    fault: Fault,
) -> Result<Option<Document>, Fault> {
    if fault.message != UNINDENTED {
        return Err(fault);
    }
    let mut indented = text.get(..range.end).unwrap_or_default().to_owned();
    // Where a line was indented, in the text as it is now.
    let mut added: Vec<usize> = Vec::new();
    let mut at = fault.span.start as usize;
    while added.len() < MAX_LINES {
        let before = indented.get(..at).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        if line < range.start || added.last().is_some_and(|last| *last >= line) {
            break;
        }
        indented.insert_str(line, INDENTATION);
        added.push(line);
        match full(&indented, range.start..indented.len(), limits) {
            Ok(document) => return Ok(document.map(|document| moved_back(document, &added))),
            Err(next) if next.message == UNINDENTED => at = next.span.start as usize,
            Err(_) => break,
        }
    }
    Err(fault)
}

/// The document with the places that it has without the added spaces.
fn moved_back(document: Document, added: &[usize]) -> Document {
    let offset = |offset: u32| {
        let offset = offset as usize;
        let spaces: usize =
            added.iter().map(|line| offset.saturating_sub(*line).min(INDENTATION.len())).sum();
        offset.saturating_sub(spaces)
    };
    let span = |span: Span| Span::new(offset(span.start), offset(span.end));
    let place = |place: Place| Place { value: span(place.value), key: span(place.key), ..place };
    Document {
        places: Arc::new(document.places.moved(place)),
        root: place(document.root),
        value: document.value,
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{DocumentLimits, yaml};

    fn read(text: &str) -> Vec<Result<String, String>> {
        yaml::read(text, &DocumentLimits::default())
            .into_iter()
            .map(|document| match document {
                Ok(document) => Ok(document.value.to_string()),
                Err(fault) => Err(fault.message),
            })
            .collect()
    }

    #[test]
    fn quotes_may_go_on_in_the_column_of_their_key() {
        let text = "a:\n  b: \"one,\n  two\n\n  three\"\n  c: 'x\ny'\n";
        assert_eq!(read(text), [Ok(r#"{"a":{"b":"one, two\nthree","c":"x y"}}"#.to_owned())]);
    }

    #[test]
    fn places_are_those_of_the_text_as_it_stands() {
        let text = "first: 1\n---\na: \"one\ntwo\"\nb: {c: 3}\n";
        let documents = yaml::read(text, &DocumentLimits::default());
        let document = documents.into_iter().nth(1).unwrap().unwrap();
        let shown = |pointer: &str| {
            let (place, _) = document.places.locate(document.root, &document.value, pointer);
            (text.get(place.key.range()).unwrap(), text.get(place.value.range()).unwrap())
        };
        assert_eq!(shown("/a"), ("a", "\"one\ntwo\""));
        assert_eq!(shown("/b/c"), ("c", "3"));
    }

    #[test]
    fn a_quote_that_is_never_closed_is_still_a_fault() {
        for text in ["a: \"one\nb: 2\n", "a: \"one\n--- \nb: \"2\"\n"] {
            assert!(read(text).iter().any(Result::is_err), "{text}");
        }
    }
}
