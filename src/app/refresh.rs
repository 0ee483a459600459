//! Refresh: advisories that come by themselves while the server runs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, warn};

use crate::evidence::advisory::refresh::Refresh;

/// A folder is looked at so often; what mirrors have changes in hours.
const FOLDER_EVERY: Duration = Duration::from_secs(10);

/// Looks for other advisories again and again, and puts them into place whole.
#[derive(Debug)]
pub struct AdvisoryRefresh {
    refresh: Arc<Refresh>,
    every: Duration,
}

impl AdvisoryRefresh {
    /// Asks mirrors once in `every`.
    pub fn new(refresh: Refresh, every: Duration) -> Self {
        Self { refresh: Arc::new(refresh), every }
    }

    /// Looks, waits and looks again, without end. The last good advisories stay in force while anything is wrong.
    pub async fn run(self) -> Infallible {
        let mut due = Instant::now();
        let mut told = Vec::new();
        loop {
            let ask_mirrors = Instant::now() >= due;
            if ask_mirrors {
                due = Instant::now() + self.every;
            }
            let refresh = Arc::clone(&self.refresh);
            match tokio::task::spawn_blocking(move || refresh.look(ask_mirrors)).await {
                Ok(Ok(_look)) => {}
                Ok(Err(error)) => error!(error = error.internal(), "Cannot keep advisories"),
                Err(_panic) => error!("Looking for advisories ended without an answer"),
            }
            let troubles = self.refresh.troubles.told();
            if troubles != told {
                for trouble in &troubles {
                    warn!("The last good advisories stay in force: {trouble}");
                }
                told = troubles;
            }
            tokio::time::sleep(FOLDER_EVERY.min(self.every)).await;
        }
    }
}
