//! What built-ins keep from call to call on one thread.

/// Compiled patterns and the like; bounded, and never part of an answer.
#[derive(Debug, Default)]
pub struct Cache {}
