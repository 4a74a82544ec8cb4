//! The life of a process: unloading, ending and forking at the worst moments. Each source in `tests/c/life` runs with a
//! hard time limit here and, where the system has what it is about, under wine in `tests/windows.rs`.
#![cfg(target_os = "linux")]

#[path = "support/need.rs"]
mod need;
#[path = "support/programs.rs"]
mod programs;

use programs::{Link, Program};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

fn program(source: &str, link: Link) -> Option<Program> {
    let source = format!("life/{source}");
    need::need("cc").then(|| programs::build("cc", &source, &["-std=c99"], link))
}

fn unload(moment: &str) {
    if let Some(program) = program("unload.c", Link::Not) {
        let library = programs::shared();
        program.run(&[&library, program.folder(), Path::new(moment)], LIMIT);
    }
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
fn released_and_unloaded_in_a_callback_it_goes_with_the_next_client() {
    unload("in callback, released");
}

fn exit(link: Link, ways: &[&str], said: &str) {
    if let Some(program) = program("exit.c", link) {
        for way in ways {
            let told = program.run(&[program.folder(), Path::new(way)], LIMIT);
            assert_eq!(told, said, "{way}");
        }
    }
}

#[test]
fn the_process_ends_without_a_shutdown() {
    for link in [Link::Shared, Link::Static] {
        exit(link, &["return", "exit", "quickly", "log"], "leaves\n");
    }
}

#[test]
fn the_process_ends_in_a_callback() {
    for link in [Link::Shared, Link::Static] {
        exit(link, &["callback", "callback, quickly"], "leaves\n");
    }
}

#[test]
fn the_process_shuts_down_while_it_ends() {
    let ways = ["atexit", "destructor", "callback, atexit"];
    for link in [Link::Shared, Link::Static] {
        exit(link, &ways, "leaves\nshut down\n");
    }
}

/// Its library stays beside it: a plug-in brings what it needs.
fn plugin(end: &str) {
    let Some(host) = program("plugin_host.c", Link::Not) else {
        return;
    };
    let shared = ["-std=c99", "-shared", "-fPIC"];
    let plugin = programs::build("cc", "life/plugin.c", &shared, Link::Shared);
    let arguments = [
        &programs::shared(),
        host.folder(),
        plugin.file(),
        Path::new(end),
    ];
    host.run(&arguments, LIMIT);
    let report = std::fs::read_to_string(host.folder().join("report")).unwrap();
    assert_eq!(report, "answer 0, soon", "{end}");
}

#[test]
fn a_plugin_shuts_down_in_a_destructor_when_it_is_unloaded() {
    plugin("unload");
}

#[test]
fn a_plugin_shuts_down_in_a_destructor_when_the_process_ends() {
    plugin("exit");
}

/// Again and again, since it is a matter of microseconds which of its threads have begun.
#[test]
fn a_plugin_shuts_down_in_a_destructor_before_its_threads_have_begun() {
    let Some(host) = program("late.c", Link::Not) else {
        return;
    };
    let shared = ["-std=c99", "-shared", "-fPIC", "-DPLUGIN"];
    let plugin = programs::build("cc", "life/late.c", &shared, Link::Shared);
    let report = host.folder().join("report");
    for _ in 0..20 {
        host.run(&[&programs::shared(), host.folder(), plugin.file()], LIMIT);
        let told = std::fs::read_to_string(&report).unwrap();
        // The request may have been answered, and its event delivered, before.
        assert_eq!(told, "answer 0, soon, retired 1");
        std::fs::remove_file(&report).unwrap();
    }
}

#[test]
fn a_child_process_ends_as_it_likes() {
    if let Some(program) = program("fork.c", Link::Shared) {
        program.run(&[program.folder()], LIMIT);
    }
}
