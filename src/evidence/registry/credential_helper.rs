//! Credential helpers: programs named `docker-credential-<name>` that the operator allows.

use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::credential::Credential;
use super::secret::Secret;

/// The most a helper may answer.
const MAX_OUTPUT_BYTES: u64 = 64 * 1024;
/// The longest a helper may think.
const MAX_TIME: Duration = Duration::from_secs(5);
/// The user name by which a helper says that its secret is an identity token.
const TOKEN_USER: &str = "<token>";
/// What helpers print when they know no credential: an answer and not a failure.
const NOT_FOUND: &str = "credentials not found in native keychain";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: Secret,
}

/// Asks the helper `name` for the credential of `server`; `None` when it has none.
///
/// # Errors
/// Why there is no answer; never what the helper printed, which may be a secret.
///
/// Source: github.com/docker/docker-credential-helpers, the protocol of `get`.
pub(super) async fn ask(
    name: &str,
    server: &str,
    allowed: &[String],
) -> Result<Option<Credential>, String> {
    if allowed.iter().all(|allowed| allowed != name) {
        return Err(format!(
            "the credential helper `{name}` is not allowed; name it in `auth.allowedHelpers` of the host, or write the credential into `auths`"
        ));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err(format!("`{name}` is no name of a credential helper"));
    }
    answer_of(&format!("docker-credential-{name}"), server, MAX_TIME).await
}

/// The answer of `program`, given within `max_time`.
async fn answer_of(
    program: &str,
    server: &str,
    max_time: Duration,
) -> Result<Option<Credential>, String> {
    let answer = tokio::time::timeout(max_time, run(program, server)).await;
    let (succeeded, output) =
        answer.map_err(|_elapsed| format!("`{program}` did not answer within {max_time:?}"))??;
    if !succeeded {
        let known_none = String::from_utf8_lossy(&output).contains(NOT_FOUND);
        return if known_none { Ok(None) } else { Err(format!("`{program} get` failed")) };
    }
    let Answer { username, secret } = serde_json::from_slice(&output).map_err(|error| {
        format!("`{program} get` did not print a JSON credential (column {})", error.column())
    })?;
    Ok(match (username.as_str(), secret.is_empty()) {
        (_, true) => None,
        (TOKEN_USER, false) => Some(Credential::IdentityToken(secret)),
        (_, false) => Some(Credential::Password { user: username, password: secret }),
    })
}

/// Runs the program; it is killed when this future is dropped.
async fn run(program: &str, server: &str) -> Result<(bool, Vec<u8>), String> {
    let failed = |what: &str, error: &std::io::Error| format!("cannot {what} `{program}`: {error}");
    let mut child: Child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed("run", &error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its question has its answer judged all the same.
        let _closed = stdin.write_all(server.as_bytes()).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let mut bounded = stdout.take(MAX_OUTPUT_BYTES + 1);
        bounded.read_to_end(&mut output).await.map_err(|error| failed("read from", &error))?;
    }
    if output.len() as u64 > MAX_OUTPUT_BYTES {
        return Err(format!("`{program}` prints more than {MAX_OUTPUT_BYTES} bytes"));
    }
    let status = child.wait().await.map_err(|error| failed("wait for", &error))?;
    Ok((status.success(), output))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURE: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/registry/docker-credential-fixture");

    async fn answer(server: &str) -> Result<Option<Credential>, String> {
        answer_of(FIXTURE, server, Duration::from_mins(1)).await
    }

    #[tokio::test]
    async fn a_helper_answers_with_a_password_a_token_or_nothing() {
        let secret = || Secret::new("hunter2");
        let password = Credential::Password { user: "gate".to_owned(), password: secret() };
        assert_eq!(answer("password.example").await, Ok(Some(password)));
        let token = Credential::IdentityToken(secret());
        assert_eq!(answer("token.example").await, Ok(Some(token)));
        assert_eq!(answer("empty.example").await, Ok(None));
        assert_eq!(answer("none.example").await, Ok(None));
    }

    #[tokio::test]
    async fn what_a_helper_prints_is_bounded_and_never_shown() {
        for (server, words) in [
            ("broken.example", "get` failed"),
            ("garbage.example", "did not print a JSON credential"),
            ("endless.example", "prints more than 65536 bytes"),
        ] {
            let fault = answer(server).await.unwrap_err();
            assert!(fault.contains(words), "{fault}");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_does_not_answer_is_ended() {
        let answer = answer_of(FIXTURE, "silent.example", Duration::from_millis(100)).await;
        assert!(answer.unwrap_err().contains("did not answer within 100ms"));
        let absent = answer_of("docker-credential-absent", "x", MAX_TIME).await;
        assert!(absent.unwrap_err().contains("cannot run `docker-credential-absent`"));
    }

    #[tokio::test]
    async fn only_allowed_names_are_run() {
        let allowed = ["ecr-login".to_owned(), "../evil".to_owned()];
        assert!(ask("pass", "x", &allowed).await.unwrap_err().contains("is not allowed"));
        assert!(ask("../evil", "x", &allowed).await.unwrap_err().contains("is no name"));
    }
}
