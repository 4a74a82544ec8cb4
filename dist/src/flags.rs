//! Flags of rustc, and an environment, that make a build give the same bytes in every folder. `tests/packages.rs` uses them
//! too, so that what it builds by CMake is what has been built already.

use std::path::{Path, PathBuf};
use std::process::Command;

/// For `CARGO_ENCODED_RUSTFLAGS`. Folders that come later win where one holds another.
pub fn encoded(root: &Path, target_dir: &Path, cargo_home: &Path) -> String {
    let named = [
        (cargo_home, "cargo"),
        (root, "iscdesk"),
        (target_dir, "target"),
    ];
    let flags: Vec<String> = named
        .iter()
        .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()))
        .collect();
    flags.join("\x1f")
}

/// Takes out what cargo tells a program that it runs of that program. Build scripts watch it (that of ring does), and cargo
/// would build all once more for each caller.
pub fn forget_callers(cargo: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            name == "OUT_DIR"
                || ["CARGO_PKG_", "CARGO_MANIFEST_"]
                    .iter()
                    .any(|of| name.starts_with(of))
        });
        if told {
            cargo.env_remove(name);
        }
    }
}

/// Where cargo keeps the sources of dependencies.
pub fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(Into::into);
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}
