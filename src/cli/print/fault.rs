//! A fault of a policy file, with its source.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Look;
use super::text::clean;
use crate::cli::complaint::{Complaint, Source};
use crate::domain::place::{SourceFile, Span};

/// Renders `complaint`, whose place is `source`.
pub fn render(level: Level<'static>, complaint: &Complaint, source: &Source, look: Look) -> String {
    let mut shown = Group::with_title(level.primary_title(clean(&complaint.message)));
    shown = pointed(shown, &source.file, source.span, AnnotationKind::Primary, None);
    if let Some((file, span, label)) = &source.related {
        shown = pointed(shown, file, *span, AnnotationKind::Context, Some(label));
    }
    if let Some(help) = &complaint.help {
        shown = shown.element(Level::HELP.message(clean(help)));
    }
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(look.width).render(&[shown]) + "\n"
}

/// Adds the first line of `span`; a file that cannot be shown is only named.
fn pointed<'a>(
    group: Group<'a>,
    file: &'a SourceFile,
    span: Span,
    kind: AnnotationKind,
    label: Option<&str>,
) -> Group<'a> {
    let (line, column) = file.line_and_column(span.start);
    let index = (line as usize).saturating_sub(1);
    let Some(text) = file.text.lines().nth(index).filter(|text| !text.is_empty()) else {
        return group.element(Origin::path(clean(&file.path)).line(line as usize));
    };
    let start = text.char_indices().nth(column.saturating_sub(1) as usize);
    let start = start.map_or(text.len(), |(byte, _)| byte);
    let length = (span.end.saturating_sub(span.start) as usize).min(text.len() - start);
    let annotation = kind.span(start..start + length).label(label.map(clean));
    group.element(
        Snippet::source(text)
            .path(clean(&file.path))
            .line_start(line as usize)
            .annotation(annotation),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::expect;

    use super::*;

    #[test]
    fn a_fault_shows_its_line_and_the_other_place() {
        let file = Arc::new(SourceFile::new("policies/a.rego", "package a\n\ndeny if { x }\n"));
        let source = Source {
            file: Arc::clone(&file),
            span: Span::new(21, 22),
            related: Some((Arc::clone(&file), Span::new(0, 9), "the package".to_owned())),
        };
        let complaint = Complaint::new("`x` is not known here", "import it");
        expect![[r"
            error: `x` is not known here
             --> policies/a.rego:3:11
              |
            3 | deny if { x }
              |           ^
              |
             ::: policies/a.rego:1:1
              |
            1 | package a
              | --------- the package
              |
              = help: import it
        "]]
        .assert_eq(&render(Level::ERROR, &complaint, &source, Look::PLAIN));
        let nowhere = Source { span: Span::new(900, 901), related: None, ..source };
        expect![[r"
            error: `x` is not known here
            --> policies/a.rego:4
             = help: import it
        "]]
        .assert_eq(&render(Level::ERROR, &complaint, &nowhere, Look::PLAIN));
        let warned = render(Level::WARNING, &complaint, &nowhere, Look::PLAIN);
        assert!(warned.starts_with("warning: `x`"), "{warned}");
    }
}
