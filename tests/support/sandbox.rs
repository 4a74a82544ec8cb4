//! The sandbox as a child process, for every integration test: started on free ports, steered over its admin API, killed
//! when the test is over. It also ends with its stdin, so a killed test leaves none behind.
//!
//! ```ignore
//! #[path = "support/sandbox.rs"]
//! mod support;
//! let sandbox = support::Sandbox::start();
//! sandbox.license(json!({"license": "PL-1", "status": "ALIVE"}));
//! sandbox.faults(json!({"status": 503, "count": 1}));
//! ```

// Each test file uses another part of this.
#![allow(dead_code)]

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConnection, StreamOwned};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest wait for anything a test expects of the sandbox itself.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Sandbox {
    child: Child,
    pub http: String,
    pub https: String,
    pub ca_file: PathBuf,
    pub log: PathBuf,
    pub access_key: String,
    pub secret_key: String,
    _dir: TempDir,
}

/// What came back over a plain connection.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Sandbox {
    pub fn start() -> Sandbox {
        Sandbox::start_with(&[])
    }

    /// Starts it with further arguments of `iscdesk sandbox`.
    pub fn start_with(args: &[&str]) -> Sandbox {
        let dir = TempDir::new().expect("a temporary folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_iscdesk"))
            .args(["sandbox", "--exit-with-stdin", "--dir"])
            .arg(dir.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("stdout is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("stdout is readable");
        let ready: Value = serde_json::from_str(&line).expect("one line of JSON");
        let text = |name: &str| ready[name].as_str().expect(name).to_owned();
        Sandbox {
            http: text("http"),
            https: text("https"),
            ca_file: text("ca_file").into(),
            log: text("log").into(),
            access_key: text("access_key"),
            secret_key: text("secret_key"),
            child,
            _dir: dir,
        }
    }

    /// Asks the admin API; `path` is below `/admin`. Panics unless it succeeds.
    pub fn admin(&self, method: &str, path: &str, body: Value) -> Value {
        let body = body.to_string();
        let reply = self
            .http_request(method, &format!("/admin{path}"), &[], body.as_bytes())
            .expect("the admin API answers");
        let said = String::from_utf8_lossy(&reply.body);
        assert_eq!(reply.status, 200, "{method} {path}: {said}");
        reply.json()
    }

    /// Creates or replaces a licence.
    pub fn license(&self, spec: Value) -> Value {
        self.admin("POST", "/licenses", spec)
    }

    /// For example `act("PL-1", "renew", json!({"days": 30}))`.
    pub fn act(&self, code: &str, action: &str, body: Value) -> Value {
        self.admin("POST", &format!("/licenses/{code}/{action}"), body)
    }

    /// Switches on one fault, or those of an array, instead of all earlier ones.
    pub fn faults(&self, faults: Value) {
        self.admin("POST", "/faults", faults);
    }

    pub fn clear_faults(&self) {
        self.admin("DELETE", "/faults", Value::Null);
    }

    pub fn shift_clock(&self, offset_s: i64) {
        self.admin("POST", "/clock", json!({"offset_s": offset_s}));
    }

    /// What arrived so far.
    pub fn requests(&self) -> Vec<Value> {
        let list = self.admin("GET", "/requests", Value::Null);
        list.as_array().expect("an array").clone()
    }

    /// What arrived so far at paths with this part.
    pub fn requests_to(&self, part: &str) -> Vec<Value> {
        let mut list = self.requests();
        list.retain(|r| r["path"].as_str().is_some_and(|path| path.contains(part)));
        list
    }

    /// Waits until at least so many requests arrived at paths with this part.
    pub fn wait_for_requests(&self, part: &str, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let list = self.requests_to(part);
            if list.len() >= count {
                return list;
            }
            assert!(Instant::now() < deadline, "{count} expected, got {list:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn forget_requests(&self) {
        self.admin("DELETE", "/requests", Value::Null);
    }

    pub fn dir(&self) -> &Path {
        self._dir.path()
    }

    pub fn address(&self) -> SocketAddr {
        let address = self.http.strip_prefix("http://").expect("plain HTTP");
        address.parse().expect("an address")
    }

    pub fn tls_port(&self) -> u16 {
        let port = self.https.rsplit(':').next().expect("a port");
        port.parse().expect("a number")
    }

    /// One request over a connection of its own, read to the end.
    pub fn http_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Reply> {
        let mut stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let host = self.address().to_string();
        stream.write_all(&head(method, path, &host, headers, body.len()))?;
        stream.write_all(body)?;
        read_reply(&mut stream)
    }

    /// A connection to the TLS port by a client that trusts the sandbox's root and nobody else.
    pub fn tls(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        let root = CertificateDer::from_pem_file(&self.ca_file).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let tcp = TcpStream::connect(("127.0.0.1", self.tls_port())).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        StreamOwned::new(connection, tcp)
    }

    /// Stops it by the admin API and waits for its end.
    pub fn stop(&mut self) -> ExitStatus {
        self.admin("POST", "/stop", Value::Null);
        self.wait()
    }

    /// Closes its stdin and waits for its end.
    pub fn close_stdin(&mut self) -> ExitStatus {
        drop(self.child.stdin.take());
        self.wait()
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "the sandbox does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The head of a request that asks for the connection to be closed, so that its answer can be read to the end.
pub fn head(
    method: &str,
    path: &str,
    host: &str,
    headers: &[(&str, &str)],
    length: usize,
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {length}\r\n\r\n"));
    head.into_bytes()
}

/// Reads to the end of the stream; a body shorter than announced is `UnexpectedEof`.
pub fn read_reply(stream: &mut impl Read) -> std::io::Result<Reply> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let short = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
    let end = end.ok_or_else(short)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = bytes.split_off(end + 4);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status
        .and_then(|code| code.parse().ok())
        .ok_or_else(short)?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let reply = Reply {
        status,
        headers,
        body,
    };
    let announced = reply.header("content-length").and_then(|n| n.parse().ok());
    if announced.is_some_and(|n: usize| reply.body.len() < n) {
        return Err(short());
    }
    Ok(reply)
}
