//! "Did you mean": the known word nearest to an unknown one.

/// The word of `known` that `word` was probably meant to be.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let longest = word.chars().count();
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= 128 && word.len() <= 128)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= longest.max(candidate.chars().count()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The question itself, or the given help when no word is near.
pub fn help<'k>(word: &str, known: impl IntoIterator<Item = &'k str>, otherwise: &str) -> String {
    nearest(word, known)
        .map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (i, a_char) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, b_char) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&row, j) + usize::from(a_char != *b_char);
            let mut best = replaced.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            if j > 0 && last_a == Some(*b_char) && b.get(j - 1) == Some(&a_char) {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        last_a = Some(a_char);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested_and_a_far_one_is_not() {
        let known = ["startswith", "endswith", "split"];
        assert_eq!(nearest("starswith", known), Some("startswith"));
        assert_eq!(nearest("slpit", known), Some("split"));
        assert_eq!(nearest("frobnicate", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
