//! Patterns of images and identities in the words of others.

use super::super::page::{Node, Page, Section};
use super::super::rule::wrong_pattern;
use super::write::Tree;
use crate::domain::trust::AnchoredRegex;

/// A pattern of images as `images.yaml` writes it.
pub(super) fn image(page: &Page, node: Node<'_>, what: &str) -> Option<String> {
    let written = page.text(node, what)?;
    let pattern = with_registry(written.strip_suffix(":*").unwrap_or(written));
    if let Some((wrong, help)) = wrong_pattern(&pattern) {
        let message = format!("the pattern `{written}` cannot be carried over: it {wrong}");
        page.refuse(node.place.value, message, help);
        return None;
    }
    Some(pattern)
}

/// A pattern whose `*` stands for any path, `/` among it, as a pattern of ours.
pub(super) fn any_path(page: &Page, node: Node<'_>, what: &str) -> Option<String> {
    let written = page.text(node, what)?;
    let bare = written.strip_suffix(":*").unwrap_or(written);
    let refused = |why: &str| {
        let message = format!("the pattern `{written}` cannot be carried over: {why}");
        page.refuse(node.place.value, message, "write e.g. `registry.example/shop/*`");
        None
    };
    if bare.contains('?') {
        return refused("`?` stands for any character there");
    }
    let Some((before, "")) = bare.split_once('*') else {
        if bare.contains('*') {
            return refused("`*` stands for any path there, and can here at the end only");
        }
        return image(page, node, what);
    };
    if before.is_empty() {
        return Some("**".to_owned());
    }
    if !before.ends_with('/') {
        return refused("`*` stands for any path there, and can here behind a `/` only");
    }
    let pattern = with_registry(&format!("{before}**"));
    if let Some((wrong, help)) = wrong_pattern(&pattern) {
        let message = format!("the pattern `{written}` cannot be carried over: it {wrong}");
        page.refuse(node.place.value, message, help);
        return None;
    }
    Some(pattern)
}

/// Names without a registry are Docker Hub's.
fn with_registry(pattern: &str) -> String {
    if let Some(rest) = pattern.strip_prefix("index.docker.io/") {
        return format!("docker.io/{rest}");
    }
    let first = pattern.split('/').next().unwrap_or_default();
    if pattern == "**" || first.contains(['.', ':']) || first == "localhost" {
        return pattern.to_owned();
    }
    let folder = if pattern.contains('/') { "" } else { "library/" };
    format!("docker.io/{folder}{pattern}")
}

/// Whether an image may be of both patterns: one may begin as the other does, as far as nothing stands for anything.
pub(super) fn may_overlap(one: &str, two: &str) -> bool {
    let fixed = |pattern: &str| pattern.split('*').next().unwrap_or_default().to_owned();
    let (before_one, before_two) = (fixed(one), fixed(two));
    match (one.contains('*'), two.contains('*')) {
        (false, false) => one == two,
        (true, false) => two.starts_with(&before_one),
        (false, true) => one.starts_with(&before_two),
        (true, true) => before_one.starts_with(&before_two) || before_two.starts_with(&before_one),
    }
}

/// `issuer` and `subject` of an identity, as keys of `images.yaml`.
pub(super) fn identity(
    page: &Page,
    section: &Section<'_, '_>,
    wildcards: Wildcards,
) -> Option<Tree> {
    // An issuer is compared as it is written, also where subjects have wildcards.
    let issuer = side(page, section, ("issuer", "issuerRegExp", "issuerRegex"), Wildcards::None);
    let subject = side(page, section, ("subject", "subjectRegExp", "subjectRegex"), wildcards);
    Some(Tree::Map(vec![issuer?, subject?]))
}

/// Whether `*` in an exact subject stands for anything, and `?` for one character.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    Stand,
    None,
}

