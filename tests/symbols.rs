//! What the shared library shows and needs, as committed: `include/symbols.txt` is the whole of its interface.

#![cfg(target_os = "linux")]

#[path = "support/need.rs"]
mod need;
#[path = "support/programs.rs"]
mod programs;

use std::collections::BTreeSet;
use std::process::Command;

fn of_the_library(tool: &str, arguments: &[&str]) -> String {
    programs::succeed(Command::new(tool).args(arguments).arg(programs::shared()))
}

#[test]
fn the_exported_symbols_are_the_committed_ones() {
    if !need::need("nm") {
        return;
    }
    let listing = of_the_library("nm", &["-D", "--defined-only"]);
    let exported: BTreeSet<&str> = listing
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let committed = std::fs::read_to_string(programs::root().join("include/symbols.txt")).unwrap();
    let committed: BTreeSet<&str> = committed.lines().collect();
    assert_eq!(exported, committed);
}

#[test]
fn the_header_declares_every_exported_symbol_and_no_other() {
    let header = std::fs::read_to_string(programs::root().join("include/iscdesk.h")).unwrap();
    let committed = std::fs::read_to_string(programs::root().join("include/symbols.txt")).unwrap();
    // Each declaration begins with ISC_API; its name stands before the first bracket.
    let declared: BTreeSet<&str> = header
        .split("\nISC_API")
        .skip(1)
        .filter_map(|declaration| declaration.split('(').next())
        .filter_map(|before| before.split([' ', '*', '\n']).next_back())
        .filter(|name| !name.ends_with("_w"))
        .collect();
    assert_eq!(declared, committed.lines().collect());
}

#[test]
fn it_has_its_name_and_is_bound_and_sealed_at_load() {
    if !need::need("readelf") {
        return;
    }
    let dynamic = of_the_library("readelf", &["-dW"]);
    assert!(dynamic.contains("soname: [libiscdesk.so]"), "{dynamic}");
    assert!(dynamic.contains("BIND_NOW"), "{dynamic}");
    assert!(!dynamic.contains("TEXTREL"), "{dynamic}");
    let segments = of_the_library("readelf", &["-lW"]);
    assert!(segments.contains("GNU_RELRO"), "{segments}");
    let stack = segments.lines().find(|line| line.contains("GNU_STACK"));
    assert!(
        stack.is_some_and(|line| !line.contains("RWE")),
        "{segments}"
    );
}

/// Nothing but what every system has, and never `NODELETE`: a program may unload it.
#[test]
fn it_needs_the_c_library_alone_and_can_be_unloaded() {
    if !need::need("readelf") {
        return;
    }
    let dynamic = of_the_library("readelf", &["-dW"]);
    let needed = dynamic
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split(['[', ']']).nth(1));
    for library in needed {
        let name = library.split(".so").next().unwrap_or(library);
        let everywhere =
            ["libc", "libgcc_s", "libm"].contains(&name) || name.starts_with("ld-linux");
        assert!(everywhere, "needs {library}");
    }
    assert!(!dynamic.contains("NODELETE"), "{dynamic}");
}
