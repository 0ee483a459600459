//! Built-in functions of the engine that an input could make run for ever, with a bound put before them.
//!
//! `units.parse_bytes("1e100000000")` computes a number of a hundred million digits, and nothing interrupts it.

use regorus::unstable as ast;

/// The functions, each of one argument, whose texts are bounded.
const BOUNDED: [&str; 3] = ["to_number", "units.parse", "units.parse_bytes"];

/// Characters of a text that is a number.
const MAX_CHARS: usize = 400;
/// Digits of an exponent.
const MAX_EXPONENT_DIGITS: usize = 3;

/// Puts bounds before the functions that need them.
pub(super) fn install(engine: &mut regorus::Engine) {
    for name in BOUNDED {
        let (Some((function, _)), Some((span, argument))) =
            (ast::BUILTINS.get(name), placeholder())
        else {
            continue;
        };
        let bounded = move |arguments: Vec<regorus::Value>| {
            let text = arguments.first().and_then(|argument| argument.as_string().ok());
            if text.is_some_and(|text| is_monstrous(text)) {
                return Err(span.error(&format!("`{name}` is given a number that is too long")));
            }
            function(&span, std::slice::from_ref(&argument), &arguments, true)
        };
        // A name that is taken already is bounded already.
        drop(engine.add_extension(name.to_owned(), 1, Box::new(bounded)));
    }
}

fn is_monstrous(text: &str) -> bool {
    let exponent = text.rsplit(['e', 'E']).next().filter(|rest| rest.len() < text.len());
    let digits = exponent.map_or(0, |rest| rest.bytes().filter(u8::is_ascii_digit).count());
    text.len() > MAX_CHARS || digits > MAX_EXPONENT_DIGITS
}

/// The functions want to know where they are called, to say so in an error; the engine adds the real place.
fn placeholder() -> Option<(ast::Span, ast::Ref<ast::Expr>)> {
    let source = ast::Source::from_contents(String::new(), String::new()).ok()?;
    let span = ast::Span { source, line: 1, col: 1, start: 0, end: 0 };
    let value = regorus::Value::Null;
    let argument = ast::Expr::Null { span: span.clone(), value, eidx: 0 };
    Some((span, ast::Ref::new(argument)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_beyond_reason_are_refused() {
        for monster in ["1e100000000", "1E+1000", &"9".repeat(401), "1e0001"] {
            assert!(is_monstrous(monster), "{monster}");
        }
        for number in ["2Ki", "1e3", "1.5E-10", "250m", "", "Exabyte"] {
            assert!(!is_monstrous(number), "{number}");
        }
    }
}
