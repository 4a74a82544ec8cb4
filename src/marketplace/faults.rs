//! What went wrong on the way, told by the chain of causes that the HTTP library hands back.
//!
//! Types are looked at first. Two faults have no public type and are known by their wording, which tests against real
//! sockets pin: that of the proxy's tunnel, and that of a connection closed before the answer.

use super::lookup::LookupError;
use super::transport::{TransportError, TransportErrorKind as Kind};
use std::error::Error as StdError;
use std::io::{self, ErrorKind};

const TUNNEL: &str = "tunnel error";
const TUNNEL_AUTH: &str = "proxy authorization required";
const CLOSED_EARLY: [&str; 2] = [
    "connection closed before message completed",
    "end of file before message length reached",
];

type Link<'a> = &'a (dyn StdError + 'static);

/// What the HTTP library says of the error as a whole.
#[derive(Clone, Copy)]
pub struct Phase {
    pub is_timeout: bool,
    /// No connection yet, or no TLS on it.
    pub is_connect: bool,
}

pub fn classify(error: Link<'_>, phase: Phase) -> TransportError {
    let links = links(error);
    let kind = kind_of(&links, phase);
    // The innermost cause only: the outer ones repeat the URL.
    let detail = links.last().map(|link| link.to_string());
    let detail = detail.unwrap_or_default();
    TransportError::new(kind, format!("{}: {detail}", sentence(kind)))
}

fn kind_of(links: &[Link<'_>], phase: Phase) -> Kind {
    let says = |words: &str| links.iter().any(|link| link.to_string().contains(words));
    // First, since what fails inside the tunnel is the proxy's fault whatever it is.
    if says(TUNNEL) {
        return match says(TUNNEL_AUTH) {
            true => Kind::ProxyAuth,
            false => Kind::Proxy,
        };
    }
    if phase.is_timeout {
        return Kind::Timeout;
    }
    if links.iter().any(|link| link.is::<LookupError>()) {
        return Kind::Dns;
    }
    if links.iter().any(|link| link.is::<rustls::Error>()) {
        return Kind::Tls;
    }
    let mut io = links
        .iter()
        .filter_map(|link| link.downcast_ref::<io::Error>());
    if let Some(kind) = io.find_map(|error| kind_of_io(error.kind(), phase)) {
        return kind;
    }
    if CLOSED_EARLY.iter().any(|words| says(words)) {
        return Kind::Reset;
    }
    match phase.is_connect {
        true => Kind::Connect,
        false => Kind::Protocol,
    }
}

fn kind_of_io(kind: ErrorKind, phase: Phase) -> Option<Kind> {
    match kind {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Some(Kind::Reset)
        }
        // Before there is a connection only the handshake can meet an end.
        ErrorKind::UnexpectedEof if phase.is_connect => Some(Kind::Tls),
        ErrorKind::UnexpectedEof => Some(Kind::Reset),
        ErrorKind::TimedOut => Some(Kind::Timeout),
        _ => None,
    }
}

fn sentence(kind: Kind) -> &'static str {
    match kind {
        Kind::Dns => "the host's name cannot be resolved",
        Kind::Connect => "no connection to the host",
        Kind::Reset => "the connection ended before the answer",
        Kind::Tls => {
            "no trusted TLS connection (root certificates, the machine's date and proxies that inspect TLS are what to look at)"
        }
        Kind::Proxy => "no way through the proxy",
        Kind::ProxyAuth => "the proxy wants a user and password",
        Kind::Timeout => "no answer in time",
        Kind::TooLarge => "the answer is too large",
        Kind::Protocol => "the answer is not HTTP",
    }
}

/// The chain of causes. An `io::Error` around another error shows only what is below that one, so it is opened.
fn links(error: Link<'_>) -> Vec<Link<'_>> {
    std::iter::successors(Some(error), |link| cause(*link)).collect()
}

fn cause(link: Link<'_>) -> Option<Link<'_>> {
    let wrapped = link
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(inner) => Some(inner),
        None => link.source(),
    }
}
