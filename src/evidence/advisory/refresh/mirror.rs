//! A mirror: asked for what is newer than what is kept, within bounds of time and size.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Response, StatusCode};
use tokio::runtime::Handle;

use super::{MirrorState, Refresh, whole};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::evidence::registry::download_client;

/// Far above what any database publishes in one file.
const MAX_BYTES: u64 = 4 << 30;
/// A mirror that says nothing for so long is given up, and so is one that needs longer for everything.
const SILENCE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_mins(30);
/// Characters of an address that stand in the name of its file, so that its ending says what it is.
const MAX_NAME_CHARS: usize = 60;

/// Who asks mirrors.
#[derive(Clone, Debug)]
pub struct MirrorClient {
    client: reqwest::Client,
    max_bytes: u64,
}

impl MirrorClient {
    /// Makes a client that trusts the machine's certificates and those in `ca_pem`.
    ///
    /// # Errors
    /// `Invalid` when the certificates cannot be read.
    pub fn new(ca_pem: Option<&[u8]>) -> Result<Self, Error> {
        Ok(Self { client: download_client(ca_pem, SILENCE, WHOLE)?, max_bytes: MAX_BYTES })
    }

    /// The same client, for smaller answers.
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }
}

/// Asks one mirror, and keeps its answer when it is another one and whole.
///
/// # Errors
/// Why there is no answer that can be taken, for a person to read.
pub(super) fn ask(
    refresh: &Refresh,
    address: &str,
    known: &mut MirrorState,
    now: Timestamp,
) -> Result<(), String> {
    let has_kept = known.file.as_ref().is_some_and(|file| refresh.kept.join(file).exists());
    let mut request = refresh.client.client.get(address);
    if has_kept {
        for (header, said) in
            [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)]
        {
            if let Some(said) = said {
                request = request.header(header, said);
            }
        }
    }
    let name = file_name(address);
    let fresh = refresh.kept.join(format!("new-{name}"));
    let answer = Handle::current().block_on(async {
        let answer = request.send().await.map_err(|cause| told(&cause))?;
        match answer.status() {
            StatusCode::NOT_MODIFIED if has_kept => Ok(None),
            StatusCode::OK => {
                let headers = answer.headers().clone();
                written(answer, &fresh, refresh.client.max_bytes).await?;
                Ok(Some(headers))
            }
            other => Err(format!("it answered {other}")),
        }
    });
    let kept = answer.and_then(|headers| {
        headers.map(|headers| Ok((keep(refresh, &fresh, &name)?, headers))).transpose()
    });
    // What was taken lies in its place, and what was not is of no use.
    let _gone_already = fs::remove_file(&fresh);
    let Some((digest, headers)) = kept? else {
        known.confirmed = Some(now);
        return Ok(());
    };
    *known = MirrorState {
        file: Some(name),
        digest: Some(digest),
        etag: text_of(&headers, &ETAG),
        last_modified: text_of(&headers, &LAST_MODIFIED),
        confirmed: Some(now),
        fault: None,
    };
    Ok(())
}

/// Puts a whole answer in the place of the one before.
fn keep(refresh: &Refresh, fresh: &Path, name: &str) -> Result<Digest, String> {
    whole(&[fresh.to_path_buf()], &refresh.limits)?;
    let digest = digest_of(fresh).map_err(|cause| cause.to_string())?;
    fs::rename(fresh, refresh.kept.join(name)).map_err(|cause| cause.to_string())?;
    Ok(digest)
}

fn digest_of(path: &Path) -> std::io::Result<Digest> {
    Digest::of_reader(File::open(path)?)
}

/// Writes an answer to a file as it comes. One that ends early is an error of the connection.
async fn written(mut answer: Response, path: &Path, max_bytes: u64) -> Result<(), String> {
    let shown = |cause: std::io::Error| format!("cannot write `{}`: {cause}", path.display());
    let mut file = File::create(path).map_err(shown)?;
    let mut n_bytes = 0_u64;
    while let Some(chunk) = answer.chunk().await.map_err(|cause| told(&cause))? {
        n_bytes = n_bytes.saturating_add(chunk.len() as u64);
        if n_bytes > max_bytes {
            return Err(format!("its answer has more than {max_bytes} bytes"));
        }
        file.write_all(&chunk).map_err(shown)?;
    }
    file.sync_all().map_err(shown)
}

fn text_of(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// What the innermost cause says: the outer ones repeat the address.
fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { format!("it took too long ({cause})") } else { cause.to_string() }
}

/// A name that no other address has, with the ending by which an import knows what is inside.
fn file_name(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    let plain: String = last.chars().filter(is_plain).collect();
    let start = plain.len().saturating_sub(MAX_NAME_CHARS);
    let hash: String = Digest::of(address.as_bytes()).to_hex().chars().take(16).collect();
    format!("{hash}-{}", plain.get(start..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_ending_of_its_address_and_nothing_that_climbs() {
        for (address, ending) in [
            ("https://osv.example/npm/all.zip?generation=1", "-all.zip"),
            ("https://mirror.example/../../etc/advisory-db.tar.gz", "-advisory-db.tar.gz"),
            ("https://mirror.example/%2e%2e%2fpasswd", "-2e2e2fpasswd"),
            ("https://mirror.example/", "-"),
        ] {
            let name = file_name(address);
            assert!(name.ends_with(ending) && !name.contains('/'), "{name}");
            assert_eq!(name.len(), 16 + ending.len(), "{name}");
        }
        assert_ne!(file_name("https://a.example/all.zip"), file_name("https://b.example/all.zip"));
    }
}
