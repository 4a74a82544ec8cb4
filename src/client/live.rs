//! The options that may change while the client runs.

use super::LiveOption;
use super::config::Config;
use crate::error::{Cause, Error, Status};
use crate::marketplace::{Credentials, Proxy, roots};
use std::path::{Path, PathBuf};

/// Longest end-user id, in bytes: documented for usage statistics.
const MAX_ACCOUNT_BYTES: usize = 256;

#[derive(Clone)]
pub struct Live {
    pub proxy: Proxy,
    pub ca_file: Option<PathBuf>,
    pub account_id: Option<String>,
    pub credentials: Credentials,
}

impl Live {
    pub fn of(config: &Config) -> Live {
        Live {
            proxy: config.proxy.clone(),
            ca_file: config.ca_file.clone(),
            account_id: config.account_id.clone(),
            credentials: config.credentials.clone(),
        }
    }

    /// An error where nothing can be asked online.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        match &self.credentials {
            Credentials::None => Err(Error::unsupported(
                "neither an access key nor a bearer token is set: only licence files can be used",
            )),
            usable => Ok(usable.clone()),
        }
    }

    /// Sets one option; empty takes it back to the default. Nothing changes where the value is refused.
    pub fn set(&mut self, option: LiveOption, value: &str) -> Result<(), Error> {
        let given = (!value.is_empty()).then_some(value);
        match option {
            LiveOption::Proxy => self.proxy = Proxy::parse(given)?,
            LiveOption::CaFile => {
                let path = given.map(Path::new);
                if path.is_some() {
                    roots::client_config(path)?;
                }
                self.ca_file = path.map(Path::to_path_buf);
            }
            LiveOption::BearerToken => self.set_bearer(given)?,
            LiveOption::AccountId => {
                if value.len() > MAX_ACCOUNT_BYTES {
                    return Err(Error::argument(format!(
                        "account_id: longer than {MAX_ACCOUNT_BYTES} bytes"
                    )));
                }
                self.account_id = given.map(str::to_owned);
            }
        }
        Ok(())
    }

    fn set_bearer(&mut self, token: Option<&str>) -> Result<(), Error> {
        if matches!(self.credentials, Credentials::Signed { .. }) {
            return Err(Error::new(
                Status::Config,
                Cause::Config,
                "bearer_token: this client signs with an access key; both at once is an error",
            ));
        }
        self.credentials = match token {
            Some(token) => Credentials::bearer(token)?,
            None => Credentials::None,
        };
        Ok(())
    }
}
