//! Errors as gRPC statuses, and back for a client.
//!
//! The details are those of `google.rpc`: `ErrorInfo` always, `BadRequest` when a field is to blame, `RetryInfo` when
//! trying again later helps. proto/goldgate/v1/gate.proto tells callers of them.

use std::time::Duration;

use http::Extensions;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::api::refusal::{self, RequestId};
use crate::domain::error::{Error, ErrorKind};

const DOMAIN: &str = "goldgate";

/// The status code of each kind. Source: ARCHITECTURE.md, "Errors".
pub(crate) const fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Invalid => Code::InvalidArgument,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Forbidden => Code::PermissionDenied,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Conflict => Code::Aborted,
        ErrorKind::TooLarge | ErrorKind::Exhausted => Code::ResourceExhausted,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Deadline => Code::DeadlineExceeded,
        ErrorKind::Internal => Code::Internal,
    }
}

/// The name of a status code as the gRPC specification spells it, for counters.
pub(crate) const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// The status for the caller.
pub(crate) fn of(error: &Error, request: &RequestId) -> Status {
    let entry = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let field = error.field().map(|field| entry("field", field));
    let help = error.help().map(|help| entry("help", help));
    #[expect(clippy::disallowed_types, reason = "the type that `tonic-types` takes")]
    let metadata: std::collections::HashMap<String, String> =
        [entry("request_id", request.as_str())].into_iter().chain(field).chain(help).collect();
    let mut details = ErrorDetails::new();
    details.set_error_info(error.kind().as_str().to_ascii_uppercase(), DOMAIN, metadata);
    if let Some(field) = error.field() {
        details.add_bad_request_violation(field, error.external());
    }
    if let Some(delay) = refusal::retry_after(error.kind()) {
        details.set_retry_info(Some(delay));
    }
    Status::with_error_details(code(error.kind()), error.external(), details)
}

/// The request's id, as the outermost layer wrote it down.
pub(crate) fn request_id(extensions: &Extensions) -> RequestId {
    extensions.get::<RequestId>().cloned().unwrap_or_else(RequestId::new)
}

/// Logs a failure and makes it a status.
pub(crate) fn refuse(error: &Error, request: &RequestId) -> Status {
    refusal::log(error, request);
    of(error, request)
}

/// The error that a server's status stands for.
pub(crate) fn read(status: &Status) -> Error {
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.domain == DOMAIN);
    let said = |name: &str| info.and_then(|info| info.metadata.get(name)).cloned();
    let kind = info
        .and_then(|info| {
            ErrorKind::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(&info.reason))
        })
        .unwrap_or_else(|| kind(status.code()));
    let mut error = Error::new(kind, status.message()).with_internal(match said("request_id") {
        Some(id) => format!("{} (request {id})", status.message()),
        None => status.message().to_owned(),
    });
    if let Some(field) = said("field") {
        error = error.with_field(field);
    }
    if let Some(help) = said("help") {
        error = error.with_help(help);
    }
    error
}

/// The kind of a status that is not one of ours: a proxy's, or the transport's.
const fn kind(code: Code) -> ErrorKind {
    match code {
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => ErrorKind::Invalid,
        Code::Unauthenticated => ErrorKind::Unauthenticated,
        Code::PermissionDenied => ErrorKind::Forbidden,
        Code::NotFound => ErrorKind::NotFound,
        Code::Aborted | Code::AlreadyExists => ErrorKind::Conflict,
        Code::ResourceExhausted => ErrorKind::Exhausted,
        Code::DeadlineExceeded | Code::Cancelled => ErrorKind::Deadline,
        Code::Ok | Code::Unknown | Code::Unimplemented | Code::Unavailable => {
            ErrorKind::Unavailable
        }
        Code::Internal | Code::DataLoss => ErrorKind::Internal,
    }
}

/// The caller's deadline in `grpc-timeout`: digits and a unit.
///
/// Source: gRPC over HTTP/2, "Timeout".
pub(crate) fn read_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount = digits.parse::<u64>().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_way_to_a_client_with_field_and_help() {
        for kind in ErrorKind::ALL {
            let error = Error::new(kind, "no").with_field("artifacts[0].path").with_help("do so");
            let read = read(&of(&error, &RequestId::new()));
            assert_eq!(
                (read.kind(), read.external(), read.field(), read.help()),
                (kind, "no", Some("artifacts[0].path"), Some("do so"))
            );
        }
    }

    #[test]
    fn a_status_names_the_request_and_when_to_try_again() {
        let id = RequestId::of_caller("ci-17").unwrap();
        let status = of(&Error::new(ErrorKind::Exhausted, "full"), &id);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["request_id"], "ci-17");
        assert_eq!(details.retry_info().unwrap().retry_delay, Some(Duration::from_secs(1)));
    }

    #[test]
    fn what_only_we_may_read_stays_here() {
        let error = Error::internal_fault("the password is `hunter2`");
        let status = of(&error, &RequestId::new());
        assert!(!format!("{status:?}").contains("hunter2"));
    }

    #[test]
    fn timeouts_are_digits_and_a_unit() {
        for (text, expected) in [
            ("5S", Some(Duration::from_secs(5))),
            ("200m", Some(Duration::from_millis(200))),
            ("1H", Some(Duration::from_hours(1))),
            ("", None),
            ("S", None),
            ("5s", None),
            ("-5S", None),
            ("999999999S", None),
            ("5ü", None),
        ] {
            assert_eq!(read_timeout(text), expected, "{text}");
        }
    }
}
