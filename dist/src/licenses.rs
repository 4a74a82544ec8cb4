//! The licence texts of everything whose code is in a package: the crates, Rust's own library, and MinGW's start-up code.
//! A crate that ships no text stops the build: a package may not be handed out without it.

use crate::archive::Files;
use crate::error::{Error, Result, read};
use crate::target::Target;
use crate::tool;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How file names begin that hold terms or have to be passed on with them.
const NAMES: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];
/// Where Debian puts the terms of what MinGW links into every file.
const MINGW: &str = "/usr/share/doc/mingw-w64-common/copyright";

/// One crate of the tree.
#[derive(Debug)]
struct Package {
    id: String,
    licence: String,
    folder: PathBuf,
}

/// Adds `licenses/`: one folder for each crate, and a list of all.
pub fn add(root: &Path, target: Target, executable: bool, files: &mut Files) -> Result<()> {
    let packages = packages(root, target, executable)?;
    let mut list =
        String::from("Licences of what is in this package, and where their texts are:\n\n");
    for package in &packages {
        list.push_str(&format!("{}: {}\n", package.id, package.licence));
        for (name, text) in texts(package)? {
            files.add(format!("licenses/{}/{name}", package.id), text)?;
        }
    }
    list.push_str(&add_rust(files)?);
    if target.is_windows() {
        list.push_str("mingw-w64: the parts of it that are linked into every file\n");
        files.add("licenses/mingw-w64/copyright", mingw()?)?;
    }
    files.add("licenses/LIST.txt", list)
}

/// The crates that cargo puts into what is packed. Those that only build it are not among them.
fn packages(root: &Path, target: Target, executable: bool) -> Result<Vec<Package>> {
    let mut tree = tool::cargo(root);
    tree.args([
        "tree",
        "--locked",
        "--package",
        "iscdesk",
        "--edges",
        "normal",
    ])
    .args([
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--target",
        target.triple(),
    ]);
    if executable {
        tree.args(["--features", "cli"]);
    }
    let ids: BTreeSet<String> = tool::output(&mut tree)?.lines().filter_map(id).collect();
    let mut metadata = tool::cargo(root);
    metadata.args([
        "metadata",
        "--locked",
        "--all-features",
        "--format-version",
        "1",
    ]);
    let metadata: Value =
        serde_json::from_str(&tool::output(&mut metadata)?).map_err(|error| Error::Silent {
            tool: "cargo metadata",
            what: format!("anything that is JSON: {error}"),
        })?;
    let all = metadata["packages"].as_array();
    let described: Vec<Package> = all.into_iter().flatten().filter_map(package).collect();
    let undescribed = ids
        .iter()
        .find(|id| !described.iter().any(|p| p.id == **id));
    if let Some(id) = undescribed {
        return Err(Error::Silent {
            tool: "cargo metadata",
            what: id.clone(),
        });
    }
    let mut packed: Vec<Package> = described
        .into_iter()
        .filter(|p| ids.contains(&p.id))
        .collect();
    packed.sort_by(|one, two| one.id.cmp(&two.id));
    Ok(packed)
}

/// `name-version` from a line such as `ring v0.17.14 (*)`.
fn id(line: &str) -> Option<String> {
    let mut words = line.split(' ');
    let (name, version) = (words.next()?, words.next()?);
    Some(format!("{name}-{}", version.strip_prefix('v')?))
}

fn package(described: &Value) -> Option<Package> {
    let text = |member: &str| described[member].as_str();
    Some(Package {
        id: format!("{}-{}", text("name")?, text("version")?),
        licence: text("license").unwrap_or("as in its file").into(),
        folder: Path::new(text("manifest_path")?).parent()?.to_owned(),
    })
}

fn texts(package: &Package) -> Result<Vec<(String, Vec<u8>)>> {
    let listed = std::fs::read_dir(&package.folder);
    let listed = listed.map_err(Error::file("look into", &package.folder))?;
    let mut texts = Vec::new();
    for entry in listed.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let upper = name.to_ascii_uppercase();
        let source = upper.ends_with(".RS");
        if NAMES.iter().any(|start| upper.starts_with(start)) && !source && entry.path().is_file() {
            texts.push((name, read(&entry.path())?));
        }
    }
    if texts.is_empty() {
        return Err(Error::NoLicenceText {
            package: package.id.clone(),
            licence: package.licence.clone(),
        });
    }
    Ok(texts)
}

/// Rust's library is in every file that rustc links.
fn add_rust(files: &mut Files) -> Result<String> {
    let rustc = || Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let sysroot = tool::output(rustc().args(["--print", "sysroot"]))?;
    let version = tool::output(rustc().arg("--version"))?;
    let folder = Path::new(sysroot.trim()).join("share/doc/rust");
    let missing = |_| Error::NoRuntimeLicence {
        owner: "the Rust library",
        hint: "rustup installs it as share/doc/rust/COPYRIGHT-library.html of the toolchain",
    };
    let terms = std::fs::read(folder.join("COPYRIGHT-library.html")).map_err(missing)?;
    files.add("licenses/rust/COPYRIGHT-library.html", terms)?;
    Ok(format!("{}: its library\n", version.trim()))
}

fn mingw() -> Result<Vec<u8>> {
    std::fs::read(MINGW).map_err(|_| Error::NoRuntimeLicence {
        owner: "MinGW",
        hint: "apt install mingw-w64-common",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn lines_of_the_tree_are_understood() {
        let known = |line| id(line).unwrap();
        assert_eq!(known("ring v0.17.14"), "ring-0.17.14");
        assert_eq!(
            known("serde_derive v1.0.228 (proc-macro) (*)"),
            "serde_derive-1.0.228"
        );
        assert_eq!(id(""), None);
    }

    #[test]
    fn each_target_lists_its_own_crates_and_no_tool() {
        let ids = |target, executable| -> Vec<String> {
            let packages = packages(root(), target, executable).unwrap();
            packages.into_iter().map(|package| package.id).collect()
        };
        let has = |ids: &[String], name: &str| {
            ids.iter()
                .any(|id| id.rsplit_once('-').is_some_and(|(n, _)| n == name))
        };
        let linux = ids(Target::LinuxX64, false);
        assert!(has(&linux, "ring") && has(&linux, "rustls") && has(&linux, "iscdesk"));
        for other in [
            "clap",
            "axum",
            "windows-sys",
            "cbindgen",
            "proptest",
            "criterion",
        ] {
            assert!(!has(&linux, other), "{other}: {linux:?}");
        }
        assert!(has(&ids(Target::WindowsX64, false), "windows-sys"));
        assert!(has(&ids(Target::LinuxX64, true), "clap"));
    }

    #[test]
    fn a_crate_without_a_text_is_an_error() {
        let package = Package {
            id: "bare-1.0.0".into(),
            licence: "MIT".into(),
            folder: root().join("dist/src"), // Has a licenses.rs, which is no text.
        };
        let refused = texts(&package).unwrap_err();
        assert!(
            matches!(&refused, Error::NoLicenceText { package, .. } if package == "bare-1.0.0")
        );
    }
}
