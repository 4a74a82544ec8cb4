//! What went wrong on the way, told by the chain of causes that the HTTP library hands back, with the name of what failed:
//! of the host, or of the proxy before it.
//!
//! Types are looked at first. Two faults have no public type and are known by their wording, which tests against real
//! sockets pin: that of the proxy's tunnel, and that of a connection closed before the answer.

use super::lookup::LookupError;
use super::transport::{TransportError, TransportErrorKind as Kind};
use std::error::Error as StdError;
use std::io::{self, ErrorKind};

const TUNNEL: &str = "tunnel error";
const TUNNEL_AUTH: &str = "proxy authorization required";
const TUNNEL_NOT_REACHED: &str = "failed to create underlying connection";
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

/// Where a request went, by names that may appear in texts.
pub struct Road {
    pub host: String,
    /// The proxy it went by, as far as it is known.
    pub proxy: Option<String>,
}

pub fn classify(error: Link<'_>, phase: Phase, road: &Road) -> TransportError {
    let links = links(error);
    let kind = kind_of(&links, phase);
    // The innermost cause only: the outer ones repeat the URL.
    let detail = links.last().map(|link| link.to_string());
    let detail = detail.unwrap_or_default();
    let sentence = sentence(kind, &links, phase, road);
    TransportError::new(kind, format!("{sentence}: {detail}"))
}

fn kind_of(links: &[Link<'_>], phase: Phase) -> Kind {
    let says = |words| says(links, words);
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

fn says(links: &[Link<'_>], words: &str) -> bool {
    links.iter().any(|link| link.to_string().contains(words))
}

fn sentence(kind: Kind, links: &[Link<'_>], phase: Phase, road: &Road) -> String {
    let host = &road.host;
    match kind {
        // Only names are resolved, so what a colon divides from one is a port.
        Kind::Dns => {
            let name = host.split(':').next().unwrap_or(host);
            format!("the name {name} cannot be resolved")
        }
        Kind::Connect => format!("no connection to {host}"),
        Kind::Reset => format!("the connection to {host} ended before the answer"),
        Kind::Tls => format!(
            "no trusted TLS connection to {host} (root certificates, the machine's date and proxies that inspect TLS are \
             what to look at)"
        ),
        Kind::Proxy => of_proxy(links, road),
        Kind::ProxyAuth => format!("{} wants a user and password", road.named_proxy()),
        Kind::Timeout if !phase.is_connect => format!("no answer from {host} in time"),
        Kind::Timeout if road.proxy.is_some() => {
            format!("no connection to {host} in time by {}", road.named_proxy())
        }
        Kind::Timeout => format!("no connection to {host} in time"),
        Kind::TooLarge => "the answer is too large".into(),
        Kind::Protocol => format!("the answer from {host} is not HTTP"),
    }
}

/// Who cannot reach the proxy has another fault to mend than who is refused by it.
fn of_proxy(links: &[Link<'_>], road: &Road) -> String {
    let proxy = road.named_proxy();
    if links.iter().any(|link| link.is::<LookupError>()) {
        return format!("the name of {proxy} cannot be resolved");
    }
    match says(links, TUNNEL_NOT_REACHED) {
        true => format!("no connection to {proxy}"),
        false => format!("{proxy} opens no way to {}", road.host),
    }
}

impl Road {
    fn named_proxy(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("the proxy {proxy}"),
            None => "the proxy".into(),
        }
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
