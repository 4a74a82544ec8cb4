//! A user whose name is not ASCII, on a computer of his own: the library finds the folder in his profile by itself.

use super::{CODE, Site};
use crate::cc::{Language, Linkage};
use crate::mingw;
use serde_json::{Value, json};
use std::path::PathBuf;

const USER: &str = "王小明";
const FOLDER: &str = r"C:\users\王小明\AppData\Local\示例公司\工业 CAD";

#[test]
fn the_state_of_a_user_with_a_chinese_name_lies_in_his_profile() {
    let Some(mut site) = Site::new() else { return };
    site.workshop.make_windows_of(USER);
    let names = json!({"vendor": "示例公司", "product": "工业 CAD", "data_dir": null});
    let config = site.config(names);
    let source = crate::cc::root().join("examples-c/quickstart.c");
    let program = site.workshop.compile(&source, Language::C, Linkage::Shared);
    let run = |site: &Site, stdin: &str| {
        let mut command = site.workshop.command_of(USER, &program);
        site.run(command.arg(&config), stdin)
    };
    let first = run(&site, &format!("{CODE}\n"));
    assert_eq!(first.exit, Some(0), "{first:?}");
    assert_eq!(states(&site).len(), 1, "{:?}", states(&site));
    site.sandbox.stop();
    let second = run(&site, "");
    assert_eq!((second.exit, &*second.stdout), (Some(0), "licensed\n"));

    // What a support desk is sent: a path that can be read, in JSON and for people.
    let helper = mingw::helper();
    let doctor = |more: &[&str]| {
        let mut command = site.workshop.command_of(USER, helper.to_str().unwrap());
        let command = command.args(["doctor", "--config", &config]).args(more);
        site.run(command, "").stdout
    };
    let told: Value = serde_json::from_str(&doctor(&["--json"])).unwrap();
    assert_eq!(told["state"]["folder"], FOLDER, "{told}");
    let told = doctor(&[]);
    assert!(told.contains(FOLDER), "{told}");
}

/// The state files below that user's profile, as Linux sees them.
fn states(site: &Site) -> Vec<PathBuf> {
    let folder = FOLDER.replace('\\', "/").replace("C:", "drive_c");
    let folder = site.workshop.windows_of(USER).join(folder);
    let list = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_state = |path: &PathBuf| path.extension().is_some_and(|end| end == "isclic");
    list.map(|entry| entry.path()).filter(is_state).collect()
}
