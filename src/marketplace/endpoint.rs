//! Where the marketplace, or a vendor's relay in its place, is asked.
//!
//! An endpoint is `scheme://host[:port][/prefix]`, and strict on purpose: what is accepted here must mean the same host
//! to the signature, to the HTTP library and to the reader. So no user info, query, fragment, percent-encoding or the
//! short forms of IPv4 addresses; and `http` only to a literal loopback address, since a name can be made to point
//! anywhere.

use super::percent;
use crate::{Cause, Error, Status};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

pub const DEFAULT_ENDPOINT: &str = "https://mkt.myhuaweicloud.com";
pub const DEFAULT_FALLBACK: &str = "https://mkt.myhuaweicloud.cn";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    plain: bool,
    authority: Authority,
    /// Empty, or `/` and segments without a `/` at the end.
    prefix: String,
}

impl Endpoint {
    /// The server of a whole URL: scheme, host and port.
    pub fn of_url(url: &str) -> Option<Endpoint> {
        let host = url.find("://")? + 3;
        let end = url[host..].find(['/', '?', '#']);
        Endpoint::parse(&url[..end.map_or(url.len(), |end| host + end)]).ok()
    }

    pub fn parse(text: &str) -> Result<Endpoint, Error> {
        let (plain, rest) = split_scheme(text).ok_or_else(|| bad("must begin with https://"))?;
        if rest.contains(['@', '?', '#']) {
            return Err(bad("may hold no user, query or fragment"));
        }
        let (authority, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let mut authority = Authority::parse(authority).ok_or_else(|| bad("has no valid host"))?;
        if plain && !authority.is_loopback() {
            return Err(bad(
                "may be http only with a literal loopback address such as 127.0.0.1",
            ));
        }
        if authority.port == Some(default_port(plain)) {
            authority.port = None;
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if !is_plain_path(prefix) {
            return Err(bad(
                "may have a prefix of letters, digits, '-', '_', '.' and '~' only",
            ));
        }
        Ok(Endpoint {
            plain,
            authority,
            prefix: prefix.to_owned(),
        })
    }

    /// True for `http`.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// What the `Host` header says: the host, and the port where it is not the scheme's own.
    pub fn host(&self) -> String {
        self.authority.to_string()
    }

    /// The name or address alone, IPv6 in brackets, and the port in any case.
    pub fn name_and_port(&self) -> (&str, u16) {
        let port = self.authority.port.unwrap_or(default_port(self.plain));
        (&self.authority.host, port)
    }

    /// The path on the server for a documented path.
    pub fn path(&self, documented: &str) -> String {
        format!("{}{documented}", self.prefix)
    }

    pub fn url(&self, documented: &str) -> String {
        format!("{self}{documented}")
    }

    fn same_host(&self, other: &Endpoint) -> bool {
        let port = |end: &Endpoint| end.authority.port.unwrap_or(default_port(end.plain));
        self.authority.host == other.authority.host && port(self) == port(other)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.plain { "http" } else { "https" };
        write!(f, "{scheme}://{}{}", self.authority, self.prefix)
    }
}

/// The host to ask, and the one to ask when it is unavailable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    pub first: Endpoint,
    pub fallback: Option<Endpoint>,
}

impl Endpoints {
    /// From the two options. The fallback's default applies only with the default endpoint; a fallback on the same host
    /// would only ask it twice.
    pub fn new(endpoint: Option<Endpoint>, fallback: Option<Endpoint>) -> Endpoints {
        let default = documented(DEFAULT_ENDPOINT);
        let first = endpoint.unwrap_or_else(|| default.clone());
        let fallback = match fallback {
            None if first == default => Some(documented(DEFAULT_FALLBACK)),
            other => other,
        };
        let fallback = fallback.filter(|fallback| !fallback.same_host(&first));
        Endpoints { first, fallback }
    }
}

fn documented(text: &str) -> Endpoint {
    let host = text.strip_prefix("https://").unwrap_or(text);
    Endpoint {
        plain: false,
        authority: Authority {
            host: host.to_owned(),
            port: None,
        },
        prefix: String::new(),
    }
}

/// `host[:port]`: a name in lower case, an IPv4 address, or an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    pub host: String,
    pub port: Option<u16>,
}

impl Authority {
    pub fn parse(text: &str) -> Option<Authority> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']')?;
                let address: Ipv6Addr = address.parse().ok()?;
                (format!("[{address}]"), after)
            }
            None => {
                let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                (host_name(host)?, port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            None => return None,
            Some(digits) => Some(port_number(digits)?),
        };
        Some(Authority { host, port })
    }

    fn is_loopback(&self) -> bool {
        let v4: Result<Ipv4Addr, _> = self.host.parse();
        self.host == "[::1]" || v4.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

fn split_scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Some((false, rest)),
        "http" => Some((true, rest)),
        _ => None,
    }
}

fn default_port(plain: bool) -> u16 {
    if plain { 80 } else { 443 }
}

fn port_number(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|port| plain && *port != 0)
}

fn host_name(text: &str) -> Option<String> {
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if text.len() > 253 || !text.split('.').all(label_ok) {
        return None;
    }
    // A last label that begins with a digit is an address to URL parsers, in forms (127.1, 0x7f.1) we want nobody to guess.
    let last = text.rsplit('.').next().unwrap_or(text);
    if last.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<Ipv4Addr>().is_err() {
        return None;
    }
    Some(text.to_ascii_lowercase())
}

