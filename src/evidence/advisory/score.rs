//! How bad an advisory is, from its CVSS vectors.

use cvss::Cvss;

use crate::domain::code::Severity;

/// The base score of a CVSS 3.0, 3.1 or 4.0 vector, 0 to 10; none for another text.
///
/// Sources: first.org/cvss/v3.1/specification-document, 7.1; first.org/cvss/v4.0/specification-document, 8.
pub(super) fn of_vector(vector: &str) -> Option<f64> {
    vector.parse::<Cvss>().ok().map(|vector| vector.score())
}

/// The word for a score; none for 0.
///
/// Source: first.org/cvss/v3.1/specification-document, 5, "Qualitative Severity Rating Scale".
pub(super) fn severity(score: f64) -> Option<Severity> {
    match score {
        9.0.. => Some(Severity::Critical),
        7.0.. => Some(Severity::High),
        4.0.. => Some(Severity::Medium),
        0.1.. => Some(Severity::Low),
        _ => None,
    }
}

/// The severity that a database names in a word: GitHub says `MODERATE` where CVSS says medium.
pub(super) fn named(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "critical" => Some(Severity::Critical),
        "high" | "important" => Some(Severity::High),
        "medium" | "moderate" => Some(Severity::Medium),
        "low" | "negligible" | "minor" => Some(Severity::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_specifications_examples() {
        for (vector, score, word) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, Some(Severity::Critical)),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, Some(Severity::Medium)),
            ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:N", 0.0, None),
            (
                "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
                9.3,
                Some(Severity::Critical),
            ),
        ] {
            let found = of_vector(vector).unwrap();
            assert!((found - score).abs() < 1e-9, "{vector}: {found}");
            assert_eq!(severity(found), word, "{vector}");
        }
        assert_eq!(of_vector("AV:N/AC:L"), None);
    }
}
