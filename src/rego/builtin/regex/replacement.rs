//! What replaces a match: text with `$1`, `${name}` and `$$`. Source: Go's `regexp.Expand`.

/// A part of a replacement.
pub(super) enum Piece<'a> {
    Text(&'a str),
    Group(usize),
    Named(&'a str),
}

/// Reads a replacement; a `$` that means nothing is itself.
pub(super) fn parse(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        pieces.push(Piece::Text(before));
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            pieces.push(Piece::Text("$"));
            rest = after;
        } else if let Some((name, after)) = name(rest) {
            pieces.push(piece(name));
            rest = after;
        } else {
            pieces.push(Piece::Text("$"));
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The name of a group after `$`, and the text after it.
fn name(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let text = braced.unwrap_or(text);
    let is_part = |char: char| char == '_' || char.is_alphabetic() || char.is_numeric();
    let end = text.find(|char| !is_part(char)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    let rest = if braced.is_some() { rest.strip_prefix('}')? } else { rest };
    Some((name, rest))
}

fn piece(name: &str) -> Piece<'_> {
    let is_number =
        name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    match name.parse::<usize>() {
        Ok(group) if is_number && group < 100_000_000 => Piece::Group(group),
        _ => Piece::Named(name),
    }
}
