//! What was handed in: bytes with a name.

use bytes::Bytes;

use crate::domain::digest::Digest;

/// A file as it was handed in.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// The path or name by which its author knows it.
    pub path: String,
    /// The bytes, untouched.
    pub content: Bytes,
    /// How it came here, which decides what an unreadable file means.
    pub origin: ArtifactOrigin,
}

/// How an artifact came to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactOrigin {
    /// The caller named it: what is wrong with it is an error.
    Named,
    /// It was found by walking a folder: what is not ours is left alone.
    Found,
    /// It was found, but could not be read: its content is the reason, and the release carries a finding.
    Unreadable,
}

impl Artifact {
    /// The digest of the bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.content)
    }
}
