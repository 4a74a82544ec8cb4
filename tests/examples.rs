//! The examples are what a newcomer copies, so they are tests: compiled as C99 and C++11 with all warnings as errors,
//! linked statically and to the shared library, each run against a sandbox with a hard time limit.
#![cfg(unix)]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/sandbox.rs"]
mod support;

use cc::{Language, Linkage, Ran};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Sandbox;
use tempfile::TempDir;

const CODE: &str = "PL-0123456789";
/// A machine that runs many tests at once may stop any program for a moment; the library would stall it every time.
const ATTEMPTS: usize = 3;

/// One computer with one product, for one build of an example.
struct Site {
    dir: TempDir,
    program: PathBuf,
}

impl Site {
    fn config(&self, sandbox: &Sandbox, more: Value) -> PathBuf {
        let path = self.dir.path().join("iscdesk.json");
        let mut options = json!({
            "vendor": "Example Ltd", "product": "Example CAD", "version": "1.0",
            "endpoint": sandbox.http, "data_dir": self.data_dir(),
            "access_key": sandbox.access_key, "secret_key": sandbox.secret_key
        });
        for (name, value) in more.as_object().unwrap() {
            options[name] = value.clone();
        }
        std::fs::write(&path, options.to_string()).unwrap();
        path
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn command(&self) -> Command {
        Command::new(&self.program)
    }

    fn run(&self, config: &Path, stdin: &str) -> Ran {
        cc::run(self.command().arg(config), stdin, cc::LIMIT)
    }
}

/// Compiles an example each way and hands it over with a sandbox of its own.
fn each_build(example: &str, check: impl Fn(&Site, &mut Sandbox)) {
    let source = cc::root().join("examples-c").join(example);
    for (language, linkage) in cc::BUILDS {
        let dir = TempDir::new().unwrap();
        let program = cc::compile(&source, language, linkage, dir.path());
        check(&Site { dir, program }, &mut sandbox_with_code());
    }
}

fn sandbox_with_code() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.license(json!({"license": CODE, "product_id": "P1", "amount": 3}));
    sandbox
}

/// Activates by the command line, with today's check still to be made.
fn activate_with_check_due(sandbox: &Sandbox, config: &Path) {
    sandbox.faults(json!({"path": "heartbeat", "status": 503}));
    let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
    command.args(["activate", CODE, "--config"]).arg(config);
    let ran = cc::run(&mut command, "", cc::LIMIT);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn quickstart_asks_for_a_code_once() {
    each_build("quickstart.c", |site, sandbox| {
        let config = site.config(sandbox, json!({}));
        let wrong = site.run(&config, "PL-NONE\n");
        assert_eq!(wrong.exit, Some(1), "{wrong:?}");
        assert!(wrong.stdout.ends_with("not licensed\n"), "{wrong:?}");
        assert!(wrong.stderr.contains("notexist"), "{wrong:?}");
        assert!(wrong.stderr.contains("activated here"), "{wrong:?}");

        let first = site.run(&config, &format!("{CODE}\n"));
        assert_eq!(first.exit, Some(0), "{first:?}");
        sandbox.stop();
        let second = site.run(&config, "");
        assert_eq!(second.exit, Some(0), "{second:?}");
        assert_eq!(second.stdout, "licensed\n");

        let missing = site.run(Path::new("/no/such/iscdesk.json"), "");
        assert_eq!(missing.exit, Some(2));
        assert!(missing.stderr.contains("/no/such"), "{missing:?}");
    });
}

#[test]
fn quickstart_asks_for_a_code_only_where_one_would_help() {
    each_build("quickstart.c", |site, sandbox| {
        let config = site.config(sandbox, json!({}));
        let iscdesk = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
            command.args(args).arg("--config").arg(&config);
            cc::run(&mut command, "", cc::LIMIT).exit
        };
        assert_eq!(iscdesk(&["activate", CODE]), Some(0));
        sandbox.act(CODE, "expire", json!({}));
        assert_eq!(iscdesk(&["query"]), Some(1));
        let expired = site.run(&config, "");
        assert!(expired.stderr.contains("expired"), "{expired:?}");
        assert!(
            expired.stdout.starts_with("Your authorization code"),
            "{expired:?}"
        );
        // Whoever has renewed is let in by the question alone; without the network no code would help.
        sandbox.act(CODE, "renew", json!({"days": 9}));
        assert_eq!(site.run(&config, "").stdout, "licensed\n");
        sandbox.act(CODE, "expire", json!({}));
        assert_eq!(iscdesk(&["query"]), Some(1));
        sandbox.stop();
        let offline = site.run(&config, "");
        assert_eq!(offline.exit, Some(1), "{offline:?}");
        assert_eq!(offline.stdout, "not licensed\n", "{offline:?}");
        assert!(!offline.stderr.is_empty(), "{offline:?}");
    });
}

