//! The command line as scripts meet it: exit codes, the JSON document, what is printed and what is sent.

#[path = "support/cli.rs"]
mod site;
#[path = "support/sandbox.rs"]
mod support;

use serde_json::{Value, json};
use site::{Site, answer, bare};
use std::path::Path;
use std::process::Stdio;
use support::Sandbox;

const CODE: &str = "PL-0123456789";
const OTHER: &str = "PL-9876543210";
const NO_SERVER: &str = "http://127.0.0.1:9";

fn sandbox_with_codes() -> Sandbox {
    let sandbox = Sandbox::start();
    for code in [CODE, OTHER] {
        sandbox.license(json!({"license": code, "product_id": "P1", "features": ["mesh"]}));
    }
    sandbox
}

/// Activated, with today's check still to be made.
fn with_check_due() -> (Sandbox, Site) {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    sandbox.faults(json!({"path": "heartbeat", "status": 503}));
    assert_eq!(site.json(&["activate", CODE])["isc_status"], 0);
    sandbox.clear_faults();
    sandbox.forget_requests();
    (sandbox, site)
}

#[test]
fn a_licence_is_activated_shown_offline_and_forgotten() {
    let mut sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    assert_eq!(site.json(&["status"])["isc_status"], -20);
    let activated = site.json(&["activate", CODE]);
    assert_eq!(activated["isc_status"], 0);
    assert_eq!(activated["licenses"][0]["license"], CODE);
    assert_eq!(activated["licenses"][0]["status_name"], "ALIVE");
    assert_eq!(site.json(&["activate", CODE])["isc_status"], 3);

    sandbox.stop();
    for args in [&["status"][..], &["status", CODE], &["heartbeat"]] {
        let told = site.json(args);
        assert_eq!(told["exit_code"], 0, "{args:?}: {told}");
        assert_eq!(told["licensed"], true);
        assert_eq!(told["licenses"][0]["features"], json!(["mesh"]));
    }
    assert_eq!(site.json(&["status", OTHER])["isc_status"], -20);
    assert_eq!(site.json(&["forget", OTHER])["exit_code"], 1);
    assert_eq!(site.json(&["forget", CODE])["exit_code"], 0);
    let told = site.json(&["status"]);
    assert_eq!(
        (&told["exit_code"], &told["licensed"]),
        (&json!(1), &json!(false))
    );
}

#[test]
fn forgetting_everything_needs_its_word() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    assert_eq!(site.json(&["activate", CODE, OTHER])["isc_status"], 0);
    assert_eq!(site.run(&["forget"]).exit, 2);
    assert_eq!(site.run(&["forget", CODE, "--all"]).exit, 2);
    assert_eq!(
        site.json(&["status"])["licenses"].as_array().unwrap().len(),
        2
    );
    assert_eq!(site.run(&["forget", "--all"]).exit, 0);
    assert_eq!(site.json(&["status"])["licenses"], json!([]));
}

#[test]
fn several_codes_go_in_one_request_and_an_active_one_is_no_obstacle() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    assert_eq!(site.json(&["activate", CODE])["isc_status"], 0);
    let both = site.json(&["activate", CODE, OTHER]);
    assert_eq!(both["isc_status"], 0, "{both}");
    assert_eq!(both["licenses"].as_array().unwrap().len(), 2);
    sandbox.forget_requests();
    assert_eq!(site.json(&["activate", CODE, OTHER])["isc_status"], 3);
    assert_eq!(sandbox.requests_to("/v2/license/activate").len(), 1);
    // One that does not exist ends it, nothing is kept of it, and people are told what to do.
    let spoilt = site.run(&["activate", OTHER, CODE, "PL-NONE"]);
    assert!(spoilt.stdout.contains("one by one"), "{}", spoilt.stdout);
    let alone = site.run(&["activate", "PL-NONE"]);
    assert!(!alone.stdout.contains("one by one"), "{}", alone.stdout);
    assert_eq!(site.json(&["activate", CODE, "PL-NONE"])["isc_status"], -21);
    assert_eq!(
        site.json(&["status"])["licenses"].as_array().unwrap().len(),
        2
    );
}

#[test]
fn nothing_is_sent_that_was_not_asked_for() {
    let (sandbox, site) = with_check_due();
    assert_eq!(site.json(&["status"])["exit_code"], 0);
    assert_eq!(site.json(&["status", CODE])["exit_code"], 0);
    assert!(sandbox.requests_to("license").is_empty());
    assert_eq!(site.json(&["heartbeat"])["isc_status"], 0);
    assert_eq!(site.json(&["heartbeat"])["isc_status"], 3);
    assert_eq!(sandbox.requests_to("license").len(), 1);
}

