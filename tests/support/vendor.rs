//! A vendor who publishes upgrades with the command line. One folder holds the key and `feed/`, which a sandbox serves.

// Each test file uses another part of this.
#![allow(dead_code)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const PRODUCT: &str = "Example CAD";
const FEED: &str = "feed/feed.json";

pub struct Vendor {
    folder: PathBuf,
    pub public_key: String,
}

impl Vendor {
    pub fn new(folder: &Path) -> Vendor {
        std::fs::create_dir(folder.join("feed")).unwrap();
        let made = run(folder, &["keygen", "--no-password", "--out", "key"]);
        Vendor {
            folder: folder.to_owned(),
            public_key: made["public_key"].as_str().unwrap().to_owned(),
        }
    }

    /// Puts a package into the feed that is served at `server`, and signs both. The installer is told where the program
    /// lies, and whatever `more` says.
    pub fn publish(
        &self,
        version: &str,
        platform: &str,
        package: (&str, &[u8]),
        server: &str,
        more: &[&str],
    ) {
        let (name, bytes) = package;
        std::fs::write(self.folder.join("feed").join(name), bytes).unwrap();
        let package = format!("{platform}=feed/{name}");
        let base = format!("{server}/feed");
        let [into, folder] = ["--into", "{install_dir}"].map(|arg| format!("{platform}={arg}"));
        #[rustfmt::skip]
        let make = [
            "make", "--feed", FEED, "--release", version, "--notes", "Faster.",
            "--url-base", &base, "--package", &package,
            "--installer-arg", &into, "--installer-arg", &folder,
        ];
        run(&self.folder, &[&make, more].concat());
        let sign = ["sign", "--feed", FEED, "--product", PRODUCT, "--key", "key"];
        run(&self.folder, &sign);
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_iscdesk"))
        .args(["--json", "feed"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
