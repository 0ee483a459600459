//! The parts of a gate on this machine: revision, record, salt.

mod salt;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::complaint::{Complaint, Failure};
use crate::cli::session::Session;
use crate::config::{Config, ImageTrust, LimitSettings, Origin, read_images};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::code::Code;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::image_code::ImageCode;
use crate::domain::trust::TrustConfiguration;
use crate::evidence::Source;
use crate::evidence::advisory::refresh::{MirrorClient, Refresh, Troubles};
use crate::evidence::advisory::{AdvisorySource, ImportLimits};
use crate::evidence::images::ImageSource;
use crate::evidence::material::SigstoreMaterial;
use crate::evidence::vex::{Held, VexSource};
use crate::gate::Gate;
use crate::intake::Limits;
use crate::policy::{BundleSource, LoadOptions, Revision, Sources};
use crate::record::sqlite::{SqliteAnswers, SqliteStore};

pub use salt::salt;

/// The revision that the configuration names.
///
/// # Errors
/// Everything that is wrong with its bundles, at once.
pub fn revision(session: &Session) -> Result<Arc<Revision>, Failure> {
    checking_revision(session, LoadOptions::default())
}

/// The revision that the configuration names, with what `chosen` says of data and of plain policies.
///
/// # Errors
/// Everything that is wrong with its bundles, at once.
pub fn checking_revision(session: &Session, chosen: LoadOptions) -> Result<Arc<Revision>, Failure> {
    let chosen = LoadOptions { cache: cache(&session.config), ..chosen };
    let revision = revision_within(session, &[], None, chosen)?;
    asking(&revision)?;
    Ok(revision)
}

/// The revision that the configuration names, whose policies take less than `deadline` together, and what it is loaded from.
///
/// # Errors
/// Everything that is wrong with its bundles, at once.
pub fn served_revision(
    session: &Session,
    deadline: Duration,
) -> Result<(Arc<Revision>, Sources), Failure> {
    // The rest is for reading, recording and the answer on its way.
    let chosen = LoadOptions { cache: cache(&session.config), ..LoadOptions::default() };
    let sources = loading(session, &[], Some(deadline.mul_f64(0.8)), chosen)?;
    let revision = loaded(session, &sources)?;
    asking(&revision)?;
    Ok((revision, sources))
}

/// Where compiled policies are kept: in the data folder, unless the configuration says otherwise.
fn cache(config: &Config) -> Option<PathBuf> {
    let folder = config.data.value.as_ref().filter(|_| config.policy_cache.value)?;
    Some(folder.join("compiled"))
}

/// The revision that the configuration names, and the bundles at `paths` beside it.
///
/// # Errors
/// Everything that is wrong with the bundles, at once.
pub fn revision_with(session: &Session, paths: &[PathBuf]) -> Result<Arc<Revision>, Failure> {
    revision_within(session, paths, None, LoadOptions::default())
}

/// As [`revision_with`], where names that nobody uses are faults too, as for `opa check --strict`.
///
/// # Errors
/// Everything that is wrong with the bundles, at once.
pub fn strict_revision(session: &Session, paths: &[PathBuf]) -> Result<Arc<Revision>, Failure> {
    revision_within(session, paths, None, LoadOptions { strict: true, ..LoadOptions::default() })
}

fn bundle_sources(session: &Session, paths: &[PathBuf]) -> Result<Vec<BundleSource>, Failure> {
    let config = &session.config;
    let builtin = config.builtin.value.then_some(BundleSource::Builtin);
    let named = distinct(config.bundles.value.iter().chain(paths));
    let sources: Vec<BundleSource> =
        builtin.into_iter().chain(named.into_iter().map(BundleSource::Path)).collect();
    if sources.is_empty() {
        let message = "there is no policy: `--no-builtin` leaves the built-in ones out";
        return Err(Complaint::new(message, "name others with `--bundle DIR`").into());
    }
    Ok(sources)
}

