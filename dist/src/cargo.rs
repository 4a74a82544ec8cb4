//! Builds what goes into a package, by cargo: as shipped (release, optimised across crates), and in a way that gives the
//! same bytes in every folder.
//!
//! The executable and the library have target folders of their own: cargo gives the library's files the same names
//! whatever they were built for, so one build would pass for the other's.

use crate::error::{Error, Result};
use crate::target::Target;
use crate::{flags, tool};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the compiler calls its list of what a static link needs.
const NATIVE_NOTE: &str = "native-static-libs: ";

pub struct Library {
    pub shared: PathBuf,
    pub archive: PathBuf,
    /// Linker options of a static link, in their order.
    pub native: Vec<String>,
}

/// Both libraries in one go, so that they are optimised once.
pub fn library(root: &Path, target_dir: &Path, target: Target) -> Result<Library> {
    let mut cargo = cargo(root, &target_dir.join("library"), target, "rustc")?;
    cargo.args(["--lib", "--crate-type", "cdylib,staticlib"]);
    cargo.args(["--", "--print", "native-static-libs"]);
    let messages = messages(&mut cargo)?;
    let files: Vec<PathBuf> = messages.iter().flat_map(artefacts).collect();
    let made = |extensions: &[&str]| {
        let fits = |file: &&PathBuf| {
            file.extension()
                .is_some_and(|e| extensions.iter().any(|wanted| e == *wanted))
                && !file.ends_with("libiscdesk.dll.a")
        };
        files.iter().find(fits).cloned().ok_or(Error::Silent {
            tool: "cargo",
            what: format!("a file that ends in {extensions:?}"),
        })
    };
    Ok(Library {
        shared: made(&["so", "dll"])?,
        archive: made(&["a"])?,
        native: messages.iter().find_map(native).ok_or(Error::Silent {
            tool: "rustc",
            what: "native-static-libs".into(),
        })?,
    })
}

pub fn executable(root: &Path, target_dir: &Path, target: Target) -> Result<PathBuf> {
    let mut cargo = cargo(root, &target_dir.join("program"), target, "build")?;
    cargo.args(["--features", "cli", "--bin", "iscdesk"]);
    let messages = messages(&mut cargo)?;
    let executable = messages.iter().find_map(|m| m["executable"].as_str());
    executable.map(PathBuf::from).ok_or(Error::Silent {
        tool: "cargo",
        what: "the executable".into(),
    })
}

fn cargo(root: &Path, target_dir: &Path, target: Target, command: &str) -> Result<Command> {
    let cargo_home = flags::cargo_home().ok_or(Error::Silent {
        tool: "the system",
        what: "a home folder".into(),
    })?;
    let flags = flags::encoded(root, target_dir, &cargo_home);
    let mut cargo = tool::cargo(root);
    cargo
        .args([command, "--release", "--locked", "--package", "iscdesk"])
        .args(["--message-format", "json"])
        .args(["--target", target.triple(), "--target-dir"])
        .arg(target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", flags);
    Ok(cargo)
}

/// What cargo says to programs. What it says to people is shown, and of the compiler's words all but the answer.
fn messages(cargo: &mut Command) -> Result<Vec<Value>> {
    let (status, output) = tool::status_and_output(cargo.stderr(Stdio::inherit()))?;
    let parsed = output.lines().map(serde_json::from_str);
    let messages: Vec<Value> =
        parsed
            .collect::<serde_json::Result<_>>()
            .map_err(|error| Error::Silent {
                tool: "cargo",
                what: format!("anything that is JSON: {error}"),
            })?;
    for message in messages.iter().filter(|message| native(message).is_none()) {
        if let Some(rendered) = message["message"]["rendered"].as_str() {
            eprint!("{rendered}");
        }
    }
    match status.success() {
        true => Ok(messages),
        false => Err(tool::failed(cargo, status, String::new())),
    }
}

/// Files made of the library by this message's build.
fn artefacts(message: &Value) -> Vec<PathBuf> {
    let ours = message["reason"] == "compiler-artifact" && message["target"]["name"] == "iscdesk";
    let files = message["filenames"].as_array().filter(|_| ours);
    let files = files.into_iter().flatten().filter_map(Value::as_str);
    files.map(PathBuf::from).collect()
}

fn native(message: &Value) -> Option<Vec<String>> {
    let text = message["message"]["message"].as_str()?;
    let list = text.strip_prefix(NATIVE_NOTE)?;
    Some(list.split_whitespace().map(str::to_owned).collect())
}
