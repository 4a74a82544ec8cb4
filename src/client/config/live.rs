//! The options that may change while a client runs, checked by the same rules as at init.

use super::checks::Checks;
use super::shape;
use crate::Error;
use crate::client::LiveOption;
use crate::client::options::{Key, Options};
use crate::marketplace::{Credentials, Proxy};
use std::path::PathBuf;

/// A checked value for a running client.
pub enum Live {
    Proxy(Proxy),
    CaFile(PathBuf),
    /// Relay mode. Whether the client is in that mode is the client's to know.
    BearerToken(Credentials),
    AccountId(String),
}

impl Live {
    pub fn check(option: LiveOption, value: &str) -> Result<Live, Error> {
        let key = key_of(option);
        let mut options = Options::new();
        options.set_string(key.code(), value)?;
        let mut checks = Checks::new(&options);
        let live = match option {
            LiveOption::Proxy => checks.parsed(key, shape::proxy).map(Live::Proxy),
            LiveOption::CaFile => checks.parsed(key, shape::ca_file).map(Live::CaFile),
            LiveOption::AccountId => checks.parsed(key, shape::account_id).map(Live::AccountId),
            LiveOption::BearerToken => match checks.parsed(key, shape::visible_ascii) {
                Some(token) => Some(Live::BearerToken(Credentials::bearer(&token)?)),
                None => None,
            },
        };
        checks.finish()?;
        live.ok_or_else(|| Error::internal("an option without a value has no fault"))
    }
}

fn key_of(option: LiveOption) -> Key {
    match option {
        LiveOption::Proxy => Key::Proxy,
        LiveOption::CaFile => Key::CaFile,
        LiveOption::BearerToken => Key::BearerToken,
        LiveOption::AccountId => Key::AccountId,
    }
}
