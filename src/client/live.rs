//! The options that may change while the client runs.

use super::LiveOption;
use super::config::{self, Config};
use crate::error::{Cause, Error, Status};
use crate::marketplace::{Credentials, Proxy};
use std::path::PathBuf;

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

    /// Sets one option; empty takes it back to its default. Nothing changes where the value is refused.
    pub fn set(&mut self, option: LiveOption, value: &str) -> Result<(), Error> {
        if value.is_empty() {
            return self.reset(option);
        }
        match config::Live::check(option, value)? {
            config::Live::Proxy(proxy) => self.proxy = proxy,
            config::Live::CaFile(path) => self.ca_file = Some(path),
            config::Live::AccountId(id) => self.account_id = Some(id),
            config::Live::BearerToken(token) => self.set_bearer(token)?,
        }
        Ok(())
    }

    fn reset(&mut self, option: LiveOption) -> Result<(), Error> {
        match option {
            LiveOption::Proxy => self.proxy = Proxy::parse(None)?,
            LiveOption::CaFile => self.ca_file = None,
            LiveOption::AccountId => self.account_id = None,
            LiveOption::BearerToken => self.set_bearer(Credentials::None)?,
        }
        Ok(())
    }

    fn set_bearer(&mut self, credentials: Credentials) -> Result<(), Error> {
        if matches!(self.credentials, Credentials::Signed { .. }) {
            return Err(Error::new(
                Status::Config,
                Cause::Config,
                "bearer_token: this client signs with an access key; both at once is an error",
            ));
        }
        self.credentials = credentials;
        Ok(())
    }
}
