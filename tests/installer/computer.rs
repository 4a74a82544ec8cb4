//! A Windows computer on which the example of `packaging/nsis` is installed and removed: makensis, wine, and a sandbox.

use crate::cc::{self, Language, Linkage, Ran};
use crate::mingw::{self, Workshop, windows_path};
use crate::need;
use crate::support::{PATIENCE, Sandbox};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const CODE: &str = "PL-0123456789";
/// As the package that the ISCDesk client downloads has it: beside its two scripts.
pub const SETUP: &str = "ExampleCAD-1.0.exe";
const REGISTERED: &str =
    "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\ExampleCAD";

pub struct Computer {
    workshop: &'static Workshop,
    pub sandbox: Sandbox,
    dir: TempDir,
    /// Who works there; None: the one whom every Windows has.
    user: Option<&'static str>,
    /// All share the registry of one Windows.
    _alone: MutexGuard<'static, ()>,
}

fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The DLL without what only a debugger reads: three quarters of it.
pub fn stripped(target: &'static str) -> Option<&'static Path> {
    static X64: OnceLock<Option<PathBuf>> = OnceLock::new();
    static X86: OnceLock<Option<PathBuf>> = OnceLock::new();
    let once = if target == mingw::X64 { &X64 } else { &X86 };
    let make = || {
        let dll = mingw::library(target)?.join("iscdesk.dll");
        let stripped = dll.with_extension("stripped.dll");
        let mut strip = Command::new("x86_64-w64-mingw32-strip");
        mingw::tool(strip.arg("-o").arg(&stripped).arg(dll));
        Some(stripped)
    };
    once.get_or_init(make).as_deref()
}

pub fn has_makensis() -> bool {
    // It knows no --version, but starts.
    need::is_there(Command::new("makensis").output().is_ok(), "makensis")
}

/// Compiles the example with all warnings as errors.
pub fn makensis(defines: &[(&str, &Path)], out: &Path) {
    let mut command = Command::new("makensis");
    command.args(["-V2", "-WX", "-XSetCompress off"]);
    for (name, path) in defines {
        command.arg(format!("-D{name}={}", path.display()));
    }
    command.arg(format!("-DISC_OUT={}", out.display()));
    mingw::tool(command.arg(cc::root().join("packaging/nsis/example.nsi")));
}

/// What is installed: it asks for a code where it has none.
fn program(workshop: &Workshop) -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    let source = cc::root().join("examples-c/quickstart.c");
    NAME.get_or_init(|| workshop.compile(&source, Language::C, Linkage::Shared))
}

impl Computer {
    /// With the package unpacked; its options are as `more` says. None where a tool is missing.
    pub fn new(more: Value) -> Option<Computer> {
        let workshop = mingw::workshop().filter(|_| has_makensis())?;
        let sandbox = Sandbox::start();
        sandbox.license(json!({"license": CODE, "product_id": "P1"}));
        let computer = Computer {
            workshop,
            sandbox,
            dir: TempDir::new().unwrap(),
            user: None,
            _alone: alone(),
        };
        computer.unpack(more);
        Some(computer)
    }

    /// With a Windows of this user's own.
    pub fn of_user(mut self, user: &'static str) -> Computer {
        self.workshop.make_windows_of(user);
        self.user = Some(user);
        self
    }

    /// A folder in that user's profile, for the data of programs.
    pub fn local_data(&self) -> PathBuf {
        let user = self.user.expect("a user");
        let profile = self.workshop.windows_of(user).join("drive_c/users");
        profile.join(user).join("AppData/Local")
    }

    fn unpack(&self, more: Value) {
        fs::create_dir(self.file("package")).unwrap();
        fs::create_dir(self.file("gate")).unwrap();
        let options = self.file("iscdesk.json");
        fs::write(&options, self.options(more).to_string()).unwrap();
        let program = program(self.workshop);
        let defines = [
            ("ISC_TARGET", Path::new("amd64-unicode")),
            ("ISC_DLL", stripped(mingw::X64).expect("as the workshop")),
            ("ISC_PROGRAM", &self.workshop.file(program)),
            ("ISC_OPTIONS", &options),
            (
                "ISC_AFTER_STEP",
                &cc::root().join("tests/installer/gate.nsh"),
            ),
        ];
        makensis(&defines, &self.file("package").join(SETUP));
        for script in ["InstallApp.vbs", "uninstall.vbs"] {
            let source = cc::root().join("packaging/iscdesk-client").join(script);
            fs::copy(source, self.file("package").join(script)).unwrap();
        }
    }