fn revision_within(
    session: &Session,
    paths: &[PathBuf],
    most: Option<Duration>,
    chosen: LoadOptions,
) -> Result<Arc<Revision>, Failure> {
    loaded(session, &loading(session, paths, most, chosen)?)
}

fn loading(
    session: &Session,
    paths: &[PathBuf],
    most: Option<Duration>,
    chosen: LoadOptions,
) -> Result<Sources, Failure> {
    let config = &session.config;
    let bundles = bundle_sources(session, paths)?;
    let request_budget = config.request_time.unwrap_or(chosen.request_budget);
    let options = LoadOptions {
        budget: config.policy_time.unwrap_or(chosen.budget),
        request_budget: most.map_or(request_budget, |most| request_budget.min(most)),
        ..chosen
    };
    Ok(Sources { bundles, options })
}

fn loaded(session: &Session, sources: &Sources) -> Result<Arc<Revision>, Failure> {
    let revision = Revision::load(&sources.bundles, &sources.options)?;
    if let Some(fault) = revision.left_to_the_second() {
        let message = format!(
            "the policies run on the second engine, which is slower and where `not f(input.missing)` is true: {}: {}",
            fault.location(),
            fault.message
        );
        let help =
            "write this part in a way that the own evaluator takes, as docs/policies.md says";
        session.printer.warning(&Complaint::new(message, help));
    }
    for bundle in revision.idle_bundles() {
        let message = format!("the bundle `{bundle}` holds no policy: nothing in it is ever asked");
        let help = "a policy is a package with a rule `deny`, `violation` or `warn`, or a boolean `allow` with a default; a template needs a constraint";
        session.printer.warning(&Complaint::new(message, help));
    }
    Ok(Arc::new(revision))
}

/// Refuses to judge anything with a revision that asks nothing: whatever it is shown, it would be allowed.
fn asking(revision: &Revision) -> Result<(), Failure> {
    if !revision.policies().is_empty() {
        return Ok(());
    }
    let message = "there is no policy in the bundles: whatever is judged would be allowed";
    let help = "`goldgate policy check --dialect` says what was recognised; leave `--no-builtin` away for the built-in policies";
    Err(Complaint::new(message, help).into())
}

/// The source of facts about images, when an `images.yaml` is configured.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn images(config: &Config) -> Result<Option<Arc<ImageSource>>, Failure> {
    let Some(trust) = image_trust(config)? else { return Ok(None) };
    image_source(config, trust.configuration).map(Some)
}

/// A source of facts about images that keeps its answers in the data folder, when that can be written to.
///
/// # Errors
/// `Invalid` for a registry that is none.
pub fn image_source(
    config: &Config,
    trust: TrustConfiguration,
) -> Result<Arc<ImageSource>, Failure> {
    let source = ImageSource::new(trust, Arc::new(SystemClock))?;
    // SQLite is not woken for a folder that is not there.
    let folder = config.data.value.as_ref().filter(|folder| folder.is_dir());
    let kept = folder.and_then(|folder| SqliteAnswers::open(folder).ok());
    Ok(Arc::new(match kept {
        Some(kept) => source.with_kept(Arc::new(kept)),
        None => source,
    }))
}

/// The trust configuration of images, when one is configured.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn image_trust(config: &Config) -> Result<Option<ImageTrust>, Failure> {
    let Some(path) = &config.images.value else { return Ok(None) };
    Ok(Some(read_images(path, path, &SigstoreMaterial, SystemClock.now())?))
}

/// Where verified facts come from, as the configuration says.
///
/// # Errors
/// Everything that is wrong with their own configuration, at once.
pub fn sources(session: &Session) -> Result<Vec<Box<dyn Source>>, Failure> {
    Ok(boxed(&session.config, images(&session.config)?.as_ref(), Vec::new()))
}

