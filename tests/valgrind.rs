//! What valgrind says of each example and of the documented samples against a sandbox: no invalid access and no definite
//! leak. That of a machine without network is in `tests/airgapped.rs`.

#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/need.rs"]
mod need;
#[path = "support/programs.rs"]
mod programs;
#[path = "support/sandbox.rs"]
mod support;
#[path = "support/upgrade_site.rs"]
mod upgrade_site;
#[path = "support/vendor.rs"]
mod vendor;

use cc::{Language, Linkage, Ran};
use programs::Link;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::Duration;
use support::Sandbox;
use tempfile::TempDir;

/// The licence of the documentation's sample message.
const CODE: &str = "0078369f54-a3ce-4dc7-8a62-904555416f9000";
/// Valgrind takes twenty times as long.
const LIMIT: Duration = Duration::from_secs(300);
/// The samples include by the paths of the documentation, whose backslashes are part of a file's name here.
const DOCUMENTED: [(&str, &str); 2] = [
    (
        r"IscdeskApi\Sdk\Include\interface\SdkInvoker.h",
        "compat/SdkInvoker.h",
    ),
    (
        r"IscdeskApi\Sdk\Include\sdk\IscdeskSdkIdl.h",
        "compat/IscdeskSdkIdl.h",
    ),
];

/// A computer with one product, and a marketplace with one licence for it.
struct Site {
    dir: TempDir,
    sandbox: Sandbox,
}

impl Site {
    /// None where a tool is missing, which has been told.
    fn new(compiler: &str) -> Option<Site> {
        (need::need(compiler) && need::need("valgrind")).then(|| {
            let dir = TempDir::new().expect("a temporary folder");
            let sandbox = marketplace(dir.path());
            Site { dir, sandbox }
        })
    }

    /// Runs an example by valgrind, beside its options and with them as its first argument.
    fn run(&self, example: &str, arguments: &[&str], stdin: &str) -> Ran {
        let source = cc::root().join("examples-c").join(example);
        let language = match source.extension().is_some_and(|extension| extension == "c") {
            true => Language::C,
            false => Language::Cpp,
        };
        let program = cc::compile(&source, language, Linkage::Shared, self.dir.path());
        let mut command = cc::valgrind(&program);
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env("ISCDESK_ENDPOINT", &self.sandbox.http)
            .env("ISCDESK_ACCESS_KEY", &self.sandbox.access_key)
            .env("ISCDESK_SECRET_KEY", &self.sandbox.secret_key)
            .env("ISCDESK_DATA_DIR", self.dir.path().join("state"));
        cc::run(&mut command, stdin, LIMIT)
    }
}

fn expect(ran: &Ran, exit: i32, told: &[&str]) {
    assert_eq!(ran.exit, Some(exit), "{ran:?}");
    for told in told {
        assert!(ran.stdout.contains(told), "{told}: {ran:?}");
    }
}

/// A marketplace with one licence, and the options of it in the folder, where a program there looks for them.
fn marketplace(folder: &Path) -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.license(json!({"license": CODE, "product_id": "P1", "amount": 3}));
    let options = json!({
        "vendor": "Example Ltd", "product": "Example CAD", "version": "1.0",
        "endpoint": sandbox.http, "data_dir": folder.join("state"),
        "access_key": sandbox.access_key, "secret_key": sandbox.secret_key
    });
    fs::write(folder.join("iscdesk.json"), options.to_string()).expect("a file");
    sandbox
}

#[test]
fn the_mirror() {
    if let Some(site) = Site::new("c++") {
        let told = ["\nlicensed\nShutOut answers 0"];
        expect(&site.run("mirror.cpp", &[CODE], ""), 0, &told);
    }
}

#[test]
fn the_mini_cad() {
    if let Some(site) = Site::new("c++") {
        let user = format!("mesh 10\ncode PL-NONE\ncode {CODE}\nmesh 2000\nquit\n");
        let told = ["meshed 2000 faces, 2000 of them fine"];
        expect(&site.run("minicad.cpp", &["part.txt"], &user), 0, &told);
    }
}

#[test]
fn the_quick_start() {
    if let Some(site) = Site::new("cc") {
        let run = |user: &str| site.run("quickstart.c", &["iscdesk.json"], user);
        expect(&run("PL-NONE\n"), 1, &["not licensed\n"]);
        expect(&run(&format!("{CODE}\n")), 0, &["licensed\n"]);
        expect(&run(""), 0, &["licensed\n"]);
    }
}

#[test]
fn the_activation() {
    if let Some(site) = Site::new("cc") {
        let told = ["Activated.", "There is no such code", "\"status\":-21"];
        expect(&site.run("activate.c", &[CODE, "PL-NONE"], ""), 1, &told);
    }
}

#[test]
fn the_shutdown_in_a_callback() {
    if let Some(site) = Site::new("cc") {
        let told = ["called 1 time(s), user_data freed 1 time(s)"];
        let ran = site.run("shutdown_in_callback.c", &["iscdesk.json"], "");
        expect(&ran, 0, &told);
    }
}

/// It answers 1 where a frame took too long, which under valgrind one may.
#[test]
fn the_loop_of_a_window() {
    if let Some(site) = Site::new("cc") {
        let ran = site.run("ui_loop.c", &["iscdesk.json"], "");
        assert!(matches!(ran.exit, Some(0 | 1)), "{ran:?}");
        assert!(ran.stdout.contains("LicenseVerify"), "{ran:?}");
    }
}

/// From the look to a staged package, after a download that broke off, and the next start, which is told the result.
#[test]
fn the_upgrade() {
    use upgrade_site::{INSTALLED, NOTHING_NEW, Release, STAGED};
    if !need::need("cc") || !need::need("valgrind") {
        return;
    }
    let site = upgrade_site::Site::new();
    site.release("2.0.0", &Release::large());
    let stops = json!({"path": "setup-", "truncated": true, "count": 1});
    site.sandbox.faults(stops);
    let run = || cc::run(&mut site.by_valgrind("yes"), "", LIMIT);
    expect(&run(), 0, &["this is version 1.0.0", STAGED]);
    assert_eq!(site.sandbox.requests_to("setup-").len(), 2);
    site.wait_for_helper();
    let told = ["this is version 2.0.0", INSTALLED, NOTHING_NEW];
    expect(&run(), 0, &told);
}

#[test]
fn the_documented_samples() {
    if !need::need("c++") || !need::need("valgrind") {
        return;
    }
    let includes = TempDir::new().expect("a temporary folder");
    for (documented, ours) in DOCUMENTED {
        let include = format!("#include <{ours}>\n");
        fs::write(includes.path().join(documented), include).expect("a file");
    }
    let include = format!("-I{}", includes.path().display());
    let flags = ["-std=c++11", "-pthread", &include];
    let program = programs::build("c++", "../cpp/samples.cpp", &flags, Link::Shared);
    let _sandbox = marketplace(program.folder());
    let ran = cc::run(&mut cc::valgrind(program.file()), "", LIMIT);
    expect(&ran, 0, &[]);
}