    fn options(&self, more: Value) -> Value {
        let mut options = json!({
            "vendor": "Example Ltd", "product": "Example CAD", "version": "1.0",
            "endpoint": self.sandbox.http, "data_dir": windows_path(&self.file("state")),
            "access_key": self.sandbox.access_key, "secret_key": self.sandbox.secret_key
        });
        for (name, value) in more.as_object().unwrap() {
            options[name] = value.clone();
        }
        // Null: not set.
        let members = options.as_object_mut().unwrap();
        members.retain(|_, value| !value.is_null());
        options
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = match self.user {
            Some(user) => self.workshop.command_of(user, program),
            None => self.workshop.command(program),
        };
        command
            // Or wine cannot name a folder in Chinese.
            .env("LC_ALL", "C.UTF-8")
            .env("ISC_GATE", windows_path(&self.file("gate")))
            .current_dir(self.dir.path());
        command
    }

    /// The installer, into the folder `target`.
    pub fn setup(&self, arguments: &[&str]) -> Command {
        self.setup_into(&self.file("target"), arguments)
    }

    /// NSIS wants the folder as the last argument.
    pub fn setup_into(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = self.setup_anywhere(arguments);
        command.args(unquoted(&format!("/D={}", windows_path(folder))));
        command
    }

    /// The installer, which finds the folder itself.
    pub fn setup_anywhere(&self, arguments: &[&str]) -> Command {
        let setup = self.file("package").join(SETUP);
        let mut command = self.command(setup.to_str().unwrap());
        command.arg("/S").args(arguments);
        command
    }

    /// The uninstaller, as a copy that is waited for.
    pub fn uninstaller(&self) -> Command {
        self.uninstaller_of(&self.file("target"))
    }

    pub fn uninstaller_of(&self, folder: &Path) -> Command {
        let copy = self.file("uninstall.exe");
        if let Err(error) = fs::copy(folder.join("uninstall.exe"), &copy) {
            // An earlier run may have deleted it last.
            assert!(copy.exists(), "{error}");
        }
        let mut command = self.command(copy.to_str().unwrap());
        command.arg("/S");
        command.args(unquoted(&format!("_?={}", windows_path(folder))));
        command
    }

    /// A script by one of its two hosts: `cscript` has a console, `wscript` shows windows.
    pub fn script(&self, host: &str, script: &Path, arguments: &[&str]) -> Ran {
        let mut command = self.command(host);
        command.arg("//nologo").arg(windows_path(script));
        self.run(command.args(arguments))
    }

    pub fn run(&self, command: &mut Command) -> Ran {
        self.workshop.run(command, "")
    }

    pub fn exit(&self, mut command: Command) -> Option<i32> {
        self.run(&mut command).exit
    }

    /// By the program in the workshop, which stays when the installed one goes.
    pub fn is_licensed(&self) -> bool {
        let mut command = self.command(program(self.workshop));
        let ran = self.run(command.arg(windows_path(&self.file("iscdesk.json"))));
        assert!(matches!(ran.exit, Some(0 | 1)), "{ran:?}");
        ran.exit == Some(0)
    }

    pub fn is_registered(&self) -> bool {
        let mut command = self.command("reg");
        self.run(command.args(["query", REGISTERED])).exit == Some(0)
    }

    /// The installed program, with a code typed in; it runs until it is killed.
    pub fn start_program(&self) -> Child {
        let mut command = self.command(self.file("target/example.exe").to_str().unwrap());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let typed = format!("{CODE}\n");
        let mut input = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut input, typed.as_bytes()).unwrap();
        child
    }

    /// Runs one until its step of that percentage, and kills it there.
    pub fn kill_after(&self, mut command: Command, percent: u32) {
        let (stop, stopped) = (
            self.file(&format!("gate/stop-at-{percent}")),
            self.file("gate/stopped"),
        );
        fs::write(&stop, "").unwrap();
        let mut child = command.spawn().unwrap();
        wait_for("the gate", || {
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "{command:?} ended before {percent}: {ended:?}"
            );
            stopped.exists()
        });
        kill(child);
        fs::remove_file(stop).unwrap();
        fs::remove_file(stopped).unwrap();
    }

    pub fn report(&self) -> Value {
        report(&self.file("target/install.json"))
    }

    /// Everything that the installer brings is there, and nothing else.
    pub fn is_complete(&self) -> bool {
        self.is_complete_in(&self.file("target"))
    }

    pub fn is_complete_in(&self, folder: &Path) -> bool {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let same = |name: &str, original: &Path| {
            fs::read(folder.join(name)).unwrap() == fs::read(original).unwrap()
        };
        let wanted = ["example.exe", "install.json", "iscdesk.dll", "iscdesk.json"];
        names == [&wanted[..], &["uninstall.exe"]].concat()
            && same("iscdesk.dll", stripped(mingw::X64).unwrap())
            && same("iscdesk.json", &self.file("iscdesk.json"))
    }
}

/// NSIS knows its last argument only without quotation marks, which wine would put around one with spaces: as several it
/// stays what it is.
fn unquoted(argument: &str) -> impl Iterator<Item = &str> {
    argument.split(' ')
}

pub fn report(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect(&text)
}

pub fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