#[test]
fn a_query_always_asks() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    assert_eq!(site.json(&["query"])["isc_status"], -20);
    assert_eq!(site.json(&["activate", CODE])["isc_status"], 0);
    sandbox.act(CODE, "expire", json!({}));
    assert_eq!(site.json(&["heartbeat"])["isc_status"], 3);
    let expired = site.json(&["query"]);
    assert_eq!(expired["isc_status"], -23, "{expired}");
    assert_eq!(expired["licensed"], false);

    // One that is refused keeps no other from being asked and taken up.
    let elsewhere = site.path("elsewhere");
    let there = ["activate", OTHER, "--data-dir", utf8(&elsewhere)];
    assert_eq!(site.json(&there)["isc_status"], 0);
    sandbox.forget_requests();
    let both = site.json(&["query", CODE, OTHER]);
    assert_eq!(both["isc_status"], -23, "{both}");
    assert_eq!(both["licenses"][1]["status_name"], "ALIVE", "{both}");
    assert_eq!(sandbox.requests_to("heartbeat").len(), 2);
    assert_eq!(site.json(&["query", OTHER])["isc_status"], 0);

    // Where keys are refused, the second is not asked for.
    sandbox.faults(json!({"path": "heartbeat", "status": 401}));
    sandbox.forget_requests();
    assert_eq!(site.json(&["query", OTHER, CODE])["exit_code"], 4);
    assert_eq!(sandbox.requests_to("heartbeat").len(), 1);
}

#[test]
fn blanks_around_a_pasted_code_are_no_part_of_it() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    let pasted = format!("  {CODE}\t");
    for command in ["activate", "status", "heartbeat", "query", "forget"] {
        let told = site.json(&[command, &pasted]);
        assert_eq!(told["exit_code"], 0, "{command}: {told}");
    }
    assert_eq!(site.json(&["activate", "  "])["exit_code"], 2);
}

#[test]
fn whoever_names_no_product_is_told_where_it_was_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    let run = |json: &[&str]| {
        let mut command = bare(&[&["status"], json].concat());
        answer(command.current_dir(dir.path()).output().unwrap())
    };
    let program = Path::new(env!("CARGO_BIN_EXE_iscdesk"));
    let looked = program.with_file_name("iscdesk.json");
    let nothing = run(&[]);
    assert_eq!(nothing.exit, 2);
    assert!(nothing.stderr.contains(utf8(&looked)), "{}", nothing.stderr);
    assert!(!nothing.stderr.contains("current folder"));
    // It is pointed out and not read: who wrote it is not known.
    std::fs::write(dir.path().join("iscdesk.json"), "no options").unwrap();
    let there = run(&[]);
    let hint = "--config iscdesk.json";
    assert_eq!(there.exit, 2);
    assert!(there.stderr.contains(hint), "{}", there.stderr);
}

#[test]
fn without_the_marketplace_the_cache_speaks() {
    let (mut sandbox, site) = with_check_due();
    sandbox.stop();
    let told = site.json(&["heartbeat", CODE]);
    assert_eq!(
        (&told["isc_status"], &told["licensed"]),
        (&json!(2), &json!(true))
    );
    assert!(told["warnings"].to_string().contains("failed"), "{told}");
    assert_eq!(site.json(&["activate", OTHER])["exit_code"], 3);
}

#[test]
fn an_expired_licence_says_so_until_it_is_renewed() {
    let (sandbox, site) = with_check_due();
    sandbox.act(CODE, "expire", json!({}));
    let told = site.json(&["heartbeat", CODE]);
    assert_eq!(told["isc_status"], -23);
    assert_eq!(told["licensed"], false);
    assert_eq!(told["error"]["cause"], "verdict");
    assert_eq!(site.json(&["status"])["isc_status"], -23);
    sandbox.act(CODE, "renew", json!({"days": 500}));
    assert_eq!(site.json(&["heartbeat", CODE])["isc_status"], 0);
    assert_eq!(site.json(&["status"])["exit_code"], 0);
}

