//! Each host: is its name known, does anything listen, who vouches for it, does it answer.
//!
//! The request goes the very way of the client's own: the same HTTP library, proxy, roots and time-outs. It is the daily
//! question without a code and without a signature, which nobody answers but with a refusal; that and its `Date` are all
//! that is needed. Where that is answered and there are keys, they are tried ([`keys`]). An upgrade feed is fetched and
//! verified ([`feed`]). Beside it the name is looked up and a connection opened by hand ([`super::road`]).
//!
//! All steps of all hosts run at once, each with an end of its own, so that one that hangs costs no other its time.

use super::proxy::{Address, Ways};
use super::report::{Answered, Fault, HostFacts, KeysFacts, NetworkFacts, RootsFacts};
use super::road::{bare, broken_off, road, since};
use super::{feed, keys, tls};
use crate::Error;
use crate::client::config::Config;
use crate::clock::SharedClock;
use crate::marketplace::transport::{Get, Request, Response, Transport, TransportError};
use crate::marketplace::trust::{Trust, Witness};
use crate::marketplace::{
    Endpoint, ReqwestTransport, ThreadsAlive, TransportConfig, query_path, roots, user_agent,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// The role of a feed's server.
pub const UPGRADE_FEED: &str = "upgrade_feed";
/// Of each step's time, in percent; the rest is for handing the answers over.
const USABLE: u32 = 90;

/// What every host's look needs.
pub struct Means {
    pub config: Config,
    trust: Trust,
    pub lookups: ThreadsAlive,
    clock: SharedClock,
    pub until: Instant,
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

/// What the network gave.
pub struct NetworkFound {
    pub facts: NetworkFacts,
    /// None where no feed is set.
    pub feed: Option<feed::Fetched>,
}

/// Runs on a thread of its own, with a runtime of its own. Takes at most `limit`, but for the reading of files.
pub fn look(
    config: Config,
    clock: SharedClock,
    lookups: ThreadsAlive,
    limit: Duration,
) -> Result<NetworkFound, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("no network input and output: {error}")))?;
    // Boxed like the worker's, so that the runtime's loop is there only once.
    let mut found = Err(Error::internal("the look around broke off"));
    let looking: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async {
        found = look_around(config, clock, lookups, limit).await;
    });
    runtime.block_on(looking);
    // Cuts whatever is still open.
    drop(runtime);
    found
}

async fn look_around(
    config: Config,
    clock: SharedClock,
    lookups: ThreadsAlive,
    limit: Duration,
) -> Result<NetworkFound, Error> {
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
    let feed = tokio::spawn(look_at_feed(means.clone()));
    let looks: Vec<JoinHandle<HostFacts>> = targets
        .into_iter()
        .map(|target| tokio::spawn(host(means.clone(), target)))
        .collect();
    let mut hosts = Vec::with_capacity(looks.len());
    for look in looks {
        let facts = look.await;
        hosts.push(facts.map_err(|_| Error::internal("the look at a host broke off"))?);
    }
    let broken_off = |_| Error::internal("the look at the upgrade feed broke off");
    Ok(NetworkFound {
        facts: NetworkFacts {
            proxy,
            ca_file,
            roots,
            hosts,
        },
        feed: feed.await.map_err(broken_off)?,
    })
}

async fn look_at_feed(means: Arc<Means>) -> Option<feed::Fetched> {
    let url = means.config.upgrade.feed.as_deref()?;
    let transport = transport(&means, &Witness::default());
    let limit = means.config.timeouts.request;
    Some(feed::look(transport, url, limit, means.until).await)
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
        let endpoint = Endpoint::of_url(feed)?;
        let url = feed.clone();
        Some(Target {
            url,
            ..asked(UPGRADE_FEED, &endpoint)
        })
    }));
    targets
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

async fn ask(means: &Means, target: &Target, witness: &Witness) -> Answered {
    let begun = Instant::now();
    let until = means.until.min(begun + means.config.timeouts.request);
    let sent = async {
        let transport = transport(means, witness).map_err(Fault::from)?;
        let answer = timeout_at(until, send(&transport, target)).await;
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

/// What is asked of a feed's server is the feed, of which the head says enough here.
async fn send(transport: &ReqwestTransport, target: &Target) -> Result<Response, TransportError> {
    if target.asks_for_licences() {
        return transport.send(request(target)).await;
    }
    let get = Get {
        url: target.url.clone(),
        headers: Vec::new(),
    };
    let opened = transport.open(get).await?;
    Ok(Response {
        status: opened.status,
        ..Response::default()
    })
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
