//! The vendor's way to an upgrade feed: key, feed, signatures, check; and that the program `minisign` takes what we make
//! and we take what it makes.

#[path = "feed/minisign.rs"]
mod minisign;
#[path = "support/need.rs"]
mod need;

use iscdesk::license::file::base64;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const PRODUCT: &str = "Example CAD";
const PASSWORD: &str = "ISCDESK_MINISIGN_PASSWORD";

/// The vendor's desk: a folder with two installers.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Desk {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("setup.run"), "#!/bin/sh\n").unwrap();
        std::fs::write(dir.path().join("Setup.exe"), vec![7; 5000]).unwrap();
        Desk { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn feed(&self) -> Value {
        serde_json::from_str(&self.read("feed.json")).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
        command
            .args(["--json", "feed"])
            .args(arguments)
            .env_remove(PASSWORD)
            .stdin(Stdio::null())
            .current_dir(self.dir.path());
        command
    }

    fn ok(&self, arguments: &[&str]) -> Value {
        answer(&self.command(arguments).output().unwrap(), 0)
    }

    fn refused(&self, arguments: &[&str], exit: i32, reason: &str) {
        let told = answer(&self.command(arguments).output().unwrap(), exit);
        let said = told.to_string();
        assert!(said.contains(reason), "{said}");
    }

    fn keygen(&self) -> String {
        let made = self.ok(&["keygen", "--out", "key", "--no-password"]);
        made["public_key"].as_str().unwrap().to_owned()
    }

    fn make(&self) {
        self.ok(&[
            "make",
            "--release",
            "2.0.0",
            "--notes",
            "Faster.",
            "--date",
            "2026-03-01T09:00:00+01:00",
            "--url-base",
            "https://example.com/cad/",
            "--package",
            "linux-x86_64=setup.run",
            "--package",
            "windows-x86_64=Setup.exe",
            "--installer-arg",
            "windows-x86_64=/S",
            "--installer-arg",
            "windows-x86_64=/D={install_dir}",
        ]);
    }

    fn sign(&self) {
        self.ok(&["sign", "--product", PRODUCT, "--key", "key"]);
    }
}

