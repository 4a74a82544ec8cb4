//! Servers on loopback, each on threads that end with the test's process.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

/// Nobody listens on the port of TCP's multiplexer.
pub const REFUSED: &str = "https://127.0.0.1:1";

/// The operating system takes connections, and nobody ever reads from them.
pub fn mute() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Answers every request with the same bytes.
pub fn plain(answer: &'static str) -> String {
    serve(move |stream| say(stream, answer))
}

/// The same over TLS. Gives the address and a file with the root, whose name is `CN=Proxy Root, O=ACME IT`.
pub fn tls(answer: &'static str, host: &str, folder: &tempfile::TempDir) -> (String, PathBuf) {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name
        .push(DnType::CommonName, "Proxy Root");
    root.distinguished_name
        .push(DnType::OrganizationName, "ACME IT");
    let root_key = KeyPair::generate().unwrap();
    let root_cert = root.self_signed(&root_key).unwrap();
    let mut own = CertificateParams::new(vec![host.into()]).unwrap();
    own.distinguished_name.push(DnType::CommonName, host);
    let own_key = KeyPair::generate().unwrap();
    let own_cert = own
        .signed_by(&own_key, &Issuer::new(root, root_key))
        .unwrap();
    let ca_file = folder.path().join("root.pem");
    std::fs::write(&ca_file, root_cert.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![own_cert.der().clone()],
            PrivateKeyDer::Pkcs8(own_key.serialize_der().into()),
        )
        .unwrap();
    let config = Arc::new(config);
    let address = serve(move |stream| {
        let session = ServerConnection::new(config.clone()).unwrap();
        say(StreamOwned::new(session, stream), answer);
    });
    (address, ca_file)
}

fn serve(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let (listener, address) = mute();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Whoever connects only to see whether it can is gone before a request.
fn say(mut stream: impl Read + Write, answer: &str) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let _ = stream.write_all(answer.as_bytes());
    let _ = stream.flush();
}
