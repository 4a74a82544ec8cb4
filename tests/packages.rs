//! Packages as vendors get them: made by `cargo dist-sdk`, unpacked, and built with by CMake, pkg-config and plain make, in
//! C and C++, shared and static. Programs of Linux and of 64-bit Windows are run; of 32-bit Windows they are linked.
//!
//! | file | holds |
//! |---|---|
//! | `packages/sdk.rs` | a package, made and unpacked once for all tests |
//! | `packages/consumer.rs` | projects of `tests/consumers`, built against one |
//! | `packages/conan.rs` | the Conan recipe |
//! | `packages/msvc.rs` | Microsoft's kind of import library |
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "packages/conan.rs"]
mod conan;
#[path = "packages/consumer.rs"]
mod consumer;
#[path = "../dist/src/flags.rs"]
mod flags;
#[path = "support/mingw.rs"]
mod mingw;
#[path = "packages/msvc.rs"]
mod msvc;
#[path = "support/need.rs"]
mod need;
#[path = "packages/sdk.rs"]
mod sdk;

use consumer::{Consumer, Programs};
use sdk::Sdk;
use std::path::Path;
use std::process::Command;

#[test]
fn a_linux_package_serves_every_build_system() {
    let Some(sdk) = sdk::linux() else { return };
    for consumer in Consumer::ALL {
        let Some(programs) = consumer.build(sdk) else {
            continue;
        };
        programs.each(|program, state| {
            let ran = cc::run(Command::new(program).arg(state), "", cc::LIMIT);
            assert_eq!(
                ran.exit,
                Some(0),
                "{consumer:?} {}: {ran:?}",
                program.display()
            );
            assert_eq!(ran.stdout, answer(), "{consumer:?}");
        });
    }
}

#[test]
fn a_windows_package_serves_every_build_system() {
    let Some(sdk) = sdk::windows_x64() else {
        return;
    };
    for consumer in Consumer::ALL {
        let Some(programs) = consumer.build(sdk) else {
            continue;
        };
        run_under_wine(&programs, &format!("{consumer:?}"));
    }
}

#[test]
fn a_package_serves_conan() {
    for sdk in [sdk::linux(), sdk::windows_x64()] {
        let Some(sdk) = sdk else { return };
        conan::serves(sdk);
    }
}

#[test]
fn conan_refuses_a_package_for_another_machine() {
    let Some(sdk) = sdk::linux() else { return };
    conan::refuses_another_machine(sdk);
}

/// A 64-bit wine runs no 32-bit programs.
#[test]
fn a_32_bit_windows_package_links() {
    let Some(sdk) = sdk::windows_x86() else {
        return;
    };
    for consumer in [Consumer::FindPackage, Consumer::PkgConfig, Consumer::Make] {
        let Some(programs) = consumer.build(sdk) else {
            continue;
        };
        let (shared, linked) = ("iscdesk.dll", imports(&programs.file("app-c-shared")));
        assert!(linked.iter().any(|name| name == shared), "{linked:?}");
        let linked = imports(&programs.file("app-cpp-static"));
        assert!(!linked.iter().any(|name| name == shared), "{linked:?}");
    }
}

/// The name of the file has to be the one that its import libraries ask for.
#[test]
fn the_documented_names_are_those_that_programs_ask_for() {
    for (sdk, name) in [
        (sdk::documented_x64(), "IscdeskApi64.dll"),
        (sdk::documented_x86(), "IscdeskApi.dll"),
    ] {
        let Some(sdk) = sdk else { return };
        let Some(programs) = Consumer::FindPackage.build(sdk) else {
            return;
        };
        assert!(sdk.file("bin").join(name).is_file());
        let linked = imports(&programs.file("app-cpp-shared"));
        assert!(linked.iter().any(|linked| linked == name), "{linked:?}");
        assert!(
            linked.iter().all(|linked| linked != "iscdesk.dll"),
            "{linked:?}"
        );
        if sdk.target == mingw::X64 {
            run_under_wine(&programs, name);
        }
    }
}

