//! Did you mean: the nearest of the words that would have been right.

/// Longer words are compared with none: it would take time that grows with the product of both lengths.
const MAX_WORD_BYTES: usize = 128;

/// The candidate that `word` was most likely meant to be, when one is near enough.
///
/// Case, hyphens and underscores do not count (`fail-on` is `failOn`); beyond that a third of the longer
/// word may be wrong.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| !matches!(c, '-' | '_'))
            .flat_map(char::to_lowercase)
            .collect::<Vec<_>>()
    };
    let wanted = plain(word);
    candidates
        .into_iter()
        .filter(|candidate| word.len().max(candidate.len()) <= MAX_WORD_BYTES)
        .map(|candidate| (distance(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= candidate.len().max(word.len()))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The question itself, or `otherwise` when no candidate is near.
pub fn help<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: &str,
) -> String {
    nearest(word, candidates)
        .map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

/// Edits between two words: insert, remove, replace one character, or swap two neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, from) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut left_char = None;
        for (column, to) in b.iter().enumerate() {
            let cell =
                |cells: &[usize], at: usize| cells.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best = (cell(&last, column) + usize::from(from != to))
                .min(cell(&last, column + 1) + 1)
                .min(cell(&current, column) + 1);
            if previous == Some(to) && left_char == Some(from) && column > 0 {
                best = best.min(cell(&before_last, column - 1) + 1);
            }
            current.push(best);
            left_char = Some(to);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(from);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_strangers_are_not() {
        let words = ["environment", "failOn", "bundle", "data"];
        for (word, meant) in [
            ("enviroment", Some("environment")),
            ("fail-on", Some("failOn")),
            ("fial_on", Some("failOn")),
            ("Bundles", Some("bundle")),
            ("dtaa", Some("data")),
            ("rules", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }

    #[test]
    fn where_no_word_is_near_the_other_help_is_given() {
        let known = ["startswith", "endswith", "split"];
        assert_eq!(help("starswith", known, "-"), "did you mean `startswith`?");
        assert_eq!(help("frobnicate", known, "-"), "-");
        assert_eq!(help(&"split".repeat(100), ["split".repeat(100).as_str()], "-"), "-");
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("chekc"), &chars("check")), 1);
        assert_eq!(distance(&chars(""), &chars("abc")), 3);
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
    }
}
