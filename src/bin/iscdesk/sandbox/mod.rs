//! `iscdesk sandbox`: the marketplace on loopback, for vendors who build against it and for our own tests. It speaks the
//! documented endpoints over HTTP and over TLS, is as strict as the gateway about signatures, time and bodies, and can be
//! told to misbehave. Nothing of it is in the library.
//!
//! ```text
//! connection ─► gateway ─► signature    who sent it
//!                  │  ├───► endpoints ─► registry ─► licenses (pure)
//!                  │  ├───► faults, streams   what goes wrong
//!                  │  └───► log
//!              feed ─► range    files of the upgrade feed
//! admin ───────► registry, faults, clock, log
//! ```
//!
//! When it is ready it prints one line of JSON on stdout: `http`, `https`, `ca_file`, `admin`, `log`, `access_key`,
//! `secret_key`, and `feed` with `--feed`. It runs until it is killed or interrupted, `POST /admin/stop` is called, or stdin
//! closes with `--exit-with-stdin`; a temporary folder goes with it unless it is killed outright. The admin API is
//! described in `admin.rs`. One thread serves everything, so requests are answered in the order of arrival.

mod admin;
mod answer;
mod args;
mod clock;
mod connection;
mod endpoints;
mod farewell;
mod faults;
mod feed;
mod gateway;
mod licenses;
mod log;
mod random;
mod range;
mod registry;
mod signature;
mod streams;
mod tls;

pub use args::Args;

use axum::Router;
use axum::routing::any;
use clock::SandboxClock;
use connection::Line;
use faults::{Faults, Listener};
use iscdesk::{Cause, Error, Status};
use log::Log;
use registry::Registry;
use serde_json::{Value, json};
use signature::Credentials;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// Everything the sandbox knows.
struct Market {
    credentials: Credentials,
    clock: SandboxClock,
    registry: Mutex<Registry>,
    faults: Mutex<Faults>,
    log: Log,
    /// The folder of the upgrade feed.
    feed: Option<PathBuf>,
    stop: Notify,
}

/// A panic elsewhere leaves nothing half-done that the next request could not live with.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the sandbox until it is told to stop.
pub fn run(args: Args) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::internal(format!("cannot start: {e}")))?;
    let folder = Folder::open(args.dir.as_deref())?;
    let served = runtime.block_on(serve(args, folder.path()));
    // Whatever is still waiting, silence included, ends with the runtime; then nothing holds a file of the folder.
    drop(runtime);
    drop(folder);
    served
}

async fn serve(args: Args, dir: &Path) -> Result<(), Error> {
    let identity = tls::make()?;
    let ca_file = dir.join("root.pem");
    std::fs::write(&ca_file, &identity.root_pem).map_err(|e| unusable(&ca_file, &e))?;
    let log_file = dir.join("requests.jsonl");
    let log = Log::create(&log_file).map_err(|e| unusable(&log_file, &e))?;
    let market = Arc::new(Market {
        credentials: credentials(&args),
        clock: SandboxClock::default(),
        registry: Mutex::new(Registry::open(args.state.clone())?),
        faults: Mutex::default(),
        log,
        feed: args.feed.as_deref().map(served_folder).transpose()?,
        stop: Notify::new(),
    });
    let plain = bind(args.port).await?;
    let secure = bind(args.tls_port).await?;
    let http = format!("http://127.0.0.1:{}", port(&plain)?);
    let mut ready = json!({
        "http": http,
        "https": format!("https://127.0.0.1:{}", port(&secure)?),
        "ca_file": ca_file,
        "admin": format!("{http}/admin"),
        "log": log_file,
        "access_key": market.credentials.access_key,
        "secret_key": market.credentials.secret_key,
    });
    if market.feed.is_some() {
        ready["feed"] = json!(format!("{http}/feed"));
    }
    let farewell = farewell::Farewell::listen();
    announce(&ready)?;
    if args.exit_with_stdin {
        stop_with_stdin(market.clone());
    }
    tokio::spawn(accept(plain, market.clone(), None));
    tokio::spawn(accept(secure, market.clone(), Some(identity.acceptor)));
    tokio::select! {
        () = market.stop.notified() => {}
        () = farewell.wished() => {}
    }
    Ok(())
}

