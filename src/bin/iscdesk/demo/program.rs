//! The programs of the demo: C sources that this executable carries, compiled against the library and run as child
//! processes.

use super::machine::{self, Machine};
use super::running::{Ended, Running};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The same files as in the repository, so that the demo also runs where only the executable and the library are.
const HEADER: &str = include_str!("../../../../include/iscdesk.h");
const DEMO: &str = include_str!("../../../../examples-c/demo.c");
const UPGRADE: &str = include_str!("../../../../examples-c/upgrade.c");
const SHUTDOWN: &str = include_str!("../../../../examples-c/shutdown_in_callback.c");

pub struct Programs {
    dir: PathBuf,
    machine: Box<dyn Machine>,
}

impl Programs {
    /// Writes the sources.
    pub fn new(dir: &Path, machine: Box<dyn Machine>) -> Result<Programs, String> {
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
            machine,
        })
    }

    pub fn machine(&self) -> &dyn Machine {
        &*self.machine
    }

    /// Compiles `<name>.c`. Returns the command line, for whoever wants to do the same.
    pub fn compile(&self, name: &str) -> Result<String, String> {
        let program = self.machine.file_name(name);
        let mut command = self.compiler(&format!("{name}.c"), &self.dir.join(&program));
        machine::done(command.args(self.machine.link()))?;
        let linked = self.machine.link().into_iter().next().map(PathBuf::from);
        let linked = linked.as_deref().and_then(Path::file_name);
        Ok(format!(
            "{} -Iinclude examples-c/{name}.c -o {program} {}",
            self.machine.compiler(),
            linked.unwrap_or_default().to_string_lossy()
        ))
    }

    fn compiler(&self, source: &str, program: &Path) -> Command {
        let mut command = Command::new(self.machine.compiler());
        command.current_dir(&self.dir).args(["-I.", source, "-o"]);
        command.arg(program);
        command
    }

    /// What has to lie beside a program that upgrades itself: the library and the helper.
    pub fn furnish(&self, folder: &Path) -> Result<(), String> {
        for file in [self.machine.library(), self.machine.helper()] {
            let name = file.file_name().unwrap_or_default();
            let copied = std::fs::copy(file, folder.join(name));
            copied.map_err(|e| format!("{}: {e}", file.display()))?;
        }
        Ok(())
    }

    /// Compiles `upgrade.c` as that version of it.
    pub fn compile_version(&self, version: &str, program: &Path) -> Result<(), String> {
        let mut command = self.compiler("upgrade.c", program);
        command.arg(format!("-DPROGRAM_VERSION=\"{version}\""));
        machine::done(command.args(self.machine.link()))
    }

    /// Starts a compiled program.
    pub fn start(&self, name: &str, args: &[&str]) -> Result<Running, String> {
        self.start_file(&self.dir.join(self.machine.file_name(name)), args)
    }

    fn start_file(&self, program: &Path, args: &[&str]) -> Result<Running, String> {
        let mut command = self.machine.command(program);
        command.args(args).current_dir(&self.dir);
        let name = program.display().to_string();
        Running::start(command, &name, self.machine.limit())
    }

    pub fn run(&self, name: &str, args: &[&str]) -> Result<Ended, String> {
        self.start(name, args)?.end()
    }

    /// As [`Programs::run`], of a program that lies elsewhere.
    pub fn run_file(&self, program: &Path, args: &[&str]) -> Result<Ended, String> {
        self.start_file(program, args)?.end()
    }
}
