//! The library from the other languages of industrial software: each example is compiled by its own compiler, all warnings
//! as errors where there are any, and run against a sandbox. What a program read from `isc_license_info` is compared with
//! what the command line says, so a struct that is laid out wrongly shows.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/need.rs"]
mod need;
#[path = "support/sandbox.rs"]
mod support;

use cc::Ran;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Sandbox;
use tempfile::TempDir;

const CODE: &str = "PL-0123456789";
/// What each example sets by `isc_options_set_int`.
const OFFLINE_DAYS: &str = "offline_days=10";

/// One computer: a folder with the library, the program beside it as it is shipped, and its options.
struct Site {
    dir: TempDir,
    sandbox: Sandbox,
}

impl Site {
    fn new() -> Site {
        let dir = TempDir::new().unwrap();
        let library = "libiscdesk.so";
        std::os::unix::fs::symlink(cc::library_dir().join(library), dir.path().join(library))
            .unwrap();
        let sandbox = Sandbox::start();
        // Far enough for the offline allowance to end before it.
        sandbox.license(json!({
            "license": CODE, "product_id": "P1", "amount": 3, "expires_in_s": 90 * 86400
        }));
        let site = Site { dir, sandbox };
        let options = json!({
            "vendor": "Example Ltd", "product": "Example CAD", "version": "1.0",
            "endpoint": site.sandbox.http, "data_dir": site.path("state"),
            "access_key": site.sandbox.access_key, "secret_key": site.sandbox.secret_key
        });
        std::fs::write(site.config(), options.to_string()).unwrap();
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("iscdesk.json")
    }

    fn compile(&self, compiler: &mut Command) {
        let output = compiler.current_dir(self.dir.path()).output().unwrap();
        assert!(output.status.success(), "{compiler:?}\n{output:?}");
    }

    fn status(&self) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
        command.args(["status", "--json", "--set", OFFLINE_DAYS, "--config"]);
        let ran = cc::run(command.arg(self.config()), "", cc::LIMIT);
        let document: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
        document["licenses"][0].clone()
    }
}

fn source(name: &str) -> PathBuf {
    cc::root().join("examples-languages").join(name)
}

fn run(program: &[&Path], arguments: &[&Path]) -> Ran {
    let mut command = Command::new(program[0]);
    cc::run(command.args(&program[1..]).args(arguments), "", cc::LIMIT)
}

/// The line that every example prints of `isc_license_info`.
fn line_of(status: &Value) -> String {
    let text = |name: &str| status[name].as_str().expect(name).to_owned();
    let number = |name: &str| status[name].as_i64().expect(name);
    assert_eq!(text("source"), "marketplace");
    format!(
        "{}: verdict {}, licensed {}, source 1, amount {}, product {}, expires {}, offline until {}",
        text("license"),
        number("status"),
        i32::from(status["licensed"] == true),
        number("amount"),
        text("product_id"),
        number("expires_at"),
        number("offline_until"),
    )
}

/// The life of one program: no options, a wrong code, the right one, and the next start without a network.
fn check(mut site: Site, program: &[&Path]) {
    let config = site.config();
    let missing = run(program, &[Path::new("/no/such/iscdesk.json")]);
    assert_eq!(missing.exit, Some(2), "{missing:?}");
    let told = "cannot start: isc_options_load: no options file";
    assert!(missing.stderr.contains(told), "{missing:?}");

    let wrong = run(program, &[&config, Path::new("PL-NONE")]);
    assert_eq!(wrong.exit, Some(1), "{wrong:?}");
    assert!(wrong.stderr.contains("notexist"), "{wrong:?}");
    assert!(!wrong.stdout.contains("event"), "{wrong:?}");

    let first = run(program, &[&config, Path::new(CODE)]);
    assert_eq!(first.exit, Some(0), "{first:?}");
    let event = first.stdout.lines().next().expect("two lines");
    let event = event.strip_prefix("event 3: ").expect(&first.stdout);
    let event: Value = serde_json::from_str(event).expect(event);
    assert_eq!(event["params"]["Licensed"], "true", "{event}");
    let known = line_of(&site.status());
    assert_eq!(first.stdout.lines().nth(1), Some(known.as_str()));

    site.sandbox.stop();
    let second = run(program, &[&config]);
    assert_eq!(second.exit, Some(0), "{second:?}");
    assert_eq!(second.stdout.trim_end(), known);
}

#[test]
fn csharp() {
    if !need::need("mcs") || !need::need("mono") {
        return;
    }
    let site = Site::new();
    let program = site.path("Activate.exe");
    let mut out = std::ffi::OsString::from("-out:");
    out.push(&program);
    let mut compiler = Command::new("mcs");
    compiler.args(["-warn:4", "-warnaserror"]).arg(out);
    site.compile(compiler.arg(source("Activate.cs")));
    check(site, &[Path::new("mono"), &program]);
}

#[test]
fn python() {
    if !need::need("python3") {
        return;
    }
    let site = Site::new();
    // Beside the library, where the program looks for it.
    let program = site.path("activate.py");
    std::fs::copy(source("activate.py"), &program).unwrap();
    let all_warnings = ["-W", "error"].map(Path::new);
    let python = [&[Path::new("python3")], &all_warnings[..], &[&program]].concat();
    check(site, &python);
}

#[test]
fn pascal() {
    if !need::is_there(Command::new("fpc").arg("-iV").output().is_ok(), "fpc") {
        return;
    }
    let site = Site::new();
    let mut compiler = Command::new("fpc");
    // Shown: errors, warnings, notes; each of them ends it.
    compiler.args(["-v0ewn", "-Sewn", "-FE.", "-FU.", "-Fl."]);
    compiler.args(["-k-rpath", "-k$ORIGIN"]);
    site.compile(compiler.arg(source("activate.pas")));
    let program = site.path("activate");
    check(site, &[&program]);
}

#[test]
fn fortran() {
    if !need::need("gfortran") {
        return;
    }
    let site = Site::new();
    let mut compiler = Command::new("gfortran");
    compiler.args([
        "-std=f2018",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-o",
        "activate",
    ]);
    compiler.args(["iscdesk.f90", "activate.f90"].map(source));
    site.compile(compiler.args(["-L.", "-liscdesk", "-Wl,-rpath,$ORIGIN"]));
    let program = site.path("activate");
    check(site, &[&program]);
}
