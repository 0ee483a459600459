//! Licence expressions: which licences may be chosen, and what is said in the words of today.
//!
//! Source: spdx.github.io/spdx-spec, annex D "SPDX license expressions"; spdx.org/licenses, "Deprecated License Identifiers".

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::digest::Digest;

/// Choices of one expression; `(A OR B) AND (C OR D) …` doubles them with every pair of brackets.
const MAX_CHOICES: usize = 64;
/// Nested brackets.
const MAX_DEPTH: usize = 32;
/// Bytes of an expression.
pub const MAX_BYTES: usize = 4096;
/// A text that is longer, or has several lines, is a licence's whole text and no name.
const MAX_NAME_BYTES: usize = 200;
/// Characters of a whole text that are shown.
const MAX_SHOWN_CHARS: usize = 40;

/// Licences that apply together, each with its exception: `Apache-2.0 WITH LLVM-exception`.
pub type Choice = BTreeSet<String>;

/// Why an expression has no choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoChoice {
    /// What is wrong: lower case, no final stop.
    pub message: String,
}

impl fmt::Display for NoChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a licensee may choose from: each choice is a set of licences that apply together. No choice holds another one,
/// since nobody takes on more than is needed.
///
/// # Errors
/// When the text is no expression, or there are more than 64 choices.
pub fn choices(expression: &str) -> Result<BTreeSet<Choice>, NoChoice> {
    if expression.len() > MAX_BYTES {
        return Err(wrong(format!("the expression has more than {MAX_BYTES} bytes")));
    }
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut reading = Reading { words: spaced.split_whitespace().peekable(), depth: 0 };
    let choices = reading.either()?;
    match reading.words.next() {
        None => Ok(choices),
        Some(word) => Err(wrong(format!("`{word}` was not expected"))),
    }
}

fn wrong(message: String) -> NoChoice {
    NoChoice { message }
}

struct Reading<'t> {
    words: std::iter::Peekable<std::str::SplitWhitespace<'t>>,
    depth: usize,
}

impl Reading<'_> {
    fn takes(&mut self, keyword: &str) -> bool {
        self.words.next_if(|word| word.eq_ignore_ascii_case(keyword)).is_some()
    }

    fn either(&mut self) -> Result<BTreeSet<Choice>, NoChoice> {
        let mut all = self.together()?;
        while self.takes("OR") {
            all.extend(self.together()?);
            all = smallest(&all)?;
        }
        Ok(all)
    }

    fn together(&mut self) -> Result<BTreeSet<Choice>, NoChoice> {
        let mut all = self.single()?;
        while self.takes("AND") {
            let others = self.single()?;
            if all.len() * others.len() > MAX_CHOICES * MAX_CHOICES {
                return Err(too_many());
            }
            let joined = all.iter().flat_map(|choice| {
                others.iter().map(move |other| choice.union(other).cloned().collect::<Choice>())
            });
            all = smallest(&joined.collect())?;
        }
        Ok(all)
    }

    fn single(&mut self) -> Result<BTreeSet<Choice>, NoChoice> {
        let Some(word) = self.words.next() else {
            return Err(wrong("a licence was expected at the end".to_owned()));
        };
        if word == "(" {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(wrong(format!("there are more than {MAX_DEPTH} nested brackets")));
            }
            let inner = self.either()?;
            self.depth -= 1;
            return match self.words.next() {
                Some(")") => Ok(inner),
                Some(word) => Err(wrong(format!("`)` was expected, not `{word}`"))),
                None => Err(wrong("`)` was expected at the end".to_owned())),
            };
        }
        if is_keyword(word) || word == ")" {
            return Err(wrong(format!("a licence was expected, not `{word}`")));
        }
        let mut licence = current(word);
        if self.takes("WITH") {
            let exception = self.words.next().filter(|word| !is_keyword(word) && *word != ")");
            let Some(exception) = exception else {
                return Err(wrong(format!("an exception was expected behind `{word} WITH`")));
            };
            licence = format!("{licence} WITH {exception}");
        }
        Ok(BTreeSet::from([Choice::from([licence])]))
    }
}

