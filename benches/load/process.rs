//! A server in a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::SERVE;

/// A server in a process of its own, ended with it.
pub(super) struct Process {
    pub(super) child: Child,
    pub(super) address: SocketAddr,
}

impl Process {
    /// The named binary, else this program, over `policies` and a record in `folder`.
    pub(super) fn goldgate(folder: &Path, policies: &Path) -> Self {
        if let Ok(binary) = std::env::var("GOLDGATE_BENCH_BIN") {
            let address = free_address();
            let mut command = Command::new(binary);
            command.args(["serve", "--no-builtin", "--bundle"]).arg(policies);
            command.arg("--listen").arg(address.to_string()).arg("--data").arg(folder);
            return Self::start(command, address);
        }
        let this = std::env::current_exe().expect("this program");
        let mut command = Command::new(this);
        command.arg(SERVE).arg(folder).arg(policies).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("this program again");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its address");
        let address = line.trim().parse().expect("its address");
        Self { child, address }
    }

    pub(super) fn opa(binary: &str, policies: &Path) -> Self {
        let address = free_address();
        let mut command = Command::new(binary);
        command.args(["run", "--server", "--skip-version-check", "--log-level", "error", "--addr"]);
        command.arg(address.to_string()).arg(policies);
        Self::start(command, address)
    }

    fn start(mut command: Command, address: SocketAddr) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the server's binary");
        let process = Self { child, address };
        for _ in 0..600 {
            if TcpStream::connect_timeout(&address, Duration::from_millis(50)).is_ok() {
                return process;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("no server at {address} after half a minute");
    }

    /// Memory in KiB: resident now (`VmRSS`) or at the peak (`VmHWM`).
    pub(super) fn memory_kib(&self, name: &str) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("procfs");
        let line = status.lines().find(|line| line.starts_with(name)).expect("a line");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }
}

impl Drop for Process {
    /// As an operator ends it: what a server writes when it ends (a profile of where its time goes) is written.
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..asked.map_or(0, |_| 100) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let _: Result<(), _> = self.child.kill();
        let _: Result<_, _> = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address")
}
