//! What a person sees who waits for a slow registry.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::component;
use crate::registry::faulty::FaultyRegistry;
use crate::registry::signed::Signer;

/// Runs `image verify` against a registry that takes its time; on a terminal when `program` makes one.
async fn verified(latency: Duration, program: Option<&Path>) -> Output {
    let registry = FaultyRegistry::start().await;
    let signer = Signer::new();
    let image = registry.put_image("app", "v1");
    registry.put_referrers("app", image, &[]);
    signer.sign(&registry, "app", image);
    registry.set_latency(latency);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("images.yaml"), signer.images_yaml(&registry.host(), "")).unwrap();
    let line = format!(
        "{} image verify {}/app:v1 --images images.yaml",
        env!("CARGO_BIN_EXE_goldgate"),
        registry.host()
    );
    let mut command = Command::new(program.unwrap_or(Path::new("/bin/sh")));
    if program.is_some() {
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    } else {
        command.args(["-c", &line]);
    }
    command.current_dir(folder.path()).env_clear().env("HOME", folder.path()).stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn after_a_second_a_terminal_is_told_what_is_waited_for() {
    let Some(script) = component::optional("script", "progress on a terminal") else { return };
    let slow = verified(Duration::from_millis(1300), Some(&script)).await;
    let said = String::from_utf8_lossy(&slow.stdout).into_owned();
    assert!(slow.status.success(), "{said}");
    assert!(said.contains("looking at 127.0.0.1:") && said.contains("/app:v1 … 1 s"), "{said:?}");
    // The line is taken away again before the answer.
    let (progress, answer) = said.rsplit_once("\r\u{1b}[K").unwrap();
    assert!(progress.contains("… 1 s") && answer.contains("verified:"), "{said:?}");
    let quick = verified(Duration::ZERO, Some(&script)).await;
    let said = String::from_utf8_lossy(&quick.stdout).into_owned();
    assert!(said.contains("verified:") && !said.contains('…'), "{said:?}");
}

#[tokio::test]
async fn what_is_no_terminal_is_told_nothing() {
    let slow = verified(Duration::from_millis(1300), None).await;
    assert!(slow.status.success());
    assert!(slow.stderr.is_empty(), "{}", String::from_utf8_lossy(&slow.stderr));
    assert!(!String::from_utf8_lossy(&slow.stdout).contains("… 1 s"));
}
