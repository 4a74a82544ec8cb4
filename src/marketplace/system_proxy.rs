//! The proxy that the environment or the system names for a host.
//!
//! The environment and macOS are asked by the HTTP library's own code. On Windows that code would not understand a setting
//! with one proxy for each protocol, nor scripts; so where the environment names no proxy, Windows itself is asked, on a
//! thread of its own and for a limited time. Who does not answer by then has no proxy.

use super::endpoint::Endpoint;
use super::lookup::ThreadsAlive;
use super::proxy::HttpProxy;
#[cfg(windows)]
use crate::platform::unwaited;
use hyper_util::client::proxy::matcher::Matcher;
use std::time::Duration;

/// What the HTTP library would take by itself. User and password are left out.
fn by_library(endpoint: &Endpoint) -> Option<HttpProxy> {
    let uri = endpoint.to_string().parse().ok()?;
    let intercept = Matcher::from_system().intercept(&uri)?;
    let uri = intercept.uri();
    let port = uri.port_u16().unwrap_or(80);
    (uri.scheme_str() == Some("http"))
        .then(|| HttpProxy::parse(&format!("http://{}:{port}", uri.host()?)))
        .flatten()
}

/// Which way to go.
pub enum Way {
    /// The HTTP library finds it by itself, to this proxy as far as it tells.
    Library(Option<HttpProxy>),
    #[cfg(windows)]
    Found(Option<HttpProxy>),
}

#[cfg(not(windows))]
pub async fn way(_: &ThreadsAlive, endpoint: &Endpoint, _: Duration) -> Way {
    Way::Library(by_library(endpoint))
}

#[cfg(windows)]
pub async fn way(threads: &ThreadsAlive, endpoint: &Endpoint, limit: Duration) -> Way {
    if is_in_environment() {
        return Way::Library(by_library(endpoint));
    }
    if is_exempted(endpoint) {
        return Way::Found(None);
    }
    let asked = endpoint.clone();
    let asking = unwaited::run(threads, "iscdesk-proxy", move || of_windows(&asked));
    let found = tokio::time::timeout(limit, asking).await;
    Way::Found(found.ok().and_then(Result::ok).flatten())
}

/// What Windows says, for as long as it takes.
#[cfg(windows)]
pub fn of_windows(endpoint: &Endpoint) -> Option<HttpProxy> {
    let (name, port) = endpoint.name_and_port();
    // No path: a script need not know it.
    let found = crate::platform::winhttp::proxy_for(&format!("https://{name}:{port}/"))?;
    super::proxy_list::choose(&found.list, &found.bypass, name)
}

#[cfg(windows)]
pub fn is_in_environment() -> bool {
    ["HTTPS_PROXY", "ALL_PROXY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// By `NO_PROXY`, which also counts for the system's proxy.
#[cfg(windows)]
pub fn is_exempted(endpoint: &Endpoint) -> bool {
    let none = std::env::var("NO_PROXY").unwrap_or_default();
    let all = Matcher::builder()
        .all("http://any.invalid:1")
        .no(none)
        .build();
    let uri = endpoint.to_string().parse();
    uri.is_ok_and(|uri| all.intercept(&uri).is_none())
}