/// The sources of a gate: images when they are configured, the advisories that were imported, and what VEX says of them,
/// in documents that were taken in and in those of `vex`.
pub fn boxed(
    config: &Config,
    images: Option<&Arc<ImageSource>>,
    vex: Vec<Held>,
) -> Vec<Box<dyn Source>> {
    boxed_with(config, images, vex, &Troubles::default())
}

/// As [`boxed`], beside what gets advisories by itself and tells its troubles.
pub fn boxed_with(
    config: &Config,
    images: Option<&Arc<ImageSource>>,
    vex: Vec<Held>,
    troubles: &Troubles,
) -> Vec<Box<dyn Source>> {
    let images = images.map(|images| Box::new(Arc::clone(images)) as Box<dyn Source>);
    let advisories = advisories_file(config)
        .map(|file| AdvisorySource::new(file).with_troubles(troubles.clone()));
    let advisories = advisories.map(|source| Box::new(source) as Box<dyn Source>);
    let vex = VexSource::new(vex_file(config), vex, config.vex.clone());
    let vex = Box::new(vex) as Box<dyn Source>;
    images.into_iter().chain(advisories).chain([vex]).collect()
}

/// Where VEX documents that were taken in are kept.
pub fn vex_file(config: &Config) -> Option<PathBuf> {
    Some(config.data.value.as_ref()?.join("vex.db"))
}

/// Makes the data folder when there is none.
///
/// # Errors
/// When it cannot be made.
pub fn data_folder(config: &Config) -> Result<(), Failure> {
    let Some(folder) = &config.data.value else { return Err(no_folder().into()) };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|cause| {
        let message = format!("cannot make the data folder `{}`: {cause}", folder.display());
        Complaint::new(message, "name another one with `--data DIR`").into()
    })
}

/// The gate as it speaks of images that nobody looks at.
pub fn told_of_images(config: &Config, gate: Gate) -> Gate {
    match (&config.images.value, &config.images.origin) {
        (Some(_), _) | (None, Origin::Default) => gate,
        (None, Origin::Flag(_)) => gate.with_images_left_out("`--no-images` leaves them out"),
        (None, Origin::File { .. } | Origin::Variable(_)) => {
            gate.with_images_left_out("`noImages` of the configuration leaves them out")
        }
    }
}

/// Where imported advisories are kept.
pub fn advisories_file(config: &Config) -> Option<PathBuf> {
    Some(config.data.value.as_ref()?.join("advisories.db"))
}

/// Mirrors are asked once an hour unless something else is said: databases publish several times a day.
pub const REFRESH_EVERY: Duration = Duration::from_hours(1);

/// What gets advisories by itself; none where neither a folder nor a mirror is configured.
///
/// # Errors
/// When there is no data folder, or the certificates cannot be read.
pub fn refresh(config: &Config, troubles: &Troubles) -> Result<Option<Refresh>, Failure> {
    let settings = &config.advisories;
    if settings.folder.is_none() && settings.mirrors.is_empty() {
        return Ok(None);
    }
    data_folder(config)?;
    let Some(folder) = &config.data.value else { return Err(no_folder().into()) };
    let ca_pem = match &settings.ca_file {
        Some(file) => Some(std::fs::read(file).map_err(|cause| {
            let message = format!("cannot read the certificates `{}`: {cause}", file.display());
            Complaint::new(message, "name a PEM file with `advisories.caFile`")
        })?),
        None => None,
    };
    Ok(Some(Refresh {
        folder: settings.folder.clone(),
        mirrors: settings.mirrors.clone(),
        kept: folder.join("advisories"),
        file: folder.join("advisories.db"),
        limits: ImportLimits::default(),
        client: MirrorClient::new(ca_pem.as_deref())?,
        clock: Arc::new(SystemClock),
        troubles: troubles.clone(),
    }))
}

