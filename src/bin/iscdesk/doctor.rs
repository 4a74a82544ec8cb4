//! `iscdesk doctor`: what a support desk asks for. For people in sections with a mark in plain words, the advice last; for
//! scripts and mails the document itself, with `--json`. It ends with 0 if nothing is wrong, with 1 otherwise.

mod render;

use iscdesk::client::Options;
use iscdesk::client::options::Key;
use iscdesk::client::surroundings::Surroundings;
use iscdesk::diagnose::{Report, examine};
use iscdesk::text::{self, Language};
use iscdesk::{Error, Status};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// The product's options file [default: iscdesk.json beside this program]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Minisign public key: the options file must be signed by it (FILE.minisig)
    #[arg(long, value_name = "KEY")]
    config_key: Option<String>,
    /// Language of the texts: en or zh
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// Answer with one JSON document on stdout
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> ExitCode {
    match options(args) {
        Ok(options) => examined(&options, args.json),
        Err(error) => unreadable(&error, args),
    }
}

/// The same for options that were made elsewhere.
pub fn examined(options: &Options, json: bool) -> ExitCode {
    let language = language_of(options.text(Key::Language));
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

fn options(args: &Args) -> Result<Options, Error> {
    let config = args.config.as_deref();
    let mut options = match &args.config_key {
        Some(key) => Options::load_signed(config, key)?,
        None => Options::load(config)?,
    };
    if let Some(language) = &args.language {
        options.set_string(Key::Language.code(), language)?;
    }
    Ok(options)
}

/// Without options there is nothing to look at, and that is what is wrong.
fn unreadable(error: &Error, args: &Args) -> ExitCode {
    let language = language_of(args.language.as_deref());
    let told = text::describe(error, language);
    match args.json {
        true => {
            let config = json!({"ok": false, "faults": [error.text]});
            let document = json!({"schema": 1, "ok": false, "advice": [told], "config": config});
            print(&document.to_string());
        }
        false => {
            eprintln!("iscdesk: {told}");
            let sentence = text::status_message(Status::Config, language);
            eprintln!("  {}", sentence.to_string_lossy());
        }
    }
    ExitCode::FAILURE
}

fn pretty(report: &Report) -> String {
    // Numbers and texts in structs always serialize.
    let value = serde_json::to_value(report).unwrap_or(Value::Null);
    format!("{value:#}")
}

/// An unknown language is a finding.
fn language_of(name: Option<&str>) -> Language {
    match name {
        Some("zh") => Language::Zh,
        _ => Language::En,
    }
}

/// A reader that has gone away is no reason to end otherwise.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
