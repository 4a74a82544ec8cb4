//! What the files show and need before any of them runs: exports, imports, the flags by which Windows protects a process,
//! and the version resource. Control flow guard is not among the flags: MinGW's linker makes no tables for it.

use crate::cc::{self, Language};
use crate::mingw::{self, Workshop, windows_path};
use crate::need;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

const OBJDUMP: &str = "x86_64-w64-mingw32-objdump";

/// What every Windows 10 has in its system folder.
const SYSTEM: [&str; 18] = [
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "api-ms-win-core-winrt-error-l1-1-0.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "combase.dll",
    "crypt32.dll",
    "iphlpapi.dll",
    "kernel32.dll",
    "ktmw32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleaut32.dll",
    "shell32.dll",
    "userenv.dll",
    "winhttp.dll",
    "ws2_32.dll",
];

const FLAGS_64: [&str; 3] = ["HIGH_ENTROPY_VA", "DYNAMIC_BASE", "NX_COMPAT"];
/// Tells what Windows finds in a file.
const VERSION: &str = "version.exe";

#[test]
fn the_64_bit_file_shows_and_needs_what_it_should() {
    check_file(mingw::X64, &FLAGS_64);
}

#[test]
fn the_32_bit_file_shows_and_needs_what_it_should() {
    check_file(mingw::X86, &["DYNAMIC_BASE", "NX_COMPAT"]);
}

fn check_file(target: &'static str, flags: &[&str]) {
    let Some(library) = mingw::library(target).filter(|_| need::need(OBJDUMP)) else {
        return;
    };
    let dll = library.join("iscdesk.dll");
    let listing = mingw::tool(Command::new(OBJDUMP).arg("-p").arg(&dll));
    assert_eq!(exports(&listing), expected_exports(), "{target}");
    let foreign = imports(&listing).filter(|name| !is_system(name));
    assert_eq!(foreign.collect::<Vec<_>>(), [""; 0], "{target}");
    check_flags(&listing, flags);
}

fn check_flags(listing: &str, flags: &[&str]) {
    for flag in flags {
        assert!(listing.lines().any(|line| line.trim() == *flag), "{flag}");
    }
    // Without its relocations it cannot be moved, whatever the flag says.
    assert!(listing.contains("Base Relocation Directory [.reloc]"));
    assert!(!listing.contains("relocations stripped"));
}

#[test]
fn the_command_line_shows_what_it_should() {
    let Some(workshop) = mingw::workshop().filter(|_| need::need(OBJDUMP)) else {
        return;
    };
    let helper = mingw::helper();
    let listing = mingw::tool(Command::new(OBJDUMP).arg("-p").arg(&helper));
    check_flags(&listing, &FLAGS_64);
    let foreign = imports(&listing).filter(|name| !is_system(name));
    assert_eq!(foreign.collect::<Vec<_>>(), [""; 0]);

    check_version(workshop, &helper);
    let ran = workshop.run(
        workshop
            .command(VERSION)
            .args([&windows_path(&helper), "manifest"]),
        "",
    );
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    for told in [
        "level=\"asInvoker\"",
        ">true</longPathAware>",
        ">UTF-8</activeCodePage>",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {ran:?}");
    }
}

/// The decoration of plain C: a 32-bit program finds each function as its compiler names it, and Windows as the header does.
#[test]
fn a_32_bit_program_finds_every_function_as_plain_c() {
    let Some(library) = mingw::library(mingw::X86).filter(|_| need::need(OBJDUMP)) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("all.c"), folder.path().join("all.exe"));
    let names = expected_exports();
    let table: String = names
        .iter()
        .map(|name| format!("(void *){name},\n"))
        .collect();
    let text = format!(
        "#include <iscdesk.h>\nvoid *volatile all[] = {{\n{table}}};\nint main(void) {{ return all[0] == 0; }}\n"
    );
    std::fs::write(&source, text).unwrap();
    let mut compiler = Command::new("i686-w64-mingw32-gcc");
    compiler.arg("-I").arg(cc::root().join("include"));
    compiler.arg(&source).arg("-o").arg(&program);
    mingw::tool(compiler.arg(library.join("libiscdesk.dll.a")));
    let listing = mingw::tool(Command::new(OBJDUMP).arg("-p").arg(&program));
    let is_missing = |name: &&String| {
        let last = |line: &str| line.split_whitespace().last() == Some(name.as_str());
        !listing.lines().any(last)
    };
    assert_eq!(names.iter().find(is_missing), None);
}

#[test]
fn windows_tells_the_version_of_both_libraries() {
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    for target in [mingw::X64, mingw::X86] {
        let Some(library) = mingw::library(target) else {
            return;
        };
        check_version(workshop, &library.join("iscdesk.dll"));
    }
}

fn check_version(workshop: &Workshop, file: &Path) {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let source = cc::root().join("tests/c/windows/version.c");
        workshop.make(&source, Language::C, VERSION, &["-lversion"]);
    });
    let ran = workshop.run(workshop.command(VERSION).arg(windows_path(file)), "");
    let name = file.file_name().unwrap().to_str().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let kind = name.rsplit('.').next().unwrap();
    let told = format!("{kind} {version}.0\n{name} {version} iscdesk {version}\n");
    assert_eq!((ran.exit, &*ran.stdout), (Some(0), &*told), "{ran:?}");
}

fn is_system(library: &str) -> bool {
    SYSTEM.contains(&library.to_ascii_lowercase().as_str())
}

fn imports(listing: &str) -> impl Iterator<Item = &str> {
    listing
        .lines()
        .filter_map(|line| line.trim().strip_prefix("DLL Name: "))
}

fn exports(listing: &str) -> BTreeSet<String> {
    let table = listing
        .split("[Ordinal/Name Pointer] Table")
        .nth(1)
        .expect("exports");
    let names = table.lines().skip(1).take_while(|line| !line.is_empty());
    names
        .filter_map(|line| line.split_whitespace().last())
        .map(str::to_owned)
        .collect()
}

/// What is committed, and what takes the place of a path or a string for installers here.
fn expected_exports() -> BTreeSet<String> {
    let committed = cc::root().join("include/symbols.txt");
    let mut names: BTreeSet<String> = read(&committed).lines().map(str::to_owned).collect();
    for twin in ["isc_device_fingerprint_w", "isc_install_report_w"] {
        names.insert(twin.to_owned());
    }
    names
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
