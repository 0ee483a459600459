//! `serve`: the gate as a server.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use crate::app::refresh::AdvisoryRefresh;
use crate::app::reload::ImageReload;
use crate::app::telemetry::{self, LogOptions};
use crate::app::watch::ReleaseWatch;
use crate::app::{self, AdmissionOptions, Limits, ServeOptions};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::local;
use crate::cli::session::Session;
use crate::config::{Config, ServeSettings};
use crate::domain::clock::SystemClock;
use crate::domain::error::Error;
use crate::evidence::advisory::refresh::Troubles;
use crate::evidence::images::ImageSource;
use crate::gate::Gate;
use crate::policy::{COMPARE_ONE_IN, Shadow, Sources};
use crate::record::Store;

/// How long a server answers before the own tests of its policies are run.
const BEFORE_TESTS: Duration = Duration::from_secs(1);

/// Runs the verb until the process is told to stop.
///
/// # Errors
/// When bundles, record, addresses or certificates cannot be used.
pub fn run(session: &Session) -> Result<Exit, Failure> {
    let config = &session.config;
    let options = ServeOptions { admission: admission(config)?, ..options(&config.serve) };
    telemetry::start(&log(session))?;
    // The record and the compiled policies are kept there; whoever needs it says so when it cannot be made.
    let _told_later = local::data_folder(config);
    let began = Instant::now();
    let (revision, tested) = local::served_revision(session, options.limits.deadline)?;
    debug!(
        revision = %revision.reference().id,
        n_policies = revision.policies().len(),
        was_kept = revision.was_kept(),
        duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "Policies are {}",
        if revision.was_kept() { "read as they were compiled earlier" } else { "compiled" }
    );
    let store: Arc<dyn Store> = local::store(config)?;
    let salt = local::salt(config.data.value.as_deref())?;
    let limits = local::limits(&config.limits);
    let clock = Arc::new(SystemClock);
    let (images, refresh) = images(config)?;
    let troubles = Troubles::default();
    let sources = local::boxed_with(config, images.as_ref(), Vec::new(), &troubles);
    let refresh_every = config.advisories.refresh.unwrap_or(local::REFRESH_EVERY);
    let advisories = local::refresh(config, &troubles)?
        .map(|advisories| AdvisoryRefresh::new(advisories, refresh_every));
    let gate = Gate::new(limits, sources, revision, Some(store), clock, salt)
        .with_lasting_record(true)
        .with_shadow(Some(shadow(config)?));
    let gate = Arc::new(local::told_of_images(config, gate));
    app::runtime()?.block_on(async {
        let watch = watch(config, &gate);
        let trying = Arc::clone(&gate);
        let serving = app::serve(gate, options);
        let reload = match images {
            Some(images) => Some(reload(config, images, refresh)?),
            None => None,
        };
        let tested = config.own_tests.value.then(|| try_tests(Arc::clone(&trying), tested));
        tokio::select! {
            served = serving => served,
            never = endless(watch.map(ReleaseWatch::run)) => match never {},
            never = endless(advisories.map(AdvisoryRefresh::run)) => match never {},
            never = endless(reload.map(ImageReload::run)) => match never {},
            never = endless(tested) => match never {},
        }
    })?;
    Ok(Exit::Allow)
}

/// What judges again what runs when newer data lies ready.
fn watch(config: &Config, gate: &Arc<Gate>) -> Option<ReleaseWatch> {
    let folder = config.data.value.clone()?;
    Some(ReleaseWatch::new(Arc::clone(gate), folder))
}

/// What reads the trust configuration of images again.
fn reload(
    config: &Config,
    images: Arc<ImageSource>,
    refresh: Option<Duration>,
) -> Result<ImageReload, Error> {
    let config = config.clone();
    ImageReload::new(images, refresh, move || {
        let trust = local::image_trust(&config).map_err(|failure| failure.lines())?;
        Ok(trust.map(|trust| trust.configuration))
    })
}

