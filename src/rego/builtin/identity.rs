//! UUIDs, random numbers and the engine itself. What would be random is drawn from the decision's seed.

use crate::domain::value::Value;

use super::digest::sha256;
use super::display::rego_text;
use super::encoding::hexadecimal;
use super::operand::{Answer, answer, any, failed, int, string};
use super::signature::{Builtin, CallContext, Type, entry};

const OBJECT: Type = Type::Object(&Type::String, &Type::Any);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin { deterministic: false, ..entry("uuid.rfc4122", &[Type::String], Type::String, uuid) },
    entry("uuid.parse", &[Type::String], OBJECT, parse_uuid),
    Builtin { deterministic: false, ..entry("rand.intn", RANDOM, Type::Number, random) },
    Builtin { deterministic: false, ..entry("opa.runtime", &[], OBJECT, runtime) },
    entry("rego.metadata.rule", &[], Type::Any, outside_of_a_rule),
    entry("rego.metadata.chain", &[], CHAIN, outside_of_a_rule),
];

const CHAIN: Type = Type::Array(&Type::Any);
const RANDOM: &[Type] = &[Type::String, Type::Number];

/// Bytes that depend on the decision's seed and on what is asked, so that the same question has the same answer.
fn random_bytes(context: &CallContext<'_>, question: &str) -> [u8; 32] {
    sha256(format!("{}\n{question}", context.seed).as_bytes())
}

fn uuid(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let random = random_bytes(context, &format!("uuid\n{}", rego_text(any(arguments, 1)?)));
    let mut bytes: [u8; 16] = random.first_chunk().copied().unwrap_or_default();
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let digits = hexadecimal(&bytes);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    answer(format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    ))
}

fn random(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (key, limit) = (string(arguments, 1)?, int(arguments, 2)?.unsigned_abs());
    let random = random_bytes(context, &format!("rand\n{key}-{limit}"));
    let number = u64::from_be_bytes(random.first_chunk().copied().unwrap_or_default());
    // The remainder of so wide a number favours no answer that anyone could notice.
    answer(i64::try_from(number.checked_rem(limit).unwrap_or(0)).unwrap_or(0))
}

/// OPA shows its process here, with the environment; a decision must not depend on where it is made, so that the bundle's
/// data says what is shown. Where it says nothing, a call is refused at load, and nothing is there to be shown.
fn runtime(_: &[Value], context: &mut CallContext<'_>) -> Answer {
    Ok(Some(runtime_of(context.data).cloned().unwrap_or_else(|| Value::object(Vec::new()))))
}

/// What `opa.runtime` answers over the base documents `data`.
pub fn runtime_of(data: &Value) -> Option<&Value> {
    data.get("opa")?.get("runtime").filter(|runtime| runtime.as_object().is_some())
}

/// METADATA are constants by the time a rule is evaluated, so that a call is left only where there is no rule.
fn outside_of_a_rule(_: &[Value], _: &mut CallContext<'_>) -> Answer {
    Err(failed("this function must only be called within the scope of a rule"))
}

/// The sixteen bytes of a UUID in one of its four forms.
fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let text = match text.len() {
        45 => {
            let (prefix, rest) = text.split_at_checked(9)?;
            Some(rest).filter(|_| prefix.eq_ignore_ascii_case("urn:uuid:"))?
        }
        38 => text.get(1..37)?,
        32 | 36 => text,
        _ => return None,
    };
    let is_hyphen_right = text.len() == 32
        || [8, 13, 18, 23].into_iter().all(|position| text.as_bytes().get(position) == Some(&b'-'));
    let digits = text.replace('-', "");
    if !is_hyphen_right
        || digits.len() != 32
        || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

fn parse_uuid(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let Some(bytes) = uuid_bytes(string(arguments, 1)?) else { return Ok(None) };
    let number = u128::from_be_bytes(bytes);
    let bits = |from: u32, count: u32| {
        i64::try_from(number >> (128 - from - count) & ((1 << count) - 1)).unwrap_or_default()
    };
    let version = bits(48, 4);
    let variant = match bits(64, 8) {
        byte if byte & 0xc0 == 0x80 => "RFC4122",
        byte if byte & 0xe0 == 0xc0 => "Microsoft",
        byte if byte & 0xe0 == 0xe0 => "Future",
        _ => "Reserved",
    };
    let mut entries =
        vec![("version".into(), Value::from(version)), ("variant".into(), Value::from(variant))];
    if matches!(version, 1 | 2) {
        let ticks = bits(0, 32) | bits(32, 16) << 32 | bits(52, 12) << 48;
        // Ticks of 100 ns since the Gregorian calendar began.
        let nanoseconds = (ticks - 122_192_928_000_000_000).wrapping_mul(100);
        let node = bits(80, 8);
        let hardware = hexadecimal(bytes.last_chunk::<6>().unwrap_or(&[0; 6]));
        let hardware: Vec<&str> =
            (0..6).filter_map(|at| hardware.get(at * 2..at * 2 + 2)).collect();
        let kind = match node & 3 {
            3 => "local:multicast",
            1 => "global:multicast",
            2 => "local:unicast",
            _ => "global:unicast",
        };
        entries.push(("time".into(), Value::from(nanoseconds)));
        entries.push(("nodeid".into(), Value::from(hardware.join("-"))));
        entries.push(("macvariables".into(), Value::from(kind)));
        entries.push(("clocksequence".into(), Value::from(bits(66, 14))));
    }
    if version == 2 {
        let domain = match bits(72, 8) {
            0 => "Person".to_owned(),
            1 => "Group".to_owned(),
            2 => "Org".to_owned(),
            other => format!("Domain{other}"),
        };
        entries.push(("id".into(), Value::from(bits(0, 32))));
        entries.push(("domain".into(), Value::from(domain)));
    }
    Ok(Some(Value::object(entries)))
}