fn answer(output: &Output, exit: i32) -> Value {
    assert_eq!(output.status.code(), Some(exit), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn a_feed_is_made_of_installer_files() {
    let desk = Desk::new();
    desk.make();
    let expected = json!({
        "version": "2.0.0",
        "notes": "Faster.",
        "pub_date": "2026-03-01T08:00:00Z",
        "forced": false,
        "platforms": {
            "linux-x86_64": {
                "url": "https://example.com/cad/setup.run", "signature": "", "size": 10, "installer_args": []
            },
            "windows-x86_64": {
                "url": "https://example.com/cad/Setup.exe", "signature": "", "size": 5000,
                "installer_args": ["/S", "/D={install_dir}"]
            },
        },
    });
    assert_eq!(desk.feed(), expected);
}

#[test]
fn what_makes_no_feed_is_told() {
    let desk = Desk::new();
    let make = |more: &[&str], exit, reason| {
        let base = [
            "make",
            "--release",
            "2.0.0",
            "--url-base",
            "https://example.com",
        ];
        desk.refused(&[&base[..], more].concat(), exit, reason);
    };
    let linux = ["--package", "linux-x86_64=setup.run"];
    let with = |more: &[&'static str]| [&linux[..], more].concat();
    make(&[], 2, "--package");
    make(&["--package", "setup.run"], 2, "write PLATFORM=");
    make(&["--package", "linux-x86_64=missing.run"], 5, "missing.run");
    make(&["--package", "linux-x86_64=."], 2, "");
    make(&with(&linux), 2, "has two packages");
    make(
        &with(&["--installer-arg", "darwin-x86_64=-q"]),
        2,
        "but no package",
    );
    make(&with(&["--date", "yesterday"]), 2, "yesterday");
    std::fs::write(desk.path("set up.run"), "x").unwrap();
    make(
        &["--package", "linux-x86_64=set up.run"],
        2,
        "give it a name",
    );
    assert!(!desk.path("feed.json").exists());
}

#[test]
fn every_signature_says_what_it_is_for() {
    let desk = Desk::new();
    let public = desk.keygen();
    desk.make();
    desk.sign();
    let key = minisign_verify::PublicKey::from_base64(&public).unwrap();
    let feed = desk.feed();
    for (platform, file) in [
        ("linux-x86_64", "setup.run"),
        ("windows-x86_64", "Setup.exe"),
    ] {
        let signature = feed["platforms"][platform]["signature"].as_str().unwrap();
        let signature = base64::decode_standard(signature).unwrap();
        let signature = String::from_utf8(signature).unwrap();
        let signature = minisign_verify::Signature::decode(&signature).unwrap();
        let bytes = std::fs::read(desk.path(file)).unwrap();
        key.verify(&bytes, &signature, false).unwrap();
        let comment = format!("product:{PRODUCT} version:2.0.0 platform:{platform}");
        assert_eq!(signature.trusted_comment(), comment);
    }
    let signature = minisign_verify::Signature::decode(&desk.read("feed.json.minisig")).unwrap();
    let feed = desk.read("feed.json");
    key.verify(feed.as_bytes(), &signature, false).unwrap();
}

/// A feed that is made and signed, and the arguments of its check.
fn signed() -> (Desk, Vec<String>) {
    let desk = Desk::new();
    let public = desk.keygen();
    desk.make();
    desk.sign();
    let check = ["check", "--product", PRODUCT, "--public-key", &public];
    (desk, check.map(str::to_owned).to_vec())
}

fn check(desk: &Desk, arguments: &[String], more: &[&str], exit: i32) -> Value {
    let arguments = arguments.iter().map(String::as_str);
    let arguments: Vec<&str> = arguments.chain(more.iter().copied()).collect();
    answer(&desk.command(&arguments).output().unwrap(), exit)
}

#[test]
fn a_good_feed_is_found_good() {
    let (desk, arguments) = signed();
    let told = check(&desk, &arguments, &["--installed", "1.9"], 0);
    assert_eq!(told["faults"], json!([]));
    assert_eq!(
        (&told["version"], &told["packages"]),
        (&json!("2.0.0"), &json!(2))
    );
    // Packages may lie elsewhere.
    std::fs::create_dir(desk.path("elsewhere")).unwrap();
    for name in ["setup.run", "Setup.exe"] {
        std::fs::rename(desk.path(name), desk.path("elsewhere").join(name)).unwrap();
    }
    check(&desk, &arguments, &["--packages", "elsewhere"], 0);
}

#[test]
fn every_fault_of_a_feed_is_named() {
    let (desk, arguments) = signed();
    let faults = |more: &[&str], exit| {
        let told = check(&desk, &arguments, more, exit);
        let list = told["faults"].as_array().unwrap().clone();
        let texts = list.iter().map(|text| text.as_str().unwrap().to_owned());
        texts.collect::<Vec<String>>()
    };
    let told = faults(&["--installed", "2.0"], 4);
    assert_eq!(told, ["the feed: version 2.0.0 is not above 2.0"]);

    let setup = std::fs::read(desk.path("Setup.exe")).unwrap();
    for (bytes, why) in [
        (vec![8; 5000], "signature"),
        (vec![7; 5001], "larger"),
        (vec![7; 10], "smaller"),
    ] {
        std::fs::write(desk.path("Setup.exe"), bytes).unwrap();
        let told = faults(&[], 4);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with("windows-x86_64: ") && told[0].contains(why),
            "{told:?}"
        );
    }
    std::fs::remove_file(desk.path("setup.run")).unwrap();
    let mut feed = desk.feed();
    feed["notes"] = json!("changed afterwards");
    std::fs::write(desk.path("feed.json"), feed.to_string()).unwrap();
    let told = faults(&["--installed", "3.0"], 4);
    let expected = [
        "signature",
        "not above 3.0",
        "setup.run",
        "windows-x86_64: ",
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (fault, part) in told.iter().zip(expected) {
        assert!(fault.contains(part), "{fault}");
    }

    std::fs::write(desk.path("Setup.exe"), setup).unwrap();
    std::fs::write(desk.path("setup.run"), "#!/bin/sh\n").unwrap();
    desk.sign();
    assert_eq!(faults(&[], 0), [""; 0]);
    let mut other = arguments.clone();
    other[2] = "Other CAD".into();
    let told = check(&desk, &other, &[], 4);
    let told: Vec<&str> = told["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f.as_str().unwrap())
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .all(|f| f.contains("another product: for \"Example CAD\" instead of \"Other CAD\"")),
        "{told:?}"
    );
    std::fs::remove_file(desk.path("feed.json.minisig")).unwrap();
    assert!(faults(&[], 5)[0].contains("feed.json.minisig"));
}

#[test]
fn a_feed_that_programs_cannot_read_is_not_made_and_not_found_good() {
    let desk = Desk::new();
    let make = |release: &str, base: &str, reason: &str| {
        let package = ["--package", "linux-x86_64=setup.run"];
        let make = ["make", "--release", release, "--url-base", base];
        desk.refused(&[&make[..], &package].concat(), 4, reason);
        assert!(!desk.path("feed.json").exists());
    };
    make("two", "https://example.com", "version: ");
    make("2.0.0", "http://example.com", "linux-x86_64.url: ");
    make("2.0.0", "example.com", "linux-x86_64.url: ");
    let (desk, arguments) = signed();
    let mut feed = desk.feed();
    feed["pub_date"] = json!("yesterday");
    std::fs::write(desk.path("feed.json"), feed.to_string()).unwrap();
    let told = check(&desk, &arguments, &[], 4)["faults"].clone();
    assert!(told[0].as_str().unwrap().contains("signature"), "{told}");
    assert!(told[1].as_str().unwrap().contains("pub_date: "), "{told}");
    let bad_key = ["check", "--product", PRODUCT, "--public-key", "RWQ"];
    desk.refused(&bad_key, 2, "minisign key");
}

#[test]
fn a_platform_that_no_program_asks_for_is_warned_of() {
    let (desk, arguments) = signed();
    let mut feed = desk.feed();
    let package = feed["platforms"]["linux-x86_64"].clone();
    feed["platforms"]["linux-amd64"] = package;
    std::fs::write(desk.path("feed.json"), feed.to_string()).unwrap();
    desk.sign();
    let told = check(&desk, &arguments, &[], 0);
    assert!(
        told["warnings"][0]
            .as_str()
            .unwrap()
            .contains("linux-amd64"),
        "{told}"
    );
}

#[test]
fn signing_keeps_what_it_does_not_know_and_refuses_what_has_changed() {
    let desk = Desk::new();
    desk.keygen();
    desk.make();
    let mut feed = desk.feed();
    feed["mirror"] = json!(["a", {"b": 1}]);
    std::fs::write(desk.path("feed.json"), feed.to_string()).unwrap();
    desk.sign();
    assert_eq!(desk.feed()["mirror"], feed["mirror"]);
    let sign = ["sign", "--product", PRODUCT, "--key", "key"];
    std::fs::write(desk.path("Setup.exe"), "another").unwrap();
    desk.refused(&sign, 2, "make the feed again");
    std::fs::remove_file(desk.path("Setup.exe")).unwrap();
    desk.refused(&sign, 5, "Setup.exe");
    feed["platforms"] = json!({});
    std::fs::write(desk.path("feed.json"), feed.to_string()).unwrap();
    desk.refused(&sign, 2, "has no platforms");
    std::fs::write(desk.path("feed.json"), "{\"version\":\"1.0\"}").unwrap();
    desk.refused(&sign, 4, "pub_date");
    std::fs::write(desk.path("feed.json"), "[").unwrap();
    desk.refused(&sign, 2, "feed.json");
}

#[test]
fn a_key_is_never_replaced_and_a_password_is_asked_of_people_only() {
    let desk = Desk::new();
    desk.keygen();
    desk.refused(&["keygen", "--out", "key", "--no-password"], 5, "key");
    desk.refused(&["keygen", "--out", "other"], 2, "--password-file");
    assert!(!desk.path("other").exists());
    desk.make();
    for (bad, reason) in [
        ("no key", "is no minisign secret key"),
        ("a\nb\n", "is no minisign"),
    ] {
        std::fs::write(desk.path("bad"), bad).unwrap();
        let sign = ["sign", "--product", PRODUCT, "--key", "bad"];
        desk.refused(&sign, 2, reason);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(desk.path("key")).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }
}
