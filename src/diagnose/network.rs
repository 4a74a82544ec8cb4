//! Each host: is its name known, does anything listen, who vouches for it, does it answer.
//!
//! The request goes the very way of the client's own: the same HTTP library, proxy, roots and time-outs. It is the daily
//! question without a code and without a signature, which nobody answers but with a refusal; that and its `Date` are all
//! that is needed. Where that is answered and there are keys, they are tried ([`keys`]). Beside it the name is looked up and a connection opened by hand, since a request that comes to nothing
//! does not tell how far it came.
//!
//! All steps of all hosts run at once, each with an end of its own, so that one that hangs costs no other its time.

use super::proxy::{Address, Ways};
use super::report::{
    Answered, Connected, Fault, HostFacts, KeysFacts, NetworkFacts, Resolved, RootsFacts,
};
use super::{keys, tls};
use crate::client::config::Config;
use crate::clock::SharedClock;
use crate::marketplace::lookup::look_up;
use crate::marketplace::transport::{Request, Transport};
use crate::marketplace::trust::{Trust, Witness};
use crate::marketplace::{
    Endpoint, ReqwestTransport, ThreadsAlive, TransportConfig, query_path, roots, user_agent,
};
use crate::{Cause, Error};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};

/// A name that takes longer than this to look up is as good as unknown.
const LOOKUP: Duration = Duration::from_secs(10);
const UPGRADE_FEED: &str = "upgrade_feed";
/// Of each step's time, in percent; the rest is for handing the answers over.
const USABLE: u32 = 90;

/// What every host's look needs.
struct Means {
    config: Config,
    trust: Trust,
    lookups: ThreadsAlive,
    clock: SharedClock,
    until: Instant,
}

/// One host to look at.
struct Target {
    role: &'static str,
    endpoint: Endpoint,
    url: String,
    proxy: Option<Address>,
}

impl Target {
    /// A feed is anybody's server: no key goes there.
    fn asks_for_licences(&self) -> bool {
        self.role != UPGRADE_FEED
    }
}

/// Runs on a thread of its own, with a runtime of its own. Takes at most `limit`, but for the reading of files.
pub fn look(
    config: Config,
    clock: SharedClock,
    lookups: ThreadsAlive,
    limit: Duration,
) -> Result<NetworkFacts, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("no network input and output: {error}")))?;
    // Boxed like the worker's, so that the runtime's loop is there only once.
    let mut facts = Err(Error::internal("the look around broke off"));
    let looking: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async {
        facts = look_around(config, clock, lookups, limit).await;
    });
    runtime.block_on(looking);
    // Cuts whatever is still open.
    drop(runtime);
    facts
}

async fn look_around(
    config: Config,
    clock: SharedClock,
    lookups: ThreadsAlive,
    limit: Duration,
) -> Result<NetworkFacts, Error> {
    let until = Instant::now() + limit * USABLE / 100;
    let ways = Ways::of(&config);
    let trust = Trust::read(config.ca_file.as_deref())?;
    let proxy = ways.facts(&config.endpoints.first);
    let ca_file = config
        .ca_file
        .as_ref()
        .map(|path| path.display().to_string());
    let roots = RootsFacts {
        bundle: roots::system_bundle().map(|path| path.display().to_string()),
        system: roots::has_bundles().then_some(trust.system.len()),
        ca_file: trust.extra.len(),
    };
    let targets = targets(&config, &ways);
    let means = Arc::new(Means {
        config,
        trust,
        lookups,
        clock,
        until,
    });
    let looks: Vec<JoinHandle<HostFacts>> = targets
        .into_iter()
        .map(|target| tokio::spawn(host(means.clone(), target)))
        .collect();
    let mut hosts = Vec::with_capacity(looks.len());
    for look in looks {
        let facts = look.await;
        hosts.push(facts.map_err(|_| Error::internal("the look at a host broke off"))?);
    }
    Ok(NetworkFacts {
        proxy,
        ca_file,
        roots,
        hosts,
    })
}

fn targets(config: &Config, ways: &Ways) -> Vec<Target> {
    let asked = |role, endpoint: &Endpoint| Target {
        role,
        endpoint: endpoint.clone(),
        url: endpoint.url(&query_path()),
        proxy: ways.to(endpoint),
    };
    let mut targets = vec![asked("endpoint", &config.endpoints.first)];
    let fallback = config.endpoints.fallback.as_ref();
    targets.extend(fallback.map(|endpoint| asked("fallback", endpoint)));
    targets.extend(config.upgrade.feed.as_ref().and_then(|feed| {
        let endpoint = server_of(feed)?;
        let url = feed.clone();
        Some(Target {
            url,
            ..asked(UPGRADE_FEED, &endpoint)
        })
    }));
    targets
}

