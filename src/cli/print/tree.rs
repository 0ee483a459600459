//! Trees: a line and what stands below it.

use super::Look;
use super::text::{clean, wrap};

/// A line and what stands below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// The line; `style` paints its first word only where it says so.
    head: String,
    text: String,
    style: Option<anstyle::Style>,
    children: Vec<Tree>,
}

impl Tree {
    /// A line of text.
    pub(super) fn leaf(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A head that the eye finds, and the text behind it.
    pub(super) fn headed(style: anstyle::Style, head: &str, text: impl Into<String>) -> Self {
        Self { head: head.to_owned(), style: Some(style), text: text.into(), children: Vec::new() }
    }

    /// With these lines below it.
    pub(super) fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The tree as lines, broken so that they fit.
    pub(super) fn render(&self, look: Look) -> String {
        let mut out = self.line(look, look.width).join("\n") + "\n";
        self.below("", look, &mut out);
        out
    }

    fn below(&self, indent: &str, look: Look, out: &mut String) {
        let last = self.children.len().saturating_sub(1);
        for (index, child) in self.children.iter().enumerate() {
            let (branch, onward) =
                if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let inner = format!("{indent}{onward}");
            let room = look.width.saturating_sub(inner.chars().count()).max(40);
            let rest = if child.children.is_empty() { "   " } else { "│  " };
            for (number, line) in child.line(look, room).iter().enumerate() {
                let (before, behind) =
                    if number == 0 { (indent, branch) } else { (inner.as_str(), rest) };
                for part in [before, behind, line, "\n"] {
                    out.push_str(part);
                }
            }
            child.below(&inner, look, out);
        }
    }

    fn line(&self, look: Look, room: usize) -> Vec<String> {
        let head = clean(&self.head);
        let whole = match (head.is_empty(), self.text.is_empty()) {
            (true, _) => self.text.clone(),
            (false, true) => head.clone(),
            (false, false) => format!("{head} {}", self.text),
        };
        // One long word, such as a reference, is there to be copied: it stays beside its head.
        let mut lines =
            if self.text.contains(' ') { wrap(&whole, room) } else { vec![clean(&whole)] };
        if let (Some(style), Some(first)) = (self.style, lines.first_mut())
            && let Some(rest) = first.strip_prefix(&head)
        {
            *first = format!("{}{rest}", look.paint(style, &head));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::print::STRONG;

    #[test]
    fn branches_lead_to_every_line_and_long_ones_are_broken() {
        let tree = Tree::leaf("root").with([
            Tree::headed(STRONG, "one", "is a line that is longer than forty columns are wide")
                .with([Tree::leaf("below")]),
            Tree::leaf("two\u{1b}[2J"),
        ]);
        let look = Look { width: 30, ..Look::PLAIN };
        assert_eq!(
            tree.render(look),
            "root\n\
             ├─ one is a line that is longer than forty\n\
             │  │  columns are wide\n\
             │  └─ below\n\
             └─ two␛[2J\n"
        );
    }
}
