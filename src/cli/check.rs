//! `check`: may this release go there?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::api::client::Client;
use crate::cli::archive::SERVER_DEADLINE;
use crate::cli::args::{CheckArgs, Format};
use crate::cli::artifacts;
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::{Exit, exit_of};
use crate::cli::print::excerpt::Excerpts;
use crate::cli::print::{self, Keeping, Look, Report};
use crate::cli::session::Session;
use crate::cli::{local, progress, vex, worker};
use crate::config::FailOn;
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::clock::SystemClock;
use crate::domain::code::Code;
use crate::domain::decision::{Decision, Verdict};
use crate::domain::error::Error;
use crate::domain::release::Release;
use crate::domain::request::{CheckOptions, Request};
use crate::gate::Gate;
use crate::intake::{self, Walked};
use crate::policy::LoadOptions;
use crate::record::Store;

/// A decision and what is needed to show it.
struct Checked {
    decision: Arc<Decision>,
    reasons: BTreeMap<Code, String>,
    /// What was judged, when it was judged here.
    release: Option<Release>,
    /// What secrets are shown with.
    salt: Vec<u8>,
    /// Why it could not be recorded, when it should have been.
    lost: Option<Complaint>,
}

/// Runs the verb.
///
/// # Errors
/// When it could not be decided.
pub fn run(session: &Session, args: &CheckArgs) -> Result<Exit, Failure> {
    if args.paths.is_empty() && args.image.is_empty() && args.sbom.is_empty() {
        return Err(Complaint::new(
            "there is nothing to check",
            "name files or folders, e.g. `goldgate check deploy/`, or `-` for standard input",
        )
        .into());
    }
    let limits = local::limits(&session.config.limits);
    let Walked { mut artifacts, n_ignored } = artifacts::collect(session, &args.paths, &limits)?;
    artifacts::add_bills(session, &args.sbom, &limits, &mut artifacts)?;
    let read = print::text::counted(artifacts.len(), "file");
    session.printer.detail(&format!("read {read}, left {n_ignored} alone"));
    let request = request(session, args, artifacts)?;
    let checked = match &session.config.server.value {
        Some(_) if !args.vex.is_empty() => return Err(not_at_a_server().into()),
        Some(url) => at_server(session, url, &request)?,
        None => here(session, args, &request)?,
    };
    if let Some(lost) = &checked.lost {
        session.printer.warning(lost);
    }
    print(session, args, &request, &checked)?;
    Ok(exit(session, args, &request, &checked))
}

fn request(
    session: &Session,
    args: &CheckArgs,
    artifacts: Vec<Artifact>,
) -> Result<Request, Failure> {
    Ok(Request {
        service: session.config.service.value.clone(),
        environment: session.config.environment.value.clone(),
        stage: args.stage.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        trigger: session.config.trigger.clone(),
        artifacts,
        images: args.image.clone(),
        options: CheckOptions { dry_run: args.dry_run },
        idempotency_key: args.idempotency_key.clone(),
        review: None,
    })
}

/// Decides in this process, on the embedded record.
fn here(session: &Session, args: &CheckArgs, request: &Request) -> Result<Checked, Failure> {
    let vex = vex::named(session, &args.vex)?;
    if !request.options.dry_run {
        // The record and the compiled policies are kept there; whoever needs it says so when it cannot be made.
        let _told_later = local::data_folder(&session.config);
    }
    // The record is opened while the policies are loaded: each waits for something else.
    let (revision, opened) = std::thread::scope(|scope| {
        let opening =
            (!request.options.dry_run).then(|| scope.spawn(|| local::store(&session.config)));
        let chosen = LoadOptions {
            data: args.policy_data.clone(),
            namespaces: args.namespace.clone(),
            combine: args.combine,
            ..LoadOptions::default()
        };
        let revision = local::checking_revision(session, chosen);
        (revision, opening.map(std::thread::ScopedJoinHandle::join))
    });
    let revision = revision?;
    session.printer.detail(&format!(
        "policies: {} of revision {}{}",
        revision.policies().len(),
        revision.reference().id,
        if revision.was_kept() { ", compiled earlier" } else { "" }
    ));
    let reasons = local::reasons(&revision);
    let (store, mut lost) = match opened {
        None => (None, None),
        Some(Ok(Ok(store))) => (Some(store as Arc<dyn Store>), None),
        Some(Ok(Err(error))) => (None, Some(local::unrecorded(error))),
        Some(Err(_panic)) => {
            let error = Error::internal_fault("opening the record ended without an answer");
            (None, Some(local::unrecorded(error)))
        }
    };
    let limits = local::limits(&session.config.limits);
    let salt = local::salt(session.config.data.value.as_deref())?;
    let images = local::images(&session.config)?;
    let gate = |store| {
        let revision = Arc::clone(&revision);
        let sources = local::boxed(&session.config, images.as_ref(), vex.clone());
        let clock = Arc::new(SystemClock);
        let gate = Gate::new(limits, sources, revision, store, clock, salt.clone())
            .with_lasting_record(session.config.lasting_record.value);
        local::told_of_images(&session.config, gate)
    };
    let (decision, release) = worker::run(|| async {
        let judging = gate(store.clone());
        let judging =
            progress::shown(&session.printer, "judging the release", judging.examine(request));
        let answer = match judging.await {
            // The answer matters more than its record: judge again without one.
            Err(error) if store.is_some() && local::is_of_record(&error) => {
                lost = Some(local::unrecorded(error));
                gate(None).examine(request).await?
            }
            answer => answer?,
        };
        if let Some(store) = &store
            && let Err(error) = store.close().await
        {
            session.printer.detail(&format!("closing the record: {}", error.internal()));
        }
        Ok::<_, Error>(answer)
    })?;
    Ok(Checked { decision, reasons, release, salt, lost })
}

