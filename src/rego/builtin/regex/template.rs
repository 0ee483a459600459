//! Templates: text with patterns between delimiters, e.g. `users:<[a-z]+>`. Source: OPA 1.x, `topdown/regex_template.go`.

use super::super::format::{push_formatted, quoted};

/// The pattern that a template stands for.
pub(super) fn pattern(template: &str, start: u8, end: u8) -> Result<String, String> {
    let unbalanced = || format!("unbalanced braces in {}", quoted(template));
    let (mut pattern, mut level, mut from) = ("^".to_owned(), 0_u32, 0);
    for (at, byte) in template.bytes().enumerate() {
        if byte == start {
            level += 1;
            if level == 1 {
                pattern.push_str(&escaped(template.get(from..at).unwrap_or_default()));
                from = at + 1;
            }
        } else if byte == end {
            level = level.checked_sub(1).ok_or_else(unbalanced)?;
            if level == 0 {
                let inner = template.get(from..at).unwrap_or_default();
                super::Pattern::from_go(&format!("^{inner}$")).map_err(|error| match error {
                    super::BuiltinError::Failed(text) | super::BuiltinError::Type(text) => text,
                    super::BuiltinError::Exhausted(exhausted) => exhausted.to_string(),
                })?;
                push_formatted(&mut pattern, format_args!("({inner})"));
                from = at + 1;
            }
        }
    }
    if level != 0 {
        return Err(unbalanced());
    }
    pattern.push_str(&escaped(template.get(from..).unwrap_or_default()));
    pattern.push('$');
    Ok(pattern)
}

/// Text so that a pattern takes it as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if "\\.+*?()|[]{}^$".contains(char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}
