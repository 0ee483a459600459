//! What is said of licences, as an expression where it is one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::spdx;
use crate::domain::license;
use crate::domain::package::Licence;

/// The licences of one bill. Thousands of components say one of a dozen things, so that each is looked at once.
#[derive(Default)]
pub(super) struct Licences {
    known: BTreeMap<Box<str>, Licence>,
}

impl Licences {
    /// The licence that one or several texts say; several apply together.
    pub(super) fn of<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) -> Licence {
        let mut texts = texts.into_iter().filter(|text| !text.as_ref().trim().is_empty());
        let Some(first) = texts.next() else { return Licence::None };
        let first = self.known(first.as_ref());
        let Some(second) = texts.next() else { return first };
        let mut all = vec![first, self.known(second.as_ref())];
        all.extend(texts.map(|text| self.known(text.as_ref())));
        together(&all)
    }

    fn known(&mut self, text: &str) -> Licence {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let written = Some(text.trim()).filter(|text| text.len() <= license::MAX_BYTES);
        let made = match written.and_then(spdx::expression) {
            Some(expression) => Licence::Expression(Arc::from(expression)),
            None => Licence::Unknown(Arc::from(license::bounded(text))),
        };
        self.known.insert(Box::from(text), made.clone());
        made
    }
}

/// The licence that one or several texts say; several apply together.
pub(super) fn licence<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Licence {
    Licences::default().of(texts)
}

/// One licence of several that apply together.
///
/// A name that is no expression must not hide the others from the lists that deny: beside an expression it is a licence of
/// its own name, as SPDX writes it.
fn together(licences: &[Licence]) -> Licence {
    let is_expression = |licence: &Licence| matches!(licence, Licence::Expression(_));
    let has_expression = licences.iter().any(is_expression);
    let words = licences.iter().filter_map(|licence| match licence {
        Licence::Unknown(text) if has_expression => Some(reference(text)),
        Licence::Expression(text) | Licence::Unknown(text) if text.contains(' ') => {
            Some(format!("({text})"))
        }
        Licence::Expression(text) | Licence::Unknown(text) => Some(text.to_string()),
        Licence::None => None,
    });
    let joined = words.collect::<Vec<_>>().join(" AND ");
    match spdx::expression(&joined) {
        Some(expression) => Licence::Expression(Arc::from(expression)),
        None => Licence::Unknown(Arc::from(joined)),
    }
}

/// A text as the name of a licence that no list of SPDX has. Of a whole text the digest is enough.
fn reference(text: &str) -> String {
    let digest = text.split(' ').next().filter(|word| word.starts_with("sha256:"));
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || char == '.';
    let name: String = digest
        .unwrap_or(text)
        .chars()
        .map(|char| if is_allowed(char) { char } else { '-' })
        .collect();
    format!("LicenseRef-{}", name.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_an_expression_or_unknown_or_none() {
        let long = ["AGPL-3.0-only"; 30].join(" AND ");
        let expression = |text: &str| Licence::Expression(Arc::from(text));
        for (texts, expected) in [
            (&["MIT OR Apache-2.0"][..], expression("MIT OR Apache-2.0")),
            (&["MIT/Apache-2.0"], expression("MIT OR Apache-2.0")),
            (&["MIT", " ", "MIT OR ISC"], expression("MIT AND (MIT OR ISC)")),
            (
                &["AGPL-3.0-only", "Apache-2.0~glozer", "The Beer Licence"],
                expression(
                    "AGPL-3.0-only AND LicenseRef-Apache-2.0-glozer AND LicenseRef-The-Beer-Licence",
                ),
            ),
            (&[long.as_str()], expression(&long)),
            (
                &["The Beer Licence", "Ours"],
                Licence::Unknown(Arc::from("(The Beer Licence) AND Ours")),
            ),
            (&["The Beer Licence"], Licence::Unknown(Arc::from("The Beer Licence"))),
            (&[" "], Licence::None),
        ] {
            let mut licences = Licences::default();
            for _ in 0..2 {
                assert_eq!(licences.of(texts), expected);
            }
        }
    }
}