fn side(
    page: &Page,
    section: &Section<'_, '_>,
    (exact, regex, ours): (&str, &str, &str),
    wildcards: Wildcards,
) -> Option<(String, Tree)> {
    let written = |key: &str| {
        let node = section.get(key).filter(|node| node.value.as_str() != Some(""))?;
        Some((node, page.text(node, key)?))
    };
    match (written(exact), written(regex)) {
        (Some((_, text)), None) if wildcards == Wildcards::Stand && text.contains(['*', '?']) => {
            let parts: Vec<String> = text.split('*').map(regex::escape).collect();
            // Escaped, `?` is two characters.
            Some((ours.to_owned(), Tree::text(parts.join(".*").replace("\\?", "."))))
        }
        (Some((_, text)), None) => Some((exact.to_owned(), Tree::text(text))),
        (None, Some((node, text))) => {
            let whole = whole_text(text);
            if let Err(cause) = AnchoredRegex::new(&whole) {
                let message =
                    format!("`{regex}` cannot be carried over: {}", cause.replace('\n', " "));
                page.refuse(node.place.value, message, "write an expression without look-around");
                return None;
            }
            Some((ours.to_owned(), Tree::text(whole)))
        }
        (None, None) => {
            let message = format!("an identity without `{exact}` accepts everybody's");
            page.refuse(section.node.place.value, message, format!("add `{exact}:` or `{regex}:`"));
            None
        }
        (Some(_), Some((node, _))) => {
            page.refuse(
                node.place.key,
                format!("both `{exact}` and `{regex}`"),
                "leave one of them out",
            );
            None
        }
    }
}

/// An expression that matches whole texts where `regex` matches any part of them.
fn whole_text(regex: &str) -> String {
    let inner = regex.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    match inner {
        Some(inner) if !inner.contains('|') && !inner.ends_with('\\') => inner.to_owned(),
        Some(_) | None => format!(".*(?:{regex}).*"),
    }
}

/// The type that an alias of a predicate stands for.
pub(super) fn predicate_type(page: &Page, node: Node<'_>, what: &str) -> Option<String> {
    let written = page.text(node, what)?;
    let known = match written {
        "slsaprovenance" | "slsaprovenance02" => "https://slsa.dev/provenance/v0.2",
        "slsaprovenance1" => "https://slsa.dev/provenance/v1",
        "spdx" | "spdxjson" => "https://spdx.dev/Document",
        "cyclonedx" => "https://cyclonedx.org/bom",
        "vuln" => "https://cosign.sigstore.dev/attestation/vuln/v1",
        "openvex" => "https://openvex.dev/ns",
        "link" => "https://in-toto.io/Link/v1",
        "custom" => "https://cosign.sigstore.dev/attestation/v1",
        url if url.contains("://") => url,
        other => {
            let message = format!("the type of predicate `{other}` is not known");
            page.refuse(
                node.place.value,
                message,
                "write the whole type, e.g. `https://slsa.dev/provenance/v1`",
            );
            return None;
        }
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_accepts_what_it_accepted_and_no_more() {
        for (regex, accepted, refused) in [
            ("^https://a/.*$", "https://a/b", "xhttps://a/b"),
            ("https://a/", "evil https://a/ evil", "https://b/"),
            ("^a|b$", "ax", "xa"),
            ("^a$|^b$", "b", "ab"),
        ] {
            let whole = AnchoredRegex::new(&whole_text(regex)).unwrap();
            assert!(whole.matches(accepted) && !whole.matches(refused), "{regex}");
        }
    }

    #[test]
    fn a_name_without_a_registry_is_docker_hubs() {
        assert_eq!(with_registry("nginx"), "docker.io/library/nginx");
        assert_eq!(with_registry("bitnami/*"), "docker.io/bitnami/*");
        assert_eq!(with_registry("index.docker.io/a/**"), "docker.io/a/**");
        assert_eq!(with_registry("ghcr.io/acme/*"), "ghcr.io/acme/*");
        assert_eq!(with_registry("**"), "**");
    }

    #[test]
    fn patterns_that_may_meet_are_noticed() {
        assert!(may_overlap("ghcr.io/a/**", "ghcr.io/a/b"));
        assert!(may_overlap("**", "ghcr.io/a/b"));
        assert!(!may_overlap("ghcr.io/a/**", "ghcr.io/b/**"));
        assert!(!may_overlap("ghcr.io/a/x", "ghcr.io/a/y"));
    }
}
