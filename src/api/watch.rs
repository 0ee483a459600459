//! Watching: what is recorded from now on, filtered, until the reader leaves or the server stops.

use std::sync::Arc;

use futures_util::{Stream, stream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::desk::{Desk, WatchFilter};
use super::metrics::Inside;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::scorecard::Scorecard;
use crate::domain::service::Environment;
use crate::record::ScorecardFilter;

/// Something that a watcher is told.
#[derive(Debug)]
pub(crate) enum Event<T> {
    /// What is watched.
    Item(Arc<T>),
    /// So many decisions were not looked at, because the reader was too slow.
    Missed(u64),
}

struct Watcher {
    desk: Arc<Desk>,
    decisions: Receiver<Arc<Decision>>,
    _place: OwnedSemaphorePermit,
    _counted: Inside,
}

impl Watcher {
    fn new(desk: &Arc<Desk>) -> Result<Self, Error> {
        let place = desk.take_stream()?;
        Ok(Self {
            decisions: desk.store()?.watch(),
            desk: Arc::clone(desk),
            _place: place,
            _counted: desk.metrics().watch(),
        })
    }

    /// The next decision; an error ends the stream.
    async fn next(&mut self) -> Result<Event<Decision>, Error> {
        let stop = self.desk.stop().clone();
        tokio::select! {
            () = stop.cancelled() => Err(stopped()),
            next = self.decisions.recv() => match next {
                Ok(decision) => Ok(Event::Item(decision)),
                Err(RecvError::Lagged(missed)) => Ok(Event::Missed(missed)),
                Err(RecvError::Closed) => Err(stopped()),
            },
        }
    }

    async fn next_decision(&mut self, filter: &WatchFilter) -> Result<Event<Decision>, Error> {
        loop {
            let event = self.next().await?;
            let wanted = match &event {
                Event::Item(decision) => self.wants(filter, decision).await?,
                Event::Missed(_) => true,
            };
            if wanted {
                return Ok(event);
            }
        }
    }

    async fn wants(&self, filter: &WatchFilter, decision: &Decision) -> Result<bool, Error> {
        let holds = filter.service.as_ref().is_none_or(|it| decision.service.as_ref() == Some(it))
            && filter.environment.as_ref().is_none_or(|it| *it == decision.environment)
            && filter.verdict.is_none_or(|it| it == decision.verdict)
            && filter
                .code
                .as_ref()
                .is_none_or(|it| decision.findings.iter().any(|finding| finding.code == *it));
        let (true, Some(team)) = (holds, &filter.team) else { return Ok(holds) };
        // A decision does not name the owner; the scorecard that it has just moved does.
        let card = self.card(decision).await?;
        Ok(card.is_some_and(|card| card.team == *team))
    }

    async fn next_card(&mut self, filter: &ScorecardFilter) -> Result<Event<Scorecard>, Error> {
        loop {
            let decision = match self.next().await? {
                Event::Missed(missed) => return Ok(Event::Missed(missed)),
                Event::Item(decision) => decision,
            };
            let here = |wanted: &Environment| *wanted == decision.environment;
            if !filter.environment.as_ref().is_none_or(here) {
                continue;
            }
            let same = |wanted: &Option<String>, found: &str| {
                wanted.as_deref().is_none_or(|wanted| wanted == found)
            };
            match self.card(&decision).await? {
                Some(card)
                    if same(&filter.team, &card.team)
                        && same(&filter.system, &card.system)
                        && same(&filter.level, &card.level) =>
                {
                    return Ok(Event::Item(card));
                }
                Some(_) | None => {}
            }
        }
    }

    async fn card(&self, decision: &Decision) -> Result<Option<Arc<Scorecard>>, Error> {
        let Some(service) = &decision.service else { return Ok(None) };
        self.desk.store()?.scorecard(service, &decision.environment).await
    }
}

fn stopped() -> Error {
    Error::unavailable("the gate is shutting down", "watchers were sent home")
        .with_help("watch again in a moment, and list what was missed with `since`")
}

/// Decisions from now on. An error is the last item.
pub(crate) fn decisions(
    desk: &Arc<Desk>,
    filter: WatchFilter,
) -> Result<impl Stream<Item = Result<Event<Decision>, Error>> + Send + use<>, Error> {
    let watcher = Watcher::new(desk)?;
    Ok(stream::unfold(Some((watcher, filter)), |state| async move {
        let (mut watcher, filter) = state?;
        match watcher.next_decision(&filter).await {
            Ok(event) => Some((Ok(event), Some((watcher, filter)))),
            Err(last) => Some((Err(last), None)),
        }
    }))
}

/// Scorecards after every decision from now on. An error is the last item.
pub(crate) fn scorecards(
    desk: &Arc<Desk>,
    filter: ScorecardFilter,
) -> Result<impl Stream<Item = Result<Event<Scorecard>, Error>> + Send + use<>, Error> {
    let watcher = Watcher::new(desk)?;
    Ok(stream::unfold(Some((watcher, filter)), |state| async move {
        let (mut watcher, filter) = state?;
        match watcher.next_card(&filter).await {
            Ok(event) => Some((Ok(event), Some((watcher, filter)))),
            Err(last) => Some((Err(last), None)),
        }
    }))
}
