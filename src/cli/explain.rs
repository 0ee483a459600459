//! `explain`: the manual of a policy, or why a decision came out so.

mod trace;

use serde_json::json;

use crate::cli::archive;
use crate::cli::args::{ExplainArgs, Format, ListFormat};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::decision;
use crate::cli::exit::Exit;
use crate::cli::print::{Look, STRONG, json as json_format, text};
use crate::cli::session::Session;
use crate::domain::code::{Code, Severity};
use crate::domain::decision::DecisionId;
use crate::domain::finding::Enforcement;
use crate::domain::image_code::ImageCode;
use crate::domain::input_code::{CODES, InputCode};
use crate::domain::policy::PolicyMeta;
use crate::domain::service::Environment;
use crate::domain::suggest::nearest;

/// Runs the verb.
///
/// # Errors
/// When there is neither such a policy nor such a decision.
pub fn run(session: &Session, args: &ExplainArgs) -> Result<Exit, Failure> {
    if !(args.paths.is_empty() && args.image.is_empty() && args.sbom.is_empty()) {
        let shown = trace::told(session, args)?;
        session.printer.out(&shown)?;
        return Ok(Exit::Allow);
    }
    let shown = if let Ok(id) = args.what.parse::<DecisionId>() {
        let format = match args.format {
            ListFormat::Human => Format::Human,
            ListFormat::Json => Format::Json,
        };
        let policies = archive::policies(session).unwrap_or_default().into_iter();
        let reasons = policies.map(|(policy, _)| (policy.code, policy.description)).collect();
        decision::told(session, id, format, &reasons)?
    } else {
        manual(session, &args.what, args.format)?
    };
    session.printer.out(&shown)?;
    Ok(Exit::Allow)
}

fn manual(session: &Session, what: &str, format: ListFormat) -> Result<String, Failure> {
    let code = code_of(what)?;
    if let Some(input) = CODES.iter().find(|input| input.code == code.as_str()) {
        return Ok(manual_of_input(input, format, session.printer.look()));
    }
    let policies = archive::policies(session)?;
    let environment = &session.config.environment.value;
    let Some((policy, effect)) = policies.iter().find(|(policy, _)| policy.code == code) else {
        if let Some(image) = ImageCode::ALL.iter().find(|image| image.code == code.as_str()) {
            let ImageCode { code, title, remediation } = *image;
            let severity = Severity::High;
            let manual = InputCode { code, severity, title, remediation, hides: false };
            return Ok(manual_of_input(&manual, format, session.printer.look()));
        }
        return Err(unknown(&code, policies.iter().map(|(policy, _)| policy.code.as_str())));
    };
    Ok(match format {
        ListFormat::Human => page(policy, *effect, environment, session.printer.look()),
        ListFormat::Json => json_format::pretty(&entry(policy, *effect, environment)),
    })
}

fn code_of(what: &str) -> Result<Code, Failure> {
    what.to_ascii_uppercase().parse().map_err(|_neither| {
        let message = format!("`{what}` is neither a code nor a decision's id");
        let help =
            "`goldgate policy list` shows every code, `goldgate decision list` every decision";
        Complaint::new(message, help).into()
    })
}

/// That no policy has this code, with the nearest that one has.
fn unknown<'c>(code: &Code, codes: impl Iterator<Item = &'c str>) -> Failure {
    let near = nearest(code.as_str(), codes.chain(CODES.iter().map(|input| input.code)));
    let help = match near {
        Some(near) => format!("did you mean `goldgate explain {near}`?"),
        None => "`goldgate policy list` shows every code".to_owned(),
    };
    Complaint::new(format!("there is no policy `{code}`"), help).into()
}

/// The manual of a code that no policy has: of inputs, and of images where no policy speaks of them.
fn manual_of_input(input: &InputCode, format: ListFormat, look: Look) -> String {
    let InputCode { code, severity, title, remediation, hides: _ } = input;
    if format == ListFormat::Json {
        return json_format::pretty(&json!({
            "code": code,
            "title": title,
            "remediation": remediation,
            "severity": severity,
        }));
    }
    let mut out = look.paint(STRONG, &format!("{code}: {title}")) + "\n\n";
    for (label, value) in [("help:    ", *remediation), ("severity:", severity.as_str())] {
        out.push_str(&text::labelled(label, value, look.width));
    }
    out
}

/// A policy's METADATA as JSON.
pub fn entry(
    policy: &PolicyMeta,
    effect: Enforcement,
    environment: &Environment,
) -> serde_json::Value {
    json!({
        "code": policy.code,
        "title": policy.title,
        "description": policy.description,
        "remediation": policy.remediation,
        "severity": policy.severity,
        "enforcement": effect.as_str(),
        "environment": environment,
        "scope": policy.scope.as_str(),
        "kinds": policy.kinds,
        "controls": policy.controls,
        "pack": policy.pack,
        "package": policy.package,
        "dialect": policy.dialect.as_str(),
        "file": policy.file,
        "line": policy.line,
    })
}

fn page(policy: &PolicyMeta, effect: Enforcement, environment: &Environment, look: Look) -> String {
    let head = format!("{}: {}", policy.code, text::clean(&policy.title));
    let mut out = look.paint(STRONG, &head) + "\n\n";
    for paragraph in
        policy.description.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty())
    {
        out.push_str(&(text::wrap(paragraph, look.width).join("\n") + "\n\n"));
    }
    let scope = match policy.kinds.as_slice() {
        [] => policy.scope.as_str().to_owned(),
        kinds => format!("{} ({})", policy.scope.as_str(), kinds.join(", ")),
    };
    let facts = [
        ("help:    ", policy.remediation.clone()),
        ("severity:", policy.severity.to_string()),
        ("effect:  ", format!("{} in {environment}", effect.as_str())),
        ("looks at:", scope),
        ("controls:", policy.controls.join(", ")),
        ("pack:    ", policy.pack.clone()),
        ("source:  ", format!("{}:{} (package {})", policy.file, policy.line, policy.package)),
    ];
    for (label, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        out.push_str(&text::labelled(label, value, look.width));
    }
    out
}
