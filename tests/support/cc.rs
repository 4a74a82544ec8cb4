//! Compiles C and C++ programs against the library as a vendor does: with all warnings as errors, linked statically or
//! to the shared library. Programs run with a hard time limit, since what is tested here is what hangs if it fails.
//!
//! `CC` and `CXX` name other compilers. Linux and macOS.

// Each test file uses another part of this.
#![allow(dead_code)]

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longest run of a program that is not meant to wait.
pub const LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    C,
    Cpp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    Static,
    Shared,
}

pub const BUILDS: [(Language, Linkage); 4] = [
    (Language::C, Linkage::Static),
    (Language::C, Linkage::Shared),
    (Language::Cpp, Linkage::Static),
    (Language::Cpp, Linkage::Shared),
];

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// None where a signal ended it.
    pub exit: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Language {
    fn compiler(self) -> String {
        let (variable, usual) = match self {
            Language::C => ("CC", "cc"),
            Language::Cpp => ("CXX", "c++"),
        };
        std::env::var(variable).unwrap_or_else(|_| usual.into())
    }

    /// The oldest standard that the header promises to work with.
    pub fn flags(self) -> [&'static str; 3] {
        match self {
            Language::C => ["-x", "c", "-std=c99"],
            Language::Cpp => ["-x", "c++", "-std=c++11"],
        }
    }
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where cargo puts the library for tests: beside the test itself.
pub fn library_dir() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    test.parent().expect("it lies in a folder").to_owned()
}

/// Compiles and links one source; panics with what the compiler says. Returns the program.
pub fn compile(source: &Path, language: Language, linkage: Linkage, out_dir: &Path) -> PathBuf {
    let name = source.file_stem().expect("a file").to_string_lossy();
    let program = out_dir.join(format!("{name}-{language:?}-{linkage:?}"));
    let mut command = Command::new(language.compiler());
    command
        .args(language.flags())
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-I"])
        .arg(root().join("include"))
        .arg(source)
        .args(["-x", "none", "-o"])
        .arg(&program);
    link(&mut command, linkage);
    let output = command.output().expect("the compiler runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
    program
}

/// Adds the library to a compiler's arguments, after the sources.
pub fn link(command: &mut Command, linkage: Linkage) {
    let dir = library_dir();
    match linkage {
        Linkage::Static => {
            command.arg(dir.join("libiscdesk.a"));
            command.args(match cfg!(target_os = "macos") {
                true => &[
                    "-framework",
                    "CoreFoundation",
                    "-framework",
                    "Security",
                    "-liconv",
                ][..],
                false => &["-lpthread", "-ldl", "-lm"],
            });
        }
        Linkage::Shared => {
            let extension = std::env::consts::DLL_EXTENSION;
            command.arg(dir.join(format!("libiscdesk.{extension}")));
            command.arg(format!("-Wl,-rpath,{}", dir.display()));
        }
    }
}

/// What valgrind answers where it found an invalid access or a definite leak.
pub const FOUND: i32 = 99;

/// The command to run a program by valgrind.
pub fn valgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--leak-check=full", "--num-callers=30"])
        .arg(format!("--error-exitcode={FOUND}"))
        .arg("--errors-for-leak-kinds=definite")
        .arg(program);
    command
}

/// Runs a program to its end; kills it and panics if that takes longer than `limit`.
pub fn run(command: &mut Command, stdin: &str, limit: Duration) -> Ran {
    // Files, because a pipe that nobody reads yet would hold the program.
    let (mut out, mut err) = (unnamed_file(), unnamed_file());
    let copy = |file: &File| file.try_clone().expect("a second handle");
    let mut child = command
        // Cargo's own would find an older library before the program's run path is looked at.
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("DYLD_FALLBACK_LIBRARY_PATH")
        .stdin(Stdio::piped())
        .stdout(copy(&out))
        .stderr(copy(&err))
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("stdin is piped");
    // Who reads nothing may have ended already.
    let _ = input.write_all(stdin.as_bytes());
    drop(input);
    let status = wait(&mut child, limit);
    let (stdout, stderr) = (text(&mut out), text(&mut err));
    let Some(status) = status else {
        panic!("{command:?} did not end within {limit:?}\n{stdout}\n{stderr}");
    };
    Ran {
        exit: status.code(),
        stdout,
        stderr,
    }
}

fn unnamed_file() -> File {
    tempfile::tempfile().expect("a temporary file")
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().expect("the start of the file");
    file.read_to_end(&mut bytes).expect("the whole file");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            return Some(status);
        }
        if Instant::now() >= deadline {
            child.kill().expect("the child can be killed");
            child.wait().expect("a killed child ends");
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
