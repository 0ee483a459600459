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
        let Some(second) = texts.next() else { return self.known(first.as_ref()) };
        licence([first, second].into_iter().chain(texts))
    }

    fn known(&mut self, text: &str) -> Licence {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let made = licence([text]);
        self.known.insert(Box::from(text), made.clone());
        made
    }
}

/// The licence that one or several texts say; several apply together.
pub(super) fn licence<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Licence {
    let texts: Vec<String> = texts
        .into_iter()
        .filter(|text| !text.as_ref().trim().is_empty())
        .map(|text| license::bounded(text.as_ref()))
        .collect();
    let joined = match texts.as_slice() {
        [] => return Licence::None,
        [only] => only.clone(),
        several => several
            .iter()
            .map(|text| if text.contains(' ') { format!("({text})") } else { text.clone() })
            .collect::<Vec<_>>()
            .join(" AND "),
    };
    match spdx::expression(&joined) {
        Some(expression) => Licence::Expression(Arc::from(expression)),
        None => Licence::Unknown(Arc::from(joined)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_an_expression_or_unknown_or_none() {
        let expression = |text: &str| Licence::Expression(Arc::from(text));
        for (texts, expected) in [
            (&["MIT OR Apache-2.0"][..], expression("MIT OR Apache-2.0")),
            (&["MIT/Apache-2.0"], expression("MIT OR Apache-2.0")),
            (&["MIT", " ", "MIT OR ISC"], expression("MIT AND (MIT OR ISC)")),
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
