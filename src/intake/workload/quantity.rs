//! Resource quantities: `250m`, `128Mi`, `1e3`.

use crate::domain::value::{Object, Value};
use crate::domain::workload::Quantity;

/// The quantities of `requests` or `limits`, by ascending name.
pub(super) fn named(quantities: Option<&Value>) -> Vec<(String, Quantity)> {
    let entries = quantities.and_then(Value::as_object).map(Object::entries);
    let written =
        entries.unwrap_or_default().iter().filter(|(_, value)| !matches!(value, Value::Null));
    written.map(|(name, value)| (name.as_ref().to_owned(), quantity(value))).collect()
}

fn quantity(value: &Value) -> Quantity {
    match value {
        Value::String(text) => Quantity { written: text.as_ref().to_owned(), value: parse(text) },
        Value::Number(number) => {
            Quantity { written: number.to_string(), value: Some(number.to_f64()) }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Array(_)
        | Value::Object(_)
        | Value::Map(_)
        | Value::Set(_) => Quantity { written: value.to_string(), value: None },
    }
}

/// The value of a quantity; `None` when it is none.
///
/// Source: k8s.io/apimachinery, `resource.ParseQuantity`.
fn parse(text: &str) -> Option<f64> {
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let n_sign = text.len() - unsigned.len();
    let n_digits = unsigned.bytes().take_while(|byte| is_number(*byte)).count();
    let (number, suffix) = text.split_at_checked(n_sign + n_digits)?;
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || n_digits > digits + 1 {
        return None;
    }
    // One operation on exact numbers rounds as reading the whole decimal would.
    let scaled = |exponent: i32| match number.parse::<u32>() {
        Ok(whole) if exponent < 0 => Some(f64::from(whole) / 10_f64.powi(-exponent)),
        Ok(whole) => Some(f64::from(whole) * 10_f64.powi(exponent)),
        Err(_) => format!("{number}e{exponent}").parse::<f64>().ok(),
    };
    let binary = |power: i32| Some(number.parse::<f64>().ok()? * 1024_f64.powi(power));
    let value = match suffix {
        "" => scaled(0),
        "n" => scaled(-9),
        "u" => scaled(-6),
        "m" => scaled(-3),
        "k" => scaled(3),
        "M" => scaled(6),
        "G" => scaled(9),
        "T" => scaled(12),
        "P" => scaled(15),
        "E" => scaled(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if valid { format!("{number}e{exponent}").parse().ok() } else { None }
        }
    };
    value.filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, value) in [
            ("250m", 0.25),
            ("100m", 0.1),
            ("0.1", 0.1),
            ("128Mi", 134_217_728.0),
            ("1Gi", 1_073_741_824.0),
            ("1.5Gi", 1_610_612_736.0),
            ("129M", 129e6),
            ("1e3", 1000.0),
            ("1E3", 1000.0),
            ("1E", 1e18),
            ("1Ei", 1_152_921_504_606_846_976.0),
            ("12e-1", 1.2),
            ("500n", 5e-7),
            ("5u", 5e-6),
            ("+2", 2.0),
            ("-1", -1.0),
            (".5", 0.5),
            ("2.", 2.0),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        for text in
            ["", "Mi", "1 Gi", "1mi", "1K", "1.2.3", "e3", "1e", "1e3Mi", "0x10", "1_0", ".", "é"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_quantities_too_and_other_types_are_shown_as_they_are() {
        let value: Value =
            serde_json::from_str(r#"{"memory":64,"cpu":0.5,"x":null,"y":[]}"#).unwrap();
        let read = named(Some(&value));
        let shown: Vec<String> =
            read.iter().map(|(n, q)| format!("{n}={}:{:?}", q.written, q.value)).collect();
        assert_eq!(shown, ["cpu=0.5:Some(0.5)", "memory=64:Some(64.0)", "y=[]:None"]);
    }
}
