//! Pages of lists: sizes, and tokens that say where the next page begins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::record::{Page, PageRequest};

const DEFAULT_SIZE: u32 = 50;
const MAX_SIZE: u32 = 500;
const SEAL_BYTES: usize = 8;

impl PageRequest {
    /// How many items the page holds at most: 50 unless said otherwise, never more than 500.
    pub fn limit(&self) -> usize {
        let size = if self.size == 0 { DEFAULT_SIZE } else { self.size.min(MAX_SIZE) };
        size as usize
    }

    /// Where the page begins; `None` for the first one. `list` names the list and its filter.
    ///
    /// # Errors
    /// `Invalid` for a token that this list did not give out.
    pub(super) fn cursor(&self, list: &str) -> Result<Option<Vec<u8>>, Error> {
        if self.token.is_empty() {
            return Ok(None);
        }
        let refuse = || {
            Error::invalid(format!("`{}` is not a page token of this list", shown(&self.token)))
                .with_field("pageToken")
                .with_help("hand back `nextPageToken` unchanged, with the filter that it was given for, or leave it out for the first page")
        };
        let bytes = URL_SAFE_NO_PAD.decode(&self.token).map_err(|_not_base64| refuse())?;
        let (seal, cursor) = bytes.split_at_checked(SEAL_BYTES).ok_or_else(refuse)?;
        if seal != self::seal(list, cursor) {
            return Err(refuse());
        }
        Ok(Some(cursor.to_vec()))
    }

    /// Cuts `items`, of which one more than the limit was asked for, into a page.
    pub(super) fn cut<K, T>(
        &self,
        list: &str,
        mut items: Vec<(K, T)>,
        cursor: impl Fn(&K) -> Vec<u8>,
    ) -> Page<T> {
        let more = items.len() > self.limit();
        items.truncate(self.limit());
        let next = items.last().filter(|_| more).map(|(key, _)| {
            let cursor = cursor(key);
            URL_SAFE_NO_PAD.encode([seal(list, &cursor).as_slice(), &cursor].concat())
        });
        Page { items: items.into_iter().map(|(_, item)| item).collect(), next }
    }
}

/// A digest that ties a token to its list. It guards against mistakes, not against forgery: a token gives no right.
fn seal(list: &str, cursor: &[u8]) -> Vec<u8> {
    let digest = Digest::of_parts([list.as_bytes(), cursor]);
    digest.as_bytes().iter().copied().take(SEAL_BYTES).collect()
}

fn shown(token: &str) -> String {
    let mut shown: String = token.chars().take(40).collect();
    if shown.len() < token.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(token: &str) -> PageRequest {
        PageRequest { size: 2, token: token.to_owned() }
    }

    fn token() -> String {
        let items = vec![(7_u8, "a"), (8, "b"), (9, "c")];
        page("").cut("list", items, |key| vec![*key]).next.unwrap()
    }

    #[test]
    fn a_token_leads_behind_the_last_item() {
        assert_eq!(page(&token()).cursor("list").unwrap(), Some(vec![8]));
        assert_eq!(page("").cursor("list").unwrap(), None);
    }

    #[test]
    fn the_last_page_has_no_token() {
        assert!(page("").cut("list", vec![(7_u8, "a"), (8, "b")], |key| vec![*key]).next.is_none());
    }

    #[test]
    fn a_token_of_another_list_or_filter_is_refused() {
        let error = page(&token()).cursor("another").unwrap_err();
        assert_eq!(error.field(), Some("pageToken"));
    }

    #[test]
    fn sizes_are_bounded() {
        let limit = |size| PageRequest { size, token: String::new() }.limit();
        assert_eq!((limit(0), limit(7), limit(u32::MAX)), (50, 7, 500));
    }

    proptest! {
        #[test]
        fn mangled_tokens_are_refused(text in "[A-Za-z0-9_=+/ -]{1,40}") {
            prop_assume!(text != token());
            prop_assert!(page(&text).cursor("list").is_err());
        }
    }
}
