//! What proves when something was signed: log entries and timestamps.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_verify::tsa::verify_timestamp_for_authority;
use sigstore_verify::types::{
    Bundle, Sha256Hash, SignatureBytes, TimestampToken, TransparencyLogEntry,
};

use crate::domain::clock::Timestamp;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::evidence::{LogEntryFacts, LogFacts, TimeFacts, TimeSource};
use crate::evidence::verify::item::Item;
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::root::Root;
use crate::evidence::verify::token;

/// Refuses entries of a log whose clock is ahead of ours, in words that name the cause.
pub(super) fn check_not_in_future(bundle: &Bundle, now: Timestamp) -> Result<(), Rejection> {
    let late = entries(bundle).iter().filter_map(integrated_time).find(|time| *time > now);
    match late {
        None => Ok(()),
        Some(time) => Err(Rejection::new(
            RejectionCode::SignedInFuture,
            format!("the log took the signature at {time}, and this gate's clock says {now}"),
        )),
    }
}

/// Refuses entries that name a log other than the one that proves them.
///
/// The verifying crate finds the key of a checkpoint by its four-byte hint and lets the entry's own `logId` stand
/// unread where no signed entry timestamp covers it. Facts and policies show that id, so it has to be true.
pub(super) fn check_log_names(bundle: &Bundle, root: &Root) -> Result<(), Rejection> {
    entries(bundle).iter().try_for_each(|entry| check_log_name(entry, root))
}

fn check_log_name(entry: &TransparencyLogEntry, root: &Root) -> Result<(), Rejection> {
    if entry.inclusion_promise.is_some() {
        return Ok(()); // The signed entry timestamp covers the id, and was verified with that log's key.
    }
    let refuse = |message: &str| Rejection::new(RejectionCode::LogEntryInvalid, message);
    let proof = entry.inclusion_proof.as_ref().ok_or_else(|| refuse("nothing proves the entry"))?;
    let checkpoint =
        proof.checkpoint.checkpoint().ok_or_else(|| refuse("there is no checkpoint"))?;
    let log = Sha256Hash::try_from(entry.log_id.key_id.as_bytes())
        .map_err(|cause| refuse(&cause.to_string()))?;
    let by_this_log = checkpoint.signatures().iter().any(|signature| {
        root.logs.verify_with_key_id(&log, checkpoint.signed_data(), &signature.signature).is_ok()
    });
    if by_this_log {
        return Ok(());
    }
    Err(refuse("the log that the entry names has not signed its checkpoint"))
}

/// Verifies every token over `signed`; each must be by a trusted authority.
pub(super) fn timestamps<'t>(
    root: &Root,
    tokens: impl IntoIterator<Item = &'t TimestampToken>,
    signed: &SignatureBytes,
) -> Result<Vec<Timestamp>, Rejection> {
    tokens.into_iter().map(|token| timestamp(root, token, signed)).collect()
}

fn timestamp(
    root: &Root,
    stamp: &TimestampToken,
    signed: &SignatureBytes,
) -> Result<Timestamp, Rejection> {
    token::check_frame(stamp.as_bytes())?;
    let mut cause = "the trust root has no timestamp authority".to_owned();
    for authority in &root.timestamp_authorities {
        match verify_timestamp_for_authority(stamp, signed, authority) {
            Ok(time) => return Ok(Timestamp::from_millis(time.as_millisecond())),
            Err(error) => cause = error.to_string(),
        }
    }
    let message = format!("the timestamp cannot be verified: {cause}");
    Err(Rejection::new(RejectionCode::TimestampInvalid, message))
}

/// Refuses a bundle with a timestamp whose frame lies.
pub(super) fn check_frames(bundle: &Bundle) -> Result<(), Rejection> {
    tokens(bundle).try_for_each(|stamp| token::check_frame(stamp.as_bytes()))
}

/// Under `.att` tags cosign had the whole envelope stamped, which no bundle can say.
pub(super) fn envelope_times(item: &Item<'_>, root: &Root) -> Result<Vec<Timestamp>, Rejection> {
    let Some((token, envelope)) = &item.envelope_timestamp else { return Ok(Vec::new()) };
    timestamps(root, [token], &SignatureBytes::from_bytes(envelope))
}

/// The rejection for want of a log entry.
pub(super) fn no_log_entry() -> Rejection {
    Rejection::new(RejectionCode::LogEntryMissing, "there is no entry of a transparency log")
}

/// The rejection for want of a timestamp.
pub(super) fn no_timestamp() -> Rejection {
    Rejection::new(RejectionCode::TimestampMissing, "there is no signed time of the kind asked for")
}

/// The tokens of a bundle.
pub(super) fn tokens(bundle: &Bundle) -> impl ExactSizeIterator<Item = &TimestampToken> {
    let data = &bundle.verification_material.timestamp_verification_data;
    data.rfc3161_timestamps.iter().map(|stamp| &stamp.signed_timestamp)
}

/// The log entries of a bundle.
pub(super) fn entries(bundle: &Bundle) -> &[TransparencyLogEntry] {
    &bundle.verification_material.tlog_entries
}

/// What verified entries prove.
pub(super) fn log_facts(bundle: &Bundle) -> LogFacts {
    let entries: Vec<_> = entries(bundle).iter().map(entry_facts).collect();
    LogFacts { verified: !entries.is_empty(), entries }
}

fn entry_facts(entry: &TransparencyLogEntry) -> LogEntryFacts {
    LogEntryFacts {
        kind: format!("{}/{}", entry.kind_version.kind(), entry.kind_version.version()),
        log_id: STANDARD.encode(entry.log_id.key_id.as_bytes()),
        log_index: entry.log_index.get(),
        integrated_time: integrated_time(entry),
        inclusion_proof: entry.inclusion_proof.is_some(),
        set: entry.inclusion_promise.is_some(),
    }
}

/// The times that verified log entries prove.
pub(super) fn log_times(log: &LogFacts) -> impl Iterator<Item = TimeFacts> {
    let times = log.entries.iter().filter_map(|entry| entry.integrated_time);
    times.map(|time| TimeFacts { source: TimeSource::Rekor, time })
}

/// The time of an entry, when something signs it: an inclusion proof covers the body alone.
fn integrated_time(entry: &TransparencyLogEntry) -> Option<Timestamp> {
    entry.inclusion_promise.as_ref()?;
    let time = entry.integrated_time?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}
