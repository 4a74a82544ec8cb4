//! The committed header is the one that the sources make, and every compiler mode takes it.
//!
//! After a change of the C ABI: `ISC_RENEW=1 cargo test --test header`, and commit `include/iscdesk.h`.

#[path = "support/need.rs"]
mod need;
#[path = "support/programs.rs"]
mod programs;

use std::fs;

/// Alone; twice, as by two headers of a program.
const USES: [&str; 2] = [
    "#include <iscdesk.h>\nint used(void);\nint used(void) { return ISC_OK; }\n",
    "#include <iscdesk.h>\n#include \"iscdesk.h\"\nint used(void);\nint used(void) { return ISC_OK; }\n",
];

#[test]
fn the_committed_header_is_what_the_sources_make() {
    let made = fs::read_to_string(concat!(env!("OUT_DIR"), "/iscdesk.h")).expect("build.rs");
    let path = programs::root().join("include/iscdesk.h");
    if std::env::var("ISC_RENEW").is_ok_and(|value| value == "1") {
        fs::write(&path, &made).expect("include/iscdesk.h can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let same = committed.replace("\r\n", "\n") == made;
    assert!(same, "renew it: ISC_RENEW=1 cargo test --test header");
}

/// A Chinese Windows reads a header in its code page: anything else than ASCII would be garbage there.
#[test]
fn the_header_is_plain_ascii_of_bearable_width() {
    let header =
        fs::read_to_string(programs::root().join("include/iscdesk.h")).expect("the header");
    for (number, line) in header.lines().enumerate() {
        assert!(line.is_ascii(), "line {}: {line}", number + 1);
        assert!(line.len() <= 132, "line {}: {line}", number + 1);
        assert_eq!(line.trim_end(), line, "line {}", number + 1);
    }
}

#[test]
fn the_header_tells_the_version_of_the_crate() {
    let header =
        fs::read_to_string(programs::root().join("include/iscdesk.h")).expect("the header");
    let version = env!("CARGO_PKG_VERSION");
    assert!(header.contains(&format!("\n#define ISC_VERSION \"{version}\"\n")));
}

fn every_mode(compilers: &[&str], language: &str, standards: &[&str]) {
    let flags = [
        "-Wstrict-prototypes",
        "-Wshadow",
        "-Wundef",
        "-Wdocumentation",
    ];
    for compiler in compilers.iter().filter(|compiler| need::need(compiler)) {
        let known = flags.iter().filter(|flag| {
            // g++ knows the first only to say that it means nothing there.
            (language == "c" || !flag.contains("prototypes"))
                && programs::knows(compiler, language, flag)
        });
        let extra: Vec<&str> = known.copied().collect();
        for standard in standards {
            let standard = format!("-std={standard}");
            if !programs::knows(compiler, language, &standard) {
                println!("skipped: {compiler} does not know {standard}");
                continue;
            }
            for text in USES {
                programs::check(
                    compiler,
                    language,
                    &[&extra[..], &[&standard]].concat(),
                    text,
                );
            }
        }
    }
}

#[test]
fn c99_to_c23_take_it() {
    every_mode(&["cc", "gcc", "clang"], "c", &["c99", "c11", "c17", "c2x"]);
}

#[test]
fn cpp11_to_cpp20_take_it() {
    let standards = ["c++11", "c++14", "c++17", "c++20"];
    every_mode(&["c++", "g++", "clang++"], "c++", &standards);
}
