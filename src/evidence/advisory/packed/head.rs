//! An advisory as far as it is shown, written so that it is read with one copy of each text and without the packages that it
//! is about.

use std::sync::Arc;

use super::entry::{Cursor, write_number, write_text};
use crate::domain::advisory::{Advisory, AdvisoryKind};
use crate::domain::clock::Timestamp;
use crate::domain::code::Severity;

const KINDS: [AdvisoryKind; 5] = [
    AdvisoryKind::Vulnerability,
    AdvisoryKind::Malicious,
    AdvisoryKind::Unmaintained,
    AdvisoryKind::Unsound,
    AdvisoryKind::Notice,
];

const SEVERITIES: [Severity; 4] =
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

/// Puts an advisory behind `bytes`, all but what it is about.
pub(super) fn write(advisory: &Advisory, bytes: &mut Vec<u8>) {
    let Advisory { id, aliases, title, kind, severity, score, published, modified, url, .. } =
        advisory;
    write_text(id, bytes);
    write_number(aliases.len(), bytes);
    for alias in aliases {
        write_text(alias, bytes);
    }
    write_text(title, bytes);
    write_number(KINDS.iter().position(|known| known == kind).unwrap_or_default(), bytes);
    // Zero is none, of every field that may be missing.
    let place =
        severity.and_then(|severity| SEVERITIES.iter().position(|known| *known == severity));
    write_number(place.map_or(0, |place| place + 1), bytes);
    let bits = score.map(f64::to_bits);
    bytes.push(u8::from(bits.is_some()));
    bytes.extend_from_slice(&bits.unwrap_or_default().to_le_bytes());
    for time in [published, modified] {
        bytes.push(u8::from(time.is_some()));
        bytes.extend_from_slice(&time.map_or(0, Timestamp::as_millis).to_le_bytes());
    }
    bytes.push(u8::from(url.is_some()));
    write_text(url.as_deref().unwrap_or_default(), bytes);
}

/// Reads what [`write()`] wrote; none when the bytes are something else.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Advisory> {
    let id = Arc::from(cursor.text()?);
    let n_aliases = cursor.number()?;
    let mut aliases = Vec::with_capacity(n_aliases.min(cursor.0.len()));
    for _ in 0..n_aliases {
        aliases.push(Arc::from(cursor.text()?));
    }
    Some(Advisory {
        id,
        aliases,
        title: Arc::from(cursor.text()?),
        kind: *KINDS.get(cursor.number()?)?,
        severity: match cursor.number()? {
            0 => None,
            place => Some(*SEVERITIES.get(place - 1)?),
        },
        score: {
            let (is_there, bytes) = eight_bytes(cursor)?;
            is_there.then(|| f64::from_bits(u64::from_le_bytes(bytes)))
        },
        published: time(eight_bytes(cursor)?),
        modified: time(eight_bytes(cursor)?),
        url: {
            let is_there = cursor.number()? == 1;
            let url = cursor.text()?;
            is_there.then(|| Arc::from(url))
        },
        affected: Vec::new(),
    })
}

/// Eight bytes, and whether they say anything.
fn eight_bytes(cursor: &mut Cursor<'_>) -> Option<(bool, [u8; 8])> {
    let is_there = cursor.number()? == 1;
    let (bytes, rest) = cursor.0.split_first_chunk::<8>()?;
    cursor.0 = rest;
    Some((is_there, *bytes))
}

fn time((is_there, bytes): (bool, [u8; 8])) -> Option<Timestamp> {
    is_there.then(|| Timestamp::from_millis(i64::from_le_bytes(bytes)))
}
