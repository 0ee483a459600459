//! The whole decision as JSON, indented.

use crate::domain::decision::Decision;

/// Renders `decision`.
pub fn render(decision: &Decision) -> String {
    pretty(decision)
}

/// Any value as indented JSON with a line break at its end.
pub fn pretty(value: &impl serde::Serialize) -> String {
    // INVARIANT: what is printed has string keys only and writes into memory, so serialisation does not fail; were it
    // to, an empty output is no JSON and no reader takes it for an answer.
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

/// A page of a list, as every list is answered: `{"items": […], "nextPageToken": "…"}`.
pub fn page(items: &impl serde::Serialize, next: Option<&str>) -> String {
    pretty(&Page { items, next_page_token: next.unwrap_or_default() })
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a, T> {
    items: &'a T,
    next_page_token: &'a str,
}
