//! The command line as a child process, on a computer of its own: a folder with an options file and a state.

// Each test file uses another part of this.
#![allow(dead_code)]

use crate::support::Sandbox;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// One computer with one product.
pub struct Site {
    pub dir: TempDir,
    pub config: PathBuf,
}

pub struct Answer {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Site {
    pub fn of(sandbox: &Sandbox) -> Site {
        Site::with(json!({
            "endpoint": sandbox.http, "access_key": sandbox.access_key, "secret_key": sandbox.secret_key
        }))
    }

    pub fn with(options: Value) -> Site {
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("iscdesk.json");
        let mut all =
            json!({"vendor": "Acme", "product": "Cad", "data_dir": dir.path().join("state")});
        for (name, value) in options.as_object().unwrap() {
            all[name] = value.clone();
        }
        std::fs::write(&config, all.to_string()).unwrap();
        Site { dir, config }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn run(&self, args: &[&str]) -> Answer {
        let mut command = bare(args);
        command.arg("--config").arg(&self.config);
        answer(command.output().unwrap())
    }

    /// The document, whose exit code is the process's.
    pub fn json(&self, args: &[&str]) -> Value {
        let answer = self.run(&[args, &["--json"]].concat());
        let document: Value = serde_json::from_str(&answer.stdout).expect(&answer.stdout);
        assert_eq!(document["exit_code"], answer.exit, "{document}");
        assert_eq!(answer.stdout.lines().count(), 1);
        document
    }
}

pub fn bare(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
    command.args(args).stdin(Stdio::null());
    for variable in [
        "ISCDESK_SECRET_KEY",
        "ISCDESK_BEARER_TOKEN",
        "ISCDESK_STATE_SECRET",
    ] {
        command.env_remove(variable);
    }
    command
}

pub fn answer(output: Output) -> Answer {
    Answer {
        exit: output.status.code().expect("it ended by itself"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
