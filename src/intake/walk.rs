//! Collects the files that a person names: files, folders and standard input.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ignore::WalkBuilder;

use super::file::Ending;
use super::{Limits, check_file_limits, sbom};
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::error::Error;

/// How many folders above the manifests are searched for a catalogue entry when no repository ends the search.
const MAX_LEVELS_UP: usize = 5;
const CATALOG: &str = "catalog-info.yaml";

/// The files that were collected.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// The files in the order of the arguments, those of a folder by path. A file that was found but cannot be read
    /// is among them, so that the release carries a finding for it.
    pub artifacts: Vec<Artifact>,
    /// How many files were left alone by their names.
    pub n_ignored: usize,
}

/// Collects the files at `paths`; `-` is what stands in `stdin`.
///
/// Named files are always taken. Of a folder those are taken that may be ours by their ending, unless git would ignore
/// them or their names begin with a dot. A `catalog-info.yaml` beside or above is taken too. Links are followed only
/// when they are named.
///
/// # Errors
/// `Invalid` when a named path cannot be read; `TooLarge` when there are more files or bytes than the limits allow.
pub fn walk(paths: &[String], stdin: Option<Bytes>, limits: &Limits) -> Result<Walked, Error> {
    let mut walker =
        Walker { walked: Walked::default(), known: BTreeMap::new(), n_bytes: 0, limits };
    let mut stdin = stdin;
    for path in paths {
        if path == "-" {
            let content = stdin.take().ok_or_else(|| {
                Error::invalid("standard input was not given, or `-` was named twice")
                    .with_field("paths")
                    .with_help(
                        "pipe the manifests in, e.g. `helm template chart | goldgate check -`",
                    )
            })?;
            walker.add(path.clone(), content, ArtifactOrigin::Named)?;
        } else {
            walker.named(path)?;
        }
    }
    for path in paths {
        walker.catalog_above(path)?;
    }
    Ok(walker.walked)
}

struct Walker<'l> {
    walked: Walked,
    /// Where each path stands among the artifacts.
    known: BTreeMap<String, usize>,
    n_bytes: usize,
    limits: &'l Limits,
}

impl Walker<'_> {
    fn named(&mut self, path: &str) -> Result<(), Error> {
        let kind = std::fs::metadata(path).map_err(|cause| unreadable(path, cause))?;
        if kind.is_dir() {
            return self.folder(path);
        }
        let content = self.content(Path::new(path)).map_err(|cause| unreadable(path, cause))?;
        self.add(shown(Path::new(path)), content, ArtifactOrigin::Named)
    }

    fn folder(&mut self, folder: &str) -> Result<(), Error> {
        // A folder that cannot be opened is the caller's error, not a finding about what may be in it.
        std::fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))?;
        let walk = WalkBuilder::new(folder)
            .require_git(false)
            // What is checked must not depend on who checks it.
            .git_global(false)
            .git_exclude(false)
            .ignore(false)
            .sort_by_file_path(Path::cmp)
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    if entry.file_type().is_some_and(|kind| !kind.is_dir()) {
                        self.found(entry.path(), entry.path_is_symlink())?;
                    }
                }
                Err(cause) => {
                    let path = path_of(&cause).map_or_else(|| folder.to_owned(), shown);
                    self.add_unreadable(path, cause.io_error())?;
                }
            }
        }
        Ok(())
    }

    fn found(&mut self, path: &Path, is_link: bool) -> Result<(), Error> {
        let name = shown(path);
        if is_link || (Ending::of(&name) == Ending::Other && !sbom::is_lock_file(&name)) {
            self.walked.n_ignored += 1;
            return Ok(());
        }
        match self.content(path) {
            Ok(content) => self.add(name, content, ArtifactOrigin::Found),
            Err(cause) => self.add_unreadable(name, Some(&cause)),
        }
    }

    /// The content of a file, cut off behind the limit: intake says that it is too large.
    fn content(&self, path: &Path) -> io::Result<Bytes> {
        let most = u64::try_from(self.limits.max_file_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut content = Vec::new();
        File::open(path)?.take(most).read_to_end(&mut content)?;
        Ok(content.into())
    }

    fn add_unreadable(&mut self, path: String, cause: Option<&io::Error>) -> Result<(), Error> {
        self.add(path, why(cause).into(), ArtifactOrigin::Unreadable)
    }

    fn add(&mut self, path: String, content: Bytes, origin: ArtifactOrigin) -> Result<(), Error> {
        let artifacts = &mut self.walked.artifacts;
        if let Some(known) = self.known.get(&path).and_then(|index| artifacts.get_mut(*index)) {
            // Found in a folder and named as well: the name counts.
            if origin == ArtifactOrigin::Named {
                known.origin = origin;
                known.content = content;
            }
            return Ok(());
        }
        self.known.insert(path.clone(), artifacts.len());
        self.n_bytes += content.len();
        artifacts.push(Artifact { path, content, origin });
        check_file_limits(artifacts.len(), self.n_bytes, self.limits)
    }

    /// Takes the catalogue entry beside what was named, or the nearest one above.
    fn catalog_above(&mut self, path: &str) -> Result<(), Error> {
        let path = Path::new(if path == "-" { "." } else { path });
        let mut folder = if path.is_dir() {
            path.to_path_buf()
        } else {
            path.parent().map(Path::to_path_buf).unwrap_or_default()
        };
        for _ in 0..=MAX_LEVELS_UP {
            let catalog = folder.join(CATALOG);
            if catalog.is_file() {
                return match self.content(&catalog) {
                    Ok(content) => self.add(shown(&catalog), content, ArtifactOrigin::Found),
                    Err(cause) => self.add_unreadable(shown(&catalog), Some(&cause)),
                };
            }
            if folder.join(".git").exists() || folder.parent() == Some(&folder) {
                break;
            }
            folder = above(&folder);
        }
        Ok(())
    }
}

