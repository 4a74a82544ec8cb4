//! Windows as wine plays it: the library and the helper cross-built, programs compiled by MinGW, and a Windows of the
//! tour's own that goes with it.

use super::Teller;
use super::cross::{self, CrossBuilt};
use super::machine::{Machine, done};
use super::running::Running;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A busy machine makes wine wait for its turn, too.
const LIMIT: Duration = Duration::from_secs(60);
/// Longest time to make a Windows; half a minute on a busy machine.
const MAKING: Duration = Duration::from_secs(300);

/// What wine lacks.
const PRIMITIVES: &str = include_str!("bcryptprimitives.c");
const INSTALLER: &str = include_str!("installer.c");

pub struct Wine {
    wine: &'static str,
    /// `WINEPREFIX`.
    windows: PathBuf,
    built: CrossBuilt,
    /// The installer without a program.
    installer: Vec<u8>,
}

impl Wine {
    /// Builds what is missing and makes a Windows. `dir` is the tour's folder, in which the programs will lie.
    pub fn new(dir: &Path, teller: &Teller) -> Result<Wine, String> {
        let wine = cross::tools()?;
        let built = cross::build(teller)?;
        let library = dir.join("iscdesk.dll");
        let copied = std::fs::copy(&built.library, library);
        copied.map_err(|e| format!("{}: {e}", built.library.display()))?;
        let installer = compile(dir, "installer", INSTALLER, &["-municode"], "exe")?;
        let installer = std::fs::read(&installer).map_err(|e| e.to_string())?;
        let machine = Wine {
            wine,
            windows: dir.join("windows"),
            built,
            installer,
        };
        machine.make_windows(dir, teller)?;
        Ok(machine)
    }

    fn make_windows(&self, dir: &Path, teller: &Teller) -> Result<(), String> {
        // Else the server goes with each program, and kills the next one that finds it on its way out.
        std::fs::create_dir(&self.windows).map_err(|e| e.to_string())?;
        self.server("-p600");
        teller.say("   $ wine wineboot --init");
        let mut boot = self.command(Path::new("wineboot"));
        boot.arg("--init");
        let made = Running::start(boot, "wineboot", MAKING)?.end()?;
        let system = self.windows.join("drive_c/windows/system32");
        if made.exit != Some(0) || !system.is_dir() {
            return Err(format!("wine makes no Windows: {}", made.output));
        }
        let there = system.join("bcryptprimitives.dll");
        if there.exists() {
            return Ok(());
        }
        let options = ["-shared"];
        let ours = compile(dir, "bcryptprimitives", PRIMITIVES, &options, "dll")?;
        let copied = std::fs::copy(ours, &there);
        copied
            .map(drop)
            .map_err(|e| format!("{}: {e}", there.display()))
    }

    /// What cannot be done here, wine does by itself, less well: a Windows begins and ends with its programs.
    fn server(&self, what: &str) {
        let beside = Path::new(self.wine).with_file_name("wineserver");
        let mut command = match beside.is_file() {
            true => Command::new(beside),
            false => Command::new("wineserver"),
        };
        command.arg(what).env("WINEPREFIX", &self.windows);
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Machine for Wine {
    fn compiler(&self) -> &str {
        cross::COMPILER
    }

    /// Windows looks for the library beside the program.
    fn link(&self) -> Vec<OsString> {
        vec![self.built.import_library.clone().into()]
    }

    fn library(&self) -> &Path {
        &self.built.library
    }

    fn helper(&self) -> &Path {
        &self.built.helper
    }

    fn file_name(&self, program: &str) -> String {
        format!("{program}.exe")
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(self.wine);
        command
            .env("WINEPREFIX", &self.windows)
            .env("WINEDEBUG", "-all")
            // Neither is needed, and a fresh Windows would offer to fetch them.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            // Without it wine takes names for ASCII.
            .env("LC_ALL", "C.UTF-8")
            .env_remove("DISPLAY")
            .arg(program);
        command
    }

    fn limit(&self) -> Duration {
        LIMIT
    }

    fn as_typed(&self, program: &str) -> String {
        format!("wine {program}.exe")
    }

    fn path(&self, path: &Path) -> String {
        format!("Z:{}", path.to_string_lossy().replace('/', "\\"))
    }

    fn platform(&self) -> String {
        "windows-x86_64".into()
    }

    fn package(&self, version: &str) -> String {
        format!("Setup-{version}.exe")
    }

    /// As `installer.c` finds it in its own file.
    fn installer(&self, program: &[u8]) -> Vec<u8> {
        let mut bytes = self.installer.clone();
        bytes.extend(program);
        bytes.extend(format!("{:08}", program.len()).bytes());
        bytes
    }
}

impl Drop for Wine {
    /// Ends whatever runs in this Windows, which holds files of the tour's folder.
    fn drop(&mut self) {
        self.server("-k");
        self.server("-w");
    }
}

/// Compiles a source of the tour's own.
fn compile(
    dir: &Path,
    name: &str,
    text: &str,
    options: &[&str],
    extension: &str,
) -> Result<PathBuf, String> {
    let source = dir.join(name).with_extension("c");
    std::fs::write(&source, text).map_err(|e| format!("{}: {e}", source.display()))?;
    let made = source.with_extension(extension);
    let mut command = Command::new(cross::COMPILER);
    command.args(options).arg(&source).arg("-o").arg(&made);
    done(command.arg("-ladvapi32"))?;
    Ok(made)
}
