//! Whether certificates lead from a leaf to a root, as Go decides it. The time is the decision's.
//!
//! Source: OPA 1.x, `topdown/crypto.go`; Go's `crypto/x509`, `Certificate.Verify`; RFC 5280, section 6.

use std::net::IpAddr;

use aws_lc_rs::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::domain::value::Value;
use crate::rego::budget::Budget;

use super::super::der::{Reader, SEQUENCE};
use super::super::encoding::{STANDARD, base64_bytes};
use super::super::operand::{Answer, answer, failed, members, object as object_operand, string};
use super::super::signature::{BuiltinError, CallContext};
use super::super::time::second_of;
use super::super::token::{Curve, PublicKey, public_key};
use super::{certificate_bytes, certificates_of, constraint, plain, policy};

/// What checking a signature costs, in steps.
const SIGNATURE_STEPS: u64 = 2_000;

/// Checks of signatures on the way to a root; Go's bound.
const MAX_CHECKS: usize = 100;

/// The purposes of keys, in the order of Go's numbers.
const USAGES: [&str; 14] = [
    "KeyUsageAny",
    "KeyUsageServerAuth",
    "KeyUsageClientAuth",
    "KeyUsageCodeSigning",
    "KeyUsageEmailProtection",
    "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel",
    "KeyUsageIPSECUser",
    "KeyUsageTimeStamping",
    "KeyUsageOCSPSigning",
    "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto",
    "KeyUsageMicrosoftCommercialCodeSigning",
    "KeyUsageMicrosoftKernelCodeSigning",
];

const ANY: i64 = 0;
const SERVER: i64 = 1;

/// The bit of a key that may sign certificates.
const SIGNS_CERTIFICATES: i64 = 32;

pub(super) fn parse_and_verify(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    let wanted = Wanted { at_ns: context.now_ns, name: String::new(), usages: vec![SERVER] };
    verified(text, &wanted, context, Clone::clone)
}

pub(super) fn parse_and_verify_with_options(
    arguments: &[Value],
    context: &mut CallContext<'_>,
) -> Answer {
    let text = string(arguments, 1)?;
    let options = object_operand(arguments, 2)?;
    if certificate_bytes(text).and_then(|bytes| certificates_of(&bytes)).is_err() {
        return not_verified();
    }
    let wanted = Wanted::of(options, context.now_ns)?;
    verified(text, &wanted, context, plain)
}

fn not_verified() -> Answer {
    answer(Value::array(vec![Value::Bool(false), Value::array(Vec::new())]))
}

fn verified(
    text: &str,
    wanted: &Wanted,
    context: &mut CallContext<'_>,
    show: impl Fn(&Value) -> Value,
) -> Answer {
    super::charge(text.len() * 8, context)?;
    let Ok(certificates) = certificate_bytes(text).and_then(|bytes| certificates_of(&bytes)) else {
        return not_verified();
    };
    let mut search = Search { certificates: &certificates, wanted, n_checks: 0 };
    match search.found(context.budget)? {
        Some(chain) => {
            let chain = chain.iter().filter_map(|index| certificates.get(*index)).map(show);
            answer(Value::array(vec![Value::Bool(true), Value::array(chain.collect())]))
        }
        None => not_verified(),
    }
}

/// What a chain is asked for.
struct Wanted {
    at_ns: i64,
    /// The host that the leaf must be for; empty: any.
    name: String,
    /// What the key is for, of which one is enough.
    usages: Vec<i64>,
}

impl Wanted {
    fn of(options: &Value, now_ns: i64) -> Result<Self, BuiltinError> {
        let mut wanted = Self { at_ns: now_ns, name: String::new(), usages: vec![SERVER] };
        for (key, value) in options.pairs() {
            let Value::String(key) = &key else { continue };
            let number = || match value {
                Value::Number(number) => super::super::number::written_integer(number)
                    .ok_or_else(|| failed(format!("'{key}' should be a valid int64 number"))),
                _ => Err(failed(format!("'{key}' should be a number"))),
            };
            match key.as_ref() {
                "DNSName" => {
                    let name =
                        value.as_str().ok_or_else(|| failed("'DNSName' should be a string"))?;
                    name.trim_matches('"').clone_into(&mut wanted.name);
                }
                "CurrentTime" => wanted.at_ns = number()?,
                "MaxConstraintComparisons" => {
                    number()?;
                }
                "KeyUsages" => wanted.usages = usages(value)?,
                _ => return Err(failed("invalid key option")),
            }
        }
        Ok(wanted)
    }
}

