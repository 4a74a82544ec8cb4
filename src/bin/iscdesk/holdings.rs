//! What this computer holds, as text and as JSON. Codes are masked in text, except those that the user has just typed.

use crate::output::Outcome;
use crate::words::{Word, say};
use chrono::DateTime;
use iscdesk::Error;
use iscdesk::client::{Client, Info};
use iscdesk::error::masked;
use iscdesk::text::{self, Language};
use serde_json::Value;

/// Adds the state of the codes to an outcome: of those that were typed, else of all held.
pub fn describe(
    client: &Client,
    typed: &[String],
    language: Language,
    outcome: Outcome,
) -> Outcome {
    let codes = match typed {
        [] => held(client).unwrap_or_default(),
        typed => typed.to_vec(),
    };
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

/// The codes held, in their order.
pub fn held(client: &Client) -> Result<Vec<String>, Error> {
    let list = client.list_licenses()?;
    serde_json::from_str(&list).map_err(|e| Error::internal(e.to_string()))
}

fn lines(name: &str, info: &Info, language: Language) -> Vec<String> {
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

fn moment(unix: i64, otherwise: Word, language: Language) -> String {
    match DateTime::from_timestamp(unix, 0) {
        Some(time) if unix != 0 => time.format("%Y-%m-%d %H:%M UTC").to_string(),
        _ => say(otherwise, language).to_owned(),
    }
}
