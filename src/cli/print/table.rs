//! Tables: columns aligned, no lines.

use super::{Look, STRONG, text};

/// Renders `rows` under `head`; trailing spaces are left out.
pub fn render(head: &[&str], rows: &[Vec<String>], look: Look) -> String {
    let cleaned: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| text::clean(cell)).collect()).collect();
    let width = |column: usize| {
        let cells =
            cleaned.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out = look.paint(STRONG, &line(&mut head.iter().copied()));
    out.push('\n');
    for row in &cleaned {
        out.push_str(&line(&mut row.iter().map(String::as_str)));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ü", "1"], ["long cell", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            render(&["NAME", "N"], &rows, Look::PLAIN),
            "NAME       N\nü          1\nlong cell\n"
        );
    }
}
