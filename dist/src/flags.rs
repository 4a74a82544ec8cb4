//! Flags of rustc that make a build give the same bytes in every folder and at every time. `tests/packages.rs` uses them
//! too, so that what it builds by CMake is what has been built already.

use std::path::Path;

/// For `CARGO_ENCODED_RUSTFLAGS`. Folders that come later win where one holds another.
pub fn encoded(root: &Path, target_dir: &Path, cargo_home: &Path, windows: bool) -> String {
    let named = [
        (cargo_home, "cargo"),
        (root, "iscdesk"),
        (target_dir, "target"),
    ];
    let mut flags: Vec<String> = named
        .iter()
        .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()))
        .collect();
    if windows {
        // Else the linker writes the time of day into the file.
        flags.push("-Clink-arg=-Wl,--no-insert-timestamp".into());
    }
    flags.join("\x1f")
}

/// Where cargo keeps the sources of dependencies.
pub fn cargo_home() -> Option<std::path::PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(Into::into);
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}
