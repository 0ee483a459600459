//! Progress: what long work is doing, on a terminal only.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use crate::cli::print::Printer;

/// Work that is done by then needs no word.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits for `work`, and says every second what it is doing.
pub async fn shown<T>(printer: &Printer, what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let started = Instant::now();
    let mut beat = interval_at(started + PATIENCE, PATIENCE);
    let mut said = false;
    loop {
        tokio::select! {
            biased;
            done = &mut work => {
                if said {
                    printer.end_progress();
                }
                return done;
            }
            _ = beat.tick() => {
                printer.progress(&format!("{what} … {} s", started.elapsed().as_secs()));
                said = true;
            }
        }
    }
}
