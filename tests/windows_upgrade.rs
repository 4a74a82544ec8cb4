//! Upgrades as Windows programs have them, under wine: the program, the DLL and the helper cross-built, and an installer
//! that replaces the program and the helper once the program has ended.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/mingw.rs"]
mod mingw;
#[path = "support/need.rs"]
mod need;
#[path = "support/sandbox.rs"]
mod support;
#[path = "support/vendor.rs"]
mod vendor;

use cc::{Language, Ran};
use mingw::{Workshop, windows_path};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::Sandbox;
use tempfile::TempDir;
use vendor::{PRODUCT, Vendor};

const PLATFORM: &str = "windows-x86_64";
/// A busy machine makes wine wait for its turn, too.
const PATIENCE: Duration = Duration::from_secs(60);

struct Site {
    workshop: &'static Workshop,
    dir: TempDir,
    sandbox: Sandbox,
    vendor: Vendor,
}

impl Site {
    fn new() -> Option<Site> {
        let workshop = mingw::workshop()?;
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("app")).unwrap();
        let vendor = Vendor::new(dir.path());
        let sandbox = Sandbox::start_with(&["--feed", dir.path().join("feed").to_str().unwrap()]);
        let site = Site {
            workshop,
            dir,
            sandbox,
            vendor,
        };
        let options = json!({
            "vendor": "Example Ltd", "product": PRODUCT, "version": "1.0.0", "auto_heartbeat": 0,
            "data_dir": windows_path(&site.path("state")),
            "upgrade_feed": format!("{}/feed/feed.json", site.sandbox.http),
            "upgrade_public_key": site.vendor.public_key,
        });
        fs::write(site.path("app/iscdesk.json"), options.to_string()).unwrap();
        fs::copy(mingw::helper(), site.path("app/iscdesk.exe")).unwrap();
        fs::copy(workshop.file("iscdesk.dll"), site.path("app/iscdesk.dll")).unwrap();
        fs::copy(site.program("1.0.0"), site.path("app/program.exe")).unwrap();
        Some(site)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A name in the workshop that no other test of this process writes.
    fn own(&self, name: &str) -> String {
        let folder = self.dir.path().file_name().unwrap().to_str().unwrap();
        format!("{}-{name}", folder.trim_start_matches('.'))
    }

    fn program(&self, version: &str) -> PathBuf {
        let name = self.own(&format!("upgrade-{version}.exe"));
        let define = format!("-DPROGRAM_VERSION=\"{version}\"");
        let source = cc::root().join("examples-c/upgrade.c");
        let link = [define.as_str(), "libiscdesk.dll.a"];
        self.workshop.make(&source, Language::C, &name, &link);
        self.workshop.file(&name)
    }

    fn release(&self, version: &str, more: &[&str]) {
        let source = cc::root().join("tests/windows/installer.c");
        let installer = self.own("installer.exe");
        self.workshop.make(&source, Language::C, &installer, &[]);
        let mut setup = fs::read(self.workshop.file(&installer)).unwrap();
        let program = fs::read(self.program(version)).unwrap();
        setup.extend(&program);
        setup.extend(format!("{:08}", program.len()).bytes());
        let server = &self.sandbox.http;
        self.vendor
            .publish(version, PLATFORM, ("Setup.exe", &setup), server, more);
    }

    fn run(&self, version: &str, answer: &str) -> String {
        let program = self.path("app/program.exe");
        let mut command = self.workshop.command(program.to_str().unwrap());
        command
            .arg(windows_path(&self.path("app/iscdesk.json")))
            .arg(answer)
            .current_dir(self.path("app"));
        let ran = self.workshop.run(&mut command, "");
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        let first = format!("this is version {version}\n");
        assert!(ran.stdout.starts_with(&first), "{ran:?}");
        ran.stdout
    }

    /// Does the helper's work until its end, as the copy does that it starts of itself.
    fn helper(&self) -> Ran {
        let staging = staging(&self.path("state")).expect("a staging folder");
        let own = staging.join("helper-of-the-test");
        fs::create_dir_all(&own).unwrap();
        let mut command = self.workshop.command(mingw::helper().to_str().unwrap());
        command
            .args(["upgrade-run", "--staging", &windows_path(&staging)])
            .args(["--detached", &windows_path(&own)]);
        self.workshop.run(&mut command, "")
    }

