//! The client: configuration, the calls a program makes, the worker thread, the shutdown.

pub mod lifecycle;
mod log;
pub mod window;

use crate::error::{Error, Status};
use crate::events::hub;
use crate::events::{Event, Receiver, Wake};
use crate::license::Verdict;
use crate::marketplace::Clients;
use crate::sync;
use std::sync::Arc;
use std::time::Duration;

pub use log::{Level, LogSink};

/// What is known about one licence, as `isc_license_info` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub license: String,
    pub verdict: Verdict,
    pub source: Source,
    pub expires_at: i64,
    pub checked_at: i64,
    pub offline_until: i64,
    pub activated_at: i64,
    /// -1 = not stated.
    pub amount: i64,
    pub product_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Source {
    None = 0,
    Marketplace = 1,
    File = 2,
}

/// Keys of `isc_client_set_string`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveOption {
    Proxy,
    CaFile,
    BearerToken,
    AccountId,
}

pub struct Client {}

#[allow(unused_variables)]
impl Client {
    pub fn shutdown(&self, timeout: Duration) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn set_string(&self, option: LiveOption, value: &str) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn register(&self, receiver: Arc<dyn Receiver<Event>>) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn unregister(&self) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    /// How many were delivered.
    pub fn poll(&self, timeout: Duration) -> Result<u32, Error> {
        Err(Error::unsupported(""))
    }
    pub fn set_wake(&self, wake: Option<Wake>) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn activate(&self, code: &str) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn activate_many(&self, codes: &[&str]) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn heartbeat(&self, code: Option<&str>) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn query(&self, code: Option<&str>) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn report_usage(&self, code: &str, clients: Clients) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn forget(&self, code: Option<&str>) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn license_info(&self, code: Option<&str>) -> Result<Info, Error> {
        Err(Error::unsupported(""))
    }
    pub fn license_json(&self, code: Option<&str>) -> Result<String, Error> {
        Err(Error::unsupported(""))
    }
    /// JSON array of codes.
    pub fn list_licenses(&self) -> Result<String, Error> {
        Err(Error::unsupported(""))
    }
    pub fn request_license_string(&self, device_info: Option<&str>) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    pub fn notify_license_verified(
        &self,
        verified: bool,
        message: Option<&str>,
    ) -> Result<Status, Error> {
        Err(Error::unsupported(""))
    }
    /// Lock-free; `code` None = any. Never fails, also after shutdown.
    pub fn is_licensed(&self, code: Option<&[u8]>) -> bool {
        false
    }
    /// Lock-free.
    pub fn has_feature(&self, name: &[u8]) -> bool {
        false
    }
    /// Publishes from now on, into memory that is never freed, when something is licensed for certain.
    pub fn attach_window(&self, window: &'static window::Window) {}
}
