//! The library as Windows programs meet it, on a Linux machine: cross-built, its programs compiled by MinGW and run under
//! wine against a sandbox on loopback, each with a hard time limit. Of the 32-bit library only what the file shows is
//! looked at: a 64-bit wine runs no 32-bit programs.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "windows/held.rs"]
mod held;
#[path = "windows/image.rs"]
mod image;
#[path = "windows/life.rs"]
mod life;
#[path = "support/mingw.rs"]
mod mingw;
#[path = "support/need.rs"]
mod need;
#[path = "windows/paths.rs"]
mod paths;
#[path = "windows/profile.rs"]
mod profile;
#[path = "windows/proxy.rs"]
mod proxy;
#[path = "support/sandbox.rs"]
mod support;

use cc::{Language, Linkage, Ran};
use mingw::{Workshop, windows_path};
use serde_json::{Value, json};
use std::process::Command;
use support::Sandbox;
use tempfile::TempDir;

const CODE: &str = "PL-0123456789";
/// A machine that runs many tests at once may stop any program for a moment; the library would stall it every time.
const ATTEMPTS: usize = 3;

/// One computer with one product.
struct Site {
    workshop: &'static Workshop,
    dir: TempDir,
    sandbox: Sandbox,
}

impl Site {
    fn new() -> Option<Site> {
        let workshop = mingw::workshop()?;
        let sandbox = Sandbox::start();
        sandbox.license(json!({"license": CODE, "product_id": "P1", "amount": 3}));
        let dir = TempDir::new().unwrap();
        Some(Site {
            workshop,
            dir,
            sandbox,
        })
    }

    fn example(&self, name: &str, language: Language, linkage: Linkage) -> Command {
        let source = cc::root().join("examples-c").join(name);
        let program = self.workshop.compile(&source, language, linkage);
        self.workshop.command(&program)
    }

    fn data_dir(&self) -> String {
        windows_path(&self.dir.path().join("state"))
    }

    /// Writes the options; returns the path that a program takes.
    fn config(&self, more: Value) -> String {
        let mut options = json!({
            "vendor": "Example Ltd", "product": "Example CAD", "version": "1.0",
            "endpoint": self.sandbox.http, "data_dir": self.data_dir(),
            "access_key": self.sandbox.access_key, "secret_key": self.sandbox.secret_key
        });
        for (name, value) in more.as_object().unwrap() {
            options[name] = value.clone();
        }
        // Null: not set.
        let members = options.as_object_mut().unwrap();
        members.retain(|_, value| !value.is_null());
        let path = self.dir.path().join("iscdesk.json");
        std::fs::write(&path, options.to_string()).unwrap();
        windows_path(&path)
    }

    fn run(&self, command: &mut Command, stdin: &str) -> Ran {
        self.workshop.run(command, stdin)
    }

    /// Activates with today's check still to be made.
    fn activate_with_check_due(&self) {
        let config = self.config(json!({}));
        self.sandbox
            .faults(json!({"path": "heartbeat", "status": 503}));
        let mut quickstart = self.example("quickstart.c", Language::C, Linkage::Shared);
        let ran = self.run(quickstart.arg(config), &format!("{CODE}\n"));
        assert_eq!(ran.exit, Some(0), "{ran:?}");
    }
}

#[test]
fn a_code_is_asked_for_once() {
    let Some(mut site) = Site::new() else { return };
    let config = site.config(json!({}));
    let run = |site: &Site, stdin: &str| {
        let mut program = site.example("quickstart.c", Language::C, Linkage::Shared);
        site.run(program.arg(&config), stdin)
    };
    let wrong = run(&site, "PL-NONE\n");
    assert_eq!(wrong.exit, Some(1), "{wrong:?}");
    assert!(wrong.stderr.contains("notexist"), "{wrong:?}");

    let first = run(&site, &format!("{CODE}\n"));
    assert_eq!(first.exit, Some(0), "{first:?}");
    site.sandbox.stop();
    let second = run(&site, "");
    assert_eq!(second.exit, Some(0), "{second:?}");
    assert_eq!(second.stdout, "licensed\n");
}

/// Of TLS only what wine 8 can do: Windows is asked, and refuses an authority that nobody named. It accepts none, since it
/// takes a revocation that cannot be looked up for an error whatever it is told (`CERT_E_REVOCATION_FAILURE`), and for a CA
/// file it lacks the engine (`CertCreateCertificateChainEngine` knows an older structure only).
#[test]
fn outcomes_are_told_with_and_without_tls() {
    let Some(site) = Site::new() else { return };
    let run = |code: &str, endpoint: &str| {
        let mut program = site.example("activate.c", Language::C, Linkage::Static);
        program
            .arg(code)
            .env("ISCDESK_ENDPOINT", endpoint)
            .env("ISCDESK_ACCESS_KEY", &site.sandbox.access_key)
            .env("ISCDESK_SECRET_KEY", &site.sandbox.secret_key)
            .env("ISCDESK_DATA_DIR", site.data_dir());
        site.run(&mut program, "")
    };
    let expect = |ran: Ran, exit: i32, told: &str| {
        assert_eq!(ran.exit, Some(exit), "{ran:?}");
        assert!(ran.stdout.contains(told), "{told}: {ran:?}");
    };
    let (plain, secure) = (&site.sandbox.http, &site.sandbox.https);
    expect(run("PL-NONE", plain), 1, "There is no such code");
    expect(run(CODE, secure), 1, "\"cause\":\"tls\"");
    expect(run(CODE, plain), 0, "code 1: Activated.");
    expect(run(CODE, plain), 0, "Already active");
}

#[test]
fn shutdown_inside_the_callback_neither_hangs_nor_frees_twice() {
    let Some(site) = Site::new() else { return };
    let check = |language, linkage| {
        let config = site.config(json!({"call_timeout_ms": 800}));
        let mut program = site.example("shutdown_in_callback.c", language, linkage);
        let ran = site.run(program.arg(config), "");
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        let told = "called 1 time(s), user_data freed 1 time(s)";
        assert!(ran.stdout.contains(told), "{ran:?}");
    };
    check(Language::Cpp, Linkage::Shared);
    // And with a licence, while a marketplace that never answers is being asked.
    site.activate_with_check_due();
    site.sandbox.faults(json!({"silence": true}));
    check(Language::C, Linkage::Static);
}

#[test]
fn a_window_never_stalls_though_the_marketplace_is_mute() {
    let Some(site) = Site::new() else { return };
    site.activate_with_check_due();
    site.sandbox.forget_requests();
    site.sandbox.faults(json!({"silence": true}));
    let config = site.config(json!({"call_timeout_ms": 800}));
    let run = || {
        let mut program = site.example("ui_loop.c", Language::C, Linkage::Shared);
        site.run(program.arg(&config), "")
    };
    let mut ran = run();
    for _ in 1..ATTEMPTS {
        if ran.exit == Some(1) {
            ran = run();
        }
    }
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("LicenseVerify"), "{ran:?}");
    assert!(!site.sandbox.requests_to("heartbeat").is_empty());
}