fn usages(value: &Value) -> Result<Vec<i64>, BuiltinError> {
    let names = members(value).ok_or_else(|| failed("'KeyUsages' should be an Array or Set"))?;
    let names = names.iter().filter_map(Value::as_str).map(|name| name.trim_matches('"'));
    let (mut usages, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        match (0..).zip(USAGES).find(|(_, known)| *known == name) {
            Some((number, _)) => usages.push(number),
            None => unknown.push(name),
        }
    }
    if !unknown.is_empty() {
        let unknown = unknown.join(" ");
        return Err(failed(format!("invalid entries for 'KeyUsages' found: [{unknown}]")));
    }
    Ok(if usages.is_empty() { vec![SERVER] } else { usages })
}

/// The first certificate is the root, the last one the leaf; those between may stand between.
struct Search<'c> {
    certificates: &'c [Value],
    wanted: &'c Wanted,
    n_checks: usize,
}

impl Search<'_> {
    /// The numbers of the certificates from the leaf to the root.
    fn found(&mut self, budget: &mut Budget) -> Result<Option<Vec<usize>>, BuiltinError> {
        let [root, .., leaf] = self.certificates else { return Ok(None) };
        let is_for = self.wanted.name.is_empty() || is_for(leaf, &self.wanted.name);
        if !self.is_valid(leaf, 0) || !is_for {
            return Ok(None);
        }
        let last = self.certificates.len() - 1;
        if field(root, "Raw") == field(leaf, "Raw") {
            return Ok(self.serves(&[last]).then(|| vec![last]));
        }
        self.upwards(&[last], budget)
    }

    fn upwards(
        &mut self,
        chain: &[usize],
        budget: &mut Budget,
    ) -> Result<Option<Vec<usize>>, BuiltinError> {
        let at = |index: usize| self.certificates.get(index);
        let Some(child) = chain.last().and_then(|last| at(*last)) else { return Ok(None) };
        let leaf = self.certificates.len() - 1;
        for index in 0..leaf {
            let Some(parent) = self.certificates.get(index) else { continue };
            let is_known =
                chain.iter().filter_map(|index| self.certificates.get(*index)).any(|it| {
                    ["RawSubject", "RawSubjectPublicKeyInfo"]
                        .iter()
                        .all(|name| field(it, name) == field(parent, name))
                });
            if is_known || field(parent, "RawSubject") != field(child, "RawIssuer") {
                continue;
            }
            self.n_checks += 1;
            if self.n_checks > MAX_CHECKS {
                return Ok(None);
            }
            budget.charge(SIGNATURE_STEPS)?;
            let may_stand = index == 0 || is_true(parent, "IsCA");
            if !may_stand || !may_sign(parent) || !self.is_valid(parent, chain.len() - 1) {
                continue;
            }
            if !is_signed(child, parent) {
                continue;
            }
            let mut longer = chain.to_vec();
            longer.push(index);
            let whole = match index {
                0 => self.holds(&longer, budget)?.then_some(longer),
                _ => self.upwards(&longer, budget)?,
            };
            if whole.is_some() {
                return Ok(whole);
            }
        }
        Ok(None)
    }

    /// Whether the certificate holds by itself, with so many others between it and the leaf.
    fn is_valid(&self, certificate: &Value, n_between: usize) -> bool {
        let (second, is_past_second) = second_of(self.wanted.at_ns);
        let (not_before, not_after) =
            (text(certificate, "NotBefore"), text(certificate, "NotAfter"));
        let is_over = second.as_str() > not_after || second == not_after && is_past_second;
        let most = number(certificate, "MaxPathLen");
        let is_bounded = is_true(certificate, "BasicConstraintsValid") && most >= 0;
        let is_too_far = is_bounded && usize::try_from(most).is_ok_and(|most| n_between > most);
        second.as_str() >= not_before
            && !is_over
            && !is_too_far
            && certificate.get("UnhandledCriticalExtensions") == Some(&Value::Null)
    }

    /// Whether a whole chain serves the purpose, has names that its authorities may certify, and policies in order.
    fn holds(&self, chain: &[usize], budget: &mut Budget) -> Result<bool, BuiltinError> {
        let certificates: Vec<&Value> =
            chain.iter().filter_map(|index| self.certificates.get(*index)).collect();
        budget.charge(constraint::n_comparisons(&certificates))?;
        Ok(self.serves(chain) && constraint::permit(&certificates) && policy::agree(&certificates))
    }

    /// Whether one of the wanted purposes is one of every certificate that names its purposes.
    fn serves(&self, chain: &[usize]) -> bool {
        let usages = &self.wanted.usages;
        if usages.contains(&ANY) {
            return true;
        }
        let certificates: Vec<&Value> =
            chain.iter().filter_map(|index| self.certificates.get(*index)).collect();
        usages.iter().any(|usage| {
            certificates.iter().all(|certificate| {
                let own = certificate.get("ExtKeyUsage").and_then(Value::as_array);
                let is_silent =
                    own.is_none() && certificate.get("UnknownExtKeyUsage") == Some(&Value::Null);
                let named = own.unwrap_or_default();
                is_silent || [ANY, *usage].iter().any(|it| named.contains(&Value::from(*it)))
            })
        })
    }
}

