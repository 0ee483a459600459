//! The real program reads `images.yaml` again when it is told to.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

const GOOD: &str = "rules: [{name: all, images: [\"**\"], action: deny}]\n";

/// Killed when it is dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[test]
fn a_faulty_images_yaml_does_not_replace_a_good_one() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("images.yaml");
    fs::write(&file, GOOD).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_goldgate"))
        .args(["serve", "--listen", "127.0.0.1:0", "--no-builtin"])
        .args(["--bundle", "tests/cases/api/bundle", "--data"])
        .arg(place.path())
        .arg("--images")
        .arg(&file)
        .env_clear()
        .env("HOME", place.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut program = Program(child);
    let id = program.0.id().to_string();
    let mut lines = BufReader::new(program.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |word: &str| {
        let found = lines.find(|line| line.contains(word));
        found.unwrap_or_else(|| panic!("the log says `{word}`"))
    };
    let hang_up = || {
        let told = Command::new("/bin/sh").args(["-c", "kill -HUP \"$0\"", &id]).status();
        assert!(told.unwrap().success());
    };
    until("Serving");
    fs::write(&file, "rules: []\n").unwrap();
    hang_up();
    until("the one before stays in force");
    until("images.yaml:1:8: the list of `rules` is empty");
    fs::write(&file, GOOD).unwrap();
    hang_up();
    until("The trust configuration of images is in force");
}
