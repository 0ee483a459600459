//! The orders of versions against the programs that define them, where they are installed.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use goldgate::evidence::advisory::version::Order;

use crate::component;

/// Pieces that versions are put together from, and what stands between them.
struct Pieces {
    first: &'static [&'static str],
    between: &'static [&'static str],
    more: &'static [&'static str],
}

/// Neighbouring pairs of `n` versions, the same each time.
fn pairs(pieces: &Pieces, n: usize) -> Vec<(String, String)> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pick = move |list: &'static [&'static str]| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list[usize::try_from(state >> 33).unwrap() % list.len()]
    };
    let mut lengths = [0, 1, 2, 3, 1, 2].into_iter().cycle();
    let versions: Vec<String> = (0..n)
        .map(|_| {
            let mut version = pick(pieces.first).to_owned();
            for _ in 0..lengths.next().unwrap() {
                version.push_str(pick(pieces.between));
                version.push_str(pick(pieces.more));
            }
            version
        })
        .collect();
    versions.iter().cloned().zip(versions.iter().skip(1).cloned()).collect()
}

fn word(order: Option<Ordering>) -> &'static str {
    match order {
        Some(Ordering::Less) => "<",
        Some(Ordering::Equal) => "=",
        Some(Ordering::Greater) => ">",
        None => "?",
    }
}

/// Compares what `program` prints for every pair, a line each (`<`, `=`, `>`, `?`), with our order.
#[track_caller]
fn agrees(family: &str, pairs: &[(String, String)], mut program: Command) {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = String::new();
    for (left, right) in pairs {
        let _ = writeln!(lines, "{left}\t{right}");
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), pairs.len(), "{family}: the program answered another number of pairs");
    let order = Order::of(family).unwrap();
    let differ: Vec<String> = pairs
        .iter()
        .zip(said)
        .filter_map(|((left, right), said)| {
            let ours = word(order.compare(left, right).ok());
            (ours != said).then(|| format!("{left} {said} {right}, ours {ours}"))
        })
        .collect();
    assert_eq!(differ, Vec::<String>::new(), "{family}");
}

#[test]
fn debian_s_order_is_that_of_dpkg() {
    let Some(dpkg) = component::optional("dpkg", "Debian's order") else { return };
    let pieces = Pieces {
        first: &["0", "1", "2", "10", "1:0", "0:1"],
        between: &[".", "", ".", "+", "~"],
        more: &["0", "1", "2", "10", "a", "rc1", "~", "~b", "+deb12u1", "-1", "-2ubuntu3"],
    };
    let order = Order::of("Debian").unwrap();
    for (left, right) in pairs(&pieces, 150) {
        let holds = |relation: &str| {
            let arguments = ["--compare-versions", &left, relation, &right];
            Command::new(&dpkg).args(arguments).status().unwrap().success()
        };
        let said = match (holds("lt"), holds("eq")) {
            (true, _) => Ordering::Less,
            (false, true) => Ordering::Equal,
            (false, false) => Ordering::Greater,
        };
        assert_eq!(order.compare(&left, &right), Ok(said), "{left} {right}");
    }
}

#[test]
fn python_s_order_is_that_of_packaging() {
    const PROGRAM: &str = "
import sys
from packaging.version import Version, InvalidVersion
for line in sys.stdin:
    try:
        left, right = (Version(word) for word in line.rstrip('\\n').split('\\t'))
        print('<' if left < right else '>' if left > right else '=')
    except InvalidVersion:
        print('?')
";
    let what = "Python's order";
    let Some(python) = component::optional("python3", what) else { return };
    let has = Command::new(&python).args(["-c", "import packaging"]).stderr(Stdio::null()).status();
    if !has.unwrap().success() {
        component::say(what, "Python has no `packaging`");
        return;
    }
    let pieces = Pieces {
        first: &["0", "1", "2", "1!0", "v1"],
        between: &[".", "", "-", "_", "+"],
        more: &["0", "1", "2", "10", "a1", "b2", "rc1", "dev1", "post1", "dev", "post", "a"],
    };
    let mut program = Command::new(python);
    program.args(["-c", PROGRAM]);
    agrees("PyPI", &pairs(&pieces, 3_000), program);
}

#[test]
fn npm_s_order_is_that_of_its_own_library() {
    const PROGRAM: &str = "
const path = require('path'), fs = require('fs');
const npm = fs.realpathSync(process.argv[1]);
const semver = require(require.resolve('semver', { paths: [path.dirname(npm)] }));
const lines = fs.readFileSync(0, 'utf8').trimEnd().split('\\n');
console.log(lines.map((line) => {
  const [left, right] = line.split('\\t');
  try { return '<=>'[semver.compare(left, right) + 1]; } catch { return '?'; }
}).join('\\n'));
";
    let what = "npm's order";
    let (Some(node), Some(npm)) =
        (component::optional("node", what), component::optional("npm", what))
    else {
        return;
    };
    let pieces = Pieces {
        first: &["0.1.2", "1.2.3", "v1.0.0", "1.0"],
        between: &[".", "-", "+", "-"],
        more: &["0", "1", "2", "10", "alpha", "alpha.1", "rc", "01", "x-y"],
    };
    let mut program = Command::new(node);
    program.arg("-e").arg(PROGRAM).arg(npm);
    agrees("npm", &pairs(&pieces, 3_000), program);
}

#[test]
fn maven_s_order_is_that_of_its_own_library() {
    let what = "Maven's order";
    let Some(java) = component::optional("java", what) else { return };
    // A library of its own; 3.9 brought the order that the specification describes.
    let Some(library) = std::env::var_os("GOLDGATE_MAVEN_ARTIFACT") else {
        component::say(what, "GOLDGATE_MAVEN_ARTIFACT names no maven-artifact-3.9.….jar");
        return;
    };
    let pieces = Pieces {
        first: &["0", "1", "2", "10"],
        between: &[".", "-", ".", "", "."],
        more: &[
            "0", "1", "2", "10", "00", "alpha", "a1", "beta", "b2", "m3", "rc", "cr1", "ga",
            "final", "sp", "sp1", "SNAPSHOT", "release", "foo", "x", "jre", "redhat", "Final",
            "RELEASE",
        ],
    };
    let pairs = pairs(&pieces, 2_000);
    let versions = pairs.iter().map(|(left, _)| left).chain(pairs.last().map(|(_, right)| right));
    let output = Command::new(java)
        .arg("-cp")
        .arg(library)
        .arg("org.apache.maven.artifact.versioning.ComparableVersion")
        .args(versions)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("   ")).collect();
    assert_eq!(said.len(), pairs.len());
    let order = Order::of("Maven").unwrap();
    for ((left, right), said) in pairs.iter().zip(said) {
        let sign = word(order.compare(left, right).ok()).replace('=', "==");
        assert_eq!(format!("{left} {sign} {right}"), said.trim());
    }
}
