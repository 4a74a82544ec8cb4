//! The samples for installer systems that run on Windows only. What of them can be tried without: each name of the C interface
//! is one of the header, and the command lines that they run do what they are there for.

use crate::cc;
use crate::cli::{self, Site};
use crate::computer::{CODE, report};
use crate::support::Sandbox;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn sample(path: &str) -> String {
    let path = cc::root().join("packaging").join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn every_name_in_the_samples_is_one_of_the_header() {
    let part_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let header = fs::read_to_string(cc::root().join("include/iscdesk.h")).unwrap();
    let known: BTreeSet<&str> = header.split(|c| !part_of_a_name(c)).collect();
    let files = ["nsis/iscdesk.nsh", "nsis/example.nsi", "inno/example.iss"];
    let mut seen = 0;
    for file in files {
        let text = sample(file);
        let words = text.split(|c| !part_of_a_name(c));
        for name in words.filter(|word| word.starts_with("isc_")) {
            assert!(known.contains(name), "{file}: {name}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

/// The arguments of a Windows command line.
fn arguments(line: &str) -> Vec<String> {
    let mut list = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        // Every other part stood between quotation marks.
        match index % 2 {
            0 => list.extend(part.split_whitespace().map(str::to_owned)),
            _ => list.push(part.to_owned()),
        }
    }
    list
}

/// Runs a line of a sample as it would be run by its installer; the exit code.
fn run(line: &str) -> i32 {
    let arguments = arguments(line);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    cli::answer(cli::bare(&arguments).output().unwrap()).exit
}

/// A computer whose options lie in the installation folder, which the placeholder of a sample stands for.
fn computer() -> (Sandbox, Site, String) {
    let sandbox = Sandbox::start();
    sandbox.license(json!({"license": CODE}));
    let site = Site::of(&sandbox);
    let folder = format!("{}/", site.dir.path().display());
    (sandbox, site, folder)
}

fn exit_of_status(site: &Site) -> i32 {
    site.run(&["status"]).exit
}

#[test]
fn the_custom_actions_of_the_msi_do_what_their_names_say() {
    let text = sample("wix/example.wxs");
    let (_sandbox, site, folder) = computer();
    let mut actions = BTreeMap::new();
    for action in text.split("<CustomAction ").skip(1) {
        let value = |name: &str| {
            let after = action.split(&format!("{name}=\"")).nth(1).expect(name);
            after.split('"').next().expect(name).replace("&quot;", "\"")
        };
        let line = value("ExeCommand");
        let line = line
            .replace("[INSTALLFOLDER]", &folder)
            .replace("[CODE]", CODE);
        assert!(!line.contains('['), "{line}");
        actions.insert(value("Id"), line);
    }
    let progress = || report(&site.path("install.json"));

    assert_eq!(run(&actions["ReportFiles"]), 0);
    assert_eq!(progress()["progress"], 80);
    assert_eq!(run(&actions["Activate"]), 0);
    assert_eq!(exit_of_status(&site), 0);
    assert_eq!(run(&actions["ReportDone"]), 0);
    assert_eq!(progress()["status"], 1);
    assert_eq!(run(&actions["ReportBrokenOff"]), 0);
    assert_eq!(progress()["errorMsg"], "rolled back");
    assert_eq!(run(&actions["Forget"]), 0);
    assert_eq!(exit_of_status(&site), 1);

    let scheduled = text.matches("<Custom Action=").count();
    assert_eq!((actions.len(), scheduled), (5, 5));
}

#[test]
fn the_command_lines_of_inno_setup_activate_and_forget() {
    let text = sample("inno/example.iss");
    let (_sandbox, site, folder) = computer();
    // Pascal puts this line together; its parts are all that a sample can be held to.
    for part in ["'activate ' + AddQuotes(Code)", "' --config '"] {
        assert!(text.contains(part), "{part}");
    }
    let config = format!("{folder}iscdesk.json");
    assert_eq!(
        run(&format!("activate \"{CODE}\" --config \"{config}\"")),
        0
    );
    assert_eq!(exit_of_status(&site), 0);

    let line = text.split("Parameters: \"").nth(1).expect("[UninstallRun]");
    let line = line.split("\"; ").next().unwrap().replace("\"\"", "\"");
    assert_eq!(run(&line.replace("{app}\\", &folder)), 0, "{line}");
    assert_eq!(exit_of_status(&site), 1);
}
