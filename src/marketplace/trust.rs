//! The same trust as every connection's, with a witness: what a server presented, what the judge said to it, and which
//! root convinced him. For the diagnosis, where a customer's proxy may stand between.
//!
//! The witness changes nothing about the judgement: a chain goes to the same verifier with the same roots, and its answer
//! is passed on as it is.

use super::lookup::ThreadsAlive;
use super::roots::{self, certificates, read_ca_file, system_bundle};
use super::x509;
use crate::Error;
use crate::sync::{Mutex, lock};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::path::Path;
use std::sync::Arc;

type Der = CertificateDer<'static>;

/// Where a root comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootOrigin {
    System,
    CaFile,
}

/// The roots of this machine and of the CA file. Where the system verifies by itself, its own are not known here.
pub struct Trust {
    provider: Arc<CryptoProvider>,
    pub system: Vec<Der>,
    pub extra: Vec<Der>,
}

/// What a server presented under one name.
#[derive(Clone, Debug)]
pub struct Presented {
    pub name: ServerName<'static>,
    /// The server's own certificate first.
    pub chain: Vec<Der>,
    /// Why it was not trusted.
    pub refusal: Option<rustls::Error>,
}

/// Remembers what was presented.
#[derive(Clone, Debug, Default)]
pub struct Witness(Arc<Mutex<Vec<Presented>>>);

impl Witness {
    /// What was presented last under this name: a proxy may have shown a certificate of its own before.
    pub fn of(&self, host: &str) -> Option<Presented> {
        let seen = lock(&self.0);
        let of_host = |one: &&Presented| one.name.to_str() == host;
        seen.iter().rev().find(of_host).cloned()
    }
}

impl Trust {
    pub fn read(ca_file: Option<&Path>) -> Result<Trust, Error> {
        let system = system_bundle().and_then(|path| std::fs::read(path).ok());
        Ok(Trust {
            provider: roots::provider(),
            system: system.map_or_else(Vec::new, |pem| certificates(&pem).collect()),
            extra: ca_file.map(read_ca_file).transpose()?.unwrap_or_default(),
        })
    }

    /// TLS settings as [`roots::client_config`] makes them, with a witness.
    pub fn watched(
        &self,
        witness: &Witness,
        threads: &ThreadsAlive,
    ) -> Result<ClientConfig, Error> {
        // It asks the real judge.
        roots::judged_by(Arc::new(Watched {
            judge: self.judge(threads).map_err(roots::unusable)?,
            provider: self.provider.clone(),
            witness: witness.clone(),
        }))
    }

    /// The root that makes a chain trusted: the one that does so alone. None where that is the system's own to know.
    pub fn root_of(&self, presented: &Presented) -> Option<(&Der, RootOrigin)> {
        let issuers: Vec<x509::Certificate<'_>> = presented
            .chain
            .iter()
            .filter_map(|der| x509::read(der))
            .collect();
        let fits = |root: &&Der| {
            let subject = x509::read(root).map(|root| root.subject);
            subject.is_some_and(|subject| issuers.iter().any(|cert| cert.issuer == subject))
        };
        let all = [
            (&self.extra, RootOrigin::CaFile),
            (&self.system, RootOrigin::System),
        ];
        let mut candidates = all.into_iter().flat_map(|(roots, origin)| {
            let fitting = roots.iter().filter(fits);
            fitting.map(move |root| (root, origin))
        });
        candidates.find(|(root, _)| self.convinces(root, presented))
    }

    fn convinces(&self, root: &Der, presented: &Presented) -> bool {
        let Some((own, others)) = presented.chain.split_first() else {
            return false;
        };
        let judge = webpki([root], &self.provider);
        judge.is_some_and(|judge| {
            judge
                .verify_server_cert(own, others, &presented.name, &[], UnixTime::now())
                .is_ok()
        })
    }

    #[cfg(any(windows, target_vendor = "apple"))]
    fn judge(
        &self,
        threads: &ThreadsAlive,
    ) -> Result<Option<Arc<dyn ServerCertVerifier>>, rustls::Error> {
        roots::system_judge(&self.provider, self.extra.clone(), threads).map(Some)
    }

    #[cfg(not(any(windows, target_vendor = "apple")))]
    fn judge(
        &self,
        _threads: &ThreadsAlive,
    ) -> Result<Option<Arc<dyn ServerCertVerifier>>, rustls::Error> {
        let roots = self.system.iter().chain(&self.extra);
        Ok(webpki(roots, &self.provider).map(|judge| judge as Arc<dyn ServerCertVerifier>))
    }
}

/// None without a root.
fn webpki<'a>(
    roots: impl IntoIterator<Item = &'a Der>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.into_iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
        .build()
        .ok()
}

#[derive(Debug)]
struct Watched {
    /// None: this machine has no roots, and trusts nobody.
    judge: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
    witness: Witness,
}

impl Watched {
    fn judge(&self) -> Result<&dyn ServerCertVerifier, rustls::Error> {
        let nobody = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        self.judge.as_deref().ok_or(nobody)
    }
}

impl ServerCertVerifier for Watched {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.judge().and_then(|judge| {
            judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        });
        let chain = std::iter::once(end_entity).chain(intermediates);
        lock(&self.witness.0).push(Presented {
            name: server_name.to_owned(),
            chain: chain.map(|der| der.clone().into_owned()).collect(),
            refusal: judged.as_ref().err().cloned(),
        });
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match &self.judge {
            Some(judge) => judge.supported_verify_schemes(),
            None => {
                let algorithms = &self.provider.signature_verification_algorithms;
                algorithms.supported_schemes()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    fn root() -> (Der, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Root");
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().clone();
        (der, Issuer::new(params, key))
    }

    fn trust(system: Vec<Der>, extra: Vec<Der>) -> Trust {
        Trust {
            system,
            extra,
            ..Trust::read(None).unwrap()
        }
    }

    #[test]
    fn of_two_roots_with_one_name_the_one_that_signed_is_named() {
        let ((first, _), (second, issuer)) = (root(), root());
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["host.test".into()]).unwrap();
        let own = params.signed_by(&key, &issuer).unwrap().der().clone();
        let mut presented = Presented {
            name: ServerName::try_from("host.test").unwrap(),
            chain: vec![own],
            refusal: None,
        };
        let both = trust(vec![first.clone(), second.clone()], Vec::new());
        let found = both.root_of(&presented);
        assert_eq!(found, Some((&second, RootOrigin::System)));
        let apart = trust(vec![first.clone()], vec![second.clone()]);
        let found = apart.root_of(&presented);
        assert_eq!(found, Some((&second, RootOrigin::CaFile)));
        assert_eq!(trust(vec![first], Vec::new()).root_of(&presented), None);
        presented.chain.clear();
        assert_eq!(both.root_of(&presented), None);
    }
}