fn field<'c>(certificate: &'c Value, name: &str) -> &'c Value {
    certificate.get(name).unwrap_or(&Value::Null)
}

fn text<'c>(certificate: &'c Value, name: &str) -> &'c str {
    field(certificate, name).as_str().unwrap_or_default()
}

fn number(certificate: &Value, name: &str) -> i64 {
    match field(certificate, name) {
        Value::Number(number) => super::super::number::written_integer(number).unwrap_or_default(),
        _ => 0,
    }
}

fn is_true(certificate: &Value, name: &str) -> bool {
    *field(certificate, name) == Value::Bool(true)
}

fn bytes(certificate: &Value, name: &str) -> Vec<u8> {
    base64_bytes(&STANDARD, text(certificate, name)).unwrap_or_default()
}

/// Whether the certificate may sign others.
fn may_sign(certificate: &Value) -> bool {
    let has_constraints = is_true(certificate, "BasicConstraintsValid");
    let is_authority = if has_constraints {
        is_true(certificate, "IsCA")
    } else {
        number(certificate, "Version") != 3
    };
    let usage = number(certificate, "KeyUsage");
    is_authority && (usage == 0 || usage & SIGNS_CERTIFICATES != 0)
}

/// Whether the parent's key has signed the child. Old hashes sign nothing.
fn is_signed(child: &Value, parent: &Value) -> bool {
    let key = bytes(parent, "RawSubjectPublicKeyInfo");
    let Some(key) = Reader::new(&key).expect(SEQUENCE).and_then(public_key) else { return false };
    let (message, signature) = (bytes(child, "RawTBSCertificate"), bytes(child, "Signature"));
    let algorithm = number(child, "SignatureAlgorithm");
    match &key {
        PublicKey::Rsa { n, e } => {
            let is_short = n.len() < 256;
            let parameters = match algorithm {
                4 if is_short => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                6 if is_short => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
                4 => &signature::RSA_PKCS1_2048_8192_SHA256,
                5 => &signature::RSA_PKCS1_2048_8192_SHA384,
                6 => &signature::RSA_PKCS1_2048_8192_SHA512,
                13 => &signature::RSA_PSS_2048_8192_SHA256,
                14 => &signature::RSA_PSS_2048_8192_SHA384,
                15 => &signature::RSA_PSS_2048_8192_SHA512,
                _ => return false,
            };
            RsaPublicKeyComponents { n, e }.verify(parameters, &message, &signature).is_ok()
        }
        PublicKey::Ec { curve, point } => {
            let parameters = match (curve, algorithm) {
                (Curve::P256, 10) => &signature::ECDSA_P256_SHA256_ASN1,
                (Curve::P256, 11) => &signature::ECDSA_P256_SHA384_ASN1,
                (Curve::P384, 10) => &signature::ECDSA_P384_SHA256_ASN1,
                (Curve::P384, 11) => &signature::ECDSA_P384_SHA384_ASN1,
                (Curve::P521, 12) => &signature::ECDSA_P521_SHA512_ASN1,
                _ => return false,
            };
            UnparsedPublicKey::new(parameters, point).verify(&message, &signature).is_ok()
        }
        PublicKey::Ed25519(public) if algorithm == 16 => {
            UnparsedPublicKey::new(&signature::ED25519, public).verify(&message, &signature).is_ok()
        }
        PublicKey::Ed25519(_) | PublicKey::Secret(_) | PublicKey::Other => false,
    }
}

/// Whether the certificate is for the host: an address, or a name whose first label may be any.
fn is_for(certificate: &Value, host: &str) -> bool {
    let names = |field: &str| -> Vec<&str> {
        let names = certificate.get(field).and_then(Value::as_array).unwrap_or_default();
        names.iter().filter_map(Value::as_str).collect()
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = address.parse::<IpAddr>() {
        return names("IPAddresses").iter().any(|it| it.parse() == Ok(address));
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let fits = |pattern: &str| {
        let pattern = pattern.to_ascii_lowercase();
        let parts: Vec<&str> = pattern.split('.').collect();
        parts.len() == labels.len()
            && parts.iter().zip(&labels).enumerate().all(|(index, (part, label))| {
                !label.is_empty() && (part == label || index == 0 && *part == "*")
            })
    };
    names("DNSNames").iter().any(|pattern| fits(pattern))
}
