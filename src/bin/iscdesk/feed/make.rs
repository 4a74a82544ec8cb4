//! `iscdesk feed make`: a feed from installer files. Signatures come later, by `sign`, perhaps on another computer.

use super::document::{Document, is_plain};
use super::done;
use crate::files::{failed, read};
use crate::output::Outcome;
use chrono::{DateTime, SecondsFormat, Utc};
use iscdesk::Error;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

#[derive(clap::Args)]
pub struct Args {
    /// The feed to write; an old one is replaced
    #[arg(long, value_name = "FILE", default_value = "feed.json")]
    feed: PathBuf,
    /// The version that the packages install: SemVer or 2 to 4 numbers
    #[arg(long, value_name = "VERSION")]
    release: String,
    /// What is new, shown to the user
    #[arg(long, default_value = "", conflicts_with = "notes_file")]
    notes: String,
    /// File with what is new, UTF-8
    #[arg(long, value_name = "FILE")]
    notes_file: Option<PathBuf>,
    /// When it was published, such as 2026-03-01T08:00:00Z; default: now. Programs refuse a feed older than one they saw
    #[arg(long, value_name = "TIME")]
    date: Option<String>,
    /// Users are not asked
    #[arg(long)]
    forced: bool,
    /// Where the packages will be: https, or http on loopback
    #[arg(long, value_name = "URL")]
    url_base: String,
    /// A package: windows-x86_64=Setup.exe, linux-x86_64=setup.run …
    #[arg(long = "package", value_name = "PLATFORM=FILE", required = true)]
    packages: Vec<String>,
    /// An argument for the installer, in order: windows-x86_64=/S. {progress} becomes the path of install.json,
    /// {install_dir} the program's folder
    #[arg(
        long = "installer-arg",
        value_name = "PLATFORM=ARG",
        allow_hyphen_values = true
    )]
    installer_args: Vec<String>,
}

pub fn run(args: &Args) -> Result<Outcome, Error> {
    let mut feed = Document::new(&args.release, &notes(args)?, &date(args)?, args.forced);
    let mut seen = Vec::new();
    for text in &args.packages {
        let (platform, file) = pair(text)?;
        if seen.contains(&platform) {
            return Err(Error::argument(format!("{platform} has two packages")));
        }
        seen.push(platform);
        feed.put(platform, package(args, platform, Path::new(file))?);
    }
    for text in &args.installer_args {
        let (platform, _) = pair(text)?;
        if !seen.contains(&platform) {
            return Err(Error::argument(format!(
                "{platform} has an argument, but no package"
            )));
        }
    }
    feed.parse()?;
    feed.save(&args.feed)?;
    let shown = args.feed.display().to_string();
    Ok(done()
        .with_line(format!(
            "written: {shown}, to be signed by: iscdesk feed sign"
        ))
        .with_member("file", shown))
}

fn notes(args: &Args) -> Result<String, Error> {
    let Some(file) = &args.notes_file else {
        return Ok(args.notes.clone());
    };
    String::from_utf8(read(file)?)
        .map_err(|_| Error::argument(format!("{}: is not UTF-8 text", file.display())))
}

fn date(args: &Args) -> Result<String, Error> {
    let at = match &args.date {
        None => DateTime::<Utc>::from(SystemTime::now()),
        Some(text) => DateTime::parse_from_rfc3339(text)
            .map_err(|e| Error::argument(format!("--date {text}: {e}")))?
            .into(),
    };
    Ok(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn pair(text: &str) -> Result<(&str, &str), Error> {
    text.split_once('=')
        .ok_or_else(|| Error::argument(format!("{text}: write PLATFORM=…")))
}

fn package(args: &Args, platform: &str, file: &Path) -> Result<Value, Error> {
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.filter(|name| is_plain(name)).ok_or_else(|| {
        let shown = file.display();
        Error::argument(format!(
            "{shown}: give it a name of letters, digits, - _ . ~ +, which is the same in a URL"
        ))
    })?;
    let facts = std::fs::metadata(file).map_err(|e| failed(file, &e))?;
    if !facts.is_file() {
        return Err(Error::argument(format!("{}: is no file", file.display())));
    }
    let of_this = |text: &&String| pair(text).is_ok_and(|(of, _)| of == platform);
    let own = args.installer_args.iter().filter(of_this);
    let own: Vec<&str> = own
        .filter_map(|text| Some(text.split_once('=')?.1))
        .collect();
    Ok(json!({
        "url": format!("{}/{name}", args.url_base.trim_end_matches('/')),
        "signature": "",
        "size": facts.len(),
        "installer_args": own,
    }))
}