/// That a server does not take a caller's word for what its vulnerabilities mean.
fn not_at_a_server() -> Complaint {
    Complaint::new(
        "`--vex` and `--server` do not go together: a server counts what its operator took in, or what is signed",
        "import the document there with `goldgate vex import FILE`, or attest it on the image",
    )
}

/// Asks a server.
fn at_server(session: &Session, url: &str, request: &Request) -> Result<Checked, Failure> {
    let decision = worker::run(|| async move {
        let client = Client::connect(url, SERVER_DEADLINE).await?;
        client.check(request).await
    })
    .map_err(|error: Error| Failure::from(error))?;
    // What the policies say of themselves is known here when the server judged by the same revision.
    let same = local::revision(session)
        .ok()
        .filter(|revision| revision.reference().digest == decision.revision.digest);
    Ok(Checked {
        reasons: same.as_deref().map(local::reasons).unwrap_or_default(),
        decision: Arc::new(decision),
        release: None,
        salt: local::salt(session.config.data.value.as_deref())?,
        lost: None,
    })
}

fn print(
    session: &Session,
    args: &CheckArgs,
    request: &Request,
    checked: &Checked,
) -> Result<(), Failure> {
    let decision = &checked.decision;
    let to_file = args.output_file.as_deref();
    let human = args.format == Format::Human || to_file.is_some() && !session.printer.is_quiet();
    let excerpts = if human && !decision.findings.is_empty() {
        excerpts(session, request, checked)
    } else {
        Excerpts::default()
    };
    let files: Vec<String> =
        request.artifacts.iter().map(|artifact| artifact.path.clone()).collect();
    let data = session.config.data.value.as_deref().unwrap_or(Path::new("")).display().to_string();
    let keeping = match (&session.config.server.value, &checked.lost) {
        _ if decision.dry_run => Keeping::Rehearsed,
        (Some(url), _) => Keeping::RecordedAt(url),
        (None, Some(_)) => Keeping::Lost,
        (None, None) => Keeping::Recorded(&data),
    };
    let report =
        Report { decision, files: &files, excerpts: &excerpts, reasons: &checked.reasons, keeping };
    let look = session.printer.look();
    let timings = decision.timings;
    session.printer.detail(&format!(
        "took: intake {} µs, evidence {} µs, policy {} µs, decide {} µs, record {} µs",
        timings.intake_us,
        timings.evidence_us,
        timings.policy_us,
        timings.decide_us,
        timings.record_us
    ));
    let Some(path) = to_file else {
        return session.printer.out(&print::rendered(&report, args.format, look));
    };
    let look_of_file = Look { color: false, ..look };
    write(path, &print::rendered(&report, args.format, look_of_file))?;
    if args.format != Format::Human && !session.printer.is_quiet() {
        session.printer.out(&print::rendered(&report, Format::Human, look))?;
    }
    session.printer.note(&format!("wrote {}", path.display()));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|cause| {
        let message = format!("cannot write `{}`: {cause}", path.display());
        Complaint::new(message, "name a file in a folder that exists and that you may write to")
            .into()
    })
}

/// Lines of the files with findings. When the decision was made elsewhere or earlier, the files are read once more, so
/// that secrets are known and replaced here as well.
fn excerpts(session: &Session, request: &Request, checked: &Checked) -> Excerpts {
    let mut excerpts = Excerpts::default();
    let read_here;
    let release = if let Some(release) = &checked.release {
        release
    } else {
        let limits = local::limits(&session.config.limits);
        let read = intake::read(request, &limits, &checked.salt);
        // Without the files there is nothing to show beside the findings.
        let Ok(read) = read else { return excerpts };
        read_here = read;
        &read_here
    };
    let findings = checked.decision.findings.iter();
    let named: BTreeSet<&str> = findings.map(|finding| finding.location.file.as_str()).collect();
    for read in release.files.iter().filter(|read| named.contains(read.file.path.as_str())) {
        let redacted = release.secrets.redact_file(&read.file, &read.secrets);
        excerpts.add(&read.file.path, &read.file.text, &redacted);
    }
    excerpts
}

fn exit(session: &Session, args: &CheckArgs, request: &Request, checked: &Checked) -> Exit {
    let decision = &checked.decision;
    let fail_on = session.config.fail_on.value;
    let mut exit = exit_of(decision, fail_on);
    if exit == Exit::Deny && decision.verdict == Verdict::Allow && fail_on == FailOn::Warn {
        session.printer.note("exit code 1: warnings fail, as `--fail-on warn` asks");
    }
    let named = |path: &str| {
        let mut artifacts = request.artifacts.iter();
        artifacts.any(|artifact| artifact.path == path && artifact.origin == ArtifactOrigin::Named)
    };
    let mut findings = decision.findings.iter();
    if let Some(unread) = findings
        .find(|finding| artifacts::is_unreadable(&finding.code) && named(&finding.location.file))
    {
        let file = &unread.location.file;
        session.printer.note(&format!("exit code 2: `{file}` was named and cannot be read"));
        exit = Exit::Undecided;
    }
    if decision.findings.iter().any(|finding| finding.code.as_str() == artifacts::NOTHING) {
        session.printer.note("exit code 2: there was nothing to check");
        exit = Exit::Undecided;
    }
    if args.require_record && checked.lost.is_some() {
        session
            .printer
            .note("exit code 2: nothing was recorded, and `--require-record` asks for it");
        exit = Exit::Undecided;
    }
    exit
}
