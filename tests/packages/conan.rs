//! The Conan recipe in a package, by Conan: exported into a cache of its own, then its test package built with it.

use crate::sdk::{self, Sdk};
use crate::{mingw, need};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A profile for a system; what its compilers are called, where that is not the usual.
fn profile(system: &str, more: &str) -> String {
    format!(
        "[settings]\nos={system}\narch=x86_64\ncompiler=gcc\ncompiler.version=12\ncompiler.libcxx=libstdc++11\n\
         build_type=Release\n{more}"
    )
}

const MINGW: &str = r#"[conf]
tools.build:compiler_executables={"c": "x86_64-w64-mingw32-gcc", "cpp": "x86_64-w64-mingw32-g++"}
"#;

/// A user of Conan with the unpacked package. What Conan builds lies beside the recipe, so that this is a copy.
struct User {
    folder: PathBuf,
}

impl User {
    fn new(sdk: &Sdk, purpose: &str) -> Option<User> {
        if !["conan", "cmake", "make"]
            .iter()
            .all(|tool| need::need(tool))
        {
            return None;
        }
        let folder = sdk::fresh(&format!("conan-{purpose}-{}", sdk.name()));
        let mut copy = Command::new("cp");
        mingw::tool(copy.arg("-r").arg(sdk.file(".")).arg(folder.join("sdk")));
        std::fs::write(folder.join("linux"), profile("Linux", "")).unwrap();
        std::fs::write(folder.join("mingw"), profile("Windows", MINGW)).unwrap();
        Some(User { folder })
    }

    fn exports(&self, host: &str) -> Output {
        let mut conan = Command::new("conan");
        conan
            .args(["export-pkg", "sdk/conan", "-pr:b", "./linux", "-pr:h"])
            .arg(format!("./{host}"))
            .env("CONAN_HOME", self.folder.join("home"))
            .current_dir(&self.folder);
        conan.output().expect("conan runs")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// Builds the test package, which Conan runs where it can.
pub fn serves(sdk: &Sdk) {
    let Some(user) = User::new(sdk, "serves") else {
        return;
    };
    let exported = user.exports(if sdk.is_windows() { "mingw" } else { "linux" });
    let said = said(&exported);
    assert!(exported.status.success(), "{said}");
    let ran = said.matches(concat!("iscdesk ", env!("CARGO_PKG_VERSION"), "\n"));
    match sdk.is_windows() {
        true => assert!(said.contains("built, but not run"), "{said}"),
        false => assert_eq!(ran.count(), 2, "{said}"),
    }
}

pub fn refuses_another_machine(sdk: &Sdk) {
    let Some(user) = User::new(sdk, "refuses") else {
        return;
    };
    let refused = user.exports("mingw");
    let said = said(&refused);
    assert!(!refused.status.success(), "{said}");
    assert!(
        said.contains("package for Linux x86_64, not for Windows x86_64"),
        "{said}"
    );
}
