//! Which proxy a request would take: what the option says, else what the environment and the system say, asked of the
//! same code that the HTTP library asks. Addresses only, never a user or password.

use super::report::ProxyFacts;
use crate::client::config::Config;
use crate::client::options::Origin;
use crate::marketplace::{Endpoint, Proxy};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// Where a proxy listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub name: String,
    pub port: u16,
}

/// The ways out, as far as they are known before a request.
pub struct Ways {
    option: Proxy,
    origin: Option<Origin>,
    environment: Matcher,
    system: Matcher,
}

impl Ways {
    pub fn of(config: &Config) -> Ways {
        let (environment, system) = (Matcher::from_env(), Matcher::from_system());
        Ways {
            option: config.proxy.clone(),
            origin: config.proxy_origin,
            environment,
            system,
        }
    }

    /// The proxy to an endpoint. Plain requests go to loopback only, and never through one.
    pub fn to(&self, endpoint: &Endpoint) -> Option<Address> {
        if endpoint.is_plain() {
            return None;
        }
        match &self.option {
            Proxy::Direct => None,
            Proxy::Http(proxy) => Address::parse(&proxy.host()),
            Proxy::System => self.of_system(endpoint),
        }
    }

    #[cfg(not(windows))]
    fn of_system(&self, endpoint: &Endpoint) -> Option<Address> {
        intercepted(&self.system, endpoint)
    }

    /// As a request would, but for its time limit: the diagnosis has its own.
    #[cfg(windows)]
    fn of_system(&self, endpoint: &Endpoint) -> Option<Address> {
        use crate::marketplace::system_proxy::{is_exempted, is_in_environment, of_windows};
        if is_in_environment() {
            return intercepted(&self.system, endpoint);
        }
        if is_exempted(endpoint) {
            return None;
        }
        of_windows(endpoint).and_then(|proxy| Address::parse(&proxy.host()))
    }

    pub fn facts(&self, endpoint: &Endpoint) -> ProxyFacts {
        let address = self.to(endpoint);
        ProxyFacts {
            source: self.source(endpoint, address.is_some()),
            address: address.map(|address| address.to_string()),
        }
    }

    fn source(&self, endpoint: &Endpoint, is_used: bool) -> &'static str {
        match self.origin {
            Some(Origin::Program) => "program",
            Some(Origin::UnsignedFile | Origin::SignedFile) => "options_file",
            Some(Origin::Site) => "site_file",
            None if !is_used => "none",
            None if intercepted(&self.environment, endpoint).is_some() => "environment",
            None => "system",
        }
    }
}

fn intercepted(matcher: &Matcher, endpoint: &Endpoint) -> Option<Address> {
    let uri = endpoint.to_string().parse().ok()?;
    matcher.intercept(&uri).as_ref().and_then(Address::of)
}

impl Address {
    fn of(intercept: &Intercept) -> Option<Address> {
        let uri = intercept.uri();
        let default = match uri.scheme_str() {
            Some("https") => 443,
            Some(scheme) if scheme.starts_with("socks") => 1080,
            _ => 80,
        };
        Some(Address {
            name: uri.host()?.to_owned(),
            port: uri.port_u16().unwrap_or(default),
        })
    }

    fn parse(text: &str) -> Option<Address> {
        let (name, port) = text.rsplit_once(':')?;
        Some(Address {
            name: name.to_owned(),
            port: port.parse().ok()?,
        })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(option: &str, origin: Option<Origin>, environment: Matcher) -> Ways {
        let option = (!option.is_empty()).then_some(option);
        Ways {
            option: Proxy::parse(option).unwrap(),
            origin,
            environment,
            system: Matcher::builder()
                .all("http://me:hunter2@set.by.system:8080")
                .no("local.test")
                .build(),
        }
    }

    fn facts(ways: &Ways, endpoint: &str) -> (&'static str, Option<String>) {
        let facts = ways.facts(&Endpoint::parse(endpoint).unwrap());
        (facts.source, facts.address)
    }

    const HOST: &str = "https://market.test";

    #[test]
    fn the_option_wins_over_the_system() {
        let nothing = || Matcher::builder().build();
        let direct = ways("direct", Some(Origin::Site), nothing());
        assert_eq!(facts(&direct, HOST), ("site_file", None));
        let set = ways(
            "http://u:hunter2@[::1]:3128",
            Some(Origin::Program),
            nothing(),
        );
        let address = Some("[::1]:3128".into());
        assert_eq!(facts(&set, HOST), ("program", address));
        assert_eq!(facts(&set, "http://127.0.0.1:1"), ("program", None));
    }

    #[test]
    fn the_systems_is_told_without_its_login() {
        let system = Some("set.by.system:8080".to_owned());
        let of_system = ways("", None, Matcher::builder().build());
        assert_eq!(facts(&of_system, HOST), ("system", system.clone()));
        assert_eq!(facts(&of_system, "https://local.test"), ("none", None));
        let environment = Matcher::builder().https("http://env.test").build();
        let of_both = ways("", None, environment);
        assert_eq!(facts(&of_both, HOST), ("environment", system));
    }
}
