//! Judges that agree, refuse, break off and never end, on real connections.

use super::super::reqwest_transport::sockets::{TlsServer, tls_server};
use super::super::transport::{Request, Response, TransportErrorKind};
use super::super::{Proxy, ReqwestTransport, Transport, TransportConfig, roots};
use super::*;
use crate::marketplace::transport::TransportError;
use crate::sync::{Mutex, lock};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use std::sync::mpsc;

/// A judge whose verdict on certificates is a test's own.
struct Acting<F>(F);

impl<F> std::fmt::Debug for Acting<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acting")
    }
}

impl<F: Fn() -> ServerCertVerified + Send + Sync> ServerCertVerifier for Acting<F> {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok((self.0)())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = roots::provider();
        let algorithms = &provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Whoever holds this holds a judge.
pub struct Hold {
    begins: mpsc::Receiver<()>,
    _release: mpsc::Sender<()>,
}

/// A judge that says when it begins, and does not end before its other half goes.
pub fn stuck() -> (Arc<dyn ServerCertVerifier>, Hold) {
    let (begun, begins) = mpsc::channel();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let judge = Acting(move || {
        let _ = begun.send(());
        let _ = lock(&held).recv();
        ServerCertVerified::assertion()
    });
    let hold = Hold {
        begins,
        _release: release,
    };
    (Arc::new(judge), hold)
}

impl Hold {
    pub fn wait_for_its_begin(&self) {
        let begun = self.begins.recv_timeout(Duration::from_secs(60));
        begun.expect("the judge is asked");
    }
}

/// A transport whose certificates are judged apart by this judge.
pub fn judged_apart(
    judge: Arc<dyn ServerCertVerifier>,
    threads: &ThreadsAlive,
) -> ReqwestTransport {
    let tls = roots::judged_by(Arc::new(Apart::new(judge, threads))).unwrap();
    let config = TransportConfig {
        proxy: &Proxy::Direct,
        ca_file: None,
        connect_timeout: Duration::from_secs(60),
        user_agent: "test",
    };
    ReqwestTransport::with_tls(&config, tls, threads).unwrap()
}

/// rustls' own judge, who trusts the certificates of this file.
fn webpki(server: &TlsServer) -> Arc<dyn ServerCertVerifier> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots::read_ca_file(&server.ca_file).unwrap());
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), roots::provider())
        .build()
        .unwrap()
}

async fn ask(transport: &ReqwestTransport, server: &TlsServer) -> Result<Response, TransportError> {
    let request = Request {
        url: format!("https://{}/p", server.address),
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    transport.send(request).await
}

#[tokio::test]
async fn what_the_judge_says_counts() {
    let threads = ThreadsAlive::default();
    let (server, other) = (tls_server().await, tls_server().await);
    let trusting = judged_apart(webpki(&server), &threads);
    assert_eq!(ask(&trusting, &server).await.unwrap().status, 200);
    let refused = ask(&trusting, &other).await.unwrap_err();
    assert_eq!(refused.kind, TransportErrorKind::Tls);
    assert!(threads.join_done(Duration::from_secs(20)));
}

#[tokio::test]
async fn who_was_not_judged_is_not_trusted() {
    let server = tls_server().await;
    let threads = ThreadsAlive::default();
    let broken = judged_apart(Arc::new(Acting(|| panic!("on purpose"))), &threads);
    let refused = ask(&broken, &server).await.unwrap_err();
    assert_eq!(refused.kind, TransportErrorKind::Tls);
    assert!(refused.text.contains("broke off"), "{}", refused.text);

    let (judge, hold) = stuck();
    threads.give_up();
    let given_up = judged_apart(judge, &threads);
    let refused = ask(&given_up, &server).await.unwrap_err();
    assert_eq!(refused.kind, TransportErrorKind::Tls);
    assert!(refused.text.contains("shut down"), "{}", refused.text);
    assert_eq!(
        server.handshakes.load(std::sync::atomic::Ordering::SeqCst),
        0
    );
    drop(hold);
}