fn is_plain_path(prefix: &str) -> bool {
    let segment_ok = |segment: &str| {
        !matches!(segment, "" | "." | "..") && segment.bytes().all(percent::is_unreserved)
    };
    match prefix.strip_prefix('/') {
        Some(segments) => segments.split('/').all(segment_ok),
        None => prefix.is_empty(),
    }
}

fn bad(what: &str) -> Error {
    // The text given is not repeated: it may hold a password.
    Error::new(
        Status::Config,
        Cause::Config,
        format!("the endpoint {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACTIVATE: &str = "/api/v1/license/activate";

    #[test]
    fn the_server_of_a_url_is_found() {
        let server = |url| Endpoint::of_url(url).map(|server| server.to_string());
        let expected = Some("https://dl.test:8443".to_owned());
        assert_eq!(server("https://dl.test:8443/a+b/feed.json"), expected);
        let expected = Some("http://[::1]:80".replace(":80", ""));
        assert_eq!(server("http://[::1]:80/x"), expected);
    }

    #[test]
    fn accepted_endpoints() {
        let table = [
            (DEFAULT_ENDPOINT, "mkt.myhuaweicloud.com", ""),
            ("HTTPS://Relay.Example.COM:443/", "relay.example.com", ""),
            (
                "https://relay.example.com:8443/isc/v1/",
                "relay.example.com:8443",
                "/isc/v1",
            ),
            ("https://192.168.1.5:9443", "192.168.1.5:9443", ""),
            ("https://[2001:DB8::1]:9443", "[2001:db8::1]:9443", ""),
            ("http://127.0.0.1:8080", "127.0.0.1:8080", ""),
            ("http://127.1.2.3:80/x", "127.1.2.3", "/x"),
            ("http://[::1]:8080/a/b", "[::1]:8080", "/a/b"),
            ("https://localhost", "localhost", ""),
        ];
        for (text, host, prefix) in table {
            let end = Endpoint::parse(text).expect(text);
            let scheme = if end.is_plain() { "http" } else { "https" };
            assert_eq!(end.host(), host, "{text}");
            assert_eq!(end.path(ACTIVATE), format!("{prefix}{ACTIVATE}"), "{text}");
            let url = format!("{scheme}://{host}{prefix}{ACTIVATE}");
            assert_eq!(end.url(ACTIVATE), url, "{text}");
        }
    }

    #[test]
    fn refused_endpoints() {
        for text in [
            "",
            "mkt.myhuaweicloud.com",
            "ftp://example.com",
            "https://",
            "https:///x",
            "https://user:pw@example.com",
            "https://example.com?x=1",
            "https://example.com/#x",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:65536",
            "https://example.com:+80",
            "https://exa mple.com",
            "https://example..com",
            "https://example.com.",
            "https://例子.com",
            "https://example.com/a b",
            "https://example.com/a%20b",
            "https://example.com//a",
            "https://example.com/../a",
            "https://example.com\\@evil.com",
            "https://[::1",
            "https://[::1]8080",
            "https://[fe80::1%25eth0]",
            "https://127.1",
            "https://0x7f.0.0.1/..",
            "https://2130706433",
            "http://localhost:8080",
            "http://127.0.0.1.example.com",
            "http://128.0.0.1",
            "http://0.0.0.0",
            "http://[::]",
            "http://[::ffff:127.0.0.1]",
            "http://mkt.myhuaweicloud.com",
        ] {
            let error = Endpoint::parse(text).expect_err(text);
            assert_eq!(error.status, Status::Config, "{text}");
            assert!(!error.text.contains("pw"), "{text}");
        }
    }

    #[test]
    fn the_default_fallback_goes_with_the_default_endpoint_only() {
        let end = |text| Some(Endpoint::parse(text).unwrap());
        let hosts = |ends: Endpoints| (ends.first.host(), ends.fallback.map(|e| e.host()));
        let com = "mkt.myhuaweicloud.com".to_string();
        let cn = Some("mkt.myhuaweicloud.cn".to_string());
        let relay = "relay.example.com".to_string();
        let relay_url = "https://relay.example.com";

        assert_eq!(hosts(Endpoints::new(None, None)), (com.clone(), cn.clone()));
        let spelled = Endpoints::new(end(DEFAULT_ENDPOINT), None);
        assert_eq!(hosts(spelled), (com.clone(), cn));
        assert_eq!(
            hosts(Endpoints::new(end(relay_url), None)),
            (relay.clone(), None)
        );
        let both = Endpoints::new(None, end(relay_url));
        assert_eq!(hosts(both), (com, Some(relay.clone())));
        let twice = Endpoints::new(end(relay_url), end("https://RELAY.example.com:443/other"));
        assert_eq!(hosts(twice), (relay.clone(), None));
        let ports = Endpoints::new(end(relay_url), end("https://relay.example.com:8443"));
        assert_eq!(hosts(ports), (relay, Some("relay.example.com:8443".into())));
    }

    #[test]
    fn the_documented_hosts_are_what_parsing_them_gives() {
        for text in [DEFAULT_ENDPOINT, DEFAULT_FALLBACK] {
            assert_eq!(Endpoint::parse(text).unwrap(), documented(text));
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_stable(text in "(https?://)?[a-z0-9.:/\\[\\]@%-]{0,24}") {
            if let Ok(end) = Endpoint::parse(&text) {
                prop_assert_eq!(Endpoint::parse(&end.to_string()).unwrap(), end);
            }
        }
    }
}
