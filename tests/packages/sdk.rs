//! A package: made by `cargo dist-sdk`, unpacked once for all tests of this process.

use crate::{cc, flags, mingw, need};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

pub const LINUX: &str = "x86_64-unknown-linux-gnu";

pub struct Sdk {
    pub target: &'static str,
    pub archive: PathBuf,
    /// What the tool was asked for.
    arguments: &'static [&'static str],
    folder: PathBuf,
}

pub fn linux() -> Option<&'static Sdk> {
    static SDK: OnceLock<Option<Sdk>> = OnceLock::new();
    let make = || {
        let here = need::is_there(cfg!(target_arch = "x86_64"), "x86-64 machine");
        here.then(|| Sdk::make(LINUX, &["linux-x86_64"]))
    };
    SDK.get_or_init(make).as_ref()
}

// The command line is not in the Windows packages here: building it takes CI minutes, and consumers do not see it.

pub fn windows_x64() -> Option<&'static Sdk> {
    static SDK: OnceLock<Option<Sdk>> = OnceLock::new();
    let arguments = &["windows-x86_64", "--no-executable"];
    SDK.get_or_init(|| cross(mingw::X64, arguments)).as_ref()
}

pub fn windows_x86() -> Option<&'static Sdk> {
    static SDK: OnceLock<Option<Sdk>> = OnceLock::new();
    let arguments = &["windows-i686", "--no-executable"];
    SDK.get_or_init(|| cross(mingw::X86, arguments)).as_ref()
}

pub fn documented_x64() -> Option<&'static Sdk> {
    static SDK: OnceLock<Option<Sdk>> = OnceLock::new();
    let arguments = &["windows-x86_64", "--no-executable", "--documented-names"];
    SDK.get_or_init(|| cross(mingw::X64, arguments)).as_ref()
}

pub fn documented_x86() -> Option<&'static Sdk> {
    static SDK: OnceLock<Option<Sdk>> = OnceLock::new();
    let arguments = &["windows-i686", "--no-executable", "--documented-names"];
    SDK.get_or_init(|| cross(mingw::X86, arguments)).as_ref()
}

fn cross(target: &'static str, arguments: &'static [&'static str]) -> Option<Sdk> {
    mingw::can_build(target).then(|| Sdk::make(target, arguments))
}

/// An empty folder for one purpose of this test.
pub fn fresh(purpose: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("packages")
        .join(purpose);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Where the libraries of packages are built; kept, as it takes minutes to fill.
fn target_dir() -> PathBuf {
    let debug = cc::library_dir();
    debug
        .ancestors()
        .nth(2)
        .expect("a target folder")
        .join("dist")
}

impl Sdk {
    fn make(target: &'static str, arguments: &'static [&'static str]) -> Sdk {
        let folder = fresh(&format!("sdk-{}", arguments.join("-")));
        let archive = pack(arguments, &folder);
        // CMake's reads both kinds.
        let mut unpack = Command::new("cmake");
        mingw::tool(
            unpack
                .args(["-E", "tar", "xf"])
                .arg(&archive)
                .current_dir(&folder),
        );
        let file = archive.file_name().unwrap().to_str().unwrap();
        let stem = file.trim_end_matches(".zip").trim_end_matches(".tar.gz");
        Sdk {
            target,
            folder: folder.join(stem),
            archive,
            arguments,
        }
    }

    /// A second archive, of libraries that are built once more. What they depend on is not: that takes minutes.
    pub fn build_again(&self) -> PathBuf {
        let target = target_dir().join("library").join(self.target);
        let known = target.join("release/.fingerprint");
        let alone = alone();
        // By `cargo clean` the build script would go as well, and with it the libraries of all targets.
        for entry in known.read_dir().unwrap() {
            let folder = entry.unwrap().path();
            if folder.join("lib-iscdesk").exists() {
                std::fs::remove_dir_all(folder).unwrap();
            }
        }
        drop(alone);
        pack(self.arguments, &fresh(&format!("again-{}", self.name())))
    }

    /// When its static library was built.
    pub fn built(&self) -> std::time::SystemTime {
        let target = target_dir().join("library").join(self.target);
        let library = target.join("release/libiscdesk.a").metadata();
        library.unwrap().modified().unwrap()
    }

    /// The folder that everything in the archive is in.
    pub fn name(&self) -> &str {
        self.folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain name")
    }

    pub fn is_windows(&self) -> bool {
        self.target != LINUX
    }

    pub fn file(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.file(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// What a static link needs, as the package tells pkg-config.
    pub fn native(&self) -> String {
        let described = self.text("lib/pkgconfig/iscdesk.pc");
        let mut lines = described.lines();
        let private = lines.find_map(|line| line.strip_prefix("Libs.private: "));
        private.expect("Libs.private").to_owned()
    }

    pub fn each_file(&self, see: &mut dyn FnMut(&Path, &[u8])) {
        walk(&self.folder, see);
    }

    /// Lets a build of the sources find what the package was built from, instead of building it once more.
    pub fn share_build(&self, command: &mut Command) -> PathBuf {
        let library = target_dir().join("library");
        let home = flags::cargo_home().expect("a home");
        let same = flags::encoded(cc::root(), &library, &home);
        command.env("CARGO_ENCODED_RUSTFLAGS", same);
        flags::forget_callers(command);
        library
    }
}

/// Held while something is built into the target folder that all share: one build must not replace what another packs.
pub fn alone() -> MutexGuard<'static, ()> {
    static BUILDING: Mutex<()> = Mutex::new(());
    BUILDING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pack(arguments: &[&str], out: &Path) -> PathBuf {
    let _alone = alone();
    let mut tool = Command::new(env!("CARGO"));
    tool.args(["run", "--quiet", "--locked", "--package", "dist-sdk", "--"])
        .args(arguments)
        .arg("--out")
        .arg(out)
        .arg("--target-dir")
        .arg(target_dir())
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .current_dir(cc::root());
    PathBuf::from(mingw::tool(&mut tool).trim())
}

fn walk(folder: &Path, see: &mut dyn FnMut(&Path, &[u8])) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, see),
            false => see(&path, &std::fs::read(&path).unwrap()),
        }
    }
}
