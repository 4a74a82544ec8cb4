//! The error type of the library and its map to the status codes of the C ABI.
//!
//! Every failure is an [`Error`]: a [`Status`] (what the caller can branch on), a [`Cause`] (what a support desk looks
//! for) and the facts known about it. No text here ever holds a secret, a token or a whole authorization code.

use std::fmt;

/// Status codes as they cross the C ABI. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Status {
    Ok = 0,
    Deferred = 1,
    Cached = 2,
    Already = 3,
    InvalidArgument = -1,
    InvalidUtf8 = -2,
    BufferTooSmall = -3,
    InvalidHandle = -4,
    Closed = -5,
    Timeout = -6,
    Unsupported = -7,
    Reentrant = -8,
    Config = -9,
    Busy = -10,
    Limit = -11,
    InvalidState = -12,
    NotActivated = -20,
    UnknownLicense = -21,
    NotReceived = -22,
    Expired = -23,
    Released = -24,
    OfflineTooLong = -25,
    Clock = -26,
    WrongDevice = -27,
    LicenseFile = -28,
    TooManyDevices = -29,
    Network = -40,
    Tls = -41,
    Proxy = -42,
    Throttled = -43,
    Unauthorized = -44,
    Server = -45,
    Protocol = -46,
    Rejected = -47,
    Untrusted = -48,
    Storage = -60,
    StorageDenied = -61,
    StorageBusy = -62,
    UpgradeFeed = -80,
    UpgradeSignature = -81,
    UpgradeDownload = -82,
    Internal = -100,
}

impl Status {
    /// Every status there is, for tables and tests.
    pub const ALL: [Status; 42] = [
        Status::Ok,
        Status::Deferred,
        Status::Cached,
        Status::Already,
        Status::InvalidArgument,
        Status::InvalidUtf8,
        Status::BufferTooSmall,
        Status::InvalidHandle,
        Status::Closed,
        Status::Timeout,
        Status::Unsupported,
        Status::Reentrant,
        Status::Config,
        Status::Busy,
        Status::Limit,
        Status::InvalidState,
        Status::NotActivated,
        Status::UnknownLicense,
        Status::NotReceived,
        Status::Expired,
        Status::Released,
        Status::OfflineTooLong,
        Status::Clock,
        Status::WrongDevice,
        Status::LicenseFile,
        Status::TooManyDevices,
        Status::Network,
        Status::Tls,
        Status::Proxy,
        Status::Throttled,
        Status::Unauthorized,
        Status::Server,
        Status::Protocol,
        Status::Rejected,
        Status::Untrusted,
        Status::Storage,
        Status::StorageDenied,
        Status::StorageBusy,
        Status::UpgradeFeed,
        Status::UpgradeSignature,
        Status::UpgradeDownload,
        Status::Internal,
    ];

    pub fn code(self) -> i32 {
        self as i32
    }

    pub fn from_code(code: i32) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.code() == code)
    }

    pub fn is_success(self) -> bool {
        self.code() >= 0
    }
}

/// Why something failed, in one word that a support desk can search for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Argument,
    Handle,
    Closed,
    State,
    Config,
    Verdict,
    Dns,
    Connect,
    Proxy,
    ProxyAuth,
    Tls,
    Timeout,
    Clock,
    Throttled,
    Refused,
    /// The marketplace has frozen the licence.
    Frozen,
    Server,
    Protocol,
    Storage,
    Internal,
}

impl Cause {
    pub fn name(self) -> &'static str {
        match self {
            Cause::Argument => "argument",
            Cause::Handle => "handle",
            Cause::Closed => "closed",
            Cause::State => "state",
            Cause::Config => "config",
            Cause::Verdict => "verdict",
            Cause::Dns => "dns",
            Cause::Connect => "connect",
            Cause::Proxy => "proxy",
            Cause::ProxyAuth => "proxy_auth",
            Cause::Tls => "tls",
            Cause::Timeout => "timeout",
            Cause::Clock => "clock",
            Cause::Throttled => "throttled",
            Cause::Refused => "refused",
            Cause::Frozen => "frozen",
            Cause::Server => "server",
            Cause::Protocol => "protocol",
            Cause::Storage => "storage",
            Cause::Internal => "internal",
        }
    }
}