fn is_keyword(word: &str) -> bool {
    ["AND", "OR", "WITH"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn too_many() -> NoChoice {
    wrong(format!("there are more than {MAX_CHOICES} choices"))
}

/// Leaves out what holds another choice as a whole.
fn smallest(all: &BTreeSet<Choice>) -> Result<BTreeSet<Choice>, NoChoice> {
    let needed = all
        .iter()
        .filter(|choice| !all.iter().any(|other| other != *choice && other.is_subset(choice)));
    let needed: BTreeSet<Choice> = needed.cloned().collect();
    if needed.len() > MAX_CHOICES { Err(too_many()) } else { Ok(needed) }
}

/// The name that a deprecated identifier has today, with the exception that was part of it.
const DEPRECATED: [(&str, &str); 31] = [
    ("AGPL-1.0", "AGPL-1.0-only"),
    ("AGPL-3.0", "AGPL-3.0-only"),
    ("AGPL-3.0+", "AGPL-3.0-or-later"),
    ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-Views"),
    ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
    ("GFDL-1.1", "GFDL-1.1-only"),
    ("GFDL-1.2", "GFDL-1.2-only"),
    ("GFDL-1.3", "GFDL-1.3-only"),
    ("GPL-1.0", "GPL-1.0-only"),
    ("GPL-1.0+", "GPL-1.0-or-later"),
    ("GPL-2.0", "GPL-2.0-only"),
    ("GPL-2.0+", "GPL-2.0-or-later"),
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-only WITH GCC-exception-2.0"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only WITH Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-only WITH Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only WITH Font-exception-2.0"),
    ("GPL-3.0", "GPL-3.0-only"),
    ("GPL-3.0+", "GPL-3.0-or-later"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only WITH Autoconf-exception-3.0"),
    ("LGPL-2.0", "LGPL-2.0-only"),
    ("LGPL-2.0+", "LGPL-2.0-or-later"),
    ("LGPL-2.1", "LGPL-2.1-only"),
    ("LGPL-2.1+", "LGPL-2.1-or-later"),
    ("LGPL-3.0", "LGPL-3.0-only"),
    ("LGPL-3.0+", "LGPL-3.0-or-later"),
    ("StandardML-NJ", "SMLNJ"),
    ("bzip2-1.0.5", "bzip2-1.0.6"),
    ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
    ("wxWindows", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
];

fn current(word: &str) -> String {
    let today = DEPRECATED.iter().find(|(old, _)| old.eq_ignore_ascii_case(word));
    today.map_or(word, |(_, today)| today).to_owned()
}

/// What a bill says of a licence, in bounds: a whole text becomes its digest and its first words, so that equal texts
/// are equal wherever their lines are broken.
pub fn bounded(text: &str) -> String {
    let text = text.trim();
    if text.len() <= MAX_NAME_BYTES && !text.contains('\n') {
        return text.to_owned();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    let begins: String = joined.chars().take(MAX_SHOWN_CHARS).collect();
    format!("{} {begins}…", Digest::of(joined.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: &[&[&str]]) {
        let owned = |choice: &&[&str]| choice.iter().map(ToString::to_string).collect::<Choice>();
        let expected: BTreeSet<Choice> = expected.iter().map(owned).collect();
        assert_eq!(choices(expression).as_ref(), Ok(&expected), "{expression}");
    }

    #[test]
    fn a_licensee_chooses_and_takes_on_no_more_than_needed() {
        check("MIT", &[&["MIT"]]);
        check("MIT OR Apache-2.0", &[&["MIT"], &["Apache-2.0"]]);
        check("MIT AND Apache-2.0", &[&["MIT", "Apache-2.0"]]);
        check("MIT OR MIT AND Zlib", &[&["MIT"]]);
        check(
            "(MIT OR Apache-2.0) AND BSD-3-Clause",
            &[&["MIT", "BSD-3-Clause"], &["Apache-2.0", "BSD-3-Clause"]],
        );
        check("MIT or apache-2.0", &[&["MIT"], &["apache-2.0"]]);
        check("MIT/Apache-2.0", &[&["MIT"], &["Apache-2.0"]]);
    }

    #[test]
    fn and_binds_closer_than_or() {
        check("A OR B AND C", &[&["A"], &["B", "C"]]);
        check("A AND B OR C", &[&["A", "B"], &["C"]]);
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        check("Apache-2.0 WITH LLVM-exception", &[&["Apache-2.0 WITH LLVM-exception"]]);
        check(
            "GPL-2.0 WITH Classpath-exception-2.0 OR MIT",
            &[&["GPL-2.0-only WITH Classpath-exception-2.0"], &["MIT"]],
        );
        check(
            "LicenseRef-acme-1 AND DocumentRef-a:LicenseRef-b",
            &[&["LicenseRef-acme-1", "DocumentRef-a:LicenseRef-b"]],
        );
    }

    #[test]
    fn deprecated_identifiers_have_the_names_of_today() {
        check("GPL-2.0+", &[&["GPL-2.0-or-later"]]);
        check("GPL-3.0", &[&["GPL-3.0-only"]]);
        check(
            "GPL-2.0-with-classpath-exception",
            &[&["GPL-2.0-only WITH Classpath-exception-2.0"]],
        );
        check("Apache-2.0+", &[&["Apache-2.0+"]]);
    }

    #[test]
    fn what_is_no_expression_says_why() {
        for (text, told) in [
            ("", "expected at the end"),
            ("MIT OR", "expected at the end"),
            ("MIT MIT", "`MIT` was not expected"),
            ("(MIT", "`)` was expected at the end"),
            ("OR MIT", "not `OR`"),
            ("MIT WITH", "an exception was expected"),
            ("MIT WITH AND A", "an exception was expected"),
            (")", "not `)`"),
        ] {
            let message = choices(text).unwrap_err().message;
            assert!(message.contains(told), "{text}: {message}");
        }
    }

    #[test]
    fn an_expression_that_explodes_is_refused() {
        let pair = |n: usize| format!("(A{n} OR B{n})");
        let text = (0..20).map(pair).collect::<Vec<_>>().join(" AND ");
        assert!(choices(&text).unwrap_err().message.contains("64 choices"));
        assert!(choices(&"(".repeat(1000)).is_err());
        assert!(choices(&"A AND ".repeat(10_000)).unwrap_err().message.contains("bytes"));
    }

    #[test]
    fn a_whole_text_is_known_by_its_digest() {
        let text = "Permission is hereby granted, free of charge, to any person\nobtaining a copy";
        let (one, other) = (bounded(text), bounded(&text.replace('\n', "\r\n  ")));
        assert_eq!(one, other);
        assert!(one.starts_with("sha256:") && one.len() < 200, "{one}");
        assert_eq!(bounded(" MIT "), "MIT");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            let _answer = choices(&text);
            let _short = bounded(&text);
        }

        #[test]
        fn the_order_of_operands_does_not_matter(ids in proptest::collection::vec("[A-D]", 1..6), ors in any::<u8>()) {
            let join = |ids: &[String]| ids.join(if ors % 2 == 0 { " OR " } else { " AND " });
            let mut turned = ids.clone();
            turned.reverse();
            prop_assert_eq!(choices(&join(&ids)), choices(&join(&turned)));
        }
    }
}
