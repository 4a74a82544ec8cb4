//! [`Transport`] by reqwest. No other file names it.
//!
//! HTTP/1.1 only, no redirects, no pooled connections (a licence is asked about once a day), no retries of the library's
//! own, and a bounded body. Requests over `http`, which go to loopback alone, never use a proxy. The runtime that polls
//! the futures must have I/O and time.

use super::challenge;
use super::endpoint::Endpoint;
use super::faults::{self, Phase, Road};
use super::lookup::{ThreadsAlive, look_up};
use super::percent;
use super::proxy::{HttpProxy, Proxy};
use super::roots;
use super::system_proxy::{Way, way};
use super::time;
use super::transport::{
    Body, Bytes, Get, Opened, Opening, Piece, Request, Response, Sending, Transport,
    TransportError, TransportErrorKind,
};
use crate::{Cause, Error, Status};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED,
    RETRY_AFTER,
};
use std::path::Path;
use std::time::Duration;

/// Largest body read. The documented answers are a few hundred bytes.
pub const BODY_MAX: usize = 1024 * 1024;

pub struct TransportConfig<'a> {
    pub proxy: &'a Proxy,
    /// PEM roots to trust in addition to the system's.
    pub ca_file: Option<&'a Path>,
    /// Name look-up, connection, tunnel and TLS together.
    pub connect_timeout: Duration,
    /// See [`user_agent`].
    pub user_agent: &'a str,
}

pub struct ReqwestTransport {
    maker: Maker,
    proxy: Proxy,
    /// For `http`, which goes to loopback only.
    direct: reqwest::Client,
}

/// What all ways have in common.
struct Maker {
    tls: rustls::ClientConfig,
    threads: ThreadsAlive,
    connect_timeout: Duration,
    user_agent: String,
}

/// `vendor/product/version iscdesk/x.y.z`, percent-encoded.
pub fn user_agent(vendor: &str, product: &str, version: &str) -> String {
    let [vendor, product, version] = [vendor, product, version].map(percent::encode);
    format!(
        "{vendor}/{product}/{version} iscdesk/{}",
        env!("CARGO_PKG_VERSION")
    )
}

impl ReqwestTransport {
    /// Reads the roots, so a change of the CA file or the proxy takes a new transport. `threads` counts the look-ups and
    /// the system's judgements.
    pub fn new(config: &TransportConfig<'_>, threads: &ThreadsAlive) -> Result<Self, Error> {
        let tls = roots::client_config(config.ca_file, threads)?;
        ReqwestTransport::with_tls(config, tls, threads)
    }

    /// The same with TLS settings made elsewhere; the CA file is not looked at.
    pub fn with_tls(
        config: &TransportConfig<'_>,
        tls: rustls::ClientConfig,
        threads: &ThreadsAlive,
    ) -> Result<Self, Error> {
        let maker = Maker {
            tls,
            threads: threads.clone(),
            connect_timeout: config.connect_timeout,
            user_agent: config.user_agent.to_owned(),
        };
        let direct = maker.direct()?;
        let proxy = config.proxy.clone();
        if let Proxy::Http(proxy) = &proxy {
            maker.by(proxy)?;
        }
        Ok(ReqwestTransport {
            maker,
            proxy,
            direct,
        })
    }

    async fn ask(&self, get: Get) -> Result<Opened, TransportError> {
        let (client, proxy) = self.way(&get.url).await?;
        let mut asking = client.get(&get.url);
        for (name, value) in &get.headers {
            asking = asking.header(*name, value);
        }
        Ok(opened(self.sent(asking, proxy, &get.url).await?))
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let (client, proxy) = self.way(&request.url).await?;
        let mut post = client.post(&request.url).body(request.body);
        for (name, value) in &request.headers {
            post = post.header(*name, value);
        }
        read(self.sent(post, proxy, &request.url).await?).await
    }

    async fn sent(
        &self,
        request: reqwest::RequestBuilder,
        proxy: Option<HttpProxy>,
        url: &str,
    ) -> Result<reqwest::Response, TransportError> {
        let failed = match request.send().await {
            Ok(answer) => return Ok(answer),
            Err(error) => fault(error, &road(url, proxy.as_ref())),
        };
        match proxy {
            Some(proxy) if failed.kind == TransportErrorKind::ProxyAuth => {
                Err(self.explained(failed, &proxy, url).await)
            }
            _ => Err(failed),
        }
    }

    /// The client for a URL, and the proxy it goes by as far as that is known.
    async fn way(&self, url: &str) -> Result<(reqwest::Client, Option<HttpProxy>), TransportError> {
        let maker = &self.maker;
        let direct = || (self.direct.clone(), None);
        let scheme = url.split(':').next().unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("https") {
            return Ok(direct());
        }
        let made = match (&self.proxy, Endpoint::of_url(url)) {
            (Proxy::Direct, _) => return Ok(direct()),
            (Proxy::Http(proxy), _) => maker.by(proxy).map(|client| (client, Some(proxy.clone()))),
            (Proxy::System, None) => maker.by_library().map(|client| (client, None)),
            (Proxy::System, Some(host)) => {
                match way(&maker.threads, &host, maker.connect_timeout).await {
                    Way::Library(proxy) => maker.by_library().map(|client| (client, proxy)),
                    #[cfg(windows)]
                    Way::Found(None) => return Ok(direct()),
                    #[cfg(windows)]
                    Way::Found(Some(proxy)) => maker.by(&proxy).map(|client| (client, Some(proxy))),
                }
            }
        };
        made.map_err(|error| TransportError::new(TransportErrorKind::Proxy, error.text))
    }

