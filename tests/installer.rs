//! The installer hooks as an installer uses them: the NSIS example, compiled and run silently under wine, with the scripts
//! that the ISCDesk client starts. It is killed after each of its steps, at a moment made certain by a gate, and run again.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/cli.rs"]
mod cli;
#[path = "installer/computer.rs"]
mod computer;
#[path = "installer/folders.rs"]
mod folders;
#[path = "support/mingw.rs"]
mod mingw;
#[path = "support/need.rs"]
mod need;
#[path = "installer/samples.rs"]
mod samples;
#[path = "support/sandbox.rs"]
mod support;

use computer::{CODE, Computer, kill, report, wait_for};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const INSTALL_STEPS: [u32; 6] = [0, 20, 40, 60, 80, 100];
const UNINSTALL_STEPS: [u32; 6] = [0, 20, 40, 60, 80, 100];

fn with_code() -> String {
    format!("/CODE={CODE}")
}

/// Reads a progress file over and over, as the ISCDesk client does; whatever it finds has to be whole.
fn follow(path: &Path, until: &AtomicBool) -> Vec<u64> {
    let mut seen = Vec::new();
    while !until.load(Ordering::Acquire) {
        if path.exists() {
            let percent = report(path)["progress"].as_u64().expect("a number");
            if seen.last() != Some(&percent) {
                seen.push(percent);
            }
        }
        std::thread::yield_now();
    }
    seen
}

/// By the scripts, into a folder whose name holds spaces and Chinese, given with the backslash that is to be removed.
#[test]
fn the_client_installs_follows_and_removes() {
    let Some(mut computer) = Computer::new(json!({})) else {
        return;
    };
    let folder = computer.file("示例 软件");
    let argument = format!("{}\\", mingw::windows_path(&folder));
    let install = computer.file("package/InstallApp.vbs");
    let progress = folder.join("install.json");
    let ended = AtomicBool::new(false);
    let (ran, seen) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| follow(&progress, &ended));
        let ran = computer.script("cscript", &install, &[&argument, &with_code()]);
        ended.store(true, Ordering::Release);
        (ran, reader.join().expect("each report is whole"))
    });
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(seen.is_sorted() && seen.len() > 1, "{seen:?}");
    let done = r#"{"status":1,"progress":100,"errorMsg":""}"#;
    assert_eq!(fs::read_to_string(&progress).unwrap(), done);
    assert!(computer.is_registered());

    // Again, over what is there.
    let again = computer.script("wscript", &install, &[&argument]);
    assert_eq!(again.exit, Some(0), "{again:?}");
    computer.sandbox.stop();
    assert!(computer.is_licensed());

    let removed = computer.script("wscript", &folder.join("uninstall.vbs"), &[]);
    assert_eq!(removed.exit, Some(0), "{removed:?}");
    assert!(!folder.exists());
    assert!(!computer.is_registered());
    assert!(!computer.is_licensed());
}

#[test]
fn the_client_is_told_where_the_installer_cannot_start() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    fs::remove_file(computer.file("package").join(computer::SETUP)).unwrap();
    let folder = mingw::windows_path(&computer.file("target"));
    let install = computer.file("package/InstallApp.vbs");
    for host in ["cscript", "wscript"] {
        let ran = computer.script(host, &install, &[&folder]);
        assert_eq!(ran.exit, Some(1), "{ran:?}");
        // A window would wait for somebody to close it.
        assert_eq!(ran.stdout.is_empty(), host == "wscript", "{ran:?}");
        let report = computer.report();
        assert_eq!(report["status"], 0, "{report}");
        let reason = report["errorMsg"].as_str().unwrap();
        assert!(
            reason.starts_with("the installer cannot be started"),
            "{report}"
        );
    }
}

/// In the language of the options: so Chinese goes from the library through NSIS into the file.
#[test]
fn a_refused_code_is_told_and_can_be_put_right() {
    let Some(computer) = Computer::new(json!({"language": "zh"})) else {
        return;
    };
    let wrong = "PL-9999999999";
    let refused = computer.setup(&[&format!("/CODE={wrong}")]);
    assert_eq!(computer.exit(refused), Some(3));
    let report = computer.report();
    assert_eq!(
        (&report["status"], &report["progress"]),
        (&json!(0), &json!(90))
    );
    let reason = report["errorMsg"].as_str().unwrap();
    assert!(reason.contains("云商店中不存在该授权码"), "{report}");
    assert!(!reason.contains(wrong), "{report}");

    assert_eq!(computer.exit(computer.setup(&[&with_code()])), Some(0));
    assert_eq!(computer.report()["status"], 1);
    assert!(computer.is_licensed());
}

#[test]
fn killed_after_any_step_the_installation_goes_on() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    for percent in INSTALL_STEPS {
        computer.kill_after(computer.setup(&[&with_code()]), percent);
        let told = computer.report();
        assert_eq!(told["progress"], percent, "{told}");
        assert_eq!(told["status"], i32::from(percent == 100), "{told}");

        let again = computer.setup(&[&with_code()]);
        assert_eq!(computer.exit(again), Some(0), "after {percent}");
        assert!(computer.is_complete(), "after {percent}");
        assert!(computer.is_licensed(), "after {percent}");

        assert_eq!(computer.exit(computer.uninstaller()), Some(0));
        assert!(!computer.file("target").exists(), "after {percent}");
    }
}

