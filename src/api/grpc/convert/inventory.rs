//! The inventory: out of the record for a server, and back into the domain for a client.

use std::sync::Arc;

use super::answer::{parsed, present};
use super::request::optional;
use super::{page_size, read_timestamp, timestamp};
use crate::api::desk::Forget;
use crate::domain::error::Error;
use crate::domain::inventory::{
    Holder, HolderCounts, ReleaseFilter, RunningComponent, RunningRelease,
};
use crate::domain::package::Ecosystem;
use crate::domain::service::Environment;
use crate::proto;
use crate::record::{Holders, Page, PageRequest};

/// Which releases are listed.
pub(crate) fn release_filter(message: &proto::ListReleasesRequest) -> Result<ReleaseFilter, Error> {
    let field = |name: &'static str| move |error: Error| error.with_field(name);
    Ok(ReleaseFilter {
        service: optional(&message.service).map_err(field("service"))?,
        environment: optional(&message.environment).map_err(field("environment"))?,
        team: Some(message.team.clone()).filter(|team| !team.is_empty()),
        part: None,
    })
}

/// What is to be forgotten.
pub(crate) fn forget(message: proto::ForgetReleasesRequest) -> Result<Forget, Error> {
    let proto::ForgetReleasesRequest { service, environment, actor, dry_run } = message;
    Ok(Forget {
        service: service.parse().map_err(|error: Error| error.with_field("service"))?,
        environment: any_environment(&environment)?,
        actor,
        dry_run,
    })
}

/// The question of a client.
pub(crate) fn list_releases(
    filter: &ReleaseFilter,
    page: PageRequest,
) -> proto::ListReleasesRequest {
    let ReleaseFilter { service, environment, team, part: _ } = filter;
    proto::ListReleasesRequest {
        service: service.as_ref().map(ToString::to_string).unwrap_or_default(),
        environment: environment.as_ref().map(ToString::to_string).unwrap_or_default(),
        team: team.clone().unwrap_or_default(),
        page_size: page_size(&page),
        page_token: page.token,
    }
}

/// An environment that may be left out.
pub(crate) fn any_environment(written: &str) -> Result<Option<Environment>, Error> {
    optional(written).map_err(|error: Error| error.with_field("environment"))
}

/// Who holds a component, as a message.
pub(crate) fn holders(found: Holders) -> proto::WhoHasResponse {
    let HolderCounts { n_services, n_unsure, n_releases } = found.counts;
    proto::WhoHasResponse {
        items: found.page.items.iter().map(holder).collect(),
        next_page_token: found.page.next.unwrap_or_default(),
        n_services: count(n_services),
        n_unsure: count(n_unsure),
        n_releases: count(n_releases),
    }
}

fn holder(holder: &Holder) -> proto::Holder {
    proto::Holder {
        service: holder.service.to_string(),
        environment: holder.environment.to_string(),
        part: holder.part.clone(),
        ecosystem: holder.ecosystem.to_string(),
        package: holder.package.to_string(),
        version: holder.version.clone(),
        comparable: holder.comparable,
        since: Some(timestamp(holder.since)),
        through: holder.through.clone(),
        direct: holder.direct,
        team: holder.team.clone(),
        decision: holder.decision.to_string(),
    }
}

/// A release that runs, as a message.
pub(crate) fn release(release: &RunningRelease) -> proto::RunningRelease {
    proto::RunningRelease {
        service: release.service.to_string(),
        environment: release.environment.to_string(),
        part: release.part.clone(),
        team: release.team.clone(),
        images: release.images.clone(),
        n_components: count(release.n_components),
        decision: release.decision.to_string(),
        time: Some(timestamp(release.time)),
    }
}

/// A component of a service that runs, as a message.
pub(crate) fn component(component: &RunningComponent) -> proto::RunningComponent {
    proto::RunningComponent {
        package: component.package.to_string(),
        version: component.version.clone(),
        ecosystem: component.ecosystem.to_string(),
        direct: component.direct,
        through: component.through.clone(),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Who holds a component, as a server answered.
///
/// # Errors
/// `Unavailable` when the answer has words that this version does not know; so for the others below.
pub(crate) fn read_holders(answer: proto::WhoHasResponse) -> Result<Holders, Error> {
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let counts = HolderCounts {
        n_services: size(answer.n_services),
        n_unsure: size(answer.n_unsure),
        n_releases: size(answer.n_releases),
    };
    let items = answer.items.into_iter().map(read_holder).collect::<Result<_, Error>>()?;
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    Ok(Holders { page: Page { items, next }, counts })
}

fn read_holder(holder: proto::Holder) -> Result<Holder, Error> {
    Ok(Holder {
        service: parsed("service", &holder.service)?,
        environment: parsed("environment", &holder.environment)?,
        part: holder.part,
        ecosystem: Ecosystem::new(holder.ecosystem),
        package: Arc::from(holder.package),
        version: holder.version,
        comparable: holder.comparable,
        since: present("since", holder.since.as_ref().and_then(read_timestamp))?,
        through: holder.through,
        direct: holder.direct,
        team: holder.team,
        decision: parsed("decision", &holder.decision)?,
    })
}

/// A release that runs, as a server answered.
pub(crate) fn read_release(release: proto::RunningRelease) -> Result<RunningRelease, Error> {
    Ok(RunningRelease {
        service: parsed("service", &release.service)?,
        environment: parsed("environment", &release.environment)?,
        part: release.part,
        team: release.team,
        images: release.images,
        n_components: usize::try_from(release.n_components).unwrap_or(usize::MAX),
        decision: parsed("decision", &release.decision)?,
        time: present("time", release.time.as_ref().and_then(read_timestamp))?,
    })
}

/// A component of a service that runs, as a server answered.
pub(crate) fn read_component(component: proto::RunningComponent) -> RunningComponent {
    RunningComponent {
        package: Arc::from(component.package),
        version: component.version,
        ecosystem: Ecosystem::new(component.ecosystem),
        direct: component.direct,
        through: component.through,
    }
}
