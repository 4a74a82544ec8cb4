//! The projects of `tests/consumers`, each built against an unpacked package in a folder of its own.

use crate::sdk::{self, Sdk};
use crate::{cc, mingw, need};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy, Debug)]
pub enum Consumer {
    FindPackage,
    AddSubdirectory,
    PkgConfig,
    Make,
}

/// What a consumer has built.
pub struct Programs {
    pub folder: PathBuf,
    ending: &'static str,
}

const NAMES: [&str; 4] = [
    "app-c-shared",
    "app-c-static",
    "app-cpp-shared",
    "app-cpp-static",
];

impl Consumer {
    pub const ALL: [Consumer; 4] = [
        Consumer::FindPackage,
        Consumer::AddSubdirectory,
        Consumer::PkgConfig,
        Consumer::Make,
    ];

    /// None where a tool is missing.
    pub fn build(self, sdk: &Sdk) -> Option<Programs> {
        let tools: &[&str] = match self {
            Consumer::FindPackage | Consumer::AddSubdirectory => &["cmake", "make"],
            Consumer::PkgConfig => &["pkg-config", "make"],
            Consumer::Make => &["make"],
        };
        if !tools.iter().all(|tool| need::need(tool)) {
            return None;
        }
        let out = sdk::fresh(&format!("{self:?}-{}", sdk.name()));
        match self {
            Consumer::FindPackage => {
                mingw::tool(toolchain(&mut find_package(sdk, &out), sdk));
                mingw::tool(Command::new("cmake").arg("--build").arg(&out));
            }
            Consumer::AddSubdirectory => add_subdirectory(sdk, &out),
            Consumer::PkgConfig => {
                mingw::tool(&mut pkg_config(sdk, &out));
            }
            Consumer::Make => {
                mingw::tool(make_into(sdk, &out).arg(format!("NATIVE={}", sdk.native())));
            }
        }
        Some(Programs {
            folder: out,
            ending: if sdk.is_windows() { ".exe" } else { "" },
        })
    }
}

impl Programs {
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{}", self.ending))
    }

    /// Hands each program over with a folder for its state.
    pub fn each(&self, run: impl Fn(&Path, &Path)) {
        for name in NAMES {
            run(&self.file(name), &self.folder.join("state").join(name));
        }
    }
}

fn project(name: &str) -> PathBuf {
    cc::root().join("tests/consumers").join(name)
}

/// CMake's first step, still without the compiler's name.
pub fn find_package(sdk: &Sdk, out: &Path) -> Command {
    let mut cmake = configure("find_package", out);
    cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", sdk.file("").display()));
    cmake
}

fn add_subdirectory(sdk: &Sdk, out: &Path) {
    let mut cmake = configure("add_subdirectory", out);
    let shared = sdk.share_build(&mut cmake);
    cmake
        .arg(format!("-DISCDESK_SOURCE={}", cc::root().display()))
        .arg(format!("-DISCDESK_TARGET_DIR={}", shared.display()));
    mingw::tool(toolchain(&mut cmake, sdk));
    let _alone = sdk::alone();
    let mut build = Command::new("cmake");
    sdk.share_build(&mut build);
    mingw::tool(build.arg("--build").arg(out));
}

fn configure(name: &str, out: &Path) -> Command {
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(project(name)).arg("-B").arg(out);
    cmake.args(["-G", "Unix Makefiles"]);
    cmake
}

fn toolchain<'a>(cmake: &'a mut Command, sdk: &Sdk) -> &'a mut Command {
    if sdk.is_windows() {
        let file = project("mingw.cmake");
        cmake
            .arg(format!("-DCMAKE_TOOLCHAIN_FILE={}", file.display()))
            .arg(format!("-DPROCESSOR={}", processor(sdk)));
    }
    cmake
}

fn processor(sdk: &Sdk) -> &'static str {
    sdk.target.split('-').next().expect("a triple")
}

/// Plain make in a folder of this name, still without the system libraries.
pub fn make(sdk: &Sdk, purpose: &str) -> Command {
    make_into(sdk, &sdk::fresh(purpose))
}

fn make_into(sdk: &Sdk, out: &Path) -> Command {
    let mut make = makefile("make", sdk, out);
    make.arg(format!("SDK={}", sdk.file("").display()));
    if sdk.is_windows() {
        make.arg(format!("SHARED={}", sdk.file("bin/iscdesk.dll").display()))
            .arg(format!(
                "IMPORT={}",
                sdk.file("lib/libiscdesk.dll.a").display()
            ));
    }
    make
}

/// Beside the programs lies the DLL, as it is shipped.
fn pkg_config(sdk: &Sdk, out: &Path) -> Command {
    if sdk.is_windows() {
        let dll = "iscdesk.dll";
        std::fs::copy(sdk.file("bin").join(dll), out.join(dll)).unwrap();
    }
    let mut make = makefile("pkg-config", sdk, out);
    // Only this folder: another iscdesk may be installed.
    make.env("PKG_CONFIG_LIBDIR", sdk.file("lib/pkgconfig"));
    make
}

fn makefile(name: &str, sdk: &Sdk, out: &Path) -> Command {
    let mut make = Command::new("make");
    make.arg("-C").arg(project(name));
    make.arg(format!("OUT={}", out.display()));
    // A make that runs these tests would hand its own jobs down.
    make.env_remove("MAKEFLAGS");
    if sdk.is_windows() {
        let tool = |tool: &str| format!("{}-w64-mingw32-{tool}", processor(sdk));
        make.args([
            format!("CC={}", tool("gcc")),
            format!("CXX={}", tool("g++")),
        ])
        // wine has no libstdc++-6.dll. Not -static: then -liscdesk would be the static library.
        .args(["EXE=.exe", "LDFLAGS=-static-libgcc -static-libstdc++"])
        .env("CPPFLAGS", "-D__USE_MINGW_ANSI_STDIO=1");
    }
    make
}
