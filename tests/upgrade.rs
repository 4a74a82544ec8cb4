//! Upgrades from end to end, as a customer has them: a C program with the library and the helper beside it, a feed made by
//! the command line and served by the sandbox, and an installer that really replaces the program once it has ended.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/sandbox.rs"]
mod support;

use cc::Ran;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use support::{PATIENCE, Sandbox};
use tempfile::TempDir;

const PRODUCT: &str = "Example CAD";

/// A product with a vendor and one customer.
struct Site {
    dir: TempDir,
    sandbox: Sandbox,
    config: PathBuf,
}

/// What a release is besides its version.
#[derive(Default)]
struct Release {
    forced: bool,
    /// Lines of the installer before it replaces the program.
    script: &'static str,
}

impl Site {
    fn new() -> Site {
        Site::at("http")
    }

    /// The feed over `http` or `https`.
    fn at(scheme: &str) -> Site {
        let dir = TempDir::new().unwrap();
        for folder in ["app", "feed"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let sandbox = Sandbox::start_with(&["--feed", dir.path().join("feed").to_str().unwrap()]);
        let site = Site {
            config: dir.path().join("app/iscdesk.json"),
            sandbox,
            dir,
        };
        let key = site.vendor(&["keygen", "--no-password", "--out", "key"]);
        let (base, ca_file) = match scheme {
            "https" => (&site.sandbox.https, Some(&site.sandbox.ca_file)),
            _ => (&site.sandbox.http, None),
        };
        let mut options = json!({
            "vendor": "Example Ltd", "product": PRODUCT, "version": "1.0.0", "auto_heartbeat": 0,
            "data_dir": site.dir.path().join("state"),
            "upgrade_feed": format!("{base}/feed/feed.json"), "upgrade_public_key": key["public_key"],
        });
        if let Some(ca_file) = ca_file {
            options["ca_file"] = json!(ca_file);
        }
        fs::write(&site.config, options.to_string()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_iscdesk"), site.app("iscdesk")).unwrap();
        fs::copy(
            cc::library_dir().join("libiscdesk.so"),
            site.app("libiscdesk.so"),
        )
        .unwrap();
        site.compile("1.0.0", &site.app("program"));
        site
    }

    fn app(&self, name: &str) -> PathBuf {
        self.dir.path().join("app").join(name)
    }

    /// The vendor's own command line.
    fn vendor(&self, arguments: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_iscdesk"))
            .args(["--json", "feed"])
            .args(arguments)
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn compile(&self, version: &str, program: &Path) {
        let output = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()))
            .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(cc::root().join("include"))
            .arg(format!("-DPROGRAM_VERSION=\"{version}\""))
            .arg(cc::root().join("examples-c/upgrade.c"))
            .arg(self.app("libiscdesk.so"))
            .args(["-Wl,-rpath,$ORIGIN", "-o"])
            .arg(program)
            .output()
            .expect("the compiler runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    /// An installer that carries the program of that version in its own file, published in the feed.
    fn release(&self, version: &str, release: &Release) {
        let program = self.dir.path().join(format!("program-{version}"));
        self.compile(version, &program);
        let package = format!("feed/setup-{version}.run");
        let script = |from: usize| {
            format!(
                "#!/bin/sh\nset -e\n{}\ntail -c +{from:06} \"$0\" > \"$2/program.new\"\n\
                 chmod 755 \"$2/program.new\"\nmv \"$2/program.new\" \"$2/program\"\nexit 0\n",
                release.script
            )
        };
        let mut bytes = script(script(0).len() + 1).into_bytes();
        bytes.extend(fs::read(&program).unwrap());
        fs::write(self.dir.path().join(&package), bytes).unwrap();
        let package = format!("{}={package}", iscdesk::upgrade::this_platform());
        let base = format!("{}/feed", self.sandbox.http);
        let args = ["--into", "{install_dir}"]
            .map(|arg| format!("{}={arg}", iscdesk::upgrade::this_platform()));
        let mut make = vec![
            "make",
            "--feed",
            "feed/feed.json",
            "--release",
            version,
            "--notes",
            "Faster.",
        ];
        make.extend(["--url-base", &base, "--package", &package]);
        make.extend(["--installer-arg", &args[0], "--installer-arg", &args[1]]);
        if release.forced {
            make.push("--forced");
        }
        self.vendor(&make);
        self.vendor(&[
            "sign",
            "--feed",
            "feed/feed.json",
            "--product",
            PRODUCT,
            "--key",
            "key",
        ]);
    }

    fn command(&self, answer: &str) -> Command {
        let mut command = Command::new(self.app("program"));
        command.arg(&self.config).arg(answer);
        // Cargo's, by which the program would find another library than the one beside it.
        command.env_remove("LD_LIBRARY_PATH");
        command
    }

    fn run(&self, answer: &str) -> Ran {
        cc::run(&mut self.command(answer), "", cc::LIMIT)
    }

    /// Runs the program to a good end.
    fn runs(&self, version: &str, answer: &str) -> String {
        let ran = self.run(answer);
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        let first = format!("this is version {version}\n");
        assert!(ran.stdout.starts_with(&first), "{ran:?}");
        ran.stdout
    }

    fn staging(&self) -> PathBuf {
        let list = fs::read_dir(self.dir.path().join("state")).unwrap();
        let mut folders = list.map(|entry| entry.unwrap().path());
        let found = folders.find(|path| path.extension().is_some_and(|end| end == "upgrade"));
        found.expect("a staging folder")
    }

    /// Waits until the helper, which is at work from "staged" on, has ended.
    fn wait_for_helper(&self) {
        let lock = self.staging().join("helper.lock");
        File::options()
            .read(true)
            .write(true)
            .open(lock)
            .unwrap()
            .lock()
            .unwrap();
    }

    /// What another upgrade would find: nothing.
    fn assert_clean(&self) {
        let list = fs::read_dir(self.staging()).unwrap();
        let names = list.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut left: Vec<String> = names.filter(|name| !name.ends_with(".lock")).collect();
        left.retain(|name| name != "install.json");
        assert!(left.is_empty(), "{left:?}");
    }
}

fn has(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

fn has_not(said: &str, part: &str) {
    assert!(!said.contains(part), "{part} is in\n{said}");
}

const STAGED: &str = r#""Stage":"staged""#;
const INSTALLED: &str = r#""Stage":"installed""#;
const NOTHING_NEW: &str = r#""params":{"available":"false"}"#;

#[test]
fn an_optional_upgrade_is_accepted_and_the_program_replaced_after_its_end() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    let said = site.runs("1.0.0", "yes");
    let offered = r#""operate":"Update","params":{"fromForceWin":"false","Version":"2.0.0","Notes":"Faster."}"#;
    has(
        &said,
        &[
            r#""available":"true""#,
            offered,
            r#""Stage":"downloading""#,
            STAGED,
        ],
    );
    site.wait_for_helper();
    let said = site.runs("2.0.0", "yes");
    has(&said, &[INSTALLED, NOTHING_NEW]);
    site.assert_clean();
    has_not(&site.runs("2.0.0", "yes"), INSTALLED);
}

#[test]
fn a_forced_upgrade_over_tls_asks_nobody() {
    let site = Site::at("https");
    let forced = Release {
        forced: true,
        ..Release::default()
    };
    site.release("2.0.0", &forced);
    let said = site.runs("1.0.0", "no");
    has(&said, &[r#""fromForceWin":"true""#, STAGED]);
    site.wait_for_helper();
    has(&site.runs("2.0.0", "no"), &[INSTALLED, NOTHING_NEW]);
}

#[test]
fn a_declined_version_stays_quiet_until_a_newer_or_a_forced_one_appears() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    has(&site.runs("1.0.0", "no"), &[r#""operate":"Update""#]);
    let said = site.runs("1.0.0", "yes");
    has_not(&said, r#""operate":"Update""#);
    site.release("2.1.0", &Release::default());
    has(&site.runs("1.0.0", "no"), &[r#""Version":"2.1.0""#]);
    has_not(&site.runs("1.0.0", "yes"), r#""operate":"Update""#);
    let forced = Release {
        forced: true,
        ..Release::default()
    };
    site.release("2.2.0", &forced);
    has(&site.runs("1.0.0", "no"), &[STAGED]);
    site.wait_for_helper();
    has(&site.runs("2.2.0", "no"), &[INSTALLED]);
}

#[test]
fn a_download_that_breaks_off_goes_on_and_what_is_corrupt_is_not_installed() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    site.sandbox
        .faults(json!([{"path": "setup-", "corrupt": true}]));
    let ran = site.run("yes");
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    has(&ran.stdout, &[r#""Stage":"failed""#, r#""ErrorCode":-81"#]);
    site.sandbox
        .faults(json!([{"path": "setup-", "truncated": true, "count": 1}]));
    has(&site.runs("1.0.0", "yes"), &[STAGED]);
    let asked = site.sandbox.requests_to("setup-");
    let ranges = asked.iter().filter(|r| r["headers"]["range"].is_string());
    assert!(ranges.count() > 0, "{asked:?}");
    site.wait_for_helper();
    has(&site.runs("2.0.0", "yes"), &[INSTALLED]);
}

#[test]
fn a_failing_installer_leaves_the_old_program_and_is_tried_three_times() {
    let site = Site::new();
    let failing = Release {
        script: "exit 9",
        ..Release::default()
    };
    site.release("2.0.0", &failing);
    has(&site.runs("1.0.0", "yes"), &[STAGED]);
    site.wait_for_helper();
    // The next start is told, and, while there are attempts left, the helper waits for its end in turn.
    for (attempt, answer) in [(1, "yes"), (2, "yes"), (3, "no")] {
        let said = site.run(answer).stdout;
        let told = format!("attempt {attempt} to install version 2.0.0");
        has(
            &said,
            &[
                "this is version 1.0.0",
                r#""Stage":"install_failed""#,
                &told,
                "exit code 9",
            ],
        );
        site.wait_for_helper();
    }
    has_not(&site.run("no").stdout, "install_failed");
    site.assert_clean();
}

#[test]
fn a_program_that_is_killed_is_upgraded_as_well() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    // Two programs: one is killed, the other one ends.
    let (log, mut other) = (site.dir.path().join("log"), site.command("wait"));
    let mut killed = site
        .command("wait")
        .stdout(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !fs::read_to_string(&log).unwrap().contains(STAGED) {
        assert!(Instant::now() < deadline, "{:?}", fs::read_to_string(&log));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let mut other = other.stdout(std::process::Stdio::null()).spawn().unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
    site.wait_for_helper();
    has(&site.runs("2.0.0", "yes"), &[INSTALLED]);
}
