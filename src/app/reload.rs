//! Reload: another `images.yaml` comes into force while the server runs.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info};

use crate::domain::error::Error;
use crate::domain::trust::TrustConfiguration;
use crate::evidence::images::ImageSource;

/// Without a mirror that asks for it there is nothing to be read again but on SIGHUP.
const NEVER: Duration = Duration::from_hours(24 * 365);

/// What was read, `None` when nothing is configured any more, or every fault, one a line.
type Read = dyn Fn() -> Result<Option<TrustConfiguration>, String> + Send + Sync;

/// Reads the trust configuration again on SIGHUP, and when a mirror of a trust root is due.
pub struct ImageReload {
    images: Arc<ImageSource>,
    every: Duration,
    read: Arc<Read>,
    hang_up: Signal,
}

impl fmt::Debug for ImageReload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageReload").field("every", &self.every).finish_non_exhaustive()
    }
}

impl ImageReload {
    /// Makes a reload of `images` by what `read` answers. SIGHUP is received from here on.
    ///
    /// # Errors
    /// `Unavailable` when signals cannot be received.
    pub fn new(
        images: Arc<ImageSource>,
        refresh: Option<Duration>,
        read: impl Fn() -> Result<Option<TrustConfiguration>, String> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let hang_up = signal(SignalKind::hangup()).map_err(|cause| {
            Error::unavailable("signals cannot be received", "cannot listen for SIGHUP")
                .with_source(cause)
        })?;
        // A mirror is asked when what is kept is older than `refresh`, so the timer must not be early.
        let every = refresh.map_or(NEVER, |refresh| refresh.max(Duration::from_mins(1)));
        Ok(Self { images, every, read: Arc::new(read), hang_up })
    }

    /// Waits and reloads, without end. The last good configuration stays in force when the new one has a fault.
    pub async fn run(mut self) -> Infallible {
        loop {
            tokio::select! {
                _ = self.hang_up.recv() => {
                    info!("Reading the trust configuration of images again: SIGHUP");
                }
                () = tokio::time::sleep(self.every) => {}
            }
            self.once().await;
        }
    }

    async fn once(&self) {
        let read = Arc::clone(&self.read);
        let read = tokio::task::spawn_blocking(move || read()).await;
        let read =
            read.unwrap_or_else(|_panic| Err("reading it ended without an answer".to_owned()));
        let replaced = match read {
            Ok(Some(trust)) => {
                self.images.replace(trust).map_err(|error| error.external().to_owned())
            }
            Ok(None) => return,
            Err(faults) => Err(faults),
        };
        match replaced {
            Ok(()) => info!("The trust configuration of images is in force"),
            Err(faults) => error!(
                "The trust configuration of images has faults; the one before stays in force:\n{faults}"
            ),
        }
    }
}