#[test]
fn every_kind_of_failure_has_its_exit_code() {
    let sandbox = sandbox_with_codes();
    let signed = |secret: &str| json!({"access_key": sandbox.access_key, "secret_key": secret});
    let site_at = |endpoint: &str, mut options: Value| {
        options["endpoint"] = json!(endpoint);
        Site::with(options)
    };
    let right = sandbox.secret_key.as_str();
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut no_folder = signed(right);
    no_folder["data_dir"] = json!(file.path());
    let typo = json!({"endpont": sandbox.http});
    let cases = [
        (Site::of(&sandbox), "PL-NONE", 1, -21),
        (site_at(&sandbox.http, json!({})), CODE, 2, -7),
        (Site::with(typo), CODE, 2, -9),
        (site_at(NO_SERVER, signed(right)), CODE, 3, -40),
        (site_at(&sandbox.http, signed("wrong")), CODE, 4, -44),
        (site_at(&sandbox.http, no_folder), CODE, 5, -60),
    ];
    for (site, code, exit, status) in cases {
        let told = site.json(&["activate", code]);
        assert_eq!(told["exit_code"], exit, "{told}");
        assert_eq!(told["isc_status"], status, "{told}");
        assert_eq!(told["error"]["status"], status);
        let said = site.run(&["activate", code]);
        assert_eq!(said.exit, exit);
        assert!(said.stderr.contains("iscdesk: "), "{}", said.stderr);
    }
}

#[test]
fn a_mistake_on_the_command_line_is_a_document_too() {
    for args in [
        &["activate"][..],
        &["frobnicate"],
        &["status", "--no-such"],
        &[],
    ] {
        let told = answer(bare(&[args, &["--json"]].concat()).output().unwrap());
        assert_eq!(told.exit, 2, "{args:?}");
        let document: Value = serde_json::from_str(&told.stdout).expect(&told.stdout);
        assert_eq!(document["isc_status"], -1);
        assert_eq!(document["error"]["cause"], "argument");
        assert_eq!(told.stderr, "");
        assert_eq!(answer(bare(args).output().unwrap()).exit, 2);
    }
    let nameless = answer(bare(&["status"]).output().unwrap());
    assert_eq!(nameless.exit, 2);
    assert!(nameless.stderr.contains("--config"), "{}", nameless.stderr);
    let help = answer(bare(&["activate", "--help"]).output().unwrap());
    assert_eq!(help.exit, 0);
    for told in ["Exit codes:", "ISCDESK_SECRET_KEY", "--secret-key-file"] {
        assert!(help.stdout.contains(told), "{told}");
    }
}

#[test]
fn codes_are_masked_unless_they_were_typed() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    let typed = site.run(&["activate", CODE]);
    assert!(typed.stdout.contains(CODE), "{}", typed.stdout);
    for args in [&["status"][..], &["heartbeat"], &["status", "--verbose"]] {
        let told = site.run(args);
        assert!(told.stdout.contains("PL****89"), "{}", told.stdout);
        assert!(!format!("{}{}", told.stdout, told.stderr).contains(CODE));
    }
}

#[test]
fn secrets_come_from_a_file_or_the_environment_only() {
    let sandbox = sandbox_with_codes();
    let site = Site::with(json!({"endpoint": sandbox.http}));
    let secret = sandbox.secret_key.as_str();
    let key = ["--access-key", sandbox.access_key.as_str()];
    std::fs::write(site.path("secret"), format!("{secret}\n")).unwrap();
    let file = site.path("secret");
    let by_file = [
        &["activate", CODE, "--secret-key-file", utf8(&file)],
        &key[..],
    ]
    .concat();
    assert_eq!(site.run(&by_file).exit, 0);
    let mut by_environment = bare(&[&["activate", OTHER], &key[..]].concat());
    by_environment.arg("--config").arg(&site.config);
    by_environment.env("ISCDESK_SECRET_KEY", secret);
    assert_eq!(answer(by_environment.output().unwrap()).exit, 0);

    let refused = [
        ["--set", "secret_key=hush"],
        ["--set", "bearer_token=hush"],
        ["--set", "state_secret=hush"],
        ["--set", "proxy=http://me:hush@proxy:1"],
        ["--proxy", "http://me:hush@proxy:1"],
        ["--secret-key", "hush"],
        ["--secret-key-file", "/nowhere"],
    ];
    for pair in refused {
        let told = site.run(&["status", pair[0], pair[1]]);
        assert_eq!(told.exit, 2, "{pair:?}");
        assert!(!told.stderr.contains("hush"), "{}", told.stderr);
    }
}

