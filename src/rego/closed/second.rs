//! Closed modules in the second engine, for the other opinion about what they answer.

use std::sync::Arc;
use std::time::Duration;

use super::Asker;
use crate::domain::place::SourceFile;
use crate::domain::value::Value;
use crate::rego::convert::Term;
use crate::rego::engine::{Failure, prepared, rule_path};
use crate::rego::extension;
use crate::rego::family::Family;
use crate::rego::module::Version;
use crate::rego::second;

/// Modules that the second engine has read alone. It is told its documents each time as well.
#[derive(Debug)]
pub struct SecondProgram(Family);

impl SecondProgram {
    pub(super) fn of(
        files: &[Arc<SourceFile>],
        version: Version,
        budget: Duration,
    ) -> Option<Self> {
        let mut engine = prepared(&Value::object(Vec::new()), budget);
        for file in files {
            second::add(&mut engine, file, version).ok()?;
        }
        let mut family = Family { engine, files: files.to_vec(), budget };
        family.prepare().ok()?;
        Some(Self(family))
    }

    /// As [`super::ClosedProgram::answer`].
    ///
    /// # Errors
    /// When the rule fails or its time is used up.
    pub fn answer(
        &self,
        asker: &Asker,
        package: &[String],
        rule: &str,
        input: &Value,
        documents: &Value,
    ) -> Result<Option<Value>, Failure> {
        let mut engine = self.0.engine.clone();
        let failed = |message: String| Failure { message, place: None, out_of_time: false };
        engine.add_data(Term::from(documents).0).map_err(|cause| failed(cause.to_string()))?;
        engine.set_input(Term::from(input).0);
        extension::answer_from(asker.circumstances);
        self.0.run(&mut engine, &rule_path(package, &[rule.to_owned()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rego::closed::ClosedProgram;
    use crate::rego::engine::Circumstances;
    use crate::rego::module::parse;
    use crate::rego::syntax::Limits;

    #[test]
    fn both_engines_read_the_same_documents_and_libraries() {
        let texts = [
            "package t\nviolation[{\"msg\": msg}] {\n  data.inventory.names[_] == input.name\n  msg := data.lib.m.say(input.name)\n}",
            "package lib.m\nsay(name) = sprintf(\"%v is taken\", [name])",
        ];
        let limits = Limits::default();
        let file = |text: &&str| Arc::new(SourceFile::new("t.yaml", *text));
        let modules: Vec<_> = texts
            .iter()
            .map(|text| parse(&file(text), Some(Version::V0), &limits).unwrap())
            .collect();
        let budget = Duration::from_secs(10);
        let read = |json: &str| -> Value { serde_json::from_str(json).unwrap() };
        let nothing = read(r#"{"inventory": {}}"#);
        let own = ClosedProgram::of(&modules, nothing, budget).unwrap();
        let second = own.second(Version::V0).unwrap();
        let documents = read(r#"{"inventory": {"names": ["a"]}}"#);
        let package = ["t".to_owned()];
        for (input, expected) in
            [(r#"{"name": "a"}"#, r#"[{"msg":"a is taken"}]"#), (r#"{"name": "b"}"#, "[]")]
        {
            let mut asker = Asker::new(Circumstances::default());
            let input = read(input);
            let by_second = second.answer(&asker, &package, "violation", &input, &documents);
            let by_own = own.answer(&mut asker, &package, "violation", input, documents.clone());
            let (by_own, by_second) = (by_own.unwrap(), by_second.unwrap());
            assert_eq!(by_own, by_second);
            assert_eq!(by_own.unwrap().to_string(), expected);
        }
    }
}