#[test]
fn activate_handles_every_outcome() {
    each_build("activate.c", |site, sandbox| {
        let run = |codes: &[&str], secret: &str| {
            let mut command = site.command();
            command
                .args(codes)
                .env("ISCDESK_ENDPOINT", &sandbox.http)
                .env("ISCDESK_ACCESS_KEY", &sandbox.access_key)
                .env("ISCDESK_SECRET_KEY", secret)
                .env("ISCDESK_DATA_DIR", site.data_dir());
            cc::run(&mut command, "", cc::LIMIT)
        };
        let secret = sandbox.secret_key.as_str();
        let expect = |ran: Ran, exit: i32, told: &[&str]| {
            assert_eq!(ran.exit, Some(exit), "{ran:?}");
            for told in told {
                assert!(ran.stdout.contains(told), "{told}: {ran:?}");
            }
        };
        expect(
            run(&[CODE], secret),
            0,
            &[
                "code 1: Activated.",
                "licensed: yes",
                "amount: 3",
                &format!("[\"{CODE}\"]"),
            ],
        );
        expect(
            run(&[CODE, "PL-NONE"], secret),
            1,
            &[
                "code 1: Already active",
                "code 2: There is no such code",
                "\"status\":-21",
            ],
        );
        let refused = run(&[CODE], "hush-hush");
        assert!(!refused.stdout.contains("hush-hush"), "{refused:?}");
        expect(
            refused,
            1,
            &["The marketplace refuses this program", "\"http\":401"],
        );
        expect(run(&[], secret), 2, &["usage"]);
        expect(
            run(&[CODE], ""),
            2,
            &["cannot start", "secret_key: missing"],
        );
        sandbox.faults(json!({"reset": true}));
        expect(run(&["PL-OTHER"], secret), 1, &["cannot be reached"]);
    });
}

#[test]
fn shutdown_inside_the_callback_neither_hangs_nor_frees_twice() {
    each_build("shutdown_in_callback.c", |site, sandbox| {
        let config = site.config(sandbox, json!({"call_timeout_ms": 800}));
        let told = [
            "callback answers 1:",
            "afterwards answers 0:",
            "called 1 time(s), user_data freed 1 time(s)",
        ];
        let check = || {
            let ran = site.run(&config, "");
            assert_eq!(ran.exit, Some(0), "{ran:?}");
            for told in told {
                assert!(ran.stdout.contains(told), "{told}: {ran:?}");
            }
        };
        check();
        // And with a licence, while a marketplace that never answers is being asked.
        activate_with_check_due(sandbox, &config);
        sandbox.faults(json!({"silence": true}));
        check();
    });
}

#[test]
fn a_window_never_stalls_though_the_marketplace_is_mute() {
    each_build("ui_loop.c", |site, sandbox| {
        let config = site.config(sandbox, json!({"call_timeout_ms": 800}));
        activate_with_check_due(sandbox, &config);
        sandbox.forget_requests();
        sandbox.faults(json!({"silence": true}));
        let mut ran = site.run(&config, "");
        for _ in 1..ATTEMPTS {
            if ran.exit == Some(1) {
                ran = site.run(&config, "");
            }
        }
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        for told in [
            "\"operate\":\"Heartbeat\",\"params\":{\"Status\":\"failed\"",
            "LicenseVerify",
        ] {
            assert!(ran.stdout.contains(told), "{told}: {ran:?}");
        }
        assert!(!sandbox.requests_to("heartbeat").is_empty());
    });
}

#[test]
fn the_demo_goes_as_told() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
    let ran = cc::run(command.args(["demo", "--json"]), "", cc::LIMIT);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    assert_eq!(told["chapters"].as_array().unwrap().len(), 10, "{told}");
}

#[test]
fn without_a_compiler_the_demo_says_what_to_install() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
    command
        .arg("demo")
        .env_remove("CC")
        .env("PATH", "/nonexistent");
    let ran = cc::run(&mut command, "", cc::LIMIT);
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("apt install gcc"), "{ran:?}");
}

/// Without the library, whose events come in this order only now and then.
#[test]
fn a_declined_upgrade_that_still_tells_of_its_download_ends_the_program() {
    let dir = TempDir::new().unwrap();
    let program = dir.path().join("upgrade");
    let mut compiler = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()));
    compiler
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg("-I")
        .arg(cc::root().join("include"))
        .arg(cc::root().join("examples-c/upgrade.c"))
        .arg(cc::root().join("tests/c/upgrade_script.c"))
        .arg("-o")
        .arg(&program);
    let compiled = cc::run(&mut compiler, "", cc::LIMIT);
    assert_eq!(compiled.exit, Some(0), "{compiled:?}");
    let mut upgrade = Command::new(&program);
    let ran = cc::run(upgrade.args(["iscdesk.json", "no"]), "", cc::LIMIT);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(ran.stdout.ends_with("declined\n"), "{ran:?}");
}

/// Its story is told by `iscdesk demo`; here it is only held compilable in both languages.
#[test]
fn the_demo_compiles_everywhere() {
    let source = cc::root().join("examples-c/demo.c");
    let dir = TempDir::new().unwrap();
    for language in [Language::C, Language::Cpp] {
        cc::compile(&source, language, Linkage::Shared, dir.path());
    }
}