/// The folder above, as a person would write it.
fn above(folder: &Path) -> PathBuf {
    let ends_in_ups = folder.ends_with("..");
    match folder.parent() {
        Some(parent) if !ends_in_ups && folder != Path::new(".") => parent.to_path_buf(),
        None if folder.is_absolute() => folder.to_path_buf(),
        Some(_) | None if folder == Path::new(".") => PathBuf::from(".."),
        Some(_) | None => folder.join(".."),
    }
}

/// A path as its author knows it, without a `./` in front.
fn shown(path: &Path) -> String {
    let path = path.to_string_lossy();
    let bare = path.strip_prefix("./").map_or(path.as_ref(), |rest| rest.trim_start_matches('/'));
    if bare.is_empty() { ".".to_owned() } else { bare.to_owned() }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Partial(_)
        | ignore::Error::Loop { .. }
        | ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => None,
    }
}

fn unreadable(path: &str, cause: io::Error) -> Error {
    Error::invalid(format!("cannot read `{path}`: {}", why(Some(&cause))))
        .with_field("paths")
        .with_help("name files or folders that exist, or `-` for standard input")
        .with_source(cause)
}

/// Why something cannot be read, in words that are the same on every system.
fn why(cause: Option<&io::Error>) -> &'static str {
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => "there is no such file or folder",
        Some(io::ErrorKind::PermissionDenied) => "it may not be opened by this user",
        _ => "it cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_above_are_written_as_a_person_would() {
        for (folder, upper) in [
            ("deploy/prod", "deploy"),
            ("deploy", ""),
            ("", ".."),
            (".", ".."),
            ("..", "../.."),
            ("../x", ".."),
            ("/a/b", "/a"),
            ("/", "/"),
        ] {
            assert_eq!(above(Path::new(folder)), Path::new(upper), "{folder}");
        }
    }

    #[test]
    fn paths_are_shown_as_they_were_typed() {
        for (path, shown_as) in [
            ("deploy/app.yaml", "deploy/app.yaml"),
            ("./app.yaml", "app.yaml"),
            ("../app.yaml", "../app.yaml"),
            (".hidden", ".hidden"),
            ("/a/b", "/a/b"),
            ("./", "."),
        ] {
            assert_eq!(shown(Path::new(path)), shown_as, "{path}");
        }
    }
}
