//! A generated program in parts, so that it can be written down in ways that mean the same.

use serde_json::value::RawValue;

use super::opa::Question;

/// Rules of the package `p`, and an input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) rules: Vec<Rule>,
    pub(crate) input: String,
    /// What to ask.
    pub(crate) asked: Vec<String>,
}

/// One definition. A local is written `‹3›` wherever it stands.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// `r1 := 2`, `default r1 := 3`, `r1 contains ‹0›`.
    pub(crate) head: String,
    pub(crate) body: Vec<String>,
    /// `else := 4`, each with its body.
    pub(crate) others: Vec<(String, Vec<String>)>,
}

impl Rule {
    fn text(&self) -> String {
        let mut text = self.head.clone();
        let mut write = |body: &[String]| {
            if !body.is_empty() {
                text.push_str(" if {\n\t");
                text.push_str(&body.join("\n\t"));
                text.push_str("\n}");
            }
        };
        write(&self.body);
        let others = self.others.iter().map(|(head, body)| {
            let body = if body.is_empty() {
                String::new()
            } else {
                format!(" if {{\n\t{}\n}}", body.join("\n\t"))
            };
            format!(" else := {head}{body}")
        });
        let others: String = others.collect();
        text + &others + "\n"
    }
}

impl Program {
    pub(crate) fn question(&self) -> Question {
        self.written(&|number| format!("x{number}"), 1)
    }

    /// With names for the locals, in so many modules.
    pub(crate) fn written(&self, name: &dyn Fn(&str) -> String, n_modules: usize) -> Question {
        let mut modules = vec!["package p\n".to_owned(); n_modules];
        for (number, rule) in self.rules.iter().enumerate() {
            let module = &mut modules[number % n_modules];
            module.push('\n');
            module.push_str(&named(&rule.text(), name));
        }
        Question {
            modules,
            v0: false,
            strict: std::env::var_os("GOLDGATE_RANDOM_STRICT").is_some(),
            input: Some(RawValue::from_string(self.input.clone()).unwrap()),
            data: None,
            rules: self.asked.iter().map(|rule| format!("data.p.{rule}")).collect(),
        }
    }

    /// With neighbouring statements exchanged that share no local.
    pub(crate) fn reordered(&self) -> Self {
        let mut program = self.clone();
        for rule in &mut program.rules {
            exchange(&mut rule.body);
            for (_, body) in &mut rule.others {
                exchange(body);
            }
        }
        program
    }

    /// With the definitions in the opposite order, but those with a name of their own first.
    pub(crate) fn reversed(&self) -> Self {
        let mut program = self.clone();
        program.rules.reverse();
        program
    }
}

/// Puts names in the places of the locals.
fn named(text: &str, name: &dyn Fn(&str) -> String) -> String {
    let mut parts = text.split('‹');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once('›').unwrap();
        written.push_str(&name(number));
        written.push_str(rest);
    }
    written
}

fn exchange(body: &mut [String]) {
    for at in 0..body.len().saturating_sub(1) {
        let (one, two) = (locals_of(&body[at]), locals_of(&body[at + 1]));
        if one.iter().all(|local| !two.contains(local)) {
            body.swap(at, at + 1);
        }
    }
}

fn locals_of(statement: &str) -> Vec<&str> {
    statement.split('‹').skip(1).filter_map(|part| part.split('›').next()).collect()
}
