//! The import library for Microsoft's linker. That linker runs on Windows only; LLVM's takes its place, which reads the same
//! files. There is no Microsoft C library here either, so the program has none: it asks the DLL one question and answers by
//! its exit code.

use crate::sdk::{self, Sdk};
use crate::{cc, mingw, need};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "\
    #define ISCDESK_DLL\n\
    #include <iscdesk.h>\n\
    int start(void) { return 40 + (int)isc_abi_version() + (isc_is_licensed(0, 0) != 0); }\n";

/// What the header says that the DLL answers.
fn abi_version() -> i32 {
    let header = std::fs::read_to_string(cc::root().join("include/iscdesk.h")).unwrap();
    let mut lines = header.lines();
    let number = lines.find_map(|line| line.strip_prefix("#define ISC_ABI_VERSION "));
    number
        .and_then(|number| number.parse().ok())
        .expect("ISC_ABI_VERSION")
}

/// LLVM's linker comes with Rust, under another name.
fn lld() -> Option<PathBuf> {
    let sysroot = mingw::tool(Command::new("rustc").args(["--print", "sysroot"]));
    let bin = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(sdk::LINUX)
        .join("bin");
    let lld = bin.join("rust-lld");
    need::is_there(lld.is_file(), "rust-lld").then_some(lld)
}

/// Links a program as MSVC does; returns it.
fn link(sdk: &Sdk, lld: &Path, machine: &str, entry: &str) -> PathBuf {
    let out = sdk::fresh(&format!("msvc-{}", sdk.name()));
    let (source, object, program) = (out.join("p.c"), out.join("p.obj"), out.join("p.exe"));
    std::fs::write(&source, PROGRAM).unwrap();
    let processor = sdk.target.split('-').next().unwrap();
    let mut clang = Command::new("clang");
    clang
        .arg(format!("--target={processor}-pc-windows-msvc"))
        .args(["-ffreestanding", "-Wall", "-Werror", "-c", "-I"])
        .arg(sdk.file("include"))
        .args([&source, Path::new("-o"), &object]);
    mingw::tool(&mut clang);
    let mut linker = Command::new(lld);
    linker
        .args([
            "-flavor",
            "link",
            "/nologo",
            "/nodefaultlib",
            "/subsystem:console",
        ])
        .args([format!("/machine:{machine}"), format!("/entry:{entry}")])
        .arg(format!("/out:{}", program.display()))
        .args([&object, &sdk.file("lib/iscdesk.lib")]);
    mingw::tool(&mut linker);
    program
}

#[test]
fn a_program_links_by_the_microsoft_import_library_and_runs() {
    let (Some(sdk), Some(lld)) = (sdk::windows_x64(), lld()) else {
        return;
    };
    if !need::need("clang") {
        return;
    }
    let program = link(sdk, &lld, "x64", "start");
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    let folder = program.parent().unwrap();
    for dll in [sdk.file("bin/iscdesk.dll"), workshop.primitives()] {
        std::fs::copy(&dll, folder.join(dll.file_name().unwrap())).unwrap();
    }
    let mut command = workshop.command(program.to_str().unwrap());
    let ran = workshop.run(&mut command, "");
    assert_eq!(ran.exit, Some(40 + abi_version()), "{ran:?}");
}

#[test]
fn a_32_bit_program_links_by_the_microsoft_import_library() {
    let (Some(sdk), Some(lld)) = (sdk::windows_x86(), lld()) else {
        return;
    };
    if need::need("clang") {
        let program = link(sdk, &lld, "x86", "start");
        assert!(program.is_file());
    }
}

/// Every export can be linked to by its own name and by that of its pointer; 32-bit C puts a `_` before both.
#[test]
fn the_microsoft_import_library_knows_every_export() {
    for (sdk, prefix) in [(sdk::windows_x64(), ""), (sdk::windows_x86(), "_")] {
        let Some(sdk) = sdk.filter(|_| need::need("llvm-nm")) else {
            return;
        };
        let mut nm = Command::new("llvm-nm");
        let listing = mingw::tool(nm.arg(sdk.file("lib/iscdesk.lib")));
        let known = |symbol: &str| {
            listing
                .lines()
                .any(|line| line.ends_with(&format!(" {symbol}")))
        };
        let committed = std::fs::read_to_string(cc::root().join("include/symbols.txt")).unwrap();
        for name in committed.lines().chain(["isc_install_report_w"]) {
            for symbol in [format!("{prefix}{name}"), format!("__imp_{prefix}{name}")] {
                assert!(known(&symbol), "{}: {symbol}", sdk.target);
            }
        }
    }
}
