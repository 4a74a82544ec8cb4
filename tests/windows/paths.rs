//! Paths as customers have them: beyond ASCII, with spaces, and longer than the 260 characters that Windows once knew.

use super::{CODE, Site};
use crate::cc::{self, Language, Linkage};
use crate::mingw::windows_path;
use serde_json::json;
use std::path::{Path, PathBuf};

/// A program as it is installed: with its library and options in a folder of its own.
fn install(site: &Site, folder: &Path, data_dir: &Path) -> PathBuf {
    let source = cc::root().join("examples-c/quickstart.c");
    let built = site.workshop.compile(&source, Language::C, Linkage::Shared);
    std::fs::create_dir_all(folder).unwrap();
    for (from, name) in [
        (site.workshop.file(&built), "程序.exe"),
        (site.workshop.file("iscdesk.dll"), "iscdesk.dll"),
        (site.workshop.primitives(), "bcryptprimitives.dll"),
    ] {
        std::fs::copy(from, folder.join(name)).unwrap();
    }
    site.config(json!({"data_dir": windows_path(data_dir)}));
    let options = site.dir.path().join("iscdesk.json");
    std::fs::rename(options, folder.join("iscdesk.json")).unwrap();
    folder.join("程序.exe")
}

/// Activates, and is licensed at the next start without the marketplace, by what lies in `data_dir`.
fn check(mut site: Site, folder: &Path, data_dir: &Path) {
    let program = install(&site, folder, data_dir);
    let run = |site: &Site, stdin: &str| {
        let mut command = site.workshop.command(program.to_str().unwrap());
        // Without it wine takes file names for ASCII.
        site.run(command.env("LC_ALL", "C.UTF-8"), stdin)
    };
    let first = run(&site, &format!("{CODE}\n"));
    assert_eq!(first.exit, Some(0), "{first:?}");
    let states = std::fs::read_dir(data_dir).unwrap();
    let names = states.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().any(|name| name.ends_with(".isclic")));
    site.sandbox.stop();
    let second = run(&site, "");
    assert_eq!(second.exit, Some(0), "{second:?}");
    assert_eq!(second.stdout, "licensed\n");
}

#[test]
fn chinese_names_of_program_and_data() {
    let Some(site) = Site::new() else { return };
    let (program, data) = ("工业 软件", "用户 张三/授权 数据");
    let [program, data] = [program, data].map(|name| site.dir.path().join(name));
    check(site, &program, &data);
}

#[test]
fn a_data_folder_of_more_than_260_characters() {
    let Some(site) = Site::new() else { return };
    let mut data = site.dir.path().join("data");
    while windows_path(&data).chars().count() < 300 {
        data.push("a folder of fifty characters, as deep trees have it");
    }
    let program = site.dir.path().join("program");
    check(site, &program, &data);
}