/// The other way out of half an installation: from the second step on there is an uninstaller.
#[test]
fn killed_after_any_step_the_installation_can_be_removed() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    for percent in INSTALL_STEPS.into_iter().filter(|percent| *percent >= 20) {
        computer.kill_after(computer.setup(&[&with_code()]), percent);
        assert_eq!(computer.exit(computer.uninstaller()), Some(0));
        assert!(!computer.file("target").exists(), "after {percent}");
        assert!(!computer.is_registered() && !computer.is_licensed());
    }
}

#[test]
fn killed_while_the_marketplace_is_asked_the_installation_goes_on() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    computer.sandbox.faults(json!({"silence": true}));
    let child = computer.setup(&[&with_code()]).spawn().unwrap();
    computer.sandbox.wait_for_requests("activate", 1);
    kill(child);
    assert_eq!(computer.report()["progress"], 80);
    computer.sandbox.clear_faults();
    assert_eq!(computer.exit(computer.setup(&[&with_code()])), Some(0));
    assert!(computer.is_complete() && computer.is_licensed());
}

#[test]
fn killed_after_any_step_the_removal_goes_on() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    let script = computer.file("target/uninstall.vbs");
    for percent in UNINSTALL_STEPS {
        assert_eq!(computer.exit(computer.setup(&[&with_code()])), Some(0));
        fs::copy(computer.file("package/uninstall.vbs"), &script).unwrap();
        computer.kill_after(computer.uninstaller(), percent);
        assert_eq!(computer.report()["progress"], percent);

        let again = computer.script("wscript", &script, &[]);
        assert_eq!(again.exit, Some(0), "after {percent}: {again:?}");
        assert!(!computer.file("target").exists(), "after {percent}");
        assert!(!computer.is_registered() && !computer.is_licensed());
    }
}

/// The last moment there is. What the user has put there stays.
#[test]
fn a_script_that_was_left_alone_removes_itself_and_nothing_else() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    let (folder, script) = (
        computer.file("target"),
        computer.file("target/uninstall.vbs"),
    );
    for of_the_user in [Some("drawing.dwg"), None] {
        fs::create_dir_all(&folder).unwrap();
        fs::copy(computer.file("package/uninstall.vbs"), &script).unwrap();
        if let Some(name) = of_the_user {
            fs::write(folder.join(name), "lines").unwrap();
        }
        let ran = computer.script("cscript", &script, &[]);
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        assert!(!script.exists());
        assert_eq!(folder.exists(), of_the_user.is_some());
        let _ = fs::remove_dir_all(&folder);
    }
}

/// Windows lets nobody replace or delete a program that runs: both say so, do what they can, and go on later.
#[test]
fn a_running_program_is_told_and_nothing_is_lost() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    assert_eq!(computer.exit(computer.setup(&[])), Some(0));
    computer.sandbox.faults(json!({"silence": true}));
    let program = computer.start_program();
    computer.sandbox.wait_for_requests("activate", 1);

    let told = |name: &str, progress: u32| {
        let report = computer.report();
        assert_eq!(
            (&report["status"], &report["progress"]),
            (&json!(0), &json!(progress))
        );
        let reason = report["errorMsg"].as_str().unwrap();
        assert!(
            reason.contains(name) && reason.contains("running"),
            "{report}"
        );
    };
    assert_eq!(computer.exit(computer.setup(&[])), Some(2));
    told("iscdesk.dll", 20);
    assert_eq!(computer.exit(computer.uninstaller()), Some(2));
    told("example.exe", 80);
    assert!(computer.is_registered());
    assert!(!computer.file("target/iscdesk.json").exists());

    kill(program);
    wait_for("the end of the program", || {
        computer.exit(computer.uninstaller()) == Some(0)
    });
    assert!(!computer.file("target").exists());
}

/// A removal that could not forget keeps what the next one needs for it, and is not done.
#[test]
fn a_licence_that_cannot_be_forgotten_yet_is_forgotten_later() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    assert_eq!(computer.exit(computer.setup(&[&with_code()])), Some(0));
    // A folder in the file's place makes the options unreadable.
    let options = computer.file("target/iscdesk.json");
    fs::remove_file(&options).unwrap();
    fs::create_dir(&options).unwrap();
    assert_eq!(computer.exit(computer.uninstaller()), Some(2));
    let left = computer.report();
    assert!(
        left["errorMsg"].as_str().unwrap().contains("iscdesk.json"),
        "{left}"
    );
    assert!(!computer.file("target/example.exe").exists());
    assert!(computer.is_licensed());

    fs::remove_dir(&options).unwrap();
    fs::copy(computer.file("iscdesk.json"), &options).unwrap();
    assert_eq!(computer.exit(computer.uninstaller()), Some(0));
    assert!(!computer.file("target").exists());
    assert!(!computer.is_licensed());
}

/// What an NSIS from its own site makes; no 32-bit program runs here.
#[test]
fn a_32_bit_installer_compiles() {
    let (x64, x86) = (mingw::X64, mingw::X86);
    if !computer::has_makensis() {
        return;
    }
    let (Some(dll), Some(setup_dll)) = (computer::stripped(x64), computer::stripped(x86)) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let any = cc::root().join("LICENSE");
    let defines = [
        ("ISC_DLL", dll),
        ("ISC_SETUP_DLL", setup_dll),
        ("ISC_PROGRAM", &any),
        ("ISC_OPTIONS", &any),
    ];
    computer::makensis(&defines, &dir.path().join("ExampleCAD-1.0.exe"));
}
