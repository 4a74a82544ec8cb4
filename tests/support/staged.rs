//! An upgrade that is staged, as the library leaves it for the helper: a state's folder with plan, signed feed and package,
//! and a vendor who signs them. What a test wants to be wrong it makes wrong itself.

// Each test file uses another part of this.
#![allow(dead_code)]

use iscdesk::store::Scope;
use iscdesk::upgrade::staging::SignedFeed;
use iscdesk::upgrade::{Outcome, Plan, Staging, this_platform};
use minisign::KeyPair;
use serde_json::{Value, json};
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub const PRODUCT: &str = "Example CAD";
pub const VERSION: &str = "2.0.0";

pub struct Vendor {
    pair: KeyPair,
}

impl Vendor {
    pub fn new() -> Vendor {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        Vendor { pair }
    }

    pub fn key(&self) -> String {
        self.pair.pk.to_base64()
    }

    pub fn sign(&self, bytes: &[u8], comment: &str) -> String {
        let signed = minisign::sign(None, &self.pair.sk, bytes, Some(comment), None);
        signed.unwrap().into_string()
    }
}

pub struct Staged {
    pub dir: TempDir,
    pub staging: Staging,
    pub vendor: Vendor,
    pub helper: PathBuf,
}

impl Staged {
    /// Nothing is staged yet.
    pub fn empty() -> Staged {
        let dir = TempDir::new().unwrap();
        let staging = Staging::beside(&dir.path().join("0123abcd-0123456789abcdef.isclic"));
        staging.prepare(Scope::User).unwrap();
        std::fs::create_dir(dir.path().join("program")).unwrap();
        Staged {
            staging,
            vendor: Vendor::new(),
            helper: env!("CARGO_BIN_EXE_iscdesk").into(),
            dir,
        }
    }

    /// An installer that is a script. `$LOG` in it is a file of the test's.
    pub fn with(script: &str) -> Staged {
        let staged = Staged::empty();
        staged.stage(script.replace("$LOG", staged.log().to_str().unwrap()));
        staged
    }

    pub fn stage(&self, script: String) {
        let package = format!("#!/bin/sh\n{script}\n").into_bytes();
        let feed = self.feed(&package, &self.comment());
        self.put(
            &package,
            &feed,
            &self.vendor.sign(feed.to_string().as_bytes(), "feed"),
        );
    }

    /// Everything, the plan last.
    pub fn put(&self, package: &[u8], feed: &Value, signature: &str) {
        std::fs::write(self.package(), package).unwrap();
        let signed = SignedFeed {
            feed: feed.to_string().into_bytes(),
            signature: signature.into(),
        };
        self.staging.write_signed_feed(&signed).unwrap();
        self.staging.write_plan(&self.plan()).unwrap();
    }

    pub fn comment(&self) -> String {
        format!(
            "product:{PRODUCT} version:{VERSION} platform:{}",
            this_platform()
        )
    }

    pub fn feed(&self, package: &[u8], comment: &str) -> Value {
        json!({
            "version": VERSION, "pub_date": "2026-03-01T08:00:00Z",
            "platforms": {this_platform(): {
                "url": "https://example.com/setup", "size": package.len(),
                "signature": self.vendor.sign(package, comment),
                "installer_args": ["--into", "{install_dir}", "--progress={progress}"],
            }},
        })
    }

    pub fn plan(&self) -> Plan {
        Plan {
            format: iscdesk::upgrade::plan::FORMAT,
            product: PRODUCT.into(),
            installed: "1.0.0".into(),
            version: VERSION.into(),
            platform: this_platform(),
            public_keys: vec![Vendor::new().key(), self.vendor.key()],
            install_dir: self.program_dir(),
            program: self.program_dir().join("program"),
        }
    }

    pub fn program_dir(&self) -> PathBuf {
        self.dir.path().join("program")
    }

    pub fn package(&self) -> PathBuf {
        self.staging.package(&VERSION.parse().unwrap())
    }

    pub fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// What installers wrote; empty where none ran.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.helper);
        command
            .args(["upgrade-run", "--staging"])
            .arg(self.staging.dir())
            .stdin(Stdio::null());
        command
    }

    pub fn spawn(&self) -> Child {
        self.command().spawn().unwrap()
    }

    /// Starts a helper, which answers once it is at work.
    pub fn start(&self) {
        let output = self.command().output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(
            output.stdout.is_empty() && output.stderr.is_empty(),
            "{output:?}"
        );
    }

    /// Waits until no helper and no installer is at work.
    pub fn wait(&self) {
        for name in ["helper.lock", "installer.lock"] {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            let file = options.open(self.staging.dir().join(name)).unwrap();
            file.lock().unwrap();
        }
    }

    pub fn run(&self) -> Outcome {
        self.start();
        self.wait();
        self.staging.outcome().unwrap().expect("a result")
    }

    pub fn progress(&self) -> String {
        std::fs::read_to_string(self.staging.progress()).unwrap()
    }

    /// What lies in the staging folder, without the locks.
    pub fn left(&self) -> Vec<String> {
        let list = std::fs::read_dir(self.staging.dir()).unwrap();
        let names = list.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".lock")).collect();
        names.sort();
        names
    }

    /// A process of the product that runs, until this is dropped.
    pub fn running(&self) -> File {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(self.staging.running()).unwrap();
        file.lock_shared().unwrap();
        file
    }
}
