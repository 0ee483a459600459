//! Text for a reader's window: control characters shown, lines wrapped.

/// `text` without anything that a terminal would obey: control characters and marks that reverse the direction of
/// writing are shown as signs. Line breaks become spaces.
pub fn clean(text: &str) -> String {
    let one_line = text.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty());
    annotate_snippets::normalize_untrusted_str(&one_line.collect::<Vec<_>>().join(" "))
}

/// `text` cleaned and broken at spaces into lines of at most `width` columns. What stands in backticks stays together,
/// so that it can be copied; a longer word stands on its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(&clean(text)) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            Some(_) | None => lines.push(word),
        }
    }
    lines
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quoted = false;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut().filter(|_| quoted) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        quoted ^= word.matches('`').count() % 2 == 1;
    }
    words
}

/// `1 finding`, `2 findings`.
pub fn counted(count: usize, singular: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {singular}{plural}")
}

/// Lines below a label: the first beside it, the others aligned.
pub fn labelled(label: &str, text: &str, width: usize) -> String {
    let indent = label.chars().count() + 1;
    let lines = wrap(text, width.saturating_sub(indent).max(20));
    format!("{label} {}\n", lines.join(&format!("\n{:indent$}", "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_stand_alone() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a verylongword b", 5), ["a", "verylongword", "b"]);
        assert_eq!(wrap("  ", 5), Vec::<String>::new());
        assert_eq!(wrap("type `a b c` now", 8), ["type", "`a b c`", "now"]);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\r\n\td\u{202e}e"), "a␛[2Jb c     d�e");
    }

    #[test]
    fn a_label_keeps_its_text_aligned() {
        assert_eq!(
            labelled("note:", "aaaa bbbb cccc dddd eeee", 20),
            "note: aaaa bbbb cccc dddd\n      eeee\n"
        );
    }
}
