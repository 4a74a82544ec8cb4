//! `iscdesk doctor`: what a support desk asks for. For people in sections with a mark in plain words, the advice last; for
//! scripts and mails the document itself, with `--json`. It ends with 0 if nothing is wrong, with 1 otherwise.

mod render;

use crate::connect::{self, ClientArgs};
use iscdesk::Error;
use iscdesk::client::Options;
use iscdesk::client::options::Key;
use iscdesk::client::surroundings::Surroundings;
use iscdesk::diagnose::{Report, examine};
use iscdesk::text::{self, Language};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    #[command(flatten)]
    client: ClientArgs,
}

pub fn run(args: &Args, json: bool) -> ExitCode {
    match connect::options(&args.client) {
        Ok(options) => examined(&options, json),
        Err(error) => unreadable(&error, args.client.language(), json),
    }
}

fn examined(options: &Options, json: bool) -> ExitCode {
    let language = Language::named(options.text(Key::Language));
    if std::io::stderr().is_terminal() && !json {
        let patience = match language {
            Language::En => "Looking around; this may take up to 25 seconds …",
            Language::Zh => "正在检查，最多需要 25 秒 …",
        };
        eprintln!("{patience}");
    }
    let report = examine(options, &Surroundings::real());
    match json {
        true => print(&pretty(&report)),
        false => render::lines(&report, language)
            .iter()
            .for_each(|line| print(line)),
    }
    match report.ok {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Without options there is nothing to look at, and that is what is wrong.
fn unreadable(error: &Error, language: Option<&str>, json: bool) -> ExitCode {
    let language = Language::named(language);
    let told = text::describe(error, language);
    match json {
        true => {
            let config = json!({"ok": false, "faults": [error.text]});
            let document = json!({"schema": 1, "ok": false, "advice": [told], "config": config});
            print(&document.to_string());
        }
        false => eprintln!("iscdesk: {told}"),
    }
    ExitCode::FAILURE
}

fn pretty(report: &Report) -> String {
    // Numbers and texts in structs always serialize.
    let value = serde_json::to_value(report).unwrap_or(Value::Null);
    format!("{value:#}")
}

/// A reader that has gone away is no reason to end otherwise.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