    /// The result is the helper's last word but for its tidying up.
    fn wait_for_result(&self) -> Value {
        let result = || {
            let staging = staging(&self.path("state"))?;
            fs::read(staging.join("result.json")).ok()
        };
        until("a result", || result().is_some());
        serde_json::from_slice(&result().unwrap()).unwrap()
    }

    /// The helper's copy cannot remove itself; a start of the program does, once the copy has ended.
    fn wait_for_the_copys_end(&self, version: &str) {
        let copies = || files(&self.path("state")).iter().any(|path| path.is_dir());
        until("the copy goes", || {
            let stays = copies();
            if stays {
                self.run(version, "no");
            }
            !stays
        });
    }

    fn upgrade(&self, old: &str, new: &str, answer: &str, force: &str) {
        let said = self.run(old, answer);
        has(&said, &format!("\"fromForceWin\":\"{force}\""));
        has(&said, "\"Stage\":\"staged\"");
        let result = self.wait_for_result();
        assert_eq!(result["outcome"], "installed", "{result}");
        let said = self.run(new, "no");
        has(&said, "\"Stage\":\"installed\"");
        has(&said, "\"params\":{\"available\":\"false\"}");
        self.wait_for_the_copys_end(new);
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn staging(state: &Path) -> Option<PathBuf> {
    let mut folders = fs::read_dir(state)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    folders.find(|path| path.extension().is_some_and(|end| end == "upgrade"))
}

fn files(state: &Path) -> Vec<PathBuf> {
    let folder = staging(state).unwrap_or_else(|| state.to_owned());
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

fn has(said: &str, part: &str) {
    assert!(said.contains(part), "{part} is not in\n{said}");
}

#[test]
fn optional_and_forced_upgrades_replace_the_program_and_the_helper() {
    let Some(site) = Site::new() else { return };
    site.release("2.0.0", &[]);
    site.upgrade("1.0.0", "2.0.0", "yes", "false");
    site.release("3.0.0", &["--forced"]);
    site.upgrade("2.0.0", "3.0.0", "no", "true");
}

#[test]
fn a_failing_installer_leaves_the_old_program() {
    let Some(site) = Site::new() else { return };
    let program = site.path("app/program.exe");
    // This installer takes two arguments and ends with 1 where there are more.
    site.release(
        "2.0.0",
        &["--installer-arg", &format!("{PLATFORM}=surplus")],
    );
    let before = fs::read(&program).unwrap();
    has(&site.run("1.0.0", "yes"), "\"Stage\":\"staged\"");
    let result = site.wait_for_result();
    assert_eq!(
        (&result["outcome"], &result["exit_code"]),
        (&json!("failed"), &json!(1))
    );
    let text = result["text"].as_str().unwrap();
    assert!(text.ends_with(": too many arguments"), "{text}");
    assert_eq!(fs::read(&program).unwrap(), before);
    let said = site.run("1.0.0", "no");
    has(&said, "\"Stage\":\"install_failed\"");

    // Whoever may write here could make a plan of his own: wine makes an access list of the mode.
    let folder = staging(&site.path("state")).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = site.helper();
    assert_eq!(refused.exit, Some(5), "{refused:?}");
    has(&refused.stderr, "can be written by other users");
}

/// Without the helper nobody knows any more that the installer runs, but that its own file is held.
#[test]
fn beside_an_installer_whose_helper_was_killed_no_second_one_is_started() {
    let Some(site) = Site::new() else { return };
    let orphan = format!("{PLATFORM}=--orphan");
    site.release("2.0.0", &["--installer-arg", &orphan]);
    has(&site.run("1.0.0", "yes"), "\"Stage\":\"staged\"");
    let begun = || fs::read_to_string(site.path("app/orphan")).unwrap_or_default();
    until("the installer begins", || !begun().is_empty());

    let refused = site.helper();
    assert_ne!(refused.exit, Some(0), "{refused:?}");
    assert_eq!(begun(), "begun\n");
    fs::write(site.path("app/go-on"), "").unwrap();
    // Until the orphan has ended its file cannot be removed.
    until("the orphan ends", || site.helper().exit == Some(0));
    assert_eq!(begun(), "begun\n".repeat(2));
    let result = site.wait_for_result();
    let told = (&result["outcome"], &result["attempts"]);
    assert_eq!(told, (&json!("installed"), &json!(2)), "{result}");
    has(&site.run("2.0.0", "no"), "\"Stage\":\"installed\"");
}
