//! What the files show and need before any of them runs: exports, imports, the flags by which Windows protects a process,
//! and the version resource. Control flow guard is not among the flags: MinGW's linker makes no tables for it.

use crate::cc::{self, Language};
use crate::mingw::{self, windows_path};
use crate::need;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

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

#[test]
fn the_64_bit_file_shows_and_needs_what_it_should() {
    let flags = ["HIGH_ENTROPY_VA", "DYNAMIC_BASE", "NX_COMPAT"];
    check_file(mingw::X64, &flags);
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
    let system = |name: &str| SYSTEM.contains(&name.to_ascii_lowercase().as_str());
    let foreign = imports(&listing).filter(|name| !system(name));
    assert_eq!(foreign.collect::<Vec<_>>(), [""; 0], "{target}");
    for flag in flags {
        assert!(
            listing.lines().any(|line| line.trim() == *flag),
            "{target}: {flag}"
        );
    }
    // Without its relocations it cannot be moved, whatever the flag says.
    assert!(listing.contains("Base Relocation Directory [.reloc]"));
    assert!(!listing.contains("relocations stripped"), "{target}");
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
    let source = cc::root().join("tests/c/windows/version.c");
    workshop.make(&source, Language::C, "version.exe", &["-lversion"]);
    for target in [mingw::X64, mingw::X86] {
        let Some(library) = mingw::library(target) else {
            return;
        };
        let dll = windows_path(&library.join("iscdesk.dll"));
        let ran = workshop.run(workshop.command("version.exe").arg(dll), "");
        let version = env!("CARGO_PKG_VERSION");
        let told = format!("dll {version}.0\niscdesk.dll {version} iscdesk {version}\n");
        assert_eq!((ran.exit, &*ran.stdout), (Some(0), &*told), "{ran:?}");
    }
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
