//! The programs of the demo: C sources that this executable carries, compiled against the library beside it and run as
//! child processes with a time limit.

use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The same files as in the repository, so that the demo also runs where only the executable and the library are.
const HEADER: &str = include_str!("../../../../include/iscdesk.h");
const DEMO: &str = include_str!("../../../../examples-c/demo.c");
const UPGRADE: &str = include_str!("../../../../examples-c/upgrade.c");
const SHUTDOWN: &str = include_str!("../../../../examples-c/shutdown_in_callback.c");

const LIMIT: Duration = Duration::from_secs(20);
const NO_COMPILER: &str = "no C compiler was found. Install one and come back:\n  \
    Debian, Ubuntu   sudo apt install gcc libc6-dev\n  \
    Fedora, RHEL     sudo dnf install gcc\n  \
    macOS            xcode-select --install\n\
    Another compiler is named by the environment variable CC.";

/// A program that is running.
pub struct Running {
    child: Child,
    output: File,
    begin: Instant,
}

/// A program that has ended.
pub struct Ended {
    pub exit: Option<i32>,
    pub output: String,
}

pub struct Programs {
    dir: PathBuf,
    compiler: String,
    library: PathBuf,
}

impl Programs {
    /// Finds compiler and library, and writes the sources.
    pub fn new(dir: &Path) -> Result<Programs, String> {
        let sources = [
            ("iscdesk.h", HEADER),
            ("demo.c", DEMO),
            ("shutdown_in_callback.c", SHUTDOWN),
            ("upgrade.c", UPGRADE),
        ];
        for (name, text) in sources {
            std::fs::write(dir.join(name), text).map_err(|e| format!("{name}: {e}"))?;
        }
        Ok(Programs {
            dir: dir.to_owned(),
            compiler: compiler().ok_or(NO_COMPILER)?,
            library: library()?,
        })
    }

    pub fn library(&self) -> &Path {
        &self.library
    }

    /// Compiles `<name>.c`. Returns the command line, for whoever wants to do the same.
    pub fn compile(&self, name: &str) -> Result<String, String> {
        let folder = self.library.parent().unwrap_or(Path::new("."));
        let mut command = Command::new(&self.compiler);
        command
            .current_dir(&self.dir)
            .args(["-I.", &format!("{name}.c"), "-o", name])
            .arg(&self.library)
            .arg(format!("-Wl,-rpath,{}", folder.display()));
        compiled(&mut command)?;
        let short = self.library.file_name().unwrap_or_default();
        Ok(format!(
            "{} -Iinclude examples-c/{name}.c -o {name} {}",
            self.compiler,
            short.to_string_lossy()
        ))
    }

    /// What has to lie beside a program that upgrades itself: the library and the helper.
    pub fn furnish(&self, folder: &Path) -> Result<(), String> {
        let helper = std::env::current_exe().map_err(|e| e.to_string())?;
        for file in [&self.library, &helper] {
            let name = file.file_name().unwrap_or_default();
            let copied = std::fs::copy(file, folder.join(name));
            copied.map_err(|e| format!("{}: {e}", file.display()))?;
        }
        Ok(())
    }

    /// Compiles `upgrade.c` as that version of it. It looks for the library where it lies itself.
    pub fn compile_version(&self, version: &str, program: &Path) -> Result<(), String> {
        let mut command = Command::new(&self.compiler);
        command
            .current_dir(&self.dir)
            .args(["-I.", "upgrade.c", "-o"])
            .arg(program)
            .arg(format!("-DPROGRAM_VERSION=\"{version}\""))
            .arg(&self.library)
            .arg("-Wl,-rpath,$ORIGIN");
        compiled(&mut command)
    }

    /// Starts a compiled program; its output goes to a file, so that it never waits for us.
    pub fn start(&self, name: &str, args: &[&str]) -> Result<Running, String> {
        self.start_file(&self.dir.join(name), args)
    }

    fn start_file(&self, program: &Path, args: &[&str]) -> Result<Running, String> {
        let failed = |e: std::io::Error| format!("{}: {e}", program.display());
        let output = tempfile::tempfile().map_err(failed)?;
        let child = Command::new(program)
            .args(args)
            .current_dir(&self.dir)
            // Cargo's own would find an older library before the program's run path is looked at.
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("DYLD_FALLBACK_LIBRARY_PATH")
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output.try_clone().map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        Ok(Running {
            child,
            output,
            begin: Instant::now(),
        })
    }

    pub fn run(&self, name: &str, args: &[&str]) -> Result<Ended, String> {
        self.start(name, args)?.end()
    }

    /// As [`Programs::run`], of a program that lies elsewhere.
    pub fn run_file(&self, program: &Path, args: &[&str]) -> Result<Ended, String> {
        self.start_file(program, args)?.end()
    }
}

impl Running {
    /// Waits for the end; kills it where that takes too long.
    pub fn end(mut self) -> Result<Ended, String> {
        let status = self.wait()?;
        let mut output = String::new();
        let read = self.output.rewind();
        read.and_then(|()| self.output.read_to_string(&mut output))
            .map_err(|e| format!("the program's output: {e}"))?;
        Ok(Ended {
            exit: status.code(),
            output,
        })
    }

    fn wait(&mut self) -> Result<ExitStatus, String> {
        while self.begin.elapsed() < LIMIT {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(e) => return Err(format!("the program: {e}")),
            }
        }
        Err(format!("the program did not end within {LIMIT:?}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to a child that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn compiler() -> Option<String> {
    let named = std::env::var("CC").ok();
    let usual = ["cc", "gcc", "clang"].map(str::to_owned);
    named.into_iter().chain(usual).find(|name| works(name))
}

fn compiled(command: &mut Command) -> Result<(), String> {
    let output = command.output();
    let output = output.map_err(|e| format!("the compiler: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn works(compiler: &str) -> bool {
    let mut command = Command::new(compiler);
    command.arg("--version").stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
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
