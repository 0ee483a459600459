//! Hashes and message authentication codes. Source: OPA 1.x, `topdown/crypto.go`.

mod md5;

use aws_lc_rs::{constant_time, hmac};
use sha2::{Digest as _, Sha256};

use crate::domain::value::Value;

use super::encoding::hexadecimal;
use super::operand::{Answer, answer, string};
use super::signature::{Builtin, CallContext, Type, entry};
use super::text::charge;

const ONE: &[Type] = &[Type::String];
const TWO: &[Type] = &[Type::String, Type::String];

pub(super) const BUILTINS: &[Builtin] = &[
    entry("crypto.md5", ONE, Type::String, md5_hash),
    entry("crypto.sha1", ONE, Type::String, sha1_hash),
    entry("crypto.sha256", ONE, Type::String, sha256_hash),
    entry("crypto.hmac.md5", TWO, Type::String, hmac_md5),
    entry("crypto.hmac.sha1", TWO, Type::String, hmac_sha1),
    entry("crypto.hmac.sha256", TWO, Type::String, hmac_sha256),
    entry("crypto.hmac.sha512", TWO, Type::String, hmac_sha512),
    entry("crypto.hmac.equal", TWO, Type::Boolean, hmac_equal),
];

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn input<'a>(
    arguments: &'a [Value],
    context: &mut CallContext<'_>,
) -> Result<&'a [u8], super::BuiltinError> {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    Ok(text.as_bytes())
}

fn md5_hash(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    answer(hexadecimal(&md5::digest(&[input(arguments, context)?])))
}

fn sha1_hash(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
    answer(hexadecimal(aws_lc_rs::digest::digest(algorithm, input(arguments, context)?).as_ref()))
}

fn sha256_hash(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    answer(hexadecimal(&sha256(input(arguments, context)?)))
}

fn code(arguments: &[Value], context: &mut CallContext<'_>, algorithm: hmac::Algorithm) -> Answer {
    let key = hmac::Key::new(algorithm, string(arguments, 2)?.as_bytes());
    answer(hexadecimal(hmac::sign(&key, input(arguments, context)?).as_ref()))
}

fn hmac_sha1(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    code(arguments, context, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)
}

fn hmac_sha256(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    code(arguments, context, hmac::HMAC_SHA256)
}

fn hmac_sha512(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    code(arguments, context, hmac::HMAC_SHA512)
}

fn hmac_md5(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let message = input(arguments, context)?;
    let key = string(arguments, 2)?;
    let hashed = md5::digest(&[key.as_bytes()]);
    let key = if key.len() > 64 { hashed.as_slice() } else { key.as_bytes() };
    let padded = |mark: u8| -> Vec<u8> {
        key.iter().copied().chain(std::iter::repeat(0)).take(64).map(|byte| byte ^ mark).collect()
    };
    let inner = md5::digest(&[&padded(0x36), message]);
    answer(hexadecimal(&md5::digest(&[&padded(0x5c), &inner])))
}

fn hmac_equal(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = (string(arguments, 1)?, string(arguments, 2)?);
    answer(constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok())
}
