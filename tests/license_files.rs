//! The air-gapped way through the command line, as vendor and customer walk it.

use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

struct Desk {
    dir: TempDir,
    public_key: String,
}

impl Desk {
    fn new() -> Desk {
        let mut desk = Desk {
            dir: TempDir::new().unwrap(),
            public_key: String::new(),
        };
        let key = desk.path("vendor.pem");
        let made = desk.ok(&["keygen", "--out", text(&key)]);
        desk.public_key = made["public_key"].as_str().unwrap().into();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, arguments: &[impl AsRef<OsStr> + Debug]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_iscdesk"))
            .args(["--json", "license"])
            .args(arguments)
            .output()
            .unwrap()
    }

    fn ok(&self, arguments: &[impl AsRef<OsStr> + Debug]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a person reads of the product's licences.
    fn say(&self, data_dir: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
        let output = command
            .args(self.with_product(data_dir, arguments))
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[impl AsRef<OsStr> + Debug], reason: &str) {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8(all).unwrap();
        assert!(all.contains(reason), "{all}");
    }

    /// A customer's command, with the product's options.
    fn with_product(&self, data_dir: &Path, arguments: &[&str]) -> Vec<String> {
        let key = format!("license_public_key={}", self.public_key);
        let product = ["--vendor", "ACME", "--product", "Mini CAD"];
        let place = ["--data-dir", text(data_dir), "--set", &key];
        [arguments, &product, &place]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn from_the_key_to_the_return() {
    let desk = Desk::new();
    let (key, request, file) = (
        desk.path("vendor.pem"),
        desk.path("request"),
        desk.path("a.lic"),
    );
    let (state, proof) = (desk.path("state"), desk.path("proof"));
    let at_home = |arguments: &[&str]| desk.ok(&desk.with_product(&state, arguments));

    at_home(&["request", "--out", text(&request)]);
    let issue = |more: &[&str]| {
        let fixed = ["issue", "--key", text(&key), "--expires", "30d"];
        desk.run(&[&fixed, more].concat())
    };
    let answer: Value = serde_json::from_str(&std::fs::read_to_string(&request).unwrap()).unwrap();
    let parts = answer["parts"].as_array().unwrap().len();
    let bound = if parts == 0 {
        vec![]
    } else {
        vec!["--parts-min", "1"]
    };
    let fixed = [
        "--request",
        text(&request),
        "--code",
        "FILE-1",
        "--features",
        "mesh,solver",
        "--amount",
        "3",
        "--out",
        text(&file),
    ];
    let issued = issue(&[&fixed[..], &bound].concat());
    if !issued.status.success() {
        // A machine of which nothing can be told: a file for it would be one for every such machine.
        let why = String::from_utf8(issued.stderr).unwrap();
        assert!(parts == 0 && why.contains("no fingerprint"), "{why}");
        return;
    }
    let claims = desk.ok(&["inspect", text(&file), "--public-key", &desk.public_key]);
    assert_eq!(claims["verified"], true);
    assert_eq!(claims["claims"]["features"][1], "solver");
    assert_eq!(claims["claims"]["aud"], "Mini CAD");

    let imported = at_home(&["import", text(&file)]);
    assert_eq!(imported["licenses"][0], "FILE-1");
    let returned = at_home(&["return", "FILE-1", "--out", text(&proof)]);
    assert_eq!(returned["file"], text(&proof));
    let verified = desk.ok(&["verify-return", text(&proof), "--request", text(&request)]);
    assert_eq!(verified["license"], "FILE-1");
    assert_eq!(verified["jti"], claims["claims"]["jti"]);
    let again = desk.with_product(&state, &["import", text(&file)]);
    desk.refused(&again, "given back");
}

#[test]
fn a_site_licence_and_what_is_refused() {
    let desk = Desk::new();
    let (key, file, state) = (
        desk.path("vendor.pem"),
        desk.path("s.lic"),
        desk.path("state"),
    );
    let issue = |expires: &'static str| {
        vec![
            "issue",
            "--key",
            text(&key),
            "--code",
            "SITE-1",
            "--site",
            "--product",
            "Mini CAD",
            "--expires",
            expires,
        ]
    };
    let token = desk.ok(&issue("2099-12-31"))["token"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(&file, token).unwrap();
    desk.ok(&desk.with_product(&state, &["import", text(&file)]));
    for (language, told) in [
        (
            "en",
            [
                "by a licence file",
                "valid until: 2100-01-01",
                "never checked online",
            ],
        ),
        (
            "zh",
            ["由授权文件授权", "有效期至: 2100-01-01", "从未联网校验"],
        ),
    ] {
        let said = desk.say(&state, &["status", "--language", language]);
        for told in told {
            assert!(said.contains(told), "{told}: {said}");
        }
        let wrong = ["checked today", "今日已"];
        assert!(!wrong.iter().any(|wrong| said.contains(wrong)), "{said}");
        for command in ["heartbeat", "query"] {
            let said = desk.say(&state, &[command, "--language", language]);
            let told = ["needs no check; nothing was sent", "未发送任何请求"];
            assert!(told.iter().any(|told| said.contains(told)), "{said}");
            assert!(
                !said.contains("before") && !said.contains("今日已"),
                "{said}"
            );
        }
    }
    desk.refused(&issue("1999-12-31"), "expired");
    desk.refused(&issue("soon"), "--expires");
    desk.refused(&["keygen", "--out", text(&key)], "vendor.pem");
    let other = Desk::new();
    desk.refused(
        &["inspect", text(&file), "--public-key", &other.public_key],
        "not signed",
    );
    let inspect = [
        "inspect",
        text(&file),
        "--public-key",
        &desk.public_key,
        "--product",
        "Maxi",
    ];
    desk.refused(&inspect, "another product");
    let config = desk.path("iscdesk.json");
    let by_config = ["inspect", text(&file), "--config", text(&config)];
    let write = |options: Value| std::fs::write(&config, options.to_string()).unwrap();
    write(json!({"product": "Mini CAD", "license_public_key": desk.public_key}));
    assert_eq!(desk.ok(&by_config)["verified"], true);
    write(json!({"product": "Maxi", "license_public_key": desk.public_key}));
    desk.refused(&by_config, "another product");
    write(json!({"product": "Mini CAD"}));
    desk.refused(&by_config, "license_public_key");
    desk.refused(
        &["inspect", text(&file), "--product", "Mini CAD"],
        "--public-key",
    );
    let unverified = desk.ok(&["inspect", text(&file)]);
    assert_eq!(unverified["verified"], Value::Null);
    let elsewhere = other.with_product(&state, &["import", text(&file)]);
    other.refused(&elsewhere, "not signed");
    desk.refused(
        &desk.with_product(&state, &["return", "SITE-9"]),
        "no such code",
    );
}

#[test]
fn what_another_machine_signs_is_no_return() {
    let desk = Desk::new();
    let (one, two) = (desk.path("one"), desk.path("two"));
    let (request, proof) = (desk.path("request"), desk.path("proof"));
    let (key, file) = (desk.path("vendor.pem"), desk.path("s.lic"));
    desk.ok(&desk.with_product(&one, &["request", "--out", text(&request)]));
    desk.ok(&[
        "issue",
        "--key",
        text(&key),
        "--code",
        "SITE-1",
        "--site",
        "--product",
        "Mini CAD",
        "--expires",
        "9d",
        "--out",
        text(&file),
    ]);
    desk.ok(&desk.with_product(&two, &["import", text(&file)]));
    desk.ok(&desk.with_product(&two, &["return", "SITE-1", "--out", text(&proof)]));
    desk.refused(
        &["verify-return", text(&proof), "--request", text(&request)],
        "not a return",
    );
    desk.refused(
        &["verify-return", text(&file), "--request", text(&request)],
        "not a return",
    );
}
