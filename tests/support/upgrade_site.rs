//! A customer's computer with `upgrade.c`, the library and the helper beside it, a vendor, and a sandbox that serves the
//! vendor's feed. The test file has `cc`, `support` (the sandbox) and `vendor` beside this.

// Each test file uses another part of this.
#![allow(dead_code)]

use crate::cc::{self, Ran};
use crate::support::Sandbox;
use crate::vendor::{PRODUCT, Vendor};
use iscdesk::upgrade::this_platform;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub const STAGED: &str = r#""Stage":"staged""#;
pub const INSTALLED: &str = r#""Stage":"installed""#;
pub const NOTHING_NEW: &str = r#""params":{"available":"false"}"#;

pub struct Site {
    pub dir: TempDir,
    pub sandbox: Sandbox,
    pub vendor: Vendor,
    config: PathBuf,
}

/// What a release is besides its version.
#[derive(Default)]
pub struct Release {
    pub forced: bool,
    /// Lines of the installer before it replaces the program.
    pub script: &'static str,
    /// Bytes that make the package larger.
    pub padding: usize,
}

impl Release {
    pub fn forced() -> Release {
        Release {
            forced: true,
            ..Release::default()
        }
    }

    /// Large enough to be interrupted.
    pub fn large() -> Release {
        Release {
            padding: 400_000,
            ..Release::default()
        }
    }
}

impl Site {
    pub fn new() -> Site {
        Site::at("http")
    }

    /// The feed over `http` or `https`.
    pub fn at(scheme: &str) -> Site {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("app")).unwrap();
        let vendor = Vendor::new(dir.path());
        let sandbox = Sandbox::start_with(&["--feed", dir.path().join("feed").to_str().unwrap()]);
        let site = Site {
            config: dir.path().join("app/iscdesk.json"),
            sandbox,
            vendor,
            dir,
        };
        let (base, ca_file) = match scheme {
            "https" => (&site.sandbox.https, Some(&site.sandbox.ca_file)),
            _ => (&site.sandbox.http, None),
        };
        let mut options = json!({
            "vendor": "Example Ltd", "product": PRODUCT, "version": "1.0.0", "auto_heartbeat": 0,
            "data_dir": site.dir.path().join("state"),
            "upgrade_feed": format!("{base}/feed/feed.json"),
            "upgrade_public_key": site.vendor.public_key,
        });
        if let Some(ca_file) = ca_file {
            options["ca_file"] = json!(ca_file);
        }
        fs::write(&site.config, options.to_string()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_iscdesk"), site.app("iscdesk")).unwrap();
        let library = cc::library_dir().join("libiscdesk.so");
        fs::copy(library, site.app("libiscdesk.so")).unwrap();
        site.compile("1.0.0", &site.first());
        site.put_first();
        site
    }

    /// Version 1 as it was compiled.
    fn first(&self) -> PathBuf {
        self.dir.path().join("program-1.0.0")
    }

    pub fn first_program(&self) -> Vec<u8> {
        fs::read(self.first()).unwrap()
    }

    /// As if version 1 had just been installed, and never run.
    pub fn begin_anew(&self) {
        fs::remove_dir_all(self.dir.path().join("state")).unwrap();
        fs::remove_file(self.app("program")).unwrap();
        self.put_first();
    }

    /// A link, not a copy: what a program of another test inherits while it starts may be a file that is being written,
    /// and no system starts a program whose file is open for writing. Installers replace the name and leave the file.
    fn put_first(&self) {
        fs::hard_link(self.first(), self.app("program")).unwrap();
    }

    /// Changes one of the program's options.
    pub fn configure(&self, name: &str, value: Value) {
        let options = fs::read(&self.config).unwrap();
        let mut options: Value = serde_json::from_slice(&options).unwrap();
        options[name] = value;
        fs::write(&self.config, options.to_string()).unwrap();
    }

    pub fn app(&self, name: &str) -> PathBuf {
        self.dir.path().join("app").join(name)
    }

    fn compile(&self, version: &str, program: &Path) {
        let version = format!("-DPROGRAM_VERSION=\"{version}\"");
        let source = cc::root().join("examples-c/upgrade.c");
        self.compile_with(&source, &["-std=c99", &version], program);
    }

    /// Another program of the product.
    pub fn compile_beside(&self, source: &Path) -> PathBuf {
        let program = self.app("other");
        self.compile_with(source, &["-std=gnu99"], &program);
        program
    }

