//! The shelf: the policies of a revision, page by page and one by one.

use std::sync::Arc;

use crate::domain::code::Code;
use crate::domain::error::Error;
use crate::domain::policy::PolicyMeta;
use crate::record::{Page, PageRequest};

const DEFAULT_PAGE: usize = 50;
const MAX_PAGE: usize = 500;

/// A page of `policies`, which stand by ascending code. The token is the last code of the page before.
///
/// # Errors
/// `Invalid` for a token that no page ended with.
pub(crate) fn page(
    policies: &[Arc<PolicyMeta>],
    request: &PageRequest,
) -> Result<Page<Arc<PolicyMeta>>, Error> {
    let size = match usize::try_from(request.size).unwrap_or(MAX_PAGE) {
        0 => DEFAULT_PAGE,
        size => size.min(MAX_PAGE),
    };
    let first = if request.token.is_empty() {
        0
    } else {
        let last: Code = request.token.parse().map_err(|cause: Error| {
            Error::invalid("the page token is not one of this list")
                .with_field("pageToken")
                .with_help("leave it out to begin with the first page")
                .with_internal(cause.internal())
        })?;
        policies.partition_point(|policy| policy.code <= last)
    };
    let rest = policies.get(first..).unwrap_or_default();
    let items: Vec<_> = rest.iter().take(size).cloned().collect();
    let next = items.last().filter(|_| rest.len() > size).map(|policy| policy.code.to_string());
    Ok(Page { items, next })
}

/// The policy with this code.
///
/// # Errors
/// `Invalid` for what is no code, `NotFound` when the revision has no such policy.
pub(crate) fn policy(policies: &[Arc<PolicyMeta>], code: &str) -> Result<Arc<PolicyMeta>, Error> {
    let code: Code = code.parse().map_err(|error: Error| error.with_field("code"))?;
    policies
        .iter()
        .find(|policy| policy.code == code)
        .cloned()
        .ok_or_else(|| Error::not_found("policy", code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Severity;
    use crate::domain::policy::{Dialect, Scope};

    fn policies(n: usize) -> Vec<Arc<PolicyMeta>> {
        (0..n)
            .map(|number| {
                Arc::new(PolicyMeta {
                    code: format!("P-{number:04}").parse().unwrap(),
                    title: String::new(),
                    description: String::new(),
                    remediation: String::new(),
                    severity: Severity::Low,
                    scope: Scope::Release,
                    needs: crate::domain::policy::Needs::default(),
                    kinds: Vec::new(),
                    controls: Vec::new(),
                    package: String::new(),
                    pack: String::new(),
                    dialect: Dialect::Goldgate,
                    file: String::new(),
                    line: 1,
                })
            })
            .collect()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        for (n, size) in [(0, 3), (3, 3), (7, 3), (120, 0), (1000, 9999)] {
            let all = policies(n);
            let mut seen = Vec::new();
            let mut request = PageRequest { size, token: String::new() };
            loop {
                let page = page(&all, &request).unwrap();
                seen.extend(page.items.iter().map(|policy| policy.code.clone()));
                let Some(next) = page.next else { break };
                request.token = next;
            }
            assert_eq!(seen, all.iter().map(|policy| policy.code.clone()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let request = PageRequest { size: 1, token: "eyJ4IjoxfQ".to_owned() };
        assert_eq!(page(&policies(2), &request).unwrap_err().field(), Some("pageToken"));
    }
}
