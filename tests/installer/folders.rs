//! Folders as customers have them: chosen, with spaces and Chinese characters, and those of a user with a Chinese name.

use crate::computer::{Computer, report};
use crate::with_code;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

const USER: &str = "张工";

#[test]
fn a_chosen_folder_with_spaces_and_chinese_is_taken_found_again_and_removed() {
    let Some(computer) = Computer::new(json!({})) else {
        return;
    };
    // Neither of the two is there.
    let above = computer.file("工业 软件 (2026)");
    let folder = above.join("示例 CAD & 仿真");
    let setup = computer.setup_into(&folder, &[&with_code()]);
    assert_eq!(computer.exit(setup), Some(0));
    assert!(computer.is_complete_in(&folder));
    assert_eq!(report(&folder.join("install.json"))["status"], 1);
    assert!(computer.is_registered() && computer.is_licensed());
    let beside: Vec<_> = fs::read_dir(&above).unwrap().collect();
    assert_eq!(beside.len(), 1, "nothing at a space: {beside:?}");

    // The next version is told no folder.
    fs::remove_file(folder.join("iscdesk.dll")).unwrap();
    assert_eq!(computer.exit(computer.setup_anywhere(&[])), Some(0));
    assert!(computer.is_complete_in(&folder));

    assert_eq!(computer.exit(computer.uninstaller_of(&folder)), Some(0));
    assert!(!folder.exists() && above.exists());
    assert!(!computer.is_registered() && !computer.is_licensed());
}

/// Everything at its default: the program and the state in the profile, the installer's own files in its folder for
/// temporary ones.
#[test]
fn a_user_with_a_chinese_name_installs_into_his_profile() {
    let Some(computer) = Computer::new(json!({"data_dir": null})) else {
        return;
    };
    let computer = computer.of_user(USER);
    let folder = computer.local_data().join("Programs/Example CAD");
    let setup = computer.setup_anywhere(&[&with_code()]);
    assert_eq!(computer.exit(setup), Some(0));
    assert!(computer.is_complete_in(&folder));
    // Written by the DLL, which the installer loads from there.
    assert_eq!(report(&folder.join("install.json"))["status"], 1);
    assert!(computer.is_registered() && computer.is_licensed());
    assert_eq!(states(&computer).len(), 1, "{:?}", states(&computer));

    assert_eq!(computer.exit(computer.uninstaller_of(&folder)), Some(0));
    assert!(!folder.exists());
    assert!(!computer.is_registered() && !computer.is_licensed());
}

/// The state files in the profile.
fn states(computer: &Computer) -> Vec<PathBuf> {
    let folder = computer.local_data().join("Example Ltd/Example CAD");
    let list = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_state = |path: &PathBuf| path.extension().is_some_and(|end| end == "isclic");
    list.map(|entry| entry.path()).filter(is_state).collect()
}