    /// With the names of the logins that the proxy would take.
    async fn explained(
        &self,
        error: TransportError,
        proxy: &HttpProxy,
        url: &str,
    ) -> TransportError {
        let Some(endpoint) = Endpoint::of_url(url) else {
            return error;
        };
        let (name, port) = endpoint.name_and_port();
        let target = format!("{name}:{port}");
        let limit = self.maker.connect_timeout;
        let schemes = challenge::schemes(&self.maker.threads, proxy, &target, limit).await;
        match challenge::sentence(&schemes, proxy, &endpoint.host()) {
            Some(text) => TransportError::new(error.kind, text),
            None => error,
        }
    }
}

impl Maker {
    fn builder(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .dns_resolver(Resolver(self.threads.clone()))
            .connect_timeout(self.connect_timeout)
            .user_agent(&self.user_agent)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .referer(false)
    }

    fn direct(&self) -> Result<reqwest::Client, Error> {
        self.builder().no_proxy().build().map_err(unbuilt)
    }

    fn by(&self, proxy: &HttpProxy) -> Result<reqwest::Client, Error> {
        let by_proxy = self.builder().proxy(via(proxy)?);
        by_proxy.build().map_err(unbuilt)
    }

    /// As the environment and the system say.
    fn by_library(&self) -> Result<reqwest::Client, Error> {
        self.builder().build().map_err(unbuilt)
    }
}

/// How texts name it.
fn road(url: &str, proxy: Option<&HttpProxy>) -> Road {
    Road {
        host: Endpoint::of_url(url).map_or("the host".into(), |endpoint| endpoint.host()),
        proxy: proxy.map(HttpProxy::host),
    }
}

impl Transport for ReqwestTransport {
    fn send<'a>(&'a self, request: Request) -> Sending<'a> {
        Box::pin(self.exchange(request))
    }

    fn open<'a>(&'a self, get: Get) -> Opening<'a> {
        Box::pin(self.ask(get))
    }
}

impl Body for reqwest::Response {
    fn next<'a>(&'a mut self) -> Piece<'a> {
        Box::pin(piece(self))
    }
}

async fn piece(answer: &mut reqwest::Response) -> Result<Option<Bytes>, TransportError> {
    match answer.chunk().await {
        Ok(piece) => Ok(piece),
        Err(error) => Err(fault(error, &road(answer.url().as_str(), None))),
    }
}

fn opened(answer: reqwest::Response) -> Opened {
    let headers = answer.headers();
    let said = |name| text(headers, name).map(str::to_owned);
    let date = text(headers, DATE).and_then(time::http_date);
    let wait = text(headers, RETRY_AFTER);
    Opened {
        status: answer.status().as_u16(),
        content_length: text(headers, CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        content_range: said(CONTENT_RANGE),
        etag: said(ETAG),
        last_modified: said(LAST_MODIFIED),
        retry_after_s: wait.and_then(|wait| time::retry_after_s(wait, date)),
        body: Box::new(answer),
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Response, TransportError> {
    let headers = answer.headers();
    let date = text(headers, DATE).and_then(time::http_date);
    let wait = text(headers, RETRY_AFTER);
    let mut response = Response {
        status: answer.status().as_u16(),
        date,
        retry_after_s: wait.and_then(|wait| time::retry_after_s(wait, date)),
        content_type: text(headers, CONTENT_TYPE).map(str::to_owned),
        body: Vec::new(),
    };
    while let Some(chunk) = piece(&mut answer).await? {
        if response.body.len() + chunk.len() > BODY_MAX {
            let text = format!("the answer is larger than {BODY_MAX} bytes");
            return Err(TransportError::new(TransportErrorKind::TooLarge, text));
        }
        response.body.extend_from_slice(&chunk);
    }
    Ok(response)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn fault(error: reqwest::Error, road: &Road) -> TransportError {
    let phase = Phase {
        is_timeout: error.is_timeout(),
        is_connect: error.is_connect(),
    };
    faults::classify(&error.without_url(), phase, road)
}

fn via(proxy: &HttpProxy) -> Result<reqwest::Proxy, Error> {
    // The library's own error would repeat the URL with the password.
    reqwest::Proxy::https(proxy.url().expose()).map_err(|_| {
        let text = format!("the proxy {} cannot be used", proxy.host());
        Error::new(Status::Config, Cause::Config, text)
    })
}

fn unbuilt(_: reqwest::Error) -> Error {
    let text = "the HTTP client cannot be set up with these options";
    Error::new(Status::Config, Cause::Config, text)
}

struct Resolver(ThreadsAlive);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let threads = self.0.clone();
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found = look_up(&threads, name).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
#[path = "reqwest_proxy_tests.rs"]
mod proxy_tests;
#[cfg(test)]
#[path = "reqwest_sockets.rs"]
pub(crate) mod sockets;
#[cfg(test)]
#[path = "reqwest_tests.rs"]
mod tests;
