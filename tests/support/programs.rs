//! C and C++ programs against the library that cargo has just built: compiled, linked either way, run with a time limit.

// Each test takes what it needs.
#![allow(dead_code)]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What `cargo rustc -- --print native-static-libs` says a static link needs.
const NATIVE: [&str; 7] = [
    "-lgcc_s",
    "-lutil",
    "-lrt",
    "-lpthread",
    "-lm",
    "-ldl",
    "-lc",
];
/// Everything a compiler can object to.
pub const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Shared,
    Static,
    /// Not at all: the program loads it itself.
    Not,
}

/// The folder of this crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file that cargo made of the library, beside this test's own executable.
pub fn library(file: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let mut folders = test.ancestors().skip(1).take(2);
    let found = folders.find(|folder| folder.join(file).exists());
    let folder = found.unwrap_or_else(|| panic!("no {file} near {}", test.display()));
    folder.join(file)
}

pub fn shared() -> PathBuf {
    library("libiscdesk.so")
}

/// A program, in a folder of its own that goes with it.
pub struct Program {
    folder: TempDir,
    file: PathBuf,
}

/// Compiles a source of `tests/c` by `compiler` with `flags`.
pub fn build(compiler: &str, source: &str, flags: &[&str], link: Link) -> Program {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("program");
    let mut command = Command::new(compiler);
    command
        .args(STRICT)
        .args(["-g", "-O1", "-D_GNU_SOURCE"])
        .args(flags)
        .arg("-I")
        .arg(root().join("include"))
        .arg(root().join("tests/c").join(source))
        .arg("-o")
        .arg(&file);
    match link {
        Link::Shared => {
            let library = shared();
            let folder = library.parent().expect("it lies in a folder").to_owned();
            // By path, so that no static one of the same folder is taken; found again by its SONAME.
            command.arg(&library).arg("-lpthread");
            command.arg(format!("-Wl,-rpath,{}", folder.display()));
        }
        Link::Static => {
            command.arg(library("libiscdesk.a")).args(NATIVE);
        }
        Link::Not => {
            command.args(["-ldl", "-lpthread"]);
        }
    }
    succeed(&mut command);
    Program { folder, file }
}

/// Compiles a text without linking it. Stops the test with the compiler's words where that fails.
pub fn check(compiler: &str, language: &str, flags: &[&str], text: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("source");
    std::fs::write(&source, text).expect("a temporary file");
    let mut command = Command::new(compiler);
    command
        .args(STRICT)
        .args(flags)
        .args(["-fsyntax-only", "-x", language, "-I"])
        .arg(root().join("include"))
        .arg(&source);
    succeed(&mut command);
}

/// True where the compiler knows a flag.
pub fn knows(compiler: &str, language: &str, flag: &str) -> bool {
    Command::new(compiler)
        .args([flag, "-fsyntax-only", "-x", language, "/dev/null"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a tool and returns what it printed. Stops the test where it fails.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().expect("the tool runs");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

impl Program {
    /// A folder that the program may write to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Runs it to its end, which must be a good one and in time.
    pub fn run(&self, arguments: &[&Path], limit: Duration) -> String {
        let mut command = Command::new(&self.file);
        command.args(arguments);
        run(&mut command, limit)
    }

    /// As [`Program::run`], by valgrind: no invalid access, no lost memory.
    pub fn run_by_valgrind(&self, arguments: &[&Path], limit: Duration) -> String {
        let mut command = Command::new("valgrind");
        command
            .args(["--quiet", "--error-exitcode=99", "--leak-check=full"])
            .args(["--errors-for-leak-kinds=definite", "--num-callers=30"])
            .arg(&self.file)
            .args(arguments);
        run(&mut command, limit)
    }
}

fn run(command: &mut Command, limit: Duration) -> String {
    let child = command
        // Cargo's own leads to a library that it need not have renewed.
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let (status, said) = end(child, limit);
    match status {
        None => panic!("{command:?} did not end within {limit:?}\n{said}"),
        Some(status) => assert!(status.success(), "{command:?}: {status}\n{said}"),
    }
    said
}

/// Waits for the end of the program and of all that shares its outputs; kills it where that takes too long.
fn end(mut child: Child, limit: Duration) -> (Option<ExitStatus>, String) {
    let deadline = Instant::now() + limit;
    let (sender, receiver) = mpsc::channel();
    read_on(child.stdout.take(), sender.clone());
    read_on(child.stderr.take(), sender);
    let mut said = String::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok(text) => said.push_str(&text),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let _ = child.kill();
                let _ = child.wait();
                return (None, said);
            }
        }
    }
    (child.wait().ok(), said)
}

fn read_on(pipe: Option<impl Read + Send + 'static>, sender: mpsc::Sender<String>) {
    let mut pipe = pipe.expect("both outputs are pipes");
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
            if sender.send(text).is_err() {
                break;
            }
        }
    });
}
