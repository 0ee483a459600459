//! The `Link` header by which a registry names the next page of a list.

/// The target of the first link whose relation is `next`.
///
/// What does not read as a link is skipped: a page that cannot be followed is the end of the list for a reader of
/// `next`, and the caller compares what it got with the bytes it verifies.
///
/// Source: RFC 8288, section 3; OCI distribution 1.1, "Listing Referrers".
pub(super) fn next_page(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_before, behind)) = rest.split_once('<') {
        let (target, behind) = behind.split_once('>')?;
        let (parameters, after) = split_at_comma(behind);
        if parameters.split(';').any(is_next) {
            return Some(target.trim()).filter(|target| !target.is_empty());
        }
        rest = after;
    }
    None
}

/// Splits behind the link's parameters; a comma inside quotes separates nothing.
fn split_at_comma(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.char_indices().find(|(_, char)| {
        quoted ^= *char == '"';
        *char == ',' && !quoted
    });
    end.and_then(|(at, _)| text.split_at_checked(at)).unwrap_or((text, ""))
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    name.trim().eq_ignore_ascii_case("rel")
        && value
            .trim()
            .trim_matches('"')
            .split_ascii_whitespace()
            .any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (header, next) in [
            ("</v2/a/referrers/x?n=1>; rel=\"next\"", Some("/v2/a/referrers/x?n=1")),
            ("</a>;rel=next", Some("/a")),
            ("</a>; rel=\"prev\", </b>; rel=\"next\"", Some("/b")),
            ("</a,b>; title=\"x, <y>\"; rel=\"first next\"", Some("/a,b")),
            ("</a>; REL=NEXT", Some("/a")),
            ("</a>; rel=\"prev\"", None),
            ("</a>", None),
            ("<>; rel=next", None),
            ("</a; rel=next", None),
            ("next", None),
            ("", None),
        ] {
            assert_eq!(next_page(header), next, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_link_shown_reads_back(target in "[a-z/?=&%0-9,;]{1,30}", other in "[a-z]{1,8}") {
            let header = format!("</x>; rel=\"{other}x\", <{target}>; title=\"a,b\"; rel=\"next\"");
            prop_assert_eq!(next_page(&header), Some(target.as_str()));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[<>;,\"= a-zé]{0,60}|\\PC{0,60}") {
            if let Some(target) = next_page(&text) {
                prop_assert!(text.contains(target));
            }
        }
    }
}