/// Where the sandbox writes. A temporary folder is removed when this is dropped.
enum Folder {
    Named(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn open(wanted: Option<&Path>) -> Result<Folder, Error> {
        if let Some(dir) = wanted {
            std::fs::create_dir_all(dir).map_err(|e| unusable(dir, &e))?;
            // Scripts may run elsewhere, so paths are told in full.
            let dir = std::path::absolute(dir).map_err(|e| unusable(dir, &e))?;
            return Ok(Folder::Named(dir));
        }
        let made = tempfile::Builder::new()
            .prefix("iscdesk-sandbox-")
            .tempdir();
        made.map(Folder::Temporary)
            .map_err(|e| unusable(&std::env::temp_dir(), &e))
    }

    fn path(&self) -> &Path {
        match self {
            Folder::Named(dir) => dir,
            Folder::Temporary(dir) => dir.path(),
        }
    }
}

/// A folder that is missing is a typing mistake, better told now than by 404.
fn served_folder(dir: &Path) -> Result<PathBuf, Error> {
    match dir.is_dir() {
        true => std::path::absolute(dir).map_err(|e| unusable(dir, &e)),
        false => Err(Error::argument(format!("{} is no folder", dir.display()))),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::storage(Status::Storage, format!("{}: {error}", path.display()))
}

fn credentials(args: &Args) -> Credentials {
    let made_up = || random::hex_id().to_ascii_uppercase();
    let access_key = args.access_key.clone();
    let secret_key = args.secret_key.clone();
    Credentials {
        access_key: access_key.unwrap_or_else(|| made_up()[..20].to_owned()),
        secret_key: secret_key.unwrap_or_else(made_up),
        bearer: args.bearer.clone(),
    }
}

async fn bind(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|e| cannot_listen(&format!("127.0.0.1:{port}: {e}")))
}

fn port(listener: &TcpListener) -> Result<u16, Error> {
    let address = listener.local_addr();
    let address = address.map_err(|e| cannot_listen(&e.to_string()))?;
    Ok(address.port())
}

fn cannot_listen(why: &str) -> Error {
    Error::new(
        Status::Network,
        Cause::Connect,
        format!("cannot listen: {why}"),
    )
}

fn announce(line: &Value) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|e| Error::storage(Status::Storage, format!("stdout: {e}")))
}

/// A thread of its own, because reading stdin cannot be given up; it ends with the process.
fn stop_with_stdin(market: Arc<Market>) {
    std::thread::spawn(move || {
        let mut ignored = [0; 256];
        while std::io::stdin().read(&mut ignored).is_ok_and(|n| n > 0) {}
        market.stop.notify_one();
    });
}

async fn accept(listener: TcpListener, market: Arc<Market>, tls: Option<TlsAcceptor>) {
    let marketplace = Router::new()
        .route("/feed/{*name}", any(feed::receive))
        .fallback(gateway::receive);
    let (kind, app) = match tls {
        Some(_) => (Listener::Https, marketplace),
        None => (Listener::Http, marketplace.merge(admin::routes())),
    };
    let app = app.with_state(market.clone());
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (app, market, tls) = (app.clone(), market.clone(), tls.clone());
                tokio::spawn(async move {
                    let line = Line::new(kind);
                    speak(stream, app, tls, line.clone()).await;
                    if line.stop_wished() {
                        market.stop.notify_one();
                    }
                });
            }
            // Out of file handles: clients that leave make room.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn speak(stream: TcpStream, app: Router, tls: Option<TlsAcceptor>, line: Line) {
    // Small answers go out at once; where that cannot be set, they go out a little later.
    let _ = stream.set_nodelay(true);
    match tls {
        None => connection::serve(stream, app, line).await,
        Some(acceptor) => {
            // A client that does not trust the root ends here.
            if let Ok(stream) = acceptor.accept(stream).await {
                connection::serve(stream, app, line).await;
            }
        }
    }
}