/// Has the policies' own tests run on both engines, once the server has had time to answer who waited for it.
async fn try_tests(gate: Arc<Gate>, sources: Sources) -> Infallible {
    tokio::time::sleep(BEFORE_TESTS).await;
    if let Err(error) = gate.start_trial(sources) {
        tracing::warn!(error = error.internal(), "{}", error.external());
    }
    std::future::pending().await
}

/// Work beside the server; without any it waits for ever.
async fn endless(work: Option<impl Future<Output = Infallible>>) -> Infallible {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

/// The source of facts about images, and after how long a mirror of a trust root is asked again.
fn images(config: &Config) -> Result<(Option<Arc<ImageSource>>, Option<Duration>), Failure> {
    let Some(trust) = local::image_trust(config)? else { return Ok((None, None)) };
    for warning in &trust.warnings {
        tracing::warn!("{warning}");
    }
    Ok((Some(local::image_source(config, trust.configuration)?), trust.refresh))
}

/// What compares the engines on a sample: a difference is found where the policies are in use, and not by a test alone.
fn shadow(config: &Config) -> Result<Shadow, Failure> {
    let one_in = config.compare_one_in.and_then(|n| u32::try_from(n).ok());
    Ok(Shadow::start(one_in.and_then(NonZeroU32::new).unwrap_or(COMPARE_ONE_IN))?)
}

fn log(session: &Session) -> LogOptions {
    let filter = match (session.config.quiet.value, session.config.verbose.value) {
        (true, _) => "warn",
        (false, true) => "info,goldgate=debug",
        (false, false) => "info",
    };
    LogOptions {
        format: session.config.serve.log_format.value,
        filter: filter.to_owned(),
        colour: session.printer.colors_errors(),
    }
}

/// What a server is run with, the webhook left out: what is not set is the server's own default.
pub(super) fn options(settings: &ServeSettings) -> ServeOptions {
    let defaults = ServeOptions::default();
    ServeOptions {
        listen: settings.listen.value,
        admission: None,
        limits: limits(settings),
        max_connections: settings.max_connections.unwrap_or(defaults.max_connections),
        grace: settings.grace.unwrap_or(defaults.grace),
    }
}

fn limits(settings: &ServeSettings) -> Limits {
    let defaults = Limits::default();
    Limits {
        max_message_bytes: settings.max_message_bytes.unwrap_or(defaults.max_message_bytes),
        max_buffered_bytes: settings.max_buffered_bytes.unwrap_or(defaults.max_buffered_bytes),
        max_in_flight: settings.max_in_flight.unwrap_or(defaults.max_in_flight),
        max_watchers: settings.max_watchers.unwrap_or(defaults.max_watchers),
        batch_concurrency: settings.batch_concurrency.unwrap_or(defaults.batch_concurrency),
        deadline: settings.deadline.unwrap_or(defaults.deadline),
        host_names: settings.host_names.clone(),
    }
}

/// The webhook, when its address is named; then it needs a certificate and a key.
fn admission(config: &Config) -> Result<Option<AdmissionOptions>, Failure> {
    let settings = &config.serve;
    let files = (&settings.tls_cert.value, &settings.tls_key.value);
    let Some(listen) = settings.admission_listen.value else {
        if files == (&None, &None) {
            return Ok(None);
        }
        let message = "a certificate was named, but no address for the webhook to listen on";
        return Err(Complaint::new(message, "add e.g. `--admission-listen 127.0.0.1:8443`").into());
    };
    let (Some(tls_cert), Some(tls_key)) = files else {
        let message = format!("the webhook at `{listen}` needs a certificate and a key");
        return Err(Complaint::new(message, "add `--tls-cert FILE --tls-key FILE`").into());
    };
    let environment = &settings.admission_environment.value;
    Ok(Some(AdmissionOptions {
        listen,
        tls_cert: tls_cert.clone(),
        tls_key: tls_key.clone(),
        client_ca: settings.tls_client_ca.value.clone(),
        environment: environment.as_ref().unwrap_or(&config.environment.value).clone(),
    }))
}
