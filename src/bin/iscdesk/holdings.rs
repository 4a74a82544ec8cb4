//! What this computer holds, as text and as JSON. Codes are masked in text, except those that the user has just typed.

use crate::output::Outcome;
use crate::words::{Word, say};
use chrono::DateTime;
use iscdesk::client::{Client, Info, Source};
use iscdesk::error::masked;
use iscdesk::text::{self, Language};
use iscdesk::{Error, Status};
use serde_json::Value;

/// Adds the state of the codes to an outcome: of those that were typed, else of all held.
pub fn describe(
    client: &Client,
    typed: &[String],
    language: Language,
    outcome: Outcome,
) -> Outcome {
    let codes = meant(client, typed);
    let mut outcome = outcome;
    let mut documents = Vec::new();
    for code in &codes {
        // What is not held has nothing to be told.
        let (Ok(info), Ok(document)) = (
            client.license_info(Some(code)),
            client.license_json(Some(code)),
        ) else {
            continue;
        };
        let name = match typed.is_empty() {
            true => masked(code),
            false => code.clone(),
        };
        outcome.lines.extend(lines(&name, &info, language));
        documents.extend(serde_json::from_str::<Value>(&document));
    }
    let licensed = documents.iter().any(|d| d["licensed"] == true);
    outcome
        .with_member("licensed", licensed)
        .with_member("licenses", documents)
}

/// What a check came to. Licence files are never checked with the marketplace, and that is no check made before.
pub fn checked(client: &Client, typed: &[String], status: Status, language: Language) -> String {
    let infos = meant(client, typed);
    let infos = infos.iter().map(|code| client.license_info(Some(code)));
    let all_by_file = infos
        .map(|info| info.is_ok_and(|info| is_by_file(&info)))
        .reduce(|all, one| all && one);
    match status {
        Status::Ok | Status::Already if all_by_file == Some(true) => {
            say(Word::NoCheckByFile, language).into()
        }
        Status::Already => say(Word::CheckedBefore, language).into(),
        Status::Ok => say(Word::Checked, language).into(),
        other => text::status_message(other, language)
            .to_string_lossy()
            .into_owned(),
    }
}

/// The codes that were typed, else all held.
fn meant(client: &Client, typed: &[String]) -> Vec<String> {
    match typed {
        [] => held(client).unwrap_or_default(),
        typed => typed.to_vec(),
    }
}

fn is_by_file(info: &Info) -> bool {
    info.source == Source::File && info.verdict.is_licensed()
}

/// The codes held, in their order.
pub fn held(client: &Client) -> Result<Vec<String>, Error> {
    let list = client.list_licenses()?;
    serde_json::from_str(&list).map_err(|e| Error::internal(e.to_string()))
}

fn lines(name: &str, info: &Info, language: Language) -> Vec<String> {
    if info.source == Source::File {
        return lines_of_file(name, info, language);
    }
    let verdict = text::verdict_message(info.verdict, language);
    let mut lines = vec![format!("{name}: {}", verdict.to_string_lossy())];
    let mut tell = |word, value: String| lines.push(format!("  {}: {value}", say(word, language)));
    tell(
        Word::Expires,
        moment(info.expires_at, Word::Unknown, language),
    );
    tell(
        Word::LastCheck,
        moment(info.checked_at, Word::Never, language),
    );
    if info.verdict.is_licensed() {
        let until = moment(info.offline_until, Word::Unknown, language);
        tell(Word::OfflineUntil, until);
    }
    lines
}

/// A file has no daily check and no offline limit. Where the marketplace knows the code as well, its last word is told.
fn lines_of_file(name: &str, info: &Info, language: Language) -> Vec<String> {
    let until = moment(info.expires_at, Word::Unknown, language);
    let online = moment(info.checked_at, Word::NeverOnline, language);
    let tell = |word, value| format!("  {}: {value}", say(word, language));
    let verdict = match info.verdict.is_licensed() {
        true => say(Word::ByFile, language).into(),
        false => text::verdict_message(info.verdict, language).to_string_lossy(),
    };
    vec![
        format!("{name}: {verdict}"),
        tell(Word::ValidUntil, until),
        tell(Word::LastCheck, online),
    ]
}

fn moment(unix: i64, otherwise: Word, language: Language) -> String {
    match DateTime::from_timestamp(unix, 0) {
        Some(time) if unix != 0 => time.format("%Y-%m-%d %H:%M UTC").to_string(),
        _ => say(otherwise, language).to_owned(),
    }
}