/// A failure with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub status: Status,
    pub cause: Cause,
    /// One sentence of detail in English, without secrets.
    pub text: String,
    /// Host that was asked, with its port where it is not the scheme's own.
    pub host: Option<String>,
    /// HTTP status of the answer.
    pub http: Option<u16>,
    /// `error_code` of the answer.
    pub code: Option<String>,
    /// `request_id` of the gateway, which its support asks for.
    pub request_id: Option<String>,
    /// Seconds the server asked to wait.
    pub retry_after_s: Option<u32>,
}

impl Error {
    pub fn new(status: Status, cause: Cause, text: impl Into<String>) -> Error {
        Error {
            status,
            cause,
            text: text.into(),
            host: None,
            http: None,
            code: None,
            request_id: None,
            retry_after_s: None,
        }
    }

    pub fn argument(text: impl Into<String>) -> Error {
        Error::new(Status::InvalidArgument, Cause::Argument, text)
    }

    pub fn closed() -> Error {
        Error::new(Status::Closed, Cause::Closed, "the client is shut down")
    }

    pub fn unsupported(text: impl Into<String>) -> Error {
        Error::new(Status::Unsupported, Cause::State, text)
    }

    pub fn timeout(text: impl Into<String>) -> Error {
        Error::new(Status::Timeout, Cause::Timeout, text)
    }

    pub fn storage(status: Status, text: impl Into<String>) -> Error {
        Error::new(status, Cause::Storage, text)
    }

    pub fn internal(text: impl Into<String>) -> Error {
        Error::new(Status::Internal, Cause::Internal, text)
    }

    pub fn with_host(mut self, host: impl Into<String>) -> Error {
        self.host = Some(host.into());
        self
    }

    /// True where no answer came at all, so that the cache may speak instead.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self.status,
            Status::Network | Status::Tls | Status::Proxy | Status::Timeout
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text)?;
        let Some(host) = &self.host else {
            return Ok(());
        };
        let named = self.text.contains(host.as_str());
        let facts = [
            (!named).then(|| format!("host {host}")),
            self.http.map(|http| format!("HTTP {http}")),
            self.code.clone(),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        match facts.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", facts.join(", ")),
        }
    }
}

impl std::error::Error for Error {}

/// The shape in which an authorization code may appear in logs, texts and diagnoses: its first two and last two
/// characters where it is long enough to stay unguessable, else none.
pub fn masked(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    if chars.len() < 8 {
        return "****".into();
    }
    let tail: String = chars[chars.len() - 2..].iter().collect();
    format!("{}{}****{tail}", chars[0], chars[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_found_again() {
        let mut seen = std::collections::BTreeSet::new();
        for status in Status::ALL {
            assert!(seen.insert(status.code()), "{status:?} reuses a number");
            assert_eq!(Status::from_code(status.code()), Some(status));
        }
        assert_eq!(Status::from_code(-99), None);
    }

    #[test]
    fn a_host_is_named_once() {
        let unnamed = Error::timeout("no answer in time").with_host("mkt.test");
        assert_eq!(unnamed.to_string(), "no answer in time (host mkt.test)");
        let mut named = Error::timeout("no answer from mkt.test in time").with_host("mkt.test");
        assert_eq!(named.to_string(), named.text);
        named.http = Some(504);
        assert_eq!(named.to_string(), format!("{} (HTTP 504)", named.text));
    }

    #[test]
    fn a_masked_code_shows_at_most_four_characters() {
        assert_eq!(masked("PL-0123456789"), "PL****89");
        assert_eq!(masked("short"), "****");
        assert_eq!(masked("授权码授权码授权码"), "授权****权码");
    }
}
