//! Instructions per call, counted by valgrind: the difference between a run with many calls and one with twice as many.

use super::CODE;
use super::loaded::{self, Client, Library};
use super::server::{Server, Temper};
use std::path::Path;
use std::process::Command;

const CALLS: u64 = 100_000;
const ASKED: &str = "ISC_BENCH_COUNT";

/// This program was started by itself, under valgrind.
pub fn asked_for() -> Option<(String, u64)> {
    let asked = std::env::var(ASKED).ok()?;
    let (what, count) = asked.split_once(' ')?;
    Some((what.to_owned(), count.parse().ok()?))
}

pub fn run(what: &str, count: u64) {
    let path = std::env::var("ISC_BENCH_LIBRARY").unwrap();
    let folder = std::env::var("ISC_BENCH_FOLDER").unwrap();
    let server = Server::start(Temper::Mute);
    let library = Library::load(Path::new(&path));
    let client = Client::init(&library, &server.url(), Path::new(&folder));
    let code = match what {
        "any" => None,
        _ => Some(CODE),
    };
    for _ in 0..count {
        match what {
            "clock" => assert_ne!(loaded::coarse_clock(), 0),
            _ => assert_eq!(client.is_licensed(code), 1),
        }
    }
}

pub fn all(library: &Path, folder: &Path) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: no valgrind, so no instructions are counted");
        return;
    }
    for what in ["clock", "any", "code"] {
        let count = |calls| instructions(what, calls, library, folder);
        let per_call = (count(2 * CALLS) - count(CALLS)) as f64 / CALLS as f64;
        println!("number: instructions per call, {what}: {per_call:.1}");
    }
}

fn instructions(what: &str, calls: u64, library: &Path, folder: &Path) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .env(ASKED, format!("{what} {calls}"))
        .env("ISC_BENCH_LIBRARY", library)
        .env("ISC_BENCH_FOLDER", folder)
        .output()
        .expect("valgrind runs");
    assert!(output.status.success(), "{output:?}");
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = report.lines().find(|line| line.contains("Collected :"));
    let count = line.and_then(|line| line.split_whitespace().last());
    count.and_then(|count| count.parse().ok()).expect("a count")
}
