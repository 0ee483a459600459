//! What an evaluation may use: steps, time, memory and depth of calls.

use std::fmt;
use std::time::{Duration, Instant};

/// The bounds of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Literals, members and calls, and what built-ins charge.
    pub steps: u64,
    /// Time from the start.
    pub time: Duration,
    /// Bytes of values made, counted roughly and never given back.
    pub memory_bytes: u64,
    /// Rules and functions inside one another.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 100_000_000,
            time: Duration::from_millis(250),
            memory_bytes: 256 * 1024 * 1024,
            depth: 200,
        }
    }
}

/// What was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// The steps.
    Steps,
    /// The time.
    Time,
    /// The memory.
    Memory,
    /// The depth of calls.
    Depth,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Steps => "the evaluation took more steps than it may",
            Self::Time => "the evaluation took longer than it may",
            Self::Memory => "the evaluation made more values than it may",
            Self::Depth => "rules and functions stand deeper inside one another than they may",
        })
    }
}

/// The steps between two looks at the clock.
const STEPS_PER_LOOK: u64 = 1024;

/// What is left of the bounds.
#[derive(Debug)]
pub struct Budget {
    steps: u64,
    next_look: u64,
    memory_bytes: u64,
    depth: u32,
    time: Duration,
    /// Set at the first look: most evaluations are over before it, and a look at the clock costs as much as a rule.
    deadline: Option<Instant>,
}

impl Budget {
    /// Begins with everything unused. The clock starts with the first thousand steps, which take far less than a
    /// millisecond.
    pub fn start(limits: Limits) -> Self {
        Self {
            steps: limits.steps,
            next_look: limits.steps.saturating_sub(STEPS_PER_LOOK),
            memory_bytes: limits.memory_bytes,
            depth: limits.depth,
            time: limits.time,
            deadline: None,
        }
    }

    /// Takes `n` steps; now and then looks at the clock.
    ///
    /// # Errors
    /// What is used up.
    #[inline]
    pub fn charge(&mut self, n: u64) -> Result<(), Exhausted> {
        self.steps = self.steps.checked_sub(n).ok_or(Exhausted::Steps)?;
        if self.steps < self.next_look { self.look() } else { Ok(()) }
    }

    /// Takes memory for a value about to be made.
    ///
    /// # Errors
    /// What is used up.
    #[inline]
    pub fn charge_memory(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.memory_bytes = self.memory_bytes.checked_sub(bytes).ok_or(Exhausted::Memory)?;
        Ok(())
    }

    /// Goes one rule or function deeper.
    ///
    /// # Errors
    /// [`Exhausted::Depth`].
    #[inline]
    pub fn descend(&mut self) -> Result<(), Exhausted> {
        self.depth = self.depth.checked_sub(1).ok_or(Exhausted::Depth)?;
        Ok(())
    }

    /// Comes back from one.
    #[inline]
    pub fn ascend(&mut self) {
        self.depth += 1;
    }

    #[cold]
    fn look(&mut self) -> Result<(), Exhausted> {
        self.next_look = self.steps.saturating_sub(STEPS_PER_LOOK);
        let now = Instant::now();
        let deadline = *self.deadline.get_or_insert(now + self.time);
        if now >= deadline { Err(Exhausted::Time) } else { Ok(()) }
    }
}
