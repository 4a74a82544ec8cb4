//! The life of a process on Windows: the sources in `tests/c/life`, as `tests/life.rs` runs them on Linux.

use crate::cc::{self, Language, Linkage};
use crate::mingw::{self, Workshop, library_file, windows_path};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

const SOCKETS: &str = "-lws2_32";
const DLL: &str = "iscdesk.dll";

fn source(name: &str) -> PathBuf {
    cc::root().join("tests/c/life").join(name)
}

/// Runs a program to its good end; returns what it said.
fn run(workshop: &Workshop, program: &str, arguments: &[&str]) -> String {
    let ran = workshop.run(workshop.command(program).args(arguments), "");
    assert_eq!(ran.exit, Some(0), "{arguments:?}: {ran:?}");
    ran.stdout
}

fn unload(moment: &str) {
    static PROGRAM: OnceLock<()> = OnceLock::new();
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    PROGRAM.get_or_init(|| {
        workshop.make(&source("unload.c"), Language::C, "unload.exe", &[SOCKETS]);
    });
    let folder = TempDir::new().unwrap();
    run(
        workshop,
        "unload.exe",
        &[DLL, &windows_path(folder.path()), moment],
    );
}

#[test]
fn unloaded_while_a_request_is_in_flight_it_stays() {
    unload("in flight");
}

#[test]
fn unloaded_in_a_callback_it_stays_until_it_is_shut_down() {
    unload("in callback");
}

#[test]
fn released_and_unloaded_in_a_callback_it_goes() {
    unload("in callback, released");
}

fn exit(linkage: Linkage, ways: &[&str], said: &str) {
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    let program = workshop.compile(&source("exit.c"), Language::C, linkage);
    for way in ways {
        let folder = TempDir::new().unwrap();
        let told = run(workshop, &program, &[&windows_path(folder.path()), way]);
        assert_eq!(told, said, "{way}");
    }
}

#[test]
fn the_process_ends_without_a_shutdown() {
    exit(
        Linkage::Shared,
        &[
            "return",
            "exit",
            "quickly",
            "at once",
            "log",
            "log, at once",
        ],
        "leaves\n",
    );
}

#[test]
fn the_process_ends_in_a_callback() {
    let ways = ["callback", "callback, quickly", "callback, at once"];
    exit(Linkage::Static, &ways, "leaves\n");
}

#[test]
fn the_process_shuts_down_while_it_ends() {
    let ways = ["atexit", "destructor", "callback, atexit"];
    exit(Linkage::Shared, &ways, "leaves\nshut down\n");
}

fn plugin(end: &str) {
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let (host, plugin) = (format!("host-{end}.exe"), format!("plugin-{end}.dll"));
    workshop.make(&source("plugin_host.c"), Language::C, &host, &[SOCKETS]);
    let link = ["-shared", library_file(Linkage::Shared), SOCKETS];
    workshop.make(&source("plugin.c"), Language::C, &plugin, &link);
    let state = windows_path(folder.path());
    run(
        workshop,
        &host,
        &[DLL, &state, &workshop.path(&plugin), end],
    );
    assert_eq!(
        read(&folder.path().join("report")),
        "answer 0, soon",
        "{end}"
    );
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_plugin_shuts_down_in_dllmain_when_it_is_unloaded() {
    plugin("unload");
}

/// Under the loader's lock no thread begins: none can be waited for.
#[test]
fn a_client_made_and_shut_down_in_dllmain_does_not_wait_for_threads_that_cannot_begin() {
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    workshop.make(&source("late.c"), Language::C, "late.exe", &[SOCKETS]);
    let link = ["-shared", library_file(Linkage::Shared), SOCKETS];
    workshop.make_with(
        &source("late.c"),
        Language::C,
        "late.dll",
        &["-DPLUGIN"],
        &link,
    );
    let state = windows_path(folder.path());
    run(
        workshop,
        "late.exe",
        &[DLL, &state, &workshop.path("late.dll")],
    );
    let told = read(&folder.path().join("report"));
    assert_eq!(told, "answer 0, soon, retired 1");
}

/// All other threads have been killed by then, some with a lock.
#[test]
fn a_plugin_shuts_down_in_dllmain_when_the_process_ends() {
    plugin("exit");
}
