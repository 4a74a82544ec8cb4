//! The system's judgement of certificates, apart from the thread that talks.
//!
//! Windows and macOS may ask the network while they judge: whether a certificate was revoked, or for one that is missing in
//! between. Where a firewall swallows that they hold the caller for many seconds, and cannot be stopped. rustls wants its
//! answer at once, on the thread of the connection. So the system judges on a thread of its own, see [`unwaited`]; the
//! connection's thread is held meanwhile, but is let go when a shutdown begins.

use super::lookup::ThreadsAlive;
use crate::platform::unwaited::{self, LetGo, NoAnswer};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};
use std::sync::Arc;
use std::time::Duration;

/// Windows allows itself 10 seconds for what it asks the network.
const PATIENCE: Duration = Duration::from_secs(20);

/// Passes on what the judge says, and nothing else.
#[derive(Debug)]
pub struct Apart {
    judge: Arc<dyn ServerCertVerifier>,
    threads: Threads,
}

struct Threads(ThreadsAlive);

impl std::fmt::Debug for Threads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} alive", self.0.count())
    }
}

impl Apart {
    pub fn new(judge: Arc<dyn ServerCertVerifier>, threads: &ThreadsAlive) -> Apart {
        Apart {
            judge,
            threads: Threads(threads.clone()),
        }
    }
}

impl ServerCertVerifier for Apart {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judge = self.judge.clone();
        let own = end_entity.clone().into_owned();
        let others = intermediates.iter().map(|der| der.clone().into_owned());
        let others: Vec<_> = others.collect();
        let (name, ocsp) = (server_name.to_owned(), ocsp_response.to_vec());
        let judging = move || judge.verify_server_cert(&own, &others, &name, &ocsp, now);
        match unwaited::run_held(&self.threads.0, "iscdesk-trust", PATIENCE, judging) {
            Ok(judged) => judged,
            Err(why) => Err(rustls::Error::General(sentence(&why))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.judge.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.judge.root_hint_subjects()
    }
}

/// Why nobody is trusted though nobody was judged.
fn sentence(why: &LetGo) -> String {
    match why {
        LetGo::GivenUp => "the client is shut down while the system judges the certificate".into(),
        LetGo::Late => format!("the system has not judged the certificate within {PATIENCE:?}"),
        LetGo::NoAnswer(NoAnswer::TooMany) => "too many judgements have not ended".into(),
        LetGo::NoAnswer(NoAnswer::BrokeOff) => "the judgement of the certificate broke off".into(),
        LetGo::NoAnswer(NoAnswer::NoThread(error)) => {
            format!("no thread for the judgement of the certificate: {error}")
        }
    }
}

#[cfg(test)]
#[path = "apart_tests.rs"]
pub(crate) mod tests;
