//! `init`: a configuration, a first rule with its test, and CI snippets. Never overwrites.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::cli::args::InitArgs;
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::Printer;

/// What is written, by its path in the repository.
const FILES: [(&str, &str); 5] = [
    ("goldgate.yaml", include_str!("init/goldgate.yaml")),
    ("policies/team/contact.rego", include_str!("init/contact.rego")),
    ("policies/team/contact_test.rego", include_str!("init/contact_test.rego")),
    (".github/workflows/goldgate.yml", include_str!("init/github.yml")),
    (".gitlab/goldgate.yml", include_str!("init/gitlab.yml")),
];

/// Runs the verb.
///
/// # Errors
/// Every file that could not be written; the others are.
pub fn run(printer: Printer, args: &InitArgs) -> Result<Exit, Failure> {
    let mut told = String::new();
    let mut faults = Vec::new();
    for (name, text) in FILES {
        let path = args.folder.join(name);
        let shown = path.strip_prefix(".").unwrap_or(&path).display();
        match written(&path, text) {
            Ok(true) => {
                let _infallible = writeln!(told, "wrote {shown}");
            }
            Ok(false) => {
                let _infallible = writeln!(told, "kept  {shown}, which was there already");
            }
            Err(cause) => faults.push(Complaint::new(
                format!("cannot write `{shown}`: {cause}"),
                "name a folder that you may write to, e.g. `goldgate init .`",
            )),
        }
    }
    if !faults.is_empty() {
        printer.out(&told)?;
        return Err(Failure(faults));
    }
    let folder = match args.folder.as_path() {
        folder if folder == Path::new(".") => String::new(),
        folder => format!("cd {} && ", folder.display()),
    };
    let _infallible = write!(
        told,
        "\nnext: `{folder}goldgate policy test policies/`\n\
         then: `{folder}goldgate check` with the folder of your manifests\n\
         GitLab: add `include: [{{local: .gitlab/goldgate.yml}}]` to `.gitlab-ci.yml`\n"
    );
    printer.out(&told)?;
    Ok(Exit::Allow)
}

/// Writes a new file; one that exists is left alone.
fn written(path: &Path, text: &str) -> std::io::Result<bool> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_that_is_written_is_right() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in FILES {
            assert!(written(&folder.path().join(name), text).unwrap());
        }
        let sources = crate::config::Sources {
            flags: &crate::config::Flags::default(),
            variables: &crate::config::Variables::default(),
            folder: folder.path(),
        };
        let config = crate::config::resolve(sources).unwrap();
        assert_eq!(config.bundles.value, [std::path::PathBuf::from("policies")]);
    }

    #[test]
    fn a_file_that_is_there_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("goldgate.yaml");
        std::fs::write(&path, "mine").unwrap();
        assert!(!written(&path, "ours").unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
