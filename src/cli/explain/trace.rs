//! `explain CODE PATH…`: what a policy does over files, statement by statement.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{code_of, unknown};
use crate::cli::args::{ExplainArgs, ListFormat};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::print::text::{clean, counted};
use crate::cli::print::{ERROR, FAINT, GOOD, Look, STRONG, WARNING, json as json_format};
use crate::cli::session::Session;
use crate::cli::{artifacts, local, worker};
use crate::domain::clock::SystemClock;
use crate::domain::code::Code;
use crate::domain::policy::{PolicyMeta, PolicyResult};
use crate::domain::request::{CheckOptions, Request, Stage};
use crate::gate::{Gate, Traced};
use crate::intake::Walked;
use crate::policy::{Fate, LoadOptions, Revision, Step, Values};

/// Room for the widest word of a fate, and for line numbers.
const FATE_WIDTH: usize = 13;
const LINE_WIDTH: usize = 5;

/// Where values stand, under the text of their statement.
const BELOW: usize = 2 + LINE_WIDTH + 2 + FATE_WIDTH + 2 + 4;

/// The trace, as it is printed.
///
/// # Errors
/// When there is no such policy, or nothing can be read.
pub(super) fn told(session: &Session, args: &ExplainArgs) -> Result<String, Failure> {
    let code = code_of(&args.what)?;
    let options = LoadOptions { trace: true, ..LoadOptions::default() };
    let revision = local::checking_revision(session, options)?;
    let policy = policy(&revision, &code)?;
    let traces = asked(session, args, revision, &code)?;
    Ok(match args.format {
        ListFormat::Human => page(&policy, &traces, session.printer.look()),
        ListFormat::Json => json_format::pretty(&document(&policy, &traces)),
    })
}

fn policy(revision: &Revision, code: &Code) -> Result<Arc<PolicyMeta>, Failure> {
    let mut policies = revision.policies().iter();
    let found = policies.find(|policy| policy.code == *code);
    let codes = revision.policies().iter().map(|policy| policy.code.as_str());
    let policy = found.ok_or_else(|| unknown(code, codes))?;
    if revision.left_to_the_second().is_some() {
        let message = "the second engine runs these policies, and it tells no statements";
        let help = "`goldgate policy check` says which rule the own evaluator does not take";
        return Err(Complaint::new(message, help).into());
    }
    Ok(Arc::clone(policy))
}

fn asked(
    session: &Session,
    args: &ExplainArgs,
    revision: Arc<Revision>,
    code: &Code,
) -> Result<Vec<Traced>, Failure> {
    let limits = local::limits(&session.config.limits);
    let Walked { mut artifacts, .. } = artifacts::collect(session, &args.paths, &limits)?;
    artifacts::add_bills(session, &args.sbom, &limits, &mut artifacts)?;
    let request = Request {
        service: session.config.service.value.clone(),
        environment: session.config.environment.value.clone(),
        stage: Stage::default(),
        trigger: session.config.trigger.clone(),
        artifacts,
        images: args.image.clone(),
        options: CheckOptions { dry_run: true },
        idempotency_key: None,
        review: None,
    };
    let salt = local::salt(session.config.data.value.as_deref())?;
    let images = local::images(&session.config)?;
    let sources = local::boxed(&session.config, images.as_ref(), Vec::new());
    let gate = Gate::new(limits, sources, revision, None, Arc::new(SystemClock), salt);
    worker::run(|| async move { gate.trace(&request, code).await }).map_err(Failure::from)
}

fn page(policy: &PolicyMeta, traces: &[Traced], look: Look) -> String {
    let head = format!("{}: {}", policy.code, clean(&policy.title));
    let mut out = look.paint(STRONG, &head) + "\n";
    if traces.is_empty() {
        let kinds = match policy.kinds.as_slice() {
            [] => String::new(),
            kinds => format!(" of {}", kinds.join(", ")),
        };
        let _infallible = writeln!(
            out,
            "\nnothing here is of the scope {}{kinds}: the policy is not asked",
            policy.scope.as_str()
        );
    }
    for traced in traces {
        out.push_str(&one(traced, look));
    }
    out
}

