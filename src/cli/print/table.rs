//! Tables: columns aligned, no lines.

use super::{Look, STRONG, text};
use crate::domain::clock::Timestamp;

/// The last column is wrapped in its place when it has this much room, and stands on a line of its own otherwise.
const MIN_LAST_WIDTH: usize = 24;

/// A moment as people read it, to the second.
pub fn moment(time: Timestamp) -> String {
    let time = time.to_string().replace('T', " ");
    time.split_once('.').map_or(time.clone(), |(seconds, _)| format!("{seconds}Z"))
}

/// Renders `rows` under `head`; trailing spaces are left out. In a window the last column is broken so that it fits.
pub fn render(head: &[&str], rows: &[Vec<String>], look: Look) -> String {
    let cleaned: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| text::clean(cell)).collect()).collect();
    let width = |column: usize| {
        let cells =
            cleaned.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let (last_width, before) = widths.split_last().map_or((0, 0), |(last, before)| {
        (*last, before.iter().map(|width| width + 2).sum::<usize>())
    });
    let room = look.width.saturating_sub(before);
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut cells: Vec<String> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let too_wide = look.fits && last_width > room && cells.len() == widths.len();
        let Some(last) = cells.pop_if(|_| too_wide) else {
            return cells.join("  ").trim_end().to_owned();
        };
        let lines = text::wrap(&last, room.max(MIN_LAST_WIDTH));
        if room >= MIN_LAST_WIDTH {
            cells.push(lines.join(&format!("\n{:before$}", "")));
            return cells.join("  ").trim_end().to_owned();
        }
        let line = cells.join("  ").trim_end().to_owned();
        if last.trim().is_empty() { line } else { format!("{line}\n  {}", last.trim_end()) }
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
    fn in_a_window_the_last_column_is_broken() {
        let rows = [["K8S-X", "Containers do not run as root at all"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let window = |width| Look { width, fits: true, ..Look::PLAIN };
        assert_eq!(
            render(&["CODE", "TITLE"], &rows, window(33)),
            "CODE   TITLE\nK8S-X  Containers do not run as\n       root at all\n"
        );
        assert_eq!(
            render(&["CODE", "TITLE"], &rows, window(20)),
            "CODE\n  TITLE\nK8S-X\n  Containers do not run as root at all\n"
        );
    }

    #[test]
    fn a_moment_is_told_to_the_second() {
        let time: Timestamp = "2026-11-22T06:02:06.123Z".parse().unwrap();
        assert_eq!(moment(time), "2026-11-22 06:02:06Z");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ü", "1"], ["long cell", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            render(&["NAME", "N"], &rows, Look::PLAIN),
            "NAME       N\nü          1\nlong cell\n"
        );
    }
}
