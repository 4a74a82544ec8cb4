//! The way out of the customer's network: the system's own setting, none, or one HTTP proxy.

use super::endpoint::Authority;
use super::percent;
use super::secret::Secret;
use crate::{Cause, Error, Status};

#[derive(Clone)]
pub enum Proxy {
    /// The proxy variables of the environment, and the registry on Windows.
    System,
    Direct,
    Http(HttpProxy),
}

/// An HTTP proxy that tunnels with CONNECT.
#[derive(Clone)]
pub struct HttpProxy {
    authority: Authority,
    login: Option<Login>,
}

#[derive(Clone)]
struct Login {
    user: String,
    password: Option<Secret>,
}

impl Proxy {
    /// The option's value: None is the system's, else `direct` or `http://[user:password@]host:port`, user and password
    /// percent-encoded.
    pub fn parse(option: Option<&str>) -> Result<Proxy, Error> {
        match option {
            None => Ok(Proxy::System),
            Some("direct") => Ok(Proxy::Direct),
            Some(text) => HttpProxy::parse(text).map(Proxy::Http).ok_or_else(|| {
                // The text given is not repeated: it may hold a password.
                let text = "the proxy must be `direct` or http://[user:password@]host:port";
                Error::new(Status::Config, Cause::Config, text)
            }),
        }
    }
}

impl HttpProxy {
    pub(super) fn parse(text: &str) -> Option<HttpProxy> {
        let scheme = text.get(..7)?;
        if !scheme.eq_ignore_ascii_case("http://") {
            return None;
        }
        let rest = &text[7..];
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, host) = match rest.rsplit_once('@') {
            Some((login, host)) => (Some(Login::parse(login)?), host),
            None => (None, rest),
        };
        let authority = Authority::parse(host).filter(|authority| authority.port.is_some())?;
        Some(HttpProxy { authority, login })
    }

    /// `host:port`, which may appear in texts.
    pub fn host(&self) -> String {
        self.authority.to_string()
    }

    /// The name or address alone, IPv6 in brackets, and the port.
    pub(super) fn name_and_port(&self) -> (&str, u16) {
        // Without a port none is parsed.
        (&self.authority.host, self.authority.port.unwrap_or(80))
    }

    /// The URL with user and password, for the HTTP library only.
    pub(super) fn url(&self) -> Secret {
        let login = self.login.as_ref().map(Login::encoded).unwrap_or_default();
        Secret::new(format!("http://{login}{}", self.authority))
    }
}

impl Login {
    fn parse(text: &str) -> Option<Login> {
        let (user, password) = match text.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (text, None),
        };
        let password = match password {
            Some(password) => Some(Secret::new(percent::decode(password)?)),
            None => None,
        };
        let user = percent::decode(user)?;
        Some(Login { user, password })
    }

    /// Encoded anew, so that whatever was left unencoded in the option reads the same to every URL parser.
    fn encoded(&self) -> String {
        let user = percent::encode(&self.user);
        match &self.password {
            Some(password) => format!("{user}:{}@", percent::encode(password.expose())),
            None => format!("{user}@"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        match Proxy::parse(Some(text)) {
            Ok(Proxy::Http(proxy)) => Some(proxy.url().expose().to_owned()),
            _ => None,
        }
    }

    #[test]
    fn the_forms_of_the_option() {
        assert!(matches!(Proxy::parse(None), Ok(Proxy::System)));
        assert!(matches!(Proxy::parse(Some("direct")), Ok(Proxy::Direct)));
        let table = [
            ("http://proxy:3128", Some("http://proxy:3128")),
            (
                "HTTP://Proxy.Example.com:3128/",
                Some("http://proxy.example.com:3128"),
            ),
            ("http://[::1]:3128", Some("http://[::1]:3128")),
            (
                "http://u:p%40s%25@proxy:3128",
                Some("http://u:p%40s%25@proxy:3128"),
            ),
            (
                "http://u:p@s+@proxy:3128",
                Some("http://u:p%40s%2B@proxy:3128"),
            ),
            ("http://me@proxy:3128", Some("http://me@proxy:3128")),
            ("http://u:%zz@proxy:3128", None),
            ("http://proxy", None),
            ("https://proxy:3128", None),
            ("socks5://proxy:1080", None),
            ("proxy:3128", None),
            ("http://proxy:3128/path", None),
            ("Direct", None),
            ("授权", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(url(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_fault_does_not_show_the_password() {
        let error = Proxy::parse(Some("http://user:hunter2@proxy"))
            .err()
            .unwrap();
        assert_eq!(error.status, Status::Config);
        assert!(!error.to_string().contains("hunter2"));
    }
}