fn one(traced: &Traced, look: Look) -> String {
    let Traced { trace, messages, resource, location, .. } = traced;
    let name = match resource.name.as_str() {
        "" => "the release".to_owned(),
        _ => clean(&resource.to_string()),
    };
    let (word, style) = match &trace.outcome.result {
        PolicyResult::Passed => ("passed".to_owned(), GOOD),
        PolicyResult::Failed(found) => (counted(found.len(), "finding"), ERROR),
        PolicyResult::Error(_) => ("error".to_owned(), ERROR),
        PolicyResult::OutOfTime(_) => ("out of time".to_owned(), ERROR),
    };
    let mut out = format!("\n{name}: {}\n", look.paint(style, &word));
    if !location.file.is_empty() {
        let place = format!("{}:{}:{}", location.file, location.line, location.column);
        let _infallible = writeln!(out, "  {} {}", look.paint(FAINT, "-->"), clean(&place));
    }
    let mut file = "";
    for step in &trace.steps {
        if step.location.file != file {
            file = &step.location.file;
            let _infallible = writeln!(out, "  {}", look.paint(FAINT, &clean(file)));
        }
        out.push_str(&line(step, look));
        out.push_str(&values(step, look));
    }
    for message in messages {
        let _infallible = writeln!(out, "  {} {}", look.paint(style, "=>"), clean(message));
    }
    out
}

fn line(step: &Step, look: Look) -> String {
    let style = match step.fate {
        Fate::Held => GOOD,
        Fate::Failed => ERROR,
        Fate::Both => WARNING,
        Fate::NotAsked => FAINT,
    };
    let fate = look.paint(style, &format!("{:FATE_WIDTH$}", step.fate.as_str()));
    let indent = if step.is_head { "" } else { "  " };
    let room = look.width.saturating_sub(FATE_WIDTH + LINE_WIDTH + 6 + indent.len()).max(20);
    let text = clean(&step.text);
    let text = match text.char_indices().nth(room) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    };
    format!("  {:LINE_WIDTH$}  {fate}  {indent}{text}\n", step.location.line)
}

/// The values that a statement had, below it.
fn values(step: &Step, look: Look) -> String {
    let mut out = String::new();
    for values in &step.values {
        let label = match (step.fate, values.held) {
            (Fate::Both, true) => "held where ",
            (Fate::Both, false) => "not where ",
            (Fate::Held | Fate::Failed | Fate::NotAsked, _) => "where ",
        };
        values_below(values, label, look, &mut out);
    }
    for (more, word) in step.more.iter().zip(["held", "did not hold"]) {
        if *more {
            below(&format!("{word} for others as well"), look, &mut out);
        }
    }
    out
}

/// On one line where they fit, else each on its own.
fn values_below(values: &Values, label: &str, look: Look, out: &mut String) {
    let named = values.named.iter();
    let named: Vec<String> =
        named.map(|(name, value)| clean(&format!("{name} = {value}"))).collect();
    let together = format!("{label}{}", named.join(", "));
    if together.chars().count() <= room_below(look) {
        return below(&together, look, out);
    }
    for (number, one) in named.iter().enumerate() {
        let label = if number == 0 { label.to_owned() } else { " ".repeat(label.len()) };
        below(&(label + one), look, out);
    }
}

fn below(text: &str, look: Look, out: &mut String) {
    let text = match text.char_indices().nth(room_below(look)) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    };
    let _infallible = writeln!(out, "{}{}", " ".repeat(BELOW), look.paint(FAINT, &text));
}

fn room_below(look: Look) -> usize {
    look.width.saturating_sub(BELOW + 1).max(40)
}

fn document(policy: &PolicyMeta, traces: &[Traced]) -> Value {
    json!({
        "code": policy.code,
        "title": policy.title,
        "subjects": traces.iter().map(subject).collect::<Vec<_>>(),
    })
}

/// Values for programs: each is JSON as a text, since long ones are shortened.
fn shown(values: &Values) -> Value {
    let named: BTreeMap<&str, &str> =
        values.named.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    json!({ "held": values.held, "named": named })
}

fn subject(traced: &Traced) -> Value {
    let Traced { trace, input, messages, resource, location } = traced;
    let result = match &trace.outcome.result {
        PolicyResult::Passed => "passed",
        PolicyResult::Failed(_) => "failed",
        PolicyResult::Error(_) => "error",
        PolicyResult::OutOfTime(_) => "out_of_time",
    };
    // A secret that looked like a number leaves no JSON behind: what was seen is shown as a text then.
    let input =
        RawValue::from_string(input.clone()).map_or_else(|_| json!(input), |raw| json!(raw));
    let steps = trace.steps.iter().map(|step| {
        let [more_held, more_failed] = step.more;
        json!({
            "location": step.location,
            "text": step.text,
            "head": step.is_head,
            "fate": step.fate.as_str().replace(' ', "_"),
            "values": step.values.iter().map(shown).collect::<Vec<_>>(),
            "more": { "held": more_held, "failed": more_failed },
        })
    });
    json!({
        "resource": resource,
        "location": location,
        "result": result,
        "messages": messages,
        "statements": steps.collect::<Vec<_>>(),
        "input": input,
    })
}
