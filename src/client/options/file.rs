//! Options from a JSON file: where it is looked for, how it is read, what it may hold.
//!
//! Strict, so that a typing mistake switches nothing off: an unknown member is a fault, unless its name begins with `x_`,
//! and so are a member given twice, a number in quotes and `true` for 1. All faults are told at once. A value is never
//! repeated in a fault, for it may be a secret in the wrong place; of the JSON parser's own message, which may quote the
//! file, only the position is passed on.

use super::{Key, Kind, Options, Origin, Value};
use crate::platform::module;
use crate::{Cause, Error, Status};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::error::Category;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Largest file read.
pub(in crate::client) const MAX_BYTES: u64 = 1024 * 1024;
const FILE_NAME: &str = "iscdesk.json";
const ALLOW_PLAIN_SECRET: &str = "allow_plain_secret";

pub(super) struct Found {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// Reads the file named, or the first that exists of those looked for. One that exists but cannot be read is a fault:
/// the next one might say something else.
pub(super) fn find(path: Option<&Path>) -> Result<Found, Error> {
    match path {
        Some(path) => first_of(vec![path.to_owned()]),
        None => first_of(beside(program_folder(), library_folder())),
    }
}

pub(super) fn first_of(candidates: Vec<PathBuf>) -> Result<Found, Error> {
    for path in &candidates {
        match read_limited(path) {
            Ok(bytes) => {
                let path = path.clone();
                return Ok(Found { path, bytes });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(fault(path, format!("cannot be read: {error}"))),
        }
    }
    let tried: Vec<String> = candidates.iter().map(|p| p.display().to_string()).collect();
    Err(config_error(format!(
        "no options file was found; looked for {}",
        tried.join(", ")
    )))
}

pub(super) fn beside(program: Option<PathBuf>, library: Option<PathBuf>) -> Vec<PathBuf> {
    let mut candidates: Vec<PathBuf> = program.into_iter().chain(library).collect();
    candidates.dedup();
    candidates.iter().map(|dir| dir.join(FILE_NAME)).collect()
}

fn program_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.parent().map(Path::to_owned)
}

/// The folder that this library was loaded from; the program's own where it is part of that.
fn library_folder() -> Option<PathBuf> {
    module::path()?.parent().map(Path::to_path_buf)
}

/// Only a plain file: opening a pipe could wait for ever.
pub(super) fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    let read = fs::File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if read as u64 > MAX_BYTES {
        return Err(io::Error::other("larger than 1 MiB"));
    }
    Ok(bytes)
}

pub(super) fn parse(bytes: &[u8], origin: Origin) -> Result<Options, String> {
    let mut options = Options::new();
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, value) in members(bytes)? {
        let taken = match seen.insert(name.clone()) {
            true => take(&mut options, &name, &value, origin),
            false => Err("given twice"),
        };
        if let Err(fault) = taken {
            faults.push(format!("{}: {fault}", shown(&name)));
        }
    }
    match faults.is_empty() {
        true => Ok(options),
        false => Err(faults.join("; ")),
    }
}

fn take(
    options: &mut Options,
    name: &str,
    value: &Json,
    origin: Origin,
) -> Result<(), &'static str> {
    if name == ALLOW_PLAIN_SECRET {
        options.allow_plain_secret = match value.as_i64() {
            Some(0) => false,
            Some(1) => true,
            _ => return Err("must be 0 or 1"),
        };
        return Ok(());
    }
    let Some(key) = Key::from_name(name) else {
        return Err("unknown member");
    };
    options.put(key, typed(key, value)?, origin);
    Ok(())
}

/// A member's value as the option's type.
pub(in crate::client) fn typed(key: Key, value: &Json) -> Result<Value, &'static str> {
    match (key.kind(), value) {
        (Kind::Text, Json::String(text)) => Ok(Value::Text(Zeroizing::new(text.clone()))),
        (Kind::Text, _) => Err("must be a string"),
        (Kind::Number, Json::Number(number)) => match number.as_i64() {
            Some(number) => Ok(Value::Number(number)),
            None => Err("must be a whole number"),
        },
        (Kind::Number, _) => Err("must be a number, without quotes"),
    }
}

/// The members of a JSON object in their order, but those that begin with `x_`. A BOM is allowed.
pub(in crate::client) fn members(bytes: &[u8]) -> Result<Vec<(String, Json)>, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let Members(mut members) = serde_json::from_str(text).map_err(|error| unparsed(&error))?;
    members.retain(|(name, _)| !name.starts_with("x_"));
    Ok(members)
}

fn unparsed(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => "is not a JSON object".into(),
        _ => format!(
            "is not valid JSON: see line {}, column {}",
            error.line(),
            error.column()
        ),
    }
}

/// A member's name as it may stand in a text.
pub(in crate::client) fn shown(name: &str) -> String {
    let short: String = name.chars().take(64).collect();
    short.escape_debug().to_string()
}

pub(super) fn fault(path: &Path, text: String) -> Error {
    config_error(format!("{}: {text}", path.display()))
}

fn config_error(text: String) -> Error {
    Error::new(Status::Config, Cause::Config, text)
}

/// An object that keeps what JSON maps drop: members given twice.
struct Members(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Members, D::Error> {
        from.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
