//! How bad an advisory is, from its CVSS vectors.

use cvss::Cvss;

/// The base score of a CVSS 2, 3.0, 3.1 or 4.0 vector, 0 to 10; none for another text.
///
/// Sources: first.org/cvss/v3.1/specification-document, 7.1; first.org/cvss/v4.0/specification-document, 8.
pub(super) fn of_vector(vector: &str) -> Option<f64> {
    if vector.starts_with("CVSS:") {
        return vector.parse::<Cvss>().ok().map(|vector| vector.score());
    }
    of_second_version(vector)
}

/// The base score of CVSS 2, whose vectors have no version in front.
///
/// Source: first.org/cvss/v2/guide, 3.2.1, "Base Equation".
fn of_second_version(vector: &str) -> Option<f64> {
    let vector = vector.trim_start_matches('(').trim_end_matches(')');
    let weight = |metric: &str, weights: &[(&str, f64)]| {
        let value =
            vector.split('/').find_map(|part| part.strip_prefix(metric)?.strip_prefix(':'))?;
        weights.iter().find(|(name, _)| *name == value).map(|(_, weight)| *weight)
    };
    let harm = [("N", 0.0), ("P", 0.275), ("C", 0.66)];
    let left = |metric: &str| Some(1.0 - weight(metric, &harm)?);
    let impact = 10.41 * (1.0 - left("C")? * left("I")? * left("A")?);
    let vector_weight = weight("AV", &[("L", 0.395), ("A", 0.646), ("N", 1.0)])?;
    let complexity = weight("AC", &[("H", 0.35), ("M", 0.61), ("L", 0.71)])?;
    let authentication = weight("Au", &[("M", 0.45), ("S", 0.56), ("N", 0.704)])?;
    let exploitability = 20.0 * vector_weight * complexity * authentication;
    let of_impact = if impact > 0.0 { 1.176 } else { 0.0 };
    let score: f64 = (0.6 * impact + 0.4 * exploitability - 1.5) * of_impact;
    Some((score * 10.0).round() / 10.0)
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
        // CVE-2002-0392, CVE-2003-0818 and CVE-2003-0062 in the guide to CVSS 2.
        for (vector, score) in [
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8),
            ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", 10.0),
            ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2),
        ] {
            assert!((of_vector(vector).unwrap() - score).abs() < 1e-9, "{vector}");
        }
        assert_eq!(of_vector("AV:N/AC:L"), None);
    }
}
