//! The document, member by member, in the order in which it is written. See [`super`] for what the members mean.

use crate::Error;
use crate::license::{Failure, Verdict};
use serde::{Serialize, Serializer};

pub const SCHEMA: u32 = 1;

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub schema: u32,
    pub iscdesk: &'static str,
    pub at: i64,
    pub took_ms: u64,
    pub ok: bool,
    pub advice: Vec<String>,
    pub config: ConfigFacts,
    pub system: Found<SystemFacts>,
    pub state: Found<StateFacts>,
    pub device: Found<DeviceFacts>,
    pub network: Found<NetworkFacts>,
    /// None where no feed is set.
    pub upgrade: Option<Found<FeedFacts>>,
    pub clock: ClockReport,
    pub errors: Vec<Failure>,
}

/// A part of the document that could be found out, or why not.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Found<T> {
    Known(T),
    Unknown { error: Fault },
}

/// A cause as in `isc_last_error_json`, and one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub cause: &'static str,
    pub text: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ConfigFacts {
    pub ok: bool,
    pub faults: Vec<String>,
    pub warnings: Vec<String>,
    pub vendor: Option<String>,
    pub product: Option<String>,
    pub version: Option<String>,
    pub mode: Option<&'static str>,
    pub site_file: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SystemFacts {
    pub os: &'static str,
    pub arch: &'static str,
    pub version: Option<String>,
    pub container: Option<String>,
    pub virtual_machine: bool,
    pub hypervisor: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct StateFacts {
    pub folder: Option<String>,
    pub scope: &'static str,
    pub exists: bool,
    pub writable: bool,
    pub write_error: Option<Fault>,
    pub free_bytes: Option<u64>,
    pub file: Option<String>,
    pub readable: bool,
    pub origin: &'static str,
    pub revision: u64,
    pub notes: Vec<String>,
    /// Files that were no use when a client came upon them, and that it moved out of the way.
    pub set_aside: Vec<String>,
    pub licenses: Vec<LicenseFacts>,
}

#[derive(Clone, Debug, Serialize)]
pub struct LicenseFacts {
    pub code: String,
    #[serde(serialize_with = "by_name")]
    pub verdict: Verdict,
    pub licensed: bool,
    pub source: &'static str,
    pub expires_at: i64,
    pub checked_at: i64,
    pub offline_until: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct DeviceFacts {
    pub parts: Vec<PartFacts>,
    /// None where there is no state of this product to compare with.
    pub changed: Option<Vec<&'static str>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PartFacts {
    pub kind: &'static str,
    pub present: bool,
    pub hashes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct NetworkFacts {
    pub proxy: ProxyFacts,
    pub ca_file: Option<String>,
    pub roots: RootsFacts,
    pub hosts: Vec<HostFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProxyFacts {
    pub source: &'static str,
    pub address: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct RootsFacts {
    pub bundle: Option<String>,
    /// None where the system verifies by itself and does not tell.
    pub system: Option<usize>,
    pub ca_file: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct HostFacts {
    pub role: &'static str,
    pub host: String,
    pub via: String,
    pub reached: bool,
    pub resolved: Resolved,
    pub connected: Connected,
    /// None where no certificate was presented.
    pub tls: Option<TlsFacts>,
    pub answer: Answered,
    /// None where nothing is known of them.
    pub keys: Option<KeysFacts>,
}

/// What the gateway says to the program's access key or token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeysFacts {
    pub accepted: bool,
    pub error: Option<Fault>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Resolved {
    pub ok: bool,
    pub addresses: Vec<String>,
    pub error: Option<Fault>,
    pub took_ms: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Connected {
    pub ok: bool,
    pub to: Option<String>,
    pub error: Option<Fault>,
    pub took_ms: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct TlsFacts {
    pub trusted: bool,
    pub by_root: Option<RootFacts>,
    pub chain: Vec<CertificateFacts>,
    pub error: Option<Fault>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootFacts {
    pub subject: String,
    pub from: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    pub subject: String,
    pub issuer: String,
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    pub ok: bool,
    pub http: Option<u16>,
    pub content_type: Option<String>,
    pub date: Option<i64>,
    /// The local time when it came.
    pub local: i64,
    pub error: Option<Fault>,
    pub took_ms: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedFacts {
    pub fetched: bool,
    pub verified: bool,
    pub version: Option<String>,
    pub published: Option<i64>,
    pub forced: Option<bool>,
    pub platform: String,
    /// One for this platform.
    pub has_package: Option<bool>,
    pub outcome: &'static str,
    /// What a client's notice would say: 0, or its `ErrorCode`.
    pub status: i32,
    pub error: Option<Fault>,
    pub took_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockReport {
    pub local: i64,
    pub marketplace: Option<i64>,
    pub offset_s: Option<i64>,
    /// Of the last answer to a client, as the state remembers it.
    pub known_offset_s: Option<i64>,
    pub verdict: &'static str,
}

fn by_name<S: Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(verdict.name())
}

impl<T> Found<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Found::Known(value) => Some(value),
            Found::Unknown { .. } => None,
        }
    }

    pub fn error(&self) -> Option<&Fault> {
        match self {
            Found::Known(_) => None,
            Found::Unknown { error } => Some(error),
        }
    }
}

impl KeysFacts {
    pub fn accepted() -> KeysFacts {
        KeysFacts {
            accepted: true,
            error: None,
        }
    }
}

impl Fault {
    pub fn new(cause: crate::Cause, text: impl Into<String>) -> Fault {
        Fault {
            cause: cause.name(),
            text: text.into(),
        }
    }

    pub fn timeout(text: impl Into<String>) -> Fault {
        Fault::new(crate::Cause::Timeout, text)
    }

    pub fn is(&self, cause: crate::Cause) -> bool {
        self.cause == cause.name()
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::new(error.cause, error.text)
    }
}
