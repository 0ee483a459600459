//! PEM: DER in base64 between lines that say what it is. Source: RFC 7468, Go's `encoding/pem`.

use super::encoding::{STANDARD, base64_bytes};

/// One block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) label: String,
    pub(super) bytes: Vec<u8>,
}

/// The first block of a text and what follows it.
pub(super) fn next_block(text: &str) -> Option<(Block, &str)> {
    let mut rest = text;
    loop {
        let start = rest.find("-----BEGIN ")?;
        let after = rest.get(start + "-----BEGIN ".len()..)?;
        let (label, body) = after.split_once("-----")?;
        let end = format!("-----END {label}-----");
        let Some((body, after)) = body.split_once(&end) else {
            rest = after;
            continue;
        };
        // Headers, as of old encrypted keys, end with an empty line.
        let base64 = body.rsplit_once("\n\n").map_or(body, |(_, base64)| base64);
        let base64: String = base64.split_whitespace().collect();
        if let Some(bytes) = base64_bytes(&STANDARD, &base64) {
            let after = after.trim_start_matches([' ', '\t']);
            let after =
                after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after);
            return Some((Block { label: label.to_owned(), bytes }, after));
        }
        rest = after;
    }
}
