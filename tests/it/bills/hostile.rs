//! Input that nobody should write.
