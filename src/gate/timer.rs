//! How long each room takes.

use tokio::time::Instant;

/// Measures the rooms, one lap each.
pub(super) struct Timer(Instant);

impl Timer {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since the last lap.
    pub(super) fn lap(&mut self) -> u32 {
        let now = Instant::now();
        let elapsed = now.duration_since(self.0);
        self.0 = now;
        u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX)
    }
}
