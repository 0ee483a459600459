//! Any text is read as a policy with its METADATA and checked, types and all, without a panic; every fault stands inside
//! the text.
#![no_main]

use std::sync::Arc;

use goldgate::document::{DocumentLimits, yaml};
use goldgate::domain::place::{Place, Places, SourceFile};
use goldgate::domain::value::Value;
use goldgate::rego::check::{CheckOptions, check_with};
use goldgate::rego::metadata::{YamlFault, annotations};
use goldgate::rego::module::parse;
use goldgate::rego::syntax::Limits;
use goldgate::rego::types::{InputType, Openness, of_schema};
use libfuzzer_sys::fuzz_target;

fn read_yaml(text: &str) -> Result<(Value, Arc<Places>, Place), YamlFault> {
    match yaml::read(text, &DocumentLimits::default()).into_iter().next() {
        Some(Ok(document)) => Ok((document.value, document.places, document.root)),
        Some(Err(fault)) => {
            Err(YamlFault { message: fault.message, span: fault.span, help: fault.help })
        }
        None => Ok((Value::Null, Arc::default(), Place::default())),
    }
}

fuzz_target!(|text: &str| {
    let file = Arc::new(SourceFile::new("p.rego", text));
    let Ok(module) = parse(&file, None, &Limits::default()) else { return };
    let (blocks, mut faults) = annotations(&module, &read_yaml);
    let schemas = blocks.iter().filter_map(|block| block.value.get("schemas"));
    let inputs: Vec<InputType> = schemas
        .map(|schema| InputType {
            module: 0,
            rule: None,
            input: of_schema(schema, Openness::Closed),
        })
        .collect();
    let data = Value::object(Vec::new());
    let options = CheckOptions { data: &data, strict: true, incomplete: false, inputs: &inputs, foreign: &[] };
    faults.extend(check_with(&[module], options).faults);
    assert!(faults.iter().all(|fault| text.get(fault.span.range()).is_some()), "{faults:?}");
});
