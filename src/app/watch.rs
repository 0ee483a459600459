//! The continuous watch: a server judges again what runs when newer advisories or VEX documents lie ready.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::{debug, info, warn};

use crate::domain::error::Error;
use crate::gate::{Gate, Lanes};
use crate::record::sqlite::Turn;

/// How often the files are looked at.
const GLANCE: Duration = Duration::from_secs(2);

/// How often what runs is looked through although nothing was taken in: grace periods end.
const AT_LEAST: Duration = Duration::from_hours(1);

/// How long a watch that failed waits.
const PAUSE: Duration = Duration::from_mins(1);

/// Judges again what runs. Of several servers over one record one keeps watch.
#[derive(Debug)]
pub struct ReleaseWatch {
    gate: Arc<Gate>,
    folder: PathBuf,
    turn: Option<Turn>,
    /// Of the data that what runs was last judged by, and when.
    last: Option<(u64, Instant)>,
}

impl ReleaseWatch {
    /// A watch over the record of `gate`, which lies in `folder`.
    pub fn new(gate: Arc<Gate>, folder: PathBuf) -> Self {
        let turn = Turn::take(&folder).ok().flatten();
        Self { gate, folder, turn, last: None }
    }

    /// Keeps watch without end.
    pub async fn run(mut self) -> Infallible {
        let mut ticks = interval(GLANCE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.look().await {
                warn!(
                    error = error.internal(),
                    "Cannot judge again what runs: {}",
                    error.external()
                );
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn look(&mut self) -> Result<(), Error> {
        if self.turn.is_none() {
            self.turn = Turn::take(&self.folder)?;
        }
        if self.turn.is_none() {
            return Ok(());
        }
        // Read before, so that what comes in meanwhile is looked at next time.
        let edition = self.gate.edition();
        let is_done = |(known, at): &(u64, Instant)| *known == edition && at.elapsed() < AT_LEAST;
        if self.last.as_ref().is_some_and(is_done) {
            return Ok(());
        }
        let began = Instant::now();
        let report = self.gate.rejudge(Lanes::Spare).await?;
        self.last = Some((edition, began));
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (n_compared, n_judged) = (report.n_compared, report.n_judged);
        for decision in &report.decisions {
            info!(
                decision.id = %decision.id,
                decision.verdict = %decision.verdict,
                service = decision.service.as_ref().map(tracing::field::display),
                environment = %decision.environment,
                n_findings = decision.findings.len(),
                "Judged again what runs: {}",
                decision.verdict,
            );
        }
        if n_judged == 0 {
            debug!(n_compared, duration_ms, "Nothing new about what runs");
        } else {
            info!(
                n_compared,
                n_judged,
                n_changed = report.decisions.len(),
                n_failed = report.n_failed,
                duration_ms,
                "Looked through what runs"
            );
        }
        Ok(())
    }
}