#[test]
fn arguments_stand_over_the_file() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    let to_nowhere = site.json(&["activate", CODE, "--endpoint", NO_SERVER]);
    assert_eq!(to_nowhere["exit_code"], 3);
    let elsewhere = site.path("elsewhere");
    let there = ["--data-dir", utf8(&elsewhere)];
    assert_eq!(
        site.json(&[&["activate", CODE], &there[..]].concat())["exit_code"],
        0
    );
    assert_eq!(
        site.json(&[&["status"], &there[..]].concat())["exit_code"],
        0
    );
    assert_eq!(site.json(&["status"])["exit_code"], 1);
    for (given, exit) in [
        ("call_timeout_ms=200", 1),
        ("call_timeout_ms=x", 2),
        ("nonsense=1", 2),
    ] {
        assert_eq!(
            site.json(&["status", "--set", given])["exit_code"],
            exit,
            "{given}"
        );
    }
    let https = Site::with(json!({
        "access_key": sandbox.access_key, "secret_key": sandbox.secret_key, "allow_plain_secret": 1
    }));
    let secure = [
        "--endpoint",
        &sandbox.https,
        "--ca-file",
        utf8(&sandbox.ca_file),
    ];
    let told = https.json(&[&["activate", OTHER], &secure[..]].concat());
    assert_eq!(told["isc_status"], 0, "{told}");
}

#[test]
fn it_speaks_chinese() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    let told = site.run(&["activate", CODE, "--language", "zh"]);
    assert!(told.stdout.contains("激活成功"), "{}", told.stdout);
    assert!(told.stdout.contains("已授权"), "{}", told.stdout);
    let told = site.run(&["status", OTHER, "--language", "zh"]);
    assert!(told.stderr.contains("尚未在本机激活"), "{}", told.stderr);
    assert_eq!(site.run(&["status", "--language", "fr"]).exit, 2);
}

#[test]
fn a_mute_marketplace_costs_the_time_allowed_and_no_more() {
    let sandbox = sandbox_with_codes();
    let site = Site::of(&sandbox);
    sandbox.faults(json!({"silence": true}));
    let begin = std::time::Instant::now();
    let told = site.json(&["activate", CODE, "--set", "call_timeout_ms=700"]);
    assert_eq!(
        (&told["isc_status"], &told["exit_code"]),
        (&json!(-6), &json!(3))
    );
    assert!(begin.elapsed() < std::time::Duration::from_secs(5));
}

#[test]
fn installers_report_and_ask_for_the_fingerprint() {
    let site = Site::with(json!({}));
    let path = site.path("install.json");
    let run = |args: &[&str]| answer(bare(args).output().unwrap());
    assert_eq!(run(&["install-report", utf8(&path), "42"]).exit, 0);
    let written = || std::fs::read_to_string(&path).unwrap();
    assert_eq!(written(), r#"{"status":0,"progress":42,"errorMsg":""}"#);
    assert_eq!(
        run(&["install-report", utf8(&path), "50", "--error", "disk full"]).exit,
        0
    );
    assert_eq!(
        written(),
        r#"{"status":0,"progress":50,"errorMsg":"disk full"}"#
    );
    assert_eq!(run(&["install-report", utf8(&path), "101"]).exit, 2);
    assert_eq!(
        run(&["install-report", "/no/such/folder/x", "1", "--json"]).exit,
        5
    );

    let plain = run(&["fingerprint"]);
    assert_eq!(plain.exit, 0);
    assert_eq!(plain.stdout.matches('|').count(), 3);
    let document: Value = serde_json::from_str(&run(&["fingerprint", "--json"]).stdout).unwrap();
    assert_eq!(document["fingerprint"], plain.stdout.trim_end());
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_away_is_no_fault() {
    let mut command = bare(&["fingerprint"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let told = answer(
        command
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap(),
    );
    assert_eq!((told.exit, told.stderr.as_str()), (0, ""));
}

fn utf8(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_doctor_tells_wrong_keys_from_right_ones() {
    let sandbox = Sandbox::start();
    let told = |secret: &str| {
        let site = Site::with(json!({
            "version": "1.0", "endpoint": sandbox.http, "proxy": "direct",
            "access_key": sandbox.access_key, "secret_key": secret
        }));
        let answer = site.run(&["doctor", "--json"]);
        let document: Value = serde_json::from_str(&answer.stdout).expect(&answer.stdout);
        (answer.exit, document)
    };
    let (exit, right) = told(&sandbox.secret_key);
    assert_eq!(
        right["network"]["hosts"][0]["keys"]["accepted"], true,
        "{right}"
    );
    assert_eq!((exit, &right["ok"]), (0, &json!(true)), "{right}");
    let (exit, wrong) = told("not-it");
    assert_eq!(wrong["network"]["hosts"][0]["keys"]["accepted"], false);
    assert_eq!(exit, 1);
    assert!(
        wrong["advice"].to_string().contains("access key"),
        "{wrong}"
    );
    assert!(!wrong.to_string().contains("not-it"));
}
