//! A machine that is never online, from the vendor's key to the proof of the return: the example is the customer's program,
//! the command line is the vendor. Every build of it, each run with a hard time limit.
//! And what valgrind says of that program; of the other examples: `tests/valgrind.rs`.

#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/need.rs"]
mod need;

use cc::{Language, Linkage, Ran};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const CODE: &str = "FILE-0001";
/// Valgrind takes twenty times as long.
const VALGRIND_LIMIT: Duration = Duration::from_secs(300);
/// The command to run a program by.
type By = fn(&Path) -> Command;

fn directly(program: &Path) -> Command {
    Command::new(program)
}

fn expect(ran: &Ran, exit: i32, told: &[&str]) {
    assert_eq!(ran.exit, Some(exit), "{ran:?}");
    for told in told {
        assert!(ran.stdout.contains(told), "{told}: {ran:?}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of plain characters")
}

/// The vendor and one machine of a customer.
struct Story {
    dir: TempDir,
    program: PathBuf,
    by: By,
    public_key: String,
}

impl Story {
    fn new(language: Language, linkage: Linkage, by: By) -> Story {
        let dir = TempDir::new().expect("a temporary folder");
        let source = cc::root().join("examples-c/airgapped.c");
        let program = cc::compile(&source, language, linkage, dir.path());
        let mut story = Story {
            dir,
            program,
            by,
            public_key: String::new(),
        };
        let made = story.vendor(&["keygen", "--out", text(&story.path("vendor.pem"))]);
        story.public_key = made["public_key"].as_str().expect("a key").into();
        story
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn vendor(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
        command.args(["--json", "license"]).args(arguments);
        let ran = cc::run(&mut command, "", cc::LIMIT);
        assert_eq!(ran.exit, Some(0), "{arguments:?}: {ran:?}");
        serde_json::from_str(&ran.stdout).expect("JSON")
    }

    fn customer(&self, arguments: &[&str]) -> Ran {
        let mut command = (self.by)(&self.program);
        command
            .args(arguments)
            .env("ISCDESK_LICENSE_PUBLIC_KEY", &self.public_key)
            .env("ISCDESK_DATA_DIR", self.path("state"));
        cc::run(&mut command, "", VALGRIND_LIMIT)
    }

    /// For the machine of the request; for any where nothing can be told of this one, as in some containers.
    fn issue(&self, request: &Path, file: &Path) {
        let key = self.path("vendor.pem");
        let said = fs::read_to_string(request).expect("the request is there");
        let said: Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(said["product"], "Example CAD", "{said}");
        let target = match said["parts"].as_array().expect("a list").is_empty() {
            false => ["--request", text(request)].to_vec(),
            true => ["--site", "--product", "Example CAD"].to_vec(),
        };
        let fixed = ["issue", "--key", text(&key), "--code", CODE];
        let more = [
            "--expires",
            "30d",
            "--features",
            "mesh",
            "--out",
            text(file),
        ];
        self.vendor(&[&fixed[..], &target, &more].concat());
    }

    /// From the request to the return, and what holds after it.
    fn walk(&self) {
        let (request, file, proof) = (self.path("request"), self.path("a.lic"), self.path("proof"));
        expect(&self.customer(&["run"]), 1, &["not licensed\n"]);
        expect(&self.customer(&["request", text(&request)]), 0, &[]);
        self.issue(&request, &file);

        let first = self.customer(&["run", text(&file)]);
        expect(&first, 0, &["licensed\n{", "\"mesh\""]);
        let kept = self.path("kept.lic");
        fs::rename(&file, &kept).expect("the file can be taken away");
        expect(&self.customer(&["run"]), 0, &["licensed\n{", "\"mesh\""]);

        let returned = self.customer(&["return", text(&proof)]);
        expect(&returned, 0, &["given back\nnot licensed\n"]);
        let verify = ["verify-return", text(&proof), "--request", text(&request)];
        assert_eq!(self.vendor(&verify)["license"], CODE);

        expect(&self.customer(&["run"]), 1, &["not licensed\n"]);
        let refused = self.customer(&["run", text(&kept)]);
        expect(&refused, 1, &[]);
        assert!(refused.stderr.contains("\"ErrorCode\":-28"), "{refused:?}");
        expect(&self.customer(&["run"]), 1, &["not licensed\n"]);
        expect(
            &self.customer(&["return", text(&self.path("more"))]),
            1,
            &[],
        );
        assert!(!self.path("more").exists());
    }
}

#[test]
fn a_machine_without_network_from_the_request_to_the_return() {
    for (language, linkage) in cc::BUILDS {
        Story::new(language, linkage, directly).walk();
    }
}

#[test]
fn wrong_uses_are_told() {
    let story = Story::new(Language::C, Linkage::Shared, directly);
    for wrong in [&[][..], &["request"], &["return"], &["walk", "x"]] {
        let ran = story.customer(wrong);
        expect(&ran, 2, &[]);
        assert!(ran.stderr.starts_with("usage: "), "{ran:?}");
    }
    let stranger = Story::new(Language::C, Linkage::Shared, directly);
    let (request, file) = (story.path("request"), story.path("a.lic"));
    expect(&story.customer(&["request", text(&request)]), 0, &[]);
    stranger.issue(&request, &file);
    let forged = story.customer(&["run", text(&file)]);
    expect(&forged, 1, &[]);
    assert!(forged.stderr.contains("\"ErrorCode\":-28"), "{forged:?}");
}

#[test]
fn valgrind_finds_nothing_in_the_airgapped_example() {
    if need::need("valgrind") {
        Story::new(Language::C, Linkage::Shared, cc::valgrind).walk();
    }
}
