//! What the tour needs to be told as Windows has it: MinGW, wine, and the library and the command line built for Windows.

use super::Teller;
use super::machine::{done, works};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const COMPILER: &str = "x86_64-w64-mingw32-gcc";
const TARGET: &str = "x86_64-pc-windows-gnu";
/// Where Debian keeps wine without its frontend; it may also be in PATH.
const WINES: [&str; 3] = ["/usr/lib/wine/wine64", "wine64", "wine"];
const INSTALL: &str = "Install it and come back:\n  \
    Debian, Ubuntu   sudo apt install gcc-mingw-w64-x86-64 wine64\n  \
    Fedora           sudo dnf install mingw64-gcc wine-core\n  \
    macOS            brew install mingw-w64 wine-stable\n  \
    Rust             rustup target add x86_64-pc-windows-gnu";

pub struct CrossBuilt {
    pub library: PathBuf,
    pub import_library: PathBuf,
    pub helper: PathBuf,
}

/// Looks for everything at once, so that nobody has to come back twice. Returns wine.
pub fn tools() -> Result<&'static str, String> {
    let wine = WINES.into_iter().find(|wine| works(wine));
    let target = format!("the Rust target {TARGET}");
    let found = [
        ("MinGW", works(COMPILER)),
        ("wine", wine.is_some()),
        (&*target, cargo().is_none() || has_target()),
    ];
    let missing: Vec<&str> = found
        .into_iter()
        .filter_map(|(name, is_there)| (!is_there).then_some(name))
        .collect();
    match wine {
        Some(wine) if missing.is_empty() => Ok(wine),
        _ => Err(format!(
            "what it takes is not here: {}. {INSTALL}",
            missing.join(", ")
        )),
    }
}

/// Where cargo runs the tour it builds as well, and knows what is out of date; elsewhere it must have been built before.
pub fn build(teller: &Teller) -> Result<CrossBuilt, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let folder = own.parent().unwrap_or(Path::new("."));
    let profile = folder.file_name().unwrap_or_default();
    let target = folder.parent().unwrap_or(Path::new("."));
    if let Some((cargo, root)) = cargo() {
        teller.say(&format!(
            "   $ cargo build --features cli --target {TARGET}"
        ));
        for what in [&["--lib"][..], &["--features", "cli", "--bin", "iscdesk"]] {
            let mut command = Command::new(&cargo);
            command
                .args(["build", "--quiet", "--locked", "--target", TARGET])
                .args(what)
                .args((profile == "release").then_some("--release"))
                .arg("--target-dir")
                .arg(target)
                .current_dir(&root);
            done(&mut command)?;
        }
    }
    find(&target.join(TARGET).join(profile))
}

fn find(folder: &Path) -> Result<CrossBuilt, String> {
    let file = |name: &str| {
        let path = folder.join(name);
        path.is_file().then_some(path).ok_or_else(|| {
            format!(
                "{name} is not in {}; make it by: cargo build --features cli --target {TARGET}",
                folder.display()
            )
        })
    };
    Ok(CrossBuilt {
        library: file("iscdesk.dll")?,
        import_library: file("libiscdesk.dll.a")?,
        helper: file("iscdesk.exe")?,
    })
}

/// Cargo, and the folder of this package, where cargo started this program.
fn cargo() -> Option<(PathBuf, PathBuf)> {
    let named = |name| std::env::var_os(name).map(PathBuf::from);
    Some((named("CARGO")?, named("CARGO_MANIFEST_DIR")?))
}

fn has_target() -> bool {
    let mut command = Command::new("rustc");
    let output = command.args(["--print", "sysroot"]).output();
    output.is_ok_and(|output| {
        let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let libraries = Path::new(&sysroot).join("lib/rustlib").join(TARGET);
        libraries.is_dir()
    })
}