#[test]
fn a_package_holds_the_files_and_the_licences_that_it_should() {
    let Some(sdk) = sdk::linux() else { return };
    for file in [
        "bin/iscdesk",
        "lib/libiscdesk.so",
        "lib/libiscdesk.a",
        "include/iscdesk.h",
        "include/iscdesk.hpp",
        "include/compat/SdkInvoker.h",
        "examples-c/quickstart.c",
        "README.md",
        "README.zh-CN.md",
        "CHANGELOG.md",
        "licenses/rust/COPYRIGHT-library.html",
    ] {
        assert!(sdk.file(file).is_file(), "{file}");
    }
    let list = sdk.text("licenses/LIST.txt");
    for line in ["rustls", "clap"].map(|name| {
        let begins = |line: &&str| line.starts_with(&format!("{name}-"));
        list.lines()
            .find(begins)
            .unwrap_or_else(|| panic!("{name}: {list}"))
    }) {
        let folder = line.split(':').next().unwrap();
        let texts = sdk.file("licenses").join(folder).read_dir();
        assert!(texts.unwrap().count() > 0, "{line}");
    }
    let sums = Command::new("sha256sum")
        .args(["--check", "--quiet", "--strict", "SHA256SUMS"])
        .current_dir(sdk.file(""))
        .output();
    assert!(sums.unwrap().status.success());
    let version = cc::run(
        Command::new(sdk.file("bin/iscdesk")).arg("--version"),
        "",
        cc::LIMIT,
    );
    assert_eq!(
        version.stdout,
        format!("iscdesk {}\n", env!("CARGO_PKG_VERSION"))
    );
}

/// The target whose libraries rustc builds with parts of random names. In another folder the bytes are the same as well, for
/// every target; trying that takes half an hour.
#[test]
fn a_package_is_reproducible() {
    let Some(sdk) = sdk::windows_x64() else {
        return;
    };
    let first = std::fs::read(&sdk.archive).unwrap();
    let library = sdk.built();
    let again = std::fs::read(sdk.build_again()).unwrap();
    assert_ne!(library, sdk.built(), "it was not built again");
    assert!(first == again, "{}", sdk.name());
}

#[test]
fn a_package_does_not_tell_where_it_was_built() {
    for sdk in [sdk::linux(), sdk::windows_x64(), sdk::windows_x86()] {
        let Some(sdk) = sdk else { return };
        let home = flags::cargo_home().unwrap();
        for folder in [cc::root(), &home] {
            let path = folder.to_str().unwrap();
            // As it is, and as `dlltool` writes it into symbols.
            let symbol = path.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            for place in [path, &symbol] {
                sdk.each_file(&mut |file, bytes| {
                    let mut parts = bytes.windows(place.len());
                    let told = parts.any(|part| part == place.as_bytes());
                    assert!(!told, "{} names {place}", file.display());
                });
            }
        }
    }
}

/// A static link fails without the system libraries, so those that a package lists are really looked at. For 64 bit MinGW
/// finds them by itself.
#[test]
fn the_system_libraries_of_a_static_link_are_needed() {
    let Some(sdk) = sdk::windows_x86() else {
        return;
    };
    let mut make = consumer::make(sdk, "without-native");
    let output = make.arg("NATIVE=").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("undefined reference"), "{said}");
}

#[test]
fn find_package_refuses_other_versions_and_other_machines() {
    let (Some(sdk), Some(other)) = (sdk::linux(), sdk::windows_x64()) else {
        return;
    };
    let refused = |sdk: &Sdk, wanted: &str| -> Option<String> {
        let out = sdk::fresh(&format!("refused-{wanted}-{}", sdk.target));
        let mut cmake = consumer::find_package(sdk, &out);
        // The host's compiler, whatever the package is for.
        let output = cmake.arg(format!("-DWANTED={wanted}")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (!output.status.success()).then_some(said)
    };
    assert_eq!(refused(sdk, "0.1"), None);
    for wanted in ["0.1.99", "0.2", "0.0", "1.0"] {
        let said = refused(sdk, wanted).unwrap_or_else(|| panic!("{wanted} is taken"));
        assert!(said.contains("version"), "{wanted}: {said}");
    }
    let said = refused(other, "0.1").expect("a Windows package is taken on Linux");
    assert!(said.contains("windows-x86_64"), "{said}");
}

fn answer() -> String {
    format!("iscdesk {}: not licensed\n", env!("CARGO_PKG_VERSION"))
}

fn run_under_wine(programs: &Programs, what: &str) {
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    let shim = workshop.primitives();
    std::fs::copy(&shim, programs.folder.join(shim.file_name().unwrap())).unwrap();
    programs.each(|program, state| {
        let mut command = workshop.command(program.to_str().unwrap());
        let ran = workshop.run(command.arg(mingw::windows_path(state)), "");
        assert_eq!(ran.exit, Some(0), "{what} {}: {ran:?}", program.display());
        assert_eq!(ran.stdout, answer(), "{what}");
    });
}

/// The DLLs that a program asks for.
fn imports(program: &Path) -> Vec<String> {
    let mut objdump = Command::new("x86_64-w64-mingw32-objdump");
    let listing = mingw::tool(objdump.arg("-p").arg(program));
    let names = listing
        .lines()
        .filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    names.map(str::to_owned).collect()
}
