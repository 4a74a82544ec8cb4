//! Windows programs on a Linux machine: the library cross-built by cargo, C and C++ programs compiled by MinGW, and wine to
//! run them.
//!
//! One workshop serves a whole test process: a folder with the DLL, the programs beside it, and a Windows of its own
//! (`WINEPREFIX`), and more where a test needs another user. A shell that waits for the end of this process, however that
//! comes, stops them and deletes the folder.

// Each test file uses another part of this.
#![allow(dead_code)]

use crate::cc::{self, Language, Linkage, Ran};
use crate::need;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

pub const X64: &str = "x86_64-pc-windows-gnu";
pub const X86: &str = "i686-pc-windows-gnu";

/// Longest time to make a Windows; half a minute on a busy machine.
const MAKING: Duration = Duration::from_secs(300);

/// What a static link needs beyond what MinGW links anyhow: found by linking.
const NATIVE: [&str; 4] = ["-lws2_32", "-luserenv", "-lntdll", "-lbcrypt"];

/// wine 8 has no bcryptprimitives.dll, which every Windows has; the only function of it that Rust's library asks for.
const PRIMITIVES: &str = include_str!("../../src/bin/iscdesk/demo/bcryptprimitives.c");

/// Where Debian keeps wine without its frontend; it may also be in PATH.
const WINES: [&str; 3] = ["/usr/lib/wine/wine64", "wine64", "wine"];

pub struct Workshop {
    folder: PathBuf,
    wine: &'static str,
    /// Ends this Windows when its stdin is closed.
    _janitor: Child,
}

/// The one workshop; None where a tool is missing.
pub fn workshop() -> Option<&'static Workshop> {
    static WORKSHOP: OnceLock<Option<Workshop>> = OnceLock::new();
    WORKSHOP.get_or_init(Workshop::open).as_ref()
}

/// The folder of a cross-built library: `iscdesk.dll`, `libiscdesk.dll.a`, `libiscdesk.a`. None where a tool is missing.
pub fn library(target: &'static str) -> Option<PathBuf> {
    can_build(target).then(|| build(target))
}

fn find_wine() -> Option<&'static str> {
    let runs = |wine: &&str| Command::new(wine).arg("--version").output().is_ok();
    WINES.into_iter().find(runs)
}

/// True where there is a wine, with a workshop or without.
pub fn has_wine() -> bool {
    need::is_there(find_wine().is_some(), "wine")
}

/// True where Rust and a linker for the target are there.
pub fn can_build(target: &str) -> bool {
    let linker = if target == X64 { "x86_64" } else { "i686" };
    has_target(target) && need::need(&format!("{linker}-w64-mingw32-gcc"))
}

fn has_target(target: &str) -> bool {
    let sysroot = tool(Command::new("rustc").args(["--print", "sysroot"]));
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(target);
    need::is_there(libraries.is_dir(), &format!("Rust target {target}"))
}

/// By cargo, which knows what is out of date, into the folder that this test lies in as well.
fn build(target: &str) -> PathBuf {
    cargo_build(target, &["--lib"])
}

/// The helper of upgrades for 64 bit, which is the whole command line.
pub fn helper() -> PathBuf {
    cargo_build(X64, &["--features", "cli", "--bin", "iscdesk"]).join("iscdesk.exe")
}

fn cargo_build(target: &str, what: &[&str]) -> PathBuf {
    let mut above = cc::library_dir();
    assert!(
        above.pop() && above.pop(),
        "{} is in a target",
        above.display()
    );
    tool(
        Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--target", target])
            .args(what)
            .arg("--target-dir")
            .arg(&above)
            .current_dir(cc::root()),
    );
    above.join(target).join("debug")
}