/// Paths in their order, without those that lead where an earlier one leads.
fn distinct<'p>(paths: impl Iterator<Item = &'p PathBuf>) -> Vec<PathBuf> {
    let mut known = BTreeSet::new();
    let place = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_gone| path.clone());
    paths.filter(|path| known.insert(place(path))).cloned().collect()
}

/// Why each policy asks what it asks.
pub fn reasons(revision: &Revision) -> BTreeMap<Code, String> {
    let policies = revision.policies().iter();
    reasons_beside(policies.map(|policy| (policy.code.clone(), policy.description.clone())))
}

/// What `policies` say of why they ask, beside what the gate itself asks of images.
pub fn reasons_beside(policies: impl Iterator<Item = (Code, String)>) -> BTreeMap<Code, String> {
    let own = ImageCode::ALL.into_iter().map(|it| (Code::from_source(it.code), it.why.to_owned()));
    own.chain(policies).collect()
}

/// The record, made when there is none.
///
/// # Errors
/// Why nothing can be recorded.
pub fn store(config: &Config) -> Result<Arc<SqliteStore>, Error> {
    let Some(folder) = &config.data.value else { return Err(no_folder()) };
    SqliteStore::open(folder).map(Arc::new)
}

/// The record, which must exist.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn existing_store(config: &Config) -> Result<SqliteStore, Error> {
    let Some(folder) = &config.data.value else { return Err(no_folder()) };
    if SqliteStore::file_in(folder).exists() {
        return SqliteStore::open(folder);
    }
    let message = format!("there is no record in `{}`", folder.display());
    Err(Error::new(ErrorKind::NotFound, message).with_help(
        "`goldgate check` writes the first decision; another folder is named with `--data DIR`",
    ))
}

/// That there is no folder to keep anything in.
pub fn no_folder() -> Error {
    Error::new(ErrorKind::Unavailable, "there is no home folder to keep a record in")
        .with_help("name a folder with `--data DIR`")
}

/// Whether the record, not the request, is what failed.
pub fn is_of_record(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Exhausted)
}

/// Says that a decision was made and not recorded, and why.
pub fn unrecorded(cause: Error) -> Complaint {
    let cause = Complaint::from(cause);
    let message = format!("nothing was recorded: {}", cause.message);
    let help = "name a folder that you may write to with `--data DIR`, or say `--dry-run`";
    Complaint::new(message, cause.help.unwrap_or_else(|| help.to_owned()))
}

/// The bounds of intake as the configuration sets them.
pub fn limits(settings: &LimitSettings) -> Limits {
    let LimitSettings {
        max_file_bytes,
        max_total_bytes,
        max_files,
        max_resources,
        max_components,
        max_depth,
        max_nodes,
        max_scalar_bytes,
        max_documents,
    } = *settings;
    let mut limits = Limits::default();
    let document = &mut limits.document;
    let fields = [
        (&mut limits.max_file_bytes, max_file_bytes),
        (&mut limits.max_total_bytes, max_total_bytes),
        (&mut limits.max_files, max_files),
        (&mut limits.max_resources, max_resources),
        (&mut limits.max_components, max_components),
        (&mut document.max_depth, max_depth),
        (&mut document.max_nodes, max_nodes),
        (&mut document.max_scalar_bytes, max_scalar_bytes),
        (&mut document.max_documents, max_documents),
    ];
    for (field, set) in fields {
        if let Some(set) = set {
            *field = set;
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_is_named_twice_is_loaded_once() {
        let paths = ["src", "./src/", "src/cli/..", "nowhere"].map(PathBuf::from);
        assert_eq!(distinct(paths.iter()), ["src", "nowhere"].map(PathBuf::from));
    }

    #[test]
    fn only_limits_that_were_set_differ_from_the_defaults() {
        let set = LimitSettings { max_depth: Some(7), ..LimitSettings::default() };
        let mut expected = Limits::default();
        expected.document.max_depth = 7;
        assert_eq!(limits(&set), expected);
    }
}
