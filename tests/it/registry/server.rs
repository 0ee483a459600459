//! Debian's `docker-registry` on loopback, with the signed images of `tests/fixtures/images`.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::component;

const FIXTURE: &str = "tests/fixtures/images/images.tar.zst";
const PROGRAM: &str = "docker-registry";
const LONGEST_START: Duration = Duration::from_secs(20);

/// The running registry. Its process and its folder end with this value.
pub(crate) struct RegistryServer {
    process: Running,
    _store: tempfile::TempDir,
}

/// A process that ends with this value.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl RegistryServer {
    /// Starts a registry that holds the 131 signed images. Without the program the test is skipped, or fails where
    /// components are required.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(FIXTURE)
    }

    /// Starts a registry that holds what a fixture holds.
    pub(crate) fn start_with(fixture: &str) -> Option<Self> {
        let Some(program) = program() else {
            component::skipped(
                "a real registry",
                "there is no `docker-registry`; `apt-get install docker-registry` has it",
            );
            return None;
        };
        let store = tempfile::tempdir().unwrap();
        unpack(Path::new(fixture), store.path());
        // Another process may take the port between the question and the start.
        let process = (0..5).find_map(|_| Running::start(&program, store.path()));
        let process = process.unwrap_or_else(|| panic!("`{}` does not start", program.display()));
        Some(Self { process, _store: store })
    }

    /// `127.0.0.1:port`, the name of the registry in references.
    pub(crate) fn host(&self) -> String {
        self.process.address.to_string()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&folders).map(|folder| folder.join(PROGRAM));
    found.find(|program| program.is_file())
}

fn unpack(archive: &Path, into: &Path) {
    let tar = zstd::decode_all(std::fs::File::open(archive).unwrap()).unwrap();
    let plain = into.join("images.tar");
    std::fs::write(&plain, tar).unwrap();
    let store = into.join("store");
    std::fs::create_dir(&store).unwrap();
    let unpacked =
        Command::new("tar").arg("-xf").arg(&plain).arg("-C").arg(&store).status().unwrap();
    assert!(unpacked.success());
    std::fs::remove_file(plain).unwrap();
}

impl Running {
    /// Starts the program; none when it ends at once or does not listen.
    fn start(program: &Path, folder: &Path) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let configuration = folder.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: {address}}}\n",
            folder.join("store").display()
        );
        std::fs::write(&configuration, text).unwrap();
        let child = Command::new(program)
            .arg("serve")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut running = Self { child, address };
        let began = Instant::now();
        while began.elapsed() < LONGEST_START {
            if running.child.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(address).is_ok() {
                return Some(running);
            }
            std::thread::yield_now();
        }
        None
    }
}
