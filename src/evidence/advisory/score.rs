//! How bad an advisory is, from its CVSS vectors.

use cvss::Cvss;

/// The base score of a CVSS 3.0, 3.1 or 4.0 vector, 0 to 10; none for another text.
///
/// Sources: first.org/cvss/v3.1/specification-document, 7.1; first.org/cvss/v4.0/specification-document, 8.
pub(super) fn of_vector(vector: &str) -> Option<f64> {
    vector.parse::<Cvss>().ok().map(|vector| vector.score())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::advisory::severity_of_score as severity;
    use crate::domain::code::Severity;

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