    /// A library to be preloaded.
    pub fn compile_shim(&self, source: &Path) -> PathBuf {
        let library = self.dir.path().join("shim.so");
        self.compile_with(source, &["-std=gnu99", "-shared", "-fPIC"], &library);
        library
    }

    fn compile_with(&self, source: &Path, flags: &[&str], out: &Path) {
        let output = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()))
            .args(["-Wall", "-Wextra", "-Werror", "-g", "-I"])
            .arg(cc::root().join("include"))
            .args(flags)
            .arg(source)
            .arg(self.app("libiscdesk.so"))
            .args(["-Wl,-rpath,$ORIGIN", "-o"])
            .arg(out)
            .output()
            .expect("the compiler runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    /// An installer that carries the program of that version in its own file, published in the feed.
    pub fn release(&self, version: &str, release: &Release) {
        let program = self.dir.path().join(format!("program-{version}"));
        self.compile(version, &program);
        let script = |from: usize| {
            format!(
                "#!/bin/sh\nset -e\n{}\ntail -c +{from:06} \"$0\" > \"$2/program.new\"\n\
                 chmod 755 \"$2/program.new\"\nmv \"$2/program.new\" \"$2/program\"\nexit 0\n",
                release.script
            )
        };
        let mut bytes = script(script(0).len() + 1).into_bytes();
        bytes.extend(fs::read(&program).unwrap());
        // Behind the end of a program lies nothing that it reads.
        bytes.resize(bytes.len() + release.padding, b'.');
        let name = format!("setup-{version}.run");
        let more: &[&str] = if release.forced { &["--forced"] } else { &[] };
        let package = (name.as_str(), bytes.as_slice());
        let server = &self.sandbox.http;
        self.vendor
            .publish(version, &this_platform(), package, server, more);
    }

    /// The package as it was published.
    pub fn package(&self, version: &str) -> Vec<u8> {
        let name = format!("feed/setup-{version}.run");
        fs::read(self.dir.path().join(name)).unwrap()
    }

    pub fn command(&self, answer: &str) -> Command {
        let mut command = self.command_of(&self.app("program"));
        command.arg(answer);
        command
    }

    /// A program that is given the options.
    pub fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg(&self.config);
        // Cargo's, by which the program would find another library than the one beside it.
        command.env_remove("LD_LIBRARY_PATH");
        command
    }

    pub fn by_valgrind(&self, answer: &str) -> Command {
        let mut command = cc::valgrind(&self.app("program"));
        command.arg(&self.config).arg(answer);
        command
    }

    pub fn run(&self, answer: &str) -> Ran {
        cc::run(&mut self.command(answer), "", cc::LIMIT)
    }

    /// Runs the program to a good end.
    pub fn runs(&self, version: &str, answer: &str) -> String {
        let ran = self.run(answer);
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        let first = format!("this is version {version}\n");
        assert!(ran.stdout.starts_with(&first), "{ran:?}");
        ran.stdout
    }

    /// None before there was anything to stage.
    pub fn find_staging(&self) -> Option<PathBuf> {
        let list = fs::read_dir(self.dir.path().join("state")).ok()?;
        let mut folders = list.map(|entry| entry.unwrap().path());
        folders.find(|path| path.extension().is_some_and(|end| end == "upgrade"))
    }

    pub fn staging(&self) -> PathBuf {
        self.find_staging().expect("a staging folder")
    }

    /// What was fetched of a version that is not staged yet.
    pub fn part(&self, version: &str) -> Vec<u8> {
        let staging = self.find_staging();
        let part = staging.map(|staging| staging.join(format!("{version}.part")));
        part.and_then(|part| fs::read(part).ok())
            .unwrap_or_default()
    }

    /// Waits until the helper, which is at work from "staged" on, and the installer have ended.
    pub fn wait_for_helper(&self) {
        for lock in ["helper.lock", "installer.lock"] {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            let file = options.open(self.staging().join(lock)).unwrap();
            file.lock().unwrap();
        }
    }

    /// What lies there for a helper or another download.
    pub fn left(&self) -> Vec<String> {
        let list = fs::read_dir(self.staging()).unwrap();
        let names = list.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left = names.filter(|name| !name.ends_with(".lock") && name != "install.json");
        left.collect()
    }
}

pub fn has(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

pub fn has_not(said: &str, part: &str) {
    assert!(!said.contains(part), "{part} is in\n{said}");
}
