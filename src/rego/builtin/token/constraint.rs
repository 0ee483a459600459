//! What `io.jwt.decode_verify` is asked to check.

use crate::domain::value::Value;

use super::super::operand::failed;
use super::super::signature::{BuiltinError, CallContext};
use super::algorithm::{Algorithm, verified};
use super::key::{PublicKey, VerificationKey, parse_all};
use super::{Header, candidates};

/// The constraints of one call.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    keys: Option<Vec<VerificationKey>>,
    secret: Option<PublicKey>,
    algorithm: String,
    issuer: String,
    audience: String,
    /// Seconds since 1970.
    time: f64,
}

impl Constraints {
    pub(super) fn parse(options: &Value, context: &CallContext<'_>) -> Result<Self, BuiltinError> {
        let mut constraints = Self::default();
        let mut nanoseconds = None;
        for (name, value) in options.pairs() {
            let name = name.as_str().unwrap_or_default().to_owned();
            let text = || {
                let text = value
                    .as_str()
                    .ok_or_else(|| failed(format!("{name} constraint: must be a string")));
                text.map(str::to_owned)
            };
            match name.as_str() {
                "cert" => constraints.keys = Some(parse_all(&text()?).map_err(failed)?),
                "secret" => {
                    let secret = text()?.into_bytes();
                    constraints.secret =
                        Some(PublicKey::Secret(secret.clone())).filter(|_| !secret.is_empty());
                }
                "alg" => constraints.algorithm = text()?,
                "iss" => constraints.issuer = text()?,
                "aud" => constraints.audience = text()?,
                "time" => nanoseconds = Some(time(value)?),
                _ => return Err(failed(format!("unknown token validation constraint: {name}"))),
            }
        }
        let now = time(&Value::from(context.now_ns))?;
        constraints.time = nanoseconds.unwrap_or(now) / 1e9;
        match (&constraints.keys, &constraints.secret) {
            (Some(_), Some(_)) => Err(failed("duplicate key constraints")),
            (None, None) => Err(failed("no key constraint")),
            _ => Ok(constraints),
        }
    }

    pub(super) fn allows_algorithm(&self, algorithm: &str) -> bool {
        self.algorithm.is_empty() || self.algorithm == algorithm
    }

    pub(super) fn is_signed(&self, header: &Header, message: &[u8], signature: &[u8]) -> bool {
        let Some(algorithm) = Algorithm::parse(&header.algorithm) else { return false };
        if let Some(secret) = &self.secret {
            return verified(secret, algorithm, message, signature);
        }
        let keys = self.keys.as_deref().unwrap_or_default();
        candidates(keys, header).iter().any(|key| verified(&key.key, algorithm, message, signature))
    }

    /// Whether issuer, audience and times of a payload are right.
    pub(super) fn holds(&self, payload: &Value) -> Result<bool, BuiltinError> {
        if !self.issuer.is_empty()
            && payload.get("iss").and_then(Value::as_str) != Some(self.issuer.as_str())
        {
            return Ok(false);
        }
        let is_for_us = match payload.get("aud") {
            None => self.audience.is_empty(),
            Some(Value::String(audience)) => audience.as_ref() == self.audience,
            Some(Value::Array(audiences)) => {
                audiences.iter().any(|audience| audience.as_str() == Some(self.audience.as_str()))
            }
            Some(_) => false,
        };
        if !is_for_us {
            return Ok(false);
        }
        let number = |name: &str| match payload.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.to_f64())),
            Some(_) => Err(failed(format!("{name} value must be a number"))),
        };
        if number("exp")?.is_some_and(|expires| self.time >= expires) {
            return Ok(false);
        }
        Ok(!number("nbf")?.is_some_and(|starts| self.time < starts))
    }
}

fn time(value: &Value) -> Result<f64, BuiltinError> {
    let Value::Number(number) = value else {
        return Err(failed("token time constraint: must be a number"));
    };
    let time = number.to_f64();
    if time < 0.0 {
        return Err(failed("token time constraint: must not be negative"));
    }
    Ok(time)
}
