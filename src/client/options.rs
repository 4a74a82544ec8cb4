//! What a program set, before anything of it is checked but key and type: the rest is [`super::config`]'s, which reports
//! all faults at once.
//!
//! Each value remembers where it came from, because two of them are judged by that: a `secret_key` in a file that
//! everybody can read, and a `helper_path` in a file that everybody can change. A later value replaces an earlier one
//! together with its origin.

mod file;
mod key;
mod signed;
#[cfg(test)]
mod tests;

pub use key::{Key, Kind, TABLE};

pub(super) use file::{MAX_BYTES, members, shown, typed};

use super::{LiveOption, LogSink};
use crate::Error;
use std::collections::BTreeMap;
use std::path::Path;
use zeroize::Zeroizing;

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program's own code.
    Program,
    UnsignedFile,
    /// A file whose signature was verified with a key from the program's own code.
    SignedFile,
    /// `site.json`, the file of the customer's administrator.
    Site,
}

/// A value of the right type. Texts are wiped when dropped: any of them may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Zeroizing<String>),
    Number(i64),
}

#[derive(Clone, Default)]
pub struct Options {
    values: BTreeMap<Key, (Value, Origin)>,
    allow_plain_secret: bool,
    log: Option<LogSink>,
}

impl Options {
    pub fn new() -> Options {
        Options::default()
    }

    /// Reads a JSON file. None: `iscdesk.json` beside the program, else beside the library.
    pub fn load(path: Option<&Path>) -> Result<Options, Error> {
        let found = file::find(path)?;
        file::parse(&found.bytes, Origin::UnsignedFile)
            .map_err(|fault| file::fault(&found.path, fault))
    }

    /// Reads a JSON file after its signature, `<path>.minisig`, was verified. None as in [`Options::load`].
    pub fn load_signed(path: Option<&Path>, minisign_key: &str) -> Result<Options, Error> {
        let found = file::find(path)?;
        // What was verified is what is read: the file is not opened a second time.
        signed::verify(&found.path, &found.bytes, minisign_key)
            .and_then(|()| file::parse(&found.bytes, Origin::SignedFile))
            .map_err(|fault| file::fault(&found.path, fault))
    }

    pub fn set_string(&mut self, key: i32, value: &str) -> Result<(), Error> {
        let key = typed_key(key, Kind::Text)?;
        let value = Value::Text(Zeroizing::new(value.to_owned()));
        self.put(key, value, Origin::Program);
        Ok(())
    }

    pub fn set_int(&mut self, key: i32, value: i64) -> Result<(), Error> {
        let key = typed_key(key, Kind::Number)?;
        self.put(key, Value::Number(value), Origin::Program);
        Ok(())
    }

    /// None: no log.
    pub fn set_log(&mut self, log: Option<LogSink>) {
        self.log = log;
    }

    pub fn log(&self) -> Option<&LogSink> {
        self.log.as_ref()
    }

    pub fn text(&self, key: Key) -> Option<&str> {
        match self.values.get(&key) {
            Some((Value::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self, key: Key) -> Option<i64> {
        match self.values.get(&key) {
            Some((Value::Number(number), _)) => Some(*number),
            _ => None,
        }
    }

    /// None where the option was not set.
    pub fn origin(&self, key: Key) -> Option<Origin> {
        self.values.get(&key).map(|(_, origin)| *origin)
    }

    /// `"allow_plain_secret": 1` was in the file. There is no key for it: code needs no leave to hold a secret.
    pub fn allows_plain_secret(&self) -> bool {
        self.allow_plain_secret
    }

    pub(super) fn put(&mut self, key: Key, value: Value, origin: Origin) {
        self.values.insert(key, (value, origin));
    }
}

impl LiveOption {
    /// The option of a running client with this number.
    pub fn from_key(key: i32) -> Option<LiveOption> {
        match Key::from_code(key)? {
            Key::Proxy => Some(LiveOption::Proxy),
            Key::CaFile => Some(LiveOption::CaFile),
            Key::BearerToken => Some(LiveOption::BearerToken),
            Key::AccountId => Some(LiveOption::AccountId),
            _ => None,
        }
    }
}

fn typed_key(code: i32, kind: Kind) -> Result<Key, Error> {
    let key = Key::from_code(code)
        .ok_or_else(|| Error::argument(format!("there is no option with the number {code}")))?;
    match key.kind() {
        right if right == kind => Ok(key),
        Kind::Text => Err(wrong_type(key, "a string")),
        Kind::Number => Err(wrong_type(key, "an integer")),
    }
}

fn wrong_type(key: Key, right: &str) -> Error {
    Error::argument(format!("the option {} takes {right}", key.name()))
}
