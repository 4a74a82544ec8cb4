//! What lies where in a package. Paths are the same in the repository where both have a file, so that the links of the
//! README lead somewhere.

use crate::archive::Files;
use crate::describe::{self, Facts};
use crate::error::{Error, Result, read};
use crate::target::Target;
use crate::{cargo, import, licenses, static_library};
use implib::Flavor;
use ring::digest::{SHA256, digest};
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Taken as they are; of folders, all that is in them.
const FROM_THE_REPOSITORY: [&str; 8] = [
    "include",
    "examples-c",
    "examples-languages",
    "docs",
    "README.md",
    "README.zh-CN.md",
    "CHANGELOG.md",
    "LICENSE",
];

pub struct Order<'a> {
    pub root: &'a Path,
    pub target_dir: &'a Path,
    pub target: Target,
    pub documented_names: bool,
    pub executable: bool,
}

impl Order<'_> {
    /// The folder that everything is in, and the archive's name without its ending.
    pub fn name(&self) -> String {
        let names = if self.documented_names {
            "-documented-names"
        } else {
            ""
        };
        format!("iscdesk-{VERSION}-{}{names}", self.target.name())
    }
}

/// Builds what is missing and puts everything together.
pub fn make(order: &Order) -> Result<Files> {
    let mut files = Files::default();
    for name in FROM_THE_REPOSITORY {
        add_tree(order.root, &order.root.join(name), &mut files)?;
    }
    if order.executable {
        let executable = cargo::executable(order.root, order.target_dir, order.target)?;
        let path = format!("bin/{}", order.target.executable());
        files.add_program(path, read(&executable)?)?;
    }
    let library = cargo::library(order.root, order.target_dir, order.target)?;
    let shared = add_shared(order, &library.shared, &mut files)?;
    files.add(
        "lib/libiscdesk.a",
        static_library::packed(order.target, &library.archive)?,
    )?;
    add_conan_test(order.root, &mut files)?;
    let facts = Facts {
        version: VERSION.into(),
        target: order.target.name(),
        system: order.target.cmake_system(),
        pointer_bytes: order.target.pointer_bytes(),
        shared,
        native: library.native,
    };
    describe::add(&facts, &mut files)?;
    licenses::add(order.root, order.target, order.executable, &mut files)?;
    let sums = sums(&files);
    files.add("SHA256SUMS", sums)?;
    Ok(files)
}

/// Adds the shared library, with what linkers need to know of a DLL; returns its path in the package.
fn add_shared(order: &Order, built: &Path, files: &mut Files) -> Result<String> {
    let bytes = read(built)?;
    let name = order.target.shared(order.documented_names);
    if !order.target.is_windows() {
        files.add_program(format!("lib/{name}"), bytes)?;
        return Ok(format!("lib/{name}"));
    }
    let exports = import::exports(built, &bytes)?;
    let definition = import::definition(name, &exports);
    for (file, flavor) in [
        ("lib/libiscdesk.dll.a", Flavor::Gnu),
        ("lib/iscdesk.lib", Flavor::Msvc),
    ] {
        files.add(file, import::library(order.target, flavor, &definition)?)?;
    }
    files.add("lib/iscdesk.def", definition)?;
    files.add_program(format!("bin/{name}"), bytes)?;
    Ok(format!("bin/{name}"))
}

/// Beside the recipe, where Conan looks for it.
fn add_conan_test(root: &Path, files: &mut Files) -> Result<()> {
    let dist = root.join("dist");
    add_tree(&dist, &dist.join("conan/test_package"), files)
}

fn add_tree(root: &Path, path: &Path, files: &mut Files) -> Result<()> {
    if !path.is_dir() {
        let inside = path.strip_prefix(root).unwrap_or(path);
        return files.add(inside.to_string_lossy().replace('\\', "/"), read(path)?);
    }
    let listed = std::fs::read_dir(path).map_err(Error::file("look into", path))?;
    for entry in listed {
        let entry: PathBuf = entry.map_err(Error::file("look into", path))?.path();
        add_tree(root, &entry, files)?;
    }
    Ok(())
}

/// In the form of `sha256sum`, so that `sha256sum -c SHA256SUMS` checks an unpacked package.
fn sums(files: &Files) -> String {
    let line = |(path, bytes): (&str, &[u8])| {
        let sum = digest(&SHA256, bytes);
        let hex: String = sum
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{hex}  {path}\n")
    };
    files.iter().map(line).collect()
}
