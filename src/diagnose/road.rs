//! By hand to a host: is its name known, does anything listen there. A request that comes to nothing does not tell how far
//! it came.

use super::network::Means;
use super::proxy::Address;
use super::report::{Connected, Fault, Resolved};
use crate::Cause;
use crate::marketplace::lookup::look_up;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// A name that takes longer than this to look up is as good as unknown.
const LOOKUP: Duration = Duration::from_secs(10);

/// The host's name, and a connection to it or to the proxy in front of it.
pub async fn road(
    means: Arc<Means>,
    own: Address,
    proxy: Option<Address>,
) -> (Resolved, Connected) {
    let (resolved, addresses) = resolve(&means, &own).await;
    let Some(proxy) = proxy else {
        let connected = match resolved.ok {
            true => connect(&means, addresses, own.port).await,
            false => not_connected(Fault::new(Cause::Dns, "the name has no address")),
        };
        return (resolved, connected);
    };
    // Through a proxy it need not be resolved here: that the proxy is known counts.
    let (known, addresses) = resolve(&means, &proxy).await;
    let connected = match known.error {
        None => connect(&means, addresses, proxy.port).await,
        Some(fault) => not_connected(fault),
    };
    (resolved, connected)
}

async fn resolve(means: &Means, address: &Address) -> (Resolved, Vec<SocketAddr>) {
    let name = bare(&address.name).to_owned();
    let until = means.until.min(Instant::now() + LOOKUP);
    resolved(look_up(&means.lookups, name), until).await
}

async fn resolved<E: std::fmt::Display>(
    look_up: impl Future<Output = Result<Vec<SocketAddr>, E>>,
    until: Instant,
) -> (Resolved, Vec<SocketAddr>) {
    let begun = Instant::now();
    let (found, error) = match timeout_at(until, look_up).await {
        Ok(Ok(found)) => (found, None),
        Ok(Err(error)) => (Vec::new(), Some(Fault::new(Cause::Dns, error.to_string()))),
        Err(_) => {
            let fault = Fault::timeout("the name look-up does not answer");
            (Vec::new(), Some(fault))
        }
    };
    let resolved = Resolved {
        ok: error.is_none(),
        addresses: found.iter().map(|found| found.ip().to_string()).collect(),
        error,
        took_ms: since(begun),
    };
    (resolved, found)
}

/// Tries all addresses at once: one kind of address may lead nowhere.
async fn connect(means: &Means, addresses: Vec<SocketAddr>, port: u16) -> Connected {
    let begun = Instant::now();
    let until = means.until.min(begun + means.config.timeouts.connect);
    let mut attempts = JoinSet::new();
    for mut address in addresses {
        address.set_port(port);
        attempts.spawn(async move { TcpStream::connect(address).await.map(|_| address) });
    }
    let mut error = Fault::new(Cause::Connect, "there is no address to connect to");
    loop {
        match timeout_at(until, attempts.join_next()).await {
            Err(_) => error = Fault::timeout("nothing answers there"),
            Ok(Some(Ok(Ok(address)))) => {
                return Connected {
                    ok: true,
                    to: Some(address.to_string()),
                    error: None,
                    took_ms: since(begun),
                };
            }
            Ok(Some(Ok(Err(refused)))) => {
                error = Fault::new(Cause::Connect, refused.to_string());
                continue;
            }
            Ok(Some(Err(_))) => continue,
            Ok(None) => {}
        }
        return Connected {
            took_ms: since(begun),
            ..not_connected(error)
        };
    }
}

fn not_connected(fault: Fault) -> Connected {
    Connected {
        ok: false,
        to: None,
        error: Some(fault),
        took_ms: 0,
    }
}

pub fn broken_off() -> (Resolved, Connected) {
    let fault = Fault::new(Cause::Internal, "the look at it broke off");
    let resolved = Resolved {
        ok: false,
        addresses: Vec::new(),
        error: Some(fault.clone()),
        took_ms: 0,
    };
    (resolved, not_connected(fault))
}

/// An IPv6 address without its brackets.
pub fn bare(name: &str) -> &str {
    let inner = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    inner.unwrap_or(name)
}

pub fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_look_up_that_never_answers_is_given_up() {
        let never = std::future::pending::<Result<Vec<SocketAddr>, String>>();
        let (resolved, found) = resolved(never, Instant::now() + LOOKUP).await;
        assert!(!resolved.ok && found.is_empty());
        assert_eq!(resolved.took_ms, 10_000);
        assert!(resolved.error.unwrap().is(Cause::Timeout));
    }
}
