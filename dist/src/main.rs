//! `cargo dist-sdk`: makes the archives that vendors get, one for each target.
//!
//! | file | holds |
//! |---|---|
//! | `target` | the machines and what files are called there |
//! | `cargo`, `flags`, `tool` | building, in a way that gives the same bytes everywhere |
//! | `import` | export list and import libraries of the DLL |
//! | `static_library` | the static library, without what differs from build to build |
//! | `describe` | CMake package and pkg-config files |
//! | `licenses` | the texts that have to go along |
//! | `package`, `archive` | what lies where; the archive's bytes |
//!
//! The same sources, tools and `SOURCE_DATE_EPOCH` (else the time of the commit) give the same bytes.

mod archive;
mod cargo;
mod describe;
mod error;
mod flags;
mod import;
mod licenses;
mod package;
mod static_library;
mod target;
mod tool;

use clap::Parser;
use error::{Error, Result};
use package::Order;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use target::Target;

/// Make the packages of iscdesk
#[derive(Parser)]
#[command(name = "cargo dist-sdk", version)]
struct Args {
    /// Which to make
    #[arg(value_enum, default_values_t = [Target::LinuxX64, Target::WindowsX64, Target::WindowsX86])]
    targets: Vec<Target>,
    /// Name the Windows library as the SDK's pages do: IscdeskApi.dll (32 bit), IscdeskApi64.dll
    #[arg(long)]
    documented_names: bool,
    /// Leave the `iscdesk` executable out
    #[arg(long)]
    no_executable: bool,
    /// Where the archives go
    #[arg(long, value_name = "FOLDER", default_value = "target/dist")]
    out: PathBuf,
    /// Where cargo builds
    #[arg(long, value_name = "FOLDER", default_value = "target/dist")]
    target_dir: PathBuf,
}

fn main() -> ExitCode {
    let args = Args::parse();
    for target in &args.targets {
        match run(&args, *target) {
            Ok(archive) => println!("{}", archive.display()),
            Err(error) => {
                eprintln!("{}: {error}", target.name());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn run(args: &Args, target: Target) -> Result<PathBuf> {
    if args.documented_names && !target.is_windows() {
        return Err(Error::NoDocumentedName(target.name()));
    }
    let root = repository()?;
    let order = Order {
        root: &root,
        target_dir: &root.join(&args.target_dir),
        target,
        documented_names: args.documented_names,
        executable: !args.no_executable,
    };
    let files = package::make(&order)?;
    let (name, time) = (order.name(), time(&root)?);
    let out = root.join(&args.out);
    std::fs::create_dir_all(&out).map_err(Error::file("make", &out))?;
    let (ending, bytes) = match target.is_windows() {
        true => ("zip", archive::zip(&name, &files, time)?),
        false => {
            let packed = archive::tar_gz(&name, &files, time);
            (
                "tar.gz",
                packed.map_err(Error::file("pack", Path::new(&name)))?,
            )
        }
    };
    let path = out.join(format!("{name}.{ending}"));
    std::fs::write(&path, bytes).map_err(Error::file("write", &path))?;
    Ok(path)
}

/// The folder above this tool's.
fn repository() -> Result<PathBuf> {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = tool.join("..");
    root.canonicalize().map_err(Error::file("find", &root))
}

/// The time that all files in an archive bear.
fn time(root: &Path) -> Result<u64> {
    let told = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(told) => told,
        Err(_) => {
            let mut git = Command::new("git");
            git.args(["log", "-1", "--format=%ct"]).current_dir(root);
            tool::output(&mut git)?
        }
    };
    let trimmed = told.trim();
    trimmed
        .parse()
        .map_err(|_| Error::Epoch(trimmed.to_owned()))
}
