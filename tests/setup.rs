//! `iscdesk setup --machine` on Linux, and what the folder is for: every user of the machine writes the one state, and
//! nobody but root the rest. The command runs as the users it is about, which takes root.
#![cfg(target_os = "linux")]

#[path = "support/need.rs"]
mod need;
#[path = "support/cli.rs"]
mod site;
#[path = "support/sandbox.rs"]
mod support;

use serde_json::{Value, json};
use site::{Answer, answer};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::Sandbox;
use tempfile::TempDir;

const ROOT: u32 = 0;
const ANNA: u32 = 61_001;
const BERT: u32 = 61_002;

/// A folder that all can enter, with the program: where cargo keeps it, ordinary users may not look.
struct Machine {
    dir: TempDir,
}

impl Machine {
    fn new() -> Option<Machine> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == ROOT);
        if !need::is_there(is_root, "root") {
            return None;
        }
        let dir = TempDir::new().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let machine = Machine { dir };
        // By another process: a file that this one writes may be busy when another test's child has just been forked.
        let mut copy = Command::new("cp");
        copy.arg(env!("CARGO_BIN_EXE_iscdesk"));
        assert!(
            copy.arg(machine.path("iscdesk"))
                .status()
                .unwrap()
                .success()
        );
        Some(machine)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("var/供应商/产品")
    }

    fn run(&self, user: u32, arguments: &[&str], options: Value) -> Answer {
        let config = self.path("iscdesk.json");
        let mut all = json!({"vendor": "供应商", "product": "产品", "data_dir": self.state()});
        for (name, value) in options.as_object().unwrap() {
            all[name] = value.clone();
        }
        fs::write(&config, all.to_string()).unwrap();
        let mut command = Command::new(self.path("iscdesk"));
        command.args(arguments).arg("--config").arg(config);
        command.uid(user).gid(user).current_dir("/");
        answer(command.stdin(Stdio::null()).output().unwrap())
    }

    fn setup(&self, user: u32) -> (i32, Value) {
        let told = self.run(user, &["setup", "--machine", "--json"], json!({}));
        (told.exit, serde_json::from_str(&told.stdout).unwrap())
    }
}

fn mode(path: &Path) -> u32 {
    let facts = fs::symlink_metadata(path).unwrap();
    assert_eq!(facts.uid(), ROOT, "{}", path.display());
    facts.mode() & 0o7777
}

#[test]
fn the_folder_is_made_once_and_put_in_order_again() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let (exit, told) = machine.setup(ROOT);
    assert_eq!((exit, &told["isc_status"]), (0, &json!(0)), "{told}");
    assert_eq!(told["folder"], json!(machine.state()));
    assert_eq!(mode(&machine.state()), 0o1777);
    assert_eq!(mode(&machine.path("var/供应商")), 0o755);

    fs::write(machine.state().join("license.lic"), "kept").unwrap();
    fs::set_permissions(machine.state(), Permissions::from_mode(0o755)).unwrap();
    let (exit, told) = machine.setup(ROOT);
    assert_eq!((exit, &told["isc_status"]), (0, &json!(3)), "{told}");
    assert_eq!(mode(&machine.state()), 0o1777);
    let kept = fs::read_to_string(machine.state().join("license.lic"));
    assert_eq!(kept.unwrap(), "kept");
}

#[test]
fn an_ordinary_user_is_told_who_can() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let (exit, told) = machine.setup(ANNA);
    assert_eq!((exit, &told["isc_status"]), (5, &json!(-61)), "{told}");
    let text = told["error"]["text"].as_str().unwrap();
    assert!(text.contains("only root can make it"), "{text}");
    assert!(!machine.path("var").exists());
    // Nor can he put in order what root has made.
    assert_eq!(machine.setup(ROOT).0, 0);
    assert_eq!(machine.setup(ANNA).0, 5);
}

#[test]
fn what_an_ordinary_user_made_is_not_taken_over() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let refused = |why: &str| {
        let (exit, told) = machine.setup(ROOT);
        let text = told["error"]["text"].as_str().unwrap().to_owned();
        assert_eq!((exit, text.contains(why)), (5, true), "{text}");
    };
    fs::create_dir_all(machine.path("var/供应商")).unwrap();
    chown(machine.path("var/供应商"), Some(ANNA), Some(ANNA)).unwrap();
    refused("belongs to an ordinary user");
    fs::remove_dir(machine.path("var/供应商")).unwrap();

    fs::create_dir(machine.path("elsewhere")).unwrap();
    symlink(machine.path("elsewhere"), machine.path("var/供应商")).unwrap();
    refused("is a link");
    assert_eq!(fs::read_dir(machine.path("elsewhere")).unwrap().count(), 0);
    fs::remove_file(machine.path("var/供应商")).unwrap();

    fs::create_dir(machine.path("var/供应商")).unwrap();
    fs::write(machine.state(), "in the way").unwrap();
    refused("is not a folder");
}

#[test]
fn every_user_writes_the_state_and_only_root_the_rest() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let sandbox = Sandbox::start();
    for code in ["PL-ANNA", "PL-BERT", "PL-ROOT"] {
        sandbox.license(json!({"license": code}));
    }
    let options = json!({
        "scope": "machine", "endpoint": sandbox.http,
        "access_key": sandbox.access_key, "secret_key": sandbox.secret_key
    });
    let activate = |user, code: &str| {
        let told = machine.run(user, &["activate", code], options.clone());
        assert_eq!(
            told.exit, 0,
            "{user} {code}: {}{}",
            told.stdout, told.stderr
        );
        told
    };
    assert_eq!(machine.setup(ROOT).0, 0);
    activate(ANNA, "PL-ANNA");
    activate(BERT, "PL-BERT");
    activate(ROOT, "PL-ROOT");
    // What is wrong with the administrator's file is a warning; one that a user put there is not read.
    let site = machine.state().join("site.json");
    fs::write(&site, "{").unwrap();
    let warns = |owner: u32| {
        chown(&site, Some(owner), Some(owner)).unwrap();
        let told = machine.run(BERT, &["status"], options.clone());
        told.stderr.contains("site.json")
    };
    assert!(warns(ROOT));
    assert!(!warns(ANNA));
    for user in [ANNA, BERT, ROOT] {
        let told = machine.run(user, &["status", "--json"], options.clone());
        let document: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!(
            document["licenses"].as_array().unwrap().len(),
            3,
            "{document}"
        );
    }
    let doctor = machine.run(BERT, &["doctor", "--json"], options.clone());
    let report: Value = serde_json::from_str(&doctor.stdout).unwrap();
    assert_eq!(report["state"]["writable"], true, "{report}");
}
