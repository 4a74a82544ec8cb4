//! What is needed of an HTTP library, and no more: one POST, one answer or one classified failure; and one GET, whose answer
//! is read in pieces, for upgrades.
//!
//! The trait exists so that fallback, signing and deadlines are tested without sockets, and so that one file alone
//! names the HTTP library. A transport knows nothing of licences, retries or time limits per attempt: the caller drops
//! the future, and that cuts the connection.

use crate::{Cause, Error, Status};
pub use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;

/// A POST. No `Debug`: the headers hold a token or a signature, the body a whole code.
pub struct Request {
    pub url: String,
    /// Sent as they are; `Host` is among them, since it is signed.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// `Date`, Unix seconds.
    pub date: Option<i64>,
    pub retry_after_s: Option<u32>,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The name could not be resolved.
    Dns,
    /// No connection to the address.
    Connect,
    /// The connection ended before the answer did.
    Reset,
    Tls,
    /// The proxy could not be reached, or opened no tunnel.
    Proxy,
    /// The proxy wants a user and password, or other ones.
    ProxyAuth,
    Timeout,
    TooLarge,
    /// The answer is not HTTP.
    Protocol,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    pub kind: TransportErrorKind,
    /// One sentence without secrets.
    pub text: String,
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// A GET of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Get {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
}

/// The head of an answer to a GET, and the way to its body.
pub struct Opened {
    pub status: u16,
    pub content_length: Option<u64>,
    pub content_range: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub retry_after_s: Option<u32>,
    pub body: Box<dyn Body>,
}

pub type Piece<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Bytes>, TransportError>> + Send + 'a>>;

/// What is left of an answer. Dropping it ends the connection.
pub trait Body: Send {
    /// The next bytes, as the network brings them; None at the end.
    fn next<'a>(&'a mut self) -> Piece<'a>;
}

pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Opened, TransportError>> + Send + 'a>>;

pub trait Transport: Send + Sync {
    /// Sends one request. Dropping the future ends the connection.
    fn send<'a>(&'a self, request: Request) -> Sending<'a>;

    /// Asks for a file. The body has no limit here: who reads it has one.
    fn open<'a>(&'a self, get: Get) -> Opening<'a>;
}

impl TransportError {
    pub fn new(kind: TransportErrorKind, text: impl Into<String>) -> TransportError {
        let text = text.into();
        TransportError { kind, text }
    }

    pub fn timeout() -> TransportError {
        TransportError::new(TransportErrorKind::Timeout, "no answer in time")
    }

    /// True where another host may do better. A proxy that wants a password wants it for every host, and an answer that
    /// makes no sense is still an answer.
    pub fn is_unavailable(&self) -> bool {
        use TransportErrorKind::*;
        matches!(self.kind, Dns | Connect | Reset | Tls | Proxy | Timeout)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Error {
        let (status, cause) = match error.kind {
            TransportErrorKind::Dns => (Status::Network, Cause::Dns),
            TransportErrorKind::Connect | TransportErrorKind::Reset => {
                (Status::Network, Cause::Connect)
            }
            TransportErrorKind::Tls => (Status::Tls, Cause::Tls),
            TransportErrorKind::Proxy => (Status::Proxy, Cause::Proxy),
            TransportErrorKind::ProxyAuth => (Status::Proxy, Cause::ProxyAuth),
            TransportErrorKind::Timeout => (Status::Timeout, Cause::Timeout),
            TransportErrorKind::TooLarge | TransportErrorKind::Protocol => {
                (Status::Protocol, Cause::Protocol)
            }
        };
        Error::new(status, cause, error.text)
    }
}