/// The server of a URL whose shape was checked.
fn server_of(url: &str) -> Option<Endpoint> {
    let (scheme, rest) = url.split_once("://")?;
    let server = rest.split('/').next()?;
    Endpoint::parse(&format!("{scheme}://{server}")).ok()
}

async fn host(means: Arc<Means>, target: Target) -> HostFacts {
    let target = Arc::new(target);
    let (name, port) = target.endpoint.name_and_port();
    let own = Address {
        name: name.to_owned(),
        port,
    };
    let road = tokio::spawn(road(means.clone(), own, target.proxy.clone()));
    let witness = Witness::default();
    let answer = ask(&means, &target, &witness).await;
    let keys = match answer.ok && target.asks_for_licences() {
        true => keys(&means, &target.endpoint).await,
        false => None,
    };
    let presented = witness.of(bare(name));
    let (resolved, connected) = road.await.unwrap_or_else(|_| broken_off());
    HostFacts {
        role: target.role,
        host: target.endpoint.host(),
        via: match &target.proxy {
            Some(proxy) => proxy.to_string(),
            None => "direct".into(),
        },
        reached: answer.ok,
        resolved,
        connected,
        tls: presented.map(|presented| tls::facts(&presented, &means.trust)),
        answer,
        keys,
    }
}

/// The host's name, and a connection to it or to the proxy in front of it.
async fn road(means: Arc<Means>, own: Address, proxy: Option<Address>) -> (Resolved, Connected) {
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

async fn ask(means: &Means, target: &Target, witness: &Witness) -> Answered {
    let begun = Instant::now();
    let until = means.until.min(begun + means.config.timeouts.request);
    let sent = async {
        let transport = transport(means, witness).map_err(Fault::from)?;
        let answer = timeout_at(until, transport.send(request(target))).await;
        match answer {
            Ok(answer) => answer.map_err(|error| Fault::from(Error::from(error))),
            Err(_) => Err(Fault::timeout("no answer in time")),
        }
    };
    let (response, error) = match sent.await {
        Ok(response) => (Some(response), None),
        Err(fault) => (None, Some(fault)),
    };
    Answered {
        ok: response.is_some(),
        http: response.as_ref().map(|response| response.status),
        date: response.as_ref().and_then(|response| response.date),
        content_type: response
            .and_then(|response| response.content_type)
            .map(|text| text.chars().take(100).collect()),
        local: means.clock.local(),
        error,
        took_ms: since(begun),
    }
}

/// Over a connection of its own, whose certificate has been looked at already.
async fn keys(means: &Means, endpoint: &Endpoint) -> Option<KeysFacts> {
    let until = means
        .until
        .min(Instant::now() + means.config.timeouts.request);
    let transport = Arc::new(transport(means, &Witness::default()).ok()?);
    keys::look(
        &means.config,
        means.clock.as_ref(),
        endpoint,
        transport,
        until,
    )
    .await
}

/// As the client makes it, with a witness.
fn transport(means: &Means, witness: &Witness) -> Result<ReqwestTransport, Error> {
    let identity = &means.config.identity;
    let config = TransportConfig {
        proxy: &means.config.proxy,
        ca_file: None,
        connect_timeout: means.config.timeouts.connect,
        user_agent: &user_agent(&identity.vendor, &identity.product, &identity.version),
    };
    let tls = means.trust.watched(witness, &means.lookups)?;
    ReqwestTransport::with_tls(&config, tls, &means.lookups)
}

fn request(target: &Target) -> Request {
    Request {
        url: target.url.clone(),
        headers: vec![
            ("Content-Type", "application/json".to_owned()),
            ("Host", target.endpoint.host()),
        ],
        body: b"{}".to_vec(),
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

fn broken_off() -> (Resolved, Connected) {
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
fn bare(name: &str) -> &str {
    let inner = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    inner.unwrap_or(name)
}

fn since(begun: Instant) -> u64 {
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

    #[test]
    fn the_server_of_a_feed_is_found() {
        let server = |url| server_of(url).map(|server| server.to_string());
        let expected = Some("https://dl.test:8443".to_owned());
        assert_eq!(server("https://dl.test:8443/a+b/feed.json"), expected);
        let expected = Some("http://[::1]:80".replace(":80", ""));
        assert_eq!(server("http://[::1]:80/x"), expected);
    }
}