/// Runs a tool to its good end and returns what it printed.
pub fn tool(command: &mut Command) -> String {
    let output = command.output().expect("the tool runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A path as Windows programs name it under wine.
pub fn windows_path(path: &Path) -> String {
    let path = path.to_str().expect("temporary folders have plain names");
    format!("Z:{}", path.replace('/', "\\"))
}

impl Workshop {
    fn open() -> Option<Workshop> {
        let wine = find_wine();
        if !need::is_there(wine.is_some(), "wine") || !need::need("x86_64-w64-mingw32-g++") {
            return None;
        }
        let library = library(X64)?;
        let folder = tempfile::tempdir().expect("a temporary folder").keep();
        let workshop = Workshop {
            _janitor: hire_janitor(&folder),
            folder,
            wine: wine?,
        };
        workshop.furnish(&library);
        Some(workshop)
    }

    fn furnish(&self, library: &Path) {
        for file in ["iscdesk.dll", "libiscdesk.dll.a", "libiscdesk.a"] {
            std::fs::copy(library.join(file), self.folder.join(file)).expect("the library");
        }
        let source = self.folder.join("bcryptprimitives.c");
        std::fs::write(&source, PRIMITIVES).expect("a source");
        let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
        compiler.arg("-shared").arg(&source).arg("-o");
        tool(compiler.arg(source.with_extension("dll")).arg("-ladvapi32"));
        self.make_windows(self.command("wineboot"), &self.file("windows"));
    }

    fn make_windows(&self, mut boot: Command, windows: &Path) {
        // Else the server goes with each program, and kills the next one that finds it on its way out. The janitor ends it.
        let server = Path::new(self.wine).with_file_name("wineserver");
        if server.is_file() {
            std::fs::create_dir_all(windows).expect("a folder");
            let mut server = Command::new(server);
            server.arg("-p").env("WINEPREFIX", windows);
            server.stdin(Stdio::null()).stdout(Stdio::null());
            assert!(server.stderr(Stdio::null()).status().unwrap().success());
        }
        let made = cc::run(boot.arg("-i"), "", MAKING);
        assert_eq!(made.exit, Some(0), "{made:?}");
        // Also where every Windows has it, for programs that lie elsewhere.
        let system = windows.join("drive_c/windows/system32");
        let name = "bcryptprimitives.dll";
        std::fs::copy(self.file(name), system.join(name)).expect("a system folder");
    }

    /// Makes one more Windows, with the profile of a user of this name.
    pub fn make_windows_of(&self, user: &str) {
        let boot = self.command_of(user, "wineboot");
        self.make_windows(boot, &self.windows_of(user));
    }

    /// The folder of that Windows.
    pub fn windows_of(&self, user: &str) -> PathBuf {
        self.folder.join(format!("windows-{user}"))
    }

    /// As [`Workshop::command`], in the Windows of that user.
    pub fn command_of(&self, user: &str, program: &str) -> Command {
        let mut command = self.command(program);
        command
            .env("WINEPREFIX", self.windows_of(user))
            // Without it wine takes names for ASCII.
            .env("LC_ALL", "C.UTF-8")
            .env("USER", user);
        command
    }

    /// A file of this folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What has to lie beside a program that is run in another folder than this one.
    pub fn primitives(&self) -> PathBuf {
        self.folder.join("bcryptprimitives.dll")
    }

    /// Compiles and links one source to the library; returns the program's name.
    pub fn compile(&self, source: &Path, language: Language, linkage: Linkage) -> String {
        let stem = source.file_stem().expect("a file").to_string_lossy();
        let name = format!("{stem}-{language:?}-{linkage:?}.exe");
        let mut link = NATIVE.to_vec();
        link.insert(0, library_file(linkage));
        self.make(source, language, &name, &link);
        name
    }

    /// Compiles one source to a file of this folder, linked as `link` says; panics with what the compiler says.
    pub fn make(&self, source: &Path, language: Language, name: &str, link: &[&str]) {
        self.make_with(source, language, name, &[], link);
    }

    /// The same with more for the compiler.
    pub fn make_with(
        &self,
        source: &Path,
        language: Language,
        name: &str,
        more: &[&str],
        link: &[&str],
    ) {
        let mut command = compiler(language);
        command.args(more);
        command.arg(source).args(["-x", "none", "-o", name]);
        tool(command.args(link).current_dir(&self.folder));
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file of this folder as Windows programs name it.
    pub fn path(&self, name: &str) -> String {
        windows_path(&self.folder.join(name))
    }

    /// A program of this folder, or one that Windows finds itself, to be run under wine.
    pub fn command(&self, program: &str) -> Command {
        let own = self.folder.join(program);
        let mut command = Command::new(self.wine);
        command
            .env("WINEPREFIX", self.folder.join("windows"))
            .env("WINEDEBUG", "-all")
            // Neither is needed, and a fresh Windows would offer to fetch them.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .env_remove("DISPLAY")
            .current_dir(&self.folder);
        match own.exists() {
            true => command.arg(own),
            false => command.arg(program),
        };
        command
    }

    pub fn run(&self, command: &mut Command, stdin: &str) -> Ran {
        let mut ran = cc::run(command, stdin, cc::LIMIT);
        ran.stdout = ran.stdout.replace("\r\n", "\n");
        ran
    }
}

/// What a program is linked to, in the workshop's folder.
pub fn library_file(linkage: Linkage) -> &'static str {
    match linkage {
        Linkage::Shared => "libiscdesk.dll.a",
        Linkage::Static => "libiscdesk.a",
    }
}

fn compiler(language: Language) -> Command {
    let name = match language {
        Language::C => "x86_64-w64-mingw32-gcc",
        Language::Cpp => "x86_64-w64-mingw32-g++",
    };
    let mut command = Command::new(name);
    command
        .args(language.flags())
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .arg(cc::root().join("include"))
        // wine has no libstdc++-6.dll; the compiler's own printf knows what C99 does.
        .args(["-static", "-D__USE_MINGW_ANSI_STDIO=1"]);
    command
}

/// Waits for the end of this process, of which it holds the other end of a pipe.
fn hire_janitor(folder: &Path) -> Child {
    let work = "read -r _; \
        for server in /usr/lib/wine/wineserver wineserver; do \
            command -v $server >/dev/null || continue; \
            for windows in \"$0\"/windows*; do WINEPREFIX=\"$windows\" $server -k; done; \
            break; \
        done; \
        sleep 1; rm -rf \"$0\"";
    Command::new("sh")
        .args(["-c", work])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell")
}
