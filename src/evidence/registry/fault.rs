//! Why something could not be looked at, in words that teach.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError;

use super::address::AddressRefused;
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;

/// Makes a fault.
pub(super) fn fault(code: LookCode, stage: &str, message: impl Into<String>) -> LookFault {
    LookFault { code, stage: stage.to_owned(), message: message.into() }
}

/// Why a request was not answered.
#[derive(Debug)]
pub(super) struct SendFault {
    pub(super) code: LookCode,
    pub(super) message: String,
    /// Whether the same request may be answered a moment later.
    pub(super) passing: bool,
}

/// Reads what the HTTP library says of a request to `host`.
pub(super) fn of_sending(error: &reqwest::Error, host: &str) -> SendFault {
    let of = |code, passing, message: String| SendFault { code, message, passing };
    if let Some(refused) = cause::<AddressRefused>(error) {
        return of(LookCode::AddressNotAllowed, false, address_refused(host, &refused.to_string()));
    }
    if let Some(tls) = cause::<rustls::Error>(error) {
        return of(LookCode::RegistryTls, false, tls_message(host, tls));
    }
    if error.is_timeout() {
        return of(LookCode::RegistryTimeout, false, format!("`{host}` did not answer in time"));
    }
    if error.is_connect() {
        let message = format!(
            "cannot connect to `{host}`: {}; check the name, the port and the network between",
            innermost(error)
        );
        return of(LookCode::RegistryUnreachable, true, message);
    }
    let message = format!("the answer of `{host}` broke off: {}", innermost(error));
    of(LookCode::RegistryUnreachable, true, message)
}

/// What to say of a host at an address that is not allowed.
pub(super) fn address_refused(host: &str, what: &str) -> String {
    format!(
        "{what}; if the registry is inside your network, set `registries.hosts.\"{host}\".allowPrivateAddresses: true`"
    )
}

fn tls_message(host: &str, tls: &rustls::Error) -> String {
    if matches!(tls, rustls::Error::InvalidMessage(_)) {
        return format!(
            "`{host}` does not speak TLS; if it speaks plain HTTP, set `registries.hosts.\"{host}\".plainHttp: true`"
        );
    }
    let advice = if is_certificate(tls, is_about_time) {
        "let who runs the registry renew it, and see that the clock of this machine is right".into()
    } else if is_certificate(tls, is_about_its_name) {
        "name the registry as its certificate does".into()
    } else {
        format!("name its authority in `registries.hosts.\"{host}\".caFile`")
    };
    format!("the certificate of `{host}` is not accepted: {tls}; {advice}")
}

fn is_certificate(tls: &rustls::Error, wrong: fn(&CertificateError) -> bool) -> bool {
    matches!(tls, rustls::Error::InvalidCertificate(reason) if wrong(reason))
}

const fn is_about_time(reason: &CertificateError) -> bool {
    matches!(
        reason,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}

const fn is_about_its_name(reason: &CertificateError) -> bool {
    matches!(
        reason,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
    )
}

/// What stands where a registry should be.
pub(super) fn page_for_people(host: &str, stage: &str) -> LookFault {
    let message = format!(
        "`{host}` answers with a page for people (HTML); see that it is a registry and that no proxy asks to sign in"
    );
    fault(LookCode::RegistryMalformed, stage, message)
}

/// The first error of type `E` in the chain, also where an I/O error is wrapped around it.
fn cause<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = cause::<E>(inner)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn innermost(error: &reqwest::Error) -> String {
    let mut error: &dyn StdError = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
