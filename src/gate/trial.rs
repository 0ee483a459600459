//! The own tests of the policies in force, run once while the gate answers.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use super::Gate;
use crate::domain::error::Error;
use crate::domain::parallel;
use crate::policy::{Sources, TestCounts, Trial};

/// Stack of the thread: what is loaded and evaluated recurses.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// The longest rest after one test.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// How long a test waits for requests to be answered before it goes on all the same.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often it looks whether they are.
const GLANCE: Duration = Duration::from_millis(2);

impl Gate {
    /// Runs the own tests of the policies in force on both engines, on a thread of its own that takes half of one processor
    /// at most and gives way to requests. It ends with the gate.
    ///
    /// # Errors
    /// `Unavailable` when there can be no thread for it.
    pub fn start_trial(self: &Arc<Self>, sources: Sources) -> Result<(), Error> {
        let (revision, trial) = (self.revision(), Arc::<Trial>::default());
        // Somebody was faster: once is enough.
        if self.trial.set(Arc::clone(&trial)).is_err() {
            return Ok(());
        }
        let gate = Arc::downgrade(self);
        let work = move || {
            parallel::stay_alone();
            trial.run(&revision, &sources, &mut |worked| rest(&gate, worked));
        };
        let thread = thread::Builder::new().name("own-tests".to_owned()).stack_size(STACK_BYTES);
        thread.spawn(work).map(drop).map_err(|cause| {
            let external = "there is no thread to run the policies' own tests on";
            Error::unavailable(external, "the own tests were not started").with_source(cause)
        })
    }

    /// How the own tests of the policies came out so far; `None` where they are not run.
    pub fn test_counts(&self) -> Option<TestCounts> {
        self.trial.get().map(|trial| trial.counts())
    }
}

/// Rests for as long as the work took, and for as long as requests are being answered; it is over when the gate has gone.
fn rest(gate: &Weak<Gate>, worked: Duration) -> ControlFlow<()> {
    let began = Instant::now();
    let least = worked.min(LONGEST_REST);
    loop {
        let Some(gate) = gate.upgrade() else { return ControlFlow::Break(()) };
        let is_busy = gate.at_work.load(Ordering::Relaxed) > 0;
        drop(gate);
        let rested = began.elapsed();
        if rested >= least && (!is_busy || rested >= least + PATIENCE) {
            return ControlFlow::Continue(());
        }
        thread::park_timeout(GLANCE);
    }
}
