//! Where the programs of the tour run: on this system, or in the Windows that [`super::wine`] makes.

use iscdesk::upgrade::this_platform;
use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);
const NO_COMPILER: &str = "no C compiler was found. Install one and come back:\n  \
    Debian, Ubuntu   sudo apt install gcc libc6-dev\n  \
    Fedora, RHEL     sudo dnf install gcc\n  \
    macOS            xcode-select --install\n\
    Another compiler is named by the environment variable CC.";

pub trait Machine {
    fn compiler(&self) -> &str;
    /// What the compiler gets behind the source.
    fn link(&self) -> Vec<OsString>;
    /// What programs load.
    fn library(&self) -> &Path;
    /// What runs upgrades.
    fn helper(&self) -> &Path;
    /// The name of a program's file.
    fn file_name(&self, program: &str) -> String;
    /// The command that runs it.
    fn command(&self, program: &Path) -> Command;
    /// The longest that a program may take.
    fn limit(&self) -> Duration;
    /// The same as people type it.
    fn as_typed(&self, program: &str) -> String;
    /// A path as programs name it.
    fn path(&self, path: &Path) -> String;
    /// As upgrade feeds name it.
    fn platform(&self) -> String;
    /// What an installer's file is called.
    fn package(&self, version: &str) -> String;
    /// An installer, `<file> --into FOLDER`, that puts this program in the place of the old one.
    fn installer(&self, program: &[u8]) -> Vec<u8>;
}

/// This system.
pub struct Native {
    compiler: String,
    library: PathBuf,
    helper: PathBuf,
}

impl Native {
    /// Finds compiler and library.
    pub fn new() -> Result<Native, String> {
        Ok(Native {
            compiler: compiler().ok_or(NO_COMPILER)?,
            library: library()?,
            helper: std::env::current_exe().map_err(|e| e.to_string())?,
        })
    }
}

impl Machine for Native {
    fn compiler(&self) -> &str {
        &self.compiler
    }

    /// The library is looked for beside the program first.
    fn link(&self) -> Vec<OsString> {
        let folder = self.library.parent().unwrap_or(Path::new("."));
        let mut there = OsString::from("-Wl,-rpath,");
        there.push(folder);
        vec![
            self.library.clone().into(),
            "-Wl,-rpath,$ORIGIN".into(),
            there,
        ]
    }

    fn library(&self) -> &Path {
        &self.library
    }

    fn helper(&self) -> &Path {
        &self.helper
    }

    fn file_name(&self, program: &str) -> String {
        program.to_owned()
    }

    fn command(&self, program: &Path) -> Command {
        Command::new(program)
    }

    fn limit(&self) -> Duration {
        LIMIT
    }

    fn as_typed(&self, program: &str) -> String {
        format!("./{program}")
    }

    fn path(&self, path: &Path) -> String {
        path.to_string_lossy().into_owned()
    }

    fn platform(&self) -> String {
        this_platform()
    }

    fn package(&self, version: &str) -> String {
        format!("setup-{version}.run")
    }

    /// A shell script that carries the program behind its last line.
    fn installer(&self, program: &[u8]) -> Vec<u8> {
        let script = |program_at: usize| {
            format!(
                "#!/bin/sh\nset -e\ntail -c +{program_at:06} \"$0\" > \"$2/program.new\"\n\
                 chmod 755 \"$2/program.new\"\nmv \"$2/program.new\" \"$2/program\"\nexit 0\n"
            )
        };
        // `tail` counts from 1; the number has the same width whatever it is.
        let mut bytes = script(script(0).len() + 1).into_bytes();
        bytes.extend(program);
        bytes
    }
}

fn compiler() -> Option<String> {
    let named = std::env::var("CC").ok();
    let usual = ["cc", "gcc", "clang"].map(str::to_owned);
    named.into_iter().chain(usual).find(|name| works(name))
}

/// True where it can be run.
pub fn works(tool: &str) -> bool {
    let mut command = Command::new(tool);
    command.arg("--version").stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Runs a tool to its good end; else what it complained of.
pub fn done(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|e| format!("{name}: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// Beside this executable; in a build folder cargo keeps the newest one in `deps`.
fn library() -> Result<PathBuf, String> {
    let name = format!("{DLL_PREFIX}iscdesk.{DLL_EXTENSION}");
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let found = [folder.join("deps").join(&name), folder.join(&name)];
    let found = found.into_iter().find(|path| path.exists());
    found.ok_or_else(|| {
        format!(
            "{name} is not in {}; make it by: cargo build",
            folder.display()
        )
    })
}
