//! What a test needs beside this repository: a privilege, another program.

use std::path::PathBuf;

/// Says that a test was skipped and why, or fails when nothing may be skipped (`GOLDGATE_REQUIRE_COMPONENTS` is set).
pub(crate) fn skipped(what: &str, why: &str) {
    assert!(
        std::env::var_os("GOLDGATE_REQUIRE_COMPONENTS").is_none(),
        "`{what}` cannot be tried here: {why}; GOLDGATE_REQUIRE_COMPONENTS asks for it"
    );
    say(what, why);
}

/// The program `name`, when it is installed. Without it the test is skipped, and says so; nothing requires it.
pub(crate) fn optional(name: &str, what: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name));
    let program = found.into_iter().find(|program| program.is_file());
    if program.is_none() {
        say(what, &format!("there is no `{name}` on the PATH"));
    }
    program
}

/// Not by a macro: what a test prints is kept back until it fails.
pub(crate) fn say(what: &str, why: &str) {
    use std::io::Write as _;
    let mut stderr = std::io::stderr().lock();
    // A reader that has gone away has read what it wanted.
    let _unheard = writeln!(stderr, "SKIPPED: {what}: {why}");
}
